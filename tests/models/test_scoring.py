import numpy as np
import pytest

from lib import betabinomial
from lib.models import scoring
from lib.models.forecast import Forecast


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
    assert scoring.gap_closed(base, base, truth) == 0
    assert scoring.gap_closed(truth, base, truth) == 1
    assert scoring.gap_closed((base + truth) / 2, base, truth) == pytest.approx(0.5)


def test_squared_error():
    observed = np.array([1.0, 2, 3, 4])
    assert scoring.squared_error(observed, observed) == (0, 1)
    assert scoring.squared_error(observed, np.full(4, 2.5)) == (pytest.approx(1.25), pytest.approx(0))
