"""The regression with certain zeros against R packages, a search by scipy, simulation and identities."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest
from betabinomial_data import exact_terms
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, log_expit

from lib import betabinomial as bb

REFERENCE = Path(__file__).parent / "reference"
PEERS = json.loads((REFERENCE / "zero_inflated.json").read_text())


def loss(point, X, k, n, zero, Z, weights, offset):
    """Minus the log-likelihood from log-gammas; predictors beyond 14 change it by less than 1e-6."""
    coef, dispersion, share = np.split(point, np.cumsum([X.shape[1], Z.shape[1]]))
    eta, s, zeta = X @ coef + offset, np.exp(np.clip(Z @ dispersion, -14, 14)), zero @ share
    a, b = np.maximum(expit(eta) * s, 1e-100), np.maximum(expit(-eta) * s, 1e-100)
    logs = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + betaln(k + a, n - k + b) - betaln(a, b)
    logs += log_expit(-zeta)
    return -(weights @ np.where(k == 0, np.logaddexp(log_expit(zeta), logs), logs))


def table(seed, covariates=True):
    """A random table of counts; with ``covariates``, some parts have a second column."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(8, 40) if covariates else rng.integers(3, 16))
    n = rng.integers(1, rng.choice([2, 4, 12, 60]) + 1, rows)
    one = np.ones((rows, 1))
    kinds = [one, np.column_stack([one, rng.normal(size=rows)]), np.column_stack([one, rng.random(rows) < 0.4])]
    X, Z, zero = (kinds[rng.integers(3)] if covariates else one for _ in range(3))
    mean = expit(X @ np.append(rng.normal(-1, 1.5), rng.normal(size=X.shape[1] - 1)))
    k = bb.rvs(n, mean, rng.choice([0, 0.02, 0.1, 0.3, 0.6]), rng)
    k[rng.random(rows) < expit(zero @ np.append(rng.normal(-0.5, 1), rng.normal(size=zero.shape[1] - 1)))] = 0
    weights = rng.integers(1, 4, rows) if rng.random() < 0.3 else np.ones(rows)
    offset = 0.3 * rng.normal(size=rows) if covariates and rng.random() < 0.3 else np.zeros(rows)
    return {"X": X, "k": k, "n": n, "zero": zero, "Z": Z, "weights": weights, "offset": offset}


def simulated(rows=3000, seed=4):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(rows), rng.normal(size=rows)])
    Z, zero = np.column_stack([X[:, 0], rng.random(rows) < 0.5]), np.column_stack([X[:, 0], rng.normal(size=rows)])
    n = rng.integers(5, 500, rows)
    k = bb.rvs(n, expit(X @ [-2.0, 0.5]), expit(-(Z @ [2.0, 1.0])), rng)
    k[rng.random(rows) < expit(zero @ [-0.5, 1.0])] = 0
    return {"X": X, "k": k, "n": n, "zero": zero, "Z": Z}


def point_of(fit):
    return np.concatenate([fit.coef, fit.dispersion, fit.zero])


@pytest.mark.parametrize("name", PEERS)
def test_equal_to_the_fits_of_r_packages(name):
    want = PEERS[name]
    data = pd.read_csv(REFERENCE / want["design_csv"])
    fit = bb.fit_zero_inflated_regression(
        data[want["X"]], data["k"], data["n"], zero=data[want["zero"]], Z=data[want["Z"]]
    )
    assert fit.state == "regular" and fit.converged and fit.message == ""
    for peer in want["peers"].values():
        assert fit.loglik == pytest.approx(peer["loglik"], abs=1e-6) and fit.loglik > peer["loglik"] - 1e-9
        gap = np.array(peer["estimate"]) - point_of(fit)
        np.testing.assert_allclose(gap, 0.0, atol=1e-5 if fit.loglik - peer["loglik"] < 1e-11 else 2e-4)
        np.testing.assert_allclose(gap / np.sqrt(np.diag(fit.cov)), 0.0, atol=2e-4)
        if "std_err" in peer:
            np.testing.assert_allclose(np.sqrt(np.diag(fit.cov)), peer["std_err"], rtol=1e-3)
    assert list(fit.summary().index[-1]) == ["zero", want["zero"][-1]]


def test_the_exact_score_vanishes_where_r_packages_stop_early():
    """On the rabbits, glmmTMB and gamlss stop 3e-5 and 2e-4 away in the coefficient of the zeros; we do not."""
    want = PEERS["rabbits"]
    data = pd.read_csv(REFERENCE / want["design_csv"])
    X, k, n = data[want["X"]].to_numpy(), data["k"], data["n"]
    fit = bb.fit_zero_inflated_regression(X, k, n)
    zero = mpmath.exp(fit.zero[0]) / (1 + mpmath.exp(fit.zero[0]))
    score = [mpmath.mpf(0)] * 6
    for row in range(k.size):
        eta = mpmath.fdot(map(float, X[row]), map(mpmath.mpf, fit.coef))
        logs, d_eta, d_theta, *_ = exact_terms(int(k[row]), int(n[row]), eta, fit.dispersion[0])
        chance = (1 - zero) * mpmath.exp(logs) + (zero if k[row] == 0 else 0)
        sampled = (1 - zero) * mpmath.exp(logs) / chance
        row_score = [*(sampled * d_eta * x for x in X[row]), sampled * d_theta, 1 - sampled - zero]
        score = [a + b for a, b in zip(score, row_score, strict=True)]
    np.testing.assert_allclose(fit.cov @ np.array(score, float), 0.0, atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_no_search_finds_a_higher_likelihood(seed):
    data = table(seed)
    fit = bb.fit_zero_inflated_regression(**data)
    size = point_of(fit).size
    rng = np.random.default_rng(seed)
    best = min(
        minimize(loss, start, tuple(data.values()), "L-BFGS-B", bounds=[(-25, 25)] * size).fun
        for start in 3 * rng.normal(size=(4, size))
    )
    assert fit.loglik >= -best - 1e-6
    if fit.state == "regular":
        assert fit.loglik == pytest.approx(-loss(point_of(fit), *data.values()), abs=1e-6)


def test_parameters_of_all_parts_are_recovered():
    fit = bb.fit_zero_inflated_regression(**simulated())
    error = (point_of(fit) - [-2.0, 0.5, 2.0, 1.0, -0.5, 1.0]) / np.sqrt(np.diag(fit.cov))
    assert fit.state == "regular" and (np.abs(error) < 3.5).all()
    np.testing.assert_allclose(np.diag(fit.cov_robust), np.diag(fit.cov), rtol=0.3)


def test_covariances_against_differences_of_the_likelihood():
    data = simulated(300)
    fit = bb.fit_zero_inflated_regression(**data, clusters=np.arange(300) // 3)
    point, size = point_of(fit), point_of(fit).size
    step = np.eye(size) * 1e-4

    def rows(at):
        parts = np.split(at, [2, 4])
        moved = bb.ZeroInflatedRegressionFit(
            **vars(fit) | dict(zip(("coef", "dispersion", "zero"), parts, strict=True))
        )
        return moved.logpmf(**data)

    scores = np.array([(rows(point + h) - rows(point - h)) / 2e-4 for h in step])
    np.testing.assert_allclose(scores.sum(axis=1), 0.0, atol=1e-5)
    ways = [(g + h, g - h) for g in step for h in step]
    bend = [(rows(point + a) - rows(point + b) - rows(point - b) + rows(point - a)).sum() for a, b in ways]
    inverse = np.linalg.inv(-np.reshape(bend, (size, size)) / 4e-8)
    np.testing.assert_allclose(fit.cov, inverse, rtol=1e-3, atol=1e-6)
    grouped = scores.reshape(size, -1, 3).sum(axis=2)
    np.testing.assert_allclose(fit.cov_robust, inverse @ grouped @ grouped.T @ inverse, rtol=2e-3, atol=1e-6)


def test_a_weight_counts_as_that_many_rows():
    data = simulated(400)
    weights = np.random.default_rng(0).integers(0, 3, 400)
    rows = np.repeat(np.arange(400), weights)
    weighted = bb.fit_zero_inflated_regression(**data, weights=weights)
    repeated = bb.fit_zero_inflated_regression(**{name: value[rows] for name, value in data.items()})
    np.testing.assert_allclose(point_of(weighted), point_of(repeated), rtol=1e-8)
    np.testing.assert_allclose(weighted.cov, repeated.cov, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(weighted.cov_robust, repeated.cov_robust, rtol=1e-6, atol=1e-12)
    assert (weighted.nobs, weighted.df) == (rows.size, 6)
    assert (weighted.aic, weighted.bic) == pytest.approx((repeated.aic, repeated.bic))


def test_an_offset_moves_the_constant_of_the_mean():
    data = simulated(400)
    fit = bb.fit_zero_inflated_regression(**data)
    shifted = bb.fit_zero_inflated_regression(**data, offset=np.full(400, 0.7))
    np.testing.assert_allclose(point_of(shifted) - point_of(fit), [-0.7, 0, 0, 0, 0, 0], atol=1e-7)
    share, rate = shifted.predict(data["X"], data["zero"], offset=np.full(400, 0.7))
    np.testing.assert_allclose([share, rate], fit.predict(data["X"], data["zero"]), rtol=1e-6)
    with pytest.raises(ValueError, match="offset"):
        shifted.predict(data["X"], data["zero"])


def test_logpmf_sums_to_one_and_predict_is_its_mean():
    data = simulated(400)
    fit = bb.fit_zero_inflated_regression(**data)
    one = {name: np.repeat(data[name][:1], 21, axis=0) for name in ("X", "Z", "zero")}
    chance = np.exp(fit.logpmf(np.arange(21), np.full(21, 20), **one))
    share, rate = fit.predict(one["X"][:1], one["zero"][:1])
    assert chance.sum() == pytest.approx(1.0) and chance @ np.arange(21) / 20 == pytest.approx(rate[0])
    assert 0 < share[0] < chance[0]
    with pytest.raises(ValueError, match="zero must be given"):
        fit.predict(data["X"])
    with pytest.raises(ValueError, match="X has 1 columns"):
        fit.predict(data["X"][:, :1], data["zero"])


GROUP = np.repeat([0.0, 1.0], 6)
X = np.column_stack([np.ones(12), GROUP])
K = np.array([0, 0, 0, 3, 2, 5, 0, 0, 4, 6, 3, 1])
NINE = np.full(12, 9)
ONE = X[:, :1]


@pytest.mark.parametrize(
    ("state", "arguments"),
    [
        ("no inflation", {"X": X, "k": K + 1, "n": NINE, "zero": X}),
        ("no inflation", {"X": X, "k": K, "n": [1, 1, 2, 9, 9, 9, 1, 1, 9, 9, 9, 9]}),
        ("all zero", {"X": X, "k": 0 * K, "n": NINE, "zero": X}),
        ("all zero", {"X": [[1]], "k": [0], "n": [4]}),
        ("binomial", {"X": [[1]], "k": [2], "n": [4]}),
        ("binomial", {"X": X, "k": K, "n": NINE * 10**6, "zero": X}),
        ("rho unidentified", {"X": X, "k": K > 2, "n": X[:, 0], "zero": X}),
        ("rho one", {"X": X, "k": 9 * (K > 2), "n": NINE, "zero": X}),
        ("separated", {"X": X, "k": K * (1 - GROUP), "n": NINE, "zero": X}),
        ("separated", {"X": GROUP[:, None] - 0.5, "k": 0 * K, "n": NINE}),
        ("zeros separated", {"X": ONE, "k": K * (1 - GROUP), "n": NINE, "zero": X}),
        ("zeros separated", {"X": ONE, "k": K + GROUP, "n": NINE, "zero": X}),
        ("regular", {"X": X, "k": K, "n": NINE, "zero": X, "weights": np.arange(12) % 3}),
        ("dispersion unbounded", {"X": X, "k": K, "n": NINE, "zero": X, "Z": X}),
        ("collinear", {"X": np.column_stack([X, GROUP]), "k": K, "n": NINE, "zero": np.column_stack([X, 1 - GROUP])}),
        ("regular", {"X": np.vstack([X, X[:2]]), "k": np.append(K, [0, 0]), "n": np.append(NINE, [0, 0])}),
    ],
)
@pytest.mark.filterwarnings("error")
def test_degenerate_tables_end_in_their_state(state, arguments):
    fit = bb.fit_zero_inflated_regression(**arguments)
    assert fit.state == state
    assert (fit.message == "") == (state == "regular")
    k, n = np.asarray(arguments["k"], float), np.asarray(arguments["n"], float)
    parts = {name: arguments[name] for name in ("X", "Z", "zero") if name in arguments}
    weights = arguments.get("weights", np.ones(k.size))
    reached = fit.logpmf(k, n, **parts) * weights
    assert reached.sum() == pytest.approx(fit.loglik, abs=1e-6)
    assert fit.summary().shape == (fit.cov.shape[0], 6)
    share, rate = fit.predict(arguments["X"], arguments.get("zero"))
    assert ((0 <= share) & (share <= 1) & (0 <= rate) & (rate <= 1)).all()


def test_what_is_identified_keeps_its_standard_errors():
    """The group whose zeros are all certain takes nothing from the other group."""
    fit = bb.fit_zero_inflated_regression(ONE, K * (1 - GROUP), NINE, zero=X)
    other = bb.fit_zero_inflated_regression(ONE[:6], K[:6], NINE[:6])
    assert fit.loglik == pytest.approx(other.loglik, abs=1e-8)
    assert fit.zero[0] == pytest.approx(other.zero[0], abs=1e-6) and np.isnan(fit.cov[3, 3])
    np.testing.assert_allclose(fit.cov[np.ix_([0, 2], [0, 2])], other.cov[np.ix_([0, 2], [0, 2])], rtol=1e-5)


def test_one_cluster_has_no_robust_standard_errors():
    fit = bb.fit_zero_inflated_regression(X, K, NINE, clusters=np.zeros(12))
    assert np.isnan(fit.cov_robust).all() and np.isfinite(fit.cov).all() and "cov_robust" in fit.message


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="zero has 11 rows"):
        bb.fit_zero_inflated_regression(X, K, NINE, zero=X[1:])
    with pytest.raises(ValueError, match="negative"):
        bb.fit_zero_inflated_regression(X, K, NINE, weights=-NINE)
    with pytest.raises(ValueError, match="different indexes"):
        bb.fit_zero_inflated_regression(pd.DataFrame(X), pd.Series(K, index=range(1, 13)), NINE)
