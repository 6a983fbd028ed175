"""The table of estimates and the means of new rows."""

import numpy as np
import pandas as pd
import pytest
from betabinomial_data import simulated
from scipy import stats

from lib import betabinomial as bb


def test_summary():
    X, k, n = simulated()
    fit = bb.fit_regression(X, k, n)
    table = fit.summary(["one", "x", "group"])
    assert list(table.columns) == ["coef", "std_err", "z", "p", "ci_low", "ci_high"]
    assert list(table.index) == ["one", "x", "group", "log(alpha + beta)", "rho"]
    params = table.iloc[:4]
    np.testing.assert_array_equal(params["coef"], [*fit.coef, *fit.dispersion])
    np.testing.assert_allclose(params["p"], 2 * stats.norm.sf(np.abs(params["coef"] / params["std_err"])))
    np.testing.assert_allclose(params["ci_high"] - params["ci_low"], 2 * stats.norm.ppf(0.975) * params["std_err"])
    rho, theta = table.loc["rho"], table.loc["log(alpha + beta)"]
    np.testing.assert_allclose(rho[["coef", "ci_high"]].astype(float), 1 / (1 + np.exp(theta[["coef", "ci_low"]])))
    slope = (1 / (1 + np.exp(theta["coef"] - 1e-5)) - 1 / (1 + np.exp(theta["coef"] + 1e-5))) / 2e-5
    assert rho["std_err"] == pytest.approx(slope * theta["std_err"])
    assert list(fit.summary(robust=True)["std_err"][:4]) == list(np.sqrt(np.diag(fit.cov_robust)))
    with pytest.raises(ValueError, match="2 given, the fit has 3"):
        fit.summary(["a", "b"])
    with pytest.raises(ValueError, match="small_sample corrects the robust"):
        fit.summary(small_sample="CR1")


def test_summary_names_the_rows_of_the_dispersion():
    X, k, n = simulated(300)
    fit = bb.fit_regression(pd.DataFrame(X, columns=["one", "x", "group"]), k, n, Z=X[:, :2])
    assert list(fit.summary().index) == ["one", "x", "group", "log(alpha + beta): z0", "log(alpha + beta): z1"]


def test_predict():
    X, k, n = simulated()
    fit = bb.fit_regression(X, k, n)
    np.testing.assert_allclose(fit.predict(X), 1 / (1 + np.exp(-(X @ fit.coef))))
    with pytest.raises(ValueError, match="X has 2 columns, the fit has 3"):
        fit.predict(X[:, :2])
    shifted = bb.fit_regression(X, k, n, offset=X[:, 1])
    np.testing.assert_allclose(shifted.predict(X, offset=X[:, 1]), fit.predict(X))
    with pytest.raises(ValueError, match="The fit has an offset"):
        shifted.predict(X)
