"""Several models' forecasts combined into one."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from lib import betabinomial
from lib.models.forecast import Forecast
from lib.storage import Arrays


class Blend:
    """Several models' forecasts combined on the logit scale, with weights fitted by likelihood on validation posts.

    Per activity: logit(mean) = b0 + sum_m b_m logit(mean_m), a beta-binomial regression that also estimates rho.
    """

    def fit(self, forecasts: list[Forecast], counts: np.ndarray, views: np.ndarray):
        fits = [
            betabinomial.fit_regression(self._columns(forecasts, a), counts[:, a], views)
            for a in range(counts.shape[1])
        ]
        self.coef_, self.rho_ = np.column_stack([f.coef for f in fits]), np.array([f.rho for f in fits])
        return self

    def predict(self, forecasts: list[Forecast]) -> Forecast:
        means = [expit(self._columns(forecasts, a) @ coef) for a, coef in enumerate(self.coef_.T)]
        return Forecast(np.column_stack(means), self.rho_)

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        return {"coef": self.coef_, "rho": self.rho_}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Blend:
        """The model whose :meth:`arrays` these are."""
        model = cls()
        model.coef_, model.rho_ = arrays["coef"], arrays["rho"]
        return model

    @staticmethod
    def _columns(forecasts: list[Forecast], a: int) -> np.ndarray:
        return np.column_stack([np.ones(len(forecasts[0].mean)), *(logit(f.mean[:, a]) for f in forecasts)])
