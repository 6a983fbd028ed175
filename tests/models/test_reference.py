import sys
from types import ModuleType

import numpy as np
import pytest

from lib.models import scoring
from lib.models.reference import CONVERSION_WEIGHTS, AutoML, ReferenceAnswer, weighted_conversion
from lib.posts import ACTIVITIES


def world(n, seed):
    """Posts whose likes depend on the sign of a number. A third have no number, and likes of their own."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 6)).astype(np.float32)
    vectors[:, 0] = np.sign(vectors[:, 0])
    vectors[: n // 3, 0] = np.nan
    counts = np.zeros((n, 7), int)
    counts[:, 0] = 100 + 50 * np.nan_to_num(vectors[:, 0])
    return vectors, counts, np.full(n, 1000)


def test_weighted_conversion_of_the_first_published_row():
    # like 185, hide 2, open_photo 1947, open 14, share_to_message 20 of 10,869 views
    row = np.array([[185, 0, 2, 0, 1947, 14, 20]])
    by_hand = (1.8 * 185 + 3 * 2 + 1.3 * 1947 + 1.5 * 14 + 5 * 20) / 10869
    assert weighted_conversion(row, np.array([10869]), "weights")[0] == pytest.approx(by_hand)
    assert weighted_conversion(row, np.array([10869]), "sum")[0] == pytest.approx(2168 / 10869)
    assert len(ACTIVITIES) == row.shape[1]


def test_the_conversion_of_rates_is_that_of_counts_per_view():
    rng = np.random.default_rng(0)
    counts, views = rng.integers(0, 50, (30, 7)), rng.integers(50, 99, 30)
    for weights in CONVERSION_WEIGHTS:
        whole = weighted_conversion(counts, views, weights)
        assert weighted_conversion(counts / views[:, None], np.ones(30), weights) == pytest.approx(whole)


@pytest.mark.parametrize("weights", ["weights", "weights_mean"])
def test_it_learns_the_conversion_of_its_weights(weights, monkeypatch):
    monkeypatch.setattr(ReferenceAnswer, "QUICK", (100, 254))
    vectors, counts, views = world(300, 0)
    model = ReferenceAnswer(weights).fit(vectors, counts, views)
    unseen, counts, views = world(100, 1)
    target = weighted_conversion(counts, views, weights)
    assert model.predict(unseen) == pytest.approx(target, rel=0.05)
    again = ReferenceAnswer(weights).fit(*world(300, 0))
    assert np.array_equal(again.predict(unseen), model.predict(unseen))


def test_it_has_the_published_settings_and_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ReferenceAnswer.FULL == (3000, 254)
    monkeypatch.setattr(ReferenceAnswer, "FULL", (5, 254))
    found = ReferenceAnswer("weights", full=True).fit(*world(60, 0)).model_.get_all_params()
    asked = {"iterations": 5, "depth": 6, "border_count": 254, "loss_function": "RMSE"}
    assert {k: found[k] for k in asked} == asked and found["learning_rate"] == pytest.approx(0.1)
    assert not list(tmp_path.iterdir())
    assert ReferenceAnswer.LEARNING_RATE == 0.1


def test_the_search_is_limited_in_time_and_fitted_to_the_conversion(monkeypatch):
    given = {}

    class Search:
        def fit(self, X_train, y_train, **settings):
            given.update(settings, X=X_train, y=y_train)

        def predict(self, vectors):
            return np.full(len(vectors), given["y"].mean())

    flaml, automl = ModuleType("flaml"), ModuleType("flaml.automl")
    automl.AutoML = Search
    monkeypatch.setitem(sys.modules, "flaml", flaml)
    monkeypatch.setitem(sys.modules, "flaml.automl", automl)
    vectors, counts, views = world(30, 0)
    target = weighted_conversion(counts, views, "weights")
    assert AutoML("weights").fit(vectors, counts, views).predict(vectors) == pytest.approx(np.full(30, target.mean()))
    assert given["X"] is vectors and np.array_equal(given["y"], target)
    assert (given["task"], given["metric"], given["time_budget"]) == ("regression", "mse", AutoML.SECONDS)


def test_the_search_itself(monkeypatch):
    pytest.importorskip("flaml.automl")
    monkeypatch.setattr(AutoML, "SECONDS", 2)
    vectors, counts, views = world(300, 0)
    model = AutoML("weights").fit(vectors, counts, views)
    unseen, counts, views = world(100, 1)
    target = weighted_conversion(counts, views, "weights")
    assert scoring.squared_error(target, model.predict(unseen))[1] > 0.5
