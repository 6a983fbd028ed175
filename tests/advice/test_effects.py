import dataclasses

import numpy as np
import pytest
from advice_world import world

from lib.advice import effects, regressions
from lib.features.levers import LEVERS


def estimated(posts):
    found = effects.effects(posts, regressions.regressions(posts), effects.comparable(posts))
    return found.set_index(["lever", "activity"])


@pytest.fixture(scope="module")
def table():
    return estimated(world())


def test_a_true_effect_is_found_with_its_size_and_nothing_else(table):
    question = table.loc[("question", "like")]
    assert question["low"] < 1.0 < question["high"] and question["effect"] == pytest.approx(1.0, abs=0.15)
    assert question["q"] < 0.001 and question["before"] > question["after"] > 100
    false = table.drop([("question", "like"), ("question", "comment")])["q"].dropna()
    assert (false <= 0.05).sum() <= 1 < len(false)


def test_a_confounded_lever_loses_its_naive_sign_once_the_subject_is_held_equal(table):
    naive = effects.unadjusted(world()).set_index(["lever", "activity"])
    assert naive.loc[("emoji", "like"), "high"] < -0.2
    assert estimated(world(told=False)).loc[("emoji", "like"), "high"] < -0.2
    assert table.loc[("emoji", "like"), "low"] < 0 < table.loc[("emoji", "like"), "high"]


def test_no_number_without_comparable_posts(table):
    for lever in ("link", "mention"):
        row = table.loc[(lever, "like")]
        assert row["state"] == "no comparable posts" and np.isnan(row["effect"]) and row["after"] == 0


def test_a_lever_that_only_one_topic_pulls_has_no_comparison():
    posts = world()
    columns = posts.columns.assign(question=posts.subject.topic.astype(float))
    sides = effects.comparable(dataclasses.replace(posts, columns=columns))
    assert not sides.loc["question", "enough"] and sides.loc["call", "enough"]


def test_what_never_happens_on_one_side_has_no_ratio_and_spoils_no_other():
    posts = world()
    counts = np.where(posts.columns[["question"]] == 1, posts.counts, 0)
    found = estimated(dataclasses.replace(posts, counts=counts))
    assert (found.loc["question", "state"] == "never on one side").all()
    assert (found.loc["call", "state"] == "estimated").all()


def test_repeated_posts_are_no_new_evidence():
    once = world(1000)

    def doubled(of):
        return np.concatenate([of, of])

    s = once.subject
    subject = dataclasses.replace(
        s, **{f.name: doubled(getattr(s, f.name)) for f in dataclasses.fields(s) if f.name != "words"}
    )
    columns = once.columns.loc[doubled(np.arange(1000))].reset_index(drop=True)
    twice = regressions.Posts(
        columns, subject, doubled(once.counts), doubled(once.views), doubled(once.groups), once.activities
    )
    apart = dataclasses.replace(twice, groups=np.arange(2000))

    def width(posts):
        row = estimated(posts).loc[("question", "like")]
        return np.log1p(row["high"]) - np.log1p(row["low"])

    assert width(twice) == pytest.approx(width(once), rel=0.05)
    assert width(apart) == pytest.approx(width(once) / np.sqrt(2), rel=0.05)


def test_what_holds_in_one_topic_only_is_found_there():
    posts = world()
    foretold, sides = regressions.predicted(posts), effects.comparable(posts)
    table = effects.by_topic(posts, foretold, sides)
    differs = table[table["q"] <= effects.FALSE_DISCOVERY_RATE]
    cells = set(zip(differs["lever"], differs["activity"], strict=True))
    assert ("question", "comment") in cells and len(cells) <= 2
    here = table.set_index(["lever", "activity", "topic"]).loc[("question", "comment", 1)]
    assert here["low"] < 1.0 < here["high"] and abs(here["elsewhere"]) < 0.2
    cells = effects.differing(posts, table)
    assert ("question", 1) in cells["comment"]
    fits = regressions.regressions(posts, foretold, cells)
    mixed = effects.effects(posts, fits, sides).set_index(["lever", "activity"]).loc[("question", "comment")]
    assert mixed["low"] < 0.5 < mixed["high"]  # doubled in one half, unchanged in the other


def test_intervals_cover():
    inside = []
    for seed in range(1, 26):
        row = estimated(world(500, seed)).loc[("question", "like")]
        inside.append(row["low"] < 1.0 < row["high"])
    assert np.mean(inside) >= 0.84


def test_feeds_without_photos():
    found = estimated(world(600, photos=False))
    of_photos = [name for name, lever in LEVERS.items() if lever.source == "photo"]
    assert (found.loc[of_photos, "state"] == "no comparable posts").all()
    assert found.loc["question", "effect"].notna().all()


def test_few_posts_give_no_advice_rather_than_an_error():
    found = estimated(world(40))
    assert found["effect"].isna().all() and (found["state"] == "no comparable posts").all()
    assert effects.by_topic(world(40), regressions.predicted(world(40)), effects.comparable(world(40))).empty
