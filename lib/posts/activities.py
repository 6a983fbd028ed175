"""The seven activities: what they are called, and which way an author wants them."""

from __future__ import annotations

import numpy as np
import pandas as pd

ACTIVITIES = ("like", "comment", "hide", "expand", "open_photo", "open", "share_to_message")


def counts(posts: pd.DataFrame) -> np.ndarray:
    """Counts of the seven activities, (n, 7) int64 in the order of ``ACTIVITIES``."""
    return posts[list(ACTIVITIES)].to_numpy(dtype=np.int64)

# What an author may want: more of an activity (1), or less (-1).
GOALS = {activity: -1 if activity == "hide" else 1 for activity in ACTIVITIES}

# Activity -> in English, the plural; in Russian, the nominative plural, and the genitive as after "more" and "fewer".
DONE = {
    "like": ("likes", "лайки", "лайков"),
    "comment": ("comments", "комментарии", "комментариев"),
    "hide": ("hides", "скрытия", "скрытий"),
    "expand": ("unfolded texts", "раскрытия текста", "раскрытий текста"),
    "open_photo": ("opened photos", "открытия фото", "открытий фото"),
    "open": ("opened posts", "открытия поста", "открытий поста"),
    "share_to_message": ("private shares", "отправки в сообщениях", "отправок в сообщениях"),
}

LABELS = {
    "like": "like",
    "comment": "comment",
    "hide": "hide",
    "expand": "expand",
    "open_photo": "open photo",
    "open": "open",
    "share_to_message": "share to message",
}
