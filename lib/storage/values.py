"""Values as JSON and arrays, which hold no code.

A value is made of None, bool, int, float, str, bytes, lists, tuples, dicts, sets of str, NumPy arrays and scalars,
pandas tables, series and indexes, and three kinds of objects of ``lib``: frozen dataclasses, named tuples, and models
that have ``arrays`` and ``from_arrays``.

In the JSON tree None, numbers and texts stand for themselves. Any other value is an object with one item that names
the kind of value, and arrays are named by their position.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lib.storage.arrays import Arrays

Tree = Any

_PLAIN = (type(None), bool, int, float, str)
_KINDS = "biufcmMSU"  # kinds of dtype whose values are bytes without references
_INDEXES = (pd.Index, pd.CategoricalIndex, pd.DatetimeIndex, pd.TimedeltaIndex)
_MASKED = (pd.arrays.IntegerArray, pd.arrays.BooleanArray)
_MODULE = re.compile(r"lib(\.\w+)+", re.ASCII)


def encode(value: Any) -> tuple[Tree, Arrays]:
    """A value as a JSON tree and uint8 arrays.

    Raises
    ------
    TypeError
        If the value or a part of it is of a type that can't be kept; the message names the type.
    """
    encoder = _Encoder()
    return encoder.tree(value), encoder.arrays


def decode(tree: Tree, arrays: Arrays) -> Any:
    """The value that :func:`encode` was given.

    Whatever tree and arrays say, no code is imported or run other than ``from_arrays`` of a model of ``lib``.

    Raises
    ------
    Exception
        Of any class, if tree and arrays don't come from :func:`encode` or belong to other code.
    """
    return _Decoder(arrays).value(tree)


class _Encoder:
    def __init__(self) -> None:
        self.arrays: Arrays = {}

    def tree(self, value: Any) -> Tree:
        kind = type(value)
        if kind is str and not value.isascii() and _surrogates(value):
            return {"str": self.raw(_bytes(value))}
        if kind in _PLAIN:
            return value
        if kind is bytes:
            return {"bytes": self.raw(value)}
        if kind in (list, tuple):
            return {kind.__name__: self.items(value)}
        if kind in (set, frozenset):
            return {kind.__name__: self.items(sorted(value, key=repr))}
        if kind is dict:
            return {"dict": [[self.tree(key), self.tree(item)] for key, item in value.items()]}
        if kind is np.ndarray:
            return self.array(value)
        if isinstance(value, np.generic):
            return {"scalar": self.array(np.asarray(value))}
        if kind is pd.DataFrame:
            columns = [self.column(value.iloc[:, i]) for i in range(value.shape[1])]
            whole = [columns, self.index(value.columns), self.index(value.index), self.tree(dict(value.attrs))]
            return {"frame": whole}
        if kind is pd.Series:
            named = [self.index(value.index), self.tree(value.name), self.tree(dict(value.attrs))]
            return {"series": [self.column(value), *named]}
        if isinstance(value, pd.Index):
            return self.index(value)
        return self.of_lib(value)

    def of_lib(self, value: Any) -> Tree:
        kind = type(value)
        name = [kind.__module__, kind.__qualname__]
        if _is_of_lib(kind, *name):
            if _is_frozen(kind):
                fields = [[f.name, self.tree(getattr(value, f.name))] for f in dataclasses.fields(kind)]
                return {"dataclass": [*name, fields]}
            if _is_named_tuple(kind):
                return {"namedtuple": [*name, self.items(value)]}
            if _is_model(kind):
                return {"model": [*name, [[key, self.tree(values)] for key, values in value.arrays().items()]]}
        raise _unknown(f"{name[0]}.{name[1]}")

    def items(self, values: Sequence[Any]) -> Tree:
        """The trees of several values; many bytes, such as photos, make one array."""
        if not any(type(value) is bytes for value in values):
            return [self.tree(value) for value in values]
        if all(value is None or type(value) is bytes for value in values):
            return {"pieces": self.pieces(values)}
        return [self.tree(value) for value in values]

    def pieces(self, values: Sequence[bytes | None]) -> Tree:
        lengths = np.array([-1 if value is None else len(value) for value in values], np.int64)
        return [self.raw(b"".join(value or b"" for value in values)), self.array(lengths)]

    def array(self, values: np.ndarray) -> Tree:
        dtype = values.dtype
        if dtype.kind == "O":
            return {"objects": [self.items(values.ravel().tolist()), list(values.shape)]}
        if dtype.kind not in _KINDS:
            raise _unknown(f"an array of {dtype}")
        order = "F" if values.flags.f_contiguous and not values.flags.c_contiguous else "C"
        flat = values.ravel(order)
        data = self.raw(flat.view(np.uint8) if flat.nbytes else b"")
        return {"array": [data, dtype.str, list(values.shape), order]}

    def raw(self, data: bytes | np.ndarray) -> str:
        name = str(len(self.arrays))
        self.arrays[name] = np.frombuffer(data, np.uint8) if len(data) else np.empty(0, np.uint8)
        return name

    def column(self, values: pd.Series | pd.Index) -> Tree:
        dtype = values.dtype
        if isinstance(dtype, np.dtype):
            return self.array(values.to_numpy())
        if isinstance(dtype, pd.StringDtype):
            texts = [_bytes(text) if isinstance(text, str) else None for text in values.tolist()]
            return {"strings": [self.pieces(texts), dtype.storage, dtype.na_value is pd.NA]}
        if isinstance(dtype, pd.CategoricalDtype):
            found = values.array
            return {"categories": [self.array(found.codes), self.index(found.categories), bool(found.ordered)]}
        if isinstance(values.array, _MASKED):
            numbers = values.to_numpy(dtype=dtype.numpy_dtype, na_value=0)
            return {"masked": [self.array(numbers), self.array(np.asarray(values.isna()))]}
        raise _unknown(f"a column of {dtype}")

    def index(self, index: pd.Index) -> Tree:
        if type(index) is pd.RangeIndex:
            return {"range": [index.start, index.stop, index.step, self.tree(index.name)]}
        if type(index) is pd.MultiIndex:
            levels, codes = map(self.index, index.levels), (self.array(np.asarray(c)) for c in index.codes)
            return {"multi": [list(levels), list(codes), self.items(index.names)]}
        if type(index) in _INDEXES:
            return {"index": [self.column(index), self.tree(index.name)]}
        raise _unknown(f"pandas.{type(index).__name__}")


class _Decoder:
    """The inverse of :class:`_Encoder`: the method ``KIND`` makes the value of a tree ``{KIND: inside}``."""

    def __init__(self, arrays: Arrays):
        self.arrays = arrays

    def value(self, tree: Tree) -> Any:
        if type(tree) in _PLAIN:
            return tree
        [(kind, inside)] = tree.items()
        return _MAKERS[kind](self, inside)

    def items(self, tree: Tree) -> list[Any]:
        return self.pieces(tree["pieces"]) if isinstance(tree, dict) else [self.value(item) for item in tree]

    def pieces(self, tree: Tree) -> list[bytes | None]:
        data, lengths = memoryview(self.arrays[tree[0]]), self.value(tree[1])
        ends = np.maximum(lengths, 0).cumsum().tolist()
        sized = zip(ends, lengths.tolist(), strict=True)
        return [None if length < 0 else bytes(data[end - length : end]) for end, length in sized]

    def str(self, name: str) -> str:
        return _text(self.arrays[name].tobytes())

    def bytes(self, name: str) -> bytes:
        return self.arrays[name].tobytes()

    def list(self, tree: Tree) -> list[Any]:
        return self.items(tree)

    def tuple(self, tree: Tree) -> tuple[Any, ...]:
        return tuple(self.items(tree))

    def set(self, tree: Tree) -> set[Any]:
        return set(self.items(tree))

    def frozenset(self, tree: Tree) -> frozenset[Any]:
        return frozenset(self.items(tree))

    def dict(self, tree: Tree) -> dict[Any, Any]:
        return {self.value(key): self.value(item) for key, item in tree}

    def array(self, tree: Tree) -> np.ndarray:
        data, dtype, shape, order = self.arrays[tree[0]], np.dtype(tree[1]), *tree[2:]
        if dtype.kind not in _KINDS:
            raise ValueError(f"an array of {dtype}")
        flat = data.view(dtype) if len(data) else np.empty(0, dtype)
        return flat.reshape(shape, order=order).copy(order="K")

    def scalar(self, tree: Tree) -> np.generic:
        return self.value(tree)[()]

    def objects(self, tree: Tree) -> np.ndarray:
        values = self.items(tree[0])
        flat = np.empty(len(values), object)
        for i, item in enumerate(values):  # an assignment of the list would unpack lists in it
            flat[i] = item
        return flat.reshape(tree[1])

    def strings(self, tree: Tree) -> pd.api.extensions.ExtensionArray:
        texts = [None if piece is None else _text(piece) for piece in self.pieces(tree[0])]
        return pd.array(texts, dtype=pd.StringDtype(tree[1], na_value=pd.NA if tree[2] else np.nan))

    def categories(self, tree: Tree) -> pd.Categorical:
        return pd.Categorical.from_codes(self.value(tree[0]), self.value(tree[1]), ordered=tree[2])

    def masked(self, tree: Tree) -> pd.api.extensions.ExtensionArray:
        numbers, mask = map(self.value, tree)
        return (pd.arrays.BooleanArray if numbers.dtype.kind == "b" else pd.arrays.IntegerArray)(numbers, mask)

    def range(self, tree: Tree) -> pd.RangeIndex:
        return pd.RangeIndex(*tree[:3], name=self.value(tree[3]))

    def multi(self, tree: Tree) -> pd.MultiIndex:
        levels, codes = ([self.value(part) for part in parts] for parts in tree[:2])
        return pd.MultiIndex(levels, codes, names=self.items(tree[2]))

    def index(self, tree: Tree) -> pd.Index:
        values = self.value(tree[0])
        return pd.Index(values, dtype=values.dtype, name=self.value(tree[1]))

    def series(self, tree: Tree) -> pd.Series:
        values = self.value(tree[0])
        series = pd.Series(values, self.value(tree[1]), values.dtype, self.value(tree[2]))
        series.attrs = self.value(tree[3])
        return series

    def frame(self, tree: Tree) -> pd.DataFrame:
        columns, index = list(map(self.value, tree[0])), self.value(tree[2])
        # As series, because pandas would take an array of objects for texts where it can.
        frame = pd.DataFrame({i: pd.Series(c, dtype=c.dtype) for i, c in enumerate(columns)}, range(len(index)))
        frame.index, frame.columns, frame.attrs = index, self.value(tree[1]), self.value(tree[3])
        return frame

    def dataclass(self, tree: Tree) -> Any:
        kind, fields = _of_lib(*tree[:2], _is_frozen), dict(tree[2])
        if list(fields) != [field.name for field in dataclasses.fields(kind)]:
            raise ValueError(f"{kind.__qualname__} has other fields")
        made = object.__new__(kind)  # without __init__: nothing is called
        for name, item in fields.items():
            object.__setattr__(made, name, self.value(item))
        return made

    def namedtuple(self, tree: Tree) -> Any:
        kind, values = _of_lib(*tree[:2], _is_named_tuple), self.items(tree[2])
        if len(values) != len(kind._fields):
            raise ValueError(f"{kind.__qualname__} has other fields")
        return tuple.__new__(kind, values)

    def model(self, tree: Tree) -> Any:
        return _of_lib(*tree[:2], _is_model).from_arrays({key: self.array(item["array"]) for key, item in tree[2]})


_PARTS = ("value", "items", "pieces")  # methods that make no kind of value
_MAKERS = {name: make for name, make in vars(_Decoder).items() if name[0] != "_" and name not in _PARTS}


def _of_lib(module: str, name: str, suits: Any) -> type:
    """The class of ``lib`` with this name, if it is imported already."""
    kind = sys.modules.get(module)
    for part in name.split("."):
        kind = vars(kind).get(part) if kind is not None else None
    if not (isinstance(kind, type) and _is_of_lib(kind, module, name) and suits(kind)):
        raise ValueError(f"{module}.{name} can't be kept")
    return kind


def _is_of_lib(kind: type, module: str, name: str) -> bool:
    return bool(_MODULE.fullmatch(module)) and (kind.__module__, kind.__qualname__) == (module, name)


def _is_frozen(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _is_model(kind: type) -> bool:
    return callable(getattr(kind, "arrays", None)) and callable(getattr(kind, "from_arrays", None))


def _unknown(what: str) -> TypeError:
    return TypeError(f"{what} can't be kept: only plain values, arrays, tables and objects of lib can (storage/values)")


def _surrogates(text: str) -> bool:
    return re.search("[\ud800-\udfff]", text) is not None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
