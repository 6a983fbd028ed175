"""What can be asked of a fitted regression: estimates and tests, the quality of the fit, predictions.

The methods are thin: the functions of ``inference``, ``profile``, ``residuals`` and ``prediction`` do the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import pandas as pd

    from lib.betabinomial.inference import HypothesisTest

Array = np.ndarray


class Results:
    """The methods of `RegressionFit`, in which its attributes are documented."""

    # --- estimates ---

    def summary(
        self, names: Sequence[str] | None = None, robust: bool = False, small_sample: str | None = None
    ) -> pd.DataFrame:
        """One line per coefficient, then per coefficient of the dispersion, then, without Z, for rho.

        The columns are coef, std_err, z = coef / std_err, p (two-sided), ci_low and ci_high (95 %). The interval of
        rho is that of log(alpha + beta), transformed; its standard error is by the delta method. A parameter without
        a standard error has NaN, and `message` says why.

        Parameters
        ----------
        names : labels of the coefficients; by default the column names of X, else x0, x1, ...
        robust : use cov_robust in place of cov
        small_sample : correction of cov_robust for few clusters, as in `covariance`

        Raises
        ------
        ValueError
            If the number of names is not the number of coefficients, or ``small_sample`` is given without ``robust``.
        """
        from lib.betabinomial.inference import summary

        return summary(self, names, robust, small_sample)

    def covariance(self, robust: bool = False, small_sample: str | None = None) -> Array:
        """Covariance (p + q, p + q) of (coef, dispersion); NaN for parameters without a standard error.

        Parameters
        ----------
        robust : `cov_robust` in place of `cov`
        small_sample : correction of the robust covariance for few clusters, or for rows that weigh much; without
            clusters each row is one. For G clusters, N rows and p coefficients:

            - None or "CR0": none;
            - "CR1": the factor G / (G - 1); "CR1S": G / (G - 1) (N - 1) / (N - p), the factor of Stata's regress;
            - "CR3": the squared changes of the estimates without each cluster, by one Newton step.

            The names are those of R's clubSandwich. With all but "CR0", tests and intervals use t with G - 1 degrees
            of freedom.

        Raises
        ------
        ValueError
            If ``small_sample`` is unknown, or is given without ``robust``.

        References
        ----------
        Cameron & Miller (2015), A practitioner's guide to cluster-robust inference, doi:10.3368/jhr.50.2.317, section
        II.B (CR1S) and VI.D (G - 1 degrees of freedom). `covariances.jackknife` has those of "CR3".
        """
        from lib.betabinomial.covariances import covariance

        return covariance(self, robust, small_sample)[0]

    def contrast(
        self, C: ArrayLike, robust: bool = False, small_sample: str | None = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Combinations of parameters, with the columns of `summary`.

        Parameters
        ----------
        C : (m, p) or (m, p + q) weights of the coefficients (and of the dispersion), one row per combination; or the
            names of parameters as in `summary`

        Raises
        ------
        ValueError
            If C has another number of columns, or a name is unknown.
        """
        from lib.betabinomial.inference import contrast

        return contrast(self, C, robust, small_sample, level)

    def wald_test(
        self, R: ArrayLike, q: ArrayLike = 0.0, robust: bool = False, small_sample: str | None = None
    ) -> HypothesisTest:
        """Joint test of ``R (coef, dispersion) = q``, with R as C of `contrast`.

        Raises
        ------
        ValueError
            As `contrast`, or if the rows of R are linearly dependent.
        """
        from lib.betabinomial.inference import wald_test

        return wald_test(self, R, q, robust, small_sample)

    def profile_intervals(self, names: Sequence[str] | None = None, level: float = 0.95) -> pd.DataFrame:
        """Profile-likelihood intervals, ci_low and ci_high, of the named parameters; by default of all.

        An interval holds the values at which the likelihood, maximised over the other parameters, is within half the
        chi-square quantile of its maximum. An end is infinite where the likelihood does not fall so far, and NaN for
        aliased columns. A separated fit has one finite end.

        Raises
        ------
        ValueError
            If a name is unknown.

        References
        ----------
        Venzon & Moolgavkar (1988), A method for computing profile-likelihood-based confidence intervals,
        doi:10.2307/2347496.
        """
        from lib.betabinomial.profile import profile_intervals

        return profile_intervals(self, names, level)

    # --- quality of the fit ---

    @property
    def used(self) -> Array:
        """(rows,) bool, the rows with a trial and a positive weight."""
        return (self.data.n > 0.0) & (self.data.weights > 0.0)

    @property
    def nobs(self) -> float:
        """Number of rows that carry information; a frequency counts as that many rows."""
        return float(self.data.weights[self.used].sum()) if self.data.frequency else float(self.n_rows)

    @property
    def df(self) -> float:
        """Number of parameters that are not aliased, the dispersion included unless the data do not identify it.

        A rho of 0 or 1 counts, because it was chosen. With a penalty the effective number, the trace of cov times
        the information without the penalty; NaN if cov is.
        """
        from lib.betabinomial.covariances import free_parameters

        free = free_parameters(self)
        if not self.data.l2.any():
            return float(free.sum())
        used, w = self.used, self.data.weights
        share = w[used] / w[used].sum()
        X = self.data.X[used]
        p = self.coef.size
        shrunk = np.diag(self.cov)[:p] * self.data.l2 * (share @ (X - share @ X) ** 2)
        return float(free.sum() - shrunk[free[:p] & (self.data.l2 > 0.0)].sum())

    @property
    def aic(self) -> float:
        """Akaike's criterion, ``2 df - 2 loglik``; NaN if the fit is not converged to its supremum."""
        return np.nan if self.state == "not converged" else 2.0 * (self.df - self.loglik)

    @property
    def bic(self) -> float:
        """Bayesian criterion, ``log(nobs) df - 2 loglik``; NaN as `aic`."""
        return np.nan if self.state == "not converged" else np.log(self.nobs) * self.df - 2.0 * self.loglik

    @property
    def deviance_explained(self) -> float:
        """``1 - deviance / null deviance``: the null model has only a constant (and the offset), rho is this fit's.

        The deviance is the sum over rows of the weight times the square of the deviance residual without the weight.
        NaN without any success or without any failure.
        """
        from lib.betabinomial.residuals import deviance_explained

        return deviance_explained(self)

    def residuals(self, kind: str = "quantile", rng: np.random.Generator | int | None = None) -> Array:
        """Residuals (rows,) of the fitted rows; NaN for rows without a trial.

        Parameters
        ----------
        kind : one of

            - "pearson": ``(k - n mean) / sd``, with the standard deviation of the beta-binomial;
            - "deviance": the signed root of twice the log-likelihood of the row at its own best mean, less that at
              the fitted mean; rho is the fitted rho in both. The sign is that of the best mean less the fitted mean;
            - "quantile": the normal quantile of a uniform draw between P(Y < k) and P(Y <= k); standard normal if
              the model is right.
        rng : for "quantile", a generator or a seed for one

        An analytic weight multiplies the first two kinds by its square root.

        Raises
        ------
        ValueError
            If the kind is unknown, or "quantile" is asked for without rng.

        References
        ----------
        Dunn & Smyth (1996), Randomized quantile residuals, doi:10.1080/10618600.1996.10474708.
        """
        from lib.betabinomial.residuals import residuals

        return residuals(self, kind, rng)

    def influence(self) -> pd.DataFrame:
        """leverage and cooks_distance of each fitted row, by one Newton step without the row.

        With the 2 x 2 information J of the row and the covariance V of its (logit(mean), log(alpha + beta)),
        leverage is the trace of J V, and Cook's distance the squared change of all estimates by the information,
        over their number. Without the row and its weight they change by about ``-cov a (I - J V)^-1 score``, with a
        the row of the designs. For rho = 0 these are the values of the binomial regression. Estimates without a
        standard error are held; rows that rest on such a coefficient have NaN.

        References
        ----------
        Pregibon (1981), Logistic regression diagnostics, doi:10.1214/aos/1176345513.
        """
        from lib.betabinomial.residuals import influence

        return influence(self)

    def simulate(self, rng: np.random.Generator | int, size: int | None = None) -> Array:
        """New counts of the fitted rows, (rows,) or (size, rows) int64, at the estimates."""
        from lib.betabinomial.residuals import simulate

        return simulate(self, rng, size)

    def get_prediction(
        self,
        X: ArrayLike,
        Z: ArrayLike | None = None,
        n: ArrayLike | None = None,
        offset: ArrayLike | None = None,
        level: float = 0.95,
        robust: bool = False,
        small_sample: str | None = None,
    ) -> pd.DataFrame:
        """Means of new rows with std_err (delta method) and the interval ci_low, ci_high (from the logit scale).

        With n trials also the interval of the next count, pi_low and pi_high: the quantiles of its distribution
        averaged over the normal distribution of the estimates. Because counts are discrete it holds at least
        ``level``. It takes about 10 ms per row of 7,000 trials, and longer the more trials a row has. A mean that rests
        on an estimate without a standard error has NaN intervals.

        Raises
        ------
        ValueError
            As `predict`, or if n is given without the Z that the fit has.
        """
        from lib.betabinomial.prediction import get_prediction

        return get_prediction(self, X, Z, n, offset, level, robust, small_sample)
