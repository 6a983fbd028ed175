"""Predictions for new rows: the mean with its interval, and the interval of the next count."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial import kernels
from lib.betabinomial.checks import check_trials, numbers
from lib.betabinomial.covariances import covariance, row_covariance
from lib.betabinomial.inference import critical

if TYPE_CHECKING:
    import pandas as pd

    from lib.betabinomial.fit import RegressionFit

Array = np.ndarray
REACH = 4.5  # standard deviations of eta over which the next count is averaged
NODES = (0.05, 1.0)  # smallest and largest distance of two nodes, in standard deviations of eta
CHUNK = 500  # rows at a time, which bounds memory


def get_prediction(
    fit: RegressionFit,
    X: ArrayLike,
    Z: ArrayLike | None = None,
    n: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    level: float = 0.95,
    robust: bool = False,
    small_sample: str | None = None,
) -> pd.DataFrame:
    """See `RegressionFit.get_prediction`."""
    import pandas as pd
    from scipy.special import expit

    cov, df = covariance(fit, robust, small_sample)
    far = critical(level, df)
    index = X.index if hasattr(X, "columns") else None
    X, Z = fit.designs(X, Z)
    eta = fit.linear_predictor(X, offset)
    mean = expit(eta)
    constant = np.ones((len(X), 1)) if fit.data.Z is None else np.zeros((len(X), fit.dispersion.size))
    variance, both, theta_variance = row_covariance(fit, X, constant if Z is None else Z, cov)
    std_err = np.sqrt(variance)
    columns = {
        "mean": mean,
        "std_err": mean * expit(-eta) * std_err,
        "ci_low": expit(eta - far * std_err),
        "ci_high": expit(eta + far * std_err),
    }
    if n is not None:
        n = np.broadcast_to(numbers("n", n), eta.shape).copy()
        check_trials(n)
        if Z is None and fit.data.Z is not None:
            raise ValueError("The next count needs Z, the columns of log(alpha + beta) of the new rows.")
        counts = NextCount(n, eta, fit.log_precision(Z, len(X)), variance, both, theta_variance)
        columns |= {"pi_low": counts.ppf(0.5 - 0.5 * level), "pi_high": counts.ppf(0.5 + 0.5 * level)}
    return pd.DataFrame(columns, index=index)


class NextCount:
    """The distribution of the next count of each row, averaged over the normal distribution of (eta, theta).

    eta is averaged by the trapezoidal rule, with distances below the width of the count's own distribution, and theta
    given eta by Gauss and Hermite's rule with five nodes. A theta without a variance is held at its estimate.

    Parameters
    ----------
    n, eta, theta : (rows,) trials, logit(mean) and log(alpha + beta); theta is inf for the binomial
    eta_variance, covariance, theta_variance : (rows,) float64
    """

    def __init__(
        self, n: Array, eta: Array, theta: Array, eta_variance: Array, covariance: Array, theta_variance: Array
    ):
        theta = np.where(np.isnan(theta), np.inf, np.maximum(theta, -60.0))
        known = np.isfinite(theta_variance)
        self.n, self.eta, self.theta = n, eta, theta
        self.sd = np.sqrt(eta_variance)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.slope = np.where(known & (self.sd > 0.0), covariance / self.sd, 0.0)
        self.rest = np.sqrt(np.maximum(np.where(known, theta_variance, 0.0) - self.slope**2, 0.0))

    def cdf(self, k: Array) -> Array:
        """P(next count <= k), (rows,); NaN where eta has no variance."""
        return self._by_rows(lambda mixture, rows: mixture.cdf(np.asarray(k, dtype=float)[rows]))

    def ppf(self, q: float) -> Array:
        """The smallest k with ``cdf(k) >= q``, (rows,); NaN where eta has no variance."""
        return self._by_rows(lambda mixture, rows: mixture.ppf(q))

    def _by_rows(self, function: Callable[[_Mixture, Array], Array]) -> Array:
        out = np.full(self.n.size, np.nan)
        rows = np.flatnonzero(np.isfinite(self.sd))
        for i in range(0, rows.size, CHUNK):
            chunk = rows[i : i + CHUNK]
            out[chunk] = function(self._mixture(chunk), chunk)
        return out

    def _mixture(self, rows: Array) -> _Mixture:
        n, eta, theta, sd = (part[rows, None, None] for part in (self.n, self.eta, self.theta, self.sd))
        z, z_weight = self._nodes(rows)
        t, t_weight = np.polynomial.hermite_e.hermegauss(5)
        eta = eta + sd * z[:, None] + 0.0 * t
        theta = theta + self.slope[rows, None, None] * z[:, None] + self.rest[rows, None, None] * t
        weights = np.outer(z_weight, t_weight).ravel() / (z_weight.sum() * t_weight.sum())
        return _Mixture(n[:, 0, 0], eta.reshape(rows.size, -1), theta.reshape(rows.size, -1), weights)

    def _nodes(self, rows: Array) -> tuple[Array, Array]:
        """Nodes of a standard normal and their weights, as close as the row with the narrowest counts needs."""
        from scipy.special import expit

        n, eta = np.maximum(self.n[rows], 1.0), self.eta[rows]
        with np.errstate(divide="ignore", over="ignore"):
            width = np.sqrt((1.0 + (n - 1.0) * expit(-self.theta[rows])) / (n * expit(eta) * expit(-eta)))
            step = float(np.clip((width / self.sd[rows]).min(), *NODES))
        z = np.linspace(-REACH, REACH, 2 * int(np.ceil(REACH / step)) + 1)
        return z, np.exp(-0.5 * z**2)


class _Mixture:
    """A weighted mean of beta-binomial distributions: n (rows,), eta and theta (rows, nodes), weights (nodes,)."""

    def __init__(self, n: Array, eta: Array, theta: Array, weights: Array):
        from scipy.special import expit

        self.n, self.weights = n, weights
        self.parameters = expit(eta), expit(-eta), np.exp(np.minimum(theta, 690.0))

    def cdf(self, k: Array, rows: Array | slice = slice(None)) -> Array:
        return self._each(kernels.cdf_rows, k, rows) @ self.weights

    def ppf(self, q: float) -> Array:
        """Between the quantiles of the nodes: steps that interpolate the cdf take turns with halving."""
        quantiles = self._each(kernels.ppf_rows, np.full(self.n.size, q))
        low, high = quantiles.min(axis=1) - 1.0, quantiles.max(axis=1)
        below, above = np.zeros(low.size), np.ones(low.size)
        for halve in cycle((False, True)):
            wide = np.flatnonzero(high - low > 1.0)
            if wide.size == 0:
                return high
            gap = high[wide] - low[wide]
            share = 0.5 if halve else (q - below[wide]) / (above[wide] - below[wide])
            middle = low[wide] + np.clip(np.floor(share * gap), 1.0, gap - 1.0)
            found = self.cdf(middle, wide)
            enough = found >= q
            high[wide[enough]], above[wide[enough]] = middle[enough], found[enough]
            low[wide[~enough]], below[wide[~enough]] = middle[~enough], found[~enough]

    def _each(self, kernel: Callable, first: Array, rows: Array | slice = slice(None)) -> Array:
        """A kernel's values (rows, nodes) for one argument (rows,)."""
        nodes = self.weights.size
        out = np.empty(first.size * nodes)
        parameters = (part[rows].ravel() for part in self.parameters)
        kernel(np.repeat(first, nodes), np.repeat(self.n[rows], nodes), *parameters, out)
        return out.reshape(first.size, nodes)
