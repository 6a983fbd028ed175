"""CSV files: what is refused, and what the refusal says."""

import csv
import gzip
import re

import pytest
from post_files import GOOD, PHOTO, TABLE, row, text_of, write, zipped

from lib.posts.read import COLUMNS
from lib.posts.table import PostsError, read_table


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        ("\ufeff\r\n", "is empty"),
        (PHOTO, "a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        ("<!DOCTYPE html><html></html>", "a web page"),
        ('[{"view": 1}]', "JSON"),
        (b"PAR1\x00\x00", "Parquet"),
        (zipped(**{"[Content_Types]__xml": "", "xl/workbook__xml": ""}), "an Excel workbook"),
        (zipped(a__csv="", b__csv=""), "2 files (a.csv, b.csv)"),
        (zipped(), "damaged|binary"),
        (bytes(range(256)), "binary"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (TABLE.encode("utf-16"), "UTF-16"),
        (text_of(GOOD, delimiter=";"), "separated by semicolons"),
        (text_of(GOOD, delimiter=";", quoting=csv.QUOTE_ALL), "separated by semicolons"),
        (text_of(GOOD, delimiter="\t"), "separated by tabs"),
        (text_of(row(text="Привет, мир")).encode("cp1251"), "near row 2: it looks like Windows-1251"),
        (TABLE.encode() + TABLE.encode()[:-40] + b"\xd0,\r\n", "a broken character"),
        (text_of(GOOD[:-2], header=COLUMNS[:-2]), "lacks the columns text, photo"),
        (TABLE.replace("like", "likes", 1), "lacks the column like (is it “likes”?)"),
        (TABLE.replace("view", "Views", 1), "(is it “Views”?)"),
        (text_of(header=[column.upper() for column in COLUMNS]), "view (is it “VIEW”?), like (is it “LIKE”?)"),
        (TABLE.replace("view", "vi\0ew", 1), "has NUL characters in row 1"),
        (text_of(GOOD, row(text="a\0b")), "has NUL characters in row 3. .*remove them with: tr -d"),
        (text_of(row(like="5\0")), "has NUL characters in row 2"),
        (text_of(row(photo="QUJD\0")), "has NUL characters in row 2"),
        (
            text_of(row(text="a\nb"), *[GOOD] * 200, row(text="x" * 70_000 + "\0"), GOOD, row(text="\0")),
            "in rows 203, 205",
        ),
        (TABLE + "\0" * 5000, "has NUL characters in row 4"),
        (gzip.compress(text_of(GOOD, row(text="a\0b")).encode()), "has NUL characters in row 3"),
        (",".join([*COLUMNS, *(f"c{i}" for i in range(20_000))]), "has 20,010 columns; a table of posts has at most"),
        (TABLE + "1" * 2**26, "row 4: a field of over 64 MB"),
        (TABLE.replace("like,comment", "like,like", 1), "column like more than once"),
        ("a,b\n1,2\n", "none of the columns"),
        ("a\x1b[31m,b\n1,2\n", "its first row is “a�"),  # no control of the terminal
        (text_of(GOOD) + '1,2,3,4,5,6,7,8,"open', "row 3: a quote is opened there and never closed"),
        (text_of(GOOD) + '1,2,3,4,5,6,7,8,"a"b,\r\n', "row 3: broken quoting"),
        (gzip.compress(TABLE.encode())[:-20], "damaged"),
        (zipped(posts__csv=TABLE)[:-30], "damaged"),
    ],
)
def test_what_is_no_such_table_is_named(tmp_path, content, said):
    with pytest.raises(PostsError) as error:
        list(read_table(write(tmp_path, content), COLUMNS)[1])
    assert "posts.csv" in str(error.value)
    assert re.search(said, str(error.value)) or said in str(error.value)


@pytest.mark.parametrize(("name", "said"), [("none.csv", "no such file"), (".", "is a folder.*posts.csv")])
def test_what_is_no_file_is_named(tmp_path, name, said):
    write(tmp_path, TABLE)
    with pytest.raises(PostsError, match=said):
        list(read_table(tmp_path / name, COLUMNS)[1])
