"""Covariances of the estimates of a fitted regression: by the information, by sandwiches, and of rows' predictors.

A parameter vector is (coef, dispersion), of length p + q. Estimates without a standard error give NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lib.betabinomial.fit import RegressionFit

Array = np.ndarray
SPAN = 1e-7  # share of a column's length that may be left when it is a combination of other columns
ALONE = 1e-9  # share of a parameter's information that is left without a cluster, from which the parameter is held
CHUNK = 4096  # rows at a time, which bounds memory


def free_parameters(fit: RegressionFit) -> Array:
    """(p + q,) bool: parameters that the likelihood depends on; aliased ones are fixed at 0."""
    p = fit.coef.size
    fixed = (fit.dispersion == 0.0) & np.isnan(np.diag(fit.cov)[p:])
    return np.concatenate([~fit.aliased, ~(fixed | np.isnan(fit.dispersion))])


def covariance(fit: RegressionFit, robust: bool = False, small_sample: str | None = None) -> tuple[Array, float]:
    """See `RegressionFit.covariance`; also the degrees of freedom of t and F tests (inf: normal and chi-square)."""
    if small_sample not in (None, "CR0", "CR1", "CR1S", "CR3"):
        raise ValueError(f'small_sample = {small_sample!r} must be None, "CR0", "CR1", "CR1S" or "CR3".')
    if not robust:
        if small_sample is not None:
            raise ValueError("small_sample corrects the robust covariance: set robust=True.")
        return fit.cov, np.inf
    if small_sample in (None, "CR0"):
        return fit.cov_robust, np.inf
    groups = fit.nobs if fit.data.clusters is None else np.unique(fit.data.clusters[fit.used]).size
    if small_sample == "CR3":
        return jackknife(fit), groups - 1.0
    factor = groups / (groups - 1.0) if groups > 1 else np.nan
    if small_sample == "CR1S":
        left = fit.nobs - (~fit.aliased).sum()
        factor *= (fit.nobs - 1.0) / left if left > 0 else np.nan
    return factor * fit.cov_robust, groups - 1.0


def jackknife(fit: RegressionFit) -> Array:
    """Robust covariance (p + q, p + q) from the estimates without each cluster: the sum of their squared changes.

    Without a cluster the estimates change by about ``-V A' (I - J A V A')^-1 s``, one Newton step, with the covariance
    V of `fit.cov`, the cluster's designs A, and the information J and the score s of its rows. Because each fit bends
    towards its own rows, the sandwich is too small where a row weighs much: few rows for the columns, or a column that
    few rows carry. This covariance is rather too large there. It is NaN where `fit.cov_robust` is.

    References
    ----------
    Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples, Survey
    Methodology 28, 169-181. Mancl & DeRouen (2001), A covariance estimator for GEE with improved small-sample
    properties, doi:10.1111/j.0006-341X.2001.00126.x: the same for generalised linear models, with the expected
    information.
    """
    from lib.betabinomial.rows import derivatives, predictors

    data, used, p = fit.data, fit.used, fit.coef.size
    eta, theta = (of[used] for of in predictors(fit))
    by_eta, by_theta, ee, et, tt = derivatives(data.k[used], data.n[used], eta, theta)
    score, information = np.stack([by_eta, by_theta], -1), -np.stack([ee, et, et, tt], -1).reshape(-1, 2, 2)
    each = data.frequency and data.clusters is None  # a weight is a number of equal clusters of one row
    if not each:
        score, information = score * data.weights[used, None], information * data.weights[used, None, None]
    known = ~np.isnan(np.diag(fit.cov))
    X, Z = data.X[used], np.ones((eta.size, 1)) if data.Z is None else data.Z[used]
    design = np.zeros((eta.size, 2, known.sum()))
    design[:, 0, : known[:p].sum()], design[:, 1, known[:p].sum() :] = X[:, known[:p]], Z[:, known[p:]]
    V = fit.cov[np.ix_(known, known)]
    total = np.zeros_like(V)
    for rows in _by_size(np.arange(eta.size) if data.clusters is None else data.clusters[used]):
        change = _without(V, design[rows], information[rows], score[rows])
        total += (change.T * data.weights[used][rows[:, 0]] if each else change.T) @ change
    cov = np.full_like(fit.cov, np.nan)
    cov[np.ix_(known, known)] = total
    return np.where(np.isnan(fit.cov_robust), np.nan, cov)


def _by_size(clusters: Array) -> Iterator[Array]:
    """Positions of rows, (clusters, rows in each), of clusters of the same size; few enough to bound memory."""
    order, sizes = np.argsort(clusters, kind="stable"), np.unique(clusters, return_counts=True)[1]
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes):
        first = starts[sizes == size]
        for some in np.array_split(first, -(-first.size * size // CHUNK)):
            yield order[some[:, None] + np.arange(size)]


def _without(V: Array, design: Array, information: Array, score: Array) -> Array:
    """Changes (g, parameters) of the estimates without each of g clusters of m rows, with the sign turned.

    ``design`` is (g, m, 2, parameters), ``information`` (g, m, 2, 2) and ``score`` (g, m, 2). Where a cluster alone
    informs about a parameter, the parameter is held.
    """
    g, m, _, size = design.shape
    A, s = design.reshape(g, 2 * m, size), score.reshape(g, 2 * m, 1)
    JA = (information @ design).reshape(A.shape)
    if 2 * m <= size:
        moved = _solve(np.eye(2 * m) - JA @ V @ A.swapaxes(1, 2), s)
        return ((A @ V).swapaxes(1, 2) @ moved)[:, :, 0]
    left = np.eye(size) - V @ A.swapaxes(1, 2) @ JA
    return _solve(left, V @ (A.swapaxes(1, 2) @ s))[:, :, 0]


def _solve(M: Array, b: Array) -> Array:
    """The solutions (g, m, 1) of g systems; 0 in the directions in which a matrix is singular."""
    singular = np.abs(np.linalg.det(M)) <= ALONE
    out = np.empty_like(b)
    out[~singular] = np.linalg.solve(M[~singular], b[~singular])
    out[singular] = np.linalg.pinv(M[singular], rcond=ALONE) @ b[singular]
    return out


def row_covariance(fit: RegressionFit, X: Array, Z: Array, cov: Array) -> tuple[Array, Array, Array]:
    """Variance of eta = logit(mean), its covariance with theta = log(alpha + beta), variance of theta, each (rows,)."""
    p = fit.coef.size
    missing = np.isnan(np.diag(cov))
    cov = np.where(missing | missing[:, None], 0.0, cov)
    eta = np.einsum("ij,ij->i", X @ cov[:p, :p], X)
    both = np.einsum("ij,ij->i", X @ cov[:p, p:], Z)
    theta = np.einsum("ij,ij->i", Z @ cov[p:, p:], Z)
    missing &= free_parameters(fit)
    unknown = (X[:, missing[:p]] != 0.0).any(axis=1) | ~estimable(fit, X)
    eta[unknown] = both[unknown] = np.nan
    theta[(Z[:, missing[p:]] != 0.0).any(axis=1) | np.isnan(fit.dispersion).any()] = np.nan
    return eta, both, theta


def estimable(fit: RegressionFit, X: Array) -> Array:
    """(rows,) bool: whether X coef is the same whichever of the aliased columns are left out."""
    if not fit.aliased.any():
        return np.ones(len(X), dtype=bool)
    used = fit.data.X[fit.used]
    scale = np.abs(used).max(axis=0).clip(1e-300)
    used, X = used / scale, X / scale
    kept = used[:, ~fit.aliased]
    rule = np.linalg.lstsq(kept, used[:, fit.aliased], rcond=None)[0]
    gap = np.abs(X[:, fit.aliased] - X[:, ~fit.aliased] @ rule).max(axis=1)
    return gap <= SPAN * np.abs(X).max(axis=1).clip(1.0)
