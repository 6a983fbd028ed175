"""Tables of the advice of a small study, as chapter 6 shows them."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd

from lib.advice import FALSE_DISCOVERY_RATE, choose_tips, posts_needed, study_estimates, study_scorer
from lib.features import LEVERS
from lib.report import effects


def test_every_lever_and_activity_has_a_row_with_its_truth(small):
    table = effects.averages(small)
    assert len(table) == len(LEVERS) * len(small.activities)
    assert table[["truth", "name", "contrast", "where"]].notna().all().all()
    assert (table["effect"].notna() == table["state"].isin(["estimated", "differs by topic"])).all()
    assert set(table["where"]) == {"everywhere"}


def test_each_scope_has_the_truth_of_its_own_posts(small, monkeypatch):
    """A question moves comments in football and games only: so the truth is zero outside both."""
    topic = np.select([small.truth.topic == "football", small.truth.topic == "games"], [1, 2], 0)
    controls = dataclasses.replace(small.controls, topic=topic, names=("", "футбол", "игры"))
    kept = ("posts", "simulated", "truth", "readable", "counts", "views", "split", "activities")
    study = SimpleNamespace(controls=controls, **{name: getattr(small, name) for name in kept})
    table = study_estimates(small).effects
    row = table[(table["lever"] == "question") & (table["activity"] == "comment")].iloc[[0]]
    scopes = pd.concat([row.assign(scope=scope) for scope in ("all", "1", "2", "elsewhere")], ignore_index=True)
    monkeypatch.setattr(effects, "study_estimates", lambda study: SimpleNamespace(effects=scopes))
    found = effects.effects(study)
    everywhere, football, games, elsewhere = found["truth"]
    assert elsewhere == 0 < everywhere < 1.2 < football and games > 1.2
    places = ["everywhere", "in posts about “футбол”", "in posts about “игры”", "outside “футбол” and “игры”"]
    assert found["where"].tolist() == places


def test_a_change_is_worth_the_sum_over_activities(advised):
    table, found = effects.worths(advised), effects.discoveries(advised)
    assert set(table["lever"]) == set(found["lever"]) and (table["low"] <= table["change"]).all()
    both = effects.conflicts(advised)
    assert set(both["contrast"]) <= set(found["contrast"])


def test_an_experiment_tests_the_strongest_tip_of_each_goal(advised):
    table = study_estimates(advised).effects
    strongest = {goal: tips[0] for goal in advised.activities if (tips := choose_tips(table, goal))}
    found = effects.experiments(advised).set_index("goal")
    assert found["effect"].to_dict() == {goal: tip.effect for goal, tip in strongest.items()} and len(found)
    for goal, tip in strongest.items():
        of = effects.tip_population(study_scorer(advised), tip)
        assert found.loc[goal, "near"] in (tip.low, tip.high) and found.loc[goal, "near"] * tip.effect > 0
        assert found.loc[goal, "posts"] == posts_needed(of, tip.effect) <= found.loc[goal, "near_posts"]


def test_discoveries_run_from_the_strongest_to_the_weakest(advised):
    found = effects.discoveries(advised)
    assert (found["q"] <= FALSE_DISCOVERY_RATE).all()
    assert np.log1p(found["effect"]).abs().is_monotonic_decreasing
    assert len(found) == (effects.effects(advised)["q"] <= FALSE_DISCOVERY_RATE).sum()


def test_two_methods_are_compared_effect_by_effect(small):
    both = effects.by_both_methods(small)
    assert set(both["lever"]) <= set(LEVERS) and both[["effect", "other"]].notna().all().all()
    far = (both["narrow_low"] > both["other_high"]) | (both["narrow_high"] < both["other_low"])
    assert both.loc[far, "apart"].all()


def test_figures_of_many_feeds_as_tables():
    coverage, power = effects.coverage_table(), effects.power_table()
    assert coverage["value"].between(coverage["low"], coverage["high"]).all()
    assert set(coverage["value"].between(0, 1)) == {True}
    assert isinstance(power, pd.DataFrame) and power["found"].iloc[-1] > power["found"].iloc[0]
    assert power["size"].str.fullmatch(r"\d+ to \d+ %").all()
