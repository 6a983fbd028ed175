"""Training and test posts. No duplicate of a test post is among the training posts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.posts.activities import ACTIVITIES
from lib.posts.duplicates import Duplicates, find_duplicates
from lib.posts.refusals import PostsError

MIN_POSTS = 10
MIN_POSTS_WITH_ONE = 20  # an activity that happens in fewer training posts is not modelled


@dataclass(frozen=True)
class Split:
    """Row positions of a table of posts; every position is in exactly one of the three arrays.

    Attributes
    ----------
    train, test : int64 arrays
        `test` has the order of ``train_test_split``; `train` ascends.
    removed : int64 array
        Positions of posts that are left out because they duplicate a test post; ascending.
    reason : array of str
        What each removed post shares with a test post: "text", "photo" or "text and photo".
    groups : (n,) int64 array
        Labels of all posts: posts that are connected through shared texts and photos have the same label.
    """

    train: np.ndarray
    test: np.ndarray
    removed: np.ndarray
    reason: np.ndarray
    groups: np.ndarray


def split_posts(posts: pd.DataFrame, seed: int = 42) -> Split:
    """Split posts into training and test posts.

    The test posts are those of ``train_test_split(range(n), test_size=0.2, random_state=seed)``. Other posts that
    share a text or a photo with a test post are removed (see `lib.posts.duplicates`); the rest are the training posts.

    Raises
    ------
    PostsError
        If there are fewer than ``MIN_POSTS`` posts, or nothing but duplicates.
    """
    return split_by(find_duplicates(posts["text"].tolist(), posts["photo"].tolist()), seed)


def split_by(duplicates: Duplicates, seed: int = 42) -> Split:
    """Split posts as :func:`split_posts` does, by their duplicates."""
    from sklearn.model_selection import train_test_split  # slow to import, and needed here only

    n = len(duplicates.text)
    if n < MIN_POSTS:
        raise PostsError(f"{n} posts can't be split: at least {MIN_POSTS} are needed, some hundreds to learn from.")
    rest, test = (
        np.array(part, dtype=np.int64) for part in train_test_split(range(n), test_size=0.2, random_state=seed)
    )
    rest.sort()
    text, photo = (mask[rest] for mask in duplicates.of(test))
    removed, left = rest[text | photo], rest[~(text | photo)]
    reason = np.select([text & photo, text], ["text and photo", "text"], "photo")[text | photo]
    groups = duplicates.groups()
    if len(np.unique(groups[left])) < 2:
        raise PostsError(
            f"These {n} posts can't be split: {len(removed)} duplicate a post of the test part, and the "
            f"{len(left)} left are copies of each other. More different posts are needed."
        )
    return Split(left, test, removed, reason, groups)


def posts_with_one(posts: pd.DataFrame, split: Split) -> pd.Series:
    """How many different training posts have at least one action, but not one for every view, by activity.

    Duplicates count once: cross-fitting keeps them together.
    """
    train = posts.iloc[split.train]
    counts = train[list(ACTIVITIES)]
    some = (counts > 0) & counts.lt(train["view"], axis=0)
    return some.groupby(split.groups[split.train]).any().sum()


def modellable(posts: pd.DataFrame, split: Split) -> list[str]:
    """The activities with ``MIN_POSTS_WITH_ONE`` or more of :func:`posts_with_one`; only these are modelled.

    An activity that never happens, or that happens at every view or at none, gives a model nothing to learn.
    """
    enough = posts_with_one(posts, split) >= MIN_POSTS_WITH_ONE
    return [activity for activity in ACTIVITIES if enough[activity]]


def set_aside(posts: pd.DataFrame, split: Split) -> dict[str, list[str]]:
    """The activities that are not modelled, by the reason. A reason goes on from "because"."""
    modelled, found = modellable(posts, split), {}
    for activity in ACTIVITIES:
        if activity not in modelled:
            found.setdefault(_reason(posts[activity], posts["view"]), []).append(activity)
    return found


def _reason(count: pd.Series, views: pd.Series) -> str:
    none, every = count == 0, count == views
    if none.all():
        return "no post has one"
    if (views == 1).all():
        return "every post has 1 view"
    if every.all():
        return "every post has one for every view"
    if (none | every).all():
        return "every post has either none or one for every view"
    return (
        f"fewer than {MIN_POSTS_WITH_ONE} training posts have one (copies don't count, nor do posts that have one for "
        "every view)"
    )


def refusal(posts: pd.DataFrame, make_split: Callable[[], Split]) -> str | None:
    """Why a report refuses these posts, in a sentence; None if it doesn't.

    Parameters
    ----------
    posts
        Table with the columns ``ACTIVITIES``.
    make_split
        Gives the posts' split, or raises the PostsError that says why there is none.
    """
    try:
        split = make_split()
    except PostsError as error:
        return str(error)
    if modellable(posts, split):
        return None
    reasons = [f"{reason}: {', '.join(names)}" for reason, names in set_aside(posts, split).items()]
    return f"there is no activity to model, because {'; '.join(reasons)}. Other posts are needed."
