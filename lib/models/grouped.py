"""One rate for each group of posts, such as a community. It is partially pooled: a small group stays near the whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import digamma, expit, polygamma

from lib.features import Features
from lib.models.blend import Blend, shifted
from lib.models.crossfit import Fold, cross_fit
from lib.models.forecast import Forecast
from lib.storage import Arrays, part, under

_STEPS, _CLOSE = 100, 1e-3
_START, _LEAST = 0.5, 0.01  # spread of the groups, in log-odds
_LEAST_INFORMATION = 1e-3  # of a group; the likelihood is not concave everywhere
_EDGE = 1e-12


class Grouped:
    """logit(mean) = level + effect of the group, by activity. The effects come from a normal distribution around 0.

    The spread of the effects maximises the likelihood with the effects integrated out (Laplace's approximation, steps
    of EM). The fewer posts a group has, the more its effect is shrunk. The logits are calibrated by a :class:`Blend` of
    one model. A post of no group has the level; its forecast is meant to be replaced by one that knows no groups.

    References
    ----------
    Gelman & Hill (2007), Data Analysis Using Regression and Multilevel/Hierarchical Models, ch. 12.
    """

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, folds: Sequence[Fold]) -> Grouped:
        """Fit to the block "group" of :func:`lib.features.make_blocks`."""
        group = _positions(features)
        number, there = int(group.max(initial=-1)) + 1, group >= 0

        def logits(fitted: np.ndarray) -> np.ndarray:
            fitted = fitted[there[fitted]]
            of = [_effects(group[fitted], counts[fitted, a], views[fitted], number) for a in range(counts.shape[1])]
            return np.column_stack(of)

        def calibrated(fitted: np.ndarray, held: np.ndarray) -> Forecast:
            fitted = fitted[there[fitted]]
            return Blend().fit([raw[fitted]], counts[fitted], views[fitted]).predict([raw[held]])

        raw = cross_fit(folds, lambda fitted, held: _forecast(logits(fitted), group[held]))
        self.logits_ = logits(np.arange(len(group)))
        self.blend_ = Blend().fit([raw[there]], counts[there], views[there])
        self.cross_fitted_ = cross_fit(folds, calibrated)
        return self

    def predict(self, features: Features) -> Forecast:
        return self.blend_.predict([_forecast(self.logits_, _positions(features))])

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        return {"logits": self.logits_} | under("blend", self.blend_.arrays())

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Grouped:
        """The model whose :meth:`arrays` these are."""
        model = cls()
        model.logits_, model.blend_ = arrays["logits"], Blend.from_arrays(part("blend", arrays))
        return model


def _positions(features: Features) -> np.ndarray:
    """(n,) int: the group of each post, -1 for none."""
    return np.nan_to_num(features["group"][:, 0], nan=-1).astype(int)


def _forecast(logits: np.ndarray, group: np.ndarray) -> Forecast:
    return Forecast(expit(logits[group]), np.zeros(1))  # the last row is that of no group, which is -1


def _effects(group: np.ndarray, k: np.ndarray, n: np.ndarray, number: int) -> np.ndarray:
    """The logits (number + 1,) of groups, and of none, from posts with the groups (n,) int."""
    effect, spread = np.zeros(number + 1), _START
    for _ in range(_STEPS):
        found = shifted(effect[group], k, n)
        total = np.exp(found.dispersion[0])
        mean = np.clip(expit(found.shift + effect[group]), _EDGE, 1 - _EDGE)
        a, b = mean * total, (1 - mean) * total
        weight, slope = a * (1 - mean), digamma(k + a) - digamma(a) - digamma(n - k + b) + digamma(b)
        bend = polygamma(1, k + a) - polygamma(1, a) + polygamma(1, n - k + b) - polygamma(1, b)
        score = np.bincount(group, weight * slope, number)
        information = -np.bincount(group, weight * (1 - 2 * mean) * slope + weight**2 * bend, number)
        precision = np.maximum(information, _LEAST_INFORMATION) + spread**-2
        step = np.clip((score - effect[:-1] * spread**-2) / precision, -1, 1)
        effect[:-1] += step
        effect[:-1] -= effect[:-1].mean()
        last, spread = spread, max(np.sqrt(np.mean(effect[:-1] ** 2 + 1 / precision)), _LEAST)
        if np.abs(step).max() < _CLOSE and abs(last - spread) < _CLOSE * spread:
            break
    return shifted(effect[group], k, n).shift + effect
