"""A beta-binomial regression in which families of coefficients are shrunk, each by a variance of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.betabinomial import RegressionFit, fit_regression

START = 0.3  # the spread of each family in the first fit, in log-odds
LEAST, MOST = 0.01, 3.0  # a spread of LEAST counts as none
_STEPS = 200


@dataclass(frozen=True)
class PooledFit:
    """A fit with families of shrunk coefficients.

    Attributes
    ----------
    coef
        (p,) float64.
    cov
        (p, p) float64: expected squared error of coef, over clusters and over the distribution of the families.
    spread
        (families,) float64: the standard deviation of each family.
    """

    coef: np.ndarray
    cov: np.ndarray
    spread: np.ndarray


def fit_pooled(X: np.ndarray, k: np.ndarray, n: np.ndarray, clusters: np.ndarray, family: np.ndarray) -> PooledFit:
    """Fit a regression in which the coefficients of a family come from a normal distribution around 0.

    The variance of each family maximises the likelihood with all coefficients integrated out (Laplace's
    approximation at a first fit). The coefficients maximise the likelihood given these variances.

    Parameters
    ----------
    X, k, n, clusters
        As for :func:`lib.betabinomial.fit_regression`.
    family
        (p,) int: the family of each column from 0; -1 for a column that is not shrunk.

    Raises
    ------
    ArithmeticError
        If a fit doesn't converge; the message is the fit's state.

    References
    ----------
    Wood (2011), Fast stable restricted maximum likelihood estimation of semiparametric generalized linear models,
    doi:10.1111/j.1467-9868.2010.00749.x. MacKay (1992), Bayesian interpolation, doi:10.1162/neco.1992.4.3.415: the
    steps of the variances. Nychka (1988), Bayesian confidence intervals for smoothing splines,
    doi:10.1080/01621459.1988.10478711: the error of shrunk coefficients.
    """
    spread = np.full(family.max(initial=-1) + 1, START)
    fit = _fit(X, k, n, clusters, _precision(family, spread))
    spread = _spreads(fit, _precision(family, spread), family, spread)
    kept = (family < 0) | (np.append(spread, 0.0)[family] > LEAST)
    precision = _precision(family[kept], spread)
    fit = _fit(X[:, kept], k, n, clusters, precision)
    inverse = fit.cov[:-1, :-1]
    coef, cov = np.zeros(len(family)), np.zeros((len(family), len(family)))
    coef[kept] = fit.coef
    robust = fit.covariance(robust=True, small_sample="CR3")[:-1, :-1]
    cov[np.ix_(kept, kept)] = robust + (inverse * precision) @ inverse
    return PooledFit(coef, cov, spread)


def _precision(family: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return np.where(family < 0, 0.0, np.append(spread, 1.0)[family] ** -2.0)


def _fit(X: np.ndarray, k: np.ndarray, n: np.ndarray, clusters: np.ndarray, precision: np.ndarray) -> RegressionFit:
    penalty = np.divide(precision, X.var(0), out=np.zeros(len(precision)), where=precision > 0)
    fit = fit_regression(X, k, n, l2=penalty, clusters=clusters)
    if not fit.converged or np.isnan(fit.cov_robust[:-1, :-1]).any():
        raise ArithmeticError(fit.state)
    return fit


def _spreads(fit: RegressionFit, precision: np.ndarray, family: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The spreads that maximise the marginal likelihood, by its quadratic approximation around a fit."""
    shrunk = np.flatnonzero(family >= 0)
    of, coef, prior = family[shrunk], fit.coef[shrunk], precision[shrunk]
    # The inverse of a block of the covariance is the information with all other parameters profiled out.
    penalised = np.linalg.inv(fit.cov[np.ix_(shrunk, shrunk)])
    information, score = penalised - np.diag(prior), penalised @ coef
    for _ in range(_STEPS):
        half = spread[of]
        inverse = np.linalg.inv(np.eye(len(of)) + half[:, None] * information * half)
        squares = np.bincount(of, (half * (inverse @ (half * score))) ** 2)
        fitted = np.bincount(of, 1 - np.diag(inverse))
        last, spread = spread, np.clip(np.sqrt(squares / np.maximum(fitted, 1e-12)), LEAST, MOST)
        if np.allclose(last, spread, rtol=1e-3):
            break
    return spread
