"""What the models look at: the nearest posts by vector, photos with parts covered, texts with parts left out."""

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

CELLS = 8  # along each side of a photo; a patch covers two by two of them
LEAST_WORDS, MOST_WORDS = 5, 150  # of a text that is taken apart
MOST_PARTS = 50  # a text of more words is taken apart by sentences


@dataclass(frozen=True)
class Neighbours:
    """A post and those whose vectors point the same way: row positions, and their cosines (k,) with the post."""

    row: int
    nearest: np.ndarray
    cosine: np.ndarray


@dataclass(frozen=True)
class Covered:
    """What parts of a photo do to the rate that is predicted of it.

    ``row`` is the post, ``pixels`` (h, w, 3) uint8 the photo as the encoder sees it, ``effect`` (CELLS, CELLS) the
    natural logarithm of the rate predicted of it over that of the photo with a patch in grey, the mean over the patches
    that cover a cell: above zero where the part raises the rate.
    """

    row: int
    pixels: np.ndarray
    effect: np.ndarray


@dataclass(frozen=True)
class LeftOut:
    """What parts of a text do to the rate that is predicted of it.

    ``row`` is the post, ``parts`` its words or sentences with the white space after them, ``effect`` (len(parts),) the
    natural logarithm of the rate predicted of the text over that of the text without the part.
    """

    row: int
    parts: list[str]
    effect: np.ndarray


def neighbours(values: np.ndarray, candidates: np.ndarray, posts: int = 3, nearest: int = 3) -> list[Neighbours]:
    """A few posts, drawn at random, each with the nearest other posts by the cosine of their centred vectors.

    Of posts with equal vectors, which are copies, only the first is looked at.

    Parameters
    ----------
    values
        (n, dim) vectors, rows of NaN where a post has none.
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
        cosine[at] = -np.inf
        order = np.argsort(-cosine, kind="stable")[:nearest]
        found.append(Neighbours(int(rows[at]), rows[order], cosine[order]))
    return found


def covered(study: Study, activity: str, each: int = 2) -> list[Covered]:
    """The photos of the highest and the lowest predicted rate among the test posts, with parts of them covered in grey.

    The vector is computed anew for each patch; the readable features stay those of the whole photo.
    """

    def compute() -> list[Covered]:
        return [_covered(study, activity, row) for row in _extremes(study, "photo", activity, each)]

    return study.keep(f"covered-{activity}", covered, compute, study.model_key("photo"), activity, each)


def left_out(study: Study, activity: str, each: int = 2) -> list[LeftOut]:
    """The texts of the highest and the lowest predicted rate among the test posts, with each part left out in turn.

    Vector and readable features are computed anew from the cleaned text: what cleaning takes from view, such as the
    address behind a mention, is missing from the whole text and from its parts alike. Texts of under ``LEAST_WORDS``
    or over ``MOST_WORDS`` words are passed over.
    """

    def compute() -> list[LeftOut]:
        return [_left_out(study, activity, row) for row in _extremes(study, "text", activity, each)]

    return study.keep(f"left-out-{activity}", left_out, compute, study.model_key("text"), activity, each)


def parts_of(cleaned: str) -> list[str]:
    """Words, or of a long text sentences, each with the white space after it; together they are the text."""
    words = re.findall(r"\S+\s*", cleaned)
    starts = [s.start for s in sentenize(cleaned)] + [line.end() for line in re.finditer(r"\n+", cleaned)]
    starts = sorted({0, *starts, len(cleaned)})
    sentences = [cleaned[a:b] for a, b in pairwise(starts)]
    return words if len(words) <= MOST_PARTS or len(sentences) < 2 else sentences


def patched(pixels: np.ndarray) -> list[np.ndarray]:
    """Copies of a picture (h, w, 3) with two by two cells in grey, in every place, row by row."""
    down, across = (np.linspace(0, side, CELLS + 1).round().astype(int) for side in pixels.shape[:2])
    copies = []
    for i, j in np.ndindex(CELLS - 1, CELLS - 1):
        copies.append(pixels.copy())
        copies[-1][down[i] : down[i + 2], across[j] : across[j + 2]] = 127
    return copies


def by_cell(effects: np.ndarray) -> np.ndarray:
    """Mean over the patches that cover each cell, (CELLS, CELLS), of a number for each place of :func:`patched`."""
    total, times = np.zeros((CELLS, CELLS)), np.zeros((CELLS, CELLS))
    for (i, j), effect in zip(np.ndindex(CELLS - 1, CELLS - 1), effects, strict=True):
        total[i : i + 2, j : j + 2] += effect
        times[i : i + 2, j : j + 2] += 1
    return total / times


def _extremes(study: Study, kind: str, activity: str, each: int) -> np.ndarray:
    """Test posts with different photos or texts: the highest predicted rates first, then the lowest."""
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
    posts = pd.DataFrame({"text": [html.escape(variant, quote=False) for variant in texts]})  # cleaned a second time
    readable = {"text": text_features(posts["text"])}
    blocks = make_blocks(posts, MODELS["text"].blocks, study.encoders, study.words, readable)
    rate = _rates(study, "text", blocks, activity)
    return LeftOut(int(row), parts, np.log(rate[0] / rate[1:]))


def _rates(study: Study, name: str, blocks: Mapping[str, np.ndarray], activity: str) -> np.ndarray:
    """Rates (m,) of an activity that a model of the study predicts for m posts with these blocks."""
    posts = len(next(iter(blocks.values())))
    return forecast_posts(MODELS[name], study.model(name), blocks, posts).mean[:, study.column(activity)]
