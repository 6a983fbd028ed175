"""The levers: what an author can change about a post, and the change that each effect is stated for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

# A picture this many times as wide as high, or as high as wide, is a strip: a banner, not a photo.
STRIP = 3.0

Ends = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Column:
    """A property of a post as the regressions see it.

    Attributes
    ----------
    source
        "text" or "photo": which table of readable features ``value`` reads.
    value
        From that table to (n,) numbers.
    binary
        Whether it is a yes (1) or no (0).
    """

    source: str
    value: Callable[[pd.DataFrame], pd.Series]
    binary: bool = True


COLUMNS = {
    "question": Column("text", lambda t: t["question"]),
    "call": Column("text", lambda t: t["call_to_action"]),
    "exclamation": Column("text", lambda t: t["exclamation"] > 0),
    "emoji": Column("text", lambda t: np.log2(1 + t["emoji"]), binary=False),
    "hashtag": Column("text", lambda t: t["hashtags"] > 0),
    "link": Column("text", lambda t: t["links"] > 0),
    "mention": Column("text", lambda t: t["mentions"] > 0),
    "capitals": Column("text", lambda t: t["capitals"], binary=False),
    "words": Column("text", lambda t: np.log2(1 + t["words"]), binary=False),
    "folded": Column("text", lambda t: t["folded"]),
    "brightness": Column("photo", lambda p: p["brightness"], binary=False),
    "colour": Column("photo", lambda p: p["colourfulness"], binary=False),
    "shape": Column("photo", lambda p: np.log2(p["aspect"].clip(1 / STRIP, STRIP)), binary=False),
}


@dataclass(frozen=True)
class Lever:
    """A change that an author can make.

    Attributes
    ----------
    source
        "text" or "photo": what must be there to be changed.
    ends
        From the table of columns of the posts in question to the change: column to its values before and after.
    asked_of
        Of which posts the change is asked: all that have the text or photo (None), or those whose text is folded
        (True) or not (False).
    """

    source: str
    ends: Callable[[pd.DataFrame], Ends]
    asked_of: bool | None = None


def _yes(column: str) -> Lever:
    return Lever("text", lambda _: {column: (0.0, 1.0)})


def _quartiles(column: str, source: str, asked_of: bool | None = None) -> Lever:
    return Lever(source, lambda c: {column: tuple(c[column].quantile([0.25, 0.75]))}, asked_of)


def _unfolding(columns: pd.DataFrame) -> Ends:
    """From the median length of the texts that are shown whole to that of the folded ones."""
    words = columns["words"].groupby(columns["folded"]).median()
    return {"words": (words.get(0.0, np.nan), words.get(1.0, np.nan)), "folded": (0.0, 1.0)}


LEVERS = {
    **{name: _yes(name) for name in ("question", "call", "exclamation", "hashtag", "link", "mention")},
    "emoji": Lever("text", lambda _: {"emoji": (0.0, np.log2(1 + 2))}),
    "capitals": Lever("text", lambda c: {"capitals": (c["capitals"].median(), 0.3)}),
    "length": _quartiles("words", "text", asked_of=False),
    "long": Lever("text", _unfolding),
    "brightness": _quartiles("brightness", "photo"),
    "colour": _quartiles("colour", "photo"),
    "shape": Lever("photo", lambda _: {"shape": (np.log2(3 / 4), np.log2(4 / 3))}),
}


@dataclass(frozen=True)
class Change:
    """A lever's stated change on a feed of n posts.

    Attributes
    ----------
    lever
        A key of ``LEVERS``.
    ends
        Column to its values before and after.
    posts
        (n,) bool: the posts it is asked of.
    before, after
        (n,) bool: those of them that are at or beyond either end of the change already.
    """

    lever: str
    ends: Ends
    posts: np.ndarray
    before: np.ndarray
    after: np.ndarray


def lever_columns(readable: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The columns of every post, (n, columns) float64; NaN where a post lacks the text or the photo.

    Parameters
    ----------
    readable
        "text" and "photo": the tables of :func:`lib.features.text.text_features` and :func:`lib.features.photo.photo_features`.
    """
    table = {}
    for name, column in COLUMNS.items():
        frame = readable[column.source]
        table[name] = column.value(frame).astype(float).where(frame[f"has_{column.source}"] == 1)
    return pd.DataFrame(table)


def changes(columns: pd.DataFrame) -> list[Change]:
    """The stated change of each lever on these posts, from :func:`lever_columns`."""
    found = []
    for name, lever in LEVERS.items():
        posts = columns["words" if lever.source == "text" else "brightness"].notna().to_numpy()
        if lever.asked_of is not None:
            posts = posts & (columns["folded"] == lever.asked_of).to_numpy()
        ends = {c: (float(low), float(high)) for c, (low, high) in lever.ends(columns[posts]).items()}
        before, after = posts.copy(), posts.copy()
        for c, (low, high) in ends.items():
            values = columns[c].to_numpy()
            if c == "words" and "folded" in ends:
                continue  # whether it is folded says which end a text is at
            before &= values <= low
            after &= values >= high
        found.append(Change(name, ends, posts, before, after))
    return found
