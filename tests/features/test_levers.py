import numpy as np
import pytest

from lib.features.levers import COLUMNS, LEVERS, changes, lever_columns
from lib.features.photo import photo_features
from lib.features.text import text_features
from lib.posts.activities import ACTIVITIES
from lib.simulation import feed, mechanism
from lib.simulation.known_effects import known_effects


@pytest.fixture(scope="module")
def made():
    return feed.simulate(250, seed=4)


@pytest.fixture(scope="module")
def columns(made):
    readable = {"text": text_features(made.posts["text"]), "photo": photo_features(made.posts["photo"])}
    return lever_columns(readable)


def test_columns_are_absent_where_the_text_or_photo_is(made, columns):
    assert list(columns) == list(COLUMNS)
    assert (columns["question"].isna() == (made.posts["text"] == "")).all()
    assert (columns["shape"].isna() == made.posts["photo"].isna()).all()
    binary = columns[[name for name, column in COLUMNS.items() if column.binary]]
    assert binary.isin([0, 1, np.nan]).all().all()


def test_a_change_is_asked_of_the_posts_it_fits(columns):
    found = {change.lever: change for change in changes(columns)}
    assert set(found) == set(LEVERS)
    for change in found.values():
        assert not (change.before & change.after).any()
        assert not ((change.before | change.after) & ~change.posts).any()
    assert (columns["folded"][found["length"].posts] == 0).all()
    low, high = found["length"].ends["words"]
    assert low < high <= found["long"].ends["words"][1]
    assert found["long"].after.sum() == (columns["folded"] == 1).sum()


def test_known_effects_are_those_of_the_mechanism(made, columns):
    asked = changes(columns)
    table = known_effects(asked, made.truth).set_index(["lever", "activity"])["truth"]
    assert set(table.index.get_level_values("activity")) == set(ACTIVITIES)
    assert table[("link", "hide")] == pytest.approx(np.expm1(0.2), rel=0.01)
    assert table[("capitals", "like")] == table[("hashtag", "open")] == table[("exclamation", "hide")] == 0
    asks = np.isin(made.truth.topic, ["football", "games"])
    inside = known_effects(asked, made.truth, asks).set_index(["lever", "activity"])["truth"]
    assert inside[("question", "comment")] == pytest.approx(np.expm1(0.9), rel=0.01)
    assert table[("question", "comment")] < inside[("question", "comment")]
    assert mechanism.LEVERS.keys() >= {"words", "folded"}
