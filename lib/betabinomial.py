"""The beta-binomial: distribution, rates, and regression for counts out of a known number of trials.

``k ~ BetaBinomial(n, mean, rho)``: a probability is drawn from a beta distribution with the given mean and
``alpha + beta = (1 - rho) / rho``, then n trials succeed with it. ``rho`` in [0, 1) is the correlation of two
trials of the same row; ``rho = 0`` is the binomial.

The compiled loops and pandas are imported where they are first needed, so that importing this is instant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial_checks import (
    broadcast,
    check_counts,
    check_each,
    check_parameters,
    check_trials,
    fit_counts,
)
from lib.betabinomial_regression import RegressionFit, expit, fit_regression, fit_regressions

__all__ = [
    "RateFit",
    "RegressionFit",
    "ZeroInflatedFit",
    "cdf",
    "crps",
    "fit_rate",
    "fit_regression",
    "fit_regressions",
    "fit_zero_inflated",
    "logpmf",
    "ppf",
    "rvs",
]

Array = np.ndarray


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

    k, n, mean, rho = broadcast(k=k, n=n, mean=mean, rho=rho)
    check_counts(k, n)
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

    k, n, mean, rho = broadcast(k=k, n=n, mean=mean, rho=rho)
    check_each("k", k, ~np.isnan(k), "is not a number")
    check_trials(n)
    return _by_element(kernels.cdf_rows, np.floor(k), n, mean, rho)


def ppf(q: ArrayLike, n: ArrayLike, mean: ArrayLike, rho: ArrayLike) -> Array:
    """Smallest k with ``cdf(k) >= q``, as float64 holding whole numbers; 0 for q = 0.

    Raises
    ------
    ValueError
        If q is outside [0, 1], or n, mean or rho is outside its range.
    """
    from lib import betabinomial_kernels as kernels

    q, n, mean, rho = broadcast(q=q, n=n, mean=mean, rho=rho)
    check_each("q", q, (q >= 0.0) & (q <= 1.0), "is not a probability")
    check_trials(n)
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
    n, mean, rho = broadcast(n=n, mean=mean, rho=rho)
    check_trials(n)
    check_parameters(mean, rho)
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

    k, n, mean, rho = broadcast(k=k, n=n, mean=mean, rho=rho)
    check_counts(k, n)
    return _by_element(kernels.crps_rows, k, n, mean, rho)


def _by_element(kernel, first: Array, n: Array, mean: Array, rho: Array) -> Array:
    check_parameters(mean, rho)
    with np.errstate(divide="ignore", over="ignore"):
        s = (1.0 - rho) / rho
    out = np.empty(n.shape)
    kernel(first.ravel(), n.ravel(), mean.ravel(), (1.0 - mean).ravel(), s.ravel(), out.ravel())
    return out[()]


# --- one rate ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RateFit:
    """One mean and one rho for all rows.

    Attributes
    ----------
    mean, rho : float, the estimates; rho is NaN where the data say nothing of it
    loglik : float, nats, binomial coefficients included
    se_mean, se_rho : float, standard errors from the observed information; NaN where the state leaves none
    converged, state : as in `RegressionFit`
    """

    mean: float
    rho: float
    loglik: float
    se_mean: float
    se_rho: float
    converged: bool
    state: str


@dataclass(frozen=True)
class ZeroInflatedFit:
    """A share of certain zeros beside one beta-binomial rate.

    Attributes
    ----------
    zero : float, share of rows that can only be zero
    mean, rho : float, the beta-binomial of the other rows; the mean of all is ``(1 - zero) * mean``
    loglik : float, nats, binomial coefficients included
    se_zero, se_mean, se_rho : float, standard errors from the observed information; NaN at a boundary
    converged : bool, whether these are a maximum
    state : ``regular``; ``no inflation``, where the likelihood is largest at zero = 0; ``binomial``, where it is
        largest at rho = 0; or another state of `RegressionFit`, which then holds for zero = 0
    """

    zero: float
    mean: float
    rho: float
    loglik: float
    se_zero: float
    se_mean: float
    se_rho: float
    converged: bool
    state: str


def fit_rate(k: ArrayLike, n: ArrayLike) -> RateFit:
    """Maximum likelihood of one mean and one rho for all rows.

    Parameters
    ----------
    k, n : (rows,) successes and trials

    Raises
    ------
    ValueError
        If a count cannot be used (the message names the row) or no row has a trial.
    """
    k, n = fit_counts(k, n)
    fit = fit_regression(np.ones((k.size, 1)), k, n)
    mean = float(expit(fit.coef)[0])
    std_err = np.sqrt(np.diag(fit.cov))
    return RateFit(
        mean=mean,
        rho=fit.rho,
        loglik=fit.loglik,
        se_mean=float(std_err[0] * mean * (1.0 - mean)),
        se_rho=float(std_err[1] * fit.rho * (1.0 - fit.rho)),
        converged=fit.converged,
        state=fit.state,
    )


def fit_zero_inflated(k: ArrayLike, n: ArrayLike) -> ZeroInflatedFit:
    """Maximum likelihood of a mixture: certain zeros with probability ``zero``, else one beta-binomial rate.

    Parameters
    ----------
    k, n : (rows,) successes and trials

    Raises
    ------
    ValueError
        As `fit_rate`.
    """
    from lib import betabinomial_mixture as mixture

    k, n = fit_counts(k, n)
    plain = fit_rate(k, n)
    ordinary = plain.state in ("regular", "binomial")
    found = mixture.maximise_inflated(k[n > 0.0], n[n > 0.0], plain) if ordinary else None
    if found is None:
        state = "no inflation" if plain.state == "regular" else plain.state
        return ZeroInflatedFit(
            zero=0.0,
            mean=plain.mean,
            rho=plain.rho,
            loglik=plain.loglik,
            se_zero=np.nan,
            se_mean=plain.se_mean,
            se_rho=plain.se_rho,
            converged=plain.converged,
            state=state,
        )
    zero, mean, rho = expit(found.point * [1.0, 1.0, -1.0])
    std_err = found.std_err * [zero * (1.0 - zero), mean * (1.0 - mean), rho * (1.0 - rho)]
    return ZeroInflatedFit(
        zero=float(zero),
        mean=float(mean),
        rho=float(rho),
        loglik=found.loglik,
        se_zero=float(std_err[0]),
        se_mean=float(std_err[1]),
        se_rho=float(std_err[2]),
        converged=found.converged,
        state=found.state,
    )
