"""Group and date of a post as features, and as what effects are adjusted for."""

import numpy as np
import pandas as pd
import pytest

from lib.features import known_groups
from lib.features.context import (
    LEAST_IN_CONTROLS,
    LEAST_POSTS,
    PIECES,
    date_columns,
    group_block,
    group_columns,
    season_block,
)


def posts(sizes, times=None):
    names = [name for name, size in sizes.items() for _ in range(size)]
    table = pd.DataFrame({"group": pd.Series(names, dtype="str")})
    return table if times is None else table.assign(time=pd.Series(times, dtype="datetime64[s]"))


def test_a_group_is_known_if_it_has_enough_posts_and_is_not_the_only_one():
    few = LEAST_POSTS - 1
    assert known_groups(posts({"б": 9, "<i>a</i>": LEAST_POSTS, "🐈": few, "": 50})) == ("<i>a</i>", "б")
    assert known_groups(posts({"a": 100, "": 100, "b": few})) == ()
    assert known_groups(pd.DataFrame({"text": ["a"]})) == ()


def test_a_group_is_its_position_among_the_known():
    block = group_block(posts({"b": 1, "a": 1, "": 1, "new": 1}), ["a", "b"])
    np.testing.assert_array_equal(block, np.array([[1], [0], [np.nan], [np.nan]], np.float32))
    assert np.isnan(group_block(pd.DataFrame({"text": ["x", "y"]}), ["a"])).all()


def test_a_season_comes_back_after_a_year_a_week_and_a_day():
    times = pd.to_datetime(["2024-01-01T06:00", "2024-01-01T18:00", "2024-01-08T06:00", None])
    block = season_block(posts({"a": 4}, times))
    assert block.shape == (4, 6) and block.dtype == np.float32 and np.isnan(block[3]).all()
    assert block[0, 2:4] == pytest.approx([1, 0], abs=1e-6) and block[1, 2:4] == pytest.approx([-1, 0], abs=1e-6)
    assert block[2, 4:] == pytest.approx(block[0, 4:], abs=1e-5)
    year = season_block(posts({"a": 2}, pd.to_datetime(["2023-01-01", "2023-12-31"])))
    assert year[0, :2] == pytest.approx(year[1, :2], abs=0.03)


def test_effects_are_adjusted_for_large_groups():
    large = LEAST_IN_CONTROLS
    assert group_columns(posts({"a": large, "b": large, "c": 3, "": 2})).shape[1] == 2
    assert group_columns(posts({"a": large, "b": large})).shape[1] == 1  # the other indicator says the rest
    assert group_columns(posts({"a": large})).shape[1] == 0


def test_effects_are_adjusted_for_the_date():
    number = 100
    times = pd.date_range("2024-01-01", periods=number, freq="17h")
    found = date_columns(posts({"a": number}, times))
    assert found.shape[1] == PIECES + 6 and np.isfinite(found).all()
    days = np.arange(number) / number
    step = np.minimum(days, 1 - days)  # a trend that turns in the middle
    columns = np.column_stack([np.ones(number), found])
    assert np.linalg.matrix_rank(columns) == columns.shape[1]
    assert np.abs(columns @ np.linalg.lstsq(columns, step, rcond=None)[0] - step).max() < 0.02
    gaps = date_columns(posts({"a": number}, [*times[: number - 1], pd.NaT]))
    assert gaps[:, -1].tolist() == [0] * (number - 1) + [1] and np.isfinite(gaps).all()
    assert date_columns(posts({"a": 2}, [pd.NaT, times[0]])).shape[1] == 0
