"""Several models' forecasts combined into one, calibrated on forecasts that each model made of posts it did not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import digamma, expit, gammaln, logit, softmax

from lib import betabinomial
from lib.models.crossfit import Fold, cross_fit
from lib.models.fallback import MOST_RHO, pooled, usable
from lib.models.forecast import Forecast
from lib.storage import Arrays

LEAST_RHO = 1e-7  # (1 - rho) / rho must be finite; with this rho counts are practically binomial
_EDGE = 1e-12  # a mean is at least this far from 0 and 1
_FLAT = 1e-6  # logits that differ by less are equal
_ARRAYS = ("weights", "shift", "slope", "dispersion")


class Blend:
    """A stack: logit(mean) = shift + slope * sum_m weight_m logit(mean_m), by activity, for m models.

    The weights are not negative and sum to one. They are shrunk towards equal weights and the slope towards one, by
    normal priors with the standard deviation ``SPREAD``. With one model this is a calibration. An activity whose fit
    fails gets the plain mean of the models' logits, shifted to the pooled rate, and its rho.

    Where it pays, rho depends on the mean: log((1 - rho) / rho) = dispersion_0 + dispersion_1 logit(mean). Elsewhere
    dispersion_1 is 0. A forecast that is off by a factor adds a variance that grows with the square of the mean. One
    rho for all posts is then too large for posts with low rates, and too small for those with high ones.

    References
    ----------
    Wolpert (1992), Stacked generalization, doi:10.1016/S0893-6080(05)80023-1.
    Breiman (1996), Stacked regressions, doi:10.1007/BF00117832: weights that are not negative.
    """

    SPREAD = 0.2

    def __init__(self, equal: bool = False):
        self.equal = equal

    def fit(self, forecasts: Sequence[Forecast], counts: np.ndarray, views: np.ndarray) -> Blend:
        """Fit to cross-fitted forecasts of n posts, whose counts are (n, a) and views (n,)."""
        logits = _logits(forecasts)
        found = [self._one(logits[:, a], counts[:, a], views) for a in range(counts.shape[1])]
        self.weights_ = np.column_stack([weights for weights, _, _ in found])
        self.slope_ = np.array([slope for _, slope, _ in found])
        self.shift_ = np.array([of.shift for _, _, of in found])
        self.dispersion_ = np.column_stack([of.dispersion for _, _, of in found])
        self.fell_back_ = np.array([of.loglik == -np.inf for _, _, of in found])
        return self

    def predict(self, forecasts: Sequence[Forecast]) -> Forecast:
        if len(forecasts) != len(self.weights_):
            raise ValueError(f"{len(forecasts)} forecasts for a blend of {len(self.weights_)}")
        logits = self.shift_ + self.slope_ * np.einsum("nam,ma->na", _logits(forecasts), self.weights_)
        return Forecast(expit(logits), rho_at(logits, self.dispersion_))

    def cross_fit(
        self, forecasts: Sequence[Forecast], counts: np.ndarray, views: np.ndarray, folds: Sequence[Fold]
    ) -> Forecast:
        """The blend's forecast of the n posts, each by a blend that was fitted without it."""

        def forecast(fitted: np.ndarray, held: np.ndarray) -> Forecast:
            blend = Blend(self.equal).fit([f[fitted] for f in forecasts], counts[fitted], views[fitted])
            return blend.predict([f[held] for f in forecasts])

        return cross_fit(folds, forecast)

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        return {name: getattr(self, f"{name}_") for name in _ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Blend:
        """The model whose :meth:`arrays` these are."""
        model = cls()
        for name in _ARRAYS:
            setattr(model, f"{name}_", arrays[name])
        return model

    def _one(self, logits: np.ndarray, k: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, float, Shift]:
        """Weights (m,), slope and shift of one activity, from logits (n, m)."""
        equal = np.full(logits.shape[1], 1 / logits.shape[1])
        weights, slope, found = equal, 1.0, shifted(logits @ equal, k, n)
        for _ in range(2):
            if found.loglik > -np.inf:
                weights, slope = self._search(weights, slope, found, logits, k, n)
                found = dispersed(slope * (logits @ weights), k, n)
        return (weights, slope, found) if found.loglik > -np.inf else (equal, 1.0, shifted(logits @ equal, k, n))

    def _search(
        self, weights: np.ndarray, slope: float, found: Shift, logits: np.ndarray, k: np.ndarray, n: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Weights and slope with the largest posterior density at the posts' rho."""
        rho = rho_at(found.shift + slope * (logits @ weights), found.dispersion)
        total, equal, precision = (1 - rho) / rho, 1 / len(weights), self.SPREAD**-2
        free = not self.equal and len(weights) > 1

        def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
            share, move, tilt = softmax(point[2:]) if free else weights, *point[:2]
            inner = logits @ share
            mean = np.clip(expit(move + tilt * inner), _EDGE, 1 - _EDGE)
            a, b = mean * total, (1 - mean) * total
            value = np.sum(gammaln(k + a) - gammaln(a) + gammaln(n - k + b) - gammaln(b))
            ascent = a * (1 - mean) * (digamma(k + a) - digamma(a) - digamma(n - k + b) + digamma(b))
            value -= precision / 2 * (np.sum((share - equal) ** 2) + (tilt - 1) ** 2)
            gradient = [ascent.sum(), ascent @ inner - precision * (tilt - 1)]
            if free:
                by_share = tilt * (ascent @ logits) - precision * (share - equal)
                gradient.extend(share * (by_share - share @ by_share))
            return -value, -np.array(gradient)

        start = [found.shift, slope, *(np.log(np.maximum(weights, 1e-3)) if free else [])]
        point = scipy.optimize.minimize(loss, start, jac=True, method="BFGS", options={"gtol": 0.01}).x
        return softmax(point[2:]) if free else weights, float(point[1])


def shifted(logits: np.ndarray, k: np.ndarray, n: np.ndarray) -> Shift:
    """Shift (n,) logits so that they fit the counts best, and fit one rho.

    The log-likelihood is -inf if the fit fails; then the shift leads to the pooled rate.
    """
    fit = betabinomial.fit_regression(np.ones((len(k), 1)), k, n, offset=logits)
    if usable(fit):
        return Shift(float(fit.coef[0]), _constant(fit.rho), fit.loglik)
    mean, rho, _ = pooled(k, n)
    return Shift(float(logit(mean) - logits.mean()), _constant(rho), -np.inf)


def dispersed(logits: np.ndarray, k: np.ndarray, n: np.ndarray) -> Shift:
    """:func:`shifted`, with a rho that depends on the mean if the Bayesian information criterion prefers it."""
    plain, centre = shifted(logits, k, n), logits.mean()
    if plain.loglik == -np.inf or np.ptp(logits) < _FLAT:
        return plain
    Z = np.column_stack([np.ones(len(k)), logits - centre])
    fit = betabinomial.fit_regression(np.ones((len(k), 1)), k, n, offset=logits, Z=Z)
    if not usable(fit) or fit.loglik - plain.loglik < np.log(len(k)) / 2:
        return plain
    shift, (constant, slope) = float(fit.coef[0]), fit.dispersion
    return Shift(shift, np.array([constant - slope * (centre + shift), slope]), fit.loglik)


def rho_at(logits: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """rho of the logits of means, from :attr:`Shift.dispersion`; both may have a last axis of activities."""
    constant, slope = dispersion
    return np.clip(expit(-constant - slope * logits), LEAST_RHO, MOST_RHO)


@dataclass(frozen=True)
class Shift:
    """A ``shift`` on the logit scale with ``loglik``, in nats, and the ``dispersion`` (2,) of :class:`Blend`."""

    shift: float
    dispersion: np.ndarray
    loglik: float


def _constant(rho: float) -> np.ndarray:
    return np.array([-logit(max(rho, LEAST_RHO)), 0.0])


def _logits(forecasts: Sequence[Forecast]) -> np.ndarray:
    """(n, a, m)"""
    return np.stack([logit(np.clip(forecast.mean, _EDGE, 1 - _EDGE)) for forecast in forecasts], axis=-1)
