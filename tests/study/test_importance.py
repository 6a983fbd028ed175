import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from lib.betabinomial import rvs
from lib.features import contrasts, property_values
from lib.models import Forecast
from lib.study import importance, scores

POSTS = 400


@pytest.fixture(scope="module")
def known():
    """Blocks of which one column decides a rate, the forecast that knows it, counts and views; some posts lack one."""
    rng = np.random.default_rng(0)
    blocks = {"a": rng.normal(size=(POSTS, 2)), "b": rng.normal(size=(POSTS, 3))}
    blocks["a"][:50] = np.nan
    views = rng.integers(500, 5000, POSTS)

    def predict(blocks):
        assert (np.isnan(blocks["a"]).all(1) == np.isnan(blocks["a"]).any(1)).all()
        return Forecast(expit(-3 + np.nan_to_num(blocks["a"][:, [1]])), np.array([0.01]))

    return predict, blocks, rvs(views[:, None], predict(blocks).mean, 0.01, rng), views


@pytest.mark.parametrize(
    ("columns", "matters"),
    [({"a": slice(None)}, True), ({"a": 1}, True), ({"a": 0}, False), ({"b": slice(None)}, False)],
)
def test_only_what_decides_is_missed(known, columns, matters):
    predict, blocks, counts, views = known
    lost = importance.losses(predict, blocks, columns, counts, views)
    assert lost.shape == (POSTS, 1)
    assert lost.mean() > 0.5 if matters else (lost == 0).all()
    if columns == {"a": 1}:
        assert (lost[:50] == 0).all()  # a post without the block keeps its lack


def test_a_grid_has_the_ends_of_a_feature():
    assert importance.grid(np.array([0.0, 0.0, 1.0])).tolist() == [0, 1]
    found = importance.grid(np.linspace(0, 1, 101))
    assert len(found) == importance.POINTS and found[[0, -1]].tolist() == pytest.approx([0.05, 0.95])


def test_blocks_are_permuted_alone_and_together(small):
    table = importance.by_block(small)
    names = ["photo", "text", "photo_features", "text_features", "photo_vector", "text_vector", "text_words"]
    assert sorted(table["name"].unique()) == sorted(names)
    assert set(table["activity"]) == {importance.ALL, *small.activities}
    of = table[table["activity"] == importance.ALL].set_index("name")
    assert of.loc["text", "low"] > 0 and of.loc["text", "value"] > of.loc["text_vector", "value"]
    every = table[(table["name"] == "text") & (table["activity"] != importance.ALL)]
    assert of.loc["text", "value"] == pytest.approx(every["value"].mean())


def test_what_needs_no_counts_of_test_posts_does_not_see_them(small, scrambled):
    for of in (importance.curves, importance.by_lever, importance.shap_values):
        pd.testing.assert_frame_equal(of(small), of(scrambled))
    assert not importance.by_block(small).equals(importance.by_block(scrambled))


def test_features_stand_in_the_order_of_their_shap_values(small):
    table = importance.by_feature(small)
    assert len(table) == importance.FEATURES and table["shap"].is_monotonic_decreasing
    curves = importance.curves(small)
    assert 0 < curves["name"].nunique() <= importance.CURVES and set(curves["name"]) <= set(table["name"])
    assert (curves["ratio"] > 0).all()


def test_a_lever_moves_its_own_feature(small):
    question = next(c for c in contrasts(property_values(small.readable)) if c.lever == "question")
    at = small.split.test[:20]
    before, after = (importance.moved_blocks(small, question, side, at)["text_features"] for side in (0, 1))
    column = [name for name in small.readable["text"] if name != "has_text"].index("question")
    has = small.readable["text"]["has_text"].to_numpy()[at] == 1
    assert (before[has, column] == 0).all() and (after[has, column] == np.float32(np.log(2))).all()
    np.testing.assert_array_equal(np.delete(before, column, 1), np.delete(after, column, 1))
    moved = importance.by_lever(small)
    assert "question" in set(moved["lever"]) and "quotation" not in set(moved["lever"])


def test_the_forecast_of_unchanged_posts_is_the_study_s(small):
    best, test = scores.best(small), small.split.test
    predict = importance.predictor(small, best)
    found = predict({block: values[test] for block, values in small.blocks.items()})
    np.testing.assert_allclose(found.mean, small.forecast(best).mean[test], rtol=1e-6)


def test_nothing_drives_a_forecast_without_features(plain):
    assert importance.by_feature(plain).empty and importance.curves(plain).empty and importance.by_lever(plain).empty
    assert importance.by_block(plain).empty
