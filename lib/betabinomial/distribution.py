"""The distribution: probabilities, quantiles, draws and the ranked probability score.

``k ~ BetaBinomial(n, mean, rho)``: a probability is drawn from a beta distribution with the given mean and
``alpha + beta = (1 - rho) / rho``, then n trials succeed with it. ``rho`` in [0, 1) is the correlation of two
trials of the same row; ``rho = 0`` is the binomial.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.checks import broadcast, check_counts, check_each, check_parameters, check_trials

Array = np.ndarray
BINOMIAL = 1e307  # values of alpha + beta above this count as infinite: sums and products of them would overflow


def logpmf(k: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """Log-probability of k successes in n trials, in nats.

    Relative error below 1e-13 for any n up to 1e7 and any mean and rho; a rho below 1e-307 counts as 0.

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
    Loader (2000), Fast and accurate computation of binomial probabilities: the saddle-point form of the binomial,
    which is extended here to the beta-binomial.
    """
    from lib.betabinomial import kernels

    k, n, mean, rho = broadcast(k=k, n=n, mean=mean, rho=rho)
    check_counts(k, n)
    return _by_element(kernels.log_pmf_rows, k, n, mean, rho)


def cdf(k: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """P(Y <= k) for any real k: 0 below 0, 1 from n on. Small lower tails are accurate to a relative error.

    Time grows with the distance from k to the nearer end of the support.

    Raises
    ------
    ValueError
        If k is NaN, or n, mean or rho is outside its range.
    """
    from lib.betabinomial import kernels

    k, n, mean, rho = broadcast(k=k, n=n, mean=mean, rho=rho)
    check_each("k", k, ~np.isnan(k), "is not a number")
    check_trials(n)
    return _by_element(kernels.cdf_rows, np.floor(k), n, mean, rho)


def ppf(q: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """Smallest k with ``cdf(k) >= q``, whole numbers as float64; 0 for q = 0.

    Raises
    ------
    ValueError
        If q is outside [0, 1], or n, mean or rho is outside its range.
    """
    from lib.betabinomial import kernels

    q, n, mean, rho = broadcast(q=q, n=n, mean=mean, rho=rho)
    check_each("q", q, (q >= 0.0) & (q <= 1.0), "is not a probability")
    check_trials(n)
    return _by_element(kernels.ppf_rows, q, n, mean, rho)


def rvs(n: ArrayLike, mean: ArrayLike, rho: ArrayLike, rng: np.random.Generator | int) -> Array:
    """Random counts, int64, of the broadcast shape.

    Parameters
    ----------
    rng : a ``np.random.Generator``, or a seed for one

    Raises
    ------
    ValueError
        If n, mean or rho is outside its range.
    """
    rng = np.random.default_rng(rng)
    n, mean, rho = broadcast(n=n, mean=mean, rho=rho)
    check_trials(n)
    check_parameters(mean, rho)
    p, s = mean.copy(), _alpha_plus_beta(rho)
    drawn = np.isfinite(s) & (mean > 0.0) & (mean < 1.0)
    alpha, beta = (np.maximum(part * s[drawn], 1e-300) for part in (mean[drawn], 1.0 - mean[drawn]))
    p[drawn] = rng.beta(alpha, beta)
    return np.asarray(rng.binomial(n.astype(np.int64), p))[()]


def crps(k: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """Continuous ranked probability score of the outcome k, in counts; smaller is better.

    ``sum over j < n of (P(Y <= j) - [k <= j])^2``, equal to ``E|Y - k| - E|Y - Y'| / 2``. The sum is exact.
    In the worst case, time grows with n.

    Raises
    ------
    ValueError
        If an argument is outside its range, as for `logpmf`.
    """
    from lib.betabinomial import kernels

    k, n, mean, rho = broadcast(k=k, n=n, mean=mean, rho=rho)
    check_counts(k, n)
    return _by_element(kernels.crps_rows, k, n, mean, rho)


def _by_element(kernel: Callable, first: Array, n: Array, mean: Array, rho: Array) -> Array:
    """Call a kernel on the flattened arguments, with ``1 - mean`` and ``alpha + beta`` in place of rho."""
    check_parameters(mean, rho)
    s = _alpha_plus_beta(rho)
    out = np.empty(n.shape)
    kernel(first.ravel(), n.ravel(), mean.ravel(), (1.0 - mean).ravel(), s.ravel(), out.ravel())
    return out[()]


def _alpha_plus_beta(rho: Array) -> Array:
    with np.errstate(divide="ignore", over="ignore"):
        s = (1.0 - rho) / rho
    return np.where(s > BINOMIAL, np.inf, s)
