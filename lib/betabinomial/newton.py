"""The optimiser of the regression: the likelihood, starting values, and Newton steps.

The arrays are already checked, and every row has a trial and a positive weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from lib.betabinomial import design, kernels
from lib.betabinomial.design import gram, symmetric

MAX_ITERATIONS = 100
GAP = 1e-11  # the last step, of 3e-6 standard errors, is taken if twice its expected gain in nats is at most this
NOISE = 1e-13  # rounding error of a sum over rows, relative to the sum
ROUNDING = 2e-15  # rounding error of a row's log-likelihood, relative to its trials: terms of about 10 n cancel

IDLE = 5  # so many steps without a gain end a search, along directions in which the likelihood is flat
STRIDE = 30.0  # largest change of a coefficient in one step
FLAT = 1e-12  # relative size below which an eigenvalue counts as 0

NONE = np.empty(0, dtype=int)  # no rows

UNUSED = np.empty((1, 0))  # for the arguments that a kernel does not use in one of its two modes

Array = np.ndarray

# --- problem -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """A penalised log-likelihood to maximise over a point (p + q,): coefficients of x, then of z.

    An infinite dispersion gives the binomial.

    Attributes
    ----------
    x, z : (p, rows) and (q, rows) float64, scaled designs of the mean and of the dispersion
    k, n, weight : (rows,) float64
    penalty : (p,) float64, on the scale of x
    offset : (rows,) float64, added to the linear predictor of the mean, or None
    """

    x: Array
    z: Array
    k: Array
    n: Array
    weight: Array
    penalty: Array
    offset: Array | None = None

    def eta(self, coef: Array) -> Array:
        """The linear predictor of the mean (rows,)."""
        eta = coef @ self.x
        return eta if self.offset is None else eta + self.offset

    def evaluate(self, point: Array) -> tuple[float, Array, Array]:
        """Penalised log-likelihood without the binomial coefficients, its gradient and its negative Hessian."""
        p = len(self.x)
        coef = point[:p]
        if p >= design.WIDE:
            value, gradient, terms = self.slope(point)
            return value, gradient, self.penalised(self.curvature(terms))
        gradient = np.empty(point.size)
        hessian = np.zeros((point.size, point.size))
        value = kernels.fused_pass(
            *(self.x, self.z, self.k, self.n, self.weight, UNUSED[0] if self.offset is None else self.offset),
            *(coef, point[p:], False, UNUSED, gradient, hessian),
        )
        gradient[:p] -= self.penalty * coef
        return value - 0.5 * self.penalty @ coef**2, gradient, self.penalised(-symmetric(hessian))

    def slope(self, point: Array) -> tuple[float, Array, Array]:
        """Value and gradient of `evaluate`, and the derivatives by row of `row_terms`."""
        p = len(self.x)
        coef = point[:p]
        value, terms = self.row_terms(point, self.weight)
        gradient = np.concatenate([self.x @ terms[0] - self.penalty * coef, self.z @ terms[1]])
        return value - 0.5 * self.penalty @ coef**2, gradient, terms

    def curvature(self, terms: Array) -> Array:
        """Negative Hessian without the penalty, from the derivatives of `row_terms`."""
        return self._outer(*-terms[2:])

    def penalised(self, curvature: Array) -> Array:
        """A negative Hessian with the penalty, from one without."""
        information, at = curvature.copy(), np.arange(len(self.x))
        information[at, at] += self.penalty
        return information

    def row_terms(self, point: Array, weight: Array) -> tuple[float, Array]:
        """Log-likelihood without the binomial coefficients, and the derivatives (5, rows) from `fused_pass`."""
        p = len(self.x)
        terms = np.empty((5, self.k.size))
        value = kernels.fused_pass(
            *(UNUSED, self.z, self.k, self.n, weight, UNUSED[0]),
            *(self.eta(point[:p]), point[p:], True, terms, UNUSED[0], UNUSED),
        )
        return value, terms

    def information(self, point: Array, settled: Array | slice) -> Array:
        """Negative Hessian with the penalty; the dispersions of the settled rows stay as they are."""
        _, terms = self.row_terms(point, self.weight)
        terms[np.ix_([1, 3, 4], settled)] = 0.0
        return self.penalised(self.curvature(terms))

    def scores_squared(
        self, point: Array, cluster: Array | None = None, frequency: bool = True, settled: Array = NONE
    ) -> Array:
        """Sum over rows of the outer product of a row's score.

        With ``frequency`` a weight counts as that many equal rows, otherwise it multiplies the score of one row. With
        ``cluster`` (rows,), whole numbers from 0, scores are first added up within each cluster. The dispersions of
        the ``settled`` rows stay as they are.
        """
        _, (mean, dispersion, *_) = self.row_terms(point, np.ones_like(self.weight))
        dispersion[settled] = 0.0
        w = self.weight
        if cluster is None:
            square = w if frequency else w**2
            return self._outer(square * mean**2, square * mean * dispersion, square * dispersion**2)
        scores = np.vstack([self.x * (w * mean), self.z * (w * dispersion)])
        order = np.argsort(cluster, kind="stable")
        starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
        sums = np.add.reduceat(scores[:, order], starts, axis=1)
        return sums @ sums.T

    def _outer(self, w_xx: Array, w_xz: Array, w_zz: Array) -> Array:
        across = (self.z * w_xz) @ self.x.T
        return np.block([[gram(self.x, w_xx), across.T], [across, gram(self.z, w_zz)]])

    def loglik(self, point: Array) -> float:
        """Log-likelihood with the binomial coefficients and without the penalty, to full accuracy."""
        p = len(self.x)
        eta = self.eta(point[:p])
        with np.errstate(over="ignore"):
            mean, rest = 1.0 / (1.0 + np.exp(-eta)), 1.0 / (1.0 + np.exp(eta))
            theta = np.maximum(point[p:] @ self.z, -60.0)  # the least that `fused_pass` uses
            s = np.where(theta > 700.0, np.inf, np.exp(theta))
        out = np.empty(self.k.size)
        kernels.log_pmf_rows(self.k, self.n, mean, rest, s, out)
        return float(self.weight @ out)

    @property
    def rounding(self) -> float:
        """Absolute rounding error of the value of `evaluate`."""
        return ROUNDING * float(self.weight @ self.n)

    def binomial(self) -> Problem:
        """The same problem with one dispersion for all rows, which may then be infinite."""
        return replace(self, z=np.ones((1, self.k.size)))

    def rows(self, kept: Array) -> Problem:
        """The problem of the rows for which ``kept`` (rows,) is True."""
        x, z = (np.ascontiguousarray(columns[:, kept]) for columns in (self.x, self.z))
        offset = None if self.offset is None else self.offset[kept]
        return Problem(x, z, self.k[kept], self.n[kept], self.weight[kept], self.penalty, offset)


@dataclass(frozen=True)
class Optimum:
    """The end of a search: the point, the value and the negative Hessian (information) there, and the state."""

    point: Array
    value: float
    information: Array
    iterations: int
    converged: bool
    state: str


# --- start ---------------------------------------------------------------------------------------------------


def start(problem: Problem) -> tuple[Array, float]:
    """Coefficients and log(alpha + beta) from two least-squares steps with Williams' (1982) weights."""
    k, n, w = problem.k, problem.n, problem.weight
    shift = 0.0 if problem.offset is None else problem.offset
    overall = (w @ k + 0.5) / (w @ n + 1.0)
    rho = _moment_rho(k, n, w, np.full(k.size, overall))
    pseudo = np.clip(1.0 / rho, 1.0, 1e4)
    mean = (k + pseudo * overall) / (n + pseudo)
    eta = np.log(mean / (1.0 - mean))
    for _ in range(2):
        variance = mean * (1.0 - mean)
        v = w * n * variance / (1.0 + (n - 1.0) * rho)
        coef = _least_squares(problem, v, eta - shift + (k / n - mean) / variance)
        eta = problem.eta(coef)
        if np.abs(eta).max() > STRIDE:
            return next(plain_starts(problem))
        mean = 1.0 / (1.0 + np.exp(-eta))
        rho = _moment_rho(k, n, w, mean)
    return coef, float(np.log((1.0 - rho) / rho))


def plain_starts(problem: Problem) -> Iterator[tuple[Array, float]]:
    """Starts with one mean for all rows: of all trials or of the rates of the rows, with much or little dispersion."""
    k, n, w = problem.k, problem.n, problem.weight
    trials = (w @ k + 0.5) / (w @ n + 1.0)
    rates = w @ ((k + 0.5) / (n + 1.0)) / w.sum()
    rho = _moment_rho(k, n, w, np.full(k.size, trials))
    shift = 0.0 if problem.offset is None else problem.offset
    for mean, log_s in ((trials, np.log((1.0 - rho) / rho)), (rates, -2.0), (rates, 1.0), (trials, np.log(n.max()))):
        target = np.full(k.size, np.log(mean / (1.0 - mean)))
        yield _least_squares(problem, w, target - shift), float(log_s)


def _least_squares(problem: Problem, weight: Array, target: Array) -> Array:
    information = gram(problem.x, weight)
    diagonal = np.diag(information) + problem.penalty
    information[np.diag_indices_from(information)] = diagonal + 1e-10 * diagonal.max(initial=0.0)
    return np.linalg.solve(information, problem.x @ (weight * target))


def _moment_rho(k: Array, n: Array, w: Array, mean: Array) -> float:
    """Intra-class correlation at which Pearson's statistic equals its expectation."""
    pearson = (k - n * mean) ** 2 / (n * mean * (1.0 - mean))
    room = w @ (n - 1.0)
    rho = (w @ pearson - w.sum()) / room if room > 0.0 else 0.0
    return float(np.clip(rho, min(1e-3, 0.1 / n.max()), 0.9))


# --- Newton --------------------------------------------------------------------------------------------------


def maximise(
    evaluate: Callable[[Array], tuple[float, Array, Array]],
    point: Array,
    free: slice = slice(None),
    look: Callable[[Array, float, Array], Optimum | None] = lambda *_: None,
    rounding: float = 0.0,
) -> Optimum:
    """Newton's method with a line search over the free part of the point.

    Parameters
    ----------
    evaluate : returns the value, the gradient and the negative Hessian at a point
    point : starting values
    free : the part of the point to search over; the rest stays fixed
    look : called with each accepted point, value and gradient; the search ends if it returns a result
    rounding : absolute rounding error of the value, which a step may lose
    """
    value, gradient, information = evaluate(point)
    idle = 0  # steps in a row that gained no more than the rounding error
    for iteration in range(1, MAX_ITERATIONS + 1):
        step, concave = _step(information[free, free], gradient[free])
        gap = float(gradient[free] @ step)
        if concave and gap <= GAP:
            point = point.copy()
            point[free] += step
            return Optimum(point, value + 0.5 * gap, information, iteration, True, "regular")
        slack = rounding + NOISE * abs(value)
        length = min(1.0, (STRIDE if concave else 4.0) / np.abs(step).max(initial=1e-300))
        while True:
            trial = point.copy()
            trial[free] += length * step
            new = evaluate(trial)
            if np.isfinite(new[0]) and new[0] >= value + 1e-4 * length * gap - slack:
                break
            length *= 0.5
            if length < 1e-10:
                return Optimum(point, value, information, iteration, False, "not converged")
        idle = idle + 1 if concave and new[0] <= value + slack else 0
        point = trial
        value, gradient, information = new
        found = look(point, value, gradient)
        if found is not None:
            return found
        if idle == IDLE:
            return Optimum(point, value, information, iteration, True, "regular")
    return Optimum(point, value, information, MAX_ITERATIONS, False, "not converged")


def _step(information: Array, gradient: Array) -> tuple[Array, bool]:
    """Newton's step and True; where the surface is not concave, the step with absolute curvatures and False."""
    try:
        lower = np.linalg.cholesky(information)
        return np.linalg.solve(lower.T, np.linalg.solve(lower, gradient)), True
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(information)
        flat = FLAT * np.abs(values).max() + 1e-300
        concave = bool(values.min() > -flat)
        values = np.maximum(np.abs(values), flat if concave else 1e4 * flat)
        return vectors @ ((vectors.T @ gradient) / values), concave
