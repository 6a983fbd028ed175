"""The optimiser behind the regression: design, start, Newton steps, and the edges of the parameter space.

Everything here works on arrays that are already checked. Rows without trials or weight are gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from lib.betabinomial import kernels

MAX_ITERATIONS = 100
GAP = 1e-11  # twice the log-likelihood still to be gained where the last step, of 3e-6 standard errors, is taken
NOISE = 1e-13  # rounding of a sum over rows, relative to the sum
ROUNDING = 2e-15  # and of a row's log-likelihood, relative to its trials: what cancels is of the order of 10 n
WIDE = 64  # columns from which BLAS beats the fused pass
STEEP = 1e-4  # share of its square that earlier columns leave of a column, from which on they are orthogonalised
ALIASED = 1e-7  # share of a column's length that the columns before it leave, as in R's lm

UNUSED = np.empty((1, 0))  # for the arguments of a kernel that its mode does not touch

Array = np.ndarray

# --- BLAS ----------------------------------------------------------------------------------------------------

_lock = threading.Lock()
_holders = 0
_limiter = None


@cache
def _pools():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread while any fit runs in this process; the last one out restores it."""
    global _holders, _limiter
    with _lock:
        if _holders == 0:
            _limiter = _pools().limit(limits=1, user_api="blas")
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _limiter.restore_original_limits()


# --- design --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """Columns made easy for the optimiser, of which some may have been left out.

    x : (kept, rows) the columns, scaled or orthogonalised, each along memory
    to_given : (given, kept) turns their coefficients into those of the columns as given
    aliased : (given,) columns that are combinations of others and were left out
    spread : (kept,) standard deviation of each column of x, meant for scaled ones
    constant : position among the given columns of the first constant one, or None; level : its value
    """

    x: Array
    to_given: Array
    aliased: Array
    spread: Array
    constant: int | None
    level: float


def scale_columns(given: Array, weight: Array, drop_aliased: bool) -> Design:
    """Centre and scale to standard deviation 1 where a constant column can absorb the centre, else to length 1.

    With ``drop_aliased``, combinations of earlier columns are left out, and near-combinations orthogonalised.
    """
    rows, p = given.shape
    x = np.empty((p, rows))
    mean, deviation = np.empty(p), np.empty(p)
    share = weight / weight.sum()
    kernels.centre(given, share, x, mean, deviation)
    flat = deviation == 0.0
    constants = np.flatnonzero(flat & (mean != 0.0))
    constant = int(constants[0]) if constants.size else None
    level = float(mean[constant]) if constants.size else 0.0
    aliased = flat.copy()
    if constant is None:
        x += mean[:, None]
        scale = np.where(flat, 1.0, np.hypot(deviation, mean))
        x /= scale[:, None]
        to_given = np.diag(1.0 / scale)
    else:
        aliased[constant] = False
        scale = np.where(flat, 1.0, deviation)
        x /= scale[:, None]
        x[constant] = 1.0
        to_given = np.diag(1.0 / scale)
        to_given[constant] = -mean / scale / level
        to_given[constant, constant] = 1.0 / level
    spread = deviation / scale
    if drop_aliased and _nearly_singular(gram(x[~aliased] if aliased.any() else x, share)):
        order = [j for j in np.argsort(np.arange(p) != constant, kind="stable") if not aliased[j]]
        kept, lower = _independent(np.sqrt(share) * x, order)
        aliased = ~np.isin(np.arange(p), kept)
        return Design(
            x=np.linalg.solve(lower, x[kept]),
            to_given=np.linalg.solve(lower, to_given[:, kept].T).T,
            aliased=aliased,
            spread=spread[kept],
            constant=constant,
            level=level,
        )
    kept = ~aliased
    return Design(x if kept.all() else x[kept], to_given[:, kept], aliased, spread[kept], constant, level)


def _nearly_singular(products: Array) -> bool:
    try:
        left = np.diag(np.linalg.cholesky(products)) ** 2
    except np.linalg.LinAlgError:
        return True
    return bool((left < STEEP * np.diag(products)).any())


def _independent(x: Array, order: list[int]) -> tuple[list[int], Array]:
    """Those of the columns that are no combination of the ones before them, and the lower triangle that makes
    them of orthogonal ones."""
    kept = order[: x.shape[1]]
    while True:
        upper = np.linalg.qr(x[kept].T, mode="r")
        gone = np.abs(np.diag(upper)) < ALIASED * np.linalg.norm(x[kept], axis=1)
        if not gone.any():
            return kept, upper.T
        kept = [j for i, j in enumerate(kept) if i != np.argmax(gone)]


def gram(x: Array, weight: Array) -> Array:
    """``x diag(weight) x'`` for x of shape (columns, rows)."""
    p, rows = x.shape
    out = np.zeros((p, p))
    if p < WIDE:
        kernels.gram(x, weight, out)
        return _whole(out)
    for i in range(0, rows, 1024):
        block = x[:, i : i + 1024]
        out += (block * weight[i : i + 1024]) @ block.T
    return out


def _whole(lower: Array) -> Array:
    return np.tril(lower) + np.tril(lower, -1).T


# --- problem -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """What is to be maximised over a point (coefficients of x, then of z).

    x (p, rows), z (q, rows) : scaled designs of mean and dispersion; k, n, weight : (rows,); penalty : (p,).
    A dispersion of infinity is the binomial.
    """

    x: Array
    z: Array
    k: Array
    n: Array
    weight: Array
    penalty: Array

    def evaluate(self, point: Array) -> tuple[float, Array, Array]:
        """Penalised log-likelihood less the binomial coefficients, its gradient and its negative Hessian."""
        p = len(self.x)
        coef = point[:p]
        if p < WIDE:
            gradient = np.empty(point.size)
            hessian = np.zeros((point.size, point.size))
            value = kernels.fused_pass(
                self.x, self.z, self.k, self.n, self.weight, coef, point[p:], False, UNUSED, gradient, hessian
            )
            information = -_whole(hessian)
        else:
            value, terms = self.row_terms(point, self.weight)
            gradient = np.concatenate([self.x @ terms[0], self.z @ terms[1]])
            information = -self._outer(*terms[2:])
        information[np.arange(p), np.arange(p)] += self.penalty
        gradient[:p] -= self.penalty * coef
        return value - 0.5 * self.penalty @ coef**2, gradient, information

    def row_terms(self, point: Array, weight: Array) -> tuple[float, Array]:
        """Log-likelihood less the binomial coefficients, and the rows' derivatives as `fused_pass` has them."""
        p = len(self.x)
        terms = np.empty((5, self.k.size))
        eta = point[:p] @ self.x
        value = kernels.fused_pass(
            UNUSED, self.z, self.k, self.n, weight, eta, point[p:], True, terms, UNUSED[0], UNUSED
        )
        return value, terms

    def scores_squared(self, point: Array, cluster: Array | None = None) -> Array:
        """Sum over rows of the outer product of the score; a weight counts as that many equal rows.

        With ``cluster`` (rows,), numbers from 0, the sum is over clusters, of the outer product of the sum of scores.
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
        """Log-likelihood with the binomial coefficients, without the penalty, to the last digits."""
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
        """Absolute rounding of the value of `evaluate`."""
        return ROUNDING * float(self.weight @ self.n)

    def binomial(self) -> Problem:
        """The same problem with a single dispersion, which can then be infinite."""
        return replace(self, z=np.ones((1, self.k.size)))


@dataclass(frozen=True)
class Optimum:
    """Where a search ended: the point, the value and the negative Hessian there, and how it ended."""

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
    look: Callable[[Array, float, Array], Optimum | None] = lambda *_: None,
    rounding: float = 0.0,
) -> Optimum:
    """Newton's method with a line search over the free part of the point.

    ``look`` is called with each accepted point, value and gradient, and ends the search if it returns a result.
    A value may fall by its ``rounding``.
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
    """Newton's step and True; where the surface is not concave, the step with its curvatures turned and False."""
    try:
        lower = np.linalg.cholesky(information)
        return np.linalg.solve(lower.T, np.linalg.solve(lower, gradient)), True
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(information)
        values = np.maximum(np.abs(values), 1e-8 * np.abs(values).max() + 1e-300)
        return vectors @ ((vectors.T @ gradient) / values), False


# --- edges ---------------------------------------------------------------------------------------------------


def solve(problem: Problem) -> Optimum:
    """Maximise over coefficients and dispersion; where the maximum lies at rho = 0 or 1, go there and say so."""
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
        inner = edge.converged and _pull_from_boundary(problem, edge.point[:p]) > 0.0
        return None if inner or edge.value < value - problem.rounding - NOISE * abs(value) else edge

    flat = np.linalg.lstsq(problem.z.T, np.full(k.size, log_s), rcond=None)[0] if q > 1 else [log_s / problem.z[0, 0]]
    found = maximise(problem.evaluate, np.concatenate([coef, flat]), look=at_boundary, rounding=problem.rounding)
    if found.converged and q > 1 and _dispersion_runs_off(problem, found):
        return replace(found, converged=False, state="dispersion unbounded")
    return found


def rho_one_limit(problem: Problem) -> Problem:
    """Rows that are all or nothing become one trial each."""
    return replace(problem, k=np.minimum(problem.k, 1.0), n=np.ones_like(problem.n))


def binomial_fit(problem: Problem, coef: Array, state: str) -> Optimum:
    """The fit with rho = 0, under the name of the reason for it."""
    plain = problem.binomial()
    found = maximise(plain.evaluate, np.append(coef, np.inf), free=slice(len(coef)), rounding=plain.rounding)
    return replace(found, state=state) if found.converged else found


def _pull_from_boundary(problem: Problem, coef: Array) -> float:
    """Derivative of the log-likelihood by 1 / (alpha + beta) at 0, less its rounding.

    Not above 0: the binomial is a maximum.
    """
    k, n, w = problem.k, problem.n, problem.weight
    eta = np.clip(coef @ problem.x, -300.0, 300.0)
    m = n - k
    gain = w @ (k * (k - 1.0) * (1.0 + np.exp(-eta)) + m * (m - 1.0) * (1.0 + np.exp(eta)))
    loss = w @ (n * (n - 1.0))
    return float(gain - loss - 1e-14 * (gain + loss))


def _dispersion_runs_off(problem: Problem, found: Optimum) -> bool:
    """Whether log(alpha + beta) of some rows is far out, where the likelihood has gone flat."""
    theta = found.point[len(problem.x) :] @ problem.z
    far = (theta > np.log(problem.n) + 7.0) | (theta < -7.0)
    _, terms = problem.row_terms(found.point, problem.weight)
    return bool(far.any() and np.abs(terms[4][far]).sum() < 0.01)


def separating_direction(problem: Problem) -> Array | None:
    """A direction along which the likelihood never falls, so that no finite maximum exists; or None.

    Along it rows without a success only lose mean, rows of nothing but successes only gain, and rows with
    both stay as they are.
    """
    from scipy.optimize import linprog

    x, k, n = problem.x, problem.k, problem.n
    full = k == n
    mixed = (k > 0.0) & ~full
    held = gram(np.ascontiguousarray(x[:, mixed]), problem.weight[mixed] / problem.weight.sum())
    held[np.diag_indices_from(held)] += problem.penalty
    values, vectors = np.linalg.eigh(held)
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
