"""Training and test posts. No duplicate of a test post is among the training posts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.posts.activities import ACTIVITIES
from lib.posts.duplicates import Duplicates, find_duplicates
from lib.posts.refusals import PostsError

MIN_POSTS = 10
RANDOM = "random"
SPLITS = (RANDOM, "time", "group")  # how test posts are chosen; the last two need the columns of these names
SHARE = 0.2  # of the posts, or of the groups, that are set aside to test
MIN_POSTS_WITH_ONE = 20  # an activity that happens in fewer training posts is not modelled


@dataclass(frozen=True)
class Split:
    """Row positions of a table of posts; every position is in exactly one of the three arrays.

    Attributes
    ----------
    train, test : int64 arrays
        `test` has the order of ``train_test_split``; `train` ascends.
    removed : int64 array
        Positions of posts that are left out because they duplicate a test post, or because they have no date or group
        in a split by these; ascending.
    reason : array of str
        What each removed post shares with a test post: "text", "photo" or "text and photo"; or "no time", "no group".
    groups : (n,) int64 array
        Labels of all posts: posts that are connected through shared texts and photos have the same label.
    """

    train: np.ndarray
    test: np.ndarray
    removed: np.ndarray
    reason: np.ndarray
    groups: np.ndarray


def split_posts(posts: pd.DataFrame, seed: int = 42, by: str = RANDOM) -> Split:
    """Split posts into training and test posts.

    The test posts are those of ``train_test_split(range(n), test_size=0.2, random_state=seed)``. Other posts that
    share a text or a photo with a test post are removed (see `lib.posts.duplicates`); the rest are the training posts.

    Parameters
    ----------
    by
        One of ``SPLITS``. By "time", the test posts are the last fifth of the posts with a date; by "group", all posts
        of a fifth of the groups, drawn with the seed.

    Raises
    ------
    PostsError
        If there are fewer than ``MIN_POSTS`` posts, or nothing but duplicates; or too few dates or groups.
    """
    duplicates = find_duplicates(posts["text"].tolist(), posts["photo"].tolist())
    if by == RANDOM:
        return split_by(duplicates, seed)
    known = posts["time"].notna() if by == "time" else posts["group"] != ""
    at, there = np.flatnonzero(known), posts.loc[known, by].to_numpy()
    order = np.sort(there) if by == "time" else np.random.default_rng(seed).permutation(np.unique(there))
    asked = order[len(order) - math.ceil(SHARE * len(order)) :]
    last = there >= asked.min() if by == "time" and len(asked) else np.isin(there, asked)  # equal dates stay together
    rest, test = at[~last], at[last]
    if len(rest) < MIN_POSTS or not len(test):
        raise PostsError(f"The posts can't be split by {by}: too few of them have a {by} that differs.")
    return _without_duplicates(duplicates, rest, test, np.flatnonzero(~known), f"no {by}")


def split_by(duplicates: Duplicates, seed: int = 42) -> Split:
    """Split posts as :func:`split_posts` does, by their duplicates."""
    from sklearn.model_selection import train_test_split  # slow to import, and needed here only

    n = len(duplicates.text)
    if n < MIN_POSTS:
        raise PostsError(f"{n} posts can't be split: at least {MIN_POSTS} are needed, some hundreds to learn from.")
    rest, test = (
        np.array(part, dtype=np.int64) for part in train_test_split(range(n), test_size=SHARE, random_state=seed)
    )
    rest.sort()
    return _without_duplicates(duplicates, rest, test)


def _without_duplicates(
    duplicates: Duplicates, rest: np.ndarray, test: np.ndarray, aside: np.ndarray | None = None, why: str = ""
) -> Split:
    """The split with these test posts. The posts ``aside`` are removed for another reason, ``why``."""
    n, groups = len(duplicates.text), duplicates.groups()
    text, photo = (mask[rest] for mask in duplicates.of(test))
    removed, left = rest[text | photo], rest[~(text | photo)]
    reason = np.select([text & photo, text], ["text and photo", "text"], "photo")[text | photo]
    if aside is not None:
        order = np.argsort(np.r_[removed, aside])
        removed, reason = np.r_[removed, aside][order], np.r_[reason, np.full(len(aside), why)][order]
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
