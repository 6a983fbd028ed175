"""Beta-binomial regression: from checked arguments to a fit whose every edge case has a name."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.checks import check_each, fit_counts, matrix, numbers

if TYPE_CHECKING:
    import pandas as pd

    from lib.betabinomial.newton import Design, Problem

Array = np.ndarray
Z_95 = 1.959963984540054
SUSPECT = 30.0  # standard error of a linear predictor (logit) from which separation is looked for


@dataclass(frozen=True)
class RegressionFit:
    """A fitted beta-binomial regression: ``logit(mean) = X coef``, ``log(alpha + beta) = Z dispersion``.

    Attributes
    ----------
    coef : (p,) float64, on the scale of X as given; 0 for aliased columns
    rho : float, intra-class correlation; with Z a (rows,) array; NaN where the data say nothing of it
    loglik : float, nats; binomial coefficients included, penalty excluded
    cov : (p + q, p + q) of (coef, dispersion) from the observed information, the penalty's part included.
        NaN in the rows and columns of whatever has no standard error.
    cov_robust : the same from the sandwich (no small-sample factor); a weight counts as that many rows.
        With clusters, the sandwich that allows rows of one cluster to depend on one another.
    dispersion : (q,) coefficients of log(alpha + beta); without Z the one value log((1 - rho) / rho)
    converged : bool, whether coef and rho are a maximum (which may lie at rho = 0 or 1)
    n_iter : int, Newton steps
    state : str, one of those below
    message : str, what the state means for this fit; empty for a regular one
    aliased : (p,) bool, columns that the columns before them span; held at 0
    n_rows : int, rows with a trial and a positive weight: the others carry no information
    names : column names of X, if it had any

    Notes
    -----
    The states, and what they leave:

    - ``regular``: an inner maximum.
    - ``collinear``: the same with aliased columns.
    - ``binomial``: the likelihood is largest at rho = 0; coef and its cov are the binomial regression's.
    - ``rho unidentified``: no row has two trials; rho is NaN, coef and its cov the logistic regression's.
    - ``rho one``: every row is all or nothing, and the likelihood grows up to its limit at rho = 1; coef and its
      cov are those of the limit.
    - ``all zero``, ``all full``: not one success (failure); the constant column's coefficient is -inf (inf).
    - ``separated``: some coefficients grow without bound; they are where the search stopped, their cov is NaN.
    - ``dispersion unbounded``: with Z, log(alpha + beta) of some rows grows without bound.
    - ``not converged``: none of these; not to be used.

    `converged` is False in the last three states and in ``all zero`` and ``all full``.
    """

    coef: Array
    rho: float | Array
    loglik: float
    cov: Array
    cov_robust: Array
    dispersion: Array
    converged: bool
    n_iter: int
    state: str
    message: str
    aliased: Array
    n_rows: int
    names: tuple[str, ...] | None

    def summary(self, names: list[str] | None = None, robust: bool = False) -> pd.DataFrame:
        """One line per coefficient: coef, std_err, z, p (two-sided, normal), ci_low, ci_high (95 %).

        Parameters
        ----------
        names : labels of the lines; default the column names of X, else x0, x1, ...
        robust : take the sandwich in place of the observed information

        Raises
        ------
        ValueError
            If there are not as many names as coefficients.
        """
        import pandas as pd
        from scipy.special import ndtr

        p = self.coef.size
        names = list(names if names is not None else self.names or (f"x{j}" for j in range(p)))
        if len(names) != p:
            raise ValueError(f"names: {len(names)} given, the fit has {p} coefficients.")
        std_err = np.sqrt(np.diag(self.cov_robust if robust else self.cov)[:p])
        z = self.coef / std_err
        return pd.DataFrame(
            {
                "coef": self.coef,
                "std_err": std_err,
                "z": z,
                "p": 2.0 * ndtr(-np.abs(z)),
                "ci_low": self.coef - Z_95 * std_err,
                "ci_high": self.coef + Z_95 * std_err,
            },
            index=names,
        )

    def predict(self, X: ArrayLike) -> Array:
        """Means (rows,) for the rows of X, whose columns are those of the fit.

        Raises
        ------
        ValueError
            If X is not a table of finite numbers with as many columns as the fit.
        """
        X = matrix("X", X)
        if X.shape[1] != self.coef.size:
            raise ValueError(f"X has {X.shape[1]} columns, the fit has {self.coef.size} coefficients.")
        return expit(X @ self.coef)


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
    X : (rows, p), used as given: add your own column of ones. A DataFrame lends its column names.
    k, n : (rows,) successes and trials. Rows without trials carry no information.
    l2 : penalty taken off the log-likelihood (a sum over rows, not a mean): ``l2 / 2 * sum_j (coef_j sd_j)^2``
        with sd_j the weighted standard deviation of column j over the rows that carry information. It therefore
        does not depend on units; constant columns (the intercept) and the dispersion are not penalised. An array
        (p,) has a penalty for each column: 0 leaves a column alone, and sd_j^-2 penalises the coefficient as given.
    weights : (rows,) frequencies, default 1: a weight of 2 is the row twice. Fractions are allowed.
    Z : (rows, q) columns of ``log(alpha + beta)``, used as given. Default: one dispersion for all rows.
    clusters : (rows,) labels, equal for rows that may depend on one another. Only cov_robust heeds them.

    Returns
    -------
    RegressionFit

    Raises
    ------
    ValueError
        If an argument cannot be used (the message names it and the row), or no row carries information.

    References
    ----------
    Williams (1982), Extra-binomial variation in logistic linear models, doi:10.2307/2347977: the start.
    Newton's method on the observed information does the rest.
    Liang & Zeger (1986), Longitudinal data analysis using generalized linear models, doi:10.1093/biomet/73.1.13:
    the sandwich with clusters.
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

    ``n`` is (rows,) or (rows, m). X is checked and scaled once. The fits are the same as one by one.

    Raises
    ------
    ValueError
        As `fit_regression`.
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


def expit(eta: Array) -> Array:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-eta))


def _fit_columns(X, K: Array, N: Array, l2: ArrayLike, weights, Z, clusters) -> list[RegressionFit]:
    from lib.betabinomial import newton

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
        return take, w, newton.scale_columns(X[take], w, not penalty.any()), newton.scale_columns(z, w, True)

    with newton.one_blas_thread():
        shared = designs(used[:, 0]) if (used == used[:, :1]).all() else None

        def fit(j: int) -> RegressionFit:
            take, w, mean, dispersion = shared or designs(used[:, j])
            k, n = np.ascontiguousarray(K[take, j]), np.ascontiguousarray(N[take, j])
            problem = newton.Problem(mean.x, dispersion.x, k, n, w, penalty[~mean.aliased] * mean.spread**2)
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
    runaway = not inner or state == "dispersion unbounded"
    lost = np.concatenate([mean.aliased | unsure, dispersion.aliased | runaway])

    def as_given(matrix: Array) -> Array:
        change = np.zeros((lost.size, size))
        change[: mean.aliased.size, :p] = mean.to_given
        if inner:
            change[mean.aliased.size :, p:] = dispersion.to_given
        out = change @ matrix @ change.T
        out[lost] = np.nan
        out[:, lost] = np.nan
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
    """The fit where the data hold no success, or no failure, and a constant column can take all the blame."""
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
    """Inverse of a positive definite matrix; NaN if it is not one."""
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
        "binomial": "No more variation than the binomial's: rho is 0 and has no standard error.",
        "rho unidentified": "No row has two trials, so nothing is known of rho.",
        "rho one": "Every row is all or nothing: the likelihood is largest in the limit rho = 1.",
        "all zero": "Not one success: the fitted mean is 0, and nothing is known of rho.",
        "all full": "Not one failure: the fitted mean is 1, and nothing is known of rho.",
        "separated": f"The likelihood grows without bound along columns {columns(unsure)} of X: drop or merge "
        "them, or set l2 > 0.",
        "dispersion unbounded": "log(alpha + beta) of some rows grows without bound: use a simpler Z.",
        "not converged": "The search did not reach a maximum: do not use this fit.",
    }.get(state, "")
    if aliased.any():
        text = f"{text} Columns {columns(aliased)} of X are combinations of those before them and held at 0.".strip()
    return text
