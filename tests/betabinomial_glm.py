"""Counts that vary less than a binomial, and statsmodels' binomial regression of them: the values for rho = 0."""

import numpy as np
import statsmodels.api as sm

from lib import betabinomial as bb


def underdispersed(rows=60, seed=3):
    rng = np.random.default_rng(seed)
    n = rng.integers(15, 60, rows).astype(float)
    X = np.column_stack([np.ones(rows), rng.normal(size=rows), rng.random(rows) < 0.4])
    mean = 1 / (1 + np.exp(-(X @ [-0.5, 0.4, -0.6])))
    k = np.clip(np.round(n * mean + rng.uniform(-2.0, 2.0, rows)), 0.0, n)
    n[:2], k[:2] = 2.0, (0.0, 2.0)
    return X, k, n


def both(X, k, n, **options):
    fit = bb.fit_regression(X, k, n)
    assert fit.state == "binomial"
    return fit, sm.GLM(np.column_stack([k, n - k]), X, family=sm.families.Binomial()).fit(tol=1e-12, **options)
