"""Vectors of tables of posts that are too many for memory: one file of vectors for each table, in any order."""

from __future__ import annotations

import hashlib
import pickle
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from lib.embedding.encoder import Encoder
from lib.embedding.vectors import embed, folder_name
from lib.posts import PostsError, read_drafts, read_table
from lib.storage import make_folder, replacing

Run = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Receipt:
    """What was done with a table: its name, the files of its vectors, its number of rows, seconds, and the errors.

    ``new`` is the number of files that weren't there before.
    """

    table: str
    files: tuple[str, ...] = ()
    new: int = 0
    rows: int = 0
    seconds: float = 0.0
    error: str = ""


def embed_table(path: Path, out: Path, encoders: Sequence[Encoder], device: str = "auto") -> Receipt:
    """Write the vectors of a table's texts, photos or both.

    The vectors of an encoder are in ``OUT/ENCODER-FORMAT-FINGERPRINT/NAME-DIGEST.npy``: (rows of the table, dim)
    float32, NaN where a row has nothing to embed; (0, dim) if no row has. The digest is that of the table's content. A
    file is written whole or not at all, so a file that is there is complete, and its table is passed over.

    Parameters
    ----------
    path
        CSV or Parquet file as :func:`lib.posts.read_drafts` reads it.
    encoders
        Those of a kind for which the table has no column are passed over.
    device
        As for :func:`lib.embedding.embed`.

    Returns
    -------
    Receipt
        With ``error`` in words if the table can't be used.

    Raises
    ------
    FileError
        If a file can't be written.
    """
    start = time.perf_counter()
    try:
        name = f"{named(path)}.npy"
        has = read_table(path, (), ("text", "photo")).header
        formats = [(encoder, encoder.dtype(encoder.device(device))) for encoder in encoders if encoder.kind in has]
        wanted = [(encoder, out / folder_name(encoder, dtype) / name) for encoder, dtype in formats]
        if not wanted:
            raise PostsError(f"{path} has no column {' or '.join(sorted({encoder.kind for encoder in encoders}))}.")
        missing = [(encoder, target) for encoder, target in wanted if not target.exists()]
        if missing:
            _write(path, missing, device)
        rows = max(len(np.load(target, mmap_mode="r")) for _, target in wanted)
    except PostsError as error:
        return Receipt(str(path), error=str(error), seconds=time.perf_counter() - start)
    files = tuple(str(target) for _, target in wanted)
    return Receipt(str(path), files, len(missing), rows, time.perf_counter() - start)


def named(path: Path) -> str:
    """The name of a table and the digest of its content."""
    with open(path, "rb") as file:
        return f"{path.name.split('.')[0]}-{hashlib.file_digest(file, 'sha256').hexdigest()[:12]}"


def _write(path: Path, targets: Sequence[tuple[Encoder, Path]], device: str) -> None:
    drafts = read_drafts(path)
    first = 1 if "Parquet" in drafts.attrs["numbering"] else 2
    at = drafts["row"].to_numpy() - first
    rows = max(at.max(), drafts.attrs["rejected"]["row"].max() - first if len(drafts.attrs["rejected"]) else 0) + 1
    for encoder, target in targets:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r".* can't be read: their vectors are NaN")
            found = embed(drafts[encoder.kind].tolist(), encoder, device=device)
        vectors = np.full((0 if np.isnan(found).all() else rows, encoder.dim), np.nan, np.float32)
        if len(vectors):
            vectors[at] = found
        make_folder(target.parent)
        with replacing(target) as partial, open(partial, "xb") as file:
            np.save(file, vectors, allow_pickle=False)


def embed_tables(
    paths: Sequence[Path], out: Path, encoders: Sequence[Encoder], run: Run, say: Callable[[str], object]
) -> int:
    """:func:`embed_table` for each table, by an engine: see :func:`work_through`."""
    return work_through(partial(_with_kept, pickle.dumps(list(encoders)), out=out), paths, run, say)


def _with_kept(encoders: bytes, path: Path, out: Path) -> Receipt:
    """:func:`embed_table` with encoders that the process loads once."""
    return embed_table(path, out, _unpacked(encoders))


@lru_cache(maxsize=1)
def _unpacked(encoders: bytes) -> list[Encoder]:
    return pickle.loads(encoders)


def work_through(work: Callable[[Path], Receipt], paths: Sequence[Path], run: Run, say: Callable[[str], object]) -> int:
    """Do some work on each table, with a line for each and a last one for all.

    Parameters
    ----------
    run
        :func:`lib.embedding.in_processes`, or another function that maps a function over tables in order.
    say
        Called with each line.

    Returns
    -------
    int
        1 if a table couldn't be used, else 0.
    """
    start, receipts = time.monotonic(), []
    for receipt in run(work, paths):
        receipts.append(receipt)
        done = f"{receipt.rows:,} rows in {receipt.seconds:.1f} s" if receipt.new else "is there already"
        say(f"{len(receipts)}/{len(paths)} {receipt.table}: {receipt.error or done}")
    say(f"Done: {sum(receipt.rows for receipt in receipts):,} rows, in {time.monotonic() - start:.0f} s")
    failed = sum(bool(receipt.error) for receipt in receipts)
    if failed:
        say(f"{failed} of {len(paths)} tables couldn't be used; what is wrong with each stands above")
    return int(failed > 0)
