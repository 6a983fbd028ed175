import numpy as np
import pytest

from lib import betabinomial
from lib.models import BASELINE, TRUTH, Forecast
from lib.study import scores, worth
from lib.study.worth import ALL, evidence, views_worth

RHO, MEAN = 0.02, 0.05


@pytest.mark.parametrize("seen", [10, 40])
def test_a_forecast_that_saw_some_views_is_worth_as_many(seen):
    """The forecast is the prior, updated by views that were drawn beside the post's own."""
    rng, n, posts = np.random.default_rng(1), 400, 3000
    rates = rng.beta(MEAN * (1 - RHO) / RHO, (1 - MEAN) * (1 - RHO) / RHO, posts)[:, None]
    counts, before = rng.binomial(n, rates), rng.binomial(seen, rates)
    updated = (MEAN * (1 - RHO) + RHO * before) / (1 - RHO + RHO * seen)
    forecast = Forecast(updated, np.array([RHO / (1 + RHO * seen)]))
    prior = Forecast(np.full((posts, 1), MEAN), np.array([RHO]))
    found = views_worth({m: of[:, 0] for m, of in evidence(counts, np.full(posts, n), forecast, prior).items()})
    assert found.low < seen < found.high and found.high - found.low < seen


def test_the_first_difference_is_the_gain_and_posts_with_fewer_views_are_left_out(small):
    held, prior = small.held_out("text"), small.held_out(BASELINE).forecast
    found = evidence(held.counts, held.views, held.forecast, prior)
    assert -found[0].mean() == pytest.approx(scores.gain(small, "text").value)
    for m, of in found.items():
        assert np.isnan(of).all(axis=1).tolist() == (held.views <= m).tolist()
    same = evidence(held.counts, held.views, prior, prior)
    assert views_worth({m: of[:, 0] for m, of in same.items()}).value == 0


@pytest.mark.parametrize(
    ("values", "crossing"), [([1.0, 2.0], 0), ([-1.0, 1.0], 5), ([-2.0, -1.0], np.inf), ([np.nan, np.nan], np.inf)]
)
def test_the_crossing_is_interpolated(values, crossing):
    found = views_worth({m: np.full(4, value) for m, value in zip((0, 10), values, strict=True)})
    assert (found.value, found.low, found.high) == (crossing, crossing, crossing)


def test_the_truth_is_worth_more_views_than_a_forecast(small):
    table = worth.evidence_table(small, "text").set_index(["forecast", "name"])
    assert table.loc[TRUTH].index.tolist() == [*small.activities, ALL]
    assert table.loc[(TRUTH, ALL), "value"] > table.loc[("text", ALL), "value"] > 0
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()


def test_the_order_of_no_features_is_a_random_one(small, plain):
    table = worth.order_table(small).set_index("name")
    assert table.loc[BASELINE, "first"] == pytest.approx(1)
    assert table.loc[TRUTH, "value"] > table.loc[BASELINE, "high"] and table["value"].between(0, 1).all()
    assert worth.order_table(plain)["name"].tolist() == [BASELINE]


def test_the_best_order_has_a_gain_of_one():
    value = np.array([0.3, -0.1, 0.0, 0.5])
    assert worth._ndcg(value, value) == pytest.approx(1) and worth._ndcg(value, -value) < 1


def test_posts_are_held_back_by_their_predicted_hides(small, plain, sparse):
    table = worth.held_back(small, "text").set_index(["share", "forecast"])
    test = small.split.test
    for share in worth.SHARES:
        row, posts = table.loc[(share, TRUTH)], round(share * len(test))
        rate = small.forecast(TRUTH).mean[test, small.column("hide")]
        gone = test[np.argsort(-rate, kind="stable")[: max(posts, 1)]]
        assert row["hides"] == small.posts["hide"].iloc[gone].sum() / small.posts["hide"].iloc[test].sum()
        assert row["low"] <= row["hides"] <= row["high"] and row["posts"] == len(gone)
    assert worth.held_back(plain, BASELINE).empty and worth.held_back(sparse, BASELINE).empty


def test_a_cost_is_the_sum_of_what_a_forecast_needs(small):
    table = worth.costs(small).set_index("name")
    assert (table["dollars"].dropna() == table["milliseconds"].dropna() / 3600 * worth.PRICE).all()
    assert table.loc["text", "milliseconds"] > table.loc["text_words", "milliseconds"] > 0 or np.isnan(
        table.loc["text", "milliseconds"]
    )
    assert table.loc["blend", "megabytes"] > table.loc["both", "megabytes"] > table.loc["text", "megabytes"] > 10
    assert worth.costs(small).equals(worth.costs(small))


def test_logpmf_of_an_updated_prior_is_that_of_a_beta_distribution():
    m, j, n, k = 30, 4, 200, 11
    a, b = MEAN * (1 - RHO) / RHO + j, (1 - MEAN) * (1 - RHO) / RHO + m - j
    theirs = betabinomial.logpmf(k, n, a / (a + b), 1 / (a + b + 1))
    ours = betabinomial.logpmf(k, n, (MEAN * (1 - RHO) + RHO * j) / (1 - RHO + RHO * m), RHO / (1 + RHO * m))
    assert ours == pytest.approx(theirs)
