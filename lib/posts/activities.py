"""The seven activities: their names, whether authors want more or fewer of them, and weights of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from lib.posts.languages import Phrase
from lib.posts.refusals import printable


@dataclass(frozen=True)
class Activity:
    """What a viewer can do with a post.

    Attributes
    ----------
    id
        Name of the column in the table of posts.
    label
        Name in tables and figures.
    wanted
        1 if authors want more actions of this kind, -1 if they want fewer.
    plural
        The actions, as a noun in the plural.
    genitive
        The Russian genitive plural, for use after "больше" and "меньше".
    needs
        What a post must have for the activity to be possible: "photo", "folded" (a text that the feed folds) or "".
    """

    id: str
    label: str
    wanted: Literal[1, -1]
    plural: Phrase
    genitive: str
    needs: Literal["photo", "folded", ""] = ""


ACTIVITY = {
    activity.id: activity
    for activity in (
        Activity("like", "like", 1, Phrase("likes", "лайки"), "лайков"),
        Activity("comment", "comment", 1, Phrase("comments", "комментарии"), "комментариев"),
        Activity("hide", "hide", -1, Phrase("hides", "скрытия"), "скрытий"),
        Activity("expand", "expand", 1, Phrase("unfolded texts", "раскрытия текста"), "раскрытий текста", "folded"),
        Activity("open_photo", "open photo", 1, Phrase("opened photos", "открытия фото"), "открытий фото", "photo"),
        Activity("open", "open", 1, Phrase("opened posts", "открытия поста"), "открытий поста"),
        Activity(
            "share_to_message",
            "share to message",
            1,
            Phrase("private shares", "отправки в сообщениях"),
            "отправок в сообщениях",
        ),
    )
}
ACTIVITIES = tuple(ACTIVITY)

# Every name of an activity in either language, in lower case, and the activity's id.
ACTIVITY_NAMES = {
    name.casefold(): activity.id
    for activity in ACTIVITY.values()
    for name in (activity.id, activity.label, activity.plural.en, activity.plural.ru, activity.genitive)
}

_MOST_WEIGHT = 1e6


def counts(posts: pd.DataFrame) -> np.ndarray:
    """Counts of the seven activities, (n, 7) int64 in the order of ``ACTIVITIES``."""
    return posts[list(ACTIVITIES)].to_numpy(dtype=np.int64)


def parse_weights(text: str) -> dict[str, float]:
    """Weights of the activities that a text such as "like=1,hide=-20" names; any name of an activity will do.

    Raises
    ------
    ValueError
        If an item is not an activity with a finite number, an activity is named twice, or there is no item.
    """
    weights: dict[str, float] = {}
    for item in text.split(","):
        name, _, number = item.partition("=")
        activity = ACTIVITY_NAMES.get(name.strip().casefold())
        try:
            weight = float(number)
        except ValueError:
            weight = np.nan
        if activity is None or activity in weights or not abs(weight) <= _MOST_WEIGHT:
            shown = printable(item)
            raise ValueError(f"“{shown}” is not an activity, once, with a number, such as like=1,hide=-20")
        weights[activity] = weight
    return weights
