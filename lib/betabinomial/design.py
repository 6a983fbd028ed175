"""The design of a regression: columns are centred and scaled, and aliased columns are left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.betabinomial import kernels

WIDE = 64  # number of columns from which BLAS is faster than the fused pass
STEEP = 1e-4  # columns are orthogonalised if earlier columns leave less than this share of a column's squared length
ALIASED = 1e-7  # a column is aliased if earlier columns leave less than this share of its length, as in R's lm

Array = np.ndarray


@dataclass(frozen=True)
class Design:
    """A design on the scale of the optimiser. Aliased columns are left out.

    Attributes
    ----------
    x : (kept, rows) float64, the scaled or orthogonalised columns; each column is contiguous in memory
    to_given : (given, kept) float64, turns coefficients of x into coefficients of the given columns
    aliased : (given,) bool, the columns that were left out because they are combinations of others
    spread : (kept,) float64, standard deviation of each scaled column, before any orthogonalisation
    constant : position of the first constant column among the given columns, or None
    level : value of that constant column; 0 without one
    """

    x: Array
    to_given: Array
    aliased: Array
    spread: Array
    constant: int | None
    level: float

    def leaves(self, basis: Array) -> Array:
        """Whether a given coefficient depends on directions outside an orthonormal basis (kept, r): (given,) bool."""
        outside = np.linalg.norm(self.to_given - self.to_given @ basis @ basis.T, axis=1)
        return outside > 1e-6 * np.linalg.norm(self.to_given, axis=1)

    def without_contrast(self, full: bool) -> Array:
        """Given coefficients (given,) of a design with a constant column where every mean is 0, or 1 if ``full``."""
        coef = np.zeros(self.aliased.size)
        coef[self.constant] = np.inf if full == (self.level > 0.0) else -np.inf
        return coef


def scale_columns(given: Array, weight: Array, drop_aliased: bool) -> Design:
    """Centre and scale columns to standard deviation 1; without a constant column, scale to root mean square 1.

    A constant column is needed to absorb the centres. With ``drop_aliased``, combinations of earlier columns are
    left out, and if any column is nearly a combination of earlier columns, all columns are orthogonalised.

    Parameters
    ----------
    given : (rows, given) float64
    weight : (rows,) float64, positive
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
    """Indices of the columns, in ``order``, that are no combination of earlier columns, and their triangular factor.

    The lower triangular factor multiplied by orthonormal columns gives the kept columns.
    """
    kept = list(order)
    while True:
        head = kept[: x.shape[1]]  # no more columns than rows are independent
        upper = np.linalg.qr(x[head].T, mode="r")
        gone = np.abs(np.diag(upper)) < ALIASED * np.linalg.norm(x[head], axis=1)
        if not gone.any():
            return head, upper.T
        del kept[int(np.argmax(gone))]


def gram(x: Array, weight: Array) -> Array:
    """``x diag(weight) x'`` for x of shape (columns, rows)."""
    p, rows = x.shape
    out = np.zeros((p, p))
    if p < WIDE:
        kernels.gram(x, weight, out)
        return symmetric(out)
    root = np.sqrt(np.abs(weight))
    for i in range(0, rows, 512):
        block = x[:, i : i + 512] * root[i : i + 512]
        out += block @ block.T  # a matrix times its own transpose takes BLAS half the work
        negative = weight[i : i + 512] < 0.0
        if negative.any():
            out -= 2.0 * (block[:, negative] @ block[:, negative].T)
    return out


def symmetric(lower: Array) -> Array:
    """The symmetric matrix with the given lower triangle."""
    return np.tril(lower) + np.tril(lower, -1).T
