"""The optimiser behind `lib.betabinomial`: design, start, Newton steps, and the edges of the parameter space.

Everything here works on arrays that are already checked. Rows without trials or weight are gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np

from lib import betabinomial_kernels as kernels

MAX_ITERATIONS = 100
GAP = 1e-9  # twice the log-likelihood still to be gained when the last step is taken
NOISE = 1e-13  # rounding of a sum over rows, relative to the sum
WIDE = 64  # columns from which BLAS beats the fused pass
ALIASED = 1e-7  # share of a column's length that the columns before it leave, as in R's lm

Array = np.ndarray


@cache
def _thread_pools():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


class _OneThread:
    """BLAS held to one thread while at least one fit runs; restored after the last one, whoever that is."""

    lock = threading.Lock()
    users = 0
    limiter = None

    @classmethod
    @contextmanager
    def hold(cls) -> Iterator[None]:
        with cls.lock:
            if cls.users == 0:
                cls.limiter = _thread_pools().limit(limits=1, user_api="blas")
            cls.users += 1
        try:
            yield
        finally:
            with cls.lock:
                cls.users -= 1
                if cls.users == 0:
                    cls.limiter.restore_original_limits()


one_blas_thread = _OneThread.hold


# --- design --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """Columns scaled for the optimiser.

    x : (rows, kept) the scaled columns; to_given : (given, kept) turns their coefficients into those of the
    columns as given; aliased : (given,) columns that the others already span; spread : (kept,) standard
    deviation of each scaled column (1, or 0 for the constant); constant : position among the given columns
    of the first constant one, or None.
    """

    x: Array
    to_given: Array
    aliased: Array
    spread: Array
    constant: int | None


def scale_columns(X: Array, weight: Array, drop_aliased: bool) -> Design:
    """Centre and scale by standard deviation if a constant column is there to absorb the centre, else scale."""
    p = X.shape[1]
    share = weight / weight.sum()
    flat = X.min(axis=0) == X.max(axis=0)
    mean = share @ X
    mean[flat] = X[0, flat]
    x = X - mean
    deviation = np.sqrt(np.einsum("i,ij,ij->j", share, x, x))
    deviation[flat] = 0.0
    constants = np.flatnonzero(flat & (X[0] != 0.0))
    aliased = flat.copy()
    constant = int(constants[0]) if constants.size else None
    if constant is None:
        scale = np.hypot(deviation, mean)
        scale[scale == 0.0] = 1.0
        np.divide(X, scale, out=x)
        to_given = np.diag(1.0 / scale)
        spread = deviation / scale
    else:
        aliased[constant] = False
        scale = np.where(flat, 1.0, deviation)
        x /= scale
        x[:, constant] = 1.0
        to_given = np.diag(1.0 / scale)
        to_given[constant] = -mean / scale / X[0, constant]
        to_given[constant, constant] = 1.0 / X[0, constant]
        spread = np.where(flat, 0.0, 1.0)
    if drop_aliased:
        aliased |= _spanned_by_earlier(x, share, aliased, constant)
    kept = ~aliased
    if not kept.all():
        x = np.ascontiguousarray(x[:, kept])
    return Design(x, to_given[:, kept], aliased, spread[kept], constant)


def _spanned_by_earlier(x: Array, share: Array, skip: Array, constant: int | None) -> Array:
    """Columns that are combinations of the constant and of kept columns to their left."""
    order = [j for j in range(x.shape[1]) if not skip[j]]
    if constant is not None:
        order.remove(constant)
        order.insert(0, constant)
    gram = _gram(x, share)
    spanned = np.zeros(x.shape[1], dtype=bool)
    factor = np.zeros_like(gram)
    kept: list[int] = []
    for j in order:
        row = np.zeros(0)
        if kept:
            lower = factor[: len(kept), : len(kept)]
            row = np.linalg.solve(lower, gram[j, kept])
        left = gram[j, j] - row @ row
        if left < 1e-9 * gram[j, j] and kept:  # too close for the Gram matrix to tell: look at the column
            root = np.sqrt(share)
            fitted, *_ = np.linalg.lstsq(x[:, kept] * root[:, None], x[:, j] * root, rcond=1e-12)
            residual = root * (x[:, j] - x[:, kept] @ fitted)
            left = max(left, residual @ residual)
            if residual @ residual < ALIASED**2 * gram[j, j]:
                spanned[j] = True
                continue
        factor[len(kept), : len(kept)] = row
        factor[len(kept), len(kept)] = np.sqrt(left)
        kept.append(j)
    return spanned


def _gram(x: Array, weight: Array) -> Array:
    """``x' diag(weight) x``."""
    rows, p = x.shape
    out = np.zeros((p, p))
    if p < WIDE:
        none = np.empty((rows, 0))
        kernels.accumulate(x, none, 0, rows, weight, weight, weight, out)
        return np.tril(out) + np.tril(out, -1).T
    for i in range(0, rows, 1024):
        block = x[i : i + 1024]
        out += block.T @ (block * weight[i : i + 1024, None])
    return out


# --- problem -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """Scaled designs of mean and dispersion, counts, weights, and the penalty on each coefficient (kept,)."""

    x: Array
    z: Array
    k: Array
    n: Array
    weight: Array
    penalty: Array

    def evaluate(self, point: Array) -> tuple[float, Array, Array]:
        """Penalised log-likelihood less the binomial coefficients, its gradient and its negative Hessian."""
        p = self.x.shape[1]
        coef, dispersion = point[:p], point[p:]
        gradient = np.empty(point.size)
        if p < WIDE:
            hessian = np.empty((point.size, point.size))
            value = kernels.fused_pass(self.x, self.z, self.k, self.n, self.weight, coef, dispersion, gradient, hessian)
        else:
            terms = np.empty((5, self.k.size))
            value = kernels.weighted_rows(self.k, self.n, self.weight, self.x @ coef, self.z @ dispersion, terms)
            gradient[:p] = terms[0] @ self.x
            gradient[p:] = terms[1] @ self.z
            hessian = self._outer(terms[2], terms[3], terms[4])
        information = -(np.tril(hessian) + np.tril(hessian, -1).T)
        information[np.arange(p), np.arange(p)] += self.penalty
        gradient[:p] -= self.penalty * coef
        return value - 0.5 * self.penalty @ coef**2, gradient, information

    def scores_squared(self, point: Array) -> Array:
        """Sum over rows of the outer product of the score; a weight counts as that many equal rows."""
        p = self.x.shape[1]
        terms = np.empty((5, self.k.size))
        kernels.weighted_rows(self.k, self.n, np.ones_like(self.weight), self.x @ point[:p], self.z @ point[p:], terms)
        mean, dispersion = terms[0], terms[1]
        w = self.weight
        out = self._outer(w * mean**2, w * mean * dispersion, w * dispersion**2)
        return np.tril(out) + np.tril(out, -1).T

    def _outer(self, w_xx: Array, w_xz: Array, w_zz: Array) -> Array:
        (rows, p), q = self.x.shape, self.z.shape[1]
        out = np.zeros((p + q, p + q))
        if p < WIDE:
            kernels.accumulate(self.x, self.z, 0, rows, w_xx, w_xz, w_zz, out)
        else:
            out[:p, :p] = _gram(self.x, w_xx)
            out[p:, :p] = (self.z * w_xz[:, None]).T @ self.x
            out[p:, p:] = (self.z * w_zz[:, None]).T @ self.z
        return out

    def loglik(self, point: Array) -> float:
        """Log-likelihood with the binomial coefficients, without the penalty, to the last digits."""
        p = self.x.shape[1]
        eta = self.x @ point[:p]
        with np.errstate(over="ignore"):
            mean, rest = 1.0 / (1.0 + np.exp(-eta)), 1.0 / (1.0 + np.exp(eta))
            s = np.exp(self.z @ point[p:])
        out = np.empty(self.k.size)
        kernels.log_pmf_rows(self.k, self.n, mean, rest, s, out)
        return float(self.weight @ out)


@dataclass(frozen=True)
class Optimum:
    point: Array
    value: float
    information: Array
    gap: float
    iterations: int
    converged: bool
    state: str


# --- start ---------------------------------------------------------------------------------------------------


def start(problem: Problem) -> tuple[Array, float]:
    """Coefficients and log(alpha + beta) from two least-squares steps with Williams' (1982) weights."""
    k, n, w = problem.k, problem.n, problem.weight
    total = w @ n
    overall = (w @ k + 0.5) / (total + 1.0)
    rho = _moment_rho(k, n, w, np.full(k.size, overall))
    pseudo = min(max(1.0 / rho, 1.0), 1e4)
    mean = (k + pseudo * overall) / (n + pseudo)
    eta = np.log(mean / (1.0 - mean))
    for _ in range(2):
        variance = mean * (1.0 - mean)
        v = w * n * variance / (1.0 + (n - 1.0) * rho)
        target = eta + (k / n - mean) / variance
        information = _gram(problem.x, v)
        diagonal = np.diag(information) + problem.penalty
        ridge = 1e-10 * diagonal.max()
        information[np.diag_indices_from(information)] = diagonal + ridge
        coef = np.linalg.solve(information, problem.x.T @ (v * target))
        eta = np.clip(problem.x @ coef, -30.0, 30.0)
        mean = 1.0 / (1.0 + np.exp(-eta))
        rho = _moment_rho(k, n, w, mean)
    return coef, float(np.log((1.0 - rho) / rho))


def _moment_rho(k: Array, n: Array, w: Array, mean: Array) -> float:
    """Intra-class correlation that makes Pearson's statistic equal to its expectation."""
    pearson = (k - n * mean) ** 2 / (n * mean * (1.0 - mean))
    room = w @ (n - 1.0)
    rho = (w @ pearson - w.sum()) / room if room > 0.0 else 0.0
    return float(np.clip(rho, min(1e-3, 0.1 / n.max()), 0.9))


# --- Newton --------------------------------------------------------------------------------------------------


def maximise(
    evaluate: Callable[[Array], tuple[float, Array, Array]],
    point: Array,
    free: slice = slice(None),
    stop: Callable[[Array, float, Array], Optimum | None] = lambda *_: None,
) -> Optimum:
    """Newton's method with a line search; `stop` looks at each accepted point and may end the search."""
    value, gradient, information = evaluate(point)
    last_step = False
    gap = np.inf
    iteration = 0
    for iteration in range(1, MAX_ITERATIONS + 1):
        step, definite = _direction(information[free, free], gradient[free])
        gap = float(gradient[free] @ step)
        if last_step and definite and gap <= GAP:
            return Optimum(point, value, information, gap, iteration - 1, True, "regular")
        last_step = definite and gap <= GAP
        length = 1.0 if last_step else min(1.0, 4.0 / np.abs(step).max())
        while True:
            trial = point.copy()
            trial[free] += length * step
            new = evaluate(trial)
            enough = value + 1e-4 * length * gap - NOISE * abs(value)
            if np.isfinite(new[0]) and new[0] >= enough:
                break
            length *= 0.5
            if length < 1e-10:
                return Optimum(point, value, information, gap, iteration, False, "not converged")
        point = trial
        value, gradient, information = new
        found = stop(point, value, gradient)
        if found is not None:
            return found
    return Optimum(point, value, information, gap, iteration, False, "not converged")


def _direction(information: Array, gradient: Array) -> tuple[Array, bool]:
    """Newton step, or where the surface is not concave the step with the curvatures' signs mended."""
    try:
        lower = np.linalg.cholesky(information)
        half = np.linalg.solve(lower, gradient)
        return np.linalg.solve(lower.T, half), True
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(information)
        values = np.maximum(np.abs(values), 1e-8 * np.abs(values).max() + 1e-300)
        return vectors @ ((vectors.T @ gradient) / values), False


def solve(problem: Problem) -> Optimum:
    """Maximise over coefficients and dispersion, and name the edge of the parameter space if it lies there."""
    k, n, w = problem.k, problem.n, problem.weight
    p, q = problem.x.shape[1], problem.z.shape[1]
    coef, log_s = start(problem)
    if not (n >= 2).any():
        return binomial(problem, coef, "rho unidentified")
    if ((k == 0) | (k == n))[n >= 2].all():
        once = Problem(problem.x, problem.z, (k > 0).astype(float), np.ones_like(n), w, problem.penalty)
        return binomial(once, coef, "rho one")
    widest = np.log(n.max())
    checked = -np.inf

    def at_boundary(point: Array, value: float, gradient: Array) -> Optimum | None:
        nonlocal checked
        if q > 1 or gradient[p] <= 0.0 or point[p] < max(widest, checked + 2.0):
            return None
        checked = point[p]
        edge = binomial(problem, point[:p], "binomial")
        inside = edge.converged and _boundary_score(problem, edge.point[:p]) > 0.0
        return None if inside or edge.value < value - NOISE * abs(value) else edge

    point = np.concatenate([coef, _constant_dispersion(problem.z, log_s)])
    return maximise(problem.evaluate, point, stop=at_boundary)


def _constant_dispersion(z: Array, log_s: float) -> Array:
    """Coefficients of the dispersion that come closest to the same log(alpha + beta) in every row."""
    return np.linalg.lstsq(z, np.full(z.shape[0], log_s), rcond=None)[0] if z.shape[1] > 1 else log_s / z[:1, 0]


def binomial(problem: Problem, coef: Array, state: str) -> Optimum:
    """The fit with rho = 0, under the name of the reason for it."""
    p = problem.x.shape[1]
    ones = np.ones((problem.k.size, 1))
    plain = Problem(problem.x, ones, problem.k, problem.n, problem.weight, problem.penalty)
    found = maximise(plain.evaluate, np.append(coef, np.inf), free=slice(p))
    state = state if found.converged else "not converged"
    return Optimum(found.point, found.value, found.information, found.gap, found.iterations, found.converged, state)


def _boundary_score(problem: Problem, coef: Array) -> float:
    """Derivative of the log-likelihood by 1 / (alpha + beta) at 0, less its rounding: below 0 means that the
    binomial is a maximum."""
    k, n, w = problem.k, problem.n, problem.weight
    eta = problem.x @ coef
    m = n - k
    parts = k * (k - 1.0) * (1.0 + np.exp(-eta)), m * (m - 1.0) * (1.0 + np.exp(eta)), n * (n - 1.0)
    noise = 1e-14 * (w @ (parts[0] + parts[1] + parts[2]))
    return float(w @ (parts[0] + parts[1] - parts[2]) - noise)


# --- separation ----------------------------------------------------------------------------------------------


def separating_direction(problem: Problem) -> Array | None:
    """A direction along which the likelihood never falls (so that no finite maximum exists), or None.

    Along it rows without a success only lose mean, rows of nothing but successes only gain, and rows with
    both stay as they are.
    """
    from scipy.optimize import linprog

    x, k, n = problem.x, problem.k, problem.n
    none, full = k == 0, k == n
    mixed = ~none & ~full
    gram = _gram(np.ascontiguousarray(x[mixed]), problem.weight[mixed] / problem.weight.sum())
    gram[np.diag_indices_from(gram)] += problem.penalty
    values, vectors = np.linalg.eigh(gram)
    basis = vectors[:, values < 1e-12 * max(values.max(), 1.0)]
    if basis.shape[1] == 0:
        return None
    pull = np.where(full[~mixed], 1.0, -1.0)[:, None] * (x[~mixed] @ basis)
    pull = np.unique(np.round(pull / np.abs(pull).max(), 9), axis=0)
    found = linprog(-pull.sum(axis=0), A_ub=-pull, b_ub=np.full(len(pull), 1e-9), bounds=(-1.0, 1.0))
    if found.status != 0 or -found.fun < 1e-6:
        return None
    return basis @ found.x
