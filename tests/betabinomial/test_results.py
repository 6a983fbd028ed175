"""Every method in every state, and the criteria of the quality of a fit."""

from dataclasses import replace

import numpy as np
import pytest
from betabinomial_data import simulated
from betabinomial_glm import both, underdispersed

from lib import betabinomial as bb


def states():
    X, k, n = simulated(120)
    one, x, group = X.T
    flat = np.round(n / (1 + np.exp(4.0 - 0.3 * x)))
    coin = (np.random.default_rng(7).random(k.size) < 0.4).astype(float)
    Z = np.column_stack([one, group])
    yield "regular", (X, k, n), {}
    yield "regular", (X, k, n), {"Z": Z}
    yield "regular", (X, k, n), {"l2": 3.0, "clusters": np.zeros(120), "weights": coin + 1.0}
    yield "collinear", (np.column_stack([X, 2 * x - group + 3]), k, n), {"offset": 0.1 * x}
    yield "binomial", (X, flat, n), {}
    yield "all zero", (X, 0 * n, n), {}
    yield "all full", (-X, n, n), {"Z": Z}
    yield "separated", (X, np.where(group == 1, 0, k), n), {}
    yield "separated", (X, (x > 0).astype(float), one), {}
    yield "rho one", (X, coin * n, n), {}
    yield "rho unidentified", (X, coin, one), {}
    yield "dispersion unbounded", (X, np.where(group == 1, np.round(n * 0.02), k), n), {"Z": Z}


FITS = [(state, bb.fit_regression(*data, **options)) for state, data, options in states()]
NAN = np.full_like(FITS[0][1].cov, np.nan)
UNFINISHED = replace(FITS[0][1], state="not converged", converged=False, message="No.", cov=NAN, cov_robust=NAN)
FITS.append(("not converged", UNFINISHED))


@pytest.mark.parametrize(("state", "fit"), FITS, ids=[state for state, _ in FITS])
def test_every_method_in_every_state(state, fit):
    """Nothing fails or warns, and what rests on an estimate without a standard error is NaN, with a message."""
    data = fit.data
    assert fit.state == state
    p, size = fit.coef.size, fit.coef.size + fit.dispersion.size
    summary = fit.summary()
    assert len(summary) == size + (data.Z is None)
    without = np.isnan(np.diag(fit.cov))
    assert not without.any() or fit.message
    for table in (summary, fit.contrast(np.eye(size))):
        assert (table["std_err"][:size].isna() == without).all() and (table["p"][:size].isna() == without).all()
        assert (table["ci_low"][:size].isna() == without).all()
    fit.summary(robust=True, small_sample="CR1S")
    test = fit.wald_test(np.eye(p, size)[: 1 + p // 2])
    assert np.isnan(test.statistic) == np.isnan(test.p) == without[: 1 + p // 2].any()
    assert bool(test.message) == np.isnan(test.p)

    profile = fit.profile_intervals()
    assert len(profile) == size
    if state == "not converged":
        assert profile.isna().all(axis=None)
    else:
        point = np.append(fit.coef, fit.dispersion)
        assert (profile.isna().all(axis=1) == ((point == 0.0) & without & (state == "collinear"))).all()
        inside = ~without
        assert ((profile["ci_low"] < point) & (point < profile["ci_high"]))[inside].all()
        assert np.isfinite(profile[inside]).all(axis=None)

    eta = fit.get_prediction(data.X, Z=data.Z, n=np.minimum(data.n, 50.0), offset=data.offset)
    rests = (data.X[:, without[:p] & ~fit.aliased] != 0.0).any(axis=1)
    for column in eta.columns[1:]:
        assert (eta[column].isna() == rests).all()
    assert ((eta["pi_low"] <= eta["pi_high"]) | rests).all()
    influence = fit.influence()
    assert (influence["leverage"].isna() == rests).all()

    for kind in ("pearson", "deviance", "quantile"):
        assert np.isfinite(fit.residuals(kind, rng=1)).all()
    counts = fit.simulate(rng=1, size=3)
    assert counts.shape == (3, data.k.size) and ((counts >= 0) & (counts <= data.n)).all()
    assert np.isfinite([fit.aic, fit.bic]).all() == (state != "not converged")
    assert np.isnan(fit.deviance_explained) == (state in ("all zero", "all full"))


def test_criteria_are_those_of_statsmodels_with_rho_counted():
    X, k, n = underdispersed()
    fit, glm = both(X, k, n)
    assert fit.df == 4 and fit.nobs == k.size
    assert fit.aic == pytest.approx(glm.aic + 2.0)
    assert fit.bic == pytest.approx(glm.bic_llf + np.log(k.size))
    assert fit.deviance_explained == pytest.approx(1.0 - glm.deviance / glm.null_deviance)


def test_frequencies_are_rows_aliased_columns_are_not_parameters_and_a_penalty_takes_part_of_one():
    X, k, n = simulated(200)
    weights = np.random.default_rng(1).integers(0, 3, 200)
    rows = np.repeat(np.arange(200), weights)
    fit = bb.fit_regression(X, k, n, weights=weights)
    copied = bb.fit_regression(X[rows], k[rows], n[rows])
    assert fit.nobs == copied.nobs == rows.size
    assert fit.bic == pytest.approx(copied.bic)
    assert bb.fit_regression(X, k, n, analytic_weights=weights).nobs == (weights > 0).sum()
    wide = bb.fit_regression(np.column_stack([X, X[:, 1]]), k, n)
    assert wide.df == 4 and wide.aic == pytest.approx(bb.fit_regression(X, k, n).aic)
    free, soft, firm = (bb.fit_regression(X, k, n, l2=[0.0, size, size]).df for size in (1e-6, 50.0, 1e9))
    assert free == pytest.approx(4.0) and 2.1 < soft < 3.9 and firm == pytest.approx(2.0)
    alone = bb.fit_regression(X, k, n, l2=[0.0, 0.0, 0.0])
    bread = np.linalg.inv(alone.cov)
    bread[1, 1] += 50.0 * X[:, 1].var()
    want = np.trace(np.linalg.inv(alone.cov) @ np.linalg.inv(bread))
    assert bb.fit_regression(X, k, n, l2=[0.0, 50.0, 0.0]).df == pytest.approx(want, rel=1e-2)
