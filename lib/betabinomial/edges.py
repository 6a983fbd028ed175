"""Where the likelihood is largest: an inner maximum, or a limit at the edge of the parameter space.

`end` is the entry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from lib.betabinomial.design import gram
from lib.betabinomial.newton import FLAT, NOISE, NONE, Optimum, Problem, maximise, plain_starts, start

FAR = 10.0  # linear predictors of at least this size count as having reached a mean of 0 or 1
SUSPECT = 30.0  # standard error of a linear predictor (logit) above which the fit is tested for separation
FEW = 1000  # up to this many rows, all starts are tried where z has several columns: there may be several maxima

Array = np.ndarray


@dataclass(frozen=True)
class Ending:
    """Where the likelihood is largest, or the limit that it rises to, and what is known there.

    Attributes
    ----------
    state, converged, iterations : as in `RegressionFit`
    coef, log_s : (p,) and (q,), coefficients of x and of z; log_s is inf for rho = 0, -inf for rho = 1, NaN for no rho
    problem, point : the likelihood at the end, without the rows whose mean is 0 or 1 in the limit, and its maximum
    kept : (rows,) bool, the rows of ``problem`` among the given rows
    settled : rows of ``problem`` whose rho is 0 or 1 in the limit
    x, z : orthonormal bases (p, r) and (q, t) of the coefficients that have a standard error
    basis : (point.size, r + t) the same bases, of ``point``
    root : (r + t, r + t), ``root root'`` is the inverse of the information in these bases; NaN if it has none
    """

    state: str
    converged: bool
    iterations: int
    coef: Array
    log_s: Array
    problem: Problem
    point: Array
    kept: Array
    settled: Array
    x: Array
    z: Array
    basis: Array
    root: Array

    def scores_squared(self, cluster: Array | None, frequency: bool) -> Array:
        """`Problem.scores_squared` in the bases; ``cluster`` belongs to the given rows."""
        cluster = None if cluster is None else cluster[self.kept]
        scores = self.problem.scores_squared(self.point, cluster, frequency, self.settled)
        return self.basis.T @ scores @ self.basis


def end(problem: Problem) -> Ending:
    """Maximise over coefficients and dispersion; a likelihood that rises without end is followed to its limit."""
    ending = _describe(problem, solve(problem))
    if ending.converged:
        std_err = np.linalg.norm(ending.root[: len(problem.x)], axis=1)
        if (std_err * np.abs(problem.x).max(axis=1) <= SUSPECT).all():
            return ending
    directions = separating_directions(problem)
    return _at_infinity(problem, ending, directions) if directions else ending


def _describe(problem: Problem, found: Optimum) -> Ending:
    """The end of a search in which no mean tends to 0 or 1."""
    p, q = len(problem.x), len(problem.z)
    state, point, information, settled = found.state, found.point, found.information, NONE
    x, z, log_s = np.eye(p), np.eye(q), point[p:]
    if not np.isfinite(log_s).all():
        problem = rho_one_limit(problem).binomial() if state == "rho one" else problem.binomial()
        z, log_s = z[:, :0], np.full(q, {"rho one": -np.inf, "rho unidentified": np.nan}.get(state, np.inf))
    elif q > 1:
        z = identified(problem.z[:, problem.n >= 2.0])
        far = _settled(problem, point)
        within = identified(problem.z[:, ~far & (problem.n >= 2.0)])
        if found.converged and within.shape[1] < z.shape[1]:
            state, z, settled = "dispersion unbounded", within, np.flatnonzero(far)
            information = problem.information(point, settled)
    basis = np.zeros((point.size, p + z.shape[1]))
    basis[:p, :p] = x
    basis[p : p + q, p:] = z[: point.size - p]
    root = inverse_root(basis.T @ information @ basis)
    if np.isnan(root).any():
        state = "not converged"
    return Ending(
        state=state,
        converged=found.converged and state not in ("not converged", "dispersion unbounded"),
        iterations=found.iterations,
        coef=point[:p],
        log_s=log_s,
        problem=problem,
        point=point,
        kept=np.ones(problem.k.size, dtype=bool),
        settled=settled,
        x=x,
        z=z,
        basis=basis,
        root=root,
    )


def _at_infinity(problem: Problem, ending: Ending, directions: list[tuple[Array, Array]]) -> Ending:
    """The limit along the separating directions: the likelihood of the rows whose means stay between 0 and 1."""
    coef = ending.coef
    for direction, moved in directions[::-1]:
        side = np.where(problem.k == problem.n, 1.0, -1.0)[moved]
        short = (FAR - side * problem.eta(coef)[moved]) / (side * (direction @ problem.x[:, moved]))
        coef = coef + max(0.0, short.max()) * direction
    kept = ~np.any([moved for _, moved in directions], axis=0)
    rest = problem.rows(kept)
    p, q = len(problem.x), len(problem.z)
    if not kept.any():
        return Ending(
            state="separated",
            converged=False,
            iterations=ending.iterations,
            coef=coef,
            log_s=np.full(q, np.nan),
            problem=rest.binomial(),
            point=np.append(coef, np.inf),
            kept=kept,
            settled=NONE,
            x=np.empty((p, 0)),
            z=np.empty((q, 0)),
            basis=np.empty((p + 1, 0)),
            root=np.empty((0, 0)),
        )
    x, z = identified(rest.x, problem.penalty), identified(rest.z[:, rest.n >= 2.0])
    turned = z if z.size else np.eye(q, 1)
    rest = replace(rest, x=x.T @ rest.x, z=turned.T @ rest.z, penalty=x.T**2 @ problem.penalty)
    inner = _describe(rest, solve(rest))
    log_s = z @ inner.log_s if z.size and np.isfinite(inner.log_s).all() else np.full(q, inner.log_s[0])
    return replace(
        inner,
        state="separated",
        converged=False,
        iterations=ending.iterations + inner.iterations,
        coef=coef + x @ (inner.coef - x.T @ coef),
        log_s=log_s,
        kept=kept,
        x=x @ inner.x,
        z=z @ inner.z if z.size else z,
    )


def identified(columns: Array, penalty: Array | None = None) -> Array:
    """Orthonormal basis (c, r) of the coefficients of ``columns`` (c, rows) that the rows or a penalty (c,) determine.

    Penalised coefficients come first, each as itself.
    """
    c, rows = columns.shape
    free = np.ones(c, dtype=bool) if penalty is None else penalty == 0.0
    values, vectors = np.linalg.eigh(gram(np.ascontiguousarray(columns[free]), np.full(rows, 1.0 / max(rows, 1))))
    known = values > FLAT * max(values.max(initial=0.0), 1e-300)
    if known.all():
        return np.eye(c)
    basis = np.zeros((c, c - free.sum() + known.sum()))
    basis[~free, : c - free.sum()] = np.eye(c - free.sum())
    basis[free, c - free.sum() :] = vectors[:, known]
    return basis


def inverse_root(information: Array) -> Array:
    """A matrix that multiplied by its transpose gives the inverse; NaN if the information is not positive definite."""
    try:
        return np.linalg.solve(np.linalg.cholesky(information), np.eye(len(information))).T
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)


def solve(problem: Problem) -> Optimum:
    """Maximise over coefficients and dispersion; a maximum at rho = 0 or 1 is found and named in the state."""
    k, n = problem.k, problem.n
    p = len(problem.x)
    repeated = n >= 2.0
    if not repeated.any():
        return binomial_fit(problem, start(problem)[0], "rho unidentified")
    if ((k == 0.0) | (k == n))[repeated].all():
        return binomial_fit(rho_one_limit(problem), start(problem)[0], "rho one")
    single = len(problem.z) == 1 and np.ptp(problem.z) <= 1e-9 * abs(problem.z[0, 0])
    look_from = np.log(n.max())

    def at_boundary(point: Array, value: float, gradient: Array) -> Optimum | None:
        nonlocal look_from
        theta = point[p] * problem.z[0, 0]
        if not single or gradient[p] * problem.z[0, 0] <= 0.0 or theta < look_from:
            return None
        look_from = theta + 2.0
        edge = binomial_fit(problem, point[:p], "binomial")
        inner = edge.converged and slope_at_boundary(problem, edge.point[:p]) > 0.0
        return None if inner or edge.value < value - problem.rounding - NOISE * abs(value) else edge

    best = None
    for coef, log_s in chain([start(problem)], plain_starts(problem)):
        look_from = np.log(n.max())
        flat = np.linalg.lstsq(problem.z.T, np.full(k.size, log_s), rcond=None)[0]
        found = maximise(problem.evaluate, np.concatenate([coef, flat]), look=at_boundary, rounding=problem.rounding)
        if best is None or (found.converged, found.value) > (best.converged, best.value):
            best = found
        if best.converged and (single or k.size > FEW):
            break
    return best


def rho_one_limit(problem: Problem) -> Problem:
    """The problem at rho = 1, where each row with only successes or only failures counts as one trial."""
    return replace(problem, k=np.minimum(problem.k, 1.0), n=np.ones_like(problem.n))


def binomial_fit(problem: Problem, coef: Array, state: str) -> Optimum:
    """The fit with rho = 0; ``state`` names the reason for it."""
    plain = problem.binomial()
    found = maximise(plain.evaluate, np.append(coef, np.inf), free=slice(len(coef)), rounding=plain.rounding)
    return replace(found, state=state) if found.converged else found


def slope_at_boundary(problem: Problem, coef: Array) -> float:
    """Derivative of the log-likelihood by 1 / (alpha + beta) at 0, less its rounding error.

    If it is not above 0, the binomial is a maximum.
    """
    k, n, w = problem.k, problem.n, problem.weight
    eta = np.clip(problem.eta(coef), -300.0, 300.0)
    m = n - k
    gain = w @ (k * (k - 1.0) * (1.0 + np.exp(-eta)) + m * (m - 1.0) * (1.0 + np.exp(eta)))
    loss = w @ (n * (n - 1.0))
    return float(gain - loss - 1e-14 * (gain + loss))


def _settled(problem: Problem, point: Array) -> Array:
    """Rows (bool) in which log(alpha + beta) is so large or so small that the likelihood is flat."""
    theta = point[len(problem.x) :] @ problem.z
    far = (theta > np.log(problem.n) + 7.0) | (theta < -7.0)
    _, terms = problem.row_terms(point, problem.weight)
    return far & (np.abs(terms[4][far]).sum() < SUSPECT**-2)


def separating_directions(problem: Problem) -> list[tuple[Array, Array]]:
    """Directions (p,) along which the likelihood rises to a limit, each with the rows (bool) whose means it moves.

    A direction may move the means of rows that an earlier direction has moved to 0 or 1.
    """
    kept = np.ones(problem.k.size, dtype=bool)
    one_sided = (problem.k == 0.0) | (problem.k == problem.n)
    found = []
    while kept.any() and (direction := _separating_direction(problem.rows(kept))) is not None:
        moved = np.abs(direction @ problem.x)
        moved = kept & one_sided & (moved > 1e-6 * moved[kept].max())
        found.append((direction, moved))
        kept &= ~moved
    return found


def _separating_direction(problem: Problem) -> Array | None:
    """A direction (p,) along which the likelihood never falls, so that no finite maximum exists; or None.

    Along this direction the means of rows without a success never rise, the means of rows with only successes
    never fall, and the means of rows with both stay constant.
    """
    from scipy.optimize import linprog

    x, k, n = problem.x, problem.k, problem.n
    full = k == n
    mixed = (k > 0.0) & ~full
    fixed = gram(np.ascontiguousarray(x[:, mixed]), np.full(mixed.sum(), 1.0 / k.size))
    fixed[np.diag_indices_from(fixed)] += problem.penalty
    values, vectors = np.linalg.eigh(fixed)
    basis = vectors[:, values < 1e-12]
    if basis.shape[1] == 0:
        return None
    pull = np.where(full[~mixed], 1.0, -1.0)[:, None] * (x[:, ~mixed].T @ basis)
    largest = np.abs(pull).max(initial=0.0)
    if largest < 1e-9:
        return None
    pull = np.unique(np.round(pull / largest, 9), axis=0)
    found = linprog(-pull.sum(axis=0), A_ub=-pull, b_ub=np.full(len(pull), 1e-8), bounds=(-1.0, 1.0))
    gain = pull @ found.x if found.status == 0 else np.zeros(1)
    return basis @ found.x if gain.max() > 1e-6 else None
