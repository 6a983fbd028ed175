"""Sums over the rows of shards: moments of the columns, and the likelihood with its derivatives at given points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.blas import one_blas_thread
from lib.betabinomial.checks import fit_counts, matrix, numbers

if TYPE_CHECKING:
    from lib.betabinomial.newton import Problem

Array = np.ndarray
Read = Callable[[Any], tuple[ArrayLike, ArrayLike, ArrayLike]]

ALIASED = 1e-12  # a column is aliased if earlier columns leave less than this share of its squared length


class Rows(NamedTuple):
    """The rows of a shard that have a trial: X (rows, p), K (rows, m), n (rows,), and the names of the columns."""

    X: Array
    K: Array
    n: Array
    names: tuple[str, ...] | None


def checked_rows(read: Read, shard: Any) -> Rows:
    X, K, n = read(shard)
    names = tuple(map(str, X.columns)) if hasattr(X, "columns") else None
    try:
        K = numbers("K", K)
        K = K[:, None] if K.ndim == 1 else K
        if K.ndim != 2 or not K.shape[1]:
            raise ValueError(f"K has shape {K.shape}; (rows,) or (rows, responses) is needed.")
        X, n = matrix("X", X, len(K)), numbers("n", n)
        for k in K.T:
            fit_counts(k, n)
    except ValueError as error:
        raise ValueError(f"Shard {shard!r}: {error}") from None
    used = n > 0.0
    return Rows(X[used], K[used], n[used], names)


class Moments(NamedTuple):
    """Sums over rows of X less a shift, and what tells that a likelihood has no inner maximum.

    Attributes
    ----------
    rows, trials : numbers of rows and of trials
    shift, total : (p,)
    products : (p, p)
    least, most : (p,) range of X
    successes : (m,)
    longest : the largest number of trials of a row
    mixed : (m,) bool, whether a row has both successes and failures
    names : column names or None
    shard : the shard, for a message
    """

    rows: int
    trials: float
    shift: Array
    total: Array
    products: Array
    least: Array
    most: Array
    successes: Array
    longest: float
    mixed: Array
    names: tuple[str, ...] | None
    shard: Any

    @property
    def constant(self) -> int | None:
        """Position of the first constant column that is not 0."""
        found = np.flatnonzero((self.least == self.most) & (self.most != 0.0) & (self.shift == 0.0))
        return int(found[0]) if found.size else None


def shard_moments(read: Read, shift: Array, shard: Any) -> Moments:
    X, K, n, names = checked_rows(read, shard)
    if X.shape[1] != shift.size:
        raise ValueError(f"Shard {shard!r} has {X.shape[1]} columns, the first one has {shift.size}.")
    least, most = X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
    mixed = ((K > 0.0) & (K < n[:, None])).any(axis=0)
    X = X - shift
    with one_blas_thread():
        products = X.T @ X
    sums = X.sum(axis=0), products, least, most, K.sum(axis=0)
    return Moments(len(n), n.sum(), shift, *sums, n.max(initial=0.0), mixed, names, shard)


def joined(a: Moments, b: Moments) -> Moments:
    if a.names != b.names or a.mixed.shape != b.mixed.shape:
        raise ValueError(f"Shards {a.shard!r} and {b.shard!r} have different columns.")
    return Moments(
        rows=a.rows + b.rows,
        trials=a.trials + b.trials,
        shift=a.shift,
        total=a.total + b.total,
        products=a.products + b.products,
        least=np.minimum(a.least, b.least),
        most=np.maximum(a.most, b.most),
        successes=a.successes + b.successes,
        longest=max(a.longest, b.longest),
        mixed=a.mixed | b.mixed,
        names=a.names,
        shard=a.shard,
    )


class Basis(NamedTuple):
    """Columns x = (X - shift)[:, kept] @ change, whose coefficients a search looks for; coef = to_given @ those."""

    shift: Array
    kept: Array
    change: Array
    to_given: Array


def basis_of(moments: Moments, penalised: bool) -> Basis:
    """Orthonormal columns without the aliased ones; with a penalty all columns that are not 0, scaled."""
    length = np.sqrt(np.diag(moments.products) / moments.rows)
    order = sorted(np.flatnonzero(length > 0.0), key=lambda j: j != moments.constant)
    unit = np.where(length > 0.0, length, 1.0)
    products = moments.products / moments.rows / np.outer(unit, unit)
    if penalised:
        kept, change = np.array(order, dtype=int), np.diag(1.0 / unit[order])
    else:
        left, kept = products.copy(), []
        for j in order:
            if left[j, j] >= ALIASED:
                kept.append(j)
                left -= np.outer(left[:, j], left[j]) / left[j, j]
        kept = np.array(kept, dtype=int)
        lower = np.linalg.cholesky(products[np.ix_(kept, kept)])
        change = np.linalg.solve(lower, np.eye(kept.size)).T / unit[kept, None]
    to_given = np.zeros((length.size, kept.size))
    to_given[kept] = change
    if moments.constant is not None:
        to_given[moments.constant] -= moments.shift @ to_given / moments.most[moments.constant]
    return Basis(moments.shift, kept, change, to_given)


class Wanted(NamedTuple):
    """What a search asks for: see `_row_sums`. With ``limit``, for rho = 1, each row counts as one trial."""

    basis: Basis
    response: int
    limit: bool
    what: str
    point: Array


def shard_sums(read: Read, wanted: list[Wanted], shard: Any) -> list[tuple]:
    """The answers from the rows of one shard."""
    from lib.betabinomial.edges import rho_one_limit
    from lib.betabinomial.newton import Problem

    X, K, n, _ = checked_rows(read, shard)
    designs: dict[int, Array] = {}
    found = []
    with one_blas_thread():
        for of in wanted:
            basis = of.basis
            if id(basis) not in designs:
                designs[id(basis)] = np.ascontiguousarray(((X - basis.shift)[:, basis.kept] @ basis.change).T)
            x, k, ones = designs[id(basis)], np.ascontiguousarray(K[:, of.response]), np.ones(n.size)
            problem = Problem(x, ones[None], k, n, ones, np.zeros(len(x)))
            found.append(_row_sums(rho_one_limit(problem) if of.limit else problem, of.what, of.point))
    return found


def _row_sums(problem: Problem, what: str, point: Array) -> tuple:
    """What is asked at a point, as sums over rows.

    "likelihood": the log-likelihood without the binomial coefficients, its gradient and its negative Hessian. "slope":
    the slope at rho = 0. "end": the log-likelihood, the squared scores, and (no sum) the largest |x| of each column.
    """
    from lib.betabinomial.edges import slope_at_boundary

    if what == "likelihood":
        return problem.evaluate(point)
    if what == "slope":
        return (slope_at_boundary(problem, point[:-1]),)
    return problem.loglik(point), problem.scores_squared(point), np.abs(problem.x).max(axis=1, initial=0.0)


def added(wanted: list[Wanted], a: list[tuple], b: list[tuple]) -> list[tuple]:
    """The answers from the rows of both."""
    sums = []
    for of, left, right in zip(wanted, a, b, strict=True):
        both = [x + y for x, y in zip(left, right, strict=True)]
        if of.what == "end":
            both[2] = np.maximum(left[2], right[2])
        sums.append(tuple(both))
    return sums
