"""How each row agrees with a fitted regression: residuals, deviance, new counts, leverage and Cook's distance.

``eta = logit(mean)`` and ``theta = log(alpha + beta)`` of the rows that were fitted. Rows without a trial have NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lib.betabinomial import kernels
from lib.betabinomial.covariances import row_covariance
from lib.betabinomial.newton import Problem, maximise
from lib.betabinomial.rows import derivatives, predictors

if TYPE_CHECKING:
    import pandas as pd

    from lib.betabinomial.fit import RegressionFit

Array = np.ndarray


def residuals(fit: RegressionFit, kind: str, rng: np.random.Generator | int | None = None) -> Array:
    """See `RegressionFit.residuals`."""
    if kind not in ("pearson", "deviance", "quantile"):
        raise ValueError(f'kind = {kind!r} must be "pearson", "deviance" or "quantile".')
    eta, theta = predictors(fit)
    k, n = fit.data.k, fit.data.n
    if kind == "quantile":
        if rng is None:
            raise ValueError("Quantile residuals are randomised: pass rng, a generator or a seed.")
        out = _quantile(k, n, eta, theta, np.random.default_rng(rng))
    elif kind == "pearson":
        out = _pearson(k, n, eta, theta)
    else:
        best = saturated(k, n, theta)
        sign = (best > eta).astype(float) - (best < eta)
        out = sign * np.sqrt(_deviances(k, n, eta, theta, best))
    if kind != "quantile" and not fit.data.frequency:
        out = out * np.sqrt(fit.data.weights)
    return np.where(n > 0.0, out, np.nan)


def deviance_explained(fit: RegressionFit) -> float:
    """See `RegressionFit.deviance_explained`."""
    used = fit.used
    eta, theta = (part[used] for part in predictors(fit))
    k, n, w, offset = (part[used] for part in (fit.data.k, fit.data.n, fit.data.weights, fit.data.offset))
    if not k.any() or (k == n).all():
        return np.nan
    null = Problem(np.ones((1, k.size)), np.minimum(theta, 690.0)[None], k, n, w, np.zeros(1), offset)
    start = np.array([np.log(w @ k / (w @ (n - k))) - w @ offset / w.sum(), np.inf if np.isinf(theta).all() else 1.0])
    found = maximise(null.evaluate, start, free=slice(1), rounding=null.rounding)
    best = saturated(k, n, theta)
    total = w @ _deviances(k, n, found.point[0] + offset, theta, best)
    return float(1.0 - w @ _deviances(k, n, eta, theta, best) / total) if found.converged and total > 0.0 else np.nan


def simulate(fit: RegressionFit, rng: np.random.Generator | int, size: int | None = None) -> Array:
    """See `RegressionFit.simulate`."""
    from scipy.special import expit

    from lib.betabinomial.distribution import rvs

    eta, theta = predictors(fit)
    shape = eta.shape if size is None else (size, *eta.shape)
    return rvs(np.broadcast_to(fit.data.n, shape), expit(eta), np.minimum(expit(-theta), np.nextafter(1.0, 0.0)), rng)


def influence(fit: RegressionFit) -> pd.DataFrame:
    """See `RegressionFit.influence`."""
    import pandas as pd

    data = fit.data
    eta, theta = predictors(fit)
    d_eta, d_theta, ee, et, tt = derivatives(data.k, data.n, eta, theta) * data.weights
    Z = np.ones((eta.size, 1)) if data.Z is None else data.Z
    v, c, u = row_covariance(fit, data.X, Z, fit.cov)
    unknown = np.isnan(u)
    c, u = np.where(unknown, 0.0, c), np.where(unknown, 0.0, u)
    spread = np.moveaxis(np.array([[v, c], [c, u]]), 2, 0)
    bend = np.moveaxis(-np.array([[ee, et], [et, tt]]), 2, 0)
    score = np.column_stack([d_eta, d_theta])
    left = np.eye(2) - bend @ spread
    leverage = 2.0 - np.trace(left, axis1=1, axis2=2)
    determinant = left[:, 0, 0] * left[:, 1, 1] - left[:, 0, 1] * left[:, 1, 0]
    turned = np.stack([left[:, 1, 1] * score[:, 0] - left[:, 0, 1] * score[:, 1],
                       left[:, 0, 0] * score[:, 1] - left[:, 1, 0] * score[:, 0]], axis=1)  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = turned / determinant[:, None]
        cook = np.einsum("ri,rij,rj->r", moved, spread, moved) / np.isfinite(np.diag(fit.cov)).sum()
    cook[determinant <= 1e-12] = np.nan
    return pd.DataFrame({"leverage": leverage, "cooks_distance": cook})


# --- rows -----------------------------------------------------------------------------------------------------


def saturated(k: Array, n: Array, theta: Array) -> Array:
    """The eta (rows,) that maximises the likelihood of each row alone, for a given theta.

    It lies between logit(k / n) and 0, because the log-likelihood is concave in the mean, a sum of logarithms of
    linear functions. For the binomial it is logit(k / n).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        end = np.log(k / (n - k))
    inner = (k > 0.0) & (k < n)
    low, high = np.where(inner, np.minimum(end, 0.0), 0.0), np.where(inner, np.maximum(end, 0.0), 0.0)
    x = 0.5 * (low + high)
    for _ in range(100):
        slope, _, bend, _, _ = derivatives(k, n, x, theta)
        low, high = np.where(slope >= 0.0, x, low), np.where(slope <= 0.0, x, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = x - slope / bend
        new = np.where((bend < 0.0) & (new > low) & (new < high), new, 0.5 * (low + high))
        done = np.abs(new - x) <= 1e-10 * (1.0 + np.abs(x))
        x = new
        if (done | ~inner).all():
            break
    return np.where(inner & np.isfinite(theta), x, end)


def _deviances(k: Array, n: Array, eta: Array, theta: Array, best: Array) -> Array:
    """Twice the log-likelihood at ``best`` less that at ``eta``, (rows,); at least 0."""
    return np.maximum(2.0 * (_logpmf(k, n, best, theta) - _logpmf(k, n, eta, theta)), 0.0)


def _logpmf(k: Array, n: Array, eta: Array, theta: Array) -> Array:
    return _by_row(kernels.log_pmf_rows, k, n, eta, theta)


def _by_row(kernel, first: Array, n: Array, eta: Array, theta: Array) -> Array:
    from scipy.special import expit

    out = np.empty(n.size)
    kernel(first, n, expit(eta), expit(-eta), np.exp(theta), out)
    return out


def _pearson(k: Array, n: Array, eta: Array, theta: Array) -> Array:
    from scipy.special import expit

    mean, rest = expit(eta), expit(-eta)
    variance = n * mean * rest * (1.0 + (n - 1.0) * expit(-theta))
    with np.errstate(divide="ignore", invalid="ignore"):
        out = (k * rest - (n - k) * mean) / np.sqrt(variance)
    return np.where(k * rest == (n - k) * mean, 0.0, out)


def _quantile(k: Array, n: Array, eta: Array, theta: Array, rng: np.random.Generator) -> Array:
    """From the lower tail below the mean and the upper tail above it, so that far residuals are accurate."""
    from scipy.special import expit, ndtri

    above = k > n * expit(eta)
    k, eta = np.where(above, n - k, k), np.where(above, -eta, eta)
    below, upto = (_by_row(kernels.cdf_rows, j, n, eta, theta) for j in (k - 1.0, k))
    u = below + rng.random(k.size) * (upto - below)
    r = ndtri(np.maximum(u, np.finfo(float).tiny))
    return np.where(above, -r, r)
