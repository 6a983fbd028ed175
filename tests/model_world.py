"""Posts with known rates, which a linear model can learn."""

import numpy as np
from scipy.special import expit

from lib import betabinomial
from lib.models import Forecast, make_folds


def world(n, seed, dim=300):
    """Posts whose rates depend on their photo vector. A third have no photo, and a rate of their own."""
    rng = np.random.default_rng(seed)
    loadings = np.random.default_rng(99).normal(size=(5, dim))
    latent = rng.normal(size=(n, 5))
    vector = latent @ loadings + rng.normal(scale=0.5, size=(n, dim))
    absent = rng.random(n) < 1 / 3
    vector[absent] = np.nan
    effect = np.where(absent, 1.0, 0.7 * latent[:, 0])
    mean = expit(np.column_stack([-4 + effect, -2 - effect]))
    views = rng.integers(500, 20_000, n)
    rho = np.array([0.01, 0.03])
    counts = betabinomial.rvs(views[:, None], mean, rho, rng)
    return {"photo": vector.astype(np.float32)}, counts, views, Forecast(mean, rho)


def folds(n):
    """Folds of posts without duplicates."""
    return make_folds(np.arange(n))
