import numpy as np
import pytest

from lib import betabinomial as bb


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
