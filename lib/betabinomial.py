"""The beta-binomial: distribution, rates, and regression for counts out of a known number of trials.

``k ~ BetaBinomial(n, mean, rho)``: a probability is drawn from a beta distribution with the given mean and
``alpha + beta = (1 - rho) / rho``, then n trials succeed with it. ``rho`` in [0, 1) is the correlation of two
trials of the same row; ``rho = 0`` is the binomial.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "RateFit",
    "RegressionFit",
    "cdf",
    "crps",
    "fit_rate",
    "fit_regression",
    "fit_regressions",
    "logpmf",
    "ppf",
    "rvs",
]

Array = np.ndarray
Z_95 = 1.959963984540054  # numba, scipy and pandas are imported where they are used: the import stays instant


# --- distribution --------------------------------------------------------------------------------------------


def logpmf(k: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """Log-probability of k successes in n trials, in nats.

    Relative error below 1e-13 for any n up to 1e7 and any mean and rho.

    Parameters
    ----------
    k, n : whole numbers with 0 <= k <= n
    mean : in [0, 1]
    rho : in [0, 1)

    Returns
    -------
    float64 array of the broadcast shape (a float for four scalars)

    Raises
    ------
    ValueError
        If an argument is outside its range; the message names the argument and the element.

    References
    ----------
    Loader (2000), Fast and accurate computation of binomial probabilities: the saddle-point form used here
    is his, carried over to the beta-binomial.
    """
    from lib import betabinomial_kernels as kernels

    k, n, mean, rho = _broadcast(k=k, n=n, mean=mean, rho=rho)
    _check_counts(k, n)
    return _by_element(kernels.log_pmf_rows, k, n, mean, rho)


def cdf(k: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """P(Y <= k). Any real k: 0 below 0, 1 from n on. Small lower tails keep their digits.

    Takes a time of the order of the distance from k to the nearer end of the support.

    Raises
    ------
    ValueError
        If k is NaN, or n, mean or rho is outside its range.
    """
    from lib import betabinomial_kernels as kernels

    k, n, mean, rho = _broadcast(k=k, n=n, mean=mean, rho=rho)
    _check_each("k", k, ~np.isnan(k), "is not a number")
    _check_trials(n)
    return _by_element(kernels.cdf_rows, np.floor(k), n, mean, rho)


def ppf(q: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """Smallest k with ``cdf(k) >= q``, as float64 holding whole numbers; 0 for q = 0.

    Raises
    ------
    ValueError
        If q is outside [0, 1], or n, mean or rho is outside its range.
    """
    from lib import betabinomial_kernels as kernels

    q, n, mean, rho = _broadcast(q=q, n=n, mean=mean, rho=rho)
    _check_each("q", q, (q >= 0.0) & (q <= 1.0), "is not a probability")
    _check_trials(n)
    return _by_element(kernels.ppf_rows, q, n, mean, rho)


def rvs(n: ArrayLike, mean: ArrayLike, rho: ArrayLike, rng: np.random.Generator | int) -> Array:
    """Random counts, int64, one for each element of the broadcast arguments.

    Parameters
    ----------
    rng : a ``np.random.Generator``, or a seed for one

    Raises
    ------
    ValueError
        If n, mean or rho is outside its range.
    """
    rng = np.random.default_rng(rng)
    n, mean, rho = _broadcast(n=n, mean=mean, rho=rho)
    _check_trials(n)
    _check_parameters(mean, rho)
    p = mean.copy()
    drawn = (rho > 1e-300) & (mean > 0.0) & (mean < 1.0)
    s = (1.0 - rho[drawn]) / rho[drawn]
    alpha, beta = np.maximum(mean[drawn] * s, 1e-300), np.maximum((1.0 - mean[drawn]) * s, 1e-300)
    p[drawn] = rng.beta(alpha, beta)
    return rng.binomial(n.astype(np.int64), p)[()]


def crps(k: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """Continuous ranked probability score of the outcome k, in counts; smaller is better.

    ``sum over j < n of (P(Y <= j) - [k <= j])^2``, equal to ``E|Y - k| - E|Y - Y'| / 2``. Exact; takes a time
    of the order of n at worst.

    Raises
    ------
    ValueError
        As `logpmf`.
    """
    from lib import betabinomial_kernels as kernels

    k, n, mean, rho = _broadcast(k=k, n=n, mean=mean, rho=rho)
    _check_counts(k, n)
    return _by_element(kernels.crps_rows, k, n, mean, rho)


def _by_element(kernel, first: Array, n: Array, mean: Array, rho: Array) -> Array:
    _check_parameters(mean, rho)
    with np.errstate(divide="ignore", over="ignore"):
        s = (1.0 - rho) / rho
    out = np.empty(n.shape)
    kernel(first.ravel(), n.ravel(), mean.ravel(), (1.0 - mean).ravel(), s.ravel(), out.ravel())
    return out[()]


# --- results -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RateFit:
    """One rate for all rows.

    mean, rho : estimates; loglik : nats, binomial coefficients included; se_mean, se_rho : standard errors
    from the observed information, NaN where the state leaves none; converged : whether mean and rho are the
    maximum; state : as in `RegressionFit`.
    """

    mean: float
    rho: float
    loglik: float
    se_mean: float
    se_rho: float
    converged: bool
    state: str


@dataclass(frozen=True)
class RegressionFit:
    """A fitted beta-binomial regression, ``logit(mean) = X coef`` and ``log(alpha + beta) = Z dispersion``.

    Fields
    ------
    coef : (p,) on the scale of X as given; 0 for aliased columns
    rho : intra-class correlation; with Z a (rows,) array; 0 at the binomial boundary, NaN if not identified
    loglik : nats, binomial coefficients included, penalty excluded
    cov : (p + q, p + q) of (coef, dispersion) from the observed information, penalty included; NaN in the
        rows and columns of what has no standard error
    cov_robust : the same from the sandwich; a weight counts as that many rows
    dispersion : (q,) coefficients of log(alpha + beta); without Z the one value log((1 - rho) / rho)
    converged : whether coef and rho are a maximum, at the boundary or not
    n_iter : Newton steps
    state : how the search ended (below)
    aliased : (p,) bool, columns that the columns before them span, held at 0
    n_rows : rows with at least one trial and a positive weight, which are those that carry information
    names : column names of X, if it had any

    States
    ------
    regular : an inner maximum with finite standard errors
    binomial : the likelihood is largest at rho = 0; coef is that of the binomial regression
    rho unidentified : no row has two trials; rho is NaN, coef is that of the logistic regression
    rho one : every row is all or nothing, so the likelihood grows as rho -> 1; rho is 1, coef is the limit
    all zero, all full : no success (or no failure) at all: the intercept is -inf (or +inf), the means 0 (1)
    separated : some coefficients grow without bound; coef is where the search stopped, their cov is NaN
    collinear : regular, with aliased columns
    not converged : none of these; do not use
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
    aliased: Array
    n_rows: int
    names: tuple[str, ...] | None

    def summary(self, names: list[str] | None = None, robust: bool = False) -> pd.DataFrame:
        """One line per coefficient: coef, std_err, z, p (two-sided, normal), ci_low, ci_high (95 %)."""
        import pandas as pd
        from scipy.special import ndtr

        p = self.coef.size
        names = names if names is not None else self.names or [f"x{j}" for j in range(p)]
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
            index=pd.Index(names),
        )

    def predict(self, X: ArrayLike) -> Array:
        """Means (rows,) for the rows of X."""
        X = _matrix("X", X)
        if X.shape[1] != self.coef.size:
            raise ValueError(f"X has {X.shape[1]} columns, the fit has {self.coef.size} coefficients.")
        used = self.coef != 0.0
        return _expit(X[:, used] @ self.coef[used])


# --- fits ----------------------------------------------------------------------------------------------------


def fit_rate(k: ArrayLike, n: ArrayLike) -> RateFit:
    """Maximum likelihood of one mean and one rho for all rows.

    Parameters
    ----------
    k, n : (rows,) counts and trials

    Raises
    ------
    ValueError
        If a count is not usable (the message names the row) or no row has a trial.
    """
    k, n = _fit_counts(k, n)
    fit = fit_regression(np.ones((k.size, 1)), k, n)
    mean = float(_expit(fit.coef)[0])
    variance = np.diag(fit.cov)
    return RateFit(
        mean=mean,
        rho=float(fit.rho),
        loglik=fit.loglik,
        se_mean=float(np.sqrt(variance[0]) * mean * (1.0 - mean)),
        se_rho=float(np.sqrt(variance[1]) * fit.rho * (1.0 - fit.rho)),
        converged=fit.converged,
        state=fit.state,
    )


def fit_regression(
    X: ArrayLike,
    k: ArrayLike,
    n: ArrayLike,
    l2: float = 0.0,
    weights: ArrayLike | None = None,
    Z: ArrayLike | None = None,
) -> RegressionFit:
    """Maximum-likelihood beta-binomial regression with logit link.

    Parameters
    ----------
    X : (rows, p) used as given: add your own column of ones. A DataFrame lends its column names.
    k, n : (rows,) counts and trials; rows without trials carry no information
    l2 : penalty ``l2 / 2 * sum((coef_j * sd_j)^2)`` taken off the log-likelihood (a sum over rows, not a
        mean). sd_j is the weighted standard deviation of column j over the rows with trials, so the penalty
        does not depend on units, and constant columns (the intercept) are not penalised. The dispersion is
        not penalised either.
    weights : (rows,) frequencies: a weight of 2 is the row twice. Default 1.
    Z : (rows, q) columns of ``log(alpha + beta)``, used as given. Default: one dispersion for all rows.

    Returns
    -------
    RegressionFit

    Raises
    ------
    ValueError
        If an argument can't be used; the message names the argument and the row.

    References
    ----------
    Williams (1982), Extra-binomial variation in logistic linear models, doi:10.2307/2347977 (the start).
    """
    k, n = _fit_counts(k, n)
    return _fit_many(X, k[:, None], n[:, None], l2, weights, Z)[0]


def fit_regressions(
    X: ArrayLike,
    K: ArrayLike,
    n: ArrayLike,
    l2: float = 0.0,
    weights: ArrayLike | None = None,
    Z: ArrayLike | None = None,
) -> list[RegressionFit]:
    """`fit_regression` for each column of K (rows, m), on as many threads as there are cores.

    ``n`` is (rows,) or (rows, m). The design is checked and scaled once.
    """
    K = np.asarray(K, dtype=float)
    if K.ndim != 2:
        raise ValueError(f"K must be a table (rows, responses); its shape is {K.shape}.")
    n = np.asarray(n, dtype=float)
    n = np.broadcast_to(n[:, None], K.shape) if n.shape == K.shape[:1] else n
    pairs = [_fit_counts(K[:, j], n[:, j]) for j in range(K.shape[1])]
    return _fit_many(X, *(np.column_stack(part) for part in zip(*pairs, strict=True)), l2, weights, Z)


def _fit_many(X, K: Array, N: Array, l2: float, weights, Z) -> list[RegressionFit]:
    from lib import betabinomial_newton as newton

    names = tuple(map(str, X.columns)) if hasattr(X, "columns") else None
    X = _matrix("X", X, rows=len(K))
    if not (np.ndim(l2) == 0 and 0.0 <= float(l2) < np.inf):
        raise ValueError(f"l2 = {l2!r} must be a finite number, 0 or larger.")
    weights = np.ones(len(K)) if weights is None else np.asarray(weights, dtype=float)
    if weights.shape != (len(K),):
        raise ValueError(f"weights has shape {weights.shape}; ({len(K)},) is needed, one per row.")
    _check_each("weights", weights, (weights >= 0.0) & np.isfinite(weights), "is not a frequency")
    Z = np.ones((len(K), 1)) if Z is None else _matrix("Z", Z, rows=len(K))
    informative = (N > 0) & (weights > 0.0)[:, None]
    if not informative.any(axis=0).all():
        raise ValueError("No row has both a trial and a positive weight: there is nothing to fit.")

    def designs(rows: Array):
        take = slice(None) if rows.all() else rows
        w = np.ascontiguousarray(weights[take])
        mean = newton.scale_columns(X[take], w, drop_aliased=l2 == 0.0)
        return take, w, mean, newton.scale_columns(Z[take], w, drop_aliased=True)

    with newton.one_blas_thread():
        shared = designs(informative[:, 0]) if (informative == informative[:, :1]).all() else None

        def one(j: int) -> RegressionFit:
            take, w, mean, dispersion = shared or designs(informative[:, j])
            k, n = np.ascontiguousarray(K[take, j]), np.ascontiguousarray(N[take, j])
            penalty = l2 * mean.spread**2
            problem = newton.Problem(mean.x, dispersion.x, k, n, w, penalty)
            return _fit_one(problem, mean, dispersion, Z, names)

        if K.shape[1] == 1:
            return [one(0)]
        with ThreadPoolExecutor(min(K.shape[1], len(os.sched_getaffinity(0)))) as pool:
            return list(pool.map(one, range(K.shape[1])))


def _fit_one(problem, mean, dispersion, Z: Array, names) -> RegressionFit:
    from lib import betabinomial_newton as newton

    k, n = problem.k, problem.n
    p, q = mean.to_given.shape[1], dispersion.to_given.shape[1]
    given, given_z = mean.to_given.shape[0], dispersion.to_given.shape[0]
    if mean.constant is not None and (not k.any() or (k == n).all()):
        coef = np.zeros(given)
        coef[mean.constant] = np.copysign(np.inf, mean.to_given[mean.constant].sum()) * (1.0 if k.any() else -1.0)
        cov = np.full((given + given_z,) * 2, np.nan)
        state = "all full" if k.any() else "all zero"
        nothing = np.full(given_z, np.nan)
        rho = np.nan if given_z == 1 else np.full(len(Z), np.nan)
        return RegressionFit(coef, rho, 0.0, cov, cov, nothing, False, 0, state, mean.aliased, k.size, names)
    found = newton.solve(problem)
    return _regression_fit(found, problem, mean, dispersion, Z, names)


def _regression_fit(found, problem, mean, dispersion, Z, names) -> RegressionFit:
    from lib import betabinomial_newton as newton

    p = mean.to_given.shape[1]
    given, given_z = mean.to_given.shape[0], dispersion.to_given.shape[0]
    state, point = found.state, found.point
    regular = np.isfinite(point[p:]).all() and state in ("regular", "not converged")
    free = point.size if regular else p
    information = found.information[:free, :free]
    try:
        inverse = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        inverse = np.full_like(information, np.nan)
    to_given = np.zeros((given + given_z, free))
    to_given[:given, :p] = mean.to_given
    if regular:
        to_given[given:, p:] = dispersion.to_given
    coef = mean.to_given @ point[:p]
    held = np.concatenate([mean.aliased, np.full(given_z, not regular) | dispersion.aliased])
    converged = found.converged
    if not converged or found.iterations > 15:
        direction = newton.separating_direction(problem)
        if direction is not None:
            state, converged = "separated", False
            moved = np.abs(mean.to_given @ direction) * np.abs(mean.to_given).sum(axis=1)
            held[:given] |= moved > 1e-6 * moved.max()
    if state == "regular" and mean.aliased.any():
        state = "collinear"
    scores = problem.scores_squared(point)[:free, :free]

    def spread(matrix: Array) -> Array:
        out = to_given @ matrix @ to_given.T
        out[held, :] = np.nan
        out[:, held] = np.nan
        return out

    gamma = dispersion.to_given @ point[p:] if regular else np.full(given_z, point[p])
    with np.errstate(over="ignore"):
        rho = 1.0 / (1.0 + np.exp(Z @ gamma if given_z > 1 else gamma[0]))
    loglik = problem.loglik(point)
    if state == "rho unidentified":
        rho = np.nan
    elif state == "rho one":
        rho = 1.0
    return RegressionFit(
        coef=coef,
        rho=rho if given_z > 1 else float(rho),
        loglik=loglik,
        cov=spread(inverse),
        cov_robust=spread(inverse @ scores @ inverse),
        dispersion=gamma,
        converged=converged,
        n_iter=found.iterations,
        state=state,
        aliased=mean.aliased,
        n_rows=problem.k.size,
        names=names,
    )


# --- checks --------------------------------------------------------------------------------------------------


def _expit(eta: Array) -> Array:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-eta))


def _numbers(name: str, value: ArrayLike) -> Array:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers: {error}") from None


def _broadcast(**arguments: ArrayLike) -> list[Array]:
    arrays = {name: _numbers(name, value) for name, value in arguments.items()}
    try:
        return [np.array(a) for a in np.broadcast_arrays(*arrays.values())]
    except ValueError:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise ValueError(f"These shapes do not fit together: {shapes}.") from None


def _check_each(name: str, value: Array, good: Array, complaint: str) -> None:
    if not good.all():
        i = np.unravel_index(int(np.argmin(good)), value.shape)
        where = f"[{', '.join(map(str, i))}]" if i else ""
        raise ValueError(f"{name}{where} = {value[i]} {complaint}.")


def _check_trials(n: Array) -> None:
    _check_each("n", n, np.isfinite(n) & (n >= 0.0) & (n == np.floor(n)), "is not a number of trials")


def _check_counts(k: Array, n: Array) -> None:
    _check_trials(n)
    whole = np.isfinite(k) & (k >= 0.0) & (k == np.floor(k))
    _check_each("k", k, whole, "is not a count: whole numbers from 0 are needed, not rates")
    if (k > n).any():
        i = np.unravel_index(int(np.argmax(k > n)), k.shape)
        where = f"[{', '.join(map(str, i))}]" if i else ""
        raise ValueError(f"k{where} = {k[i]:.0f} is larger than n{where} = {n[i]:.0f}.")


def _check_parameters(mean: Array, rho: Array) -> None:
    _check_each("mean", mean, (mean >= 0.0) & (mean <= 1.0), "is outside [0, 1]")
    _check_each("rho", rho, (rho >= 0.0) & (rho < 1.0), "is outside [0, 1)")


def _fit_counts(k: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    k, n = _numbers("k", k), _numbers("n", n)
    if k.ndim != 1 or k.shape != n.shape:
        raise ValueError(f"k and n must be two columns of the same length; their shapes are {k.shape} and {n.shape}.")
    if k.size == 0:
        raise ValueError("k and n are empty: there is nothing to fit.")
    _check_counts(k, n)
    return k, n


def _matrix(name: str, value: ArrayLike, rows: int | None = None) -> Array:
    out = np.ascontiguousarray(_numbers(name, value))
    if out.ndim != 2 or out.shape[1] == 0:
        raise ValueError(f"{name} must be a table (rows, columns) with at least one column; its shape is {out.shape}.")
    if rows is not None and len(out) != rows:
        raise ValueError(f"{name} has {len(out)} rows, the counts have {rows}.")
    _check_each(name, out, np.isfinite(out), "is not a finite number")
    return out
