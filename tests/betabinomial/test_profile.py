"""Profile intervals against a general optimiser, and against closed forms at the edges."""

import numpy as np
import pytest
from betabinomial_data import simulated
from scipy import stats
from scipy.optimize import brentq, minimize

from lib import betabinomial as bb

DROP = stats.chi2.ppf(0.95, 1) / 2


@pytest.mark.parametrize(("l2", "Z"), [(0.0, False), (6.0, False), (0.0, True)])
def test_the_likelihood_falls_by_half_a_chi_square_quantile(l2, Z):
    X, k, n = simulated(40, s=8.0, trials=60, base=-1.5)
    Z = X[:, [0, 2]] if Z else np.ones((40, 1))
    offset = 0.2 * X[:, 1]
    fit = bb.fit_regression(X, k, n, l2=l2, Z=Z, offset=offset)
    point = np.append(fit.coef, fit.dispersion)

    def loss(point):
        mean, rho = 1 / (1 + np.exp(-(X @ point[:3] + offset))), 1 / (1 + np.exp(Z @ point[3:]))
        return -bb.logpmf(k, n, mean, rho).sum() + l2 / 2 * ((point[:3] * X.std(axis=0)) ** 2).sum()

    for j, (low, high) in enumerate(fit.profile_intervals().to_numpy()):
        assert low < point[j] < high
        for end in (low, high):
            rest = minimize(lambda free, j=j, end=end: loss(np.insert(free, j, end)), np.delete(point, j), tol=1e-8)
            assert rest.fun - loss(point) == pytest.approx(DROP, abs=1e-5)


def test_names_and_levels():
    X, k, n = simulated(300)
    fit = bb.fit_regression(X, k, n)
    wide, narrow = fit.profile_intervals("x1"), fit.profile_intervals(["x1"], level=0.5)
    assert list(wide.index) == ["x1"]
    assert (wide["ci_low"] < narrow["ci_low"]).all() and (narrow["ci_high"] < wide["ci_high"]).all()
    wald = fit.summary().loc["x1", ["ci_low", "ci_high"]]
    np.testing.assert_allclose(wide.iloc[0].to_numpy(float), wald.to_numpy(float), atol=0.01)
    with pytest.raises(ValueError, match="'rho' is not the name"):
        fit.profile_intervals("rho")
    with pytest.raises(ValueError, match="level"):
        fit.profile_intervals(level=95)


@pytest.mark.parametrize("trials", [1, 50])
def test_no_success_in_any_row_has_the_upper_end_of_the_rule_of_three(trials):
    """The likelihood is largest for rho = 1, where each row counts as one trial: rows log(1 - mean) = -DROP."""
    rows = 30
    fit = bb.fit_regression(np.full((rows, 1), 2.0), np.zeros(rows), np.full(rows, trials))
    low, high = fit.profile_intervals("x0").iloc[0]
    upper = -np.expm1(-DROP / rows)
    assert low == -np.inf and 2.0 * high == pytest.approx(np.log(upper / (1 - upper)), abs=1e-5)
    full = bb.fit_regression(np.full((rows, 1), 2.0), np.full(rows, trials), np.full(rows, trials))
    assert full.profile_intervals("x0").iloc[0].tolist() == [pytest.approx(-high), np.inf]


def test_a_separated_group_has_one_finite_end():
    """Two groups with a mean each: the second has no success in its one row of 12 trials, and rho is 0."""
    k, n, group = np.array([4.0, 4.0, 5.0, 0.0]), np.array([12.0, 12.0, 12.0, 12.0]), np.array([0.0, 0.0, 0.0, 1.0])
    fit = bb.fit_regression(np.column_stack([1 - group, group]), k, n)
    low, high = fit.profile_intervals("x1").iloc[0]
    top = bb.logpmf(k[:3], n[:3], 13 / 36, 0.0).sum()

    def fall(b):
        def loss(point):
            mean = 1 / (1 + np.exp(-np.array([*[point[0]] * 3, b])))
            return -bb.logpmf(k, n, mean, 1 / (1 + np.exp(point[1]))).sum()

        return min(minimize(loss, [-0.6, s], method="Nelder-Mead", tol=1e-7).fun for s in (1.0, 9.0)) + top

    assert fit.state == "separated" and low == -np.inf
    assert high == pytest.approx(brentq(lambda b: fall(b) - DROP, -4.0, 1.0), abs=1e-4)


def test_rho_zero_and_one_have_one_finite_end():
    rng = np.random.default_rng(1)
    n = rng.integers(10, 40, 50).astype(float)
    for k, side in ((np.round(0.3 * n), 1.0), (n * (rng.random(50) < 0.3), -1.0)):
        fit = bb.fit_regression(np.ones((50, 1)), k, n)
        ends = fit.profile_intervals("log(alpha + beta)").iloc[0]
        finite = ends["ci_low"] if side > 0 else ends["ci_high"]
        assert ends["ci_high" if side > 0 else "ci_low"] == side * np.inf
        means = np.linspace(0.2, 0.45, 2001)
        rho = 1 / (1 + np.exp(finite))
        best = max(bb.logpmf(k, n, mean, rho).sum() for mean in means)
        assert fit.loglik - best == pytest.approx(DROP, abs=1e-4)


def test_aliased_columns_have_no_interval_and_change_no_other():
    X, k, n = simulated(100)
    table = bb.fit_regression(np.column_stack([X, X[:, 1]]), k, n).profile_intervals()
    assert table.loc["x3"].isna().all()
    np.testing.assert_allclose(table.drop("x3"), bb.fit_regression(X, k, n).profile_intervals(), rtol=1e-5)
