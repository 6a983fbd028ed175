"""One rate for all rows, with and without zero inflation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.checks import fit_counts
from lib.betabinomial.fit import expit
from lib.betabinomial.inflated import fit_zero_inflated_regression
from lib.betabinomial.regression import fit_regression


@dataclass(frozen=True)
class RateFit:
    """One mean and one rho for all rows.

    Attributes
    ----------
    mean, rho : float, the estimates; rho is NaN where the data do not identify rho
    loglik : float, nats, binomial coefficients included
    se_mean, se_rho : float, standard errors from the observed information; NaN in states without a standard error
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
    """A mixture of certain zeros and one beta-binomial rate.

    Attributes
    ----------
    zero : float, share of certain zeros: rows that can only be zero
    mean, rho : float, the beta-binomial of the other rows; the mean of all rows is ``(1 - zero) * mean``
    loglik : float, nats, binomial coefficients included
    se_zero, se_mean, se_rho : float, standard errors from the observed information; NaN at a boundary
    converged : bool, whether the estimates are a maximum
    state : as in `ZeroInflatedRegressionFit`
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
    """Maximum likelihood of a mixture: a certain zero with probability ``zero``, else one beta-binomial rate.

    Parameters
    ----------
    k, n : (rows,) successes and trials

    Raises
    ------
    ValueError
        As `fit_rate`.
    """
    k, n = fit_counts(k, n)
    fit = fit_zero_inflated_regression(np.ones((k.size, 1)), k, n)
    mean, rho, zero = expit(np.concatenate([fit.coef, -fit.dispersion, fit.zero]))
    std_err = np.sqrt(np.diag(fit.cov)) * [mean * (1.0 - mean), rho * (1.0 - rho), zero * (1.0 - zero)]
    return ZeroInflatedFit(
        zero=float(zero),
        mean=float(mean),
        rho=float(rho),
        loglik=fit.loglik,
        se_zero=float(std_err[2]),
        se_mean=float(std_err[0]),
        se_rho=float(std_err[1]),
        converged=fit.converged,
        state=fit.state,
    )
