import numpy as np
import pytest
from betabinomial_data import simulated
from scipy import stats

from lib import betabinomial as bb


def test_summary_and_predict():
    X, k, n = simulated()
    fit = bb.fit_regression(X, k, n)
    table = fit.summary(["one", "x", "group"])
    assert list(table.columns) == ["coef", "std_err", "z", "p", "ci_low", "ci_high"]
    assert list(table.index) == ["one", "x", "group"]
    np.testing.assert_allclose(table["p"], 2 * stats.norm.sf(np.abs(fit.coef / table["std_err"])))
    np.testing.assert_allclose(table["ci_high"] - table["ci_low"], 2 * stats.norm.ppf(0.975) * table["std_err"])
    assert list(fit.summary(robust=True)["std_err"]) == list(np.sqrt(np.diag(fit.cov_robust)[:3]))
    np.testing.assert_allclose(fit.predict(X), 1 / (1 + np.exp(-(X @ fit.coef))))
    with pytest.raises(ValueError, match="2 given, the fit has 3"):
        fit.summary(["a", "b"])
    with pytest.raises(ValueError, match="X has 2 columns, the fit has 3"):
        fit.predict(X[:, :2])
