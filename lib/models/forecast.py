"""Types that all models share: a forecast, the posts that score it, an estimate with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Forecast:
    """The output of a model for n posts and a activities.

    Attributes
    ----------
    mean
        (n, a) in (0, 1): the expected actions per view.
    rho
        (a,) or (n, a) in [0, 1): the intra-class correlation.
    """

    mean: np.ndarray
    rho: np.ndarray

    def __getitem__(self, rows) -> Forecast:
        """The forecast of some of the posts."""
        return Forecast(self.mean[rows], self.rho[rows] if self.rho.ndim == 2 else self.rho)


@dataclass(frozen=True)
class HeldOut:
    """Posts that no model was fitted to, with one forecast of these posts.

    Attributes
    ----------
    activities
        The a names.
    counts, views
        (n, a) and (n,).
    forecast
        The forecast of the n posts.
    """

    activities: list[str]
    counts: np.ndarray
    views: np.ndarray
    forecast: Forecast


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval: ``value``, ``low``, ``high`` and the interval's ``level``."""

    value: float
    low: float
    high: float
    level: float

    def columns(self) -> dict[str, float]:
        """``value``, ``low`` and ``high``, for a row of a table."""
        return {"value": self.value, "low": self.low, "high": self.high}
