"""Equality of two values to the last bit, with types, layouts and attributes."""

import dataclasses

import numpy as np
import pandas as pd


def same(a, b):
    """Whether two values are equal in type and content, to the last bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, set | frozenset):
        return a == b
    if isinstance(a, dict):
        return same(list(a), list(b)) and same(list(a.values()), list(b.values()))
    if isinstance(a, np.ndarray) and a.dtype != object:
        a = a if a.flags.c_contiguous or a.flags.f_contiguous else np.ascontiguousarray(a)
        layouts = [(v.dtype.str, v.shape, v.flags.c_contiguous, v.flags.f_contiguous, v.tobytes()) for v in (a, b)]
        return layouts[0] == layouts[1] and (b.flags.writeable or not a.flags.writeable)
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and same(a.ravel().tolist(), b.ravel().tolist())
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b, check_index_type="exact", check_column_type="exact")
        values = ([v for i in range(t.shape[1]) for v in t.iloc[:, i]] for t in (a, b))
        return same(*values) and same(a.attrs, b.attrs) and same(a.columns, b.columns) and same(a.index, b.index)
    if isinstance(a, pd.Series):
        return same(a.to_frame(0), b.to_frame(0)) and same(a.name, b.name) and same(a.attrs, b.attrs)
    if isinstance(a, pd.Index):
        pd.testing.assert_index_equal(a, b, exact=True)
        return same(a.tolist(), b.tolist()) and same(list(a.names), list(b.names))
    if hasattr(a, "from_arrays"):
        return same(a.arrays(), b.arrays())
    if dataclasses.is_dataclass(a):  # without what a cached_property adds
        return same(*({field.name: getattr(v, field.name) for field in dataclasses.fields(v)} for v in (a, b)))
    if hasattr(a, "__dict__"):
        return same(vars(a), vars(b))
    return repr(a) == repr(b)  # NaN is equal to itself, and 0.0 not to -0.0
