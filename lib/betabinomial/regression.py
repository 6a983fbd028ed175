"""Beta-binomial regression: check the arguments, scale the design, maximise, and name the state of the fit."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.blas import one_blas_thread
from lib.betabinomial.checks import check_each, fit_counts, matrix, numbers
from lib.betabinomial.fit import RegressionFit, expit

if TYPE_CHECKING:
    from lib.betabinomial.design import Design
    from lib.betabinomial.newton import Problem

Array = np.ndarray
SUSPECT = 30.0  # standard error of a linear predictor (logit) above which the fit is tested for separation


def fit_regression(
    X: ArrayLike,
    k: ArrayLike,
    n: ArrayLike,
    l2: ArrayLike = 0.0,
    weights: ArrayLike | None = None,
    Z: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> RegressionFit:
    """Maximum-likelihood beta-binomial regression with a logit link.

    Parameters
    ----------
    X : (rows, p), no column is added: include a column of ones. Column names of a DataFrame are kept in the fit.
    k, n : (rows,) successes and trials. Rows without trials carry no information.
    l2 : penalty subtracted from the log-likelihood (a sum over rows, not a mean): ``l2 / 2 * sum_j (coef_j sd_j)^2``
        with sd_j the weighted standard deviation of column j over the rows that carry information. The penalty
        therefore does not depend on units. Constant columns (the intercept) and the dispersion are not penalised.
        An array (p,) has a penalty for each column: 0 for no penalty, and sd_j^-2 to penalise the unscaled coefficient.
    weights : (rows,) frequencies, default 1: a weight of 2 counts the row twice. Fractions are allowed.
    Z : (rows, q) columns of ``log(alpha + beta)``; none is added. Default: one dispersion for all rows.
    clusters : (rows,) labels, equal for rows that may depend on one another. Clusters affect only cov_robust.

    Returns
    -------
    RegressionFit

    Raises
    ------
    ValueError
        If an argument cannot be used (the message names it and the row), or no row carries information.

    References
    ----------
    Williams (1982), Extra-binomial variation in logistic linear models, doi:10.2307/2347977: the starting values
    of Newton's method.
    Liang & Zeger (1986), Longitudinal data analysis using generalized linear models, doi:10.1093/biomet/73.1.13:
    the sandwich covariance with clusters.
    """
    k, n = fit_counts(k, n)
    return _fit_columns(X, k[:, None], n[:, None], l2, weights, Z, clusters)[0]


def fit_regressions(
    X: ArrayLike,
    K: ArrayLike,
    n: ArrayLike,
    l2: ArrayLike = 0.0,
    weights: ArrayLike | None = None,
    Z: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> list[RegressionFit]:
    """`fit_regression` for each column of K (rows, m), on as many threads as there are cores.

    ``n`` is (rows,) or (rows, m). X is checked once. Each fit equals the fit of its column alone.

    Raises
    ------
    ValueError
        As `fit_regression`, or if K is not a table.
    """
    K, n = numbers("K", K), numbers("n", n)
    if K.ndim != 2 or K.shape[1] == 0:
        raise ValueError(f"K must be a table (rows, responses); its shape is {K.shape}.")
    if n.shape not in (K.shape, K.shape[:1]):
        raise ValueError(f"n has shape {n.shape}; {K.shape[:1]} or {K.shape} is needed to go with K.")
    if n.ndim == 1:
        n = np.repeat(n[:, None], K.shape[1], axis=1)
    for j in range(K.shape[1]):
        try:
            fit_counts(K[:, j], n[:, j])
        except ValueError as error:
            raise ValueError(f"Column {j} of K: {error}") from None
    return _fit_columns(X, K, n, l2, weights, Z, clusters)


def _fit_columns(
    X: ArrayLike,
    K: Array,
    N: Array,
    l2: ArrayLike,
    weights: ArrayLike | None,
    Z: ArrayLike | None,
    clusters: ArrayLike | None,
) -> list[RegressionFit]:
    """Check the arguments that all columns of K and N (rows, m) share, then fit each column."""
    from lib.betabinomial.design import scale_columns
    from lib.betabinomial.newton import Problem

    names = tuple(map(str, X.columns)) if hasattr(X, "columns") else None
    rows = len(K)
    X = matrix("X", X, rows)
    Z = None if Z is None else matrix("Z", Z, rows)
    penalty = numbers("l2", l2)
    if penalty.shape not in ((), X.shape[1:]):
        raise ValueError(f"l2 has shape {penalty.shape}; one number or ({X.shape[1]},), one per column, is needed.")
    if not ((penalty >= 0.0) & np.isfinite(penalty)).all():
        raise ValueError(f"l2 = {l2!r} must be finite, 0 or larger.")
    penalty = np.broadcast_to(penalty, X.shape[1:])
    weights = np.ones(rows) if weights is None else numbers("weights", weights)
    if weights.shape != (rows,):
        raise ValueError(f"weights has shape {weights.shape}; ({rows},) is needed, one per row.")
    check_each("weights", weights, (weights >= 0.0) & np.isfinite(weights), "is not a frequency")
    if clusters is not None:
        clusters = np.unique(np.asarray(clusters), return_inverse=True)[1]
        if clusters.shape != (rows,):
            raise ValueError(f"clusters has shape {clusters.shape}; ({rows},) is needed, one label per row.")
    used = (N > 0.0) & (weights > 0.0)[:, None]
    if not used.any(axis=0).all():
        raise ValueError("No row has both a trial and a positive weight: there is nothing to fit.")

    def designs(take: Array) -> tuple[Array | slice, Array, Design, Design]:
        take = slice(None) if take.all() else take
        w = np.ascontiguousarray(weights[take])
        z = np.ones((w.size, 1)) if Z is None else Z[take]
        return take, w, scale_columns(X[take], w, not penalty.any()), scale_columns(z, w, True)

    with one_blas_thread():
        shared = designs(used[:, 0]) if (used == used[:, :1]).all() else None

        def fit(j: int) -> RegressionFit:
            take, w, mean, dispersion = shared or designs(used[:, j])
            k, n = np.ascontiguousarray(K[take, j]), np.ascontiguousarray(N[take, j])
            problem = Problem(mean.x, dispersion.x, k, n, w, penalty[~mean.aliased] * mean.spread**2)
            result = _fit(problem, mean, dispersion, Z, None if clusters is None else clusters[take])
            return replace(result, names=names)

        if K.shape[1] == 1:
            return [fit(0)]
        with ThreadPoolExecutor(min(K.shape[1], _cores())) as pool:
            return list(pool.map(fit, range(K.shape[1])))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fit(problem: Problem, mean: Design, dispersion: Design, Z: Array | None, clusters: Array | None) -> RegressionFit:
    from lib.betabinomial import newton

    if mean.constant is not None and (not problem.k.any() or (problem.k == problem.n).all()):
        return _no_contrast(problem, mean, dispersion, Z)
    found = newton.solve(problem)
    p = len(problem.x)
    inner = bool(np.isfinite(found.point[p:]).all())
    state, converged = found.state, found.converged
    if state == "rho one":
        problem = newton.rho_one_limit(problem)
    if not inner:
        problem = problem.binomial()
    size = found.point.size if inner else p
    inverse = _inverse(found.information[:size, :size])
    if np.isnan(inverse).any():
        state, converged = "not converged", False
    unsure = np.zeros(mean.aliased.size, dtype=bool)
    reach = np.maximum(problem.x.max(axis=1), -problem.x.min(axis=1))
    if not converged or (np.sqrt(np.diag(inverse)[:p]) * reach > SUSPECT).any():
        direction = newton.separating_direction(problem)
        if direction is not None:
            state, converged = "separated", False
            moved = np.abs(mean.to_given @ direction) / np.abs(mean.to_given).max(axis=1).clip(1e-300)
            unsure = moved > 1e-6 * moved.max()
    if state == "regular" and mean.aliased.any():
        state = "collinear"
    scores = problem.scores_squared(found.point, clusters)[:size, :size]
    gamma = dispersion.to_given @ found.point[p:] if inner else np.full(dispersion.aliased.size, np.inf)
    if state == "rho one":
        gamma = -gamma
    elif found.state == "rho unidentified":
        gamma = np.full_like(gamma, np.nan)
    unbounded = not inner or state == "dispersion unbounded"
    without_error = np.concatenate([mean.aliased | unsure, dispersion.aliased | unbounded])

    def as_given(matrix: Array) -> Array:
        change = np.zeros((without_error.size, size))
        change[: mean.aliased.size, :p] = mean.to_given
        if inner:
            change[mean.aliased.size :, p:] = dispersion.to_given
        out = change @ matrix @ change.T
        out[without_error] = np.nan
        out[:, without_error] = np.nan
        return out

    return RegressionFit(
        coef=mean.to_given @ found.point[:p],
        rho=_rho(gamma, Z),
        loglik=problem.loglik(found.point),
        cov=as_given(inverse),
        cov_robust=as_given(inverse @ scores @ inverse),
        dispersion=gamma,
        converged=converged,
        n_iter=found.iterations,
        state=state,
        message=_message(state, mean.aliased, unsure),
        aliased=mean.aliased,
        n_rows=problem.k.size,
        names=None,
    )


def _no_contrast(problem: Problem, mean: Design, dispersion: Design, Z: Array | None) -> RegressionFit:
    """The fit of data without any success, or without any failure, and with a constant column."""
    full = bool(problem.k.any())
    coef = np.zeros(mean.aliased.size)
    coef[mean.constant] = np.inf if full == (mean.level > 0.0) else -np.inf
    gamma = np.full(dispersion.aliased.size, np.nan)
    cov = np.full((coef.size + gamma.size,) * 2, np.nan)
    state = "all full" if full else "all zero"
    return RegressionFit(
        coef=coef,
        rho=_rho(gamma, Z),
        loglik=0.0,
        cov=cov,
        cov_robust=cov.copy(),
        dispersion=gamma,
        converged=False,
        n_iter=0,
        state=state,
        message=_message(state, mean.aliased, mean.aliased),
        aliased=mean.aliased,
        n_rows=problem.k.size,
        names=None,
    )


def _inverse(information: Array) -> Array:
    """Inverse of a positive definite matrix; NaN for any other matrix."""
    try:
        lower = np.linalg.cholesky(information)
        half = np.linalg.solve(lower, np.eye(len(information)))
        return half.T @ half
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)


def _rho(gamma: Array, Z: Array | None) -> float | Array:
    if Z is None:
        return float(expit(-gamma[0]))
    if np.isfinite(gamma).all():
        return expit(-(Z @ gamma))
    return np.full(len(Z), expit(-gamma[0]))


def _message(state: str, aliased: Array, unsure: Array) -> str:
    def columns(which: Array) -> str:
        return ", ".join(map(str, np.flatnonzero(which)))

    text = {
        "binomial": "The counts vary no more than a binomial: rho is 0 and has no standard error.",
        "rho unidentified": "No row has two trials, so the data do not identify rho.",
        "rho one": "Every row has only successes or only failures: the likelihood is largest in the limit rho = 1.",
        "all zero": "No row has a success: the fitted mean is 0, and the data do not identify rho.",
        "all full": "No row has a failure: the fitted mean is 1, and the data do not identify rho.",
        "separated": f"The likelihood grows without bound along columns {columns(unsure)} of X: drop or merge "
        "them, or set l2 > 0.",
        "dispersion unbounded": "log(alpha + beta) of some rows grows without bound: use a simpler Z.",
        "not converged": "The search did not reach a maximum: do not use this fit.",
    }.get(state, "")
    if aliased.any():
        text += f" Columns {columns(aliased)} of X are combinations of earlier columns; their coefficients are 0."
    return text.strip()
