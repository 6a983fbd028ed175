import numpy as np
import pytest

from lib import betabinomial
from lib.models import reference, scoring
from lib.models.forecast import Rates
from lib.posts.activities import ACTIVITIES


@pytest.fixture(scope="module")
def world():
    """20,000 posts whose counts come from known rates."""
    rng = np.random.default_rng(1)
    views = rng.integers(50, 3000, 20_000)
    mean = np.exp(rng.normal(np.log([0.02, 0.2]), 0.5, (20_000, 2))).clip(0, 0.6)
    rho = np.array([0.02, 0.1])
    counts = betabinomial.rvs(views[:, None], mean, rho, rng)
    return counts, views, Rates(mean, rho)


def test_log_score_is_the_log_pmf_of_each_count():
    rates = Rates(np.array([[0.5, 0.2], [0.1, 0.3]]), np.array([1 / 3, 0.0]))
    score = scoring.log_score(np.array([[2, 1], [0, 2]]), np.array([4, 2]), rates)
    # mean 1/2 and rho 1/3 is alpha = beta = 1: uniform on 0..4; rho 0 is the binomial
    assert score[0, 0] == pytest.approx(np.log(1 / 5))
    assert score[0, 1] == pytest.approx(np.log(4 * 0.2 * 0.8**3))
    assert score[1, 1] == pytest.approx(np.log(0.3**2))


def test_truth_scores_best_and_is_calibrated(world):
    counts, views, truth = world
    off = Rates(truth.mean * 1.3, truth.rho)
    assert (scoring.log_score(counts, views, truth).mean(0) > scoring.log_score(counts, views, off).mean(0)).all()
    values = scoring.pit(counts, views, truth, np.random.default_rng(0))
    for level in (0.5, 0.9):
        assert scoring.coverage(values, level) == pytest.approx(level, abs=0.012)
    narrow = scoring.pit(counts, views, Rates(truth.mean, truth.rho / 10), np.random.default_rng(0))
    assert (scoring.coverage(narrow, 0.9) < 0.8).all()


def test_log_loss_per_view_is_lowest_at_the_true_mean(world):
    counts, views, truth = world
    at = [scoring.log_loss_per_view(counts, views, truth.mean * f) for f in (0.8, 1, 1.1)]
    assert (at[1] < at[0]).all() and (at[1] < at[2]).all()


def test_paired_interval_covers_the_true_difference():
    rng = np.random.default_rng(2)
    hits = 0
    for seed in range(200):
        shared = rng.normal(0, 5, 150)
        interval = scoring.paired_interval(shared + rng.normal(0.3, 1, 150), shared, draws=400, seed=seed)
        hits += interval.low <= 0.3 <= interval.high
        assert interval.high - interval.low < 0.6  # paired: the shared spread of 5 is out of it
    assert 0.89 <= hits / 200 <= 0.99


@pytest.mark.parametrize("bad", [np.empty(0), np.ones((3, 2))])
def test_paired_interval_refuses_what_is_not_one_score_per_post(bad):
    with pytest.raises(ValueError, match="one score per post"):
        scoring.paired_interval(bad)


def test_gap_closed_ends():
    base, truth = np.array([-3.0, -2.0]), np.array([-1.0, -1.0])
    assert scoring.gap_closed(base, base, truth) == 0
    assert scoring.gap_closed(truth, base, truth) == 1
    assert scoring.gap_closed((base + truth) / 2, base, truth) == pytest.approx(0.5)


def test_weighted_conversion_of_the_first_published_row():
    # like 185, hide 2, open_photo 1947, open 14, share_to_message 20 of 10,869 views
    row = np.array([[185, 0, 2, 0, 1947, 14, 20]])
    by_hand = (1.8 * 185 + 3 * 2 + 1.3 * 1947 + 1.5 * 14 + 5 * 20) / 10869
    assert reference.weighted_conversion(row, np.array([10869]), "weights")[0] == pytest.approx(by_hand)
    assert reference.weighted_conversion(row, np.array([10869]), "sum")[0] == pytest.approx(2168 / 10869)
    assert len(ACTIVITIES) == row.shape[1]


def test_conversion_of_rates_is_the_rate_of_conversion(world):
    rng = np.random.default_rng(0)
    counts, views = rng.integers(0, 50, (30, 7)), rng.integers(50, 99, 30)
    for weights in reference.CONVERSION_WEIGHTS:
        whole = reference.weighted_conversion(counts, views, weights)
        assert reference.weighted_conversion(counts / views[:, None], np.ones(30), weights) == pytest.approx(whole)


def test_squared_error():
    observed = np.array([1.0, 2, 3, 4])
    assert scoring.squared_error(observed, observed) == (0, 1)
    assert scoring.squared_error(observed, np.full(4, 2.5)) == (pytest.approx(1.25), pytest.approx(0))
