"""Tables of the advice of a small study, as chapter 6 shows them."""

import numpy as np
import pandas as pd

from lib.advice import FALSE_DISCOVERY_RATE
from lib.features import LEVERS
from lib.report import effects


def test_every_lever_and_activity_has_a_row_with_its_truth(small):
    table = effects.effects(small)
    assert len(table) == len(LEVERS) * len(small.activities)
    assert table[["truth", "name", "contrast"]].notna().all().all()
    assert (table["effect"].notna() == (table["state"] == "estimated")).all()


def test_discoveries_run_from_the_strongest_to_the_weakest(small):
    found = effects.discoveries(small)
    assert (found["q"] <= FALSE_DISCOVERY_RATE).all()
    assert np.log1p(found["effect"]).abs().is_monotonic_decreasing
    assert len(found) == (effects.effects(small)["q"] <= FALSE_DISCOVERY_RATE).sum()


def test_two_methods_are_compared_effect_by_effect(small):
    both = effects.by_both_methods(small)
    assert set(both["lever"]) <= set(LEVERS) and both[["effect", "other"]].notna().all().all()
    far = (both["low"] > both["other_high"]) | (both["high"] < both["other_low"])
    assert both.loc[far, "apart"].all()


def test_effects_in_one_topic_have_the_words_of_the_topic(small):
    table = effects.topic_specific(small)
    assert (table["q"] <= FALSE_DISCOVERY_RATE).all() and table["p"].is_monotonic_increasing
    assert len(table["words"]) == len(table)


def test_figures_of_many_feeds_as_tables():
    coverage, power = effects.coverage_table(), effects.power_table()
    assert coverage["value"].between(coverage["low"], coverage["high"]).all()
    assert set(coverage["value"].between(0, 1)) == {True}
    assert isinstance(power, pd.DataFrame) and power["found"].iloc[-1] > power["found"].iloc[0]
    assert power["size"].str.fullmatch(r"\d+ to \d+ %").all()
