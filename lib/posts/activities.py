"""The seven activities: their names in a table and on a page, and whether authors want more or fewer of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from lib.posts.languages import Phrase


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


def counts(posts: pd.DataFrame) -> np.ndarray:
    """Counts of the seven activities, (n, 7) int64 in the order of ``ACTIVITIES``."""
    return posts[list(ACTIVITIES)].to_numpy(dtype=np.int64)
