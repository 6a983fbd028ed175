"""A forecast, and an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.features import Features


@dataclass(frozen=True)
class Validation:
    """Posts that tune a model: ``features`` as above, ``counts`` (m, a), ``views`` (m,)."""

    features: Features
    counts: np.ndarray
    views: np.ndarray


@dataclass(frozen=True)
class Rates:
    """What a model says of n posts: ``mean`` (n, a) in (0, 1) and ``rho`` (a,) or (n, a) in [0, 1)."""

    mean: np.ndarray
    rho: np.ndarray

    def __getitem__(self, rows) -> Rates:
        """The same for some of the posts."""
        return Rates(self.mean[rows], self.rho[rows] if self.rho.ndim == 2 else self.rho)


@dataclass(frozen=True)
class Interval:
    """A point estimate with its interval: ``value``, ``low``, ``high`` and the interval's ``level``."""

    value: float
    low: float
    high: float
    level: float

    def columns(self) -> dict[str, float]:
        """``value``, ``low`` and ``high``, for a row of a table."""
        return {"value": self.value, "low": self.low, "high": self.high}
