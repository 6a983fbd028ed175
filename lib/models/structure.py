"""Activities that can't happen: conditions under which no training post has any action of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib import betabinomial
from lib.features import CONDITIONS
from lib.models.crossfit import Fold, cross_fit
from lib.models.fallback import pooled
from lib.models.forecast import Forecast
from lib.storage import Arrays

SHARE = 0.1  # of the other posts' rate: a group may be this much rarer without being a group that can't
CHANCE = 0.01  # that any group is found by chance, over all conditions and activities


@dataclass(frozen=True)
class Structure:
    """What can't happen, for c conditions and a activities.

    Attributes
    ----------
    mean, rho
        (c, a): the forecast under a condition; a mean of 0 says that the activity does happen under the condition,
        or that there are too few posts to tell.
    """

    mean: np.ndarray
    rho: np.ndarray

    def __post_init__(self):
        values = np.array([self.mean, self.rho])
        if values.ndim != 3 or not ((values >= 0) & (values < 1)).all():
            raise ValueError("a structure needs means and rho, both (c, a) and from 0 to 1")

    def arrays(self) -> Arrays:
        """The fields, in the form of :mod:`lib.storage.arrays`; ``Structure(**arrays)`` is equal."""
        return {"mean": self.mean, "rho": self.rho}

    def reasons(self, met: np.ndarray) -> np.ndarray:
        """The condition that makes each activity of each post impossible: (n, a) str, "" for none.

        Parameters
        ----------
        met
            (n, c) bool: the conditions that the posts meet, from :func:`lib.features.conditions_met`.
        """
        found = np.full((len(met), self.mean.shape[1]), "", dtype=object)
        for name, posts, mean in zip(CONDITIONS, met.T, self.mean, strict=True):
            found[np.outer(posts, mean > 0) & (found == "")] = name
        return found

    def apply(self, forecast: Forecast, met: np.ndarray) -> Forecast:
        """The forecast of n posts, with the rate under a condition in place of a model's."""
        if not self.mean.any():
            return forecast
        mean, rho = forecast.mean, np.broadcast_to(forecast.rho, forecast.mean.shape)
        for posts, instead, spread in zip(met.T, self.mean, self.rho, strict=True):
            at = np.outer(posts, instead > 0)
            mean, rho = np.where(at, instead, mean), np.where(at, spread, rho)
        return Forecast(mean, rho)


def find_structure(met: np.ndarray, counts: np.ndarray, views: np.ndarray) -> Structure:
    """What can't happen, learnt from n posts.

    An activity can't happen under a condition if no post that meets the condition has a single action, and the chance
    of none would be negligible even at a tenth of the rate of the other posts: under the beta-binomial fitted to those,
    less than ``CHANCE`` divided by the number of conditions and activities tried. Other posts are those that meet no
    condition without a single action. An activity that is merely rarer under a condition is left to the models.

    The mean is that of Jeffreys' posterior after no action in all views of the group, 1/2 / (views + 1). With the rho
    of the other posts a surprising count costs the forecast tens of nats, and not hundreds as under a binomial.

    Parameters
    ----------
    met
        (n, c) bool, from :func:`lib.features.conditions_met`.
    counts, views
        (n, a) and (n,).

    References
    ----------
    Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion, doi:10.1214/ss/1009213286.
    """
    mean, rho = np.zeros((2, met.shape[1], counts.shape[1]))
    bar = np.log(CHANCE / mean.size)
    for a, k in enumerate(counts.T):
        never = [c for c, group in enumerate(met.T) if group.any() and not k[group].any()]
        others = ~met[:, never].any(axis=1)
        if never and others.any():
            usual, spread, _ = pooled(k[others], views[others])
            for c in never:
                n = views[met[:, c]]
                if betabinomial.logpmf(0, n, SHARE * usual, spread).sum() < bar:
                    mean[c, a], rho[c, a] = 0.5 / (n.sum() + 1), spread
    return Structure(mean, rho)


def cross_fit_structure(
    forecast: Forecast, met: np.ndarray, counts: np.ndarray, views: np.ndarray, folds: Sequence[Fold]
) -> Forecast:
    """A cross-fitted forecast of n posts, with what can't happen learnt from the posts outside each post's fold."""

    def applied(fitted: np.ndarray, held: np.ndarray) -> Forecast:
        return find_structure(met[fitted], counts[fitted], views[fitted]).apply(forecast[held], met[held])

    return cross_fit(folds, applied)
