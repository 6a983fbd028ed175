"""Intervals of means against statsmodels, and the next count against simulation from the normal of the estimates."""

import numpy as np
import pandas as pd
import pytest
from betabinomial_data import simulated
from betabinomial_glm import both, underdispersed

from lib import betabinomial as bb


def test_intervals_of_the_mean_are_those_of_statsmodels():
    X, k, n = underdispersed()
    fit, glm = both(X, k, n)
    new = pd.DataFrame([[1.0, 0.0, 0.0], [1.0, -2.5, 1.0]], index=["a", "b"])
    table = fit.get_prediction(new, level=0.9)
    want = glm.get_prediction(new).summary_frame(alpha=0.1)
    assert list(table.index) == ["a", "b"] and list(table.columns) == ["mean", "std_err", "ci_low", "ci_high"]
    np.testing.assert_allclose(table, want, rtol=1e-6)


def test_robust_intervals_and_offset():
    X, k, n = simulated(200)
    fit = bb.fit_regression(X, k, n, clusters=np.arange(200) // 5, offset=X[:, 1])
    table = fit.get_prediction(X, offset=X[:, 1], robust=True, small_sample="CR1")
    rows = fit.contrast(X[:3], robust=True, small_sample="CR1")
    eta = np.log(table["ci_high"] / (1 - table["ci_high"]))
    np.testing.assert_allclose(eta[:3] - X[:3, 1], rows["ci_high"], rtol=1e-9)
    np.testing.assert_allclose(table["mean"], fit.predict(X, offset=X[:, 1]))


@pytest.mark.parametrize(
    ("rows", "s", "trials", "new"), [(30, 4.0, 20, 8), (30, 4.0, 20, 300), (200, 40.0, 300, 5000), (25, 1e5, 40, 10**5)]
)
def test_the_next_count_is_the_average_over_the_normal_of_the_estimates(rows, s, trials, new):
    X, k, n = simulated(rows, s=s, trials=trials, base=-1.0, seed=4)
    Z = np.column_stack([np.ones(rows), X[:, 1]]) if rows > 100 else None
    fit = bb.fit_regression(X, k, n, Z=Z)
    at = np.array([1.0, 0.5, 1.0])
    table = fit.get_prediction(at[None], Z=None if Z is None else [[1.0, 0.5]], n=new)
    rng = np.random.default_rng(1)
    point = np.append(fit.coef, fit.dispersion)
    binomial = fit.state == "binomial"
    draws = rng.multivariate_normal(np.where(np.isinf(point), 0.0, point), np.nan_to_num(fit.cov), 400_000)
    theta = draws[:, 3:] @ ([1.0] if Z is None else [1.0, 0.5])
    counts = bb.rvs(new, 1 / (1 + np.exp(-draws[:, :3] @ at)), 0.0 if binomial else 1 / (1 + np.exp(theta)), rng)
    for end in table[["pi_low", "pi_high"]].iloc[0]:
        q = 0.025 if end == table["pi_low"][0] else 0.975
        assert np.mean(counts < end) - 0.001 < q < np.mean(counts <= end) + 0.001


def test_arguments():
    X, k, n = simulated(100)
    fit = bb.fit_regression(X, k, n, Z=X[:, :2])
    assert "pi_low" not in fit.get_prediction(X)
    with pytest.raises(ValueError, match="needs Z"):
        fit.get_prediction(X, n=n)
    with pytest.raises(ValueError, match="Z has 1 columns, the fit has 2"):
        fit.get_prediction(X, Z=X[:, :1], n=n)
    with pytest.raises(ValueError, match="not a number of trials"):
        fit.get_prediction(X, Z=X[:, :2], n=-1)
    assert (fit.get_prediction(X, Z=X[:, :2], n=0)[["pi_low", "pi_high"]] == 0).all(axis=None)
