"""The regression against other software, against arithmetic with 50 digits, and against identities."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest
from betabinomial_data import exact_terms, simulated
from scipy.optimize import minimize

from lib import betabinomial as bb

REFERENCE = Path(__file__).parent / "reference"
FITS = json.loads((REFERENCE / "betabinomial.json").read_text())


@pytest.mark.parametrize("name", FITS)
def test_reference_fits(name):
    """R: glmmTMB(formula, family = betabinomial), confirmed in extended precision; the JSON file names each source."""
    want = FITS[name]
    data = pd.read_csv(REFERENCE / want["design_csv"])
    fit = bb.fit_regression(data.iloc[:, 3:], data["k"], data["n"], weights=data["w"])
    assert fit.state == "regular" and fit.converged
    assert fit.loglik == pytest.approx(want["loglik"], abs=1e-9)
    np.testing.assert_allclose(fit.coef, want["coef"], rtol=1e-7)
    assert fit.rho == pytest.approx(want["rho"], rel=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cov)), want["std_err"], rtol=1e-6)


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


def same(a, b, rtol=1e-9):
    np.testing.assert_allclose(a.coef, b.coef, rtol=rtol)
    np.testing.assert_allclose([a.rho, a.loglik], [b.rho, b.loglik], rtol=rtol)
    np.testing.assert_allclose(a.cov, b.cov, rtol=1e-6, atol=1e-18)
    np.testing.assert_allclose(a.cov_robust, b.cov_robust, rtol=1e-6, atol=1e-18)


@pytest.mark.parametrize("l2", [0.0, 7.0])
def test_a_weight_counts_as_that_many_rows(l2):
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


def test_penalty_is_on_standardised_coefficients():
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


def test_robust_covariance_accounts_for_clusters():
    """A second copy of a row in the same cluster adds no information; clusters of one row change nothing."""
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


def test_sandwich_is_right_where_the_model_is_wrong():
    """The dispersion depends on the covariate, which the fitted model leaves out."""
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


# --- states --------------------------------------------------------------------------------------------------


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


def test_results_of_hard_cases():
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


def test_unbounded_dispersion_of_a_group_is_named():
    X, k, n = simulated()
    group = X[:, 2]
    k = np.where(group == 1, np.round(n * 0.02), k)
    fit = bb.fit_regression(X, k, n, Z=np.column_stack([np.ones(k.size), group]))
    assert (fit.state, fit.converged) == ("dispersion unbounded", False)
