import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, chi2_contingency

from lib.posts.activities import ACTIVITIES
from lib.posts.describe import count_table, rate_table

NAMES = ["like", "hide"]


@pytest.fixture(params=[0.0, 0.2], ids=["binomial", "overdispersed"])
def feed(request):
    """Counts (2000, 2) and views (2000,): the posts' rates vary around two means, or do not."""
    rng = np.random.default_rng(0)
    views = rng.integers(50, 5000, 2000)
    rates = np.array([0.02, 0.0005]) * (1 + request.param * rng.standard_normal((2000, 1))).clip(0)
    return rng.binomial(views[:, None], rates), views, request.param


def test_views_and_activities_are_described_in_the_order_of_the_table():
    posts = pd.DataFrame({"text": "", "view": [10, 20, 30, 40, 50], **dict.fromkeys(ACTIVITIES, 0)})
    posts["hide"] = [0, 0, 0, 4, 6]
    table = count_table(posts)
    assert list(table) == ["name", "mean", "25%", "50%", "75%", "max", "zeros"]
    assert table["name"].tolist() == ["view", *ACTIVITIES]
    described = table.set_index("name")
    assert described.loc["view"].tolist() == [30, 20, 30, 40, 50, 0]
    assert described.loc["hide"].tolist() == [2, 0, 0, 4, 6, 0.6]
    assert described.loc["like"].tolist() == [0, 0, 0, 0, 0, 1]


def test_rates_equal_those_of_scipy(feed):
    counts, views, _ = feed
    table = rate_table(counts, views, NAMES)
    assert table["name"].tolist() == NAMES
    for (_, found), k in zip(table.iterrows(), counts.T, strict=True):
        test = chi2_contingency([k, views - k], correction=False)
        assert found["pooled"] == pytest.approx(k.sum() / views.sum())
        assert found["median"] == np.median(k / views)
        assert found["zeros"] == np.mean(k == 0)
        assert found["zeros_binomial"] == pytest.approx(binom.pmf(0, views, k.sum() / views.sum()).mean())
        assert found["dispersion"] == pytest.approx(test.statistic / test.dof)


def test_dispersion_is_one_if_chance_is_all(feed):
    """The standard error of the dispersion of 2000 binomial counts is sqrt(2 / 2000) = 0.03."""
    counts, views, spread = feed
    dispersion = rate_table(counts, views, NAMES)["dispersion"]
    if spread:
        assert dispersion[0] > 2
    else:
        assert dispersion.tolist() == pytest.approx([1, 1], abs=0.13)
