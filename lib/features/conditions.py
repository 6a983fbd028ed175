"""Conditions under which some activity of a post may be impossible, such as a post without a photo."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.features.photo import PHOTO_FEATURES
from lib.features.text import TEXT_FEATURES

# A photo whose longer side is more than this many times its shorter side is a strip.
STRIP = 3.0
# A banner is a wide strip. A tall strip, such as a long screenshot, is opened like any other photo.
CONDITIONS = ("no photo", "no text", "text not folded", "banner")
READABLE_BLOCKS = ("photo_features", "text_features")

_FOLDED = [name for name in TEXT_FEATURES if name != "has_text"].index("folded")
_ASPECT = [name for name in PHOTO_FEATURES if name != "has_photo"].index("aspect")


def conditions_met(blocks: Mapping[str, np.ndarray], posts: int) -> np.ndarray:
    """Which of the ``CONDITIONS`` each post meets, as far as the readable blocks among ``blocks`` say: (n, 4) bool.

    Parameters
    ----------
    blocks
        From :func:`lib.features.make_blocks`. Without a post's text or photo nothing but its absence is known.
    posts
        The number n of posts.
    """
    met = np.zeros((posts, len(CONDITIONS)), bool)
    photo, text = (blocks.get(name) for name in READABLE_BLOCKS)
    if photo is not None:
        met[:, 0] = np.isnan(photo[:, 0])
        met[:, 3] = np.expm1(photo[:, _ASPECT]) > STRIP
    if text is not None:
        met[:, 1] = np.isnan(text[:, 0])
        met[:, 2] = met[:, 1] | (text[:, _FOLDED] == 0)
    return met
