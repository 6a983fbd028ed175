"""How good a forecast is: likelihood first, then calibration, then the measures of the trade.

Shapes: ``counts`` and every score are (n, a) for n posts and a activities, ``views`` is (n,).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import expit, logit, xlog1py, xlogy

from lib import betabinomial
from lib.models.fallback import usable
from lib.models.forecast import Forecast, Interval

_EDGE = 1e-12  # a mean is at least this far from 0 and 1
_FLAT = 1e-6  # logits that differ by less are equal


def log_score(counts: np.ndarray, views: np.ndarray, forecast: Forecast) -> np.ndarray:
    """Log-probability of each observed count under the beta-binomial forecast.

    Returns
    -------
    (n, a) float64, in nats; higher is better.
    """
    return betabinomial.logpmf(counts, np.asarray(views)[:, None], forecast.mean, forecast.rho)


def paired_interval(
    score: np.ndarray,
    against: np.ndarray | float = 0.0,
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    clusters: np.ndarray | None = None,
) -> Interval:
    """Mean difference of two per-post scores, with a percentile bootstrap interval over posts.

    Parameters
    ----------
    score, against
        (n,) per-post scores of the two models on the same posts.
    level
        Nominal coverage of the interval.
    clusters
        (n,) labels. If they are given, the interval is over clusters of posts; it is NaN for one cluster.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    difference = np.asarray(score, float) - against
    if difference.ndim != 1 or not len(difference):
        raise ValueError(f"paired_interval needs one score per post, not an array of shape {difference.shape}")
    if clusters is None:
        return _bootstrap(np.mean, [difference], level, draws, seed)
    at = np.unique(clusters, return_inverse=True)[1]
    if not at.any():
        return Interval(difference.mean(), np.nan, np.nan, level)

    def mean(total: np.ndarray, posts: np.ndarray, axis: int = -1) -> np.ndarray:
        return total.sum(axis=axis) / posts.sum(axis=axis)

    return _bootstrap(mean, [np.bincount(at, difference), np.bincount(at)], level, draws, seed)


def gap_closed(score: np.ndarray, baseline: np.ndarray, truth: np.ndarray) -> Interval:
    """Share of the gap between the mean log scores of the baseline (0) and the truth (1) that a model closes.

    Parameters
    ----------
    score, baseline, truth
        (n,) per-post scores on the same posts, which are drawn with all three for the interval.

    Returns
    -------
    The share with an interval as of :func:`paired_interval`; all NaN if the gap's own interval isn't above zero.
    """
    if not paired_interval(truth, baseline).low > 0:
        return Interval(np.nan, np.nan, np.nan, 0.95)

    def share(gain: np.ndarray, gap: np.ndarray, axis: int = -1) -> np.ndarray:
        return gain.mean(axis=axis) / gap.mean(axis=axis)

    return _bootstrap(share, [score - baseline, truth - baseline])


def pit(counts: np.ndarray, views: np.ndarray, forecast: Forecast, rng: np.random.Generator) -> np.ndarray:
    """Randomised probability integral transform: (n, a) values, uniform on (0, 1) if the forecast is calibrated.

    References
    ----------
    Czado, Gneiting & Held (2009), Biometrics 65:1254, doi:10.1111/j.1541-0420.2009.01191.x.
    """
    n = np.asarray(views)[:, None]
    below = betabinomial.cdf(counts - 1, n, forecast.mean, forecast.rho)
    upto = betabinomial.cdf(counts, n, forecast.mean, forecast.rho)
    return below + rng.random(np.shape(counts)) * (upto - below)


def coverage(values: np.ndarray, level: float) -> np.ndarray:
    """Share of posts inside the central interval of the given level, from :func:`pit` values: (a,)."""
    return (np.abs(values - 0.5) <= level / 2).mean(0)


def squared_error(observed: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Mean squared error and R² of a prediction: two floats."""
    from sklearn.metrics import mean_squared_error, r2_score

    return mean_squared_error(observed, predicted), r2_score(observed, predicted)


@dataclass(frozen=True)
class Calibration:
    """How the counts of n posts depend on their forecast, for each of a activities.

    ``logit(rate) = centre + intercept + slope (logit(mean) - centre)``, with the centre of the forecast's logits. A
    forecast that is right has intercept 0 and slope 1. A slope under 1 says that the predicted rates differ too much
    from post to post. Where the fit fails all are NaN; where all predicted rates are equal, the slope is.

    Attributes
    ----------
    intercept, slope
        (a,) on the logit scale.
    intercept_error, slope_error
        (a,) standard errors.
    p
        (a,) of the Wald test of intercept 0 and slope 1.
    p_joint
        Of all activities together.
    """

    intercept: np.ndarray
    slope: np.ndarray
    intercept_error: np.ndarray
    slope_error: np.ndarray
    p: np.ndarray
    p_joint: float


def calibrate(counts: np.ndarray, views: np.ndarray, forecast: Forecast) -> Calibration:
    """Beta-binomial regression of the counts on the forecast's logit, for each activity.

    Where the forecast's rho differs from post to post, log(alpha + beta) of the regression is linear in that of the
    forecast, unless such a fit fails.

    The joint test adds the activities' Wald statistics. The activities of a post depend on one another, so the sum is
    compared with a scaled chi-square that has the mean and variance of the sum (Satterthwaite). The dependence is that
    of the scores of the posts.

    References
    ----------
    Cox (1958), Two further applications of a model for binary regression, doi:10.1093/biomet/45.3-4.562.
    Satterthwaite (1946), An approximate distribution of estimates of variance components, doi:10.2307/3002019.
    """
    logits = logit(np.clip(forecast.mean, _EDGE, 1 - _EDGE))
    estimates, errors = np.full((2, 2, logits.shape[1]), np.nan)
    p, statistics, scores = np.full(logits.shape[1], np.nan), [], []
    precisions = -logit(np.broadcast_to(np.maximum(forecast.rho, _EDGE), logits.shape))
    for a, (k, eta, precision) in enumerate(zip(counts.T, logits.T, precisions.T, strict=True)):
        design, Z = map(_line, (eta, precision))
        terms, fit = design.shape[1], betabinomial.fit_regression(design, k, views, Z=Z)
        if not usable(fit):
            fit, Z = betabinomial.fit_regression(design, k, views), Z[:, :1]
        if not usable(fit) or np.isnan(fit.cov[:terms, :terms]).any():
            continue
        test = fit.wald_test(np.eye(terms), [eta.mean(), 1][:terms])
        estimates[:terms, a], errors[:terms, a] = fit.coef, np.sqrt(np.diag(fit.cov)[:terms])
        estimates[0, a] -= eta.mean()
        p[a] = test.p
        statistics.append(test.statistic)
        slopes = _slope_of_log_score(fit.linear_predictor(design), k, views, expit(-Z @ fit.dispersion))
        scores.append(slopes[:, None] * design @ np.linalg.cholesky(fit.cov[:terms, :terms]))
    return Calibration(*estimates, *errors, p, _p_of_sum(statistics, scores))


def auc(counts: np.ndarray, views: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Probability that a view with an action has a higher predicted rate than one without; a tie counts half.

    Parameters
    ----------
    counts, mean
        (n, a) counts, and predicted means.
    views
        (n,)

    Returns
    -------
    (a,) in [0, 1]; NaN where every view has an action, or none has.
    """
    found = np.full(counts.shape[1], np.nan)
    for a, (k, predicted) in enumerate(zip(counts.T, mean.T, strict=True)):
        _, at = np.unique(predicted, return_inverse=True)
        with_one, without = np.bincount(at, k), np.bincount(at, views - k)
        if with_one.sum() and without.sum():
            below = np.cumsum(without) - without / 2
            found[a] = with_one @ below / (with_one.sum() * without.sum())
    return found


def lift(counts: np.ndarray, views: np.ndarray, mean: np.ndarray, share: float = 0.1) -> np.ndarray:
    """Mean observed rate of the posts with the highest predicted rates, over that of all posts.

    Parameters
    ----------
    counts, views, mean
        As for :func:`auc`.
    share
        The share of posts that counts as the top, in (0, 1]. Posts with a predicted rate on the border count in part.

    Returns
    -------
    (a,), 1 without information; NaN where nothing happens.
    """
    rates, top = counts / views[:, None], share * len(views)
    found = np.full(counts.shape[1], np.nan)
    for a, (rate, predicted) in enumerate(zip(rates.T, mean.T, strict=True)):
        _, at = np.unique(-predicted, return_inverse=True)
        posts = np.bincount(at)
        weight = np.clip((top - (np.cumsum(posts) - posts)) / posts, 0, 1)[at]
        if rate.any():
            found[a] = weight @ rate / top / rate.mean()
    return found


def log_loss(counts: np.ndarray, views: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Mean negative log-probability of what a view does, in nats per view: (a,)."""
    n = np.asarray(views)[:, None]
    return -(xlogy(counts, mean) + xlog1py(n - counts, -mean)).sum(0) / n.sum()


def normalised_entropy(counts: np.ndarray, views: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """:func:`log_loss` over that of the pooled rate of the same views: (a,), under 1 if a forecast has information.

    NaN where every view has an action, or none has.

    References
    ----------
    He et al. (2014), Practical lessons from predicting clicks on ads at Facebook, doi:10.1145/2648584.2648589.
    """
    usual = log_loss(counts, views, np.broadcast_to(counts.sum(0) / np.sum(views), counts.shape))
    return np.divide(log_loss(counts, views, mean), usual, out=np.full(len(usual), np.nan), where=usual > 0)


def rank_products(observed: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Products of the standardised ranks of (n,) observed and predicted values: (n,), with Spearman's rho as the mean.

    0 where all values of one side are equal.
    """
    ranks = np.array([scipy.stats.rankdata(observed), scipy.stats.rankdata(predicted)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    spread = ranks.std(axis=1, keepdims=True)
    return np.prod(np.divide(ranks, spread, out=np.zeros_like(ranks), where=spread > 0), axis=0)


def _bootstrap(
    of: Callable, samples: Sequence[np.ndarray], level: float = 0.95, draws: int = 2000, seed: int = 0
) -> Interval:
    """A statistic of paired (n,) samples with its percentile bootstrap interval."""
    drawn = scipy.stats.bootstrap(
        samples,
        of,
        paired=True,
        n_resamples=draws,
        batch=100,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return Interval(float(of(*samples)), *map(float, drawn.confidence_interval), level)


def _line(x: np.ndarray) -> np.ndarray:
    """A column of ones and the centred x (n,), without the latter if it is constant."""
    return np.column_stack([np.ones(len(x)), x - x.mean()])[:, : 1 + (np.ptp(x) > _FLAT)]


def _slope_of_log_score(eta: np.ndarray, k: np.ndarray, n: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Derivative (n,) of each log-probability by logit(mean)."""
    step = 1e-4
    high, low = (betabinomial.logpmf(k, n, expit(eta + move), rho) for move in (step, -step))
    return (high - low) / (2 * step)


def _p_of_sum(statistics: list[float], scores: list[np.ndarray]) -> float:
    """P-value of the sum of Wald statistics, whose normal parts correlate as the (n, terms) scores do."""
    if not statistics:
        return float("nan")
    parts = np.hstack(scores)
    products = parts.T @ parts
    size = np.sqrt(np.diag(products))
    spread = np.sum((products / np.outer(size, size)) ** 2)  # half the variance of the sum; its mean is len(size)
    return float(scipy.stats.chi2.sf(sum(statistics) * len(size) / spread, len(size) ** 2 / spread))
