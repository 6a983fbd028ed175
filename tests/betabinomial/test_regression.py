"""The regression against other software, against arithmetic with 50 digits, and against identities."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest
from betabinomial_data import exact_terms, simulated
from scipy.optimize import minimize
from scipy.special import expit

from lib import betabinomial as bb
from lib.betabinomial import newton
from lib.betabinomial.blas import one_blas_thread

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


PEERS = pd.read_csv(REFERENCE / "dispersion.csv")


@pytest.mark.parametrize("name", PEERS["data"].unique())
def test_reference_fits_with_a_regression_for_the_dispersion(name):
    """R: corncob, the best converged of four packages; the source of each data set stands in the file.

    On disp_dja, the dispersion of one group tends to the binomial.
    """
    want = PEERS[PEERS["data"] == name]
    data = pd.read_csv(REFERENCE / f"{name}.csv")
    fit = bb.fit_regression(data.filter(regex=r"^x\."), data["k"], data["n"], Z=data.filter(regex=r"^z\."))
    bounded = (want["estimate"] < 10.0).to_numpy()
    assert fit.loglik == pytest.approx(want["loglik"].iloc[0], abs=1e-6)
    assert fit.state == ("regular" if bounded.all() else "dispersion unbounded")
    np.testing.assert_allclose(np.append(fit.coef, fit.dispersion)[bounded], want["estimate"][bounded], atol=2e-6)
    std_err = np.sqrt(np.diag(fit.cov))
    np.testing.assert_allclose(std_err[bounded], want["se"][bounded], rtol=1e-5)
    assert np.isnan(std_err[~bounded]).all()


def test_reference_fit_with_an_offset():
    """R: glmmTMB and gamlss, confirmed with scipy; data orob2 of the R package aods3."""
    data = pd.read_csv(REFERENCE / "orob2_offset.csv")
    fit = bb.fit_regression(data.filter(regex=r"^x\."), data["k"], data["n"], offset=data["offset"])
    assert fit.loglik == pytest.approx(-55.696606, abs=1e-6)
    np.testing.assert_allclose(fit.coef, [-0.922431, 0.492671, 0.934678], atol=2e-6)
    assert fit.dispersion[0] == pytest.approx(3.95855, abs=1e-5)


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


def test_analytic_weights_weight_the_likelihood_of_one_row():
    X, k, n = simulated(300)
    w = np.random.default_rng(2).uniform(0.5, 3.0, 300)
    clusters = np.arange(300) // 3
    analytic = bb.fit_regression(X, k, n, analytic_weights=w)
    frequency = bb.fit_regression(X, k, n, weights=w)
    np.testing.assert_array_equal(analytic.coef, frequency.coef)
    np.testing.assert_array_equal(analytic.cov, frequency.cov)
    assert analytic.n_rows == 300 and (analytic.data.frequency, frequency.data.frequency) == (False, True)
    each = bb.fit_regression(X, k, n, analytic_weights=w, clusters=np.arange(300))
    np.testing.assert_allclose(analytic.cov_robust, each.cov_robust, rtol=1e-9)
    twice, once = bb.fit_regression(X, k, n, analytic_weights=np.full(300, 2.0)), bb.fit_regression(X, k, n)
    np.testing.assert_allclose(twice.cov_robust, once.cov_robust, rtol=1e-6)
    np.testing.assert_allclose(twice.cov, once.cov / 2, rtol=1e-6)
    for kind in ("weights", "analytic_weights"):
        a = bb.fit_regression(X, k, n, clusters=clusters, **{kind: w})
        np.testing.assert_allclose(a.cov_robust, bb.fit_regression(X, k, n, clusters=clusters, weights=w).cov_robust)


def offset_cases():
    X, k, n = simulated(400)
    one, x, g = X.T
    coin = (np.random.default_rng(7).random(400) < 0.4).astype(int)
    wide = np.column_stack([X, np.random.default_rng(8).normal(size=(400, 70))])
    Z = np.column_stack([one, x])
    yield "regular", X, k, n, {}
    yield "regular", wide, k, n, {"l2": np.append([0.0, 0.0, 0.0], np.full(70, 3.0))}
    yield "regular", X, k, n, {"Z": Z}
    yield "binomial", X, np.round(n / (1 + np.exp(4.0 - 0.3 * x))), n, {}
    yield "rho unidentified", X, coin, one, {}
    yield "rho one", X, coin * n, n, {}
    yield "separated", X, np.where(g == 1, 0, k), n, {}


@pytest.mark.parametrize("case", list(offset_cases()), ids=lambda case: case[0])
def test_an_offset_in_the_span_of_the_columns_moves_their_coefficients_only(case):
    state, X, k, n, more = case
    move = np.append([0.7, -1.3, 0.4], np.zeros(X.shape[1] - 3))
    plain, moved = bb.fit_regression(X, k, n, **more), bb.fit_regression(X, k, n, offset=X @ move, **more)
    assert plain.state == moved.state == state
    known = np.isfinite(np.diag(plain.cov))[: X.shape[1]]
    np.testing.assert_allclose((moved.coef + move)[known], plain.coef[known], rtol=1e-6, atol=1e-8)
    assert moved.loglik == pytest.approx(plain.loglik, abs=1e-8)
    np.testing.assert_allclose(moved.rho, plain.rho, rtol=1e-6)
    np.testing.assert_allclose(moved.cov, plain.cov, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(moved.cov_robust, plain.cov_robust, rtol=1e-5, atol=1e-9)


def test_the_fit_keeps_its_data():
    X, k, n = simulated(50)
    k[3], n[3] = 0, 0
    fit = bb.fit_regression(X, k, n, l2=2.0, clusters=["b", "a"] * 25, Z=X[:, :2], offset=X[:, 1])
    data = fit.data
    assert data.X is X and data.weights.tolist() == [1.0] * 50 and data.clusters.tolist() == [0, 1] * 25
    assert data.l2.tolist() == [2.0] * 3 and data.frequency and data.k.shape == data.n.shape == (50,)
    np.testing.assert_array_equal(data.Z, X[:, :2])
    np.testing.assert_array_equal(data.offset, X[:, 1])


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


def robust_errors(X, k, n, clusters, **more):
    return np.sqrt(np.diag(bb.fit_regression(X, k, n, clusters=clusters, **more).cov_robust))


@pytest.mark.parametrize("more", [{}, {"weights": np.full(300, 3.0)}, {"analytic_weights": np.full(300, 1e-4)}])
def test_too_few_clusters_say_nothing_of_the_sampling_error(more):
    """The scores of G clusters add up to 0, so that they vary in G - 1 directions at most."""
    X, k, n = simulated(300)
    for count in range(1, 5):
        fit = bb.fit_regression(X, k, n, clusters=np.arange(300) % count, **more)
        assert np.isnan(fit.cov_robust).all() and "too few clusters" in fit.message
        assert np.isfinite(fit.cov).all()
    assert np.isfinite(robust_errors(X, k, n, np.arange(300) % 5, **more)).all()


def test_a_group_that_is_one_cluster_has_no_robust_error():
    X, k, n = simulated(300)
    group = X[:, 2]
    std_err = robust_errors(X, k, n, np.where(group == 1, -1, np.arange(300)))
    assert list(np.isnan(std_err)) == [False, False, True, False]
    X[:, 2] = np.arange(300) == 7
    assert list(np.isnan(robust_errors(X, k, n, None))) == [False, False, True, False]


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


def test_the_maximum_of_five_rows_with_one_high_rate():
    x = [-0.48839239910411497, 0.5102304197868106, -1.3654830428827747, -0.6275813999010121, 0.6083927080957251]
    X, k, n = np.column_stack([np.ones(5), x]), [11263, 0, 0, 1, 0], [17860, 1656, 14548, 6142, 2984]
    fit = bb.fit_regression(X, k, n)
    assert fit.converged
    np.testing.assert_allclose(fit.coef, [-2.5872, -0.48072], atol=1e-4)
    np.testing.assert_allclose([fit.rho, fit.loglik], [expit(0.568322), -16.843132], atol=1e-6)


def small_table(seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(3, 9))
    X = np.column_stack([np.ones(rows), rng.normal(size=(rows, int(rng.integers(0, 3))))])
    n = rng.integers(1, 20_000, rows)
    k = bb.rvs(n, expit(rng.choice([-7.0, -4.0, -1.0]) + X[:, 1:].sum(axis=1)), rng.choice([0.001, 0.1, 0.7]), rng)
    outlier = rng.integers(rows)
    k = np.where(rng.random(rows) < 0.5, 0, k)
    k[outlier] = rng.binomial(n[outlier], rng.uniform(0.1, 0.999))
    return X, k, n


def best_of_many_starts(X, k, n, seed):
    """The largest log-likelihood that scipy reaches, with bounds far out."""
    p, rng = X.shape[1], np.random.default_rng(seed)
    columns, one = np.ascontiguousarray(X.T), np.ones((1, k.size))
    problem = newton.Problem(columns, one, k.astype(float), n.astype(float), one[0], np.zeros(p))
    overall = np.log((k.sum() + 0.5) / (n.sum() - k.sum() + 0.5))
    best = -np.inf
    for log_s in (-2.0, 0.0, 2.0, 6.0):
        start = np.concatenate([[overall], rng.normal(size=p - 1), [log_s]])
        with one_blas_thread():
            found = minimize(
                lambda point: tuple(-part for part in problem.evaluate(point)[:2]),
                start,
                jac=True,
                method="L-BFGS-B",
                bounds=[(-40, 40)] * p + [(-25, 25)],
                options={"ftol": 1e-14, "gtol": 1e-8},
            )
        best = max(best, problem.loglik(found.x))
    return best


def test_no_search_of_small_random_tables_runs_away():
    """Tables of three to eight rows in which one rate is far above the others."""
    converged = 0
    for seed in range(150):
        X, k, n = small_table(seed)
        fit = bb.fit_regression(X, k, n)
        assert fit.state != "not converged", seed
        assert fit.loglik >= best_of_many_starts(X, k, n, seed) - 1e-5, seed
        converged += fit.converged
    assert converged > 50


def groups(rows=300):
    """Three groups and a covariate; the middle group is to be replaced."""
    rng = np.random.default_rng(0)
    group, x = np.repeat([0, 1, 2], rows // 3), rng.normal(size=rows)
    n = rng.integers(20, 400, rows)
    k = bb.rvs(n, expit(-2.0 + 0.3 * x), 0.05, 1)
    return np.column_stack([group == 0, group == 1, group == 2, x]).astype(float), k, n, group == 1


BASES = {
    "groups": np.eye(4),
    "contrasts": np.eye(4) + np.outer([0, 1, 1, 0], [1, 0, 0, 0]),
}  # one group is the constant


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("what", ["zero", "full", "single trials", "zero and all or nothing"])
def test_a_group_without_information_leaves_the_standard_errors_of_the_others(what, basis):
    """The other parameters and their standard errors are those of the fit without the group."""
    X, k, n, middle = groups()
    coin = np.random.default_rng(3).random(k.size) < 0.4
    if what == "single trials":
        n = np.where(middle, 1, n)
    k = np.where(middle, {"zero": 0 * n, "full": n, "single trials": coin}.get(what, 0), k)
    if what == "zero and all or nothing":
        k = np.where(X[:, 2] == 1, coin * n, k)
    turn = BASES[basis]
    given = X @ turn
    fit = bb.fit_regression(given, k, n, Z=given[:, :3])
    rest = bb.fit_regression(X[~middle][:, [0, 2, 3]], k[~middle], n[~middle], Z=X[~middle][:, [0, 2]])
    assert fit.state == ("collinear" if what == "single trials" else "separated")
    assert ("Columns 1" in fit.message or "columns 1" in fit.message) and fit.converged == (what == "single trials")
    to_groups = np.zeros((7, 7))
    to_groups[:4, :4], to_groups[4:, 4:] = turn, turn[:3, :3]
    lost = [4 + 1] if what == "single trials" else [1, 4 + 1]
    if what == "zero and all or nothing":
        lost.append(4 + 2)
    known = np.setdiff1d(np.arange(7), lost)
    cov = np.diag(fit.cov)
    assert np.isnan(cov[lost]).all() and np.isfinite(cov[known]).all()
    full = np.where(np.isnan(fit.cov), 0.0, fit.cov)
    robust = np.where(np.isnan(fit.cov_robust), 0.0, fit.cov_robust)
    estimates = to_groups @ np.append(fit.coef, fit.dispersion)
    shown = np.array([i for i in (0, 2, 3, 4, 6) if i in known])
    of_rest = np.searchsorted([0, 2, 3, 4, 6], shown)
    if what != "single trials":
        np.testing.assert_allclose(estimates[shown], np.append(rest.coef, rest.dispersion)[of_rest], rtol=1e-6)
        for ours, theirs in ((full, rest.cov), (robust, rest.cov_robust)):
            ours = to_groups @ ours @ to_groups.T
            np.testing.assert_allclose(
                ours[np.ix_(shown, shown)], theirs[np.ix_(of_rest, of_rest)], rtol=1e-5, atol=1e-9
            )
        assert fit.loglik == pytest.approx(rest.loglik, abs=1e-7)


def test_a_group_with_little_variance_keeps_the_standard_errors_of_the_binomial():
    X, k, n, middle = groups()
    k = np.where(middle, np.round(n * 0.1), k)
    fit = bb.fit_regression(X[:, :3], k, n, Z=X[:, :3])
    assert (fit.state, fit.converged) == ("dispersion unbounded", False)
    alone = [bb.fit_regression(np.ones((100, 1)), k[rows], n[rows]) for rows in (X[:, :3] == 1).T]
    assert [a.state for a in alone] == ["regular", "binomial", "regular"]
    np.testing.assert_allclose(np.diag(fit.cov)[:3], [a.cov[0, 0] for a in alone], rtol=1e-6)
    np.testing.assert_allclose(np.diag(fit.cov)[3:], [a.cov[1, 1] for a in alone], rtol=1e-5)
    np.testing.assert_allclose(np.diag(fit.cov_robust)[:3], [a.cov_robust[0, 0] for a in alone], rtol=1e-5)
    assert fit.loglik == pytest.approx(sum(a.loglik for a in alone), abs=1e-8)


def test_rho_of_separated_rows_is_that_of_the_rows_between():
    X, k, n, middle = groups()
    coin = np.random.default_rng(3).random(k.size) < 0.4
    nothing = bb.fit_regression(X[:, :3], np.where(middle, 0, coin * n), n)
    assert nothing.state == "separated" and nothing.rho == 1.0
    logistic = bb.fit_regression(X[~middle][:, [0, 2]], coin[~middle], np.ones(200))
    np.testing.assert_allclose(nothing.coef[[0, 2]], logistic.coef, rtol=1e-8)
    np.testing.assert_allclose(np.diag(nothing.cov)[[0, 2]], np.diag(logistic.cov)[:2], rtol=1e-6)
    every = bb.fit_regression(X[:, :3], np.where(middle, 0, n), n)
    assert every.state == "separated" and np.isnan(every.rho) and every.loglik == 0.0
    assert np.isnan(every.cov).all()
    np.testing.assert_allclose(every.predict(np.eye(3)), [1.0, 0.0, 1.0], atol=1e-4)


def test_separation_of_separation():
    """Among the rows that the first direction leaves, a second direction separates again (Geyer 2009, section 3)."""
    one, a, b = np.ones(8), np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 1, 1, 0, 0, 1, 1])
    k, n = np.array([2, 3, 0, 0, 0, 0, 9, 9]), np.full(8, 9)
    fit = bb.fit_regression(np.column_stack([one, a, b, a * b]), k, n)
    assert fit.state == "separated" and np.isfinite(fit.cov[0, 0]) and np.isnan(np.diag(fit.cov)[1:4]).all()
    pair = bb.fit_regression(one[:2, None], k[:2], n[:2])
    assert fit.loglik == pytest.approx(pair.loglik, abs=1e-9)
    assert fit.coef[0] == pytest.approx(pair.coef[0], abs=1e-7)


def test_unbounded_dispersion_of_a_group_is_named():
    X, k, n = simulated()
    group = X[:, 2]
    k = np.where(group == 1, np.round(n * 0.02), k)
    fit = bb.fit_regression(X, k, n, Z=np.column_stack([np.ones(k.size), group]))
    assert (fit.state, fit.converged) == ("dispersion unbounded", False)
