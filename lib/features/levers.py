"""The levers: what an author can change about a post, and the contrast that each effect refers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from lib.features.conditions import STRIP
from lib.features.style import STYLE_FEATURES

FromTo = dict[str, tuple[float, float]]


# How a property follows from a readable feature. ``assets/draft-text.js`` repeats these formulas.
FORMULAS = {
    "same": lambda v: v,
    "some": lambda v: v > 0,
    "doublings": lambda v: np.log2(1 + v),
    "shape": lambda v: np.log2(v.clip(1 / STRIP, STRIP)),
}


@dataclass(frozen=True)
class Property:
    """A property of a post that levers act on.

    Attributes
    ----------
    source
        "text" or "photo": what a post must have for the property.
    feature, formula
        The readable feature of that source from which the property follows, and a key of ``FORMULAS``. The features of
        a text include its style.
    binary
        Whether the property is yes (1) or no (0).
    """

    source: Literal["text", "photo"]
    feature: str
    formula: str = "same"
    binary: bool = True


PROPERTIES = {
    "question": Property("text", "question"),
    "call": Property("text", "call_to_action"),
    "exclamation": Property("text", "exclamation", "some"),
    "emoji": Property("text", "emoji", "doublings", binary=False),
    "hashtag": Property("text", "hashtags", "some"),
    "link": Property("text", "links", "some"),
    "mention": Property("text", "mentions", "some"),
    "capitals": Property("text", "capitals", binary=False),
    "words": Property("text", "words", "doublings", binary=False),
    "folded": Property("text", "folded"),
    **{name: Property("text", name) for name in STYLE_FEATURES},
    "brightness": Property("photo", "brightness", binary=False),
    "colour": Property("photo", "colourfulness", binary=False),
    "shape": Property("photo", "aspect", "shape", binary=False),
}


@dataclass(frozen=True)
class Lever:
    """Something an author controls.

    Attributes
    ----------
    source
        "text" or "photo": what a post must have for the lever to apply.
    from_to
        Maps the properties of the posts that the lever is for to the two values of each changed property: before and
        after the change.
    folded
        Which posts the lever is for: those with a folded text (True), those with a text that isn't folded (False), or
        all posts with the text or photo (None).
    """

    source: Literal["text", "photo"]
    from_to: Callable[[pd.DataFrame], FromTo]
    folded: bool | None = None


def _yes(name: str) -> Lever:
    return Lever("text", lambda _: {name: (0.0, 1.0)})


def _quartiles(name: str, source: Literal["text", "photo"], folded: bool | None = None) -> Lever:
    return Lever(source, lambda values: {name: tuple(values[name].quantile([0.25, 0.75]))}, folded)


def _unfolding(values: pd.DataFrame) -> FromTo:
    """From the median length of the texts that are shown whole to the median length of the folded texts."""
    words = values["words"].groupby(values["folded"]).median()
    return {"words": (words.get(0.0, np.nan), words.get(1.0, np.nan)), "folded": (0.0, 1.0)}


LEVERS = {
    **{name: _yes(name) for name in ("question", "call", "exclamation", "hashtag", "link", "mention", *STYLE_FEATURES)},
    "emoji": Lever("text", lambda _: {"emoji": (0.0, np.log2(1 + 2))}),
    "capitals": Lever("text", lambda values: {"capitals": (values["capitals"].median(), 0.3)}),
    "length": _quartiles("words", "text", folded=False),
    "long": Lever("text", _unfolding),
    "brightness": _quartiles("brightness", "photo"),
    "colour": _quartiles("colour", "photo"),
    "shape": Lever("photo", lambda _: {"shape": (np.log2(3 / 4), np.log2(4 / 3))}),
}


@dataclass(frozen=True)
class Contrast:
    """What an effect of a lever refers to, on a feed of n posts.

    Attributes
    ----------
    lever
        A key of ``LEVERS``.
    from_to
        By property: its values before and after the change.
    posts
        (n,) bool: the posts that the lever is for.
    before, after
        (n,) bool: which of these posts lie at or below the values before the change, and which of these posts lie at
        or above the values after the change.
    """

    lever: str
    from_to: FromTo
    posts: np.ndarray
    before: np.ndarray
    after: np.ndarray


def property_values(readable: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The properties of every post, (n, properties) float64; NaN where a post lacks the text or the photo.

    Parameters
    ----------
    readable
        "text", "style" and "photo": the result of :func:`lib.features.readable_features`.
    """
    table, sources = {}, {"text": readable["text"].join(readable["style"]), "photo": readable["photo"]}
    for name, prop in PROPERTIES.items():
        frame = sources[prop.source]
        value = FORMULAS[prop.formula](frame[prop.feature])
        table[name] = value.astype(float).where(frame[f"has_{prop.source}"] == 1)
    return pd.DataFrame(table)


def contrasts(values: pd.DataFrame) -> list[Contrast]:
    """The contrast of each lever on n posts, from their :func:`property_values`."""
    found = []
    for name, lever in LEVERS.items():
        posts = values["words" if lever.source == "text" else "brightness"].notna().to_numpy()
        if lever.folded is not None:
            posts = posts & (values["folded"] == lever.folded).to_numpy()
        from_to = {p: (float(low), float(high)) for p, (low, high) in lever.from_to(values[posts]).items()}
        before, after = posts.copy(), posts.copy()
        for p, (low, high) in from_to.items():
            if p == "words" and "folded" in from_to:
                continue  # whether a text is folded decides between before and after
            before &= values[p].to_numpy() <= low
            after &= values[p].to_numpy() >= high
        both = before & after  # all posts, if the two values are the same
        found.append(Contrast(name, from_to, posts, before & ~both, after & ~both))
    return found
