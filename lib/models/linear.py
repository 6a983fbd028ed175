"""The plain models: one rate for all posts, and a penalised regression on features."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from lib import betabinomial
from lib.features import Design, Features
from lib.models.forecast import Forecast, Validation
from lib.models.scoring import log_score
from lib.storage import Arrays, part, under

# Trees and networks compute with (1 - rho) / rho, which must be finite. With this rho counts are practically binomial.
LEAST_RHO = 1e-7


class Rate:
    """No features: every post gets the activity's mean rate and rho. Every gain is measured against this baseline."""

    def fit(self, counts: np.ndarray, views: np.ndarray) -> Rate:
        fits = [betabinomial.fit_rate(k, views) for k in counts.T]
        self.mean_, self.rho_ = np.array([f.mean for f in fits]), np.array([f.rho for f in fits])
        return self

    def predict(self, rows: int) -> Forecast:
        return Forecast(np.tile(self.mean_, (rows, 1)), self.rho_)

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        return {"mean": self.mean_, "rho": self.rho_}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Rate:
        """The model whose :meth:`arrays` these are."""
        model = cls()
        model.mean_, model.rho_ = arrays["mean"], arrays["rho"]
        return model


class Linear:
    """Penalised beta-binomial regression of each activity on the features' leading components.

    The penalty is chosen per activity from ``PENALTIES``, by the log score of the validation posts. Without validation
    posts the middle penalty is used. The model is not refitted on training and validation posts together, because a
    blend needs validation posts that its members were not fitted to.
    """

    PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)

    def __init__(self, components: int = 100):
        self.components = components

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, validation: Validation | None = None):
        self.design_ = Design(self.components).fit(features)
        X, relative = self.design_.transform(features), self.design_.penalties()
        if validation is None:
            self.penalties_ = np.full(counts.shape[1], np.median(self.PENALTIES))
            self._keep(betabinomial.fit_regressions(X, counts, views, l2=self.penalties_[0] * relative))
            return self
        held = self.design_.transform(validation.features)
        best = np.full(counts.shape[1], -np.inf)
        for penalty in self.PENALTIES[::-1]:
            fits = betabinomial.fit_regressions(X, counts, views, l2=penalty * relative)
            forecast = Forecast(np.column_stack([f.predict(held) for f in fits]), np.array([f.rho for f in fits]))
            score = log_score(validation.counts, validation.views, forecast).mean(0)
            if penalty == self.PENALTIES[-1]:
                chosen, self.penalties_ = list(fits), np.full(counts.shape[1], penalty)
            for a in np.flatnonzero(score > best):
                best[a], chosen[a], self.penalties_[a] = score[a], fits[a], penalty
        self._keep(chosen)
        return self

    def _keep(self, fits) -> None:
        self.coef_, self.rho_ = np.column_stack([f.coef for f in fits]), np.array([f.rho for f in fits])

    def predict(self, features: Features) -> Forecast:
        return Forecast(expit(self.design_.transform(features) @ self.coef_), self.rho_)

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        fitted = {"coef": self.coef_, "rho": self.rho_, "penalties": self.penalties_}
        return fitted | under("design", self.design_.arrays())

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Linear:
        """The model whose :meth:`arrays` these are."""
        design = Design.from_arrays(part("design", arrays))
        model = cls(design.components)
        model.design_ = design
        model.coef_, model.rho_, model.penalties_ = arrays["coef"], arrays["rho"], arrays["penalties"]
        return model
