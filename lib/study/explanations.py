"""What the models look at: nearest posts by vector, photos with parts covered, texts with parts left out."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from razdel import sentenize

from lib.embedding import Batches
from lib.features import make_blocks, present, text_features
from lib.models import MODELS, forecast_posts
from lib.posts import clean_text, open_photo

if TYPE_CHECKING:
    from lib.study.study import Study

SAME = 1 - 1e-5  # a cosine above it is that of equal vectors, but for rounding
CELLS = 8  # along each side of a photo; a patch covers two by two cells
LEAST_WORDS, MOST_WORDS = 5, 150  # in a text that is split into parts
MOST_PARTS = 50  # a text of more words is split into sentences


@dataclass(frozen=True)
class Neighbours:
    """A post and its nearest posts by the cosine of their vectors.

    Attributes
    ----------
    row
        Position of the post.
    nearest
        (k,) positions, the nearest first.
    cosine
        (k,) cosine of each with the post.
    """

    row: int
    nearest: np.ndarray
    cosine: np.ndarray


@dataclass(frozen=True)
class Covered:
    """The effect of each part of a photo on the predicted rate.

    Attributes
    ----------
    row
        Position of the post.
    pixels
        (h, w, 3) uint8: the photo as the encoder sees it.
    effect
        (CELLS, CELLS): log of the predicted rate with the whole photo over the predicted rate with a patch in grey,
        averaged over the patches that cover a cell. It is above zero where the part raises the rate.
    """

    row: int
    pixels: np.ndarray
    effect: np.ndarray


@dataclass(frozen=True)
class LeftOut:
    """The effect of each part of a text on the predicted rate.

    Attributes
    ----------
    row
        Position of the post.
    parts
        Words or sentences, each with the white space after it.
    effect
        (len(parts),): log of the predicted rate with the whole text over the predicted rate without the part.
    """

    row: int
    parts: list[str]
    effect: np.ndarray


def neighbours(values: np.ndarray, candidates: np.ndarray, posts: int = 3, nearest: int = 3) -> list[Neighbours]:
    """A few posts, drawn at random, each with the nearest other posts by the cosine of their centred vectors.

    Posts with equal vectors are copies; only the first of them takes part. A vector that is equal but for rounding
    isn't a neighbour.

    Parameters
    ----------
    values
        (n, dim) vectors, with rows of NaN for posts that have none.
    candidates
        Positions of the posts to draw from.
    posts, nearest
        How many to draw, and how many neighbours of each.
    """
    rows = np.flatnonzero(present(values))
    if len(rows) <= nearest:
        return []
    rows = np.sort(rows[np.unique(values[rows], axis=0, return_index=True)[1]])
    unit = values[rows] - values[rows].mean(0)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    asked = np.flatnonzero(np.isin(rows, candidates))
    asked = np.sort(np.random.default_rng(0).permutation(asked)[:posts])
    found = []
    for at in asked:
        cosine = unit @ unit[at]
        cosine[cosine > SAME] = -np.inf  # and of the post with itself
        order = np.argsort(-cosine, kind="stable")[:nearest]
        order = order[np.isfinite(cosine[order])]
        found.append(Neighbours(int(rows[at]), rows[order], cosine[order]))
    return found


def covered(study: Study, activity: str, each: int = 2) -> list[Covered]:
    """The effect of each part of the test photos with the highest and the lowest predicted rates.

    Parts are covered in grey. The vector is computed again for each patch; the readable features stay those of the
    whole photo.
    """

    def compute() -> list[Covered]:
        return [_covered(study, activity, row) for row in _extremes(study, "photo", activity, each)]

    return study.keep(f"covered-{activity}", covered, compute, study.model_key("photo"), activity, each)


def left_out(study: Study, activity: str, each: int = 2) -> list[LeftOut]:
    """The effect of each part of the test texts with the highest and the lowest predicted rates.

    Parts are left out in turn. Vector and readable features are computed again from the cleaned text: what cleaning
    removes, such as the address behind a mention, is missing both from the whole text and from its parts. Texts of
    under ``LEAST_WORDS`` or over ``MOST_WORDS`` words are skipped.
    """

    def compute() -> list[LeftOut]:
        return [_left_out(study, activity, row) for row in _extremes(study, "text", activity, each)]

    return study.keep(f"left-out-{activity}", left_out, compute, study.model_key("text"), activity, each)


def parts_of(cleaned: str) -> list[str]:
    """The words of a text, or the sentences of a long text, each with the white space after it.

    Joined together they are the text.
    """
    words = re.findall(r"\S+\s*", cleaned)
    starts = [s.start for s in sentenize(cleaned)] + [line.end() for line in re.finditer(r"\n+", cleaned)]
    starts = sorted({0, *starts, len(cleaned)})
    sentences = [cleaned[a:b] for a, b in pairwise(starts)]
    return words if len(words) <= MOST_PARTS or len(sentences) < 2 else sentences


def patched(pixels: np.ndarray) -> list[np.ndarray]:
    """Copies of a photo (h, w, 3), each with one patch of two by two cells in grey; the patches go row by row."""
    down, across = (np.linspace(0, side, CELLS + 1).round().astype(int) for side in pixels.shape[:2])
    copies = []
    for i, j in np.ndindex(CELLS - 1, CELLS - 1):
        copies.append(pixels.copy())
        copies[-1][down[i] : down[i + 2], across[j] : across[j + 2]] = 127
    return copies


def by_cell(effects: np.ndarray) -> np.ndarray:
    """Mean over the patches that cover each cell: (CELLS, CELLS), from one number for each copy of :func:`patched`."""
    total, times = np.zeros((CELLS, CELLS)), np.zeros((CELLS, CELLS))
    for (i, j), effect in zip(np.ndindex(CELLS - 1, CELLS - 1), effects, strict=True):
        total[i : i + 2, j : j + 2] += effect
        times[i : i + 2, j : j + 2] += 1
    return total / times


def _extremes(study: Study, kind: str, activity: str, each: int) -> np.ndarray:
    """Positions of test posts with distinct photos or texts: the highest predicted rates, then the lowest."""
    test = study.split.test
    there = test[present(study.blocks[f"{kind}_vector"][test])]
    if kind == "text":
        words = study.readable["text"]["words"].to_numpy()[there]
        there = there[(LEAST_WORDS <= words) & (words <= MOST_WORDS)]
    there = there[np.unique(study.blocks[f"{kind}_vector"][there], axis=0, return_index=True)[1]]
    order = there[np.argsort(-study.forecast(kind).mean[there, study.column(activity)], kind="stable")]
    return order if len(order) <= 2 * each else np.concatenate([order[:each], order[-each:]])


def _covered(study: Study, activity: str, row: int) -> Covered:
    encoder = study.encoders["photo"]
    pixels = encoder.pixels(open_photo(study.posts["photo"].iloc[row]).pixels)
    samples = [pixels, *patched(pixels)]
    device = encoder.device("auto")
    batches = Batches(encoder.on(device), encoder.budget[device.split(":")[0]], pads=False)
    vectors = np.empty((len(samples), encoder.dim), np.float32)
    for positions, found in batches.run(samples, [encoder.length(sample) for sample in samples]):
        vectors[positions] = found
    blocks = {block: np.repeat(study.blocks[block][[row]], len(samples), axis=0) for block in MODELS["photo"].blocks}
    rate = _rates(study, "photo", blocks | {"photo_vector": vectors}, activity)
    return Covered(int(row), pixels, by_cell(np.log(rate[0] / rate[1:])))


def _left_out(study: Study, activity: str, row: int) -> LeftOut:
    parts = parts_of(clean_text(study.posts["text"].iloc[row]))
    texts = ["".join(parts), *("".join(parts[:i] + parts[i + 1 :]) for i in range(len(parts)))]
    posts = pd.DataFrame({"text": [html.escape(variant, quote=False) for variant in texts]})  # cleaning unescapes them
    readable = {"text": text_features(posts["text"])}
    blocks = make_blocks(posts, MODELS["text"].blocks, study.encoders, study.words, readable)
    rate = _rates(study, "text", blocks, activity)
    return LeftOut(int(row), parts, np.log(rate[0] / rate[1:]))


def _rates(study: Study, name: str, blocks: Mapping[str, np.ndarray], activity: str) -> np.ndarray:
    """The rates (m,) of an activity that a model of the study predicts from the blocks of m posts."""
    fitted, posts = study.fitted(name), len(next(iter(blocks.values())))
    forecast = forecast_posts(MODELS[name], fitted.model, fitted.structure, blocks, posts)
    return forecast.mean[:, study.column(activity)]
