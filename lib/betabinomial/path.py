"""Penalised regressions from one penalty to the next: the coefficients alone, which cross-validation needs many of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.blas import each_response
from lib.betabinomial.checks import check_aligned, matrix, penalties, responses
from lib.betabinomial.fit import expit

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

    Each fit starts from the one with the penalty before, and uses the curvature there for as long as steps with it gain
    what they promise, so that it costs a small part of a fit of its own. Go from the strongest penalty, with which the
    first fit is easy, to the weakest. A fit has the coefficients of `fit_regression`, up to 1e-4 in a linear predictor;
    only where the likelihood has several maxima it may end in another of them.

    Parameters
    ----------
    X : (rows, p), no column is added: include a column of ones
    K : (rows, m) successes
    n : (rows,) trials of all responses. Rows without trials carry no information.

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

        check_aligned(X=X, K=K, n=n)
        K, trials = responses(K, n)
        if (trials != trials[:, :1]).any():
            raise ValueError("The columns of n differ: give the responses with other trials a path of their own.")
        used = trials[:, 0] > 0.0
        if not used.any():
            raise ValueError("No row has a trial: there is nothing to fit.")
        self._labels, X = getattr(X, "columns", None), matrix("X", X, len(K))
        self._n = trials[used, 0]
        self._columns = [np.ascontiguousarray(k[used]) for k in K.T]
        self._design = scale_columns(X if used.all() else X[used], np.ones(used.sum()), False)
        self._last: list[tuple[Array, Array] | None] = [None] * len(self._columns)

    def fit(self, l2: ArrayLike) -> list[PathFit]:
        """The fit of each response with penalties ``l2`` (p,), which mean what they mean in `fit_regression`.

        Raises
        ------
        ValueError
            If a penalty cannot be used, or a column that varies has none.
        """
        design = self._design
        penalty = penalties(l2, design.aliased.size, self._labels)[~design.aliased] * design.spread**2
        if not (penalty[design.spread > 0.0] > 0.0).all():
            raise ValueError("Every column that varies needs a penalty above 0.")
        return each_response(lambda j: self._fit(j, penalty), len(self._columns))

    def _fit(self, j: int, penalty: Array) -> PathFit:
        from lib.betabinomial.edges import end
        from lib.betabinomial.newton import Problem, start

        design, k, n, found = self._design, self._columns[j], self._n, None
        if design.constant is not None and (not k.any() or (k == n).all()):
            return PathFit(design.without_contrast(bool(k.any())), np.nan, False)
        problem = Problem(design.x, np.ones((1, k.size)), k, n, np.ones(k.size), penalty)
        repeated = n >= 2.0
        if ((k > 0.0) & (k < n))[repeated].any():
            found = _climb(problem, *(self._last[j] or (np.append(*start(problem)), None)))
        if found:
            self._last[j] = found
            return PathFit(design.to_given @ found[0][:-1], float(expit(-found[0][-1])), True)
        ending = end(problem)
        if ending.state == "regular":
            found = ending.point, problem.curvature(problem.row_terms(ending.point, problem.weight)[1])
        self._last[j] = found
        return PathFit(design.to_given @ ending.coef, float(expit(-ending.log_s[0])), ending.converged)


def _climb(problem: Problem, point: Array, curvature: Array | None) -> tuple[Array, Array] | None:
    """The inner maximum and `Problem.curvature` near it, from a point and the curvature near that; None if not found.

    Newton's method with a curvature that is computed anew only where the last step gained too little, and at the point
    where it isn't given.
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    from lib.betabinomial.newton import GAP, MAX_ITERATIONS, NOISE

    slack, ceiling = problem.rounding, np.log(problem.n.max())
    before, length, fresh, root = np.inf, 1.0, False, None
    value, gradient, terms = problem.slope(point)
    curvature = problem.curvature(terms) if curvature is None else curvature
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
