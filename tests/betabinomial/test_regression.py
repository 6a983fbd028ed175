"""The beta-binomial against other software, against arithmetic of 50 digits, and against itself."""

import json
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize
from threadpoolctl import threadpool_info

from lib import betabinomial as bb
from lib.betabinomial import newton

REFERENCE = Path(__file__).parent / "reference"
FITS = json.loads((REFERENCE / "betabinomial.json").read_text())
mpmath.mp.dps = 50


def simulated(rows=2000, s=43.0, seed=0, trials=7000, base=-4.0):
    rng = np.random.default_rng(seed)
    n = np.floor(np.exp(rng.normal(np.log(trials), 1.0, rows))) + 1.0
    X = np.column_stack([np.ones(rows), rng.normal(size=rows), rng.random(rows) < 0.3])
    mean = 1.0 / (1.0 + np.exp(-(X @ [base, 0.3, -0.2])))
    return X, bb.rvs(n, mean, 1.0 / (1.0 + s), rng), n


# --- distribution --------------------------------------------------------------------------------------------


def exact_logpmf(k, n, mean, rho):
    mean, rho, log_gamma = mpmath.mpf(mean), mpmath.mpf(rho), mpmath.loggamma
    total = log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1)
    if rho == 0:
        return total + k * mpmath.log(mean) + (n - k) * mpmath.log(1 - mean)
    s = (1 - rho) / rho
    for x, m, sign in ((mean * s, k, 1), ((1 - mean) * s, n - k, 1), (s, n, -1)):
        total += sign * (log_gamma(x + m) - log_gamma(x))
    return total


@pytest.mark.parametrize("n", [1, 2, 10, 11, 57, 1000, 7_000_000, 10_000_000])
@pytest.mark.parametrize("mean", [1e-7, 1e-5, 0.02, 0.5, 0.97, 1 - 1e-7])
def test_logpmf_has_twelve_digits_in_every_corner(n, mean):
    for rho in (0.0, 1e-12, 1e-9, 1e-6, 1 / 1751, 1 / 44, 0.5, 0.999):
        ks = {k for k in (0, 1, 2, 10, 12, 100, int(n * mean), n // 3, n - 1, n) if 0 <= k <= n}
        for k in ks:
            want = exact_logpmf(k, n, mean, rho)
            assert abs(mpmath.mpf(float(bb.logpmf(k, n, mean, rho))) - want) <= 1e-12 * abs(want), (k, rho)


def test_logpmf_agrees_with_scipy_where_scipy_is_accurate():
    k, mean, rho = np.arange(31)[:, None, None], np.array([0.01, 0.4, 0.9])[:, None], np.array([0.01, 0.3, 0.8])
    s = (1 - rho) / rho
    want = stats.betabinom.logpmf(k, 30, mean * s, (1 - mean) * s)
    np.testing.assert_allclose(bb.logpmf(k, 30, mean, rho), want, rtol=1e-10)


@pytest.mark.parametrize("n", [0, 1, 7, 200])
@pytest.mark.parametrize("mean", [0.0, 1e-7, 0.01, 0.3, 0.9, 1 - 1e-9, 1.0])
@pytest.mark.parametrize("rho", [0.0, 1e-12, 1e-3, 0.1, 0.6, 0.999])
def test_pmf_cdf_ppf_and_crps_belong_together(n, mean, rho):
    k = np.arange(n + 1)
    pmf = np.exp(bb.logpmf(k, n, mean, rho))
    cdf = bb.cdf(k, n, mean, rho)
    assert pmf.sum() == pytest.approx(1.0, abs=1e-12)
    assert pmf @ k == pytest.approx(n * mean, abs=1e-10)
    np.testing.assert_allclose(cdf, np.cumsum(pmf), atol=1e-12)
    inner = cdf < 1.0
    np.testing.assert_array_equal(bb.ppf(cdf, n, mean, rho)[inner], np.searchsorted(cdf, cdf)[inner])
    want = [np.sum((np.cumsum(pmf) - (k >= outcome)) ** 2) for outcome in k]
    np.testing.assert_allclose(bb.crps(k, n, mean, rho), want, atol=1e-9)


def test_known_special_cases():
    np.testing.assert_allclose(bb.logpmf(np.arange(8), 7, 0.5, 1 / 3), -np.log(8), rtol=1e-14)  # alpha = beta = 1
    np.testing.assert_allclose(bb.logpmf(np.arange(8), 7, 0.2, 0.0), stats.binom.logpmf(np.arange(8), 7, 0.2))
    assert bb.logpmf(3, 5, 0.0, 0.1) == -np.inf
    assert list(bb.cdf([-1, -0.5, 2.7, 5, 9], 5, 0.3, 0.1)) == [0, 0, bb.cdf(2, 5, 0.3, 0.1), 1, 1]
    assert list(bb.ppf([0.0, 1.0], 5, 0.3, 0.1)) == [0, 5]
    assert bb.cdf(300, 1000, 0.5, 0.0) == pytest.approx(stats.binom.cdf(300, 1000, 0.5), rel=1e-9)  # 1e-37


@pytest.mark.parametrize("q", [1e-300, 1e-20, 0.3, 1 - 1e-16])
@pytest.mark.parametrize(("mean", "rho"), [(0.5, 0.0), (1e-5, 1e-9), (0.02, 1 / 44), (0.4, 0.7)])
def test_extreme_quantiles_of_millions_of_trials(q, mean, rho):
    n = 7_000_000
    k = bb.ppf(q, n, mean, rho)
    assert bb.cdf(k, n, mean, rho) >= q
    assert bb.cdf(k - 1, n, mean, rho) < q


def test_results_broadcast_as_float64():
    got = bb.logpmf(np.arange(3, dtype=np.int32)[:, None], 5, np.float32([0.25, 0.5]), 0.1)
    assert got.shape == (3, 2) and got.dtype == np.float64
    assert np.ndim(bb.logpmf(1, 5, 0.5, 0.1)) == 0
    assert bb.crps([], [], [], []).shape == (0,)
    assert bb.rvs(np.full((4, 1), 9), [0.1, 0.2], 0.1, 0).shape == (4, 2)


@pytest.mark.parametrize(("mean", "rho"), [(0.3, 0.0), (0.3, 1e-12), (0.02, 1 / 44), (0.4, 0.999), (1e-6, 1e-4)])
def test_draws_have_the_mean_and_the_variance(mean, rho):
    n, rows = 10_000, 100_000
    k = bb.rvs(np.full(rows, n), mean, rho, np.random.default_rng(1))
    variance = n * mean * (1 - mean) * (1 + (n - 1) * rho)
    assert abs(k.mean() - n * mean) < 4 * np.sqrt(variance / rows)
    assert k.var() == pytest.approx(variance, rel=0.15)
    assert k.dtype == np.int64
    np.testing.assert_array_equal(k[:5], bb.rvs(np.full(rows, n), mean, rho, 1)[:5])


# --- regression against other software and against arithmetic of 50 digits -----------------------------------


@pytest.mark.parametrize("name", FITS)
def test_reference_fits(name):
    """R: glmmTMB(formula, family = betabinomial), confirmed in extended precision; see the source of each."""
    want = FITS[name]
    data = pd.read_csv(REFERENCE / want["design_csv"])
    fit = bb.fit_regression(data.iloc[:, 3:], data["k"], data["n"], weights=data["w"])
    assert fit.state == "regular" and fit.converged
    assert fit.loglik == pytest.approx(want["loglik"], abs=1e-9)
    np.testing.assert_allclose(fit.coef, want["coef"], rtol=1e-7)
    assert fit.rho == pytest.approx(want["rho"], rel=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cov)), want["std_err"], rtol=1e-6)


def exact_terms(k, n, eta, theta):
    """Log-likelihood of a row and its derivatives by (eta, theta), from polygammas of 50 digits."""
    mu, s = 1 / (1 + mpmath.exp(-mpmath.mpf(float(eta)))), mpmath.exp(mpmath.mpf(float(theta)))
    a, b = mu * s, (1 - mu) * s
    first = [mpmath.psi(0, x + m) - mpmath.psi(0, x) for x, m in ((a, k), (b, n - k), (s, n))]
    second = [mpmath.psi(1, x + m) - mpmath.psi(1, x) for x, m in ((a, k), (b, n - k), (s, n))]
    w = mu * (1 - mu) * s
    d_eta = w * (first[0] - first[1])
    d_theta = a * first[0] + b * first[1] - s * first[2]
    d_ee = (1 - 2 * mu) * d_eta + w**2 * (second[0] + second[1])
    d_et = d_eta + w * (a * second[0] - b * second[1])
    d_tt = d_theta + a**2 * second[0] + b**2 * second[1] - s**2 * second[2]
    return exact_logpmf(k, n, mu, 1 / (1 + s)), d_eta, d_theta, d_ee, d_et, d_tt


def test_derivatives_of_a_row_are_exact_from_one_trial_to_ten_million():
    cases = [
        (k, n, eta, theta)
        for n in (1, 30, 7000, 10_000_000)
        for eta in (-16.0, -4.0, 1.0)
        for theta in (-6.9, 0.0, 3.8, 14.0, 27.6)
        for k in sorted({0, 1, min(n, 11), n // 50, n})
    ]
    k, n, eta, theta = np.array(cases).T
    problem = newton.Problem(eta[None, :], theta[None, :], k, n, np.ones(k.size), np.zeros(1))
    _, got = problem.row_terms(np.ones(2), np.ones(k.size))
    for i, case in enumerate(cases):
        want = [float(d) for d in exact_terms(*case)[1:]]
        size = k[i] + n[i] / (1.0 + np.exp(-eta[i]))  # what the derivatives are differences of
        np.testing.assert_allclose(
            got[:, i], want, rtol=1e-9, atol=1e-13 * size + 3e-17 * n[i] + 1e-14, err_msg=str(case)
        )


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("s", [0.3, 43.0, 1750.0, 1e6])
def test_gradient_and_hessian_against_differences_away_from_the_optimum(s, wide, monkeypatch):
    monkeypatch.setattr(newton, "WIDE", 1 if wide else 64)
    X, k, n = simulated(rows=301)
    weight = np.random.default_rng(2).random(301)
    Z = np.column_stack([np.ones(301), X[:, 1]])
    problem = newton.Problem(X.T.copy(), Z.T.copy(), k.astype(float), n, weight, np.array([0.0, 3.0, 5.0]))
    point = np.array([-3.0, 0.1, 0.4, np.log(s), 0.2])
    _, gradient, information = problem.evaluate(point)
    for j, step in enumerate(np.eye(5) * 1e-4):
        above, below = problem.evaluate(point + step), problem.evaluate(point - step)
        assert (above[0] - below[0]) / 2e-4 == pytest.approx(gradient[j], rel=1e-5, abs=1e-4)
        np.testing.assert_allclose((above[1] - below[1]) / -2e-4, information[j], rtol=1e-5, atol=1e-3)


def test_a_million_trials_and_frequency_weights():
    """At the estimate the exact score vanishes, and the exact information gives the standard errors."""
    rng = np.random.default_rng(5)
    n = np.array([1_000_000, 3, 250_000, 70_000, 999_983, 12, 500_000, 1_000_000, 41, 880_000])
    x = np.linspace(-1.0, 2.0, n.size)
    k = bb.rvs(n, 1 / (1 + np.exp(5.0 - 0.5 * x)), 1 / 300, rng)
    weights = np.array([1, 4, 2, 1, 3, 1, 1, 2, 5, 1])
    fit = bb.fit_regression(np.column_stack([np.ones(n.size), x]), k, n, weights=weights)
    score, information, loglik = mpmath.zeros(3, 1), mpmath.zeros(3, 3), 0
    for row in range(n.size):
        eta = mpmath.mpf(fit.coef[0]) + mpmath.mpf(fit.coef[1]) * mpmath.mpf(x[row])
        terms = exact_terms(int(k[row]), int(n[row]), eta, fit.dispersion[0])
        value, d_eta, d_theta, d_ee, d_et, d_tt = (int(weights[row]) * t for t in terms)
        u = mpmath.matrix([1, x[row]])
        loglik += value
        score += mpmath.matrix([d_eta * u[0], d_eta * u[1], d_theta])
        for i in range(2):
            for j in range(2):
                information[i, j] -= d_ee * u[i] * u[j]
            information[2, i] -= d_et * u[i]
            information[i, 2] -= d_et * u[i]
        information[2, 2] -= d_tt
    cov = information**-1
    assert fit.loglik == pytest.approx(float(loglik), abs=1e-9)
    step = [float(d) for d in cov * score]
    np.testing.assert_allclose(step, 0.0, atol=1e-9)
    std_err = [float(mpmath.sqrt(cov[i, i])) for i in range(3)]
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cov)), std_err, rtol=1e-6)


# --- regression against itself -------------------------------------------------------------------------------


def same(a, b, rtol=1e-9):
    np.testing.assert_allclose(a.coef, b.coef, rtol=rtol)
    np.testing.assert_allclose([a.rho, a.loglik], [b.rho, b.loglik], rtol=rtol)
    np.testing.assert_allclose(a.cov, b.cov, rtol=1e-6, atol=1e-18)
    np.testing.assert_allclose(a.cov_robust, b.cov_robust, rtol=1e-6, atol=1e-18)


@pytest.mark.parametrize("l2", [0.0, 7.0])
def test_a_weight_is_that_many_rows(l2):
    X, k, n = simulated()
    weights = np.random.default_rng(1).integers(0, 4, k.size)
    rows = np.repeat(np.arange(k.size), weights)
    same(
        bb.fit_regression(X, k, n, l2=l2, weights=weights),
        bb.fit_regression(X[rows], k[rows], n[rows], l2=l2),
    )


@pytest.mark.parametrize("l2", [0.0, 7.0])
def test_rows_without_trials_carry_no_information(l2):
    X, k, n = simulated()
    empty = np.arange(k.size) % 3 == 0
    with_empty = bb.fit_regression(
        np.where(empty[:, None], [1.0, 1e9, -5.0], X), np.where(empty, 0, k), np.where(empty, 0, n), l2=l2
    )
    same(with_empty, bb.fit_regression(X[~empty], k[~empty], n[~empty], l2=l2))
    assert with_empty.n_rows == (~empty).sum()


@pytest.mark.parametrize("l2", [0.0, 7.0])
@pytest.mark.parametrize(("scale", "shift"), [(1e6, 0.0), (1e-6, 0.0), (1e6, 1e9), (-3.0, 20.0)])
def test_units_of_a_covariate_do_not_matter(scale, shift, l2):
    X, k, n = simulated()
    moved = X.copy()
    moved[:, 1] = X[:, 1] * scale + shift
    a, b = bb.fit_regression(X, k, n, l2=l2), bb.fit_regression(moved, k, n, l2=l2)
    assert b.state == "regular"
    assert b.loglik == pytest.approx(a.loglik, abs=1e-7)
    assert b.coef[1] * scale == pytest.approx(a.coef[1], rel=1e-6)
    assert np.sqrt(b.cov[1, 1]) * abs(scale) == pytest.approx(np.sqrt(a.cov[1, 1]), rel=1e-6)
    np.testing.assert_allclose(b.predict(moved), a.predict(X), rtol=1e-6)


def test_penalty_is_what_it_says():
    X, k, n = simulated(rows=300)
    sd = X.std(axis=0)

    def loss(point):
        mean = 1 / (1 + np.exp(-(X @ point[:3])))
        rho = 1 / (1 + np.exp(point[3]))
        return -bb.logpmf(k, n, mean, rho).sum() + 40.0 / 2 * ((point[:3] * sd) ** 2).sum()

    fit = bb.fit_regression(X, k, n, l2=40.0)
    point = np.append(fit.coef, fit.dispersion)
    slope = [(loss(point + h) - loss(point - h)) / 2e-5 for h in np.eye(4) * 1e-5]
    np.testing.assert_allclose(slope, 0.0, atol=2e-3)
    each = bb.fit_regression(X, k, n, l2=[0.0, 40.0, 40.0])
    np.testing.assert_allclose(each.coef, fit.coef, rtol=1e-9)
    free = bb.fit_regression(X, k, n, l2=[0.0, 0.0, 1e9])
    np.testing.assert_allclose(free.coef[:2], bb.fit_regression(X[:, :2], k, n).coef, rtol=1e-4)
    firm = bb.fit_regression(X, k, n, l2=1e9)
    np.testing.assert_allclose(firm.coef[1:], 0.0, atol=1e-5)
    assert firm.predict(X)[0] == pytest.approx(bb.fit_rate(k, n).mean, rel=1e-4)


def test_wide_designs_take_the_other_road_to_the_same_place(monkeypatch):
    X, k, n = simulated()
    X = np.column_stack([X, np.random.default_rng(3).normal(size=(k.size, 10))])
    narrow = bb.fit_regression(X, k, n)
    monkeypatch.setattr(newton, "WIDE", 1)
    same(narrow, bb.fit_regression(X, k, n))


def test_dispersion_with_covariates():
    rng = np.random.default_rng(4)
    rows = 6000
    X = np.column_stack([np.ones(rows), rng.normal(size=rows)])
    Z = np.column_stack([np.ones(rows), rng.random(rows) < 0.5])
    n = rng.integers(1000, 9000, rows)
    s = np.exp(Z @ [3.0, 1.5])
    k = bb.rvs(n, 1 / (1 + np.exp(4.0 - 0.3 * X[:, 1])), 1 / (1 + s), rng)
    fit = bb.fit_regression(X, k, n, Z=Z)
    error = np.append(fit.coef, fit.dispersion) - [-4.0, 0.3, 3.0, 1.5]
    assert (np.abs(error) < 4 * np.sqrt(np.diag(fit.cov))).all()
    np.testing.assert_allclose(fit.rho, 1 / (1 + np.exp(Z @ fit.dispersion)))
    plain = bb.fit_regression(X, k, n)
    assert fit.loglik > plain.loglik + 100
    constant = bb.fit_regression(X, k, n, Z=np.full((rows, 1), 2.0))
    np.testing.assert_allclose([constant.loglik, 2 * constant.dispersion[0]], [plain.loglik, plain.dispersion[0]])


def test_several_responses_at_once_are_the_single_fits():
    X, k, n = simulated()
    K = np.column_stack([k, k // 2, np.zeros_like(k), np.minimum(k, 3)])
    together = bb.fit_regressions(pd.DataFrame(X, columns=["one", "a", "b"]), K, n)
    for j, fit in enumerate(together):
        single = bb.fit_regression(X, K[:, j], n)
        assert fit.state == single.state and fit.names == ("one", "a", "b")
        np.testing.assert_array_equal(fit.coef, single.coef)
        np.testing.assert_array_equal(fit.cov, single.cov)


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


def test_sandwich_stays_right_where_the_model_is_wrong():
    """A dispersion that depends on the covariate, which the fitted model does not know of."""
    rng = np.random.default_rng(6)
    draws = []
    for _ in range(200):
        n = rng.integers(50, 500, 300)
        x = rng.normal(size=300)
        mixed = np.where(rng.random(300) < 0.2, 0.5, 0.02)
        k = bb.rvs(n, 1 / (1 + np.exp(2.0 - 0.4 * x)), mixed * np.minimum(np.abs(x), 1.9), rng)
        fit = bb.fit_regression(np.column_stack([np.ones(300), x]), k, n)
        draws.append([fit.coef[1], np.sqrt(fit.cov[1, 1]), np.sqrt(fit.cov_robust[1, 1])])
    slope, model, robust = np.array(draws).T
    assert robust.mean() == pytest.approx(slope.std(), rel=0.15)
    assert abs(model.mean() - slope.std()) > abs(robust.mean() - slope.std())


# --- the edges -----------------------------------------------------------------------------------------------


def hard_cases():
    X, k, n = simulated()
    one, x, g = X.T
    binomial = np.round(n / (1 + np.exp(4.0 - 0.3 * x)))
    coin = (np.random.default_rng(7).random(k.size) < 0.4).astype(int)
    yield "binomial", (X, binomial, n), "binomial", True
    yield "all zero", (X, 0 * n, n), "all zero", False
    yield "all full", (-X, n, n), "all full", False
    yield "one trial each", (X, coin, one), "rho unidentified", True
    yield "all or nothing", (X, coin * n, n), "rho one", True
    yield "separated group", (X, np.where(g == 1, 0, k), n), "separated", False
    yield "separated trials", (X, x > 0, one), "separated", False
    yield "collinear", (np.column_stack([X, 2 * x - g + 3]), k, n), "collinear", True
    yield "column of zeros", (np.column_stack([X, 0 * x]), k, n), "collinear", True
    yield "second constant", (np.column_stack([5 * one, X]), k, n), "collinear", True
    yield "fewer rows than columns", (np.eye(3, 5) + 1, [1, 2, 3], [9, 9, 9]), "binomial", True
    yield "single row", ([[1.0]], [3], [7]), "binomial", True
    yield "raw powers", (np.column_stack([one, *(np.power(2000 + x, e) for e in (1, 2, 3))]), k, n), "regular", True
    yield "nearly collinear", (np.column_stack([X, x + 1e-6 * np.cos(9 * x)]), k, n), "regular", True
    yield "scale of a million", (X * [1.0, 1e6, 1e6], k, n), "regular", True
    yield "no constant", (X[:, 1:], k, n), "regular", True
    yield "one row of successes", (one[:, None], np.where(n == n.max(), n - 9, 0), n), "regular", True


CASES = {name: rest for name, *rest in hard_cases()}


@pytest.mark.parametrize("name", CASES)
def test_hard_cases_end_in_a_named_state(name):
    (X, k, n), state, converged = CASES[name]
    fit = bb.fit_regression(X, k, n)
    assert (fit.state, fit.converged) == (state, converged)
    assert bool(fit.message) == (state != "regular")
    assert fit.cov.shape == fit.cov_robust.shape == (fit.coef.size + 1,) * 2
    assert np.isfinite(fit.loglik)
    fit.summary()
    assert ((fit.predict(X) >= 0) & (fit.predict(X) <= 1)).all()


def test_what_the_hard_cases_leave():
    fits = {name: bb.fit_regression(*case[0]) for name, case in CASES.items()}
    X, k, n = CASES["binomial"][0]
    glm = minimize(lambda b: -bb.logpmf(k, n, 1 / (1 + np.exp(-(X @ b))), 0.0).sum(), fits["binomial"].coef, tol=1e-9)
    assert fits["binomial"].rho == 0 and fits["binomial"].loglik >= -glm.fun - 1e-6
    assert np.isfinite(np.diag(fits["binomial"].cov)[:3]).all() and np.isnan(fits["binomial"].cov[3, 3])
    assert (fits["all zero"].predict(X) == 0).all() and fits["all zero"].loglik == 0
    assert (fits["all full"].predict(-X) == 1).all()
    assert np.isnan(fits["one trial each"].rho) and fits["all or nothing"].rho == 1
    np.testing.assert_allclose(fits["all or nothing"].coef, fits["one trial each"].coef, rtol=1e-9)
    assert fits["all or nothing"].loglik == pytest.approx(fits["one trial each"].loglik)
    separated = fits["separated group"]
    assert np.isnan(separated.cov[2, 2]) and np.isfinite(separated.cov[1, 1])
    assert "columns 2 of X" in separated.message
    assert list(fits["collinear"].aliased) == [False, False, False, True]
    regular = bb.fit_regression(X, CASES["collinear"][0][1], n)
    np.testing.assert_allclose(fits["collinear"].coef[:3], regular.coef)
    assert fits["collinear"].coef[3] == 0 and np.isnan(fits["collinear"].cov[3, 3])


def test_a_penalty_makes_separated_and_collinear_designs_regular():
    X, k, n = CASES["separated group"][0]
    assert bb.fit_regression(X, k, n, l2=1.0).state == "regular"
    X, k, n = CASES["collinear"][0]
    assert bb.fit_regression(X, k, n, l2=1.0).state == "regular"


def test_dispersion_of_a_group_without_any_is_named():
    X, k, n = simulated()
    group = X[:, 2]
    k = np.where(group == 1, np.round(n * 0.02), k)
    fit = bb.fit_regression(X, k, n, Z=np.column_stack([np.ones(k.size), group]))
    assert (fit.state, fit.converged) == ("dispersion unbounded", False)


# --- one rate, and its zero-inflated cousin ------------------------------------------------------------------


def test_rate_is_the_regression_on_a_constant():
    _, k, n = simulated()
    rate, fit = bb.fit_rate(k, n), bb.fit_regression(np.ones((k.size, 1)), k, n)
    assert (rate.loglik, rate.rho) == (fit.loglik, fit.rho)
    assert rate.mean == pytest.approx(1 / (1 + np.exp(-fit.coef[0])))
    assert rate.se_mean == pytest.approx(np.sqrt(fit.cov[0, 0]) * rate.mean * (1 - rate.mean))
    assert rate.state == "regular" and rate.se_rho > 0
    assert bb.fit_rate([0, 0], [5, 9]).state == "all zero"


@pytest.mark.parametrize(("zero", "mean", "rho"), [(0.05, 0.02, 0.02), (0.4, 0.003, 1e-3), (0.3, 0.05, 0.0)])
def test_zero_inflation_is_found_again(zero, mean, rho):
    rng = np.random.default_rng(8)
    n = rng.integers(1000, 20_000, 4000)
    k = bb.rvs(n, mean, rho, rng) if rho else np.round(n * mean)  # even less than the binomial's variation
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


# --- bad input and good manners ------------------------------------------------------------------------------

ONE = np.ones((3, 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bb.logpmf([1, 6], [5, 5], 0.5, 0.1), r"k\[1\] = 6 is larger than n\[1\] = 5"),
        (lambda: bb.logpmf(-1, 5, 0.5, 0.1), r"k = -1.0 is not a count"),
        (lambda: bb.logpmf(1.5, 5, 0.5, 0.1), r"not rates"),
        (lambda: bb.logpmf(1, np.nan, 0.5, 0.1), r"n = nan is not a number of trials"),
        (lambda: bb.logpmf(1, 5, [0.5, 1.5], 0.1), r"mean\[1\] = 1.5 is outside \[0, 1\]"),
        (lambda: bb.logpmf(1, 5, 0.5, 1.0), r"rho = 1.0 is outside \[0, 1\)"),
        (lambda: bb.logpmf(1, 5, 0.5, np.nan), r"rho = nan"),
        (lambda: bb.logpmf([1, 2], [5, 5, 5], 0.5, 0.1), r"do not fit together: k \(2,\), n \(3,\)"),
        (lambda: bb.logpmf("many", 5, 0.5, 0.1), r"k must hold numbers"),
        (lambda: bb.cdf(np.nan, 5, 0.5, 0.1), r"k = nan"),
        (lambda: bb.ppf(1.1, 5, 0.5, 0.1), r"q = 1.1 is not a probability"),
        (lambda: bb.rvs(-1, 0.5, 0.1, 0), r"n = -1.0"),
        (lambda: bb.fit_rate([], []), r"empty"),
        (lambda: bb.fit_rate([1, 2], [3]), r"\(2,\) and \(1,\)"),
        (lambda: bb.fit_rate([0, 0], [0, 0]), r"nothing to fit"),
        (lambda: bb.fit_zero_inflated([1, 2], [3, np.inf]), r"n\[1\] = inf"),
        (lambda: bb.fit_regression(ONE, [1, 2, 9], [5, 5, 5]), r"k\[2\] = 9 is larger than n\[2\] = 5"),
        (lambda: bb.fit_regression(ONE[:2], [1, 2, 3], [5, 5, 5]), r"X has 2 rows, the counts have 3"),
        (lambda: bb.fit_regression(np.ones(3), [1, 2, 3], [5, 5, 5]), r"X must be a table"),
        (lambda: bb.fit_regression(ONE * [[1], [np.nan], [1]], [1, 2, 3], [5, 5, 5]), r"X\[1, 0\] = nan"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], l2=-1), r"l2 = -1"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], l2=[1, 2]), r"l2 has shape \(2,\)"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], weights=[1, 1]), r"weights has shape \(2,\)"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], weights=[1, -1, 1]), r"weights\[1\] = -1.0"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], Z=ONE[:2]), r"Z has 2 rows"),
        (lambda: bb.fit_regressions(ONE, [1, 2, 3], [5, 5, 5]), r"K must be a table"),
        (lambda: bb.fit_regressions(ONE, [[1, 2], [1, 7], [1, 2]], [5, 5, 5]), r"Column 1 of K: k\[1\] = 7"),
        (lambda: bb.fit_regressions(ONE, [[1, 2]] * 3, [5, 5]), r"n has shape \(2,\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_blas_gets_its_threads_back():
    def threads():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    with newton.one_blas_thread(), newton.one_blas_thread():
        assert set(threads()) == {1}
    assert threads() == before


def test_importing_is_cheap():
    code = "import sys, lib.betabinomial.distribution; print({'numba', 'scipy', 'pandas', 'torch'} & set(sys.modules))"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_intervals_cover():
    """1,000 fits of rates like those of likes: 95 % intervals of each coefficient and of log(alpha + beta)."""
    rng = np.random.default_rng(9)
    X, _, n = simulated(rows=500, seed=9)
    truth = np.array([-4.0, 0.3, -0.2, np.log(43.0)])
    mean = 1 / (1 + np.exp(-(X @ truth[:3])))
    hits = np.zeros((2, 4))
    for _ in range(1000):
        fit = bb.fit_regression(X, bb.rvs(n, mean, 1 / 44, rng), n)
        error = np.abs(np.append(fit.coef, fit.dispersion) - truth)
        hits += [error < 1.96 * np.sqrt(np.diag(cov)) for cov in (fit.cov, fit.cov_robust)]
    assert ((hits >= 930) & (hits <= 970)).all(), hits


def test_clusters_are_as_independent_as_they_are():
    """Every row twice in one cluster is no new information; clusters of one row change nothing."""
    x, k, n = simulated(300)
    rng = np.random.default_rng(5)
    alone = bb.fit_regression(x, k, n)
    same = bb.fit_regression(x, k, n, clusters=rng.permutation(300))
    np.testing.assert_allclose(same.cov_robust, alone.cov_robust, rtol=1e-9)
    twice = [np.concatenate([part, part]) for part in (x, k, n)]
    together = bb.fit_regression(*twice, clusters=np.tile([f"post {i}" for i in range(300)], 2))
    np.testing.assert_allclose(together.cov_robust, alone.cov_robust, rtol=1e-4)
    apart = bb.fit_regression(*twice)
    np.testing.assert_allclose(apart.cov_robust, alone.cov_robust / 2, rtol=1e-4)
    with pytest.raises(ValueError, match="clusters"):
        bb.fit_regression(x, k, n, clusters=[1, 2])
