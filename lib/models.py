"""What is fitted on features: each model gives a beta-binomial forecast of every activity.

Features are blocks as :mod:`lib.design` has them.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from lib import betabinomial
from lib.design import Design, Features, Validation
from lib.scoring import Rates, log_score


class Rate:
    """No features: every post gets the activity's mean rate and dispersion. The baseline of every skill."""

    def fit(self, counts: np.ndarray, views: np.ndarray) -> Rate:
        self.fits_ = [betabinomial.fit_rate(k, views) for k in counts.T]
        return self

    def predict(self, rows: int) -> Rates:
        mean = np.array([f.mean for f in self.fits_])
        return Rates(np.tile(mean, (rows, 1)), np.array([f.rho for f in self.fits_]))


class Linear:
    """Penalised beta-binomial regression of each activity on the features' leading components.

    The penalty is chosen per activity by the log score of the validation posts, from ``PENALTIES``; without them
    the middle one is used. The fit is not repeated on training and validation posts together, so that the
    validation posts stay fresh for a :class:`Blend`.
    """

    PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)

    def __init__(self, components: int = 100):
        self.components = components

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, validation: Validation | None = None):
        self.design_ = Design(self.components).fit(features)
        X, relative = self.design_.transform(features), self.design_.penalties()
        if validation is None:
            self.penalties_ = np.full(counts.shape[1], np.median(self.PENALTIES))
            self.fits_ = betabinomial.fit_regressions(X, counts, views, l2=self.penalties_[0] * relative)
            return self
        held = self.design_.transform(validation.features)
        best = np.full(counts.shape[1], -np.inf)
        for penalty in self.PENALTIES[::-1]:
            fits = betabinomial.fit_regressions(X, counts, views, l2=penalty * relative)
            score = log_score(validation.counts, validation.views, self._rates(fits, held)).mean(0)
            if penalty == self.PENALTIES[-1]:
                self.fits_, self.penalties_ = list(fits), np.full(counts.shape[1], penalty)
            for a in np.flatnonzero(score > best):
                best[a], self.fits_[a], self.penalties_[a] = score[a], fits[a], penalty
        return self

    def predict(self, features: Features) -> Rates:
        return self._rates(self.fits_, self.design_.transform(features))

    @staticmethod
    def _rates(fits, X: np.ndarray) -> Rates:
        return Rates(np.column_stack([f.predict(X) for f in fits]), np.array([f.rho for f in fits]))


class Blend:
    """Several models' forecasts combined on the logit scale, with weights fitted by likelihood on validation posts.

    Per activity: logit(mean) = b0 + sum_m b_m logit(mean_m), a beta-binomial regression that also sets rho anew.
    """

    def fit(self, forecasts: list[Rates], counts: np.ndarray, views: np.ndarray):
        self.fits_ = [
            betabinomial.fit_regression(self._columns(forecasts, a), counts[:, a], views)
            for a in range(counts.shape[1])
        ]
        return self

    def predict(self, forecasts: list[Rates]) -> Rates:
        mean = np.column_stack([f.predict(self._columns(forecasts, a)) for a, f in enumerate(self.fits_)])
        return Rates(mean, np.array([f.rho for f in self.fits_]))

    @staticmethod
    def _columns(forecasts: list[Rates], a: int) -> np.ndarray:
        return np.column_stack([np.ones(len(forecasts[0].mean)), *(logit(f.mean[:, a]) for f in forecasts)])
