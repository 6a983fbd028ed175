"""Penalised regressions from one penalty to the next: the coefficients alone, which cross-validation needs many of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.blas import cores, one_blas_thread
from lib.betabinomial.checks import fit_counts, matrix, numbers
from lib.betabinomial.fit import expit
from lib.betabinomial.regression import fit_regression

if TYPE_CHECKING:
    from lib.betabinomial.newton import Problem

SLOW = 0.3  # where a step leaves more than this share of the gain that was left, the curvature is computed anew

Array = np.ndarray


@dataclass(frozen=True)
class PathFit:
    """The fit of one response with one penalty: ``coef`` (p,), ``rho`` and ``converged`` as in `RegressionFit`."""

    coef: Array
    rho: float
    converged: bool


class PenaltyPath:
    """Penalised regressions of several responses on the same columns, for one penalty after another.

    Each fit has the coefficients of `fit_regression`. It starts from the fit with the penalty before, and uses the
    curvature there for as long as steps with it gain what they promise, so that it costs a small part of a fit of its
    own. Go from the strongest penalty, with which the first fit is easy, to the weakest.

    Parameters
    ----------
    X : (rows, p), no column is added: include a column of ones
    K : (rows, m) successes
    n : (rows,) trials. Rows without trials carry no information.

    Raises
    ------
    ValueError
        If an argument cannot be used, or no row has a trial.

    References
    ----------
    Friedman, Hastie & Tibshirani (2010), Regularization paths for generalized linear models via coordinate descent,
    doi:10.18637/jss.v033.i01: warm starts along a path of penalties.
    """

    def __init__(self, X: ArrayLike, K: ArrayLike, n: ArrayLike):
        from lib.betabinomial.design import scale_columns

        K = numbers("K", K)
        X, n = matrix("X", X, len(K)), numbers("n", n)
        columns = [fit_counts(k, n)[0] for k in K.T]
        used = n > 0.0
        self._X, self._n, self._columns = X[used], n[used], [np.ascontiguousarray(k[used]) for k in columns]
        if not used.any():
            raise ValueError("No row has a trial: there is nothing to fit.")
        self._design = scale_columns(self._X, np.ones(used.sum()), False)
        self._last: list[tuple[Array, Array] | None] = [None] * len(columns)

    def fit(self, l2: Array) -> list[PathFit]:
        """The fit of each response with penalties ``l2`` (p,), which mean what they mean in `fit_regression`.

        Raises
        ------
        ValueError
            If a column that varies has no penalty.
        """
        penalty = l2[~self._design.aliased] * self._design.spread**2
        if not (penalty[self._design.spread > 0.0] > 0.0).all():
            raise ValueError("Every column that varies needs a penalty above 0.")
        with one_blas_thread(), ThreadPoolExecutor(min(len(self._columns), cores())) as pool:
            return list(pool.map(lambda j: self._fit(j, l2, penalty), range(len(self._columns))))

    def _fit(self, j: int, l2: Array, penalty: Array) -> PathFit:
        from lib.betabinomial.newton import Problem

        k, n, found = self._columns[j], self._n, None
        ones = np.ones(k.size)
        problem = Problem(self._design.x, ones[None], k, n, ones, penalty)
        if k.any() and (k < n).any():
            found = _climb(problem, *(self._last[j] or _begin(problem)))
        self._last[j] = found
        if found is None:
            fit = fit_regression(self._X, k, n, l2=l2)
            return PathFit(fit.coef, fit.rho, fit.converged)
        coef, log_s = found[0][:-1], found[0][-1]
        return PathFit(self._design.to_given @ coef, float(expit(-log_s)), True)


def _begin(problem: Problem) -> tuple[Array, Array]:
    """A point to start from, and `Problem.curvature` there."""
    from lib.betabinomial.newton import start

    point = np.append(*start(problem))
    return point, problem.curvature(problem.row_terms(point, problem.weight)[1])


def _climb(problem: Problem, point: Array, curvature: Array) -> tuple[Array, Array] | None:
    """The inner maximum and `Problem.curvature` near it, from a point and the curvature near that; None if not found.

    Newton's method with a curvature that is computed anew only where the last step gained too little.
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    from lib.betabinomial.newton import GAP, MAX_ITERATIONS, NOISE

    slack, ceiling = problem.rounding, np.log(problem.n.max())
    before, length, fresh, root = np.inf, 1.0, False, None
    value, gradient, terms = problem.slope(point)
    for _ in range(MAX_ITERATIONS):
        if root is None:
            try:
                root = cho_factor(problem.penalised(curvature))
            except LinAlgError:
                return None
        step = cho_solve(root, gradient)
        gap = float(gradient @ step)
        if gap <= GAP:
            return point + step, curvature
        trial = problem.slope(point + length * step)
        rises = trial[0] >= value + 1e-4 * length * gap - slack - NOISE * abs(value)
        if rises:
            point, (value, gradient, terms) = point + length * step, trial
            if gradient[-1] > 0 and point[-1] >= ceiling:
                return None
            length = 1.0
        elif fresh:
            length /= 4
            continue
        fresh = not rises or gap > SLOW * before
        if fresh:
            curvature, root = problem.curvature(terms), None
        before = gap
    return None
