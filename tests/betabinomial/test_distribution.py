"""The distribution against scipy, against arithmetic with 50 digits, and against identities."""

import mpmath
import numpy as np
import pytest
from betabinomial_data import exact_logpmf
from scipy import stats

from lib import betabinomial as bb


@pytest.mark.parametrize("n", [1, 2, 10, 11, 57, 1000, 7_000_000, 10_000_000])
@pytest.mark.parametrize("mean", [1e-7, 1e-5, 0.02, 0.5, 0.97, 1 - 1e-7])
def test_logpmf_has_twelve_digits_in_every_corner(n, mean):
    for rho in (0.0, 1e-12, 1e-9, 1e-6, 1 / 1751, 1 / 44, 0.5, 0.999):
        ks = {k for k in (0, 1, 2, 10, 12, 100, int(n * mean), n // 3, n - 1, n) if 0 <= k <= n}
        for k in ks:
            want = exact_logpmf(k, n, mean, rho)
            assert abs(mpmath.mpf(float(bb.logpmf(k, n, mean, rho))) - want) <= 1e-12 * abs(want), (k, rho)


def test_logpmf_agrees_with_scipy_where_scipy_is_accurate():
    k, mean, rho = np.arange(31)[:, None, None], np.array([0.01, 0.4, 0.9])[:, None], np.array([0.01, 0.3, 0.8])
    s = (1 - rho) / rho
    want = stats.betabinom.logpmf(k, 30, mean * s, (1 - mean) * s)
    np.testing.assert_allclose(bb.logpmf(k, 30, mean, rho), want, rtol=1e-10)


@pytest.mark.parametrize("n", [0, 1, 7, 200])
@pytest.mark.parametrize("mean", [0.0, 5e-324, 1e-300, 1e-7, 0.01, 0.3, 0.9, 1 - 1e-9, 1 - 2**-53, 1.0])
@pytest.mark.parametrize("rho", [0.0, 5e-324, 1e-308, 1e-300, 1e-12, 1e-3, 0.1, 0.6, 0.999])
def test_pmf_cdf_ppf_and_crps_are_consistent(n, mean, rho):
    k = np.arange(n + 1)
    pmf = np.exp(bb.logpmf(k, n, mean, rho))
    cdf = bb.cdf(k, n, mean, rho)
    assert pmf.sum() == pytest.approx(1.0, abs=1e-12)
    assert pmf @ k == pytest.approx(n * mean, abs=1e-10)
    np.testing.assert_allclose(cdf, np.cumsum(pmf), atol=1e-12)
    inner = cdf < 1.0
    np.testing.assert_array_equal(bb.ppf(cdf, n, mean, rho)[inner], np.searchsorted(cdf, cdf)[inner])
    want = [np.sum((np.cumsum(pmf) - (k >= outcome)) ** 2) for outcome in k]
    np.testing.assert_allclose(bb.crps(k, n, mean, rho), want, atol=1e-9)


@pytest.mark.parametrize("rho", [5e-324, 1e-320, 6e-309, 1e-308])
@pytest.mark.parametrize("mean", [1e-8, 0.1, 0.5])
def test_a_rho_whose_inverse_overflows_is_the_binomial(mean, rho):
    k = np.array([0, 1, 300, 676, 677])
    np.testing.assert_allclose(bb.logpmf(k, 677, mean, rho), stats.binom.logpmf(k, 677, mean), rtol=1e-11)
    np.testing.assert_allclose(bb.cdf(k, 677, mean, rho), stats.binom.cdf(k, 677, mean), rtol=1e-9)
    q = [1e-9, 0.3, 0.99]
    np.testing.assert_array_equal(bb.ppf(q, 677, mean, rho), stats.binom.ppf(q, 677, mean))
    np.testing.assert_array_equal(bb.crps(k, 677, mean, rho), bb.crps(k, 677, mean, 0.0))
    np.testing.assert_array_equal(bb.rvs([677] * 9, mean, rho, 1), bb.rvs([677] * 9, mean, 0.0, 1))


@pytest.mark.parametrize("rho", [0.0, 1e-300, 1e-16, 0.5, 1 - 2**-53])
@pytest.mark.parametrize("mean", [5e-324, 1e-310, 1e-300, 1e-8, 0.5, 1 - 2**-53])
def test_logpmf_at_the_ends_of_the_float64_numbers(mean, rho):
    """Against the product of the probabilities of single trials, with 700 digits."""
    with mpmath.workdps(700):
        q = 1 - mpmath.mpf(mean)
        s = (1 - mpmath.mpf(rho)) / rho if rho else None
        chance = (lambda share, j: share) if s is None else (lambda share, j: share * s + j)
        for n in (1, 2, 23):
            for k in sorted({0, 1, n // 2, n}):
                want = mpmath.log(mpmath.binomial(n, k))
                want += mpmath.log(mpmath.fprod([chance(mpmath.mpf(mean), j) for j in range(k)]))
                want += mpmath.log(mpmath.fprod([chance(q, j) for j in range(n - k)]))
                want -= mpmath.log(mpmath.fprod([1 if s is None else s + j for j in range(n)]))
                assert abs(bb.logpmf(k, n, mean, rho) - want) <= 1e-12 * abs(want) + 1e-307, (k, n)


@pytest.mark.parametrize("rho", [0.0, 5e-324, 1e-308, 1e-300, 1e-16, 1 - 2**-53])
@pytest.mark.parametrize("mean", [0.0, 5e-324, 1e-300, 1e-8, 0.5, 1 - 2**-53, 1.0])
def test_millions_of_trials_at_the_ends_of_the_float64_numbers(mean, rho):
    n = 7_000_000
    k = bb.ppf([0.0, 1e-8, 0.5, 1 - 1e-8, 1.0], n, mean, rho)
    assert (np.diff(k) >= 0).all() and k[0] == 0 and k[-1] == (n if mean > 0 else 0)
    chance = bb.cdf(k[1:4], n, mean, rho)
    assert (chance >= [1e-8, 0.5, 1 - 1e-8]).all() and (chance <= 1.0).all()
    score = bb.crps(k[2], n, mean, rho)
    assert 0.0 <= score <= n * min(1.0, 4 * np.sqrt(mean * (1 - mean)))
    draws = bb.rvs(np.full(200, n), mean, rho, 3)
    error = np.sqrt(n * mean * (1 - mean) * (1 + (n - 1) * rho) / 200)
    assert abs(draws.mean() - n * mean) <= 5 * error + 1e-6


def test_known_special_cases():
    np.testing.assert_allclose(bb.logpmf(np.arange(8), 7, 0.5, 1 / 3), -np.log(8), rtol=1e-14)  # alpha = beta = 1
    np.testing.assert_allclose(bb.logpmf(np.arange(8), 7, 0.2, 0.0), stats.binom.logpmf(np.arange(8), 7, 0.2))
    assert bb.logpmf(3, 5, 0.0, 0.1) == -np.inf
    assert list(bb.cdf([-1, -0.5, 2.7, 5, 9], 5, 0.3, 0.1)) == [0, 0, bb.cdf(2, 5, 0.3, 0.1), 1, 1]
    assert list(bb.ppf([0.0, 1.0], 5, 0.3, 0.1)) == [0, 5]
    assert bb.cdf(300, 1000, 0.5, 0.0) == pytest.approx(stats.binom.cdf(300, 1000, 0.5), rel=1e-9)  # 1e-37


@pytest.mark.parametrize("q", [1e-300, 1e-20, 0.3, 1 - 1e-16])
@pytest.mark.parametrize(("mean", "rho"), [(0.5, 0.0), (1e-5, 1e-9), (0.02, 1 / 44), (0.4, 0.7)])
def test_extreme_quantiles_of_millions_of_trials(q, mean, rho):
    n = 7_000_000
    k = bb.ppf(q, n, mean, rho)
    assert bb.cdf(k, n, mean, rho) >= q
    assert bb.cdf(k - 1, n, mean, rho) < q


def test_results_broadcast_as_float64():
    got = bb.logpmf(np.arange(3, dtype=np.int32)[:, None], 5, np.float32([0.25, 0.5]), 0.1)
    assert got.shape == (3, 2) and got.dtype == np.float64
    assert np.ndim(bb.logpmf(1, 5, 0.5, 0.1)) == 0
    assert bb.crps([], [], [], []).shape == (0,)
    assert bb.rvs(np.full((4, 1), 9), [0.1, 0.2], 0.1, 0).shape == (4, 2)
    assert 0 <= bb.rvs(9, 0.2, 0.1, 0) <= 9 and bb.rvs(9, 0.2, 0.1, 0).dtype == np.int64


@pytest.mark.parametrize(("mean", "rho"), [(0.3, 0.0), (0.3, 1e-12), (0.02, 1 / 44), (0.4, 0.999), (1e-6, 1e-4)])
def test_draws_have_the_mean_and_the_variance(mean, rho):
    n, rows = 10_000, 100_000
    k = bb.rvs(np.full(rows, n), mean, rho, np.random.default_rng(1))
    variance = n * mean * (1 - mean) * (1 + (n - 1) * rho)
    assert abs(k.mean() - n * mean) < 4 * np.sqrt(variance / rows)
    assert k.var() == pytest.approx(variance, rel=0.15)
    assert k.dtype == np.int64
    np.testing.assert_array_equal(k[:5], bb.rvs(np.full(rows, n), mean, rho, 1)[:5])
