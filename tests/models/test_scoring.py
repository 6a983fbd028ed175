import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import chi2, spearmanr
from sklearn import metrics

from lib import betabinomial
from lib.models import scoring
from lib.models.forecast import Forecast, Interval


@pytest.fixture(scope="module")
def world():
    """20,000 posts whose counts come from known rates."""
    rng = np.random.default_rng(1)
    views = rng.integers(50, 3000, 20_000)
    mean = np.exp(rng.normal(np.log([0.02, 0.2]), 0.5, (20_000, 2))).clip(0, 0.6)
    rho = np.array([0.02, 0.1])
    counts = betabinomial.rvs(views[:, None], mean, rho, rng)
    return counts, views, Forecast(mean, rho)


def test_log_score_is_the_log_pmf_of_each_count():
    forecast = Forecast(np.array([[0.5, 0.2], [0.1, 0.3]]), np.array([1 / 3, 0.0]))
    score = scoring.log_score(np.array([[2, 1], [0, 2]]), np.array([4, 2]), forecast)
    # mean 1/2 and rho 1/3 is alpha = beta = 1: uniform on 0..4; rho 0 is the binomial
    assert score[0, 0] == pytest.approx(np.log(1 / 5))
    assert score[0, 1] == pytest.approx(np.log(4 * 0.2 * 0.8**3))
    assert score[1, 1] == pytest.approx(np.log(0.3**2))


def test_truth_scores_best_and_is_calibrated(world):
    counts, views, truth = world
    off = Forecast(truth.mean * 1.3, truth.rho)
    assert (scoring.log_score(counts, views, truth).mean(0) > scoring.log_score(counts, views, off).mean(0)).all()
    values = scoring.pit(counts, views, truth, np.random.default_rng(0))
    for level in (0.5, 0.9):
        assert scoring.coverage(values, level) == pytest.approx(level, abs=0.012)
    narrow = scoring.pit(counts, views, Forecast(truth.mean, truth.rho / 10), np.random.default_rng(0))
    assert (scoring.coverage(narrow, 0.9) < 0.8).all()


def test_paired_interval_covers_the_true_difference():
    rng = np.random.default_rng(2)
    hits = 0
    for seed in range(200):
        shared = rng.normal(0, 5, 150)
        interval = scoring.paired_interval(shared + rng.normal(0.3, 1, 150), shared, draws=400, seed=seed)
        hits += interval.low <= 0.3 <= interval.high
        assert interval.high - interval.low < 0.6  # paired: the shared standard deviation of 5 cancels
    assert 0.89 <= hits / 200 <= 0.99


@pytest.mark.parametrize("bad", [np.empty(0), np.ones((3, 2))])
def test_paired_interval_refuses_what_is_not_one_score_per_post(bad):
    with pytest.raises(ValueError, match="one score per post"):
        scoring.paired_interval(bad)


def test_gap_closed_is_0_at_the_baseline_and_1_at_the_truth():
    base, truth = np.array([-3.0, -2.0]), np.array([-1.0, -1.0])
    for share, score in enumerate((base, truth)):
        assert scoring.gap_closed(score, base, truth) == Interval(share, share, share, 0.95)
    assert scoring.gap_closed((base + truth) / 2, base, truth).value == pytest.approx(0.5)


def test_the_interval_of_the_gap_closed_covers_and_is_paired():
    """Gain and gap of a post go together, so the share is known better than either."""
    rng, hits = np.random.default_rng(3), 0
    for _ in range(50):
        gap = rng.normal(0.4, 1, 300)
        found = scoring.gap_closed(0.8 * gap + rng.normal(0, 0.1, 300), np.zeros(300), gap)
        hits += found.low <= 0.8 <= found.high
        assert found.high - found.low < 0.15
    assert 43 <= hits


def test_a_gap_that_may_be_none_has_no_share():
    scores = np.random.default_rng(4).normal(size=(3, 50))
    assert np.isnan([scoring.gap_closed(*scores).value, scoring.gap_closed(*scores).low]).all()


def test_squared_error():
    observed = np.array([1.0, 2, 3, 4])
    assert scoring.squared_error(observed, observed) == (0, 1)
    assert scoring.squared_error(observed, np.full(4, 2.5)) == (pytest.approx(1.25), pytest.approx(0))


def off(truth, intercept, slope):
    """The forecast to which the truth has this calibration."""
    logits = logit(truth.mean)
    centre = logits.mean(axis=0)
    return Forecast(expit(centre + (logits - centre - intercept) / slope), truth.rho)


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (0.3, 1.0), (0.0, 0.7), (-0.2, 1.4)])
def test_calibration_finds_intercept_and_slope(world, intercept, slope):
    counts, views, truth = world
    found = scoring.calibrate(counts, views, off(truth, intercept, slope))
    wanted = np.array([intercept / slope, slope])  # the mean of the forecast's logits is intercept / slope lower
    got, errors = np.array([found.intercept, found.slope]), np.array([found.intercept_error, found.slope_error])
    assert (np.abs(got - wanted[:, None]) < 4 * errors).all() and (errors < 0.05).all()
    right = (intercept, slope) == (0, 1)
    assert (found.p_joint > 0.05) == right and ((found.p > 0.01) == right).all()


def test_copies_of_an_activity_say_no_more_than_the_activity():
    """A plain sum of their Wald statistics would make much of chance."""
    rng = np.random.default_rng(3)
    views, mean = rng.integers(50, 900, 200), expit(rng.normal(-3, 0.6, (200, 1)))
    counts = betabinomial.rvs(views[:, None], mean, 0.02, rng)
    forecast = Forecast(1.1 * mean, np.array([0.02]))
    one = scoring.calibrate(counts, views, forecast)
    copies = Forecast(np.repeat(forecast.mean, 7, axis=1), np.full(7, 0.02))
    seven = scoring.calibrate(np.repeat(counts, 7, axis=1), views, copies)
    assert one.p_joint == pytest.approx(one.p[0], rel=0.02) and 0.1 < one.p_joint < 0.5
    assert seven.p_joint == pytest.approx(one.p_joint, rel=0.02)
    assert chi2.sf(7 * chi2.isf(one.p_joint, 2), 14) < one.p_joint / 2


def test_statistics_of_independent_activities_add_up(world):
    counts, views, truth = world
    found = scoring.calibrate(counts, views, off(truth, 0.03, 0.98))
    assert found.p_joint == pytest.approx(chi2.sf(chi2.isf(found.p, 2).sum(), 4), rel=0.05)


def test_where_a_regression_has_no_maximum_there_is_no_calibration(world):
    counts, views, truth = (of[:300] for of in world)
    flat = Forecast(np.full((300, 2), [0.02, 0.2]), truth.rho)
    found = scoring.calibrate(counts * [0, 1], views, flat)
    assert np.isnan([found.intercept[0], found.p[0], *found.slope]).all()
    assert np.isfinite([found.intercept[1], found.intercept_error[1], found.p[1]]).all()
    assert found.p_joint == pytest.approx(found.p[1])
    assert np.isnan(scoring.calibrate(counts * 0, views, truth).p_joint)


@pytest.fixture(scope="module")
def few():
    """Twelve posts with two activities, and rates predicted for them, some equal; and the same view by view."""
    rng = np.random.default_rng(4)
    views = rng.integers(1, 30, 12)
    counts = rng.binomial(views[:, None], [0.1, 0.6], (12, 2))
    mean = rng.choice([0.05, 0.1, 0.2, 0.5], (12, 2))
    acted = [np.concatenate([np.arange(n) < k for k, n in zip(of, views, strict=True)]) for of in counts.T]
    return counts, views, mean, acted


def test_measures_per_view_are_those_of_single_views(few):
    counts, views, mean, acted = few
    for a in range(2):
        predicted = np.repeat(mean[:, a], views)
        assert scoring.auc(counts, views, mean)[a] == pytest.approx(metrics.roc_auc_score(acted[a], predicted))
        loss, usual = (
            metrics.log_loss(acted[a], predicted),
            metrics.log_loss(acted[a], np.full(views.sum(), acted[a].mean())),
        )
        assert scoring.log_loss(counts, views, mean)[a] == pytest.approx(loss)
        assert scoring.normalised_entropy(counts, views, mean)[a] == pytest.approx(loss / usual)


def test_a_measure_without_contrast_is_not_defined():
    counts, views, mean = np.array([[0, 3], [0, 4]]), np.array([3, 4]), np.full((2, 2), 0.5)
    assert np.isnan(scoring.auc(counts, views, mean)).all()
    assert np.isnan(scoring.normalised_entropy(counts, views, mean)).all()
    assert np.isnan(scoring.lift(counts, views, mean)[0]) and scoring.lift(counts, views, mean)[1] == 1


@pytest.mark.parametrize(("order", "expected"), [(1, 10 / 5.5), (-1, 1 / 5.5), (0, 1)])
def test_lift_is_the_rate_of_the_top_tenth_over_that_of_all(order, expected):
    counts = np.arange(1, 11)[:, None]
    assert scoring.lift(counts, np.full(10, 100), order * counts / 100)[0] == pytest.approx(expected)


def test_rank_products_have_the_rank_correlation_as_their_mean(few):
    counts, views, mean, _ = few
    rates = counts[:, 0] / views
    found = scoring.rank_products(rates, mean[:, 0])
    assert found.shape == (12,) and found.mean() == pytest.approx(spearmanr(rates, mean[:, 0])[0])
    assert (scoring.rank_products(rates, np.ones(12)) == 0).all()
