"""Regression on shards: the same fits as in memory, in every state, and errors that name the shard."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

from lib.betabinomial import fit_regression_shards, fit_regressions, rvs

PARTS = 5


def rows(seed):
    """One shard: X with a column far from 0, three responses and trials; some rows have no trial."""
    rng = np.random.default_rng(seed)
    size = 150 + 40 * seed
    X = np.column_stack([np.ones(size), rng.normal(1000, 5, size), rng.normal(size=(size, 2)) * [0.01, 10]])
    n = rng.integers(0, 3000, size)
    mean = 1 / (1 + np.exp(3 - 0.05 * (X[:, 1] - 1000) - 20 * X[:, 2]))
    K = np.column_stack([rvs(n, mean, rho, rng) for rho in (0.001, 0.02, 0.2)])
    return X, K, n


def together(read, shards):
    return tuple(np.concatenate(of) for of in zip(*map(read, shards), strict=True))


def agree(sharded, whole, cov=1e-6):
    assert (sharded.state, sharded.converged, sharded.n_rows) == (whole.state, whole.converged, whole.n_rows)
    np.testing.assert_allclose(sharded.coef, whole.coef, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(sharded.rho, whole.rho, rtol=1e-9)
    np.testing.assert_allclose(sharded.loglik, whole.loglik, rtol=1e-12)
    np.testing.assert_array_equal(sharded.aliased, whole.aliased)
    errors = np.sqrt(np.diag(whole.cov))
    for got, expected in ((sharded.cov, whole.cov), (sharded.cov_robust, whole.cov_robust)):
        np.testing.assert_allclose(got / np.outer(errors, errors), expected / np.outer(errors, errors), atol=cov)


@pytest.mark.parametrize("l2", [0.0, 3.0])
def test_the_fits_are_those_of_all_rows_in_memory(l2):
    whole = fit_regressions(*together(rows, range(PARTS)), l2)
    for fit, same in zip(fit_regression_shards(rows, range(PARTS), (l2,))[0], whole, strict=True):
        agree(fit, same)
        X = rows(9)[0]
        np.testing.assert_allclose(fit.predict(X), same.predict(X), rtol=1e-9)
        for robust in (False, True):
            expected = same.summary(robust=robust).iloc[:-2]
            pd.testing.assert_frame_equal(fit.summary(robust), expected, rtol=1e-5)


def test_all_responses_and_penalties_share_their_passes():
    read, shards = [], range(PARTS)
    fits = fit_regression_shards(lambda i: read.append(i) or rows(i), shards, (0.0, 1.0, 100.0))
    assert [len(of) for of in fits] == [3, 3, 3]
    passes = (len(read) - 1) / PARTS  # the first shard is read once more, for the start
    assert passes == 2 + max(fit.n_iter for of in fits for fit in of) and passes <= 8
    alone = fit_regression_shards(rows, shards, (100.0,))[0]
    for fit, same in zip(fits[2], alone, strict=True):
        agree(fit, same, cov=1e-12)


def test_a_pool_of_processes_gives_the_same_bytes():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        shared = fit_regression_shards(rows, range(PARTS), run=pool.map)[0]
    for fit, same in zip(shared, fit_regression_shards(rows, range(PARTS))[0], strict=True):
        assert fit.coef.tobytes() == same.coef.tobytes() and fit.cov_robust.tobytes() == same.cov_robust.tobytes()


def changed(**responses):
    """A reader of shards with responses that are functions of X, n and the position of the shard."""

    def read(i):
        X, _, n = rows(i)
        return X, np.column_stack([make(X, n, i) for make in responses.values()]), n

    return read


def test_likelihoods_without_an_inner_maximum():
    draw = np.random.default_rng(5)
    kept = {i: draw.binomial(rows(i)[2], 0.02) for i in range(PARTS)}
    read = changed(
        zero=lambda X, n, i: 0 * n,
        full=lambda X, n, i: n,
        binomial=lambda X, n, i: kept[i],
        rho_one=lambda X, n, i: n * (kept[i] % 2),
    )
    whole = fit_regressions(*together(read, range(PARTS)))
    assert [fit.state for fit in whole] == ["all zero", "all full", "binomial", "rho one"]
    for fit, same in zip(fit_regression_shards(read, range(PARTS))[0], whole, strict=True):
        agree(fit, same)
        assert fit.message == same.message


def test_rows_of_one_trial_do_not_tell_rho():
    def read(i):
        X, K, n = rows(i)
        return X, (K[:, 2] > 100).astype(int) * (n > 0), (n > 0).astype(int)

    (whole,) = fit_regressions(
        *(of if of.ndim > 1 or j == 2 else of[:, None] for j, of in enumerate(together(read, range(3))))
    )
    (fit,) = fit_regression_shards(read, range(3))[0]
    agree(fit, whole)
    assert fit.state == "rho unidentified" and np.isnan(fit.rho)


def test_a_column_that_repeats_others_is_left_out_and_named():
    def read(i):
        X, K, n = rows(i)
        return np.column_stack([X, X[:, 1] - 3 * X[:, 2], np.zeros(len(X))]), K, n

    for fit, same in zip(
        fit_regression_shards(read, range(PARTS))[0], fit_regressions(*together(read, range(PARTS))), strict=True
    ):
        agree(fit, same)
        assert fit.state == "collinear" and fit.aliased.tolist() == [False] * 4 + [True] * 2 and "4, 5" in fit.message


@pytest.mark.parametrize("constant_in", [(), (0,)])
@pytest.mark.parametrize("l2", [0.0, 5.0])
def test_without_a_constant_column(l2, constant_in):
    def read(i):
        X, K, n = rows(i)
        X[:, 0] = 1.0 if i in constant_in else X[:, 3]
        return X[:, [0, 1, 2]], K, n

    whole = fit_regressions(*together(read, range(PARTS)), l2)
    for fit, same in zip(fit_regression_shards(read, range(PARTS), (l2,))[0], whole, strict=True):
        agree(fit, same)


def test_a_separated_likelihood_is_no_maximum():
    def read(i):
        X, K, n = rows(i)
        rare = np.zeros(len(X))
        rare[:3] = 1.0
        K[:3] = 0
        return np.column_stack([X, rare]), K, n

    for fit in fit_regression_shards(read, range(PARTS))[0]:
        assert fit.state == "not converged" and not fit.converged and "fit_regression" in fit.message


def test_shards_may_have_no_row_with_a_trial():
    def read(i):
        X, K, n = rows(1)
        return (X, 0 * K, 0 * n) if i % 2 == 0 else (X, K, n)

    for fit, same in zip(
        fit_regression_shards(read, range(4))[0], fit_regressions(*together(read, range(4))), strict=True
    ):
        agree(fit, same)


def test_names_of_columns():
    def read(i):
        X, K, n = rows(i)
        return pd.DataFrame(X, columns=["one", "a", "b", "c"]), K, n

    assert fit_regression_shards(read, range(2))[0][0].summary().index.tolist() == ["one", "a", "b", "c"]


@pytest.mark.parametrize(
    ("read", "shards", "l2", "says"),
    [
        (rows, (), (0.0,), "There are no shards"),
        (rows, (1,), (-1.0,), "finite numbers, 0 or larger"),
        (
            lambda i: (rows(1)[0][:, : 4 - i], *rows(1)[1:]),
            (0, 1),
            (0.0,),
            "Shard 1 has 3 columns, the first one has 4",
        ),
        (lambda i: (rows(1)[0], rows(1)[1][:, : 3 - i], rows(1)[2]), (0, 1), (0.0,), "0 and 1 have different columns"),
        (lambda i: (rows(1)[0], rows(1)[1], rows(1)[2] * (i < 1)), (0, 1), (0.0,), "Shard 1: k"),
        (lambda i: (np.full((2, 1), np.nan), np.ones(2), np.full(2, 9)), ("a.csv",), (0.0,), "Shard 'a.csv': X"),
        (lambda i: (np.ones((2, 1)), np.zeros(2), np.zeros(2)), (0,), (0.0,), "No row has a trial"),
        (lambda i: (np.ones((2, 1)), np.zeros((2, 0)), np.zeros(2)), (0,), (0.0,), "Shard 0: K has shape (2, 0)"),
    ],
)
def test_errors_name_the_shard(read, shards, l2, says):
    with pytest.raises(ValueError) as error:
        fit_regression_shards(read, shards, l2)
    assert says in str(error.value)


def test_an_error_in_a_later_pass_is_raised():
    read = []

    def fails(i):
        read.append(i)
        if len(read) > 3 * PARTS:
            raise OSError("the disk is gone")
        return rows(i)

    with pytest.raises(OSError, match="the disk is gone"):
        fit_regression_shards(fails, range(PARTS))
