"""The table of posts: what is read, and what is set aside and why."""

import base64
import csv
import gzip

import numpy as np
import pandas as pd
import pytest
from post_files import GOOD, PHOTO, PHOTO_FIELD, TABLE, row, text_of, write, zipped

from lib.posts.activities import ACTIVITIES, counts
from lib.posts.read import COLUMNS, read_posts, read_time
from lib.posts.table import PostsError


@pytest.fixture
def read(tmp_path):
    """Write text or bytes to a file, and read the file as posts."""
    return lambda content: read_posts(write(tmp_path, content))


SHUFFLED = [*reversed(COLUMNS), "date", "url"]


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        "\ufeff" + TABLE,
        TABLE.replace("\r\n", "\n"),
        TABLE + "\r\n\r\n,,,,,,,,,\r\n",
        TABLE.replace("view,like", " view , like\t", 1),
        TABLE.replace("1000,5", '"1000.0"," 5"', 1),
        text_of(
            [*reversed(GOOD), "2020", "x"],
            ["nan", 'две\nстроки, «кавычки» и "ещё"', *reversed(GOOD[:8]), "", ""],
            header=SHUFFLED,
        ),
        text_of(GOOD, row(text='две\nстроки, «кавычки» и "ещё"', photo="None"), quoting=csv.QUOTE_ALL),
        gzip.compress(TABLE.encode()),
        zipped(posts__csv=TABLE),
        zipped(posts__csv=TABLE, readme__txt="about"),
    ],
    ids=["plain", "bom", "lf", "blank", "spaces", "floats", "shuffled", "quoted", "gzip", "zip", "zip-readme"],
)
def test_one_table_in_many_guises(read, content):
    posts = read(content)
    assert list(posts) == list(COLUMNS)
    assert all(posts[column].dtype == np.int64 for column in ("view", *ACTIVITIES))
    assert counts(posts).dtype == np.int64
    np.testing.assert_array_equal(counts(posts), [[5, 0, 1, 0, 20, 3, 2]] * 2)
    assert [text.replace("\r\n", "\n") for text in posts["text"]] == ["Привет", 'две\nстроки, «кавычки» и "ещё"']
    assert posts["photo"].tolist() == [PHOTO, None]
    assert len(posts.attrs["rejected"]) == len(posts.attrs["photo_problems"]) == 0
    assert posts.attrs["ignored_columns"] in ((), ("date", "url"))


@pytest.mark.parametrize("text", ["", "nan", "NaN", "None", "null", "\\N"])
def test_absent_text_is_an_empty_string(read, text):
    posts = read(text_of(row(text=text), row(text="NaN и null")))
    assert posts["text"].tolist() == ["", "NaN и null"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"like": "-1"}, "like is negative"),
        ({"like": "3.5"}, "like is fractional"),
        ({"like": "много"}, "like is not a number"),
        ({"like": "1 000"}, "like is not a number: it has thousands separators: write the digits alone"),
        *(({"like": f"1{s}000{s}000"}, "like is not a number: it has thousands") for s in ",'’_\u00a0\u2009\u202f"),
        ({"like": "1,000"}, "like is not a number: it has thousands separators"),
        ({"like": "1 000,00"}, "like is not a number: it has thousands separators"),
        ({"like": "1.000"}, "like may have thousands separators or decimals (1.000 is 1000 or 1)"),
        ({"like": "12.345.678"}, "like may have thousands separators or decimals"),
        ({"like": "3,0"}, "like is not a number: it has a decimal comma"),
        ({"view": "7,01E+06"}, "view is not a number: it has a decimal comma"),
        *(({"like": s}, "like is not a number: it is abbreviated") for s in ("1K", "1.2k", "7,5к", "3 тыс.", "2 млн")),
        ({"like": "\\N"}, "like is empty"),
        ({"like": "1_0"}, "like is not a number"),
        ({"like": "٣"}, "like is not a number"),
        ({"like": ""}, "like is empty"),
        ({"like": "NaN"}, "like is empty"),
        ({"like": "-nan"}, "like is not a number"),
        ({"like": "inf"}, "like is infinite"),
        ({"like": "-Infinity"}, "like is infinite"),
        ({"view": "9223372036854775808"}, "view is larger than"),
        ({"view": "1e999999999"}, "view is larger than"),
        ({"view": "0", "open": "0"}, "view is zero"),
        ({"like": "1001"}, "like exceeds view"),
        ({"like": "1001", "open": "2e3"}, "like exceeds view; open exceeds view"),
        ({"view": "x", "hide": "-2"}, "view is not a number; hide is negative"),
    ],
)
def test_unusable_rows_are_set_aside_with_row_and_reason(read, bad, reason):
    posts = read(text_of(row(text="a\nb"), row(**bad), GOOD))
    assert len(posts) == 2
    rejected = posts.attrs["rejected"]
    assert rejected["row"].tolist() == [3]  # the header is row 1, a line break within a field makes no row
    assert rejected["reason"][0].startswith(reason)


@pytest.mark.parametrize(
    ("view", "kept"),
    [("9223372036854775807", 2**63 - 1), ("1e3", 1000), ("1000.", 1000), ("+1000", 1000), ("1000.00", 1000)],
)
def test_whole_numbers_are_read_exactly(read, view, kept):
    assert read(text_of(row(view=view)))["view"].tolist() == [kept]


def test_an_exponent_is_read_and_noted(read):
    posts = read(
        text_of(row(view="7.01E+06", like="1e1"), row(text="e", photo="None"), row(view="7E"), row(like="2.5E+00"))
    )
    assert posts["view"].tolist() == [7_010_000, 1000] and posts["like"].tolist() == [10, 5]
    assert posts.attrs["exponents"] == 2
    assert posts.attrs["rejected"]["row"].tolist() == [4, 5]


def test_a_second_header_is_named(read):
    for second in (TABLE, "\ufeff" + TABLE):
        rejected = read(TABLE + second).attrs["rejected"]
        assert rejected.to_numpy().tolist() == [[4, "repeats the header: two tables were joined", ""]]


def test_a_row_that_is_too_wide_says_what_to_do(read):
    rejected = read(text_of(GOOD, [*GOOD[:8], "a", "b", ""])).attrs["rejected"]
    assert rejected["reason"][0] == "11 fields where the header has 10; put a field that holds a comma in quotes"
    assert rejected["value"][0] == "row=1000,5,0,1,0,20,3,2,a,b,"


def test_a_row_of_the_wrong_width_is_set_aside_and_numbering_counts_blank_rows(read):
    posts = read(text_of(GOOD, GOOD[:4]) + "\r\n" + "1,2,3\r\n")
    assert posts.attrs["rejected"][["row", "reason"]].to_numpy().tolist() == [
        [3, "4 fields where the header has 10"],
        [5, "3 fields where the header has 10"],
    ]


def test_a_photo_that_fails_costs_the_photo_and_not_the_post(read):
    fields = [PHOTO_FIELD, "https://a.ru/b.jpg", "???", base64.b64encode(b"GIF89a no").decode(), PHOTO_FIELD[:-400], ""]
    posts = read(text_of(*(row(photo=field) for field in fields), row(like="-1")))
    assert [photo is not None for photo in posts["photo"]] == [True] + [False] * 5
    problems = posts.attrs["photo_problems"]
    assert problems["row"].tolist() == [3, 4, 5, 6]
    assert problems["reason"].tolist()[:2] == ["a link, not the photo itself", "not base64"]
    assert problems["reason"][3] == "cut short"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (text_of(), "has a header and no posts"),
        (
            text_of(row(view="0"), row(view="x")),
            "none of its 2 rows can be used: view is zero (1 rows); view is not a number (1 rows). "
            "Row 2 is the first: view=0.",
        ),
    ],
)
def test_a_table_without_a_usable_row_is_refused(read, content, said):
    with pytest.raises(PostsError) as error:
        read(content)
    assert "posts.csv" in str(error.value) and said in str(error.value)


TIMES = {
    "2024-02-29": "2024-02-29",
    "2024-02-29 13:05": "2024-02-29T13:05",
    "2024-02-29T23:30:00+03:00": "2024-02-29T20:30",
    "2024-03-01T00:30:00Z": "2024-03-01T00:30",
    "1709211600": "2024-02-29T13:00",
    "1709211600.9": "2024-02-29T13:00",
}


@pytest.mark.parametrize(("field", "expected"), TIMES.items())
def test_a_time_is_iso_or_seconds_and_its_zone_becomes_that_of_utc(field, expected):
    assert read_time(field) == pd.Timestamp(expected) and read_time(field).tzinfo is None


@pytest.mark.parametrize(
    "field", ["31.02.2020", "2023-02-29", "12", "yesterday", "2020-13-01", "1e9", "-5", "0000-00-00"]
)
def test_what_is_no_time_is_refused(field):
    with pytest.raises(ValueError, match="neither an ISO 8601 date nor seconds"):
        read_time(field)


def test_groups_and_dates_are_read_if_the_table_has_them(read):
    header = [*COLUMNS, "group", "time"]
    posts = read(
        text_of(
            [*GOOD, " <b>котики</b> 🐈 ", "2024-02-29T23:30:00+03:00"],
            [*GOOD, "NaN", ""],
            [*GOOD, "", "вчера"],
            [*row(view="x"), "a", "вчера"],
            header=header,
        )
    )
    assert posts["group"].tolist() == ["<b>котики</b> 🐈", "", ""]
    assert posts["time"].dtype == "datetime64[s]" and posts["time"].isna().tolist() == [False, True, True]
    assert posts["time"][0] == pd.Timestamp("2024-02-29T20:30")
    assert posts.attrs["time_problems"].to_numpy().tolist() == [[4, "вчера"]]
    assert posts.attrs["ignored_columns"] == () and len(posts.attrs["rejected"]) == 1


def test_columns_of_other_names_are_read_as_group_and_time(tmp_path):
    content = text_of([*GOOD, "a", "b", "1709211600"], header=[*COLUMNS, "group", "channel", "when"])
    posts = read_posts(write(tmp_path, content), group="channel", time="when")
    assert posts["group"].tolist() == ["b"] and posts["time"].tolist() == [pd.Timestamp("2024-02-29T13:00")]
    assert posts.attrs["ignored_columns"] == ("group",)
    with pytest.raises(PostsError, match="lacks the column chanel"):
        read_posts(write(tmp_path, content), group="chanel")
