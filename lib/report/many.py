"""Commands on many tables of posts: their vectors, or their forecasts, by the processes of an engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path

from lib.embedding import (
    Receipt,
    Run,
    embed_tables,
    in_processes,
    named,
    on_ray,
    photo_encoder,
    text_encoder,
    work_through,
)
from lib.models import SavedModel, load_model, model_digest
from lib.posts import PostsError, tables
from lib.report.terminal import predict_file
from lib.storage import make_folder


def engine(name: str | None, workers: int | None, address: str | None, gpus: int | None) -> Run:
    """The engine of this name: "ray", or by default processes of this machine."""
    if name == "ray":
        return partial(on_ray, workers=workers, address=address, gpus=gpus or 0)
    return partial(in_processes, workers=workers)


def embed_many(
    given: Sequence[str], out: Path, text: str | None, photo: str | None, run: Run, say: Callable[[str], object]
) -> int:
    """Write the vectors of tables: see :func:`lib.embedding.embed_table`. The exit status: 1 if a table can't be used.

    Parameters
    ----------
    given
        Tables, folders and patterns.
    text, photo
        Names of the encoders; None for the default one, "none" for no vectors of this kind.

    Raises
    ------
    ValueError
        If a name stands for no table or no encoder, or a file can't be written.
    EngineError
        If the engine can't work.
    """
    paths, names = tables(given), {text_encoder: text, photo_encoder: photo}
    encoders = [make(name or "auto") for make, name in names.items() if name != "none"]
    return embed_tables(paths, out, encoders, run, say)


def predict_many(given: str | Path, out: Path, run: Run, say: Callable[[str], object]) -> int:
    """Write the forecasts of drafts, a CSV for each table, under a folder named after the saved model's digest.

    A file is written whole or not at all; a table whose file is there is passed over. The exit status is 1 if a table
    can't be used.

    Raises
    ------
    ModelError
        If there is no saved model that can be used.
    ValueError, EngineError
        As for :func:`embed_many`.
    """
    paths = tables([given])
    load_model()  # a model that can't be used is refused here rather than in each process
    folder = out / f"model-{model_digest()[:12]}"
    make_folder(folder)
    return work_through(partial(_predict_table, folder), paths, run, say)


def _predict_table(folder: Path, path: Path) -> Receipt:
    start = time.perf_counter()
    target = folder / f"{named(path)}.csv"
    try:
        new = not target.exists()
        if new:
            predict_file(path, target, _model())
        rows = sum(1 for _ in open(target, "rb")) - 1
    except PostsError as error:
        return Receipt(str(path), error=str(error), seconds=time.perf_counter() - start)
    return Receipt(str(path), (str(target),), int(new), rows, time.perf_counter() - start)


@lru_cache(maxsize=1)
def _model() -> SavedModel:
    return load_model()
