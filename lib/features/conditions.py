"""Conditions under which some activity of a post may be impossible, such as a post without a photo."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.features.page import PAGE_PHOTO, PAGE_TEXT
from lib.features.photo import PHOTO_FEATURES
from lib.features.text import TEXT_FEATURES

# A photo whose longer side is more than this many times its shorter side is a strip.
STRIP = 3.0
# A banner is a wide strip. A tall strip, such as a long screenshot, is opened like any other photo.
CONDITIONS = ("no photo", "no text", "text not folded", "banner")
READABLE_BLOCKS = ("photo_features", "text_features")

# Where the blocks of a text have "folded", and those of a photo "aspect".
_FOLDED = {
    "text_features": [name for name in TEXT_FEATURES if name != "has_text"].index("folded"),
    "page_text": PAGE_TEXT.index("folded"),
}
_ASPECT = {
    "photo_features": [name for name in PHOTO_FEATURES if name != "has_photo"].index("aspect"),
    "page_photo": PAGE_PHOTO.index("aspect"),
}


def conditions_met(blocks: Mapping[str, np.ndarray], posts: int) -> np.ndarray:
    """Which of the ``CONDITIONS`` each post meets, as far as the readable blocks among ``blocks`` say: (n, 4) bool.

    Parameters
    ----------
    blocks
        From :func:`lib.features.make_blocks` or :func:`lib.features.page_blocks`. Without a post's text or photo
        nothing but its absence is known.
    posts
        The number n of posts.
    """
    met = np.zeros((posts, len(CONDITIONS)), bool)
    for name in blocks.keys() & _ASPECT:
        aspect = blocks[name][:, _ASPECT[name]]
        met[:, 0] = np.isnan(aspect)
        met[:, 3] = np.expm1(aspect.astype(np.float32)) > STRIP
    for name in blocks.keys() & _FOLDED:
        folded = blocks[name][:, _FOLDED[name]]
        met[:, 1] = np.isnan(folded)
        met[:, 2] = met[:, 1] | (folded == 0)
    return met
