"""Formulas against designs written by hand."""

import pickle

import numpy as np
import pandas as pd
import pytest
from betabinomial_data import simulated

from lib import betabinomial as bb

X, K, N = simulated(300)
TABLE = pd.DataFrame(
    {"likes": K, "views": N, "x": X[:, 1], "place": np.array(["a", "b", "c"])[np.arange(300) % 3], "shift": 0.1},
    index=np.arange(300) * 2,
)


def test_a_formula_is_the_fit_of_its_columns():
    fit = bb.fit_formula("~ place + x", TABLE, k="likes", n="views", Z="~ x", offset="shift", clusters="place")
    place = TABLE["place"].to_numpy()
    design = np.column_stack([np.ones(300), place == "b", place == "c", X[:, 1]])
    plain = bb.fit_regression(design, K, N, Z=X[:, :2], offset=np.full(300, 0.1), clusters=place)
    np.testing.assert_array_equal(fit.coef, plain.coef)
    np.testing.assert_array_equal(fit.cov_robust, plain.cov_robust)
    assert fit.names == ("Intercept", "place[T.b]", "place[T.c]", "x")
    assert list(fit.summary().index[4:]) == ["log(alpha + beta): Intercept", "log(alpha + beta): x"]
    new = TABLE.iloc[[4, 2]]
    np.testing.assert_array_equal(fit.predict(new, offset=[0.1, 0.1]), plain.predict(design[[4, 2]], offset=[0.1, 0.1]))
    table = fit.get_prediction(new, n=new["views"], offset=new["shift"])
    want = plain.get_prediction(design[[4, 2]], Z=X[[4, 2], :2], n=N[[4, 2]], offset=[0.1, 0.1])
    np.testing.assert_array_equal(table, want)
    assert list(table.index) == [8, 4]


def test_new_rows_keep_levels_and_scales():
    fit = bb.fit_formula("~ center(x) + place", TABLE, k="likes", n="views")
    new = TABLE.iloc[1:2]
    assert fit.predict(new)[0] == pytest.approx(fit.predict(TABLE)[1])
    again = pickle.loads(pickle.dumps(fit))
    assert again.predict(new)[0] == fit.predict(new)[0]
    for change, complaint in (({"place": "z"}, "'z'"), ({"place": None}, "null"), ({"x": np.nan}, "null")):
        with pytest.raises(ValueError, match=complaint):
            fit.predict(new.assign(**change))
    with pytest.raises(ValueError, match="place"):
        fit.predict(new.drop(columns="place"))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"formula": "~ colour"}, "colour"),
        ({"formula": "~ x +"}, "not a formula"),
        ({"formula": "likes ~ x"}, "left side"),
        ({"k": "hearts"}, "no column 'hearts'"),
        ({"weights": "w"}, "no column 'w'"),
        ({"data": TABLE.assign(x=np.where(TABLE.index == 4, np.nan, TABLE["x"]))}, "null"),
    ],
)
def test_refusals(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        bb.fit_formula(**({"formula": "~ x", "data": TABLE, "k": "likes", "n": "views"} | options))
