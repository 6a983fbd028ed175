"""The result of a regression: estimates, their covariance, and the state in which the fit ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.checks import matrix

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class RegressionFit:
    """A fitted beta-binomial regression: ``logit(mean) = X coef``, ``log(alpha + beta) = Z dispersion``.

    Attributes
    ----------
    coef : (p,) float64, on the scale of the given X; 0 for aliased columns
    rho : float, intra-class correlation; with Z a (rows,) array; NaN where the data do not identify rho
    loglik : float, nats; binomial coefficients included, penalty excluded
    cov : (p + q, p + q) float64, covariance of (coef, dispersion) from the observed information, which includes
        the penalty. NaN in the rows and columns of parameters without a standard error.
    cov_robust : (p + q, p + q) float64, sandwich covariance without a small-sample factor; a weight counts as that
        many rows. With clusters, the sandwich allows rows of one cluster to depend on one another.
    dispersion : (q,) float64, coefficients of log(alpha + beta); without Z the one value log((1 - rho) / rho)
    converged : bool, whether coef and rho are a maximum (which may lie at rho = 0 or 1)
    n_iter : int, Newton steps
    state : str, one of the states below
    message : str, what the state means for this fit; empty for a regular fit
    aliased : (p,) bool, columns that are combinations of earlier columns; their coefficients are fixed at 0
    n_rows : int, rows with a trial and a positive weight; other rows carry no information
    names : column names of X, or None

    Notes
    -----
    The states, and what a fit holds in each:

    - ``regular``: an inner maximum.
    - ``collinear``: an inner maximum, with aliased columns.
    - ``binomial``: the likelihood is largest at rho = 0; coef and its cov are those of the binomial regression.
    - ``rho unidentified``: no row has two trials; rho is NaN; coef and its cov are those of the logistic regression.
    - ``rho one``: every row has only successes or only failures, and the likelihood rises towards its limit at
      rho = 1; coef and its cov are those of the limit.
    - ``all zero``, ``all full``: no success (no failure) at all; the mean is 0 (1), and the coefficient of the
      constant column is infinite.
    - ``separated``: some coefficients grow without bound; coef holds where the search stopped, and their cov is NaN.
    - ``dispersion unbounded``: with Z, log(alpha + beta) of some rows grows without bound.
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

    def summary(self, names: list[str] | None = None, robust: bool = False) -> pd.DataFrame:
        """One line per coefficient: coef, std_err, z, p (two-sided, normal), ci_low, ci_high (95 %).

        Parameters
        ----------
        names : labels of the lines; by default the column names of X, else x0, x1, ...
        robust : use cov_robust in place of cov

        Raises
        ------
        ValueError
            If the number of names is not the number of coefficients.
        """
        import pandas as pd
        from scipy.special import ndtr

        p = self.coef.size
        names = list(names if names is not None else self.names or (f"x{j}" for j in range(p)))
        if len(names) != p:
            raise ValueError(f"names: {len(names)} given, the fit has {p} coefficients.")
        std_err = np.sqrt(np.diag(self.cov_robust if robust else self.cov)[:p])
        z = self.coef / std_err
        return pd.DataFrame(
            {
                "coef": self.coef,
                "std_err": std_err,
                "z": z,
                "p": 2.0 * ndtr(-np.abs(z)),
                "ci_low": self.coef - Z_95 * std_err,
                "ci_high": self.coef + Z_95 * std_err,
            },
            index=names,
        )

    def predict(self, X: ArrayLike) -> Array:
        """Means (rows,) float64 for the rows of X, which has the columns of the fitted X.

        Raises
        ------
        ValueError
            If X is not a table of finite numbers, or its number of columns is not that of the fitted X.
        """
        X = matrix("X", X)
        if X.shape[1] != self.coef.size:
            raise ValueError(f"X has {X.shape[1]} columns, the fit has {self.coef.size} coefficients.")
        return expit(X @ self.coef)


def expit(eta: Array) -> Array:
    """Inverse logit, without a warning where ``exp`` overflows."""
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-eta))
