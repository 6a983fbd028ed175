import uuid

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from lib import betabinomial as bb
from lib.betabinomial.checks import cluster_codes

ONE = np.ones((3, 1))
K, N = [1, 2, 3], [5, 6, 9]
OTHER = pd.Series(K, index=[2, 0, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bb.logpmf([1, 6], [5, 5], 0.5, 0.1), r"k\[1\] = 6 is larger than n\[1\] = 5"),
        (lambda: bb.logpmf(-1, 5, 0.5, 0.1), r"k = -1.0 is not a count"),
        (lambda: bb.logpmf(1.5, 5, 0.5, 0.1), r"not rates"),
        (lambda: bb.logpmf(1, np.nan, 0.5, 0.1), r"n = nan is not a number of trials"),
        (lambda: bb.logpmf(1, 5, [0.5, 1.5], 0.1), r"mean\[1\] = 1.5 is outside \[0, 1\]"),
        (lambda: bb.logpmf(1, 5, 0.5, 1.0), r"rho = 1.0 is outside \[0, 1\)"),
        (lambda: bb.logpmf(1, 5, 0.5, np.nan), r"rho = nan"),
        (lambda: bb.logpmf([1, 2], [5, 5, 5], 0.5, 0.1), r"do not fit together: k \(2,\), n \(3,\)"),
        (lambda: bb.logpmf("many", 5, 0.5, 0.1), r"k must hold numbers"),
        (lambda: bb.cdf(np.nan, 5, 0.5, 0.1), r"k = nan"),
        (lambda: bb.ppf(1.1, 5, 0.5, 0.1), r"q = 1.1 is not a probability"),
        (lambda: bb.rvs(-1, 0.5, 0.1, 0), r"n = -1.0"),
        (lambda: bb.fit_rate([], []), r"empty"),
        (lambda: bb.fit_rate([1, 2], [3]), r"\(2,\) and \(1,\)"),
        (lambda: bb.fit_rate([0, 0], [0, 0]), r"nothing to fit"),
        (lambda: bb.fit_zero_inflated([1, 2], [3, np.inf]), r"n\[1\] = inf"),
        (lambda: bb.fit_regression(ONE, [1, 2, 9], [5, 5, 5]), r"k\[2\] = 9 is larger than n\[2\] = 5"),
        (lambda: bb.fit_regression(ONE[:2], [1, 2, 3], [5, 5, 5]), r"X has 2 rows, the counts have 3"),
        (lambda: bb.fit_regression(np.ones(3), [1, 2, 3], [5, 5, 5]), r"X must be a table"),
        (lambda: bb.fit_regression(ONE * [[1], [np.nan], [1]], [1, 2, 3], [5, 5, 5]), r"X\[1, 0\] = nan"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], l2=-1), r"l2 = -1"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], l2=[1, 2]), r"l2 has shape \(2,\)"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], weights=[1, 1]), r"weights has shape \(2,\)"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], weights=[1, -1, 1]), r"weights\[1\] = -1.0"),
        (lambda: bb.fit_regression(ONE, [1, 2, 3], [5, 5, 5], Z=ONE[:2]), r"Z has 2 rows"),
        (lambda: bb.fit_regression(ONE, K, N, weights=[1, np.inf, 1]), r"weights\[1\] = inf"),
        (lambda: bb.fit_regression(ONE, K, N, analytic_weights=[1, -1, 1]), r"analytic_weights\[1\] = -1.0 is neg"),
        (lambda: bb.fit_regression(ONE, K, N, weights=K, analytic_weights=K), r"exclude one another"),
        (lambda: bb.fit_regression(ONE, K, N, offset=[0, np.nan, 0]), r"offset\[1\] = nan"),
        (lambda: bb.fit_regression(ONE, K, N, offset=[0, 0]), r"offset has shape \(2,\)"),
        (lambda: bb.fit_regression(sparse.eye(3).tocsr(), K, N), r"X is sparse: pass X.toarray\(\)"),
        (lambda: bb.fit_regression(ONE, K, N, Z=sparse.eye_array(3)), r"Z is sparse: pass Z.toarray\(\)"),
        (lambda: bb.fit_regression(pd.DataFrame({"a": K, "b": list("xyx")}), K, N), r"X\['b'\] holds labels.*dummies"),
        (lambda: bb.fit_regression(pd.DataFrame({"a": pd.Categorical(K)}), K, N), r"X\['a'\] holds labels \(category"),
        (lambda: bb.fit_regression(pd.DataFrame({"a": [1, "u", 2]}, dtype=object), K, N), r"X\['a'\] must hold numb"),
        (lambda: bb.fit_regression(pd.DataFrame({"a": pd.to_datetime(K)}), K, N), r"X\['a'\] must hold.*datetime64"),
        (lambda: bb.fit_regression(pd.DataFrame({"a": pd.array([1, None, 2])}), K, N), r"X\[1, 0\] = nan"),
        (lambda: bb.fit_regression(1j * ONE, K, N), r"X must hold numbers: its type is complex"),
        (lambda: bb.fit_regression(ONE, OTHER, pd.Series(N)), r"k and n have different indexes: align them first"),
        (lambda: bb.fit_regression(pd.DataFrame(ONE), OTHER, N), r"X and k have different indexes"),
        (lambda: bb.fit_regression(pd.DataFrame(ONE), K, N, Z=OTHER.to_frame()), r"X and Z have different indexes"),
        (lambda: bb.fit_regression(ONE, OTHER, N, weights=pd.Series(K)), r"k and weights have different"),
        (lambda: bb.fit_regression(ONE, OTHER, N, clusters=pd.Series(K)), r"k and clusters have different"),
        (lambda: bb.fit_regression(ONE, OTHER, N, offset=pd.Series(K)), r"k and offset have different"),
        (lambda: bb.fit_regression(pd.DataFrame(ONE), K, N, l2=pd.Series([1.0], index=["b"])), r"l2 and the columns"),
        (lambda: bb.fit_regressions(pd.DataFrame(ONE), OTHER.to_frame(), N), r"X and K have different indexes"),
        (lambda: bb.fit_rate(OTHER, pd.Series(N)), r"k and n have different indexes"),
        (lambda: bb.logpmf(OTHER, pd.Series(N), 0.5, 0.1), r"k and n have different indexes"),
        (lambda: bb.rvs(1e18, 0.5, 0.1, 0), r"n = 1e\+18 is not a number of trials"),
        (lambda: bb.fit_regressions(ONE, [1, 2, 3], [5, 5, 5]), r"K must be a table"),
        (lambda: bb.fit_regressions(ONE, [[1, 2], [1, 7], [1, 2]], [5, 5, 5]), r"Column 1 of K: k\[1\] = 7"),
        (lambda: bb.fit_regressions(ONE, [[1, 2]] * 3, [5, 5]), r"n has shape \(2,\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1.0, np.nan, np.nan], r"clusters\[1\] is missing"),
        (["a", "b", None], r"clusters\[2\] is missing"),
        (pd.Series([pd.NA, 1, 2]), r"clusters\[0\] is missing"),
        (pd.Series([pd.Timestamp("2020-01-01"), pd.NaT, pd.NaT]), r"clusters\[1\] is missing"),
        (pd.Categorical(["a", None, "a"]), r"clusters\[1\] is missing"),
        (["a", 1, "b"], r"clusters mixes labels of the types number, str"),
        ([True, 1, 2], r"clusters mixes labels of the types bool, number"),
        ([[1], [1], [2]], r"clusters must hold labels"),
        (np.eye(3), r"clusters has shape \(3, 3\)"),
        ([1, 2], r"clusters has shape \(2,\)"),
    ],
)
def test_bad_clusters_are_named(labels, message):
    with pytest.raises(ValueError, match=message):
        bb.fit_regression(ONE, K, N, clusters=labels)


@pytest.mark.parametrize(
    "labels",
    [
        ["a", "b", "a"],
        [7, 1.5, 7],
        [(1, 2), (1, 3), (1, 2)],
        np.array([True, False, True]),
        pd.Categorical(["x", "y", "x"]),
        pd.Series(pd.to_datetime(["2020", "2021", "2020"])),
        pd.array([5, 6, 5], dtype="Int64"),
        [uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=1)],
    ],
)
def test_any_kind_of_label_names_a_cluster(labels):
    assert list(cluster_codes(labels, 3)) == [0, 1, 0]


def test_designs_of_any_numeric_type_give_the_same_fit():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(60), rng.integers(0, 2, 60), rng.integers(0, 9, 60)]).astype(int)
    k, n = rng.integers(0, 9, 60), rng.integers(9, 30, 60)
    frame = pd.DataFrame(X, columns=["one", "flag", "count"])
    want = bb.fit_regression(X.astype(float), k, n, l2=2.0)
    for same in (
        X,
        X.tolist(),
        frame,
        frame.astype({"flag": bool}),
        frame.astype({"flag": "boolean", "count": "Int64"}),
        frame.astype(object),
        frame.astype(pd.SparseDtype(float)),
    ):
        np.testing.assert_array_equal(bb.fit_regression(same, k, n, l2=2.0).coef, want.coef)


def test_equal_indexes_and_plain_arrays_go_together():
    index = [7, 3, 5]
    fit = bb.fit_regression(
        pd.DataFrame(ONE, index=index), pd.Series(K, index=index), N, weights=pd.Series(K, index=index)
    )
    assert fit.loglik == bb.fit_regression(ONE, K, N, weights=K).loglik
