import dataclasses

import numpy as np
import pytest
from advice_world import make_sample

from lib.advice import FALSE_DISCOVERY_RATE, estimate
from lib.advice.effects import lever_effects, named_topics, overlap, unadjusted
from lib.advice.regressions import effect_regressions
from lib.features import LEVERS


def estimated(sample):
    table = lever_effects(sample, effect_regressions(sample), overlap(sample))
    assert (table["scope"] == "all").all()
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


def test_what_holds_in_one_topic_only_is_said_of_this_topic_and_of_no_other():
    """Comments double in topic 1, half of the posts: the average describes neither half, and no tip is made of it."""
    sample = make_sample()
    sides = overlap(sample)
    named = named_topics(sample, effect_regressions(sample), sides)
    # With two topics either may be the one that is named: both differ from the other.
    assert [t.prop for t in named["comment"]] == ["question"] and named["like"] == []
    table = estimate(sample).effects.set_index(["lever", "activity", "scope"]).sort_index()
    table = table.loc[("question", "comment")]
    (topic,) = (scope for scope in table.index if scope.isdigit())
    doubled, same = (
        (table.loc[topic], table.loc["elsewhere"]) if topic == "1" else (table.loc["elsewhere"], table.loc[topic])
    )
    assert doubled["low"] < 1.0 < doubled["high"] and same["low"] < 0.0 < same["high"]
    assert doubled["q"] < 0.001 and same["q"] > FALSE_DISCOVERY_RATE
    assert table.loc["all", "state"] == "differs by topic" and np.isnan(table.loc["all", "q"])
    assert table.loc["all", "low"] < 0.5 < table.loc["all", "high"]


def test_discoveries_have_wider_intervals_which_still_exclude_no_effect(table):
    """Rows that were selected have the interval of Benjamini & Yekutieli; the others the plain one."""
    width = (np.log1p(table["high"]) - np.log1p(table["low"])) / table["error"] / 2
    listed = table["q"] <= FALSE_DISCOVERY_RATE
    plain = table[~listed].dropna(subset="effect")
    assert width[plain.index].between(1.95, 2.05).all() and (width[listed[listed].index] > 2.2).all()
    assert ((table["low"] > 0) | (table["high"] < 0))[listed].all()


def test_levers_of_short_texts_have_no_effect_on_what_needs_a_folded_text():
    sample = make_sample(600)
    found = estimated(dataclasses.replace(sample, activities=["like", "expand"]))
    assert found.loc[("length", "expand"), "state"] == "can't happen"
    assert found.loc[("long", "expand"), "state"] == "estimated" == found.loc[("length", "like"), "state"]


def test_intervals_cover():
    inside = []
    for seed in range(1, 26):
        sample = make_sample(500, seed)
        likes = dataclasses.replace(sample, activities=["like"], counts=sample.counts[:, :1])
        row = estimated(likes).loc[("question", "like")]
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
    assert not any(named_topics(sample, effect_regressions(sample), overlap(sample)).values())
