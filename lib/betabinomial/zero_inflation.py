"""The optimiser of the zero-inflated beta-binomial, for `lib.betabinomial.fit_zero_inflated_regression`.

A row has three linear predictors: eta = logit(mean), theta = log(alpha + beta) and zeta = logit(zero). The arrays are
already checked, and every row has a trial and a positive weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lib.betabinomial import edges, kernels, newton
from lib.betabinomial.design import gram
from lib.betabinomial.fit import expit

FAR = 7.0  # a predictor of at least this size has reached its limit if it no longer changes the likelihood
STILL = 1e-6  # derivative of a row's log-likelihood that counts as 0
INFINITE = 700.0  # a predictor of this size stands for infinity
RANDOM_STARTS = 40  # where there may be several maxima
ROUNDS = 4  # a search that ends before it has reached the maximum goes on this often
GAIN = 1e-8  # differences of log-likelihoods below this count as 0

Array = np.ndarray


@dataclass(frozen=True)
class Mixture:
    """The log-likelihood of a point (p + q + r,): coefficients of x, of z and of v.

    Attributes
    ----------
    designs : x (p, rows), z (q, rows) and v (r, rows) float64: scaled designs of eta, theta and zeta
    k, n, weight, offset : (rows,) float64; the rows with k = 0 come first
    fixed : (3, rows) float64, predictors that no coefficient changes; NaN for the others
    """

    designs: tuple[Array, Array, Array]
    k: Array
    n: Array
    weight: Array
    offset: Array
    fixed: Array

    @property
    def zeros(self) -> int:
        return int(np.searchsorted(self.k, 0.5))

    def split(self, point: Array) -> list[Array]:
        return np.split(point, np.cumsum([len(design) for design in self.designs[:2]]))

    def predictors(self, point: Array) -> Array:
        """eta, theta and zeta (3, rows)."""
        out = np.array([coef @ design for coef, design in zip(self.split(point), self.designs, strict=True)])
        out[0] += self.offset
        return np.where(np.isnan(self.fixed), out, self.fixed)

    def evaluate(self, point: Array) -> tuple[float, Array, Array]:
        """Log-likelihood without the binomial coefficients, its gradient and its negative Hessian."""
        value, first, second = self.row_terms(self.predictors(point))
        gradient = np.concatenate([design @ d for design, d in zip(self.designs, first, strict=True)])
        information = np.empty((point.size, point.size))
        ends = np.cumsum([0, *map(len, self.designs)])
        parts = [slice(*pair) for pair in pairwise(ends)]
        for i, left in enumerate(self.designs):
            for j, right in enumerate(self.designs[: i + 1]):
                block = (left * -second[i, j]) @ right.T
                information[parts[i], parts[j]], information[parts[j], parts[i]] = block, block.T
        return value, gradient, information

    def row_terms(self, predictors: Array) -> tuple[float, Array, Array]:
        """Log-likelihood, and its derivatives (3, rows) and (3, 3, rows) by the predictors of each row."""
        first, second = np.zeros((3, self.k.size)), np.zeros((3, 3, self.k.size))
        m = self.zeros
        for rows, weight in ((slice(m), np.ones(m)), (slice(m, None), self.weight[m:])):  # value: of the latter
            eta, theta, _ = predictors[:, rows]
            inner = newton.Problem(eta[None], theta[None], self.k[rows], self.n[rows], weight, np.zeros(1))
            value, terms = inner.row_terms(np.ones(2), weight)
            first[:2, rows] = terms[:2]
            second[[0, 0, 1, 1], [0, 1, 0, 1], rows] = terms[[2, 3, 3, 4]]
        log_zero, log_rest = -np.logaddexp(0.0, -predictors[2]), -np.logaddexp(0.0, predictors[2])
        zero, rest = np.exp(log_zero), np.exp(log_rest)
        first[2], second[2, 2] = -self.weight * zero, -self.weight * zero * rest
        value += float(self.weight[m:] @ log_rest[m:])

        log_none = self.log_pmf(predictors[:, :m])
        log_chance = np.logaddexp(log_zero[:m], log_rest[:m] + log_none)
        value += float(self.weight[:m] @ log_chance)
        certain = np.exp(log_zero[:m] - log_chance)  # probability that a zero is certain
        sampled = np.exp(log_rest[:m] + log_none - log_chance)
        slope = first[:2, :m].copy()
        first[:2, :m] *= sampled
        first[2, :m] = -certain * rest[:m] * np.expm1(log_none)
        second[:2, :2, :m] = sampled * (second[:2, :2, :m] + certain * slope[:, None] * slope)
        second[:2, 2, :m] = second[2, :2, :m] = -sampled * certain * slope
        second[2, 2, :m] = sampled * certain - (zero * rest)[:m]
        first[:, :m] *= self.weight[:m]
        second[:, :, :m] *= self.weight[:m]

        stays = ~np.isnan(self.fixed)
        if stays.any():
            first[stays] = 0.0
            second[stays[:, None] | stays] = 0.0
        return value, first, second

    def log_pmf(self, predictors: Array) -> Array:
        """Log-probabilities of the beta-binomial for the first rows (all if ``predictors`` has all)."""
        eta, theta, _ = predictors
        out = np.empty(eta.size)
        s = np.where(theta < INFINITE, np.exp(np.clip(theta, -60.0, INFINITE)), np.inf)
        kernels.log_pmf_rows(self.k[: eta.size], self.n[: eta.size], expit(eta), expit(-eta), s, out)
        return out

    def loglik(self, point: Array) -> float:
        """Log-likelihood with the binomial coefficients, to full accuracy."""
        predictors = self.predictors(point)
        zeta = predictors[2]
        logs = self.log_pmf(predictors) - np.logaddexp(0.0, zeta)
        logs[: self.zeros] = np.logaddexp(logs[: self.zeros], -np.logaddexp(0.0, -zeta[: self.zeros]))
        return float(self.weight @ logs)

    def scores(self, point: Array) -> Array:
        """Derivatives (p + q + r, rows) of the log-likelihood of each row, without its weight."""
        _, first, _ = self.row_terms(self.predictors(point))
        return np.vstack([design * (d / self.weight) for design, d in zip(self.designs, first, strict=True)])


@dataclass(frozen=True)
class Maximum:
    """The largest likelihood, or the limit that it rises to.

    Attributes
    ----------
    coef : three arrays, coefficients of x, z and v; where one grows without bound, a large value
    bases : three orthonormal bases of the coefficients that the likelihood still informs about in the limit
    mixture, point : the likelihood in these bases, and its maximum
    root : ``root root'`` is the inverse of the information in these bases; NaN if it has none
    loglik : float, nats, binomial coefficients included
    """

    coef: list[Array]
    bases: list[Array]
    mixture: Mixture
    point: Array
    root: Array
    loglik: float
    iterations: int
    converged: bool

    @property
    def log_s(self) -> float:
        """inf or -inf if log(alpha + beta) tends to it in all rows with two trials; else NaN."""
        theta = self.mixture.fixed[1, self.mixture.n >= 2.0]
        ends = [limit for limit in (np.inf, -np.inf) if theta.size and (theta == np.copysign(INFINITE, limit)).all()]
        return ends[0] if ends else np.nan


def maximise(mixture: Mixture, eta: Array, theta: Array) -> Maximum:
    """The highest of the maxima that Newton's method reaches from several starts.

    Where there are few rows and covariates, and the maximum is flat or not the only one, random starts follow. They
    are the same in every call.

    Parameters
    ----------
    eta, theta : (rows,) predictors of the fit without certain zeros
    """
    starts = list(_starts(mixture, eta, theta))
    few = mixture.k.size <= edges.FEW
    ends = [_climb(mixture, start) for start in starts[:2]]
    if few or not _sharp(ends):
        ends += [_climb(mixture, start) for start in starts[2:]]
    p, q, r = map(len, mixture.designs)
    if few and p + q + r > 3 and not _sharp(ends):
        rng = np.random.default_rng(0)
        for i in range(RANDOM_STARTS):
            noise = rng.normal(size=p + q + r) * np.repeat([2.0, 2.0, 5.0], [p, q, r])
            ends.append(_climb(mixture, starts[i % len(starts)] + noise))
    best = _highest(ends)
    for _ in range(ROUNDS):
        if best.converged:
            break
        best = _highest([best, _climb(mixture, np.concatenate(best.coef))])
    return best


def _highest(ends: list[Maximum]) -> Maximum:
    top = max(end.loglik for end in ends)
    return max(ends, key=lambda end: (end.loglik >= top - GAIN, end.converged, end.loglik))


def _sharp(ends: list[Maximum]) -> bool:
    """Whether all ends are the same inner maximum, and predictors with covariates have small standard errors there."""
    first = ends[0]
    if not all(end.converged and abs(end.loglik - first.loglik) < GAIN for end in ends):
        return False
    inner = len(first.root) == sum(map(len, first.bases))
    parts = np.split(first.root, np.cumsum([basis.shape[1] for basis in first.bases[:2]]))
    return inner and all(
        len(design) == 1 or (np.linalg.norm(design.T @ part, axis=1) < 2.0).all()
        for design, part in zip(first.mixture.designs, parts, strict=True)
    )


def _starts(mixture: Mixture, eta: Array, theta: Array) -> Iterator[Array]:
    """Starts at the fit without certain zeros and at a fit of the rows that are not zero."""
    m, w, n = mixture.zeros, mixture.weight, mixture.n
    share = (w[:m].sum() + 0.01) / (w.sum() + 0.02)
    few, many = np.log(share / (2.0 - share)), np.log(share / (1.0 - share))
    starts = [(np.clip(eta, -20.0, 20.0), np.clip(theta, -4.0, np.log(n.max())), few)]
    if m < n.size:
        x, z, _ = mixture.designs
        some = newton.Problem(x[:, m:], z[:, m:], mixture.k[m:], n[m:], w[m:], np.zeros(len(x)), mixture.offset[m:])
        coef, log_s = newton.start(some)
        starts += [(coef @ x + mixture.offset, level, many) for level in (log_s, np.log(n.max()))]
    for eta, *levels in starts:
        targets = [eta - mixture.offset, *(np.broadcast_to(level, n.size) for level in levels)]
        yield np.concatenate([_least_squares(d, w, t) for d, t in zip(mixture.designs, targets, strict=True)])


def _least_squares(design: Array, weight: Array, target: Array) -> Array:
    information = gram(design, weight)
    information[np.diag_indices_from(information)] += 1e-10 * np.trace(information)
    return np.linalg.solve(information, design @ (weight * target))


def _climb(mixture: Mixture, start: Array) -> Maximum:
    """Newton's method from a start; a likelihood that rises without end is followed to its limit."""
    coef, bases = mixture.split(start), [np.eye(len(design)) for design in mixture.designs]
    rounding = newton.ROUNDING * float(mixture.weight @ mixture.n)
    best, point, iterations = None, start, 0
    while True:
        found = newton.maximise(mixture.evaluate, point, rounding=rounding)
        loglik = mixture.loglik(found.point)
        if best is not None and not (found.converged and loglik >= best.loglik - GAIN):
            return best
        iterations += found.iterations
        parts = mixture.split(found.point)
        coef = [c + b @ (part - b.T @ c) for c, b, part in zip(coef, bases, parts, strict=True)]
        root = edges.inverse_root(mixture.evaluate(found.point)[2])
        converged = found.converged and not np.isnan(root).any()
        best = Maximum(coef, bases, mixture, found.point, root, loglik, iterations, converged)
        mixture, turns = _limit(mixture, found.point)
        if turns is None:
            return best
        bases = [b @ turn for b, turn in zip(bases, turns, strict=True)]
        point = np.concatenate([turn.T @ part for turn, part in zip(turns, parts, strict=True)])


def _limit(mixture: Mixture, point: Array) -> tuple[Mixture, list[Array] | None]:
    """The mixture without the coefficients that no longer change the likelihood, and bases of those that do.

    The bases are None if all coefficients change the likelihood.
    """
    predictors = mixture.predictors(point)
    _, first, second = mixture.row_terms(predictors)
    curvature = second[[0, 1, 2], [0, 1, 2]]
    still = np.maximum(np.abs(first), np.abs(curvature)) < STILL * mixture.weight
    turns = [edges.identified(d[:, ~rows]) for d, rows in zip(mixture.designs, still, strict=True)]
    if all(len(turn) == turn.shape[1] for turn in turns):
        return mixture, None
    far = np.where(np.abs(predictors) < FAR, predictors, np.copysign(INFINITE, predictors))
    fixed = mixture.fixed.copy()
    for part, (design, turn) in enumerate(zip(mixture.designs, turns, strict=True)):
        moved = np.abs(design - turn @ (turn.T @ design)).max(axis=0, initial=0.0) > 1e-6
        fixed[part, moved] = far[part, moved]
    designs = tuple(np.ascontiguousarray(turn.T @ d) for d, turn in zip(mixture.designs, turns, strict=True))
    return replace(mixture, designs=designs, fixed=fixed), turns
