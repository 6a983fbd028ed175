"""The fitted rows one by one: eta = logit(mean) and theta = log(alpha + beta), and derivatives of the likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lib.betabinomial.newton import Problem

if TYPE_CHECKING:
    from lib.betabinomial.fit import RegressionFit

Array = np.ndarray
LARGEST = 60.0  # |theta| from which, below 0, the distribution is that of rho = 1


def predictors(fit: RegressionFit) -> tuple[Array, Array]:
    """eta and theta (rows,); theta is inf, the binomial, where the data do not identify it."""
    eta = fit.linear_predictor(fit.data.X, fit.data.offset)
    theta = fit.log_precision(fit.data.Z, eta.size)
    return eta, np.maximum(np.where(np.isnan(theta), np.inf, theta), -LARGEST)


def derivatives(k: Array, n: Array, eta: Array, theta: Array) -> Array:
    """Derivatives (5, rows) of the log-likelihood of each row by eta, theta, eta eta, eta theta and theta theta."""
    plain = np.isinf(theta).all()
    problem = Problem(np.empty((0, k.size)), np.minimum(theta, 690.0)[None], k, n, np.ones_like(k), np.empty(0), eta)
    return problem.row_terms(np.array([np.inf if plain else 1.0]), problem.weight)[1]
