"""Regression with certain zeros: covariates for the mean, for the dispersion and for the share of certain zeros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.blas import one_blas_thread
from lib.betabinomial.checks import (
    check_aligned,
    check_each,
    cluster_codes,
    fit_counts,
    matrix,
    new_rows,
    numbers,
    per_row,
)
from lib.betabinomial.distribution import logpmf
from lib.betabinomial.fit import RegressionFit, expit
from lib.betabinomial.regression import SILENT, fit_regression

if TYPE_CHECKING:
    import pandas as pd

    from lib.betabinomial.design import Design
    from lib.betabinomial.zero_inflation import Maximum

Array = np.ndarray
PARTS = ("mean", "dispersion", "zero")


@dataclass(frozen=True)
class ZeroInflatedRegressionFit:
    """A fitted mixture of certain zeros and beta-binomial counts.

    With probability ``zero`` a count is certainly 0, else it is beta-binomial: ``logit(mean) = X coef + offset``,
    ``log(alpha + beta) = Z dispersion``, ``logit(zero) = V zero``, where V is the argument ``zero`` of the fit.

    Attributes
    ----------
    coef, dispersion, zero : (p,), (q,) and (r,) float64, on the scale of the given columns; 0 for aliased columns.
        ``dispersion`` is inf where rho is 0 in all rows, and ``zero`` is -inf where there are no certain zeros.
    loglik : float, nats, binomial coefficients included
    cov : (p + q + r, p + q + r) float64, covariance of (coef, dispersion, zero) from the observed information; NaN in
        the rows and columns of parameters without a standard error
    cov_robust : sandwich covariance, as in `RegressionFit`
    converged : bool, whether the estimates are a maximum (which may lie at rho = 0 or 1, or at zero = 0)
    n_iter : int, Newton steps of the search that found the maximum
    state : str, one of the states below
    message : str, what the state means for this fit; empty for a regular fit
    aliased : (p + q + r,) bool, columns that are combinations of earlier columns of their part
    nobs : float, rows with a trial and a positive weight; a frequency counts as that many rows
    names : column names of X, of Z and of ``zero``; None for a part with one constant
    shifted : bool, whether the fit has an offset

    Notes
    -----
    The states:

    - ``regular``: an inner maximum.
    - ``collinear``: an inner maximum, with aliased columns.
    - ``no inflation``: the likelihood is largest at zero = 0; the fit is that of `fit_regression`.
    - ``binomial``: the likelihood is largest at rho = 0.
    - ``rho unidentified``: no row has two trials; the dispersion is NaN.
    - ``rho one``: the likelihood rises towards its limit at rho = 1.
    - ``separated``: coefficients of X grow without bound.
    - ``zeros separated``: coefficients of ``zero`` grow without bound, such as those of a group with fewer zeros than
      the beta-binomial expects, or with zeros only.
    - ``dispersion unbounded``: log(alpha + beta) of some rows grows without bound.
    - ``not converged``: none of the above; do not use the fit.
    - any other state of `RegressionFit`: zero = 0, and the state is that of `fit_regression`.

    In the limits, loglik is that of the limit, coefficients that grow without bound hold where the search stopped, and
    the others have their estimates and standard errors. `converged` is False in the last five states.
    """

    coef: Array
    dispersion: Array
    zero: Array
    loglik: float
    cov: Array
    cov_robust: Array
    converged: bool
    n_iter: int
    state: str
    message: str
    aliased: Array
    nobs: float
    names: tuple[tuple[str, ...], tuple[str, ...] | None, tuple[str, ...] | None]
    shifted: bool

    @property
    def df(self) -> int:
        """Number of parameters that are neither aliased nor unidentified; those at a boundary count."""
        return int((~self.aliased & ~np.isnan(self._point)).sum())

    @property
    def aic(self) -> float:
        """Akaike's criterion, ``2 df - 2 loglik``; NaN if the search did not reach a maximum."""
        return np.nan if self.state == "not converged" else 2.0 * (self.df - self.loglik)

    @property
    def bic(self) -> float:
        """Bayesian criterion, ``log(nobs) df - 2 loglik``; NaN as `aic`."""
        return np.nan if self.state == "not converged" else np.log(self.nobs) * self.df - 2.0 * self.loglik

    @property
    def _point(self) -> Array:
        return np.concatenate([self.coef, self.dispersion, self.zero])

    def summary(self, robust: bool = False) -> pd.DataFrame:
        """One line per parameter, with the index (part, name): coef, std_err, z, p (two-sided), ci_low, ci_high (95 %).

        Parameters
        ----------
        robust : use cov_robust in place of cov
        """
        import pandas as pd

        from lib.betabinomial.inference import table

        index = [(part, name) for part, names in zip(PARTS, self.names, strict=True) for name in names or ["constant"]]
        std_err = np.sqrt(np.diag(self.cov_robust if robust else self.cov))
        lines = table(self._point, std_err, range(len(index)), np.inf)
        return lines.set_axis(pd.MultiIndex.from_tuples(index, names=["part", "name"]))

    def predict(
        self, X: ArrayLike, zero: ArrayLike | None = None, offset: ArrayLike | None = None
    ) -> tuple[Array, Array]:
        """Share of certain zeros, and mean rate ``(1 - zero) mean`` of a count, each (rows,) float64.

        Parameters
        ----------
        X, zero, offset : as for the fit; ``zero`` and ``offset`` are needed if the fit has them

        Raises
        ------
        ValueError
            If an argument cannot be used.
        """
        eta, _, zeta = self._predictors(X, None, zero, offset, needed=(0, 2))
        return expit(zeta), expit(-zeta) * expit(eta)

    def logpmf(
        self,
        k: ArrayLike,
        n: ArrayLike,
        X: ArrayLike,
        Z: ArrayLike | None = None,
        zero: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> Array:
        """Log-probability (rows,) of k successes in n trials; arguments and errors as for `predict`.

        A rho that the fit does not identify counts as 0.
        """
        eta, theta, zeta = self._predictors(X, Z, zero, offset, needed=(0, 1, 2))
        rho = np.clip(np.nan_to_num(expit(-theta)), 0.0, np.nextafter(1.0, 0.0))
        logs = logpmf(k, n, expit(eta), rho) - np.logaddexp(0.0, zeta)
        return np.where(numbers("k", k) == 0.0, np.logaddexp(-np.logaddexp(0.0, -zeta), logs), logs)

    def _predictors(
        self, X: ArrayLike, Z: ArrayLike | None, zero: ArrayLike | None, offset: ArrayLike | None, needed: tuple
    ) -> list[Array]:
        """logit(mean), log(alpha + beta) and logit(zero), each (rows,); NaN for a part that is not needed."""
        rows = len(matrix("X", X))
        out = [np.full(rows, np.nan)] * 3
        for part in needed:
            name, given = ("X", "Z", "zero")[part], (X, Z, zero)[part]
            coef = (self.coef, self.dispersion, self.zero)[part]
            if (given is None) != (self.names[part] is None):
                raise ValueError(f"{name} must be given if and only if the fit has it.")
            columns = np.ones((rows, 1)) if given is None else new_rows(name, given, coef.size, rows)
            with np.errstate(invalid="ignore"):
                out[part] = np.where(columns == 0.0, 0.0, columns * coef).sum(axis=1)
            if part and not np.isfinite(coef).any():
                out[part] = np.full(rows, coef[0])
        if self.shifted and offset is None:
            raise ValueError("The fit has an offset: give the offset of the new rows.")
        return out if offset is None else [out[0] + per_row("offset", offset, rows), *out[1:]]


def fit_zero_inflated_regression(
    X: ArrayLike,
    k: ArrayLike,
    n: ArrayLike,
    zero: ArrayLike | None = None,
    Z: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> ZeroInflatedRegressionFit:
    """Maximum likelihood of a mixture of certain zeros and beta-binomial counts, each with covariates.

    The likelihood can have several maxima. Newton's method starts from the fit without certain zeros and from the rows
    that are not zero, and the highest maximum is returned.

    Parameters
    ----------
    X : (rows, p) columns of logit(mean); none is added
    k, n : (rows,) successes and trials. Rows without trials carry no information.
    zero : (rows, r) columns of the logit of the share of certain zeros; none is added. Default: one share for all rows.
    Z : (rows, q) columns of log(alpha + beta); none is added. Default: one dispersion for all rows.
    weights : (rows,) frequencies, default 1: a weight of 2 counts the row twice. Fractions are allowed.
    offset : (rows,) added to logit(mean), with no coefficient
    clusters : (rows,) labels, equal for rows that may depend on one another. Clusters affect only cov_robust.

    Returns
    -------
    ZeroInflatedRegressionFit

    Raises
    ------
    ValueError
        As `fit_regression`.

    References
    ----------
    Hall (2000), Zero-inflated Poisson and binomial regression with random effects: a case study,
    doi:10.1111/j.0006-341X.2000.01030.x: the model, with the binomial in place of the beta-binomial.
    """
    from lib.betabinomial import newton, zero_inflation
    from lib.betabinomial.design import scale_columns

    check_aligned(X=X, k=k, n=n, zero=zero, Z=Z, weights=weights, offset=offset, clusters=clusters)
    names = (_names("x", X), _names("z", Z), _names("zero", zero))
    k, n = fit_counts(k, n)
    ones = np.ones((k.size, 1))
    given = [
        matrix(name, ones if part is None else part, k.size) for name, part in (("X", X), ("Z", Z), ("zero", zero))
    ]
    w = ones[:, 0] if weights is None else per_row("weights", weights, k.size)
    check_each("weights", w, w >= 0.0, "is negative")
    shift = np.zeros(k.size) if offset is None else per_row("offset", offset, k.size)
    codes = None if clusters is None else cluster_codes(clusters, k.size)
    plain = fit_regression(given[0], k, n, weights=w, Z=None if Z is None else given[1], offset=shift, clusters=codes)

    used = np.flatnonzero((n > 0.0) & (w > 0.0))
    used = used[np.argsort(k[used] > 0.0, kind="stable")]
    k, n, w, shift = k[used], n[used], w[used], shift[used]
    given = [np.ascontiguousarray(part[used]) for part in given]
    nested = zero is None or _spans_constant(given[2])
    codes = None if codes is None else codes[used]
    more = {"nobs": float(w.sum()), "names": names, "shifted": offset is not None}
    if nested and (k[0] > 0.0 or plain.state == "all zero"):
        return _without_inflation(plain, given, more)
    with one_blas_thread():
        designs = [scale_columns(part, w, True) for part in given]
        x, z, v = (design.x for design in designs)
        mixture = zero_inflation.Mixture((x, z, v), k, n, w, shift, np.full((3, k.size), np.nan))
        theta = plain.log_precision(None if Z is None else given[1], k.size)
        end = zero_inflation.maximise(mixture, plain.linear_predictor(given[0], shift), np.nan_to_num(theta))
        if nested and end.loglik <= plain.loglik + zero_inflation.GAIN + newton.NOISE * abs(plain.loglik):
            return _without_inflation(plain, given, more)
        return _with_inflation(end, designs, codes, more)


def _names(letter: str, part: ArrayLike | None) -> tuple[str, ...] | None:
    if part is None:
        return None
    columns = part.columns if hasattr(part, "columns") else (f"{letter}{j}" for j in range(np.shape(part)[-1]))
    return tuple(map(str, columns))


def _spans_constant(columns: Array) -> bool:
    """Whether some combination of the columns is 1 in every row, so that the share of certain zeros can tend to 0."""
    ones = np.ones(len(columns))
    return np.allclose(columns @ np.linalg.lstsq(columns, ones, rcond=None)[0], ones, rtol=0.0, atol=1e-9)


def _without_inflation(plain: RegressionFit, given: list[Array], more: dict) -> ZeroInflatedRegressionFit:
    """The fit at zero = 0."""
    r, size = given[2].shape[1], sum(part.shape[1] for part in given)

    def widened(cov: Array) -> Array:
        return np.pad(cov, (0, r), constant_values=np.nan)

    return ZeroInflatedRegressionFit(
        coef=plain.coef,
        dispersion=plain.dispersion,
        zero=np.full(r, -np.inf),
        loglik=plain.loglik,
        cov=widened(plain.cov),
        cov_robust=widened(plain.cov_robust),
        converged=plain.converged,
        n_iter=plain.n_iter,
        state="no inflation" if plain.state == "regular" else plain.state,
        message=f"The likelihood is largest without certain zeros. {plain.message}".strip(),
        aliased=np.pad(plain.aliased, (0, size - plain.aliased.size)),
        **more,
    )


def _with_inflation(end: Maximum, designs: list[Design], codes: Array | None, more: dict) -> ZeroInflatedRegressionFit:
    from scipy.linalg import block_diag

    aliased = np.concatenate([design.aliased for design in designs])
    change = block_diag(*(design.to_given @ basis for design, basis in zip(designs, end.bases, strict=True)))
    unsure = np.concatenate([d.leaves(basis) for d, basis in zip(designs, end.bases, strict=True)])
    coef, dispersion, zero = (d.to_given @ part for d, part in zip(designs, end.coef, strict=True))
    if end.bases[1].shape[1] == 0:
        dispersion = np.full_like(dispersion, end.log_s)
    w, scores = end.mixture.weight, end.mixture.scores(end.point)
    if codes is None:
        meat = scores * w @ scores.T
    else:
        sums = np.zeros((codes.max() + 1, len(scores)))
        np.add.at(sums, codes, (scores * w).T)
        meat = sums.T @ sums
    half = change @ end.root
    values, vectors = np.linalg.eigh(np.nan_to_num(end.root.T @ meat @ end.root))
    unclear = ((half @ vectors[:, values <= SILENT]) ** 2).sum(axis=1) > 1e-6 * (half**2).sum(axis=1)
    known = ~(aliased | unsure)
    clear = known & ~unclear
    state, message = _state(end, designs, unsure & ~aliased)
    if (known & unclear).any():
        message += " cov_robust is NaN where there are too few clusters (or rows) to know the sampling error."
    return ZeroInflatedRegressionFit(
        coef=coef,
        dispersion=dispersion,
        zero=zero,
        loglik=end.loglik,
        cov=np.where(np.outer(known, known), half @ half.T, np.nan),
        cov_robust=np.where(np.outer(clear, clear), half @ end.root.T @ meat @ end.root @ half.T, np.nan),
        converged=state in ("regular", "collinear", "binomial", "rho unidentified", "rho one"),
        n_iter=end.iterations,
        state=state,
        message=message.strip(),
        aliased=aliased,
        **more,
    )


def _state(end: Maximum, designs: list[Design], unsure: Array) -> tuple[str, str]:
    """The state, and sentences on everything that is not regular."""
    found = [] if end.converged else [("not converged", "The search did not reach a maximum: do not use this fit.")]
    x, z, v = np.split(unsure, np.cumsum([design.aliased.size for design in designs[:2]]))
    if x.any():
        found.append(
            ("separated", f"No finite coefficients of columns {_columns(x)} of X are best: drop or merge them.")
        )
    if v.any():
        text = f"No finite coefficients of columns {_columns(v)} of zero are best: in some rows the share of certain "
        found.append(("zeros separated", text + "zeros tends to 0 or 1, or the data do not identify it."))
    if z.any():
        states = {
            np.inf: ("binomial", "The counts vary no more than a binomial: rho is 0 and has no standard error."),
            -np.inf: ("rho one", "The likelihood is largest in the limit rho = 1."),
        }
        unbounded = f"No finite coefficients of columns {_columns(z)} of Z are best: use a simpler Z."
        state = states.get(end.log_s, ("dispersion unbounded", unbounded))
        if (end.mixture.n < 2.0).all():
            state = ("rho unidentified", "No row has two trials, so the data do not identify rho.")
        found.append(state)
    for name, design in zip(("X", "Z", "zero"), designs, strict=True):
        if design.aliased.any():
            text = f"Columns {_columns(design.aliased)} of {name} are combinations of earlier columns"
            found.append(("collinear", f"{text}; their coefficients are 0."))
    return (found or [("regular", "")])[0][0], " ".join(text for _, text in found)


def _columns(which: Array) -> str:
    return ", ".join(map(str, np.flatnonzero(which)))
