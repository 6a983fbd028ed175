"""What is used in place of a fit that can't be used."""

from __future__ import annotations

import numpy as np

from lib import betabinomial

MOST_RHO = 0.999
_PART = 0.01  # of a post


def usable(fit: betabinomial.RegressionFit | betabinomial.RateFit | betabinomial.PathFit) -> bool:
    """Whether a fit found a maximum with a rho that a forecast may have."""
    return bool(fit.converged and np.isfinite(fit.rho).all() and np.max(fit.rho) <= MOST_RHO)


def pooled(k: np.ndarray, n: np.ndarray) -> tuple[float, float, bool]:
    """One mean in (0, 1) and one rho in [0, 1) for all posts, whatever the counts, and whether their own fit failed.

    Where the likelihood has no maximum, as without any success, two hundredths of a post are added: half of them with
    no action at all, and half with one for every view.

    Parameters
    ----------
    k, n
        (posts,) counts and views.
    """
    fit = betabinomial.fit_rate(k, n)
    if usable(fit):
        return fit.mean, fit.rho, False
    usual = round(np.median(n))
    weights = np.append(np.ones(len(k)), [_PART, _PART])
    fit = betabinomial.fit_regression(
        np.ones((len(k) + 2, 1)), np.append(k, [0, usual]), np.append(n, [usual] * 2), weights=weights
    )
    return float(fit.predict([[1.0]])[0]), float(np.clip(np.nan_to_num(fit.rho), 0, MOST_RHO)), True
