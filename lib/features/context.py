"""The context of a post: the group that it is from, such as a community, and the season of its date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

LEAST_POSTS = 5  # in training; a smaller group says too little
LEAST_IN_CONTROLS = 30  # posts of a group that has a control of its own
MOST_IN_CONTROLS = 100  # groups
PIECES = 8  # of the trend in time
_YEAR, _DAY, _WEEK = 365.25, 24, 7


def group_names(posts: pd.DataFrame) -> pd.Series:
    """The group of each post; "" for none."""
    return posts["group"] if "group" in posts else pd.Series("", posts.index, dtype="str")


def known_groups(posts: pd.DataFrame) -> tuple[str, ...]:
    """The groups with ``LEAST_POSTS`` posts or more, in alphabetical order; none if there is only one."""
    sizes = group_names(posts)[lambda name: name != ""].value_counts()
    known = sorted(sizes.index[sizes >= LEAST_POSTS])
    return tuple(known) if len(known) > 1 else ()


def group_block(posts: pd.DataFrame, groups: Sequence[str]) -> np.ndarray:
    """The position of each post's group in ``groups``: (n, 1) float32, NaN for a post of no group or of another."""
    at = {name: float(i) for i, name in enumerate(groups)}
    return np.array([[at.get(name, np.nan)] for name in group_names(posts)], dtype=np.float32).reshape(-1, 1)


def season_block(posts: pd.DataFrame) -> np.ndarray:
    """Sine and cosine of the day of the year, the hour and the day of the week: (n, 6) float32, NaN without a date.

    There is no trend: a forecast would have to continue it beyond the last training post.
    """
    time = _time(posts)
    hour = time.dt.hour + time.dt.minute / 60
    turns = [time.dt.day_of_year / _YEAR, hour / _DAY, (time.dt.day_of_week + hour / _DAY) / _WEEK]
    waves = [wave(2 * np.pi * turn) for turn in turns for wave in (np.sin, np.cos)]
    return np.column_stack(waves).astype(np.float32)


def group_columns(posts: pd.DataFrame) -> np.ndarray:
    """Indicators of the groups with ``LEAST_IN_CONTROLS`` posts or more, at most ``MOST_IN_CONTROLS``: (n, g) float64.

    If every post is of one of these groups, the largest has none, since the others say it.
    """
    names = group_names(posts)
    sizes = names[names != ""].value_counts()
    large = list(sizes.index[sizes >= LEAST_IN_CONTROLS][:MOST_IN_CONTROLS])
    if large and names.isin(large).all():
        del large[0]
    return np.column_stack([np.empty((len(posts), 0)), *(names == name for name in large)]).astype(float)


def date_columns(posts: pd.DataFrame) -> np.ndarray:
    """A trend and the season, for which effects are adjusted: (n, c) float64, c = 0 if all posts have one date or none.

    The trend is piecewise linear, with ``PIECES`` pieces of as many posts each, in standardised columns. A post without
    a date has zeros, and an indicator of its own.
    """
    time = _time(posts)
    if time.nunique() < 2:
        return np.empty((len(posts), 0))
    days = (time - time.min()).dt.total_seconds().to_numpy() / 86400
    bends = np.unique(np.nanquantile(days, np.linspace(0, 1, PIECES + 1)[:-1]))
    trend = np.maximum(days[:, None] - bends, 0.0)
    trend = (trend - np.nanmean(trend, axis=0)) / np.nanstd(trend, axis=0)
    columns = np.nan_to_num(np.column_stack([trend, season_block(posts), time.isna()]).astype(float))
    return columns[:, np.ptp(columns, axis=0) > 1e-9]


def _time(posts: pd.DataFrame) -> pd.Series:
    return posts["time"] if "time" in posts else pd.Series(pd.NaT, posts.index, dtype="datetime64[s]")
