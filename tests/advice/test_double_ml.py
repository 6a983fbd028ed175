from dataclasses import replace

import numpy as np
import pytest
from advice_world import make_sample

from lib.advice import estimate
from lib.advice.double_ml import cross_check
from lib.advice.effects import overlap


@pytest.fixture(scope="module")
def table():
    sample = make_sample(1500)
    found = estimate(sample)
    sides = found.overlap.copy()
    sides.loc[~sides.index.isin(["question", "emoji"]), "enough"] = False
    return cross_check(sample, sides, found.influence)


def test_the_levers_that_overlap_have_a_row_an_activity(table):
    pairs = list(zip(table["lever"], table["activity"], strict=True))
    assert pairs == [(lever, activity) for lever in ("question", "emoji") for activity in ("like", "comment")]
    assert (table["low"] < table["effect"]).all() and (table["effect"] < table["high"]).all()


def test_another_method_finds_the_true_effects(table):
    """A question doubles likes, and comments in one topic of two; emoji do nothing once the confounder is known.

    Three posts of ten ask one: a change from 1 to 2 is one of 1 / 1.3 of the mean rate, which is the unit here.
    """
    found = table.set_index(["lever", "activity"])
    truths = {("question", "like"): 1 / 1.3, ("question", "comment"): 0.5 / 1.15, ("emoji", "like"): 0.0}
    for pair, truth in truths.items():
        row = found.loc[pair]
        assert row["low"] < truth < row["high"] and row["high"] - row["low"] < 0.4


def test_both_methods_err_together(table):
    assert table["correlation"].between(0.3, 1).all()


def test_a_second_run_finds_the_same_effects_to_the_last_digit():
    sample = make_sample(600)
    sides = overlap(sample)
    sides.loc[~sides.index.isin(["question"]), "enough"] = False
    influence = {lever: np.ones((2, 600)) for lever in sides.index}
    first = cross_check(sample, sides, influence)
    assert cross_check(sample, sides, influence).equals(first)


def test_the_errors_of_both_methods_are_compared_by_the_posts_that_depend_on_one_another():
    """The folds keep repeated posts together; the regression's errors are those of whole communities."""
    sample = make_sample(900)
    sample = replace(sample, groups=np.arange(900) // 3, repeats=np.arange(900))
    found = estimate(sample)
    sides = found.overlap.copy()
    sides.loc[~sides.index.isin(["question"]), "enough"] = False
    assert cross_check(sample, sides, found.influence)["correlation"].between(0.3, 1).all()
