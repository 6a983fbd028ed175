"""Several activities of one post at once: a Gaussian copula joins the activities' forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from lib import betabinomial
from lib.models.forecast import Forecast

_EDGE = 1e-9  # a probability is at least this far from 0 and 1


@dataclass(frozen=True)
class Copula:
    """The dependence between the a activities of a post, given its forecast.

    Attributes
    ----------
    correlation
        (a, a) correlation matrix of the normal scores of the counts.

    References
    ----------
    Smith & Khaled (2012), Estimation of copula models with discrete margins via Bayesian data augmentation,
    doi:10.1080/01621459.2011.644501: the joint probability as an integral over the copula.
    Iman & Conover (1982), A distribution-free approach to inducing rank correlation, doi:10.1080/03610918208812265:
    draws by reordering.
    """

    correlation: np.ndarray

    def log_ratio(
        self, counts: np.ndarray, views: np.ndarray, forecast: Forecast, draws: int = 400, seed: int = 0
    ) -> np.ndarray:
        """Log-probability of each post's counts together, less that under independence: (n,) nats.

        The ratio is the mean density of the copula over the box of probabilities that the counts stand for. The mean
        is taken over random points of the box.
        """
        rng = np.random.default_rng(seed)
        extra = np.linalg.inv(self.correlation) - np.eye(len(self.correlation))
        low, high = _box(counts, views, forecast)
        total = np.full(len(low), -np.inf)
        for _ in range(draws):
            scores = _probit(low + rng.random(low.shape) * (high - low))
            total = np.logaddexp(total, -0.5 * np.einsum("na,ab,nb->n", scores, extra, scores))
        return total - np.log(draws) - 0.5 * np.linalg.slogdet(self.correlation)[1]

    def draw(self, views: np.ndarray, forecast: Forecast, draws: int = 400, seed: int = 0) -> np.ndarray:
        """Counts of all activities together, drawn from the forecast: (draws, n, a) int64."""
        rng = np.random.default_rng(seed)
        shape = draws, *forecast.mean.shape
        views = np.broadcast_to(np.asarray(views)[:, None], shape)
        counts = np.sort(betabinomial.rvs(views, forecast.mean, forecast.rho, rng), axis=0)
        scores = rng.standard_normal(shape) @ np.linalg.cholesky(self.correlation).T
        return np.take_along_axis(counts, scores.argsort(0).argsort(0), axis=0)


def fit_copula(counts: np.ndarray, views: np.ndarray, forecast: Forecast, seed: int = 0) -> Copula:
    """The copula of n posts' counts (n, a), from cross-fitted forecasts.

    The correlations are those of the normal scores. They are shrunk to 0 as if a further posts without dependence had
    been seen. Where an activity is rare, its randomised scores correlate less than the counts depend on one another.
    """
    low, high = _box(counts, views, forecast)
    scores = _probit(low + np.random.default_rng(seed).random(low.shape) * (high - low))
    n, a = scores.shape
    found = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    return Copula((n * found + a * np.eye(a)) / (n + a))


def _box(counts: np.ndarray, views: np.ndarray, forecast: Forecast) -> tuple[np.ndarray, np.ndarray]:
    """P(Y < k) and P(Y <= k) of each count, (n, a)."""
    n = np.asarray(views)[:, None]
    low, high = (betabinomial.cdf(counts - less, n, forecast.mean, forecast.rho) for less in (1, 0))
    return low, high


def _probit(values: np.ndarray) -> np.ndarray:
    return ndtri(np.clip(values, _EDGE, 1 - _EDGE))
