import numpy as np
import pytest

from lib.features import contrasts, property_values, readable_features
from lib.posts import ACTIVITIES
from lib.simulation import mechanism, simulate, true_effects


def test_true_effects_are_those_of_the_mechanism():
    made = simulate(250, seed=4)
    asked = contrasts(property_values(readable_features(made.posts)))
    table = true_effects(asked, made.truth).set_index(["lever", "activity"])["truth"]
    assert set(table.index.get_level_values("activity")) == set(ACTIVITIES)
    assert table[("link", "hide")] == pytest.approx(np.expm1(0.2), rel=0.01)
    assert table[("capitals", "like")] == table[("hashtag", "open")] == table[("exclamation", "hide")] == 0
    asks = np.isin(made.truth.topic, ["football", "games"])
    inside = true_effects(asked, made.truth, asks).set_index(["lever", "activity"])["truth"]
    assert inside[("question", "comment")] == pytest.approx(np.expm1(0.9), rel=0.01)
    assert table[("question", "comment")] < inside[("question", "comment")]
    assert mechanism.LEVERS.keys() >= {"words", "folded"}
