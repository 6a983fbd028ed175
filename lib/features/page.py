"""Blocks of features that a page can compute by itself, to the last digits: the page's forecast is made of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.features.photo import PHOTO_FEATURES
from lib.features.text import TEXT_FEATURES
from lib.features.words import Words

# Sentences need a segmenter. Sizes tell how a source stores its photos. The others depend on how a photo is decoded
# and resized, pixel by pixel.
_LEFT_OUT = {"has_text", "sentences", "has_photo", "width", "height"}
_LEFT_OUT |= {"sharpness", "flat_area", "text_likeness", "main_colours"}
PAGE_TEXT = tuple(name for name in TEXT_FEATURES if name not in _LEFT_OUT)
PAGE_PHOTO = tuple(name for name in PHOTO_FEATURES if name not in _LEFT_OUT)


class PageWords(Words):
    """Words with so few terms that a page can hold a weight for each, and with all digits of the components."""

    COMPONENTS, MOST_TERMS, DTYPE = 50, 6_000, np.float64


def page_blocks(readable: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The blocks "page_photo" (n, 8) and "page_text" (n, 14), float64; the row of a post that has none is NaN.

    Parameters
    ----------
    readable
        From :func:`lib.features.readable_features`.
    """
    return {
        "page_photo": signed_logs(readable["photo"], "has_photo")[list(PAGE_PHOTO)].to_numpy(),
        "page_text": signed_logs(readable["text"], "has_text")[list(PAGE_TEXT)].to_numpy(),
    }


def signed_logs(readable: pd.DataFrame, presence: str) -> pd.DataFrame:
    """Readable features on a log scale, without the column ``presence``; NaN where that column is 0."""
    values = readable.drop(columns=presence)
    return (np.sign(values) * np.log1p(values.abs())).where(readable[presence] == 1)
