"""How good a forecast of the seven rates is: likelihood first, then calibration, then the assignment's own measure.

Shapes: ``counts`` and every score are (n, a) for n posts and a activities, ``views`` is (n,).
"""

from __future__ import annotations

import numpy as np

from lib import betabinomial
from lib.models.forecast import Interval, Rates


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


def squared_error(observed: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Mean squared error and R² of a prediction: two floats."""
    residual = ((observed - predicted) ** 2).mean()
    return float(residual), float(1 - residual / observed.var())
