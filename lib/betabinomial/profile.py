"""Profile-likelihood intervals: one parameter is held at a value while the likelihood is maximised over the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from lib.betabinomial.design import scale_columns
from lib.betabinomial.edges import FEW
from lib.betabinomial.inference import critical, labels
from lib.betabinomial.newton import Problem, maximise

if TYPE_CHECKING:
    import pandas as pd

    from lib.betabinomial.fit import RegressionFit

Array = np.ndarray
STEPS = 32.0  # an end is infinite if the profile does not fall far enough within so many standard errors
FAR = 30.0  # |eta| that stands for an infinite estimate
RIDGE = 1e-9  # curvature in nats that ends the search along directions in which the likelihood rises without end


def profile_intervals(fit: RegressionFit, names: Sequence[str] | None = None, level: float = 0.95) -> pd.DataFrame:
    """See `RegressionFit.profile_intervals`."""
    import pandas as pd

    known = labels(fit)
    names = known if names is None else [names] if isinstance(names, str) else list(names)
    for name in names:
        if known.count(name) != 1:
            raise ValueError(f"{name!r} is not the name of one parameter: the fit has {', '.join(known)}.")
    drop = 0.5 * critical(level, np.inf) ** 2
    search = _Search(fit, drop)
    ends = [search.interval(known.index(name)) for name in names]
    return pd.DataFrame(ends, columns=["ci_low", "ci_high"], index=names, dtype=float)


class _Search:
    """The likelihood of a fit on the scale of the optimiser, and the search for the ends of its intervals."""

    def __init__(self, fit: RegressionFit, drop: float):
        self.fit, self.drop = fit, drop
        data, used = fit.data, fit.used
        weight = data.weights[used]
        mean = scale_columns(data.X[used], weight, not data.l2.any())
        z = np.ones((weight.size, 1)) if data.Z is None else data.Z[used]
        dispersion = scale_columns(z, weight, True)
        penalty = data.l2[~mean.aliased] * mean.spread**2
        self.problem = Problem(mean.x, dispersion.x, data.k[used], data.n[used], weight, penalty, data.offset[used])
        p, q = len(mean.x), len(dispersion.x)
        self.to_given = np.zeros((fit.coef.size + fit.dispersion.size, p + q))
        self.to_given[: fit.coef.size, :p] = mean.to_given
        self.to_given[fit.coef.size :, p:] = dispersion.to_given
        self.free = p + q if (self.problem.n > 1.0).any() else p  # without two trials nothing depends on theta
        self.estimate = np.concatenate([fit.coef, fit.dispersion])
        self.plain = fit.state in ("regular", "collinear") and weight.size > FEW
        self.point = np.linalg.lstsq(self.to_given, self._finite(), rcond=None)[0]
        self.top = self._top()

    def _finite(self) -> Array:
        """The estimates, with numbers that are large enough in place of infinite ones."""
        out = self.estimate.copy()
        p = self.fit.coef.size
        infinite = np.flatnonzero(np.isinf(out[:p]))
        out[infinite] = np.sign(out[infinite]) * FAR / np.abs(self.fit.data.X[self.fit.used][:, infinite]).max(axis=0)
        theta = out[p:]
        if not np.isfinite(theta).all():
            level = {np.inf: 3.0 + np.log(self.problem.n.max()), -np.inf: -7.0}.get(theta[0], 0.0)  # not yet flat
            z = np.ones((1, 1)) if self.fit.data.Z is None else self.fit.data.Z[self.fit.used]
            out[p:] = np.linalg.lstsq(z, np.full(len(z), level), rcond=None)[0]
        return out

    def _top(self) -> float:
        """The largest value of the likelihood, also where log(alpha + beta) is infinite."""
        problem, point, p = self.problem, self.point, len(self.problem.x)
        theta = self.estimate[self.fit.coef.size :]
        if not np.isfinite(theta).all():
            problem, point = problem.binomial(), np.append(point[:p], -FAR if theta[0] == -np.inf else np.inf)
        return problem.evaluate(point)[0]

    def interval(self, parameter: int) -> tuple[float, float]:
        """The two ends; infinite where the profile does not fall by ``drop``, NaN where there is no profile."""
        axis = self.to_given[parameter, : self.free]
        if not self.to_given[parameter].any() or self.fit.state == "not converged":
            return np.nan, np.nan
        if not axis.any():
            return -np.inf, np.inf
        centre = float(axis @ self.point[: self.free])
        step, limit = np.sqrt(self.fit.cov[parameter, parameter]), 0.0
        if np.isnan(step):
            step, limit = float(np.linalg.norm(axis)), abs(centre)
        estimate = self.estimate[parameter]
        fall = self._fall(axis)
        away = step
        while np.isinf(estimate) and fall(centre) > 0.5 * self.drop and away < STEPS * step:
            centre += np.sign(estimate) * away
            away *= 2.0
        low, high = (
            side * np.inf if estimate == side * np.inf else self._end(fall, centre, side * step, limit + STEPS * step)
            for side in (-1.0, 1.0)
        )
        return low, high

    def _end(self, fall: Callable[[float], float], centre: float, step: float, limit: float) -> float:
        from scipy.optimize import brentq

        inside, far = 0.0, abs(step)
        while inside < limit:
            far = min(far, limit)
            fallen = fall(centre + np.copysign(far, step))
            if np.isnan(fallen):
                return np.nan
            if fallen > self.drop:
                ends = centre + np.copysign([inside, far], step)
                end = brentq(
                    lambda b: np.nan_to_num(fall(b) - self.drop, nan=1.0), *ends, xtol=1e-9 * abs(step), rtol=1e-12
                )
                return end if abs(fall(end) - self.drop) < 1e-3 else np.nan
            inside, far = far, 2.0 * far
        return np.copysign(np.inf, step)

    def _fall(self, axis: Array) -> Callable[[float], float]:
        """How far the profile at a value of ``axis @ point`` lies below the maximum, in nats; NaN without a maximum.

        The point is ``value axis / |axis|^2`` plus a combination of directions at right angles to the axis.
        """
        others = np.linalg.qr(axis[:, None], mode="complete")[0][:, 1:]
        rest = self.point[self.free :] if self.free == self.point.size else np.full(1, np.inf)
        problem = self.problem if self.free == self.point.size else self.problem.binomial()
        estimate = others.T @ self.point[: self.free]
        last = estimate

        @cache
        def fall(value: float) -> float:
            nonlocal last
            base = value / (axis @ axis) * axis

            def evaluate(u: Array) -> tuple[float, Array, Array]:
                found, slope, bend = problem.evaluate(np.concatenate([base + others @ u, rest]))
                slope, bend = slope[: self.free], bend[: self.free, : self.free]
                away = u - last
                found -= 0.5 * RIDGE * (away @ away)
                return found, others.T @ slope - RIDGE * away, others.T @ bend @ others + RIDGE * np.eye(u.size)

            if estimate.size == 0:
                return self.top - evaluate(estimate)[0]
            starts = (last,) if self.plain else (last, estimate, 0.0 * estimate)
            ends = [maximise(evaluate, start, rounding=problem.rounding) for start in starts]
            best = max(ends, key=lambda end: end.value)
            last = best.point
            fallen = self.top - best.value
            return fallen if best.converged or fallen < self.drop else np.nan  # a search cut short overstates the fall

        return fall
