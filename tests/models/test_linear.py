import numpy as np
import pytest
from model_world import folds, world
from scipy.special import expit

from lib import betabinomial
from lib.models import scoring
from lib.models.linear import Linear, Rate


@pytest.fixture(scope="module")
def fitted():
    features, counts, views, _ = world(1500, 0)
    return Linear(components=20).fit(features, counts, views, folds(1500))


def test_linear_closes_most_of_the_gap_and_knows_its_spread(fitted):
    features, counts, views, truth = world(3000, 2)
    forecast = fitted.predict(features)
    base = Rate().fit(*world(1500, 0)[1:3]).predict(3000)
    score = [scoring.log_score(counts, views, f) for f in (forecast, base, truth)]
    for a in range(2):
        assert scoring.gap_closed(*(s[:, a] for s in score)).value > 0.9
    values = scoring.pit(counts, views, forecast, np.random.default_rng(0))
    assert scoring.coverage(values, 0.9) == pytest.approx(0.9, abs=0.03)


def test_low_rates_are_not_too_high_where_the_features_do_not_say_all():
    """With one rho for all posts, which what is missing makes too large, the lowest means are 2.7 times too high."""
    rng = np.random.default_rng(0)
    seen, hidden = rng.normal(scale=2, size=(3000, 1)), rng.normal(size=3000)
    mean, views = expit(-6 + seen + 0.6 * hidden[:, None]), rng.integers(2000, 20_000, 3000)
    counts = betabinomial.rvs(views[:, None], mean, 0.004, rng)
    model = Linear().fit({"photo": seen}, counts, views, folds(3000))
    low, found = seen[:, 0] < -3, model.predict({"photo": seen}).mean[:, 0]
    assert model.dispersion_[1, 0] < 0 and 0.9 < found[low].sum() / mean[low].sum() < 1.7


def test_cross_fitted_scores_foretell_those_of_new_posts():
    """Of few posts and many columns, scores of the posts fitted to are far too good."""
    features, counts, views, _ = world(150, 0)
    model = Linear(components=60).fit(features, counts, views, folds(150))
    inside = scoring.log_score(counts, views, model.predict(features)).mean()
    crossed = scoring.log_score(counts, views, model.cross_fitted_).mean()
    features, counts, views, _ = world(4000, 2)
    new = scoring.log_score(counts, views, model.predict(features)).mean()
    assert abs(crossed - new) < 0.04 < inside - new


def test_absence_is_information_not_zeros(fitted):
    features, _, _, truth = world(3000, 2)
    absent = np.isnan(features["photo"]).any(1)
    mean = fitted.predict(features).mean[absent]
    assert mean == pytest.approx(truth.mean[absent], rel=0.15)


def test_a_forecast_does_not_depend_on_the_other_posts(fitted):
    features = world(50, 3)[0]
    together = fitted.predict(features).mean
    alone = np.vstack([fitted.predict({"photo": features["photo"][[i]]}).mean for i in range(50)])
    assert alone == pytest.approx(together, rel=1e-6)


def test_features_of_noise_get_strong_penalties_and_lose_little():
    _, counts, views, _ = world(400, 0)
    rng = np.random.default_rng(5)
    model = Linear(100).fit({"photo": rng.normal(size=(400, 100))}, counts, views, folds(400))
    assert (model.penalties_ >= 100).all()
    _, counts, views, _ = world(2000, 1)
    forecast, base = model.predict({"photo": rng.normal(size=(2000, 100))}), Rate().fit(*world(400, 0)[1:3])
    lost = scoring.log_score(counts, views, base.predict(2000)) - scoring.log_score(counts, views, forecast)
    assert lost.mean() < 0.01


@pytest.mark.parametrize("block", [np.full((60, 4), np.nan), np.ones((60, 4))], ids=["absent", "constant"])
def test_useless_blocks_do_no_harm(block):
    rng = np.random.default_rng(0)
    views = np.full(60, 1000)
    counts = betabinomial.rvs(views[:, None], np.full((60, 1), 0.05), 0.01, rng)
    forecast = Linear().fit({"b": block}, counts, views, folds(60)).predict({"b": block})
    assert forecast.mean == pytest.approx(Rate().fit(counts, views).predict(60).mean, rel=0.02)


VIEWS = np.full(60, 5000)
DEGENERATE = {
    "none": (np.zeros(60, int), VIEWS),
    "all": (VIEWS, VIEWS),
    "all or nothing": (np.arange(60) % 2 * VIEWS, VIEWS),
    "one view": (np.arange(60) % 2, np.ones(60, int)),
    "one post": (np.eye(60, dtype=int)[0], VIEWS),
    "separated": (np.where(np.arange(60) < 30, 0, 9), VIEWS),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_a_fit_without_a_maximum_never_becomes_a_forecast(case):
    """Every forecast gives every count a finite score."""
    k, n = DEGENERATE[case]
    usual = np.random.default_rng(0).binomial(n, 0.3)
    counts = np.column_stack([k, usual])
    block = {"b": np.column_stack([np.arange(60) < 30, np.random.default_rng(1).normal(size=60)]).astype(float)}
    linear = Linear().fit(block, counts, n, folds(60))
    rate = Rate().fit(counts, n, folds(60))
    failed = {"none": [1, 0], "all": [1, 0], "all or nothing": [1, 0], "one view": [1, 1]}.get(case, [0, 0])
    assert linear.fell_back_.tolist() == rate.fell_back_.tolist() == failed
    for forecast in (linear.predict(block), linear.cross_fitted_, rate.predict(60), rate.cross_fitted_):
        for other in (counts, 0 * counts, n[:, None] - 0 * counts):
            assert np.isfinite(scoring.log_score(other, n, forecast)).all()


def test_a_feature_that_runs_away_in_a_fold_leaves_every_rate_inside():
    """One post is far out in a feature that tells the others apart, so that the fold without it extrapolates."""
    rng = np.random.default_rng(0)
    views = rng.integers(2000, 9000, 80)
    x = np.append(rng.normal(size=79), 1e5)
    counts = betabinomial.rvs(views[:, None], 1 / (1 + np.exp(3 - x.clip(-2, 2)))[:, None], 0.001, rng)
    model = Linear(penalties=(1e-9,)).fit({"x": x[:, None]}, counts, views, folds(80))
    assert np.isfinite(scoring.log_score(counts, views, model.cross_fitted_)).all()
