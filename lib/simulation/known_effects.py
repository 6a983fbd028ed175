"""The true effect of each contrast in the simulated feed, computed from the mechanism, to check estimates against."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.features import Contrast
from lib.posts import ACTIVITIES
from lib.simulation.feed import Truth

# Property -> lever of the mechanism, and the origin and scale of the lever's unit. The other properties have no effect
# in the simulated feed.
_UNITS = {
    "question": ("question", 0.0, 1.0),
    "call": ("call", 0.0, 1.0),
    "emoji": ("emoji", 0.0, 1.0),
    "hashtag": ("hashtags", 0.0, 1.0),
    "link": ("link", 0.0, 1.0),
    "capitals": ("capitals", 0.0, 10.0),
    "number": ("number", 0.0, 1.0),
    "words": ("words", 0.0, 1.0),
    "folded": ("folded", 0.0, 1.0),
    "brightness": ("brightness", 0.5, 10.0),
    "colour": ("colourfulness", 50.0, 1 / 20),
    "shape": ("shape", 0.0, 1.0),
}


def true_effects(asked: list[Contrast], truth: Truth, topics: np.ndarray | None = None) -> pd.DataFrame:
    """The true relative change of each activity's mean rate, over the posts that a contrast applies to.

    It is the change that the contrast causes, in the world of the feed: each post keeps its hidden value.

    Parameters
    ----------
    asked
        Contrasts from :func:`lib.features.contrasts`.
    topics
        (n,) bool: use only these posts.

    Returns
    -------
    DataFrame
        ``lever``, ``activity``, ``truth`` (0.12 is 12 % more).
    """
    rows = []
    for contrast in asked:
        over = contrast.posts if topics is None else contrast.posts & topics
        means = []
        for side in (0, 1):
            levers = truth.levers[over].copy()
            for prop, values in contrast.from_to.items():
                if prop in _UNITS:
                    name, origin, scale = _UNITS[prop]
                    levers[name] = (values[side] - origin) * scale
            means.append(truth.mean_at(over, levers).mean(0))
        ratio = means[1] / means[0] - 1
        rows += [{"lever": contrast.lever, "activity": a, "truth": v} for a, v in zip(ACTIVITIES, ratio, strict=True)]
    return pd.DataFrame(rows)
