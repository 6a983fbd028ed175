"""Beta-binomial regression: check the arguments, scale the design, maximise, and name the state of the fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.blas import each_response, one_blas_thread
from lib.betabinomial.checks import (
    check_aligned,
    check_each,
    cluster_codes,
    fit_counts,
    matrix,
    penalties,
    per_row,
    responses,
)
from lib.betabinomial.fit import Data, RegressionFit, expit

if TYPE_CHECKING:
    from lib.betabinomial.design import Design
    from lib.betabinomial.edges import Ending
    from lib.betabinomial.newton import Problem

Array = np.ndarray
_NONE = np.zeros(0, dtype=bool)
SILENT = 1e-9  # variance of a standardised score below which it counts as 0


def fit_regression(
    X: ArrayLike,
    k: ArrayLike,
    n: ArrayLike,
    l2: ArrayLike = 0.0,
    weights: ArrayLike | None = None,
    Z: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    analytic_weights: ArrayLike | None = None,
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
    clusters : (rows,) labels, equal for rows that may depend on one another. Clusters affect only cov_robust, which is
        NaN where there are too few of them: for all coefficients if there are no more clusters than coefficients.
    offset : (rows,) added to logit(mean), with no coefficient.
    analytic_weights : (rows,) weights of the log-likelihoods of the rows, in place of ``weights``: a weight of 2 counts
        the log-likelihood twice, but the row stays one row for cov_robust.

    Returns
    -------
    RegressionFit

    Raises
    ------
    ValueError
        If an argument cannot be used (the message names it and the row), pandas arguments have different indexes,
        both kinds of weights are given, or no row carries information.

    References
    ----------
    Williams (1982), Extra-binomial variation in logistic linear models, doi:10.2307/2347977: the starting values
    of Newton's method.
    Liang & Zeger (1986), Longitudinal data analysis using generalized linear models, doi:10.1093/biomet/73.1.13:
    the sandwich covariance with clusters.
    """
    check_aligned(
        X=X, k=k, n=n, weights=weights, Z=Z, clusters=clusters, offset=offset, analytic_weights=analytic_weights
    )
    k, n = fit_counts(k, n)
    return _fit_columns(X, k[:, None], n[:, None], l2, weights, Z, clusters, offset, analytic_weights)[0]


def fit_regressions(
    X: ArrayLike,
    K: ArrayLike,
    n: ArrayLike,
    l2: ArrayLike = 0.0,
    weights: ArrayLike | None = None,
    Z: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    analytic_weights: ArrayLike | None = None,
) -> list[RegressionFit]:
    """`fit_regression` for each column of K (rows, m), on as many threads as there are cores.

    ``n`` is (rows,) or (rows, m). X is checked once. Each fit equals the fit of its column alone.

    Raises
    ------
    ValueError
        As `fit_regression`, or if K is not a table.
    """
    check_aligned(
        X=X, K=K, n=n, weights=weights, Z=Z, clusters=clusters, offset=offset, analytic_weights=analytic_weights
    )
    K, n = responses(K, n)
    return _fit_columns(X, K, n, l2, weights, Z, clusters, offset, analytic_weights)


def _fit_columns(
    X: ArrayLike,
    K: Array,
    N: Array,
    l2: ArrayLike,
    weights: ArrayLike | None,
    Z: ArrayLike | None,
    clusters: ArrayLike | None,
    offset: ArrayLike | None,
    analytic_weights: ArrayLike | None,
) -> list[RegressionFit]:
    """Check the arguments that all columns of K and N (rows, m) share, then fit each column."""
    from lib.betabinomial.design import scale_columns
    from lib.betabinomial.newton import Problem

    names, z_names = (tuple(map(str, table.columns)) if hasattr(table, "columns") else None for table in (X, Z))
    rows, labels = len(K), getattr(X, "columns", None)
    X = matrix("X", X, rows)
    Z = None if Z is None else matrix("Z", Z, rows)
    penalty = penalties(l2, X.shape[1], labels)
    frequency = analytic_weights is None
    if not (frequency or weights is None):
        raise ValueError("weights (frequencies) and analytic_weights exclude one another: give one of them.")
    kind, given = ("weights", weights) if frequency else ("analytic_weights", analytic_weights)
    weights = np.ones(rows) if given is None else per_row(kind, given, rows)
    check_each(kind, weights, weights >= 0.0, "is negative")
    shift = np.zeros(rows) if offset is None else per_row("offset", offset, rows)
    clusters = None if clusters is None else cluster_codes(clusters, rows)
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
            added = shift[take] if shift.any() else None
            problem = Problem(mean.x, dispersion.x, k, n, w, penalty[~mean.aliased] * mean.spread**2, added)
            data = Data(X, K[:, j], N[:, j], weights, Z, shift, penalty, clusters, frequency)
            return replace(_fit(problem, mean, dispersion, data, take), names=names, z_names=z_names)

        return each_response(fit, K.shape[1])


def _fit(problem: Problem, mean: Design, dispersion: Design, data: Data, take: Array | slice) -> RegressionFit:
    from scipy.linalg import block_diag

    from lib.betabinomial import edges

    if mean.constant is not None and (not problem.k.any() or (problem.k == problem.n).all()):
        return _no_contrast(problem, mean, dispersion, data)
    ending = edges.end(problem)
    change = block_diag(mean.to_given @ ending.x, dispersion.to_given @ ending.z)
    half = change @ ending.root
    unsure = np.concatenate([mean.leaves(ending.x), dispersion.leaves(ending.z)])
    without_error = np.concatenate([mean.aliased, dispersion.aliased]) | unsure
    clusters = None if data.clusters is None else data.clusters[take]
    scores = ending.scores_squared(clusters, data.frequency)
    known = not np.isnan(ending.root).any()
    untold = ~without_error & (_untold(ending, scores, change, data.frequency) if known else False)
    p = mean.aliased.size
    state = ending.state
    if state == "regular" and (mean.aliased.any() or without_error[p:].any()):
        state = "collinear"
    gamma = ending.log_s
    gamma = dispersion.to_given @ gamma if np.isfinite(gamma).all() else np.full(dispersion.aliased.size, gamma[0])
    return RegressionFit(
        coef=mean.to_given @ ending.coef,
        rho=_rho(gamma, data.Z),
        loglik=ending.problem.loglik(ending.point),
        cov=where_known(half @ half.T, ~without_error),
        cov_robust=where_known(half @ ending.root.T @ scores @ ending.root @ half.T, ~(without_error | untold)),
        dispersion=gamma,
        converged=ending.converged,
        n_iter=ending.iterations,
        state=state,
        message=explained(state, mean.aliased, unsure[:p], without_error[p:] & (data.Z is not None), untold),
        aliased=mean.aliased,
        n_rows=problem.k.size,
        names=None,
        data=data,
    )


def _no_contrast(problem: Problem, mean: Design, dispersion: Design, data: Data) -> RegressionFit:
    """The fit of data without any success, or without any failure, and with a constant column."""
    full = bool(problem.k.any())
    coef = mean.without_contrast(full)
    gamma = np.full(dispersion.aliased.size, np.nan)
    cov = np.full((coef.size + gamma.size,) * 2, np.nan)
    state = "all full" if full else "all zero"
    return RegressionFit(
        coef=coef,
        rho=_rho(gamma, data.Z),
        loglik=0.0,
        cov=cov,
        cov_robust=cov.copy(),
        dispersion=gamma,
        converged=False,
        n_iter=0,
        state=state,
        message=explained(state, mean.aliased),
        aliased=mean.aliased,
        n_rows=problem.k.size,
        names=None,
        data=data,
    )


def _untold(ending: Ending, scores: Array, change: Array, frequency: bool) -> Array:
    """Given coefficients whose sampling error the scores don't tell, because a combination of the scores is always 0.

    One cluster has such scores, since their sum is 0 at the maximum, and so have fewer clusters than coefficients, and
    the column of a group that is one cluster. A combination that only the penalty informs about does not count.
    """
    w, p = ending.problem.weight, len(ending.problem.x)
    values, vectors = np.linalg.eigh(ending.root.T @ scores @ ending.root)
    silent = ending.root @ vectors[:, values <= SILENT * (1.0 if frequency else w @ w / w.sum())]
    penalised = np.sqrt(ending.problem.penalty)[:, None] * (ending.basis[:p] @ silent)
    values, vectors = np.linalg.eigh(np.eye(silent.shape[1]) - penalised.T @ penalised)
    silent = silent @ vectors[:, values > 1e-6]
    return ((change @ silent) ** 2).sum(axis=1) > 1e-6 * ((change @ ending.root) ** 2).sum(axis=1)


def where_known(matrix: Array, known: Array) -> Array:
    """The matrix with NaN in the rows and columns that are not known."""
    return np.where(np.outer(known, known), matrix, np.nan)


def _rho(gamma: Array, Z: Array | None) -> float | Array:
    if Z is None:
        return float(expit(-gamma[0]))
    if np.isfinite(gamma).all():
        return expit(-(Z @ gamma))
    return np.full(len(Z), expit(-gamma[0]))


def explained(
    state: str, aliased: Array = _NONE, unsure: Array = _NONE, of_z: Array = _NONE, untold: Array = _NONE
) -> str:
    """What a state means, with the columns that it is about."""

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
        "dispersion unbounded": "log(alpha + beta) of some rows grows without bound along columns "
        f"{columns(of_z)} of Z: use a simpler Z.",
        "not converged": "The search did not reach a maximum: do not use this fit.",
    }.get(state, "")
    if aliased.any():
        text += f" Columns {columns(aliased)} of X are combinations of earlier columns; their coefficients are 0."
    if state in ("collinear", "separated") and of_z.any():
        text += f" Columns {columns(of_z)} of Z are not identified."
    if untold.any():
        text += " cov_robust is NaN where there are too few clusters (or rows) to tell the sampling error."
    return text.strip()
