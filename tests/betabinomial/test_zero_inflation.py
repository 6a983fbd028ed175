import numpy as np
import pytest
from scipy.optimize import minimize

from lib import betabinomial as bb
from lib.betabinomial import zero_inflation


@pytest.mark.parametrize(("zero", "mean", "rho"), [(0.05, 0.02, 0.02), (0.4, 0.003, 1e-3), (0.3, 0.05, 0.0)])
def test_zero_inflation_is_recovered(zero, mean, rho):
    rng = np.random.default_rng(8)
    n = rng.integers(1000, 20_000, 4000)
    k = bb.rvs(n, mean, rho, rng) if rho else np.round(n * mean)  # less variation than a binomial
    k[rng.random(4000) < zero] = 0
    fit = bb.fit_zero_inflated(k, n)
    assert fit.converged and fit.state == ("regular" if rho else "binomial")
    assert abs(fit.zero - zero) < 4 * fit.se_zero and abs(fit.mean - mean) < 4 * fit.se_mean
    assert fit.loglik > bb.fit_rate(k, n).loglik

    def loss(point):
        zero, mean, rho = *(1 / (1 + np.exp(-point[:2]))), fit.rho
        logs = bb.logpmf(k, n, mean, rho)
        return -np.where(k == 0, np.log(zero + (1 - zero) * np.exp(logs)), np.log1p(-zero) + logs).sum()

    point = np.log([fit.zero / (1 - fit.zero), fit.mean / (1 - fit.mean)])
    assert fit.loglik == pytest.approx(-loss(point), rel=1e-12)
    slope = [(loss(point + h) - loss(point - h)) / 2e-5 for h in np.eye(2) * 1e-5]
    np.testing.assert_allclose(slope, 0.0, atol=0.02)


@pytest.mark.parametrize("k", [[3, 1, 4, 1, 5], [0, 1, 9, 2, 30], [0, 0, 0, 0, 0]])
def test_no_inflation_is_the_plain_rate(k):
    plain, fit = bb.fit_rate(k, [50] * 5), bb.fit_zero_inflated(k, [50] * 5)
    assert fit.zero == 0 and np.isnan(fit.se_zero)
    assert (fit.mean, fit.loglik, fit.converged) == (plain.mean, plain.loglik, plain.converged)
    assert fit.state == ("no inflation" if plain.state == "regular" else plain.state)


@pytest.mark.parametrize("level", [0.0, 6.0])
def test_gradient_and_hessian_against_differences_away_from_the_optimum(level):
    rng = np.random.default_rng(3)
    designs = tuple(np.vstack([np.ones(200), rng.normal(size=(size - 1, 200))]) for size in (3, 2, 2))
    n = rng.integers(1, 3000, 200).astype(float)
    k = np.sort(np.where(rng.random(200) < 0.5, 0, bb.rvs(n, 0.01, 0.05, rng))).astype(float)
    fixed = np.full((3, 200), np.nan)
    fixed[[0, 1, 2, 2], [3, 5, 7, 150]] = [-1.0, 700.0, 700.0, -700.0]
    mixture = zero_inflation.Mixture(designs, k, n, rng.random(200), rng.normal(size=200), fixed)
    point = np.array([-4.0, 0.3, -0.2, 2.0 + level, 0.1, 0.5, -0.3])
    value, gradient, information = mixture.evaluate(point)
    for j, step in enumerate(np.eye(7) * 1e-4):
        above, below = mixture.evaluate(point + step), mixture.evaluate(point - step)
        assert (above[0] - below[0]) / 2e-4 == pytest.approx(gradient[j], rel=1e-5, abs=1e-4)
        np.testing.assert_allclose((above[1] - below[1]) / -2e-4, information[j], rtol=1e-5, atol=1e-3)
    assert mixture.loglik(point) - mixture.loglik(point + step) == pytest.approx(value - above[0], abs=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_no_grid_of_starts_finds_a_higher_likelihood(seed):
    """Small tables: the likelihood is evaluated on a grid, and scipy climbs from the best points."""
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 20, 8)
    k = bb.rvs(n, rng.beta(1, 3), rng.choice([0.0, 0.1, 0.4]), rng)
    k[rng.random(8) < 0.4] = 0

    def loss(point):
        zero, mean, rho = 1 / (1 + np.exp(-point))
        logs = bb.logpmf(k, n, mean, rho)
        return -np.where(k == 0, np.log(zero + (1 - zero) * np.exp(logs)), np.log1p(-zero) + logs).sum()

    grid = np.stack(np.meshgrid([-12, -2, 0, 2], [-4, -2, 0, 2], [-12, -4, -1, 2]), -1).reshape(-1, 3)
    starts = grid[np.argsort([loss(point) for point in grid])[:4]]
    found = min(minimize(loss, start, bounds=[(-20, 20)] * 3).fun for start in starts)
    assert bb.fit_zero_inflated(k, n).loglik >= -found - 1e-6
