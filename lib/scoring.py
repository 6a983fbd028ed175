"""How good a forecast of the seven rates is: likelihood first, then calibration, then the assignment's own measure.

Shapes: ``counts`` and every score are (n, a) for n posts and a activities, ``views`` is (n,).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib import betabinomial
from lib.posts import ACTIVITIES

# The two weightings of the assignment's target, applied to counts and divided by views.
# `weights_mean` is round(100 / mean count, 2) per activity on the original data; its sum is multiplied by 10.
CONVERSION_WEIGHTS = {
    "weights": np.array([1.8, 4, 3, 1.4, 1.3, 1.5, 5]),
    "weights_mean": 10 * np.array([0.26, 9.75, 9.31, 0.13, 0.11, 0.17, 1.79]),
    "sum": np.ones(len(ACTIVITIES)),
}


@dataclass(frozen=True)
class Rates:
    """What a model says of n posts: ``mean`` (n, a) in (0, 1) and ``rho`` (a,) or (n, a) in [0, 1)."""

    mean: np.ndarray
    rho: np.ndarray

    def __getitem__(self, rows) -> Rates:
        """The same for some of the posts."""
        return Rates(self.mean[rows], self.rho[rows] if self.rho.ndim == 2 else self.rho)


@dataclass(frozen=True)
class Interval:
    """A point estimate with its interval: ``value``, ``low``, ``high`` and the interval's ``level``."""

    value: float
    low: float
    high: float
    level: float

    def columns(self) -> dict[str, float]:
        """``value``, ``low`` and ``high``, for a row of a table."""
        return {"value": self.value, "low": self.low, "high": self.high}


def log_score(counts: np.ndarray, views: np.ndarray, rates: Rates) -> np.ndarray:
    """Log-probability of each observed count under the beta-binomial forecast.

    Returns
    -------
    (n, a) float64, in nats; higher is better.
    """
    return betabinomial.logpmf(counts, np.asarray(views)[:, None], rates.mean, rates.rho)


def log_loss_per_view(counts: np.ndarray, views: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Binomial log-loss of one view, pooled over posts: (a,) float64 in nats; lower is better.

    It asks only for the mean, and gives a post with a thousand times the views a thousand times the say.
    """
    k, n = np.asarray(counts, float), np.asarray(views, float)[:, None]
    return -(k * np.log(mean) + (n - k) * np.log1p(-mean)).sum(0) / n.sum()


def paired_interval(
    score: np.ndarray, against: np.ndarray | float = 0.0, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> Interval:
    """Mean difference of two per-post scores with a percentile bootstrap interval over posts.

    Parameters
    ----------
    score, against
        (n,) per-post scores of the two models on the same posts.
    level
        Nominal coverage of the interval.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    difference = np.asarray(score, float) - against
    if difference.ndim != 1 or not len(difference):
        raise ValueError(f"paired_interval needs one score per post, not an array of shape {difference.shape}")
    rng = np.random.default_rng(seed)
    n = len(difference)
    means = np.array([difference[rng.integers(0, n, n)].mean() for _ in range(draws)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(difference.mean()), float(low), float(high), level)


def gap_closed(score: np.ndarray, baseline: np.ndarray, truth: np.ndarray) -> float:
    """Share of the way from the baseline's mean log score to the truth's that a model goes; 1 is all of it."""
    return float((score.mean() - baseline.mean()) / (truth.mean() - baseline.mean()))


def pit(counts: np.ndarray, views: np.ndarray, rates: Rates, rng: np.random.Generator) -> np.ndarray:
    """Randomised probability integral transform: (n, a) values, uniform on (0, 1) if the forecast is calibrated.

    References
    ----------
    Czado, Gneiting & Held (2009), Biometrics 65:1254, doi:10.1111/j.1541-0420.2009.01191.x.
    """
    n = np.asarray(views)[:, None]
    below = betabinomial.cdf(counts - 1, n, rates.mean, rates.rho)
    upto = betabinomial.cdf(counts, n, rates.mean, rates.rho)
    return below + rng.random(np.shape(counts)) * (upto - below)


def coverage(values: np.ndarray, level: float) -> np.ndarray:
    """Share of posts inside the central interval of the given level, from :func:`pit` values: (a,)."""
    return (np.abs(values - 0.5) <= level / 2).mean(0)


def weighted_conversion(counts: np.ndarray, views: np.ndarray, weights: str) -> np.ndarray:
    """The assignment's target: (n,) weighted sum of the seven activities per view.

    Parameters
    ----------
    counts
        (n, 7) counts; or, with ``views`` of one, (n, 7) rates: the target is linear in them.
    weights
        A key of ``CONVERSION_WEIGHTS``.
    """
    return np.asarray(counts) @ CONVERSION_WEIGHTS[weights] / np.asarray(views)


def squared_error(observed: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Mean squared error and R² of a prediction: two floats."""
    residual = ((observed - predicted) ** 2).mean()
    return float(residual), float(1 - residual / observed.var())
