"""Residuals and influence against statsmodels where rho = 0, and against refits and simulation elsewhere."""

import numpy as np
import pytest
from betabinomial_data import simulated
from betabinomial_glm import both, underdispersed
from scipy import stats
from scipy.optimize import minimize_scalar

from lib import betabinomial as bb


def test_the_binomial_has_the_values_of_statsmodels():
    fit, glm = both(*underdispersed())
    np.testing.assert_allclose(fit.residuals("pearson"), glm.resid_pearson, rtol=1e-6)
    np.testing.assert_allclose(fit.residuals("deviance"), glm.resid_deviance, rtol=1e-6, atol=1e-9)
    influence = glm.get_influence()
    np.testing.assert_allclose(fit.influence()["leverage"], influence.hat_matrix_diag, rtol=1e-6)
    np.testing.assert_allclose(fit.influence()["cooks_distance"], influence.cooks_distance[0], rtol=1e-5)


@pytest.mark.parametrize("rho", [1e-9, 0.02, 0.4, 0.97])
def test_pearson_and_deviance_residuals_are_their_definitions(rho):
    n = np.array([1, 1, 9, 9, 9, 9, 400, 400, 400, 400, 70_000])
    k = np.array([0, 1, 0, 1, 5, 9, 0, 3, 200, 399, 1])
    X = np.ones((n.size, 1))
    fit = bb.fit_regression(X, k, n)
    fit = type(fit)(**{**vars(fit), "rho": rho, "dispersion": np.array([np.log((1 - rho) / rho)])})
    mean = fit.predict(X)
    variance = stats.betabinom.var(n, mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho)
    np.testing.assert_allclose(fit.residuals("pearson"), (k - n * mean) / np.sqrt(variance), rtol=1e-6)
    want = []
    for i in range(n.size):
        best, height = float(k[i] == n[i]), 0.0
        if 0 < k[i] < n[i]:
            eta = minimize_scalar(
                lambda e, i=i: -bb.logpmf(k[i], n[i], 1 / (1 + np.exp(-e)), rho), bounds=(-14, 14), method="bounded",
                options={"xatol": 1e-10},
            )  # fmt: skip
            best, height = 1 / (1 + np.exp(-eta.x)), -eta.fun
        want.append(np.sign(best - mean[i]) * np.sqrt(2 * (height - bb.logpmf(k[i], n[i], mean[i], rho))))
    np.testing.assert_allclose(fit.residuals("deviance"), want, rtol=1e-6, atol=1e-6)


def test_quantile_residuals_are_standard_normal_and_accurate_in_both_tails():
    X, k, n = simulated(4000, trials=60, base=-1.0, s=9.0)
    fit = bb.fit_regression(X, k, n)
    residuals = fit.residuals("quantile", rng=1)
    assert stats.kstest(residuals, "norm").pvalue > 0.01
    mean = fit.predict(X)
    u = stats.norm.cdf(residuals)
    inner = np.abs(residuals) < 7
    slack = 1e-9
    assert ((bb.cdf(k - 1, n, mean, fit.rho) - slack <= u) & (u <= bb.cdf(k, n, mean, fit.rho) + slack))[inner].all()
    mirror = bb.fit_regression(X, n - k, n)
    far = np.where(np.arange(k.size) == 0, n, k)
    high = bb.fit_regression(X, far, n).residuals("quantile", rng=1)[0]
    low = bb.fit_regression(X, n - far, n).residuals("quantile", rng=1)[0]
    assert high == pytest.approx(-low) and mirror.state == "regular"
    np.testing.assert_array_equal(residuals, fit.residuals("quantile", rng=np.random.default_rng(1)))
    with pytest.raises(ValueError, match="pass rng"):
        fit.residuals("quantile")
    with pytest.raises(ValueError, match="'working' must be"):
        fit.residuals("working")


def test_rows_without_trials_and_weights():
    X, k, n = simulated(50)
    n[3] = k[3] = 0
    weights = np.linspace(0.0, 2.0, 50)
    plain = bb.fit_regression(X, k, n, weights=weights)
    analytic = bb.fit_regression(X, k, n, analytic_weights=weights)
    for kind in ("pearson", "deviance", "quantile"):
        assert list(np.flatnonzero(np.isnan(plain.residuals(kind, rng=1)))) == [3]
    np.testing.assert_allclose(analytic.residuals("pearson"), plain.residuals("pearson") * np.sqrt(weights), rtol=1e-8)
    np.testing.assert_allclose(plain.influence().loc[[0, 3]], 0.0, atol=1e-30)


@pytest.mark.parametrize("Z", [False, True])
def test_leverage_and_cooks_distance_agree_with_fits_without_the_row(Z):
    X, k, n = simulated(60, s=12.0, trials=200, base=-1.5)
    Z = X[:, [0, 2]] if Z else np.ones((60, 1))
    fit = bb.fit_regression(X, k, n, Z=Z)
    influence = fit.influence()
    point, size = np.append(fit.coef, fit.dispersion), 3 + Z.shape[1]
    assert influence["leverage"].sum() == pytest.approx(size)
    information, changes = np.linalg.inv(fit.cov), []
    for row in range(60):
        rest = np.arange(60) != row
        other = bb.fit_regression(X[rest], k[rest], n[rest], Z=Z[rest])
        changes.append(np.append(other.coef, other.dispersion) - point)
    actual = np.einsum("ri,ij,rj->r", changes, information, changes) / size
    cook = influence["cooks_distance"].to_numpy()
    np.testing.assert_allclose(cook[actual < 0.05], actual[actual < 0.05], rtol=0.15, atol=0.001)
    np.testing.assert_allclose(cook, actual, rtol=0.4)
    assert stats.spearmanr(cook, actual).statistic > 0.99


def test_simulated_counts_have_the_mean_and_variance_of_the_fit():
    X, k, n = simulated(20)
    fit = bb.fit_regression(X, k, n, Z=X[:, :2])
    counts = fit.simulate(rng=1, size=20_000)
    s = (1 - fit.rho) / fit.rho
    mean, variance = stats.betabinom.stats(n, fit.predict(X) * s, (1 - fit.predict(X)) * s)
    assert (np.abs(counts.mean(axis=0) - mean) < 4.5 * np.sqrt(variance / 20_000)).all()
    np.testing.assert_allclose(counts.var(axis=0), variance, rtol=0.15)
    np.testing.assert_array_equal(fit.simulate(rng=2), fit.simulate(rng=np.random.default_rng(2)))
