"""Parquet files are read by the same checks as CSV files, and their rows are numbered from 1."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from post_files import PHOTO, PHOTO_FIELD

from lib.posts.activities import ACTIVITIES
from lib.posts.check import check_posts
from lib.posts.drafts import read_drafts
from lib.posts.packed import UNPACKED_FREE
from lib.posts.read import COLUMNS, read_posts
from lib.posts.refusals import PostsError
from lib.simulation import write_csv

BASE = {
    "view": [1000, 2000, 3000],
    **{activity: [1, 2, 3] for activity in ACTIVITIES},
    "text": ["a", "б", None],
    "photo": [PHOTO, None, PHOTO],
}


@pytest.fixture
def path(tmp_path):
    """Write the columns of ``BASE``, some of them replaced or left out, and return the path."""

    def write(**columns):
        columns = {name: values for name, values in (BASE | columns).items() if values is not None}
        pq.write_table(pa.table(columns), tmp_path / "posts.parquet")
        return tmp_path / "posts.parquet"

    return write


def test_a_table_is_the_same_as_csv_and_as_parquet(tmp_path):
    """The export of pandas: numbers, texts, and photos as bytes."""
    csv = read_posts(write_csv(tmp_path / "posts.csv", 300, seed=2))
    exported = csv.iloc[:, ::-1]
    exported.attrs = {}
    exported.to_parquet(tmp_path / "posts.parquet")
    parquet = read_posts(tmp_path / "posts.parquet")
    assert list(parquet) == list(COLUMNS)
    pd.testing.assert_frame_equal(parquet, csv)


@pytest.mark.parametrize(
    "columns",
    [
        {"view": [1000.0, 2000.0, 3000.0]},
        {"view": pa.array([1000, 2000, 3000], pa.float32())},
        {"view": pa.array([1000, 2000, 3000], pa.uint64()), "like": pa.array([1, 2, 3], pa.int8())},
        {"view": pa.array([Decimal("1000.000"), Decimal(2000), Decimal(3000)], pa.decimal128(10, 3))},
        {"view": ["1000", " 2000", "3e3"]},
        {"text": pa.array(["a", "б", "nan"], pa.large_string())},
        {"text": [b"a", "б".encode(), b""]},
        {"text": pa.array(["a", "б", None], pa.string_view())},
        {"text": pa.array(["a", "б", None]).dictionary_encode(), "photo": pa.array(BASE["photo"]).dictionary_encode()},
        {"photo": [PHOTO_FIELD, "", PHOTO_FIELD]},
        {"photo": [PHOTO_FIELD.encode(), b"", PHOTO_FIELD.encode()]},
        {"date": pd.to_datetime(["2020", "2021", "2022"]), "a.b": [[1], [2], [3]]},
        {"view": None, "view ": [1000, 2000, 3000]},
    ],
)
def test_columns_of_many_types_are_read(path, columns):
    posts = read_posts(path(**columns))
    assert posts["view"].tolist() == [1000, 2000, 3000] and posts["like"].tolist() == [1, 2, 3]
    assert posts["text"].tolist() == ["a", "б", ""]
    assert posts["photo"].tolist() == [PHOTO, None, PHOTO]
    assert posts.attrs["ignored_columns"] == tuple(name for name in ("date", "a.b") if name in columns)


@pytest.mark.parametrize(
    ("values", "row", "reason"),
    [
        ([1000.0, np.nan, 3000.0], 2, "view is empty"),
        ([1000, 2000, None], 3, "view is empty"),
        ([1000.5, 2000.0, 3000.0], 1, "view is fractional"),
        ([0, 2000, 3000], 1, "view is zero"),
        ([1000.0, np.inf, 3000.0], 2, "view is infinite"),
        (pa.array([1000, 2**64 - 1, 3000], pa.uint64()), 2, "view is larger than"),
        (["1000", "2 000", "3000"], 2, "view is not a number: it has thousands separators"),
    ],
)
def test_rows_are_set_aside_as_those_of_a_csv_and_numbered_from_one(path, values, row, reason):
    found = check_posts(path(view=values))
    rejected = found.posts.attrs["rejected"]
    assert rejected["row"].tolist() == [row] and rejected["reason"][0].startswith(reason)
    assert "rows are numbered as rows of the Parquet file, the first post being row 1" in found.lines


@pytest.mark.parametrize(("kind", "whole"), [(pa.float32(), 2**24), (pa.float64(), 2**53)])
def test_a_float_too_large_for_its_digits_is_noted(path, kind, whole):
    posts = read_posts(path(view=pa.array([1000.0, float(whole), 2.0 * whole], kind)))
    assert posts["view"].tolist() == [1000, whole, 2 * whole] and posts.attrs["exponents"] == 1


def test_a_photo_that_fails_costs_the_photo_and_not_the_post(path):
    problems = read_posts(path(photo=[PHOTO[:-300], b"\xff\xfe\xfa", PHOTO])).attrs["photo_problems"]
    assert problems.to_numpy().tolist() == [[1, "cut short"], [2, "not an image"]]


def test_drafts_are_read_from_parquet(path):
    drafts = read_drafts(path())
    assert drafts["row"].tolist() == [1, 2, 3] and drafts["view"].tolist() == [1000, 2000, 3000]


def strings(*values):
    """A column of type string that holds any bytes."""
    return pa.Array.from_buffers(pa.string(), len(values), pa.array(values).buffers())


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"like": None}, "lacks the column like"),
        ({"like": None, "LIKE": [1, 2, 3]}, "is it “LIKE”"),
        ({"like": [True, False, True]}, "column like holds bool. Write it as whole numbers"),
        ({"text": [1, 2, 3]}, "column text holds int64. Write it as text"),
        ({"photo": [{"bytes": PHOTO}] * 3}, "column photo holds struct.*binary or base64"),
        ({"photo": [[255, 216]] * 3}, "column photo holds list"),
        (
            {"text": strings(b"ok", b"\xd0\xb1\xd0", b"\xd0\xb1 \xff")},
            "broken characters in rows 2, 3; the rest is UTF-8",
        ),
        ({"text": ["Доброе утро, друзья".encode("cp1251")] * 3}, "looks like Windows-1251.*decoded from CP1251.$"),
        ({"text": ["a", "b\0", "\0"]}, "NUL characters in rows 2, 3"),
        ({"like": pa.nulls(3)}, "like is empty .3 rows"),
        ({name: pa.nulls(0) for name in BASE}, "no posts below"),
    ],
)
def test_what_is_no_table_of_posts_is_refused(path, columns, said):
    with pytest.raises(PostsError, match=said) as error:
        read_posts(path(**columns))
    assert "posts.parquet" in str(error.value) and "\n" not in str(error.value)


def rewritten(path, data):
    file = path()
    file.write_bytes(data)
    return file


def test_damage_is_named(path):
    whole = path().read_bytes()
    rng = np.random.default_rng(0)
    for damaged in (whole[:-20], whole[:6], whole[:-9] + bytes(9)):
        with pytest.raises(PostsError, match="is a damaged Parquet file"):
            read_posts(rewritten(path, damaged))
    for _ in range(100):
        data = bytearray(whole)
        for place in rng.integers(4, len(data), 3):
            data[place] ^= 1 << rng.integers(8)
        try:
            read_posts(rewritten(path, bytes(data)))
        except PostsError as error:
            assert "\n" not in str(error)


def test_what_unpacks_to_too_much_is_refused(path):
    n = UNPACKED_FREE // 400_000 + 100
    columns = {name: [1000] * n for name in COLUMNS[:8]} | {"photo": pa.nulls(n)}
    text = pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int32()), pa.array(["я" * 200_000]))
    with pytest.raises(PostsError, match="unpacks to more than"):
        read_posts(path(**columns, text=text))


def test_a_date_may_be_a_timestamp_or_a_date(tmp_path):
    times = pd.to_datetime(["2024-02-29T20:30", "2024-03-01T00:00", None])
    posts = pd.DataFrame({name: [value] * 3 for name, value in zip(COLUMNS, [1000, *[1] * 7, "text", ""], strict=True)})
    for given in (times, times.tz_localize("Europe/Moscow").tz_convert("UTC"), times.date):
        posts.assign(time=given, group=[1, 2, 1]).to_parquet(tmp_path / "posts.parquet")
        found = read_posts(tmp_path / "posts.parquet")
        assert found["time"].isna().tolist() == [False, False, True] and found["group"].tolist() == ["1", "2", "1"]
        assert found["time"][1].normalize() in (pd.Timestamp("2024-02-29"), pd.Timestamp("2024-03-01"))
