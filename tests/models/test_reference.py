import sys
from types import ModuleType

import numpy as np
import pytest

from lib.models import forecast, reference, scoring
from lib.models.reference import Assignment, AutoML
from lib.models.registry import BASELINE, TRUTH, VECTORS
from lib.report import reference_sentences
from lib.study import conversions, scores


def world(n, seed):
    """Posts whose likes follow the sign of a number; a third has no number, and likes of its own."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 6)).astype(np.float32)
    vectors[:, 0] = np.sign(vectors[:, 0])
    vectors[: n // 3, 0] = np.nan
    counts = np.zeros((n, 7), int)
    counts[:, 0] = 100 + 50 * np.nan_to_num(vectors[:, 0])
    return vectors, counts, np.full(n, 1000)


@pytest.mark.parametrize("weights", conversions.WEIGHTS)
def test_it_learns_the_conversion_it_is_named_for(weights, monkeypatch):
    monkeypatch.setattr(Assignment, "TREES", 100)
    vectors, counts, views = world(300, 0)
    model = Assignment(weights).fit(vectors, counts, views)
    unseen, counts, views = world(100, 1)
    target = reference.weighted_conversion(counts, views, weights)
    assert model.predict(unseen) == pytest.approx(target, rel=0.05)
    again = Assignment(weights).fit(*world(300, 0))
    assert np.array_equal(again.predict(unseen), model.predict(unseen))


def test_it_is_the_reference_answer_and_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Assignment, "TREES", 5)
    found = Assignment("weights").fit(*world(60, 0)).model_.get_all_params()
    asked = {"iterations": 5, "depth": 6, "border_count": 254, "loss_function": "RMSE"}
    assert {k: found[k] for k in asked} == asked and found["learning_rate"] == pytest.approx(0.1)
    assert not list(tmp_path.iterdir())
    assert (reference.Assignment.BORDERS, Assignment.LEARNING_RATE) == (254, 0.1)


def test_the_search_is_boxed_in_time_and_told_the_conversion(monkeypatch):
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
    target = reference.weighted_conversion(counts, views, "weights")
    assert AutoML("weights").fit(vectors, counts, views).predict(vectors) == pytest.approx(np.full(30, target.mean()))
    assert given["X"] is vectors and np.array_equal(given["y"], target)
    assert (given["task"], given["metric"], given["time_budget"]) == ("regression", "mse", AutoML.SECONDS)


def test_the_search_itself(monkeypatch):
    pytest.importorskip("flaml.automl")
    monkeypatch.setattr(AutoML, "SECONDS", 2)
    vectors, counts, views = world(300, 0)
    model = AutoML("weights").fit(vectors, counts, views)
    unseen, counts, views = world(100, 1)
    target = reference.weighted_conversion(counts, views, "weights")
    assert scoring.squared_error(target, model.predict(unseen))[1] > 0.5


@pytest.fixture
def trained(small, monkeypatch):
    """The small study as if it were large enough for every model, of few trees."""
    monkeypatch.setattr(Assignment, "TREES", 3)
    for size in ("SMALL", "LARGE"):
        monkeypatch.setattr(conversions, size, 10)
    monkeypatch.setattr(AutoML, "installed", staticmethod(lambda: False))
    return small


@pytest.mark.parametrize(("posts", "names"), [(299, 0), (300, 1), (1000, 1), (3000, 3)])
def test_how_many_models_a_feed_is_worth(posts, names, small, monkeypatch):
    monkeypatch.setattr(AutoML, "installed", staticmethod(lambda: False))
    for size, value in (("SMALL", 300), ("LARGE", 1500)):
        monkeypatch.setattr(conversions, size, value * len(small.posts) // posts)
    assert len(conversions.trained(small)) == names


def test_errors_have_a_row_each_and_nothing_where_nothing_was_trained(trained):
    table = conversions.errors(trained).set_index("name")
    rows = table.loc[conversions.trained(trained)]
    assert len(rows) == 3 and rows[["sum", "r2"]].isna().all(axis=None)
    assert (rows[list(conversions.WEIGHTS)] > 0).all(axis=None)
    assert table.drop(index=rows.index).notna().all(axis=None)


@pytest.mark.parametrize("weights", conversions.WEIGHTS)
def test_gain_is_the_difference_of_the_errors_and_none_over_itself(trained, weights):
    table = conversions.errors(trained).set_index("name")[weights]
    found = conversions.gain(trained, TRUTH, weights)
    assert found.value == pytest.approx(table[conversions.ASSIGNMENT] - table[TRUTH])
    assert found.low <= found.value <= found.high
    itself = conversions.gain(trained, BASELINE, weights, over=BASELINE)
    assert (itself.value, itself.low, itself.high) == (0, 0, 0)


def test_it_is_trained_on_no_test_post(trained, monkeypatch):
    """With the test posts' counts changed its predictions of them stay; its training posts it has been told."""
    seen = []

    def fit(self, vectors, counts, views):
        seen.append((vectors, counts))
        self.model_ = None
        return self

    monkeypatch.setattr(Assignment, "fit", fit)
    monkeypatch.setattr(Assignment, "predict", lambda self, vectors: np.zeros(len(vectors)))
    monkeypatch.setattr(conversions, "cached", lambda name, key, compute: compute())
    conversions.predicted(trained, conversions.ASSIGNMENT, "weights")
    split = trained.split
    fitted = np.sort(np.concatenate([split.train, split.validation]))
    both = np.hstack([trained.blocks["photo vector"], trained.blocks["text vector"]])
    assert np.array_equal(seen[0][0], both[fitted], equal_nan=True)
    assert np.array_equal(seen[0][1], trained.posts.iloc[fitted][list(scores.ACTIVITIES)].to_numpy())


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_the_words_follow_the_intervals(value, trained, monkeypatch):
    ends = forecast.Interval(value, value - 0.5, value + 0.5, 0.95)
    monkeypatch.setattr(conversions, "gain", lambda study, name, weights: ends)
    said = reference_sentences.assignment(trained)
    word = {-1.0: "higher than", 0.0: "not clearly different from", 1.0: "lower than"}[value]
    assert said.count(word) == 4 and VECTORS in said and scores.best(trained) in said


def test_what_is_missing_is_said(small, monkeypatch):
    assert f"{conversions.SMALL:,} posts" in reference_sentences.assignment(small)
    assert not reference_sentences.automl(small)
    monkeypatch.setattr(conversions, "SMALL", 10)
    monkeypatch.setattr(AutoML, "installed", staticmethod(lambda: False))
    assert "[automl]" in reference_sentences.automl(small)
    monkeypatch.setattr(AutoML, "installed", staticmethod(lambda: True))
    found = reference_sentences.automl(small)
    assert "pip" not in found and f"{AutoML.SECONDS} seconds" in found
