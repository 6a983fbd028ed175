"""Inference from a fitted regression: tables of estimates, contrasts, and tests of several at once.

A parameter vector is (coef, dispersion), of length p + q. Estimates without a standard error give NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.checks import matrix, numbers
from lib.betabinomial.covariances import SPAN, covariance, estimable, free_parameters

if TYPE_CHECKING:
    import pandas as pd

    from lib.betabinomial.fit import RegressionFit

Array = np.ndarray


@dataclass(frozen=True)
class HypothesisTest:
    """The result of a test.

    Attributes
    ----------
    statistic : float; a Wald statistic is chi-square, or df times F where ``df_denominator`` is finite
    df : int, number of restrictions
    df_denominator : float, inf for a chi-square test
    p : float
    message : str, why the statistic is NaN; else empty
    """

    statistic: float
    df: int
    df_denominator: float
    p: float
    message: str


def labels(fit: RegressionFit, names: Sequence[str] | None = None) -> list[str]:
    """The names of the coefficients, then those of the dispersion."""
    p = fit.coef.size
    names = list(names if names is not None else fit.names or (f"x{j}" for j in range(p)))
    if len(names) != p:
        raise ValueError(f"names: {len(names)} given, the fit has {p} coefficients.")
    if fit.data.Z is None:
        return [*names, "log(alpha + beta)"]
    return names + [
        f"log(alpha + beta): {name}" for name in fit.z_names or (f"z{j}" for j in range(fit.dispersion.size))
    ]


# --- tables ---------------------------------------------------------------------------------------------------


def critical(level: float, df: float) -> float:
    """Two-sided critical value of t with ``df`` degrees of freedom (inf: normal)."""
    from scipy.special import stdtrit

    if not 0.0 < level < 1.0:
        raise ValueError(f"level = {level!r} must be between 0 and 1, such as 0.95.")
    return float(stdtrit(df, 0.5 + 0.5 * level))


def table(estimate: Array, std_err: Array, index: Sequence[str], df: float, level: float = 0.95) -> pd.DataFrame:
    """One line per estimate: coef, std_err, z, p (two-sided), ci_low, ci_high."""
    import pandas as pd
    from scipy.special import stdtr

    far = critical(level, df) * std_err
    z = estimate / std_err
    lines = {"coef": estimate, "std_err": std_err, "z": z, "p": 2.0 * stdtr(df, -np.abs(z))}
    return pd.DataFrame(lines | {"ci_low": estimate - far, "ci_high": estimate + far}, index=list(index))


def summary(
    fit: RegressionFit, names: Sequence[str] | None = None, robust: bool = False, small_sample: str | None = None
) -> pd.DataFrame:
    """See `RegressionFit.summary`."""
    cov, df = covariance(fit, robust, small_sample)
    point = np.concatenate([fit.coef, fit.dispersion])
    out = table(point, np.sqrt(np.diag(cov)), labels(fit, names), df)
    if fit.data.Z is None:
        from scipy.special import expit

        theta = out.iloc[-1]
        spread = fit.rho * (1.0 - fit.rho) * theta["std_err"]
        out.loc["rho"] = [fit.rho, spread, np.nan, np.nan, expit(-theta["ci_high"]), expit(-theta["ci_low"])]
    return out


# --- contrasts and tests --------------------------------------------------------------------------------------


def contrast(
    fit: RegressionFit, C: ArrayLike, robust: bool = False, small_sample: str | None = None, level: float = 0.95
) -> pd.DataFrame:
    """See `RegressionFit.contrast`."""
    weights, index = _combinations(fit, C)
    cov, df = covariance(fit, robust, small_sample)
    estimate, variance = _combined(fit, weights, cov)
    return table(estimate, np.sqrt(np.diag(variance)), index, df, level)


def wald_test(
    fit: RegressionFit, R: ArrayLike, q: ArrayLike = 0.0, robust: bool = False, small_sample: str | None = None
) -> HypothesisTest:
    """See `RegressionFit.wald_test`."""
    from scipy.special import chdtrc, fdtrc

    weights, _ = _combinations(fit, R)
    m = len(weights)
    if np.linalg.matrix_rank(weights) < m:
        raise ValueError("The rows of R are linearly dependent: leave out those that follow from the others.")
    cov, df = covariance(fit, robust, small_sample)
    estimate, variance = _combined(fit, weights, cov)
    q = np.broadcast_to(numbers("q", q), (m,))
    if np.isnan(variance).any() or np.isnan(estimate).any():
        return HypothesisTest(np.nan, m, df, np.nan, fit.message or "The estimates have no covariance.")
    scale = np.sqrt(np.diag(variance))
    unit = variance / np.outer(scale, scale)
    if np.linalg.matrix_rank(unit, tol=1e-10) < m:
        return HypothesisTest(np.nan, m, df, np.nan, "The covariance is singular: fewer clusters than restrictions.")
    gap = (estimate - q) / scale
    statistic = float(gap @ np.linalg.solve(unit, gap))
    p = chdtrc(m, statistic) if np.isinf(df) else fdtrc(m, df, statistic / m)
    return HypothesisTest(statistic, m, df, float(p), "")


def lr_test(small: RegressionFit, large: RegressionFit) -> HypothesisTest:
    """Likelihood-ratio test of a fit against a larger one that contains it; chi-square.

    Raises
    ------
    ValueError
        If the fits have other rows (k, n, weights), one is penalised or not converged, or one does not contain the
        other.
    """
    from scipy.special import chdtrc

    for name in ("k", "n", "weights", "frequency"):
        if not np.array_equal(getattr(small.data, name), getattr(large.data, name)):
            raise ValueError(f"The two fits have other rows: {name} differs.")
    for name, fit in (("small", small), ("large", large)):
        if fit.data.l2.any():
            raise ValueError(f"{name} is penalised: the test needs maximum-likelihood fits, l2 = 0.")
        if fit.state == "not converged":
            raise ValueError(f"{name} is not converged: {fit.message}")
    used = small.used
    inside = [np.column_stack([small.data.X, small.data.offset - large.data.offset]), _dispersion_design(small)]
    outside = [large.data.X, _dispersion_design(large)]
    if not all(_spans(big[used], part[used]) for big, part in zip(outside, inside, strict=True)):
        raise ValueError(
            "The fits are not nested: X (or Z, or the offset) of small is no combination of large's columns."
        )
    df = int(free_parameters(large).sum() - free_parameters(small).sum())
    if df <= 0:
        raise ValueError("The fits have the same number of parameters: there is nothing to test.")
    statistic = max(0.0, 2.0 * (large.loglik - small.loglik))
    return HypothesisTest(statistic, df, np.inf, float(chdtrc(df, statistic)), "")


def _dispersion_design(fit: RegressionFit) -> Array:
    return np.ones((fit.data.k.size, 1)) if fit.data.Z is None else fit.data.Z


def _spans(X: Array, columns: Array) -> bool:
    scale = np.abs(X).max(axis=0)
    X = X / np.where(scale > 0.0, scale, 1.0)
    left = columns - X @ np.linalg.lstsq(X, columns, rcond=None)[0]
    return bool((np.abs(left) <= SPAN * np.abs(columns).max(axis=0)).all())


def _combinations(fit: RegressionFit, C: ArrayLike) -> tuple[Array, list[str]]:
    """Weights (m, p + q) of the parameters, and the name of each combination."""
    known = labels(fit)
    p, size = fit.coef.size, len(known)
    names = [C] if isinstance(C, str) else list(C) if all(isinstance(c, str) for c in C) else None
    if names is not None:
        for name in names:
            if known.count(name) != 1:
                raise ValueError(f"{name!r} is not the name of one parameter: the fit has {', '.join(known)}.")
        return np.eye(size)[[known.index(name) for name in names]], names
    index = list(map(str, C.index)) if hasattr(C, "columns") else None
    weights = matrix("C", np.atleast_2d(numbers("C", C)))
    if weights.shape[1] not in (p, size):
        raise ValueError(
            f"A combination has {weights.shape[1]} weights; the fit has {p} coefficients, {size} parameters."
        )
    full = np.zeros((len(weights), size))
    full[:, : weights.shape[1]] = weights
    return full, index or [f"c{i}" for i in range(len(full))]


def _combined(fit: RegressionFit, C: Array, cov: Array) -> tuple[Array, Array]:
    """Estimates (m,) and covariance (m, m) of the combinations; NaN where a part has no covariance."""
    p = fit.coef.size
    missing = np.isnan(np.diag(cov))
    variance = C @ np.where(missing | missing[:, None], 0.0, cov) @ C.T
    missing[:p] &= ~fit.aliased
    unknown = (C[:, missing] != 0.0).any(axis=1)
    unknown |= (C[:, :p][:, fit.aliased] != 0.0).any(axis=1) & ~estimable(fit, C[:, :p])
    variance[unknown] = variance[:, unknown] = np.nan
    point = np.concatenate([fit.coef, fit.dispersion])
    finite = np.where(np.isfinite(point), point, 0.0)
    estimate = C @ finite
    estimate[(C[:, ~np.isfinite(point)] != 0.0).any(axis=1)] = np.nan
    return estimate, variance
