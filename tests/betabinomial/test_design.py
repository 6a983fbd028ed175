import numpy as np
import pytest
from betabinomial_data import simulated

from lib import betabinomial as bb
from lib.betabinomial import design


@pytest.mark.parametrize("l2", [0.0, 7.0])
@pytest.mark.parametrize(("scale", "shift"), [(1e6, 0.0), (1e-6, 0.0), (1e6, 1e9), (-3.0, 20.0)])
def test_units_of_a_covariate_do_not_matter(scale, shift, l2):
    X, k, n = simulated()
    moved = X.copy()
    moved[:, 1] = X[:, 1] * scale + shift
    a, b = bb.fit_regression(X, k, n, l2=l2), bb.fit_regression(moved, k, n, l2=l2)
    assert b.state == "regular"
    assert b.loglik == pytest.approx(a.loglik, abs=1e-7)
    assert b.coef[1] * scale == pytest.approx(a.coef[1], rel=1e-6)
    assert np.sqrt(b.cov[1, 1]) * abs(scale) == pytest.approx(np.sqrt(a.cov[1, 1]), rel=1e-6)
    np.testing.assert_allclose(b.predict(moved), a.predict(X), rtol=1e-6)


@pytest.mark.parametrize("l2", [1e-3, 7.0])
def test_a_wide_design_gives_the_fit_of_the_equivalent_narrow_design(l2):
    """Six copies of a column under six times the penalty equal the column: their coefficients add up."""
    X, k, n = simulated()
    X = np.column_stack([X, np.random.default_rng(3).normal(size=(k.size, 10))])
    copies = np.append(0, np.repeat(np.arange(1, X.shape[1]), 6))
    narrow, wide = bb.fit_regression(X, k, n, l2=l2), bb.fit_regression(X[:, copies], k, n, l2=6 * l2)
    assert X.shape[1] < design.WIDE <= copies.size
    add = np.zeros((X.shape[1] + 1, copies.size + 1))
    add[np.append(copies, X.shape[1]), np.arange(copies.size + 1)] = 1.0
    np.testing.assert_allclose(add[:-1, :-1] @ wide.coef, narrow.coef, rtol=1e-9)
    np.testing.assert_allclose([wide.rho, wide.loglik], [narrow.rho, narrow.loglik], rtol=1e-9)
    np.testing.assert_allclose(add @ wide.cov @ add.T, narrow.cov, rtol=1e-6, atol=1e-18)
    np.testing.assert_allclose(add @ wide.cov_robust @ add.T, narrow.cov_robust, rtol=1e-6, atol=1e-18)


def test_a_column_after_the_last_row_is_kept_if_an_earlier_one_is_not():
    """Three rows and four columns: the third is the second again, and the fourth completes the space."""
    one, a, b = np.eye(3) + 1.0
    for columns, aliased in (
        ([one, a, a, b], [False, False, True, False]),
        ([one, a, 2 * a + one, one - a, b, a + b], [False, False, True, True, False, True]),
    ):
        fit = bb.fit_regression(np.column_stack(columns), [3, 5, 9], [20, 20, 20])
        assert list(fit.aliased) == aliased
        np.testing.assert_allclose(fit.predict(np.column_stack(columns)), [0.15, 0.25, 0.45], rtol=1e-6)
