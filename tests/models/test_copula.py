import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal

from lib import betabinomial
from lib.models import Forecast
from lib.models.copula import Copula, fit_copula

CORRELATION = np.array([[1, 0.5, 0], [0.5, 1, -0.3], [0, -0.3, 1]])


@pytest.fixture(scope="module")
def posts():
    """Counts of three activities, joined by a known copula, with their forecast."""
    rng = np.random.default_rng(0)
    n = 3000
    mean, rho = rng.uniform(0.02, 0.1, (n, 3)), np.array([0.01, 0.02, 0.01])
    views = rng.integers(2000, 9000, n)
    scores = rng.multivariate_normal(np.zeros(3), CORRELATION, n)
    return betabinomial.ppf(ndtr(scores), views[:, None], mean, rho).astype(int), views, Forecast(mean, rho)


def test_known_correlations_are_found_and_pay(posts):
    counts, views, forecast = posts
    copula = fit_copula(counts[:2000], views[:2000], forecast[:2000])
    assert copula.correlation == pytest.approx(CORRELATION, abs=0.06)
    gain = copula.log_ratio(counts[2000:], views[2000:], forecast[2000:], draws=50).mean()
    assert gain == pytest.approx(-0.5 * np.linalg.slogdet(CORRELATION)[1], abs=0.03)


def test_the_ratio_is_that_of_the_normal_distribution_over_the_box():
    """Two activities with few possible counts: the probability of the box is a difference of four normal cdfs."""
    forecast = Forecast(np.array([[0.3, 0.6]]), np.array([0.1, 0.2]))
    joint = multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]])
    for k in ([0, 0], [1, 2], [3, 3]):
        below, upto = (betabinomial.cdf(np.array(k) - less, 3, forecast.mean[0], forecast.rho) for less in (1, 0))
        ends = [np.clip(side, 1e-12, 1 - 1e-12) for side in (below, upto)]
        low, high = ndtri(ends[0]), ndtri(ends[1])
        box = joint.cdf(high) - joint.cdf([low[0], high[1]]) - joint.cdf([high[0], low[1]]) + joint.cdf(low)
        alone = np.prod(upto - below)
        found = Copula(np.array([[1, 0.6], [0.6, 1]])).log_ratio(np.array([k]), np.array([3]), forecast, draws=40_000)
        assert found == pytest.approx([np.log(box / alone)], abs=0.02)


def test_draws_have_the_margins_of_the_forecast_and_the_dependence_of_the_copula(posts):
    _, views, forecast = posts
    drawn = Copula(CORRELATION).draw(views[:40], forecast[:40], draws=4000)
    assert drawn.mean(0) / views[:40, None] == pytest.approx(forecast.mean[:40], rel=0.06)
    ranks = drawn.argsort(0).argsort(0)
    found = np.mean([np.corrcoef(ranks[:, i], rowvar=False) for i in range(40)], axis=0)
    assert found == pytest.approx(6 / np.pi * np.arcsin(CORRELATION / 2), abs=0.02)


def test_without_dependence_there_is_next_to_nothing_to_gain(posts):
    _, views, forecast = posts
    counts = betabinomial.rvs(views[:, None], forecast.mean, forecast.rho, 1)
    copula = fit_copula(counts[:1500], views[:1500], forecast[:1500])
    assert abs(copula.log_ratio(counts[1500:], views[1500:], forecast[1500:], draws=20).mean()) < 0.005
