"""The optimiser of the regression: starting values, Newton steps, and maxima at the edge of the parameter space.

The arrays are already checked, and every row has a trial and a positive weight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lib.betabinomial import design, kernels
from lib.betabinomial.design import gram, symmetric

MAX_ITERATIONS = 100
GAP = 1e-11  # the last step, of 3e-6 standard errors, is taken if twice its expected gain in nats is at most this
NOISE = 1e-13  # rounding error of a sum over rows, relative to the sum
ROUNDING = 2e-15  # rounding error of a row's log-likelihood, relative to its trials: terms of about 10 n cancel

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
    """

    x: Array
    z: Array
    k: Array
    n: Array
    weight: Array
    penalty: Array

    def evaluate(self, point: Array) -> tuple[float, Array, Array]:
        """Penalised log-likelihood without the binomial coefficients, its gradient and its negative Hessian."""
        p = len(self.x)
        coef = point[:p]
        if p < design.WIDE:
            gradient = np.empty(point.size)
            hessian = np.zeros((point.size, point.size))
            value = kernels.fused_pass(
                self.x, self.z, self.k, self.n, self.weight, coef, point[p:], False, UNUSED, gradient, hessian
            )
            information = -symmetric(hessian)
        else:
            value, terms = self.row_terms(point, self.weight)
            gradient = np.concatenate([self.x @ terms[0], self.z @ terms[1]])
            information = -self._outer(*terms[2:])
        information[np.arange(p), np.arange(p)] += self.penalty
        gradient[:p] -= self.penalty * coef
        return value - 0.5 * self.penalty @ coef**2, gradient, information

    def row_terms(self, point: Array, weight: Array) -> tuple[float, Array]:
        """Log-likelihood without the binomial coefficients, and the derivatives (5, rows) from `fused_pass`."""
        p = len(self.x)
        terms = np.empty((5, self.k.size))
        eta = point[:p] @ self.x
        value = kernels.fused_pass(
            UNUSED, self.z, self.k, self.n, weight, eta, point[p:], True, terms, UNUSED[0], UNUSED
        )
        return value, terms

    def scores_squared(self, point: Array, cluster: Array | None = None) -> Array:
        """Sum over rows of the outer product of a row's score; a weight counts as that many equal rows.

        With ``cluster`` (rows,), whole numbers from 0, scores are first added up within each cluster.
        """
        _, (mean, dispersion, *_) = self.row_terms(point, np.ones_like(self.weight))
        w = self.weight
        if cluster is None:
            return self._outer(w * mean**2, w * mean * dispersion, w * dispersion**2)
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
        eta = point[:p] @ self.x
        with np.errstate(over="ignore"):
            mean, rest = 1.0 / (1.0 + np.exp(-eta)), 1.0 / (1.0 + np.exp(eta))
            s = np.exp(point[p:] @ self.z)
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
    overall = (w @ k + 0.5) / (w @ n + 1.0)
    rho = _moment_rho(k, n, w, np.full(k.size, overall))
    pseudo = np.clip(1.0 / rho, 1.0, 1e4)
    mean = (k + pseudo * overall) / (n + pseudo)
    eta = np.log(mean / (1.0 - mean))
    for _ in range(2):
        variance = mean * (1.0 - mean)
        v = w * n * variance / (1.0 + (n - 1.0) * rho)
        target = eta + (k / n - mean) / variance
        information = gram(problem.x, v)
        diagonal = np.diag(information) + problem.penalty
        information[np.diag_indices_from(information)] = diagonal + 1e-10 * diagonal.max()
        coef = np.linalg.solve(information, problem.x @ (v * target))
        eta = np.clip(coef @ problem.x, -30.0, 30.0)
        mean = 1.0 / (1.0 + np.exp(-eta))
        rho = _moment_rho(k, n, w, mean)
    return coef, float(np.log((1.0 - rho) / rho))


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
    for iteration in range(1, MAX_ITERATIONS + 1):
        step, concave = _step(information[free, free], gradient[free])
        gap = float(gradient[free] @ step)
        if concave and gap <= GAP:
            point = point.copy()
            point[free] += step
            return Optimum(point, value + 0.5 * gap, information, iteration, True, "regular")
        slack = rounding + NOISE * abs(value)
        length = 1.0 if concave else min(1.0, 4.0 / np.abs(step).max())
        while True:
            trial = point.copy()
            trial[free] += length * step
            new = evaluate(trial)
            if np.isfinite(new[0]) and new[0] >= value + 1e-4 * length * gap - slack:
                break
            length *= 0.5
            if length < 1e-10:
                return Optimum(point, value, information, iteration, False, "not converged")
        point = trial
        value, gradient, information = new
        found = look(point, value, gradient)
        if found is not None:
            return found
    return Optimum(point, value, information, MAX_ITERATIONS, False, "not converged")


def _step(information: Array, gradient: Array) -> tuple[Array, bool]:
    """Newton's step and True; where the surface is not concave, the step with absolute curvatures and False."""
    try:
        lower = np.linalg.cholesky(information)
        return np.linalg.solve(lower.T, np.linalg.solve(lower, gradient)), True
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(information)
        values = np.maximum(np.abs(values), 1e-8 * np.abs(values).max() + 1e-300)
        return vectors @ ((vectors.T @ gradient) / values), False


# --- edges ---------------------------------------------------------------------------------------------------


def solve(problem: Problem) -> Optimum:
    """Maximise over coefficients and dispersion; a maximum at rho = 0 or 1 is found and named in the state."""
    k, n = problem.k, problem.n
    p, q = len(problem.x), len(problem.z)
    coef, log_s = start(problem)
    repeated = n >= 2.0
    if not repeated.any():
        return binomial_fit(problem, coef, "rho unidentified")
    if ((k == 0.0) | (k == n))[repeated].all():
        return binomial_fit(rho_one_limit(problem), coef, "rho one")
    look_from = np.log(n.max())

    def at_boundary(point: Array, value: float, gradient: Array) -> Optimum | None:
        nonlocal look_from
        if q > 1 or gradient[p] <= 0.0 or point[p] < look_from:
            return None
        look_from = point[p] + 2.0
        edge = binomial_fit(problem, point[:p], "binomial")
        inner = edge.converged and _slope_at_boundary(problem, edge.point[:p]) > 0.0
        return None if inner or edge.value < value - problem.rounding - NOISE * abs(value) else edge

    flat = np.linalg.lstsq(problem.z.T, np.full(k.size, log_s), rcond=None)[0] if q > 1 else [log_s / problem.z[0, 0]]
    found = maximise(problem.evaluate, np.concatenate([coef, flat]), look=at_boundary, rounding=problem.rounding)
    if found.converged and q > 1 and _dispersion_unbounded(problem, found):
        return replace(found, converged=False, state="dispersion unbounded")
    return found


def rho_one_limit(problem: Problem) -> Problem:
    """The problem at rho = 1, where each row with only successes or only failures counts as one trial."""
    return replace(problem, k=np.minimum(problem.k, 1.0), n=np.ones_like(problem.n))


def binomial_fit(problem: Problem, coef: Array, state: str) -> Optimum:
    """The fit with rho = 0; ``state`` names the reason for it."""
    plain = problem.binomial()
    found = maximise(plain.evaluate, np.append(coef, np.inf), free=slice(len(coef)), rounding=plain.rounding)
    return replace(found, state=state) if found.converged else found


def _slope_at_boundary(problem: Problem, coef: Array) -> float:
    """Derivative of the log-likelihood by 1 / (alpha + beta) at 0, less its rounding error.

    If it is not above 0, the binomial is a maximum.
    """
    k, n, w = problem.k, problem.n, problem.weight
    eta = np.clip(coef @ problem.x, -300.0, 300.0)
    m = n - k
    gain = w @ (k * (k - 1.0) * (1.0 + np.exp(-eta)) + m * (m - 1.0) * (1.0 + np.exp(eta)))
    loss = w @ (n * (n - 1.0))
    return float(gain - loss - 1e-14 * (gain + loss))


def _dispersion_unbounded(problem: Problem, found: Optimum) -> bool:
    """Whether log(alpha + beta) of some rows is so large or so small that the likelihood is flat there."""
    theta = found.point[len(problem.x) :] @ problem.z
    far = (theta > np.log(problem.n) + 7.0) | (theta < -7.0)
    _, terms = problem.row_terms(found.point, problem.weight)
    return bool(far.any() and np.abs(terms[4][far]).sum() < 0.01)


def separating_direction(problem: Problem) -> Array | None:
    """A direction (p,) along which the likelihood never falls, so that no finite maximum exists; or None.

    Along this direction the means of rows without a success never rise, the means of rows with only successes
    never fall, and the means of rows with both stay constant.
    """
    from scipy.optimize import linprog

    x, k, n = problem.x, problem.k, problem.n
    full = k == n
    mixed = (k > 0.0) & ~full
    fixed = gram(np.ascontiguousarray(x[:, mixed]), problem.weight[mixed] / problem.weight.sum())
    fixed[np.diag_indices_from(fixed)] += problem.penalty
    values, vectors = np.linalg.eigh(fixed)
    basis = vectors[:, values < 1e-12]
    if basis.shape[1] == 0:
        return None
    pull = np.where(full[~mixed], 1.0, -1.0)[:, None] * (x[:, ~mixed].T @ basis)
    largest = np.abs(pull).max()
    if largest < 1e-9:
        return None
    pull = np.unique(np.round(pull / largest, 9), axis=0)
    found = linprog(-pull.sum(axis=0), A_ub=-pull, b_ub=np.full(len(pull), 1e-8), bounds=(-1.0, 1.0))
    gain = pull @ found.x if found.status == 0 else np.zeros(1)
    return basis @ found.x if gain.max() > 1e-6 else None
