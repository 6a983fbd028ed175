"""Effects of levers within randomised tests: what differs between two arms of one test is an effect, not a habit.

The counts have the mean and the variance of the beta-binomial. Each test and photo has an intercept of its own, which
the rest of a test's counts determine: with a log link the estimating equations of the other coefficients hold exactly
in the mean, however few arms a test has. A likelihood with thousands of free intercepts has no such guarantee.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from lib.advice.changes import relative_change
from lib.advice.experiments import Tests
from lib.features import Contrast, contrasts, property_values, readable_features

# A lever is estimated if its properties differ between arms of at least this many tests.
MIN_TESTS = 20

_STEPS = 50
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class WithinFit:
    """A regression within strata.

    Attributes
    ----------
    coef, cov : (p,) and (p, p), change of the log rate per unit of each column; the covariance is cluster-robust.
    rho : float, correlation of two views of one arm, given the arm's mean
    converged : bool
    """

    coef: np.ndarray
    cov: np.ndarray
    rho: float
    converged: bool


def arm_properties(tests: Tests) -> pd.DataFrame:
    """The properties of the texts of the arms: (arms, properties), see :func:`lib.features.property_values`."""
    posts = pd.DataFrame({"text": tests.arms["text"]}).assign(photo=None)
    return property_values(readable_features(posts)).set_axis(tests.arms.index)


def within_test_effects(
    tests: Tests, properties: pd.DataFrame | None = None, asked: Sequence[Contrast] | None = None, level: float = 0.95
) -> pd.DataFrame:
    """The effect of each lever on each activity, from the arms that share a test and a photo.

    Parameters
    ----------
    properties
        :func:`arm_properties` of the arms; rows are found by index.
    asked
        The contrasts that the effects refer to; by default those of the arms, for the levers of a text. The
        regressions hold all their properties at once.
    level
        Of the intervals.

    Returns
    -------
    DataFrame
        ``lever``; ``activity``; ``effect``, relative change of the rate, with its interval ``low`` to ``high``; ``p``;
        ``q``, p adjusted for all effects by Benjamini and Hochberg; ``tests`` and ``arms`` in which the lever varies;
        NaN if there are fewer than ``MIN_TESTS`` such tests or the lever can't be separated from others.
    """
    properties = arm_properties(tests) if properties is None else properties.loc[tests.arms.index]
    if asked is None:
        asked = [contrast for contrast in contrasts(properties) if contrast.posts.any()]
    strata = tests.arms.groupby(["test", "photo"], sort=False).ngroup().to_numpy()
    clusters = tests.arms.groupby("test", sort=False).ngroup().to_numpy()
    names = list(dict.fromkeys(prop for contrast in asked for prop in contrast.from_to))
    values = properties[names].fillna(properties[names].mean()).fillna(0.0)
    spread = values.groupby(strata).transform("max") - values.groupby(strata).transform("min")
    varies = (spread > 0).groupby(clusters).any().sum() >= MIN_TESTS
    names = [name for name in names if varies[name]]
    X = values[names].to_numpy()
    rows = []
    for activity in tests.activities:
        fit = fit_within(X, tests.arms[activity].to_numpy(), tests.arms["view"].to_numpy(), strata, clusters)
        for contrast in asked:
            there = (spread[list(contrast.from_to)] > 0).any(axis=1).to_numpy()
            found = {"tests": len(np.unique(clusters[there])), "arms": int(there.sum())}
            row = {"lever": contrast.lever, "activity": activity, "effect": np.nan, "low": np.nan, "high": np.nan}
            if set(contrast.from_to) <= set(names) and fit.converged:
                step = np.zeros(len(names))
                for prop, (low, high) in contrast.from_to.items():
                    step[names.index(prop)] = high - low
                ratio, error = step @ fit.coef, np.sqrt(step @ fit.cov @ step)
                row |= relative_change(ratio, error, found["tests"] - 1, level)
            rows.append(row | found)
    columns = ["lever", "activity", "effect", "low", "high", "p", "q", "tests", "arms"]
    table = pd.DataFrame(rows, columns=columns)
    known = table["p"].notna()
    if known.any():
        table.loc[known, "q"] = scipy.stats.false_discovery_control(table.loc[known, "p"].to_numpy(float))
    return table


def fit_within(X: np.ndarray, k: np.ndarray, n: np.ndarray, strata: np.ndarray, clusters: np.ndarray) -> WithinFit:
    """Regress rates on columns within strata: log of the mean of k / n = intercept of the stratum + X coef.

    The estimate solves the quasi-likelihood equations with the variance of the beta-binomial,
    ``n m (1 - m) (1 + (n - 1) rho)``. rho is such that Pearson's statistic equals its degrees of freedom. The
    covariance is the jackknife over clusters, to first order; it needs neither the variance nor rho to be right.

    Parameters
    ----------
    X : (rows, p) columns; none may be constant within all strata.
    k, n : (rows,) counts and views.
    strata, clusters : (rows,) whole numbers from 0; a stratum lies in one cluster, or the covariance leaves out the
        error of its intercept.

    References
    ----------
    Williams (1982), Extra-binomial variation in logistic linear models, doi:10.2307/2347977: rho.
    Wooldridge (1999), Distribution-free estimation of some nonlinear panel data models,
    doi:10.1016/S0304-4076(98)00033-5: free intercepts that leave the other coefficients consistent.
    Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples, Survey
    Methodology 28: the jackknife.
    """
    total = np.bincount(strata, k)
    rows = (total[strata] > 0) & (np.bincount(strata)[strata] > 1)
    X, k, n = X[rows], k[rows].astype(float), n[rows].astype(float)
    strata, clusters = (np.unique(labels[rows], return_inverse=True)[1] for labels in (strata, clusters))
    p, size = X.shape[1], strata.max(initial=-1) + 1
    unknown = WithinFit(np.full(p, np.nan), np.full((p, p), np.nan), np.nan, converged=False)
    rate = np.bincount(strata, k) / np.bincount(strata, n)
    binomial = np.maximum(1 - rate, 1 / np.bincount(strata, n))[strata]
    freedom = len(k) - size - p
    if freedom <= 0 or not p:
        return unknown
    coef, rho, scale = np.zeros(p), 0.0, np.maximum(X.std(0), 1e-12)
    X = X / scale
    for _ in range(_STEPS):
        weight = 1 / (binomial * (1 + (n - 1) * rho))
        mean, apart = _means(X, k, n, coef, weight, strata)
        information = apart.T @ (apart * (weight * mean)[:, None])
        if np.linalg.matrix_rank(information, hermitian=True) < p:
            return unknown
        step = np.linalg.solve(information, apart.T @ (weight * (k - mean)))
        coef = coef + step * min(1.0, 2 / max(np.abs(step).max(), 1e-12))
        before, rho = rho, correlation(k, n, mean, binomial, freedom)
        if np.abs(step).max() < _TOLERANCE and abs(rho - before) <= 1e-6 * rho:
            break
    else:
        return unknown
    own = apart * np.sqrt(weight * mean)[:, None]
    residual = np.zeros((clusters.max() + 1, p))
    np.add.at(residual, clusters, apart * (weight * (k - mean))[:, None])
    parts = np.zeros((len(residual), p, p))
    np.add.at(parts, clusters, own[:, :, None] * own[:, None, :])
    moved = np.linalg.solve(information - parts, residual[:, :, None])[:, :, 0]
    cov = moved.T @ moved * (len(moved) - 1) / len(moved)
    return WithinFit(coef / scale, cov / np.outer(scale, scale), rho, converged=True)


def _means(
    X: np.ndarray, k: np.ndarray, n: np.ndarray, coef: np.ndarray, weight: np.ndarray, strata: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Expected counts (rows,), and the columns centred by their weighted means in each stratum."""
    eta = X @ coef
    relative = n * np.exp(eta - eta.mean())
    mean = relative * (np.bincount(strata, weight * k) / np.bincount(strata, weight * relative))[strata]
    return mean, centred(X, weight * mean, strata)


def centred(X: np.ndarray, weight: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Columns (rows, p) less their weighted means in each stratum; each whole number up to the largest is a stratum."""
    total = np.bincount(strata, weight)
    return X - np.column_stack([np.bincount(strata, weight * x) / total for x in X.T])[strata]


def correlation(k: np.ndarray, n: np.ndarray, mean: np.ndarray, binomial: np.ndarray, freedom: int) -> float:
    """The rho for which Pearson's statistic is ``freedom``; 0 if the counts scatter no more than binomial counts.

    Parameters
    ----------
    k, n, mean : (rows,) counts, views and expected counts.
    binomial : (rows,) one minus the rate.
    freedom : degrees of freedom.
    """
    squares = (k - mean) ** 2 / (mean * binomial)

    def excess(rho: float) -> float:
        return float((squares / (1 + (n - 1) * rho)).sum()) - freedom

    if excess(0.0) <= 0:
        return 0.0
    return float(scipy.optimize.brentq(excess, 0.0, 1.0, xtol=1e-12)) if excess(1.0) < 0 else 1.0
