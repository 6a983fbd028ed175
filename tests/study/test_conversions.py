import numpy as np
import pandas as pd
import pytest

from lib.models import BASELINE, CONVERSION_WEIGHTS, TRUTH, AutoML, ReferenceAnswer
from lib.posts import ACTIVITIES, facts
from lib.study import conversions, open_study, scores


@pytest.fixture
def trained(small, monkeypatch):
    """The small study as if it were large enough for every model, with models of few trees."""
    monkeypatch.setattr(ReferenceAnswer, "FULL", (3, 254))
    monkeypatch.setenv("REFERENCE", "full")
    monkeypatch.setattr(conversions, "SMALL", 10)
    monkeypatch.setattr(AutoML, "installed", staticmethod(lambda: False))
    return small


@pytest.mark.parametrize(("posts", "reference", "names"), [(299, "full", 0), (300, "", 1), (300, "full", 3)])
def test_how_many_models_a_feed_is_worth(posts, reference, names, small, monkeypatch):
    monkeypatch.setattr(AutoML, "installed", staticmethod(lambda: False))
    monkeypatch.setattr(conversions, "SMALL", 300 * len(small.posts) // posts)
    monkeypatch.setenv("REFERENCE", reference)
    assert len(conversions.trained(small)) == names


def test_the_variable_has_one_value(monkeypatch):
    monkeypatch.setenv("REFERENCE", "all")
    with pytest.raises(ValueError, match="REFERENCE=full fits"):
        conversions.as_published()


def test_errors_has_a_row_per_model_and_no_value_for_weights_it_was_not_trained_for(trained):
    table = conversions.errors(trained).set_index("name")
    rows = table.loc[conversions.trained(trained)]
    assert len(rows) == 3 and rows[["sum", "r2"]].isna().all(axis=None)
    assert (rows[list(conversions.WEIGHTS)] > 0).all(axis=None)
    assert table.drop(index=rows.index).notna().all(axis=None)


@pytest.mark.parametrize("weights", conversions.WEIGHTS)
def test_gain_is_the_difference_of_the_errors(trained, weights):
    table = conversions.errors(trained).set_index("name")[weights]
    found = conversions.gain(trained, TRUTH, weights)
    assert found.value == pytest.approx(table[conversions.REFERENCE] - table[TRUTH])
    assert found.low <= found.value <= found.high
    itself = conversions.gain(trained, BASELINE, weights, over=BASELINE)
    assert (itself.value, itself.low, itself.high) == (0, 0, 0)


def test_the_reference_answer_is_fitted_to_no_test_post(trained, tmp_path, monkeypatch):
    seen = []

    def fit(self, vectors, counts, views):
        seen.append((vectors, counts))
        return self

    monkeypatch.setattr(ReferenceAnswer, "fit", fit)
    monkeypatch.setattr(ReferenceAnswer, "predict", lambda self, vectors: np.zeros(len(vectors)))
    study = open_study(trained.posts, encoders=trained.encoders, folder=tmp_path)
    conversions.predicted(study, conversions.REFERENCE, "weights")
    fitted = study.split.train
    both = np.hstack([study.blocks["photo_vector"], study.blocks["text_vector"]])
    ((vectors, counts),) = seen
    assert np.array_equal(vectors, both[fitted], equal_nan=True)
    assert np.array_equal(counts, study.posts.iloc[fitted][list(ACTIVITIES)].to_numpy())
    assert not set(fitted) & set(study.split.test)


def test_errors_have_every_weighting(small, sparse):
    table = conversions.errors(small).set_index("name")
    assert set(CONVERSION_WEIGHTS) < set(table)
    assert table.loc[TRUTH, "sum"] < table.loc[BASELINE, "sum"]
    assert table.loc[TRUTH, "r2"] > 0 >= table.loc[BASELINE, "r2"] - 0.05
    assert conversions.errors(sparse)["weights"].notna().all()


def test_published_errors_stand_beside_ours_on_the_original_posts_alone(small, plain):
    posts = plain.posts.copy()
    posts.attrs["rejected"] = pd.DataFrame({"row": range(facts()["rows"] - len(posts))})
    original = open_study(posts)
    assert conversions.is_original(original)
    assert not conversions.is_original(plain) and not conversions.is_original(small)
    table = conversions.published_errors(original)
    ours = conversions.errors(original).set_index("name").loc[scores.best(original)]
    assert set(table["best"]) == {ours["weights"], ours["weights_mean"], ours["sum"]}
    assert 0.0218 in table["published"].tolist() and "its own" not in str(table)


@pytest.mark.parametrize("weights", conversions.WEIGHTS)
def test_the_parts_of_the_conversion_add_up(small, weights):
    parts = conversions.conversion_parts(small)
    assert parts["name"].tolist() == list(ACTIVITIES)
    assert parts[f"{weights} mean"].sum() == pytest.approx(1) == parts[f"{weights} variance"].sum()
    value = (parts[weights].to_numpy() * small.posts.loc[5, list(ACTIVITIES)]).sum() / small.views[5]
    assert conversions.conversion(small, weights)[5] == pytest.approx(value)
