"""The beta-binomial regression as a scikit-learn estimator."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_consistent_length, column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from lib import betabinomial

LARGEST_RHO = np.nextafter(1.0, 0.0)


class BetaBinomialRegressor(RegressorMixin, BaseEstimator):
    """Regression of counts out of a known number of trials: :func:`lib.betabinomial.fit_regression` for scikit-learn.

    The target is ``y`` (n,) successes with ``exposure`` (n,) trials, or ``y`` (n, 2) successes and failures without
    exposure. Rows are matched by position, as everywhere in scikit-learn. In a pipeline or a search, exposure is
    routed as metadata: ``set_fit_request(exposure=True)`` and ``set_score_request(exposure=True)``.

    Parameters
    ----------
    l2 : penalty subtracted from the log-likelihood, ``l2 / 2 * sum_j (coef_j sd_j)^2`` with sd_j the standard deviation
        of column j. The intercept and the dispersion are not penalised.
    fit_intercept : whether the model has an intercept

    Attributes
    ----------
    coef_ : (p,) float64, on the scale of X
    intercept_ : float, 0 without an intercept
    rho_ : float, correlation of two trials of the same row; NaN where the data do not identify it
    result_ : RegressionFit, with standard errors and state; the intercept is its first coefficient
    n_features_in_ : int
    feature_names_in_ : (p,) object, only if X is a table whose column names are all strings

    Examples
    --------
    >>> X = [[0], [1], [0], [1], [0], [0]]
    >>> likes, views = [12, 130, 9, 380, 35, 61], [1000, 4000, 2000, 9000, 3000, 6000]
    >>> model = BetaBinomialRegressor().fit(X, likes, exposure=views)
    >>> model.predict([[0], [1]]).round(3)
    array([0.01 , 0.038])
    >>> round(model.score(X, likes, exposure=views), 2)
    -3.91
    """

    def __init__(self, l2: float = 0.0, fit_intercept: bool = True):
        self.l2 = l2
        self.fit_intercept = fit_intercept

    def fit(
        self, X: ArrayLike, y: ArrayLike, exposure: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> BetaBinomialRegressor:
        """Maximise the penalised likelihood.

        Parameters
        ----------
        X : (n, p), dense
        y : (n,) successes, or (n, 2) successes and failures
        exposure : (n,) trials, for y of shape (n,)
        sample_weight : (n,) frequencies: a weight of 2 counts the row twice

        Raises
        ------
        ValueError
            If an argument cannot be used: of the wrong shape, not finite, not counts, or more successes than trials.
            Messages about single counts call the successes k and the trials n.

        Warns
        -----
        ConvergenceWarning
            If the likelihood has no maximum or the search did not reach it, with the message of the fit.
        """
        X, k, n, weights = self._validated(X, y, exposure, sample_weight, reset=True)
        design = pd.DataFrame(X, columns=getattr(self, "feature_names_in_", [f"x{j}" for j in range(X.shape[1])]))
        if self.fit_intercept:
            design.insert(0, "intercept", 1.0, allow_duplicates=True)
        self.result_ = betabinomial.fit_regression(design, k, n, l2=self.l2, weights=weights)
        coef, first = self.result_.coef, int(self.fit_intercept)
        self.coef_, self.intercept_ = coef[first:], float(coef[:first].sum())
        self.rho_ = self.result_.rho
        if not self.result_.converged:
            note = " (Column 0 is the intercept.)" if self.fit_intercept else ""
            warnings.warn(self.result_.message + note, ConvergenceWarning, stacklevel=2)
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Expected share of successes (n,) float64 for the rows of X (n, p)."""
        check_is_fitted(self)
        return expit(validate_data(self, X, reset=False, dtype=np.float64) @ self.coef_ + self.intercept_)

    def score(
        self, X: ArrayLike, y: ArrayLike, exposure: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Mean over the rows of the log-probability of the successes, in nats; higher is better.

        Takes the arguments of :meth:`fit`. Where the data of the fit did not identify rho, the rows are scored as
        binomial; in the limit rho = 1, with the largest float below 1.
        """
        mean = self.predict(X)
        _, k, n, weights = self._validated(X, y, exposure, sample_weight, reset=False)
        rho = min(np.nan_to_num(self.rho_), LARGEST_RHO)
        used = weights > 0.0  # 0 times the log-probability of the impossible is NaN
        return float(np.average(betabinomial.logpmf(k, n, mean, rho)[used], weights=weights[used]))

    def _validated(
        self, X: ArrayLike, y: ArrayLike, exposure: ArrayLike | None, sample_weight: ArrayLike | None, reset: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """X (n, p), successes, trials and weights (n,), float64."""
        table = {"dtype": np.float64}
        X, y = validate_data(self, X, y, reset=reset, validate_separately=(table, {**table, "ensure_2d": False}))
        check_consistent_length(X, y, exposure)
        weights = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        if exposure is not None:
            return X, column_or_1d(y, warn=True), column_or_1d(exposure), weights
        if y.ndim != 2 or y.shape[1] != 2:
            raise ValueError(f"y has shape {y.shape}: without exposure, (n, 2) is needed, successes and failures.")
        if (y < 0).any():
            raise ValueError("y holds negative numbers: counts of successes and failures are needed.")
        return X, y[:, 0], y.sum(axis=1), weights

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags
