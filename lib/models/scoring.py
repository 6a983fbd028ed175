"""How good a forecast is: likelihood first, then calibration.

Shapes: ``counts`` and every score are (n, a) for n posts and a activities, ``views`` is (n,).
"""

from __future__ import annotations

import numpy as np
from scipy import stats
from sklearn.metrics import mean_squared_error, r2_score

from lib import betabinomial
from lib.models.forecast import Forecast, Interval


def log_score(counts: np.ndarray, views: np.ndarray, forecast: Forecast) -> np.ndarray:
    """Log-probability of each observed count under the beta-binomial forecast.

    Returns
    -------
    (n, a) float64, in nats; higher is better.
    """
    return betabinomial.logpmf(counts, np.asarray(views)[:, None], forecast.mean, forecast.rho)


def paired_interval(
    score: np.ndarray, against: np.ndarray | float = 0.0, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> Interval:
    """Mean difference of two per-post scores, with a percentile bootstrap interval over posts.

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
    drawn = stats.bootstrap(
        (difference,),
        np.mean,
        n_resamples=draws,
        batch=100,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return Interval(float(difference.mean()), *map(float, drawn.confidence_interval), level)


def gap_closed(score: np.ndarray, baseline: np.ndarray, truth: np.ndarray) -> float:
    """Share of the gap between the mean log scores of the baseline (0) and the truth (1) that a model closes."""
    return float((score.mean() - baseline.mean()) / (truth.mean() - baseline.mean()))


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
    return mean_squared_error(observed, predicted), r2_score(observed, predicted)
