"""Values that are kept come back equal, and nothing else is kept or made."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from sameness import same

from lib.advice.regressions import Term
from lib.advice.scorer import ScorerTopic, TopicModel
from lib.betabinomial import CountModel
from lib.features import Design, Words
from lib.models import Forecast, Interval, Linear, ModelSpec, Rate, make_folds
from lib.posts import Split
from lib.storage.values import decode, encode


def again(value):
    """The value after its way through JSON and bytes; an array of a file can't be written to."""
    tree, arrays = encode(value)
    read = {name: np.frombuffer(values.tobytes(), np.uint8) for name, values in arrays.items()}
    return decode(json.loads(json.dumps(tree, ensure_ascii=False).encode()), read)


PLAIN = [
    *(None, True, False, 0, -(2**70), 0.1, -0.0, np.nan, np.inf, -np.inf, 5e-324),
    *("", "слово 😀\n\0", "\ud800", "\ud83d\ude00", "a\udfffя", b"", b"\0\xff"),
    *([], (), {}, set(), frozenset(), [[]], [None, (1, [2.5, {"a": ()}])], [b"a", None, b""], (b"a", "b"), [b"\0"] * 3),
    *({"a": 1, None: 2, 3: [4], (1, "b"): 5}, {"a", "\ud800", "я"}, frozenset({"x", "y"}), {"dict": {"array": ["0"]}}),
]
ARRAYS = [
    *(
        np.arange(3).astype(t)
        for t in ("u1", "i1", "i8", "u8", "f2", "f4", "f8", "c8", "c16", ">i4", "M8[s]", "m8[ns]")
    ),
    *(np.array([True, False]), np.array(["я", "слово"]), np.array([b"a", b""]), np.array(0.5), np.empty((0, 2))),
    *(np.array([], "U"), np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3))),
    *(np.arange(12).reshape(3, 4)[:, ::2], np.array([np.nan, -0.0, np.inf]), np.array(["a", None, 1], object)),
    *(np.array([[b"a", None]], object), np.array([["a", "\ud800"]], object), np.float32(0.1), np.float64(np.nan)),
    *(np.int8(3), np.bool_(True), np.str_("я"), np.datetime64("2020-01-01")),
]
TABLE = pd.DataFrame({"n": [1, 2], "x": [0.5, np.nan], "b": [True, False]})
TABLES = [
    *(TABLE, TABLE.iloc[:0], TABLE[[]], pd.DataFrame(), pd.DataFrame([[1, 2]], columns=["a", "a"])),
    TABLE.assign(text=pd.Series(["слово", None], dtype="str"), photo=pd.Series([b"\xff\0", None], dtype=object)),
    TABLE.assign(none=pd.Series([None, None], dtype=object), mixed=pd.Series(["a", 2], dtype=object)),
    TABLE.assign(words=pd.Series(["a", "b"], dtype=object), lists=pd.Series([["a"], ["b"]], dtype=object)),
    TABLE.assign(view=pd.Series([1, pd.NA], dtype="Int64"), sure=pd.Series([True, pd.NA], dtype="boolean")),
    TABLE.assign(kind=pd.Categorical(["b", None], ["b", "a"], ordered=True), when=pd.to_datetime(["2020", None])),
    TABLE.assign(text=pd.Series(["a", "\ud800"], dtype=pd.StringDtype("python", na_value=np.nan))),
    TABLE.assign(text=pd.Series(["a", pd.NA], dtype=pd.StringDtype("python"))),
    *(TABLE.set_index("x"), TABLE.set_index(["n", "b"]), TABLE.T, TABLE.set_axis([7, 5]), TABLE.set_axis([5, 5])),
    *(TABLE.groupby("n").agg(["sum", "max"]), TABLE.rename_axis("row").rename_axis("column", axis=1)),
    *(TABLE["x"], TABLE["n"].rename(None), pd.cut(TABLE["n"], [0, 1, 2], labels=["few", "many"]), TABLE.dtypes[:0]),
    *(TABLE.index, TABLE.columns, pd.Index([1.5, 2.5], name="x"), pd.Index([b"a", None], dtype=object)),
]
NORMAL = np.random.default_rng(0).normal(size=(40, 3))
OBJECTS = [
    Interval(0.1, np.nan, np.inf, 0.95),
    Forecast(np.arange(4.0).reshape(2, 2), np.array([0.1, 0.2])),
    {"like": [CountModel("binomial", 0.0, np.float64(0.1), 0.0, -1.0)]},
    ModelSpec("a", "b", ("c",)),
    Split(*(np.arange(i) for i in range(3)), np.array(["text", "text and photo"]), np.arange(3)),
    [Term("interaction", "words", 3), Term("intercept")],
    TopicModel(0.5, [1.0], [0.1, 0.2, 0.3], 0.01, None),
    ScorerTopic(0, "имя", ["слово"], 3, [10]),
    Words().fit(["один два три", "один два", "один два пять"] * 3),
    Rate().fit(np.array([[3], [40], [12]]), np.array([100, 1000, 400])),
    Design(2).fit({"block": np.random.default_rng(0).normal(size=(30, 5))}),
    Linear(2).fit({"x": NORMAL}, np.arange(40)[:, None], np.full(40, 100), make_folds(np.arange(40))),
]


@pytest.mark.parametrize("value", [*PLAIN, *ARRAYS, *TABLES, *OBJECTS], ids=lambda value: type(value).__name__)
def test_a_value_comes_back_equal(value):
    assert same(value, again(value))


def test_the_attributes_of_a_table_come_back():
    attrs = {"rejected": TABLE, "ignored_columns": ("a", "b"), "nested": {"table": [TABLE["x"]]}}
    table = TABLE.copy()
    table.attrs = attrs
    assert same(table, again(table)) and same(again(table).attrs, attrs)
    assert same(again(TABLE["x"]), TABLE["x"])


class Local:
    """A class that isn't of lib, with everything that a model has."""

    def arrays(self):
        return {}

    @classmethod
    def from_arrays(cls, arrays):
        raise AssertionError("called")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (object(), "builtins.object"),
        (Local(), "Local"),
        ([{"a": (Local,)}], "builtins.type"),
        (len, "builtin_function"),
        (np.ma.array([1]), "MaskedArray"),
        (np.array([(1, 2)], "i4,i4"), "an array of"),
        (pd.Series(pd.period_range("2020", periods=2)), "a column of period"),
        (pd.interval_range(0, 2), "IntervalIndex"),
        (pd.Series([object()]), "builtins.object"),
        (pd.Timestamp(0), "Timestamp"),
    ],
)
def test_what_cannot_be_kept_is_named(value, named):
    with pytest.raises(TypeError, match=rf"{named}.* can't be kept"):
        encode(value)


FORGED = [
    {"dataclass": ["os", "system", [["command", "false"]]]},
    {"dataclass": ["subprocess", "Popen", [["args", "false"]]]},
    {"dataclass": ["lib.storage.files", "write_whole", [["path", "x"], ["data", "y"]]]},
    {"dataclass": ["lib.storage.cache", "os.system", [["command", "false"]]]},
    {"dataclass": ["lib.models.forecast", "Forecast.__init__.__globals__", []]},
    {"dataclass": ["lib.models.forecast", "Forecast", [["mean", 1]]]},
    {"dataclass": ["lib.models.forecast", "Forecast", [["mean", 1], ["rho", 2], ["__class__", 3]]]},
    {"dataclass": ["lib.models", "Forecast", [["mean", 1], ["rho", 2]]]},
    {"dataclass": ["lib.models.linear", "Linear", []]},
    {"dataclass": ["lib.render.portable.project", "Book", []]},
    {"dataclass": ["lib.__main__", "main", []]},
    {"dataclass": ["lib", "sys", []]},
    {"dataclass": ["lib..os", "system", []]},
    {"dataclass": ["tests.storage.test_values", "Local", []]},
    {"namedtuple": ["lib.advice.regressions", "Term", [["lever"]]]},
    {"namedtuple": ["lib.models.forecast", "Forecast", [1, 2]]},
    {"model": ["lib.models.forecast", "Forecast", []]},
    {"model": ["lib.features.words", "TfidfVectorizer", []]},
    {"model": [__name__, "Local", []]},
    {"model": ["builtins", "eval", []]},
    {"array": ["0", "O", [1], "C"]},
    {"array": ["0", "f8", [1], "C"]},
    {"array": ["../0", "u1", [1], "C"]},
    {"objects": [[], [3]]},
    {"pieces": ["0", {"array": ["0", "u1", [3], "C"]}]},
    {"__init__": []},
    {"value": 1},
    {"items": []},
    {"import": "os"},
    {"list": [], "tuple": []},
    {},
    [],
]


@pytest.mark.parametrize("tree", FORGED, ids=json.dumps)
def test_a_forged_tree_makes_nothing(tree, monkeypatch):
    called = []
    monkeypatch.setattr("os.system", called.append)
    before = set(sys.modules)
    with pytest.raises((ValueError, TypeError, LookupError, AttributeError)):
        decode(tree, {"0": np.arange(3, dtype=np.uint8)})
    assert not called and set(sys.modules) == before
