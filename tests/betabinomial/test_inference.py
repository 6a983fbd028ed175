"""Tests and contrasts against statsmodels where rho = 0, and against identities elsewhere."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from betabinomial_data import simulated
from betabinomial_glm import both, underdispersed
from scipy import stats

from lib import betabinomial as bb

R = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, -1.0]])


def test_wald_test_and_contrasts_are_those_of_statsmodels():
    fit, glm = both(*underdispersed())
    want = glm.wald_test((R, [0.1, 0.0]), scalar=True)
    test = fit.wald_test(R, q=[0.1, 0.0])
    assert (test.statistic, test.p, test.df) == (pytest.approx(want.statistic), pytest.approx(want.pvalue), 2)
    t = glm.t_test(R)
    table = fit.contrast(pd.DataFrame(R, index=["sum", "gap"]), level=0.9)
    assert list(table.index) == ["sum", "gap"]
    np.testing.assert_allclose(table[["coef", "std_err", "p"]], np.column_stack([t.effect, t.sd, t.pvalue]), rtol=1e-6)
    np.testing.assert_allclose(table[["ci_low", "ci_high"]], t.conf_int(alpha=0.1), rtol=1e-6)
    assert fit.wald_test(["x1"]).statistic == pytest.approx(fit.summary()["z"]["x1"] ** 2)


def test_small_sample_factors_are_those_of_statsmodels():
    """statsmodels' correction of a cluster covariance is G / (G - 1) (N - 1) / (N - p)."""
    X, k, n = underdispersed()
    clusters = np.arange(k.size) // 4
    fit = bb.fit_regression(X, k, n, clusters=clusters)
    _, glm = both(X, k, n, cov_type="cluster", cov_kwds={"groups": clusters})
    np.testing.assert_allclose(fit.summary(robust=True, small_sample="CR1S")["std_err"][:3], glm.bse, rtol=1e-6)
    groups = k.size / 4
    plain = fit.summary(robust=True)
    pd.testing.assert_frame_equal(plain, fit.summary(robust=True, small_sample="CR0"))
    table = fit.summary(robust=True, small_sample="CR1")
    np.testing.assert_allclose(table["std_err"][:3], plain["std_err"][:3] * np.sqrt(groups / (groups - 1)))
    far = (table["ci_high"] - table["coef"])[:3] / table["std_err"][:3]
    np.testing.assert_allclose(far, stats.t.ppf(0.975, groups - 1))
    np.testing.assert_allclose(table["p"][:3], 2 * stats.t.sf(np.abs(table["z"][:3]), groups - 1))
    test = fit.wald_test(R, robust=True, small_sample="CR1S")
    want = sm.GLM(np.column_stack([k, n - k]), X, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True
    )
    want = want.wald_test(R, scalar=True)
    assert (test.statistic / 2, test.df_denominator) == (pytest.approx(want.statistic, rel=1e-6), groups - 1)
    assert test.p == pytest.approx(stats.f.sf(want.statistic, 2, groups - 1), rel=1e-5)
    with pytest.raises(ValueError, match="CR2"):
        fit.summary(robust=True, small_sample="CR2")


def test_wald_test_of_the_dispersion_and_its_refusals():
    X, k, n = simulated(300)
    fit = bb.fit_regression(X, k, n, Z=X[:, :2])
    name = "log(alpha + beta): z1"
    z = fit.summary()["z"]
    assert fit.wald_test(name).statistic == pytest.approx(z[name] ** 2)
    together = fit.wald_test(["x1", name])
    gap = np.array([fit.coef[1], fit.dispersion[1]])
    assert together.statistic == pytest.approx(gap @ np.linalg.inv(fit.cov[np.ix_([1, 4], [1, 4])]) @ gap)
    assert together.df == 2 and fit.wald_test(np.eye(5)[[1, 4]]) == together
    with pytest.raises(ValueError, match="linearly dependent"):
        fit.wald_test([[0, 1, 0], [0, 2, 0]])
    with pytest.raises(ValueError, match="'x7' is not the name"):
        fit.wald_test("x7")
    with pytest.raises(ValueError, match="has 2 weights"):
        fit.contrast([1, 2])
    few = bb.fit_regression(X, k, n, clusters=np.arange(300) % 2).wald_test(R, robust=True)
    assert np.isnan(few.p) and "cluster" in few.message


def test_contrasts_in_a_collinear_fit():
    """A row of the design has the same mean whichever column is left out; an aliased coefficient has none."""
    X, k, n = simulated(200)
    fit = bb.fit_regression(np.column_stack([X, X[:, 1] + X[:, 2]]), k, n)
    plain = bb.fit_regression(X, k, n).contrast([1.0, 2.0, 0.5])
    table = fit.contrast([[1.0, 2.0, 0.5, 2.5], [0.0, 0.0, 0.0, 1.0]])
    np.testing.assert_allclose(table.iloc[0].to_numpy(float), plain.iloc[0].to_numpy(float), rtol=1e-6)
    assert np.isnan(table["std_err"].iloc[1])
    new = fit.get_prediction([[1.0, 2.0, 0.5, 2.5], [1.0, 2.0, 0.5, 9.0]])
    assert list(new["std_err"].isna()) == [False, True]


def test_likelihood_ratio_test():
    X, k, n = simulated(300)
    large, small = bb.fit_regression(X, k, n, Z=X), bb.fit_regression(X[:, :1] * 2.0, k, n)
    test = bb.lr_test(small, large)
    assert test.df == 4 and test.statistic == pytest.approx(2 * (large.loglik - small.loglik))
    assert test.p == pytest.approx(stats.chi2.sf(test.statistic, 4))
    fixed = bb.fit_regression(X[:, [0, 2]], k, n, offset=0.3 * X[:, 1])
    free = bb.fit_regression(X, k, n)
    near = bb.lr_test(fixed, free)
    assert near.statistic == pytest.approx(free.wald_test([0, 1, 0], q=0.3).statistic, rel=0.1, abs=0.01)
    separated = bb.fit_regression(X, np.where(X[:, 2] == 1, 0, k), n)
    limit = bb.lr_test(bb.fit_regression(X[:, :2], separated.data.k, n), separated)
    assert separated.state == "separated" and limit.df == 1 and limit.statistic > 10


@pytest.mark.parametrize(
    ("small", "large", "complaint"),
    [
        ({"take": slice(1, None)}, {}, "other rows: k differs"),
        ({"weights": 2.0}, {}, "other rows: weights differs"),
        ({"l2": 1.0}, {}, "small is penalised"),
        ({"columns": [1, 2]}, {"columns": [0, 1]}, "not nested"),
        ({"Z": [1]}, {"Z": [0, 2]}, "not nested"),
        ({"offset": 1}, {"columns": [0, 2]}, "not nested"),
        ({}, {}, "same number of parameters"),
    ],
)
def test_likelihood_ratio_test_refuses_what_is_not_nested(small, large, complaint):
    X, k, n = simulated(200)

    def fit(take=slice(None), columns=(0,), Z=None, weights=None, l2=0.0, offset=None):
        weights = None if weights is None else np.full(200, weights)[take]
        Z = None if Z is None else X[take][:, Z]
        offset = None if offset is None else X[take, offset]
        return bb.fit_regression(X[take][:, columns], k[take], n[take], l2=l2, weights=weights, Z=Z, offset=offset)

    with pytest.raises(ValueError, match=complaint):
        bb.lr_test(fit(**small), fit(**({"columns": (0, 1, 2)} | large if large or small else {})))


@pytest.mark.parametrize("size", [1, 3, 30])
def test_cr3_is_what_the_estimates_move_without_each_cluster(size):
    """With clusters of 30 rows, a cluster has more rows than the fit has parameters."""
    X, k, n = simulated(300)
    clusters = np.arange(300) % (300 // size)
    fit = bb.fit_regression(X, k, n, clusters=clusters)
    point = np.append(fit.coef, fit.dispersion)
    moved = []
    for cluster in range(300 // size):
        left = clusters != cluster
        without = bb.fit_regression(X[left], k[left], n[left])
        moved.append(np.append(without.coef, without.dispersion) - point)
    want = np.transpose(moved) @ moved
    found = fit.covariance(robust=True, small_sample="CR3")
    np.testing.assert_allclose(np.sqrt(np.diag(found)), np.sqrt(np.diag(want)), rtol=0.02)
    np.testing.assert_allclose(found / np.sqrt(np.outer(np.diag(found), np.diag(found))),
                               want / np.sqrt(np.outer(np.diag(want), np.diag(want))), atol=0.02)  # fmt: skip
    table = fit.summary(robust=True, small_sample="CR3")
    np.testing.assert_array_equal(table["std_err"].iloc[:-1], np.sqrt(np.diag(found)))


def test_cr3_of_frequencies_and_of_a_column_that_one_cluster_carries():
    X, k, n = simulated(100)
    times = np.arange(100) % 3 + 1
    weighted = bb.fit_regression(X, k, n, weights=times).covariance(True, "CR3")
    repeated = bb.fit_regression(*(np.repeat(of, times, axis=0) for of in (X, k, n))).covariance(True, "CR3")
    np.testing.assert_allclose(weighted, repeated, rtol=1e-6)
    lonely = bb.fit_regression(np.column_stack([X, np.arange(100) == 50]), k, n, clusters=np.arange(100))
    alone = bb.fit_regression(np.delete(X, 50, 0), np.delete(k, 50), np.delete(n, 50), clusters=np.arange(99))
    found = lonely.covariance(True, "CR3")
    assert np.isnan(found[3, 3])
    # The row still tells of the dispersion, so the other errors are near those without it, not equal.
    np.testing.assert_allclose(np.diag(found)[:3], np.diag(alone.covariance(True, "CR3"))[:3], rtol=0.05)


def test_cr3_holds_its_level_where_columns_are_many():
    """40 columns on 120 rows, each carried by a tenth of them: by the plain sandwich intervals are too short."""
    rng = np.random.default_rng(3)
    apart = {"CR0": [], "CR1S": [], "CR3": []}
    for _ in range(40):
        X = np.column_stack([np.ones(120), rng.random((120, 39)) < 0.1])
        n = rng.integers(50, 5000, 120)
        fit = bb.fit_regression(X, bb.rvs(n, 0.1, 0.03, rng), n)
        for kind, found in apart.items():
            found.append(fit.coef[1:] / np.sqrt(np.diag(fit.covariance(robust=True, small_sample=kind))[1:-1]))
    rms = {kind: np.sqrt(np.mean(np.square(found))) for kind, found in apart.items()}
    assert rms["CR0"] > 1.3 and rms["CR1S"] > 1.05 and 0.75 < rms["CR3"] < 1.0
