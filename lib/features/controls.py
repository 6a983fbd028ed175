"""What the effects of levers are adjusted for: topics, vectors, kind of photo, what a post lacks, group and date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.features.conditions import STRIP
from lib.features.context import date_columns, group_columns
from lib.features.design import Design, present
from lib.features.topic_rule import TopicRule
from lib.features.topics import find_topics

COMPONENTS = 30
WIDE_COMPONENTS = 60
BRIEF_COMPONENTS = 12
ROWS_PER_COMPONENT = 100

# Properties of the pixels that distinguish kinds of photo (a photograph, a quote card, a chart).
_KIND = ("contrast", "sharpness", "flat_area", "text_likeness")


@dataclass(frozen=True)
class Controls:
    """What the effects of levers on n posts are adjusted for.

    Attributes
    ----------
    topic : (n,) int64
        Index of each post's topic.
    words : tuple of tuples of str
        The typical words of each topic; see :class:`lib.features.topics.Topics`.
    columns : (n, c) float64
        For a regression: leading components of the vectors, shares of the topics, kind of photo, group and date.
    missing : (n, m) bool
        Posts without a text, without a photo, with a wide strip or a tall strip as their photo. Only the columns in
        which posts differ.
    wide : (n, w) float64
        For a kernel regression: more components, the shares of the topics, group and date.
    brief : (n, b) float64
        For trees: fewer components, the shares of the topics, kind of photo, group and date.
    coarse : (n, d) float64
        For overlap: only topic, kind of photo and group, which don't follow from a text's length or a photo's
        brightness.
    names : tuple of str
        What each topic is about, in one word; untrusted text.
    rule : TopicRule
        Gives the topic of a text. A post that it recognises has this topic.
    dated : bool
        Whether the columns hold the date.
    """

    topic: np.ndarray
    words: tuple[tuple[str, ...], ...]
    columns: np.ndarray
    missing: np.ndarray
    wide: np.ndarray
    brief: np.ndarray
    coarse: np.ndarray
    names: tuple[str, ...]
    rule: TopicRule
    dated: bool = False


def find_controls(
    vectors: Mapping[str, np.ndarray],
    texts: Sequence[str],
    readable: Mapping[str, pd.DataFrame],
    posts: pd.DataFrame | None = None,
) -> Controls:
    """The controls of a feed's posts.

    Parameters
    ----------
    vectors
        "text_vector" and "photo_vector", in this order: (n, dim) float; the row of a post without one is NaN.
    texts
        n raw texts.
    readable
        "text" and "photo": the result of :func:`lib.features.readable_features`.
    posts
        n rows with the columns ``group`` and ``time``, if they are known.
    """
    rows = len(texts)
    narrow, wide = (
        [_components({name: v}, min(most, max(1, rows // ROWS_PER_COMPONENT))) for name, v in vectors.items()]
        for most in (COMPONENTS, WIDE_COMPONENTS)
    )
    topics = find_topics(texts, np.hstack(wide), wide[-1])
    shares = topics.shares
    photo = readable["photo"]
    kind = photo.loc[:, list(_KIND)]
    kind = ((kind - kind.mean()) / kind.std().replace(0, 1)).fillna(0.0).to_numpy()
    kind = kind[:, kind.std(0) > 0]
    wide_strip, tall_strip = photo["aspect"] > STRIP, photo["aspect"] < 1 / STRIP
    missing = np.column_stack([readable["text"]["has_text"] == 0, photo["has_photo"] == 0, wide_strip, tall_strip])
    posts = pd.DataFrame(index=range(rows)) if posts is None else posts
    groups, dates = group_columns(posts), date_columns(posts)
    wide = [part / np.sqrt(max((part**2).sum(1).mean(), 1e-12)) for part in (*wide, np.hstack([groups, dates]))]
    return Controls(
        topic=shares.argmax(1),
        words=topics.words,
        columns=np.hstack([*narrow, shares[:, 1:], kind, groups, dates]),
        missing=missing[:, missing.any(0) & ~missing.all(0)],
        wide=np.hstack([*wide, shares / 2, missing]),
        brief=np.hstack([*(part[:, :BRIEF_COMPONENTS] for part in narrow), shares, kind, missing, groups, dates]),
        coarse=np.hstack([np.eye(shares.shape[1])[shares.argmax(1)][:, 1:], kind, missing, groups]),
        names=topics.names,
        rule=topics.rule,
        dated=dates.shape[1] > 0,
    )


def _components(vectors: dict[str, np.ndarray], most: int) -> np.ndarray:
    """Leading components of one block of vectors, (n, at most ``most``); zeros for a post without a vector."""
    columns = Design(most).fit(vectors).transform(vectors)[:, 1:]
    absent = ~present(next(iter(vectors.values())))
    return columns[:, :-1] if absent.any() and not absent.all() else columns
