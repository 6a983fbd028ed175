"""Networks of our own: trained on the posts' photos and words, in place of a regression on frozen vectors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import joblib
import numpy as np

from lib.embedding import Encoder, Lite0Maps, Lite0Pixels, PhotoEncoder, SmallPixels, embed
from lib.features import present
from lib.models.crossfit import Fold
from lib.models.pieces import Pieces
from lib.models.training import Inputs, Recipe, Trained, cross_train

if TYPE_CHECKING:
    import torch

CHUNK = 4096  # photos whose feature maps are computed at once
SHIFT, BRIGHTNESS = 8, 0.1  # the largest move of a photo in pixels, and change of its brightness: words stay readable


@dataclass(frozen=True)
class OwnModel:
    """A network of our own.

    Attributes
    ----------
    label
        The name that readers see.
    towers
        What it sees: "words", "maps" (of a photo, for the last blocks of EfficientNet-Lite0), "pixels" (for all of its
        blocks), "small" (pixels of a small photo, for a network from random weights), "text" or "photo" (the encoder
        of these, all of whose weights are trained).
    recipe
        How it is trained.
    """

    label: str
    towers: tuple[str, ...]
    recipe: Recipe


TEXT, PHOTO, SMALL, FUSED = "own_text", "own_photo", "own_small", "own_fused"
OWN = {
    TEXT: OwnModel("our text network", ("words",), Recipe(10, 128, 5e-3, most_steps=600)),
    PHOTO: OwnModel("photo network, trained further", ("maps",), Recipe(2, 64, 2e-3, 0.4, most_steps=400)),
    SMALL: OwnModel("small photo network, from random weights", ("small",), Recipe(4, 64, 5e-3, most_steps=700)),
    FUSED: OwnModel("words and photo in one network", ("words", "maps"), Recipe(2, 64, 5e-3, 0.2, most_steps=400)),
}
TUNED_TEXT, TUNED_PHOTO = TUNED = "tuned_text", "tuned_photo"
_MOST = 10_000  # steps
_TUNING = Recipe(3, 16, 1e-3, 0.9, 0.03, most_steps=_MOST)
OWN_FULL = OWN | {
    PHOTO: OwnModel(OWN[PHOTO].label, ("pixels",), Recipe(8, 64, 2e-3, 0.7, most_steps=_MOST)),
    SMALL: OwnModel(OWN[SMALL].label, ("small",), Recipe(30, 64, 5e-3, most_steps=_MOST)),
    FUSED: OwnModel(OWN[FUSED].label, ("words", "pixels"), Recipe(8, 64, 5e-3, 0.5, most_steps=_MOST)),
    TUNED_TEXT: OwnModel("text encoder, trained further", ("text",), _TUNING),
    TUNED_PHOTO: OwnModel("photo encoder, trained further", ("photo",), _TUNING),
}


def fit_own(
    names: Sequence[str],
    texts: Sequence[str],
    photos: Sequence[bytes | None],
    counts: np.ndarray,
    views: np.ndarray,
    train: np.ndarray,
    folds: Sequence[Fold],
    full: bool = False,
    checkpoints: Path | None = None,
    encoders: Mapping[str, Encoder] | None = None,
) -> dict[str, Trained]:
    """Train networks of our own and forecast all n posts.

    Parameters
    ----------
    names
        Keys of :data:`OWN`, and with ``full`` of :data:`OWN_FULL`. Networks that are trained together share what is
        computed of a photo beforehand.
    texts, photos
        n texts, and n photos that can be decoded, or None.
    counts, views, train, folds
        As for :func:`lib.models.training.cross_train`.
    full
        Whether to train as :data:`OWN_FULL` says: all blocks of the photo network, and longer. On a CPU this takes
        hours for some thousand photos.
    checkpoints
        A folder; a run that was killed goes on from its last whole epoch.
    encoders
        "text" and "photo", for the networks of :data:`TUNED`: their encoder is ``tunable``.
    """
    models = {name: (OWN_FULL if full else OWN)[name] for name in names}
    device = Lite0Maps().device("auto") if full else "cpu"
    makers = _TOWERS | {kind: partial(_encoder, encoder) for kind, encoder in (encoders or {}).items()}
    needed = dict.fromkeys(tower for model in models.values() for tower in model.towers)
    towers = {tower: makers[tower](texts, photos) for tower in needed}
    found = {}
    for name, model in models.items():
        sources = [towers[tower] for tower in model.towers]

        def build(sources: Sequence[_Source] = sources) -> torch.nn.Module:
            from lib.models.networks import Towers

            return Towers([source.tower() for source in sources], counts.shape[1])

        def inputs(rows: np.ndarray, training: bool, sources: Sequence[_Source] = sources) -> tuple:
            return tuple(source.inputs(rows, training) for source in sources)

        kept, spent = checkpoints and checkpoints / name, sum(source.spent for source in sources)
        trained = cross_train(build, inputs, counts, views, train, folds, model.recipe, device=device, checkpoints=kept)
        found[name] = replace(trained, seconds=trained.seconds + spent)
    return found


class _Source(NamedTuple):
    """What makes a tower and its inputs for positions of posts, and the seconds that its preparation took."""

    tower: Callable[[], torch.nn.Module]
    inputs: Inputs
    spent: float = 0.0


def _words(texts: Sequence[str], photos: Sequence[bytes | None]) -> _Source:
    import torch

    from lib.models.networks import TextTower

    pieces = Pieces(texts)
    return _Source(TextTower, lambda rows, training: tuple(torch.from_numpy(values) for values in pieces.of(rows)))


def _stored(encoder: PhotoEncoder, photos: Sequence[bytes | None], tower: Callable[[], torch.nn.Module]) -> _Source:
    """Maps or small pixels, computed once and kept in memory."""
    import torch

    start = time.process_time()
    parts = [photos[i : i + CHUNK] for i in range(0, len(photos), CHUNK)]
    values = np.vstack([embed(part, encoder, exact=True).astype(np.float16) for part in parts])
    has = present(values)

    def inputs(rows: np.ndarray, training: bool) -> tuple:
        there = torch.from_numpy(values[rows[has[rows]]]).float()
        return there.view(-1, *encoder.shape), torch.from_numpy(has[rows])

    encoder.release()
    return _Source(tower, inputs, time.process_time() - start)


def _maps(texts: Sequence[str], photos: Sequence[bytes | None]) -> _Source:
    from lib.models.networks import PhotoTower

    encoder = Lite0Maps()
    return _stored(encoder, photos, lambda: PhotoTower(encoder.tail(), 1280, True))


def _small(texts: Sequence[str], photos: Sequence[bytes | None]) -> _Source:
    from lib.models.networks import PhotoTower, small_body

    return _stored(SmallPixels(), photos, lambda: PhotoTower(small_body(), 128, False))


def _pixels(texts: Sequence[str], photos: Sequence[bytes | None]) -> _Source:
    """Photos that are decoded when they are needed; in training each is moved and made brighter or darker at random."""
    import torch

    from lib.models.networks import PhotoTower

    encoder, has = Lite0Pixels(), np.array([photo is not None for photo in photos])
    pool = ThreadPoolExecutor(joblib.cpu_count())

    def inputs(rows: np.ndarray, training: bool) -> tuple:
        seen = [photos[row] for row in rows[has[rows]]]
        pixels = torch.from_numpy(np.stack([*pool.map(encoder.prepare, seen)])) if seen else torch.empty(0, 224, 224, 3)
        there = (pixels.permute(0, 3, 1, 2).float() - encoder.mean[0]) / encoder.std[0]
        return varied(there) if training else there, torch.from_numpy(has[rows])

    return _Source(lambda: PhotoTower(encoder.tail(), 1280, True), inputs)


def _encoder(encoder: Encoder, texts: Sequence[str], photos: Sequence[bytes | None]) -> _Source:
    """What an open model reads: tokens that are kept, or photos that are decoded when they are needed and varied."""
    import torch

    from lib.models.networks import EncoderTower

    photo = encoder.kind == "photo"
    contents = [encoder.content(item) for item in (photos if photo else texts)]
    has = np.array([content is not None for content in contents])
    known = np.flatnonzero(has)
    pool, samples = ThreadPoolExecutor(joblib.cpu_count()), None
    if not photo:
        samples = dict(zip(known, encoder.prepare_all([contents[i] for i in known]), strict=True))

    def inputs(rows: np.ndarray, training: bool) -> tuple:
        there = rows[has[rows]]
        if not len(there):
            return (torch.from_numpy(has[rows]),)
        seen = [*pool.map(encoder.prepare, (contents[i] for i in there))] if photo else [samples[i] for i in there]
        batch = encoder.batch(seen)
        return (*([varied(*batch)] if photo and training else batch), torch.from_numpy(has[rows]))

    return _Source(lambda: EncoderTower(encoder), inputs)


def varied(photos: torch.Tensor) -> torch.Tensor:
    """Photos (m, c, h, w), each moved by up to ``SHIFT`` pixels and up to ``BRIGHTNESS`` brighter or darker.

    No photo is flipped: a mirrored word can't be read.
    """
    import torch

    moves = torch.randint(-SHIFT, SHIFT + 1, (len(photos), 2)).tolist()
    gains = 1 + BRIGHTNESS * (2 * torch.rand(len(photos), 1, 1, 1) - 1)
    padded = torch.nn.functional.pad(photos, (SHIFT,) * 4, mode="replicate")
    high, wide = photos.shape[2:]
    there = [
        p[:, SHIFT + y : SHIFT + y + high, SHIFT + x : SHIFT + x + wide]
        for p, (y, x) in zip(padded, moves, strict=True)
    ]
    return (torch.stack(there) if there else photos) * gains


_TOWERS = {"words": _words, "maps": _maps, "small": _small, "pixels": _pixels}
