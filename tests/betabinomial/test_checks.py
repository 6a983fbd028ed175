import numpy as np
import pytest

from lib import betabinomial as bb

ONE = np.ones((3, 1))


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
        (lambda: bb.fit_regressions(ONE, [1, 2, 3], [5, 5, 5]), r"K must be a table"),
        (lambda: bb.fit_regressions(ONE, [[1, 2], [1, 7], [1, 2]], [5, 5, 5]), r"Column 1 of K: k\[1\] = 7"),
        (lambda: bb.fit_regressions(ONE, [[1, 2]] * 3, [5, 5]), r"n has shape \(2,\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
