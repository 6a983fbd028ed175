"""Checks of arguments: every message names the argument and the element."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

Array = np.ndarray
EXACT = 2.0**53  # whole numbers up to this one are exact in float64


def numbers(name: str, value: ArrayLike) -> Array:
    """A float64 array of any shape."""
    if hasattr(value, "nnz"):
        raise ValueError(f"{name} is sparse: pass {name}.toarray().")
    if hasattr(value, "iloc") and value.ndim == 2:
        columns = [numbers(f"{name}[{label!r}]", column) for label, column in value.items()]
        return np.column_stack(columns) if columns else np.empty(value.shape)
    dtype = getattr(value, "dtype", None)
    if str(dtype) in ("category", "str", "string"):
        raise ValueError(f"{name} holds labels ({dtype}): pass indicator columns, as pandas.get_dummies makes them.")
    try:
        if getattr(dtype, "kind", "f") in "mMc":
            raise TypeError(f"its type is {dtype}")
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers: {error}") from None


def check_aligned(**arguments: ArrayLike | None) -> None:
    """Raise for pandas objects with different indexes, whose rows would be matched by position."""
    indexed = {name: value.index for name, value in arguments.items() if hasattr(value, "iloc")}
    for name, index in indexed.items():
        first = next(iter(indexed))
        if not index.equals(indexed[first]):
            raise ValueError(f"{first} and {name} have different indexes: align them first, or pass .to_numpy().")


def broadcast(**arguments: ArrayLike) -> list[Array]:
    """Writable float64 arrays of the broadcast shape, in the order of the arguments."""
    check_aligned(**arguments)
    arrays = {name: numbers(name, value) for name, value in arguments.items()}
    try:
        return [np.array(a) for a in np.broadcast_arrays(*arrays.values())]
    except ValueError:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise ValueError(f"These shapes do not fit together: {shapes}.") from None


def check_each(name: str, value: Array, good: Array, complaint: str) -> None:
    """Raise for the first element of ``value`` for which ``good`` is False."""
    if not good.all():
        i = np.unravel_index(int(np.argmin(good)), value.shape)
        where = f"[{', '.join(map(str, i))}]" if i else ""
        raise ValueError(f"{name}{where} = {value[i]} {complaint}.")


def check_trials(n: Array) -> None:
    check_each("n", n, (n >= 0.0) & (n <= EXACT) & (n == np.floor(n)), "is not a number of trials")


def check_counts(k: Array, n: Array) -> None:
    check_trials(n)
    whole = np.isfinite(k) & (k >= 0.0) & (k == np.floor(k))
    check_each("k", k, whole, "is not a count: whole numbers from 0 are needed, not rates")
    if (k > n).any():
        i = np.unravel_index(int(np.argmax(k > n)), k.shape)
        where = f"[{', '.join(map(str, i))}]" if i else ""
        raise ValueError(f"k{where} = {k[i]:.0f} is larger than n{where} = {n[i]:.0f}.")


def check_parameters(mean: Array, rho: Array) -> None:
    check_each("mean", mean, (mean >= 0.0) & (mean <= 1.0), "is outside [0, 1]")
    check_each("rho", rho, (rho >= 0.0) & (rho < 1.0), "is outside [0, 1)")


def fit_counts(k: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    """Successes and trials (rows,) of a fit, float64."""
    check_aligned(k=k, n=n)
    k, n = numbers("k", k), numbers("n", n)
    if k.ndim != 1 or k.shape != n.shape:
        raise ValueError(f"k and n must be two columns of the same length; their shapes are {k.shape} and {n.shape}.")
    if k.size == 0:
        raise ValueError("k and n are empty: there is nothing to fit.")
    check_counts(k, n)
    return k, n


def responses(K: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    """Successes and trials (rows, m) of m fits, float64; ``n`` is (rows,) or (rows, m)."""
    K, n = numbers("K", K), numbers("n", n)
    if K.ndim != 2 or K.shape[1] == 0:
        raise ValueError(f"K must be a table (rows, responses); its shape is {K.shape}.")
    if n.shape not in (K.shape, K.shape[:1]):
        raise ValueError(f"n has shape {n.shape}; {K.shape[:1]} or {K.shape} is needed to go with K.")
    if n.ndim == 1:
        n = np.repeat(n[:, None], K.shape[1], axis=1)
    for j in range(K.shape[1]):
        try:
            fit_counts(K[:, j], n[:, j])
        except ValueError as error:
            raise ValueError(f"Column {j} of K: {error}") from None
    return K, n


def penalties(l2: ArrayLike, columns: int, labels: object = None) -> Array:
    """The penalty (columns,) float64 of each column of X, whose ``labels`` a Series has as its index."""
    if hasattr(l2, "iloc") and labels is not None and not l2.index.equals(labels):
        raise ValueError("The index of l2 and the columns of X differ: align them first, or pass l2.to_numpy().")
    penalty = numbers("l2", l2)
    if penalty.shape not in ((), (columns,)):
        raise ValueError(f"l2 has shape {penalty.shape}; one number or ({columns},), one per column, is needed.")
    if not ((penalty >= 0.0) & np.isfinite(penalty)).all():
        raise ValueError(f"l2 = {l2!r} must be finite, 0 or larger.")
    return np.broadcast_to(penalty, (columns,))


def matrix(name: str, value: ArrayLike, rows: int | None = None) -> Array:
    """A contiguous float64 array (rows, columns) of finite numbers."""
    out = np.ascontiguousarray(numbers(name, value))
    if out.ndim != 2 or out.shape[1] == 0:
        raise ValueError(f"{name} must be a table (rows, columns) with at least one column; its shape is {out.shape}.")
    if rows is not None and len(out) != rows:
        raise ValueError(f"{name} has {len(out)} rows, the counts have {rows}.")
    check_each(name, out, np.isfinite(out), "is not a finite number")
    return out


def new_rows(name: str, value: ArrayLike, coefficients: int, rows: int | None = None) -> Array:
    """A :func:`matrix` with a column for each coefficient of a fit."""
    out = matrix(name, value, rows)
    if out.shape[1] != coefficients:
        raise ValueError(f"{name} has {out.shape[1]} columns, the fit has {coefficients} coefficients.")
    return out


def per_row(name: str, value: ArrayLike, rows: int) -> Array:
    """A float64 array (rows,) of finite numbers."""
    out = numbers(name, value)
    if out.shape != (rows,):
        raise ValueError(f"{name} has shape {out.shape}; ({rows},) is needed, one per row.")
    check_each(name, out, np.isfinite(out), "is not a finite number")
    return out


def cluster_codes(labels: ArrayLike, rows: int) -> Array:
    """Whole numbers (rows,), equal for equal labels."""
    import pandas as pd

    shape = labels.shape if hasattr(labels, "shape") else (len(labels),)
    if shape != (rows,):
        raise ValueError(f"clusters has shape {shape}; ({rows},) is needed, one label per row.")
    labels = pd.Series(labels)
    missing = labels.isna().to_numpy()
    if missing.any():
        raise ValueError(f"clusters[{np.argmax(missing)}] is missing: every row needs a label.")
    if labels.dtype == object:
        kinds = {_kind(label) for label in labels}
        if len(kinds) > 1:
            raise ValueError(f"clusters mixes labels of the types {', '.join(sorted(kinds))}: use one type.")
    try:
        return pd.factorize(labels)[0]
    except TypeError as error:
        raise ValueError(f"clusters must hold labels: {error}.") from None


def _kind(label: object) -> str:
    number = isinstance(label, int | float | np.number) and not isinstance(label, bool)
    return "number" if number else type(label).__name__
