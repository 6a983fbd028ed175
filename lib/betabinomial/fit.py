"""The result of a regression: estimates, their covariance, and the state in which the fit ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.checks import matrix, new_rows, per_row
from lib.betabinomial.results import Results

if TYPE_CHECKING:
    from lib.betabinomial.formula import Designs

Array = np.ndarray


@dataclass(frozen=True)
class Data:
    """What a regression was fitted to: all given rows, also those without a trial or with a weight of 0.

    Attributes
    ----------
    X : (rows, p) float64
    k, n : (rows,) float64, successes and trials
    weights : (rows,) float64; 1 where none were given
    Z : (rows, q) float64, or None
    offset : (rows,) float64, added to logit(mean); 0 where none was given
    l2 : (p,) float64, penalty of each column
    clusters : (rows,) whole numbers from 0, one per label, or None
    frequency : bool, whether a weight counts as that many rows; else it weights the likelihood of one row
    """

    X: Array
    k: Array
    n: Array
    weights: Array
    Z: Array | None
    offset: Array
    l2: Array
    clusters: Array | None
    frequency: bool


@dataclass(frozen=True)
class RegressionFit(Results):
    """A fitted beta-binomial regression: ``logit(mean) = X coef``, ``log(alpha + beta) = Z dispersion``.

    Attributes
    ----------
    coef : (p,) float64, on the scale of the given X; 0 for aliased columns
    rho : float, intra-class correlation; with Z a (rows,) array; NaN where the data do not identify rho
    loglik : float, nats; binomial coefficients included, penalty excluded
    cov : (p + q, p + q) float64, covariance of (coef, dispersion) from the observed information, which includes
        the penalty. NaN in the rows and columns of parameters without a standard error.
    cov_robust : (p + q, p + q) float64, sandwich covariance without a small-sample factor; a weight counts as that
        many rows. With clusters, the sandwich allows rows of one cluster to depend on one another. NaN also where
        there are too few clusters to know the sampling error.
    dispersion : (q,) float64, coefficients of log(alpha + beta); without Z the one value log((1 - rho) / rho)
    converged : bool, whether coef and rho are a maximum (which may lie at rho = 0 or 1)
    n_iter : int, Newton steps
    state : str, one of the states below
    message : str, what the state means for this fit; empty for a regular fit
    aliased : (p,) bool, columns that are combinations of earlier columns; their coefficients are fixed at 0
    n_rows : int, rows with a trial and a positive weight; other rows carry no information
    names : column names of X, or None
    data : Data, the arguments of the fit
    z_names : column names of Z, or None
    design : Designs, the rules of the formula that turn a table into X and Z, or None

    Notes
    -----
    The states, and what a fit holds in each:

    - ``regular``: an inner maximum.
    - ``collinear``: an inner maximum, with aliased columns of X or unidentified columns of Z.
    - ``binomial``: the likelihood is largest at rho = 0; coef and its cov are those of the binomial regression.
    - ``rho unidentified``: no row has two trials; rho is NaN; coef and its cov are those of the logistic regression.
    - ``rho one``: every row has only successes or only failures, and the likelihood rises towards its limit at
      rho = 1; coef and its cov are those of the limit.
    - ``all zero``, ``all full``: no success (no failure) at all; the mean is 0 (1), and the coefficient of the
      constant column is infinite.
    - ``separated``: some coefficients grow without bound; coef holds where the search stopped, and their cov is NaN.
      loglik is the limit, and the other coefficients have their estimates and standard errors.
    - ``dispersion unbounded``: with Z, log(alpha + beta) of some rows grows without bound; as for ``separated``.
    - ``not converged``: none of the above; do not use the fit.

    `converged` is False in the last three states and in ``all zero`` and ``all full``.
    """

    coef: Array
    rho: float | Array
    loglik: float
    cov: Array
    cov_robust: Array
    dispersion: Array
    converged: bool
    n_iter: int
    state: str
    message: str
    aliased: Array
    n_rows: int
    names: tuple[str, ...] | None
    data: Data = field(repr=False, compare=False)
    z_names: tuple[str, ...] | None = None
    design: Designs | None = field(default=None, repr=False, compare=False)

    def predict(self, X: ArrayLike, offset: ArrayLike | None = None) -> Array:
        """Means (rows,) float64 for the rows of X, which has the columns of the fitted X.

        After `fit_formula`, a DataFrame X is a table like the fitted one.

        Raises
        ------
        ValueError
            If X is not a table of finite numbers, its number of columns is not that of the fitted X, or the fit has
            an offset and none is given.
        """
        return expit(self.linear_predictor(self.designs(X)[0], offset))

    def designs(self, X: ArrayLike, Z: ArrayLike | None = None) -> tuple[Array, Array | None]:
        """X and Z of new rows as arrays, checked; after `fit_formula` from a table."""
        if self.design is not None and hasattr(X, "columns"):
            X, Z = self.design.columns(X)
        X = new_rows("X", X, self.coef.size)
        if Z is None or self.data.Z is None:
            return X, None
        Z = matrix("Z", Z, len(X))
        if Z.shape[1] != self.dispersion.size:
            raise ValueError(f"Z has {Z.shape[1]} columns, the fit has {self.dispersion.size}.")
        return X, Z

    def linear_predictor(self, X: Array, offset: ArrayLike | None = None) -> Array:
        """logit(mean) (rows,)."""
        if offset is None and self.data.offset.any():
            raise ValueError("The fit has an offset: give the offset of the new rows.")
        infinite = np.isinf(self.coef)
        eta = X @ np.where(infinite, 0.0, self.coef)
        with np.errstate(invalid="ignore"):
            eta += (X[:, infinite] * self.coef[infinite]).sum(axis=1)
        return eta if offset is None else eta + per_row("offset", offset, len(X))

    def log_precision(self, Z: Array | None, rows: int) -> Array:
        """log(alpha + beta) (rows,)."""
        if Z is None or not np.isfinite(self.dispersion).all():
            return np.full(rows, self.dispersion[0])
        return Z @ self.dispersion


def expit(eta: Array) -> Array:
    """Inverse logit, without a warning where ``exp`` overflows."""
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-eta))
