import numpy as np
import pandas as pd
import pytest

from lib import betabinomial
from lib.models import forecast_drafts, load_model
from lib.study import save_model, scores


@pytest.fixture(scope="module")
def model(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_model(small, folder)
    return load_model(folder)


def test_drafts_get_the_forecast_of_the_study_at_their_views(small, model):
    """The feed's own posts, without their counts, get the study's forecast, with intervals that hold 90 %."""
    rows = small.split.test[:20]
    posts = small.posts.iloc[rows]
    drafts = posts[["view", "text", "photo"]].assign(view=posts["view"].astype("Int64")).reset_index(drop=True)
    drafts.insert(0, "row", np.arange(2, 22))
    drafts.loc[0, "view"] = pd.NA
    table = forecast_drafts(drafts, model)
    forecast = small.forecast(scores.best(small))[rows]
    assert table["row"].tolist() == np.repeat(np.arange(2, 22), len(small.activities)).tolist()
    assert table["activity"].tolist() == small.activities * 20
    assert table["rate"].to_numpy() == pytest.approx(forecast.mean.ravel(), rel=1e-6)
    assert table["expected"].to_numpy() == pytest.approx(table["rate"] * table["view"])
    assert (table["view"][: len(small.activities)] == round(np.median(small.views))).all()
    mean, rho = forecast.mean.ravel(), np.tile(forecast.rho, 20)
    for end, tail in (("low", 0.05), ("high", 0.95)):
        assert (betabinomial.cdf(table[end], table["view"], mean, rho) >= tail).all()
        positive = table[end] > 0
        assert (betabinomial.cdf(table[end] - 1, table["view"], mean, rho)[positive] < tail).all()
    assert table["percentile"].between(0, 100).all()


def test_readable_features_that_are_given_change_nothing(small, model):
    rows = small.split.test[:5]
    drafts = small.posts.iloc[rows].reset_index(drop=True).assign(row=range(5))
    readable = {kind: table.iloc[rows].reset_index(drop=True) for kind, table in small.readable.items()}
    given, computed = forecast_drafts(drafts, model, readable), forecast_drafts(drafts, model)
    pd.testing.assert_frame_equal(given, computed)
