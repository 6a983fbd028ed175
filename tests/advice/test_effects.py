import dataclasses

import numpy as np
import pytest
from advice_world import make_sample

from lib.advice import FALSE_DISCOVERY_RATE
from lib.advice.effects import interactions, lever_effects, overlap, topic_effects, unadjusted
from lib.advice.regressions import Term, cross_fitted, effect_regressions
from lib.features import LEVERS


def estimated(sample):
    table = lever_effects(sample, effect_regressions(sample), overlap(sample))
    return table.set_index(["lever", "activity"])


@pytest.fixture(scope="module")
def table():
    return estimated(make_sample())


def test_a_true_effect_is_found_with_its_size_and_nothing_else(table):
    question = table.loc[("question", "like")]
    assert question["low"] < 1.0 < question["high"] and question["effect"] == pytest.approx(1.0, abs=0.15)
    assert question["q"] < 0.001 and question["before"] > question["after"] > 100
    false = table.drop([("question", "like"), ("question", "comment")])["q"].dropna()
    assert (false <= 0.05).sum() <= 1 < len(false)


def test_a_confounded_lever_loses_its_naive_sign_once_the_confounder_is_adjusted_for(table):
    naive = unadjusted(make_sample()).set_index(["lever", "activity"])
    assert naive.loc[("emoji", "like"), "high"] < -0.2
    assert estimated(make_sample(adjusted=False)).loc[("emoji", "like"), "high"] < -0.2
    assert table.loc[("emoji", "like"), "low"] < 0 < table.loc[("emoji", "like"), "high"]


def test_no_number_without_overlap(table):
    for lever in ("link", "mention"):
        row = table.loc[(lever, "like")]
        assert row["state"] == "no overlap" and np.isnan(row["effect"]) and row["after"] == 0


def test_a_lever_that_only_one_topic_has_does_not_overlap():
    sample = make_sample()
    properties = sample.properties.assign(question=sample.controls.topic.astype(float))
    sides = overlap(dataclasses.replace(sample, properties=properties))
    assert not sides.loc["question", "enough"] and sides.loc["call", "enough"]


def test_what_never_happens_on_one_side_has_no_ratio_and_spoils_no_other():
    sample = make_sample()
    counts = np.where(sample.properties[["question"]] == 1, 0, sample.counts)
    found = estimated(dataclasses.replace(sample, counts=counts))
    assert (found.loc["question", "state"] == "never on one side").all()
    assert (found.loc["call", "state"] == "estimated").all()


def test_what_holds_in_one_topic_only_is_found_there():
    sample = make_sample()
    predictions, sides = cross_fitted(sample), overlap(sample)
    topics = topic_effects(sample, predictions, sides)
    differs = topics[topics["q"] <= FALSE_DISCOVERY_RATE]
    found = set(zip(differs["lever"], differs["activity"], strict=True))
    assert ("question", "comment") in found and len(found) <= 2
    here = topics.set_index(["lever", "activity", "topic"]).loc[("question", "comment", 1)]
    assert here["low"] < 1.0 < here["high"] and abs(here["elsewhere"]) < 0.2
    terms = interactions(sample, topics)
    assert Term("interaction", "question", 1) in terms["comment"]
    fits = effect_regressions(sample, predictions, terms)
    mixed = lever_effects(sample, fits, sides).set_index(["lever", "activity"]).loc[("question", "comment")]
    assert mixed["low"] < 0.5 < mixed["high"]  # doubled in one half, unchanged in the other


def test_intervals_cover():
    inside = []
    for seed in range(1, 26):
        row = estimated(make_sample(500, seed)).loc[("question", "like")]
        inside.append(row["low"] < 1.0 < row["high"])
    assert np.mean(inside) >= 0.84


def test_feeds_without_photos():
    found = estimated(make_sample(600, photos=False))
    of_photos = [name for name, lever in LEVERS.items() if lever.source == "photo"]
    assert (found.loc[of_photos, "state"] == "no overlap").all()
    assert found.loc["question", "effect"].notna().all()


def test_few_posts_give_no_advice_rather_than_an_error():
    sample = make_sample(40)
    found = estimated(sample)
    assert found["effect"].isna().all() and (found["state"] == "no overlap").all()
    assert topic_effects(sample, cross_fitted(sample), overlap(sample)).empty
