"""Arbitrary bytes and texts: a table is read or refused in one line, and no row is lost without a reason."""

import base64
import csv
import gzip
import io
import math
import re
import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from photo_files import blots, encode, halves
from PIL import Image
from post_files import GOOD, PHOTO_FIELD, TABLE, row, text_of, write, zipped

from lib.features import photo_features, text_features
from lib.posts import (
    COLUMNS,
    PhotoError,
    PostsError,
    as_html,
    clean_bytes,
    clean_text,
    decode_photo,
    decode_text,
    open_photo,
    read_posts,
)
from lib.posts.photo import photo_bytes

LONG = text_of(*(row(text=f'пост {i}, "да"\nи ещё', photo=PHOTO_FIELD if i % 3 else "") for i in range(12)))
TABLES = [TABLE.encode(), LONG.encode(), text_of(GOOD, row(view="-1"), row(like="1,5"), GOOD[:-1]).encode("utf-8-sig")]
exif = Image.Exif()
exif[0x0112] = 6
FILES = [
    encode(halves(), "JPEG", exif=exif.tobytes()),
    encode(blots(1), "JPEG", progressive=True),
    encode(halves().convert("CMYK"), "JPEG"),
    encode(blots(2, (24, 16)), "PNG"),
    encode(halves((24, 16)).convert("P"), "PNG", transparency=0),
    encode(Image.new("I;16", (9, 7), 40_000), "PNG"),
    encode(halves((24, 16)), "GIF", save_all=True, append_images=[blots(3, (24, 16))]),
    encode(blots(4), "WEBP"),
    encode(halves((24, 16)).convert("RGBA"), "WEBP", lossless=True),
    encode(halves((24, 16)), "BMP"),
    encode(halves((24, 16)).convert("1"), "BMP"),
]
PIECES = [bytes([byte]) for byte in b'"\n\r\0,;\t\\\xff\xd0'] + [b"\r\n", b'""', b"\xef\xbb\xbf", b"1e6"]


@st.composite
def mutated(draw, originals, pieces=(b"\0", b"\xff")):
    """A file of which some bytes are flipped, deleted, doubled or replaced."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(1, 64)))
        how = draw(st.sampled_from(["flip", "delete", "double", "insert", "cut", "overwrite"]))
        if how == "flip" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "delete":
            del data[at:end]
        elif how == "double":
            data[at:at] = data[at:end]
        elif how == "insert":
            data[at:at] = draw(st.sampled_from(pieces))
        elif how == "cut":
            del data[max(at, len(data) // 2) :]
        else:
            data[at:end] = draw(st.binary(min_size=end - at, max_size=end - at))
    return bytes(data)


def data_rows(data):
    """The rows below the header that are not blank, as the standard library sees them."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return sum(any(map(str.strip, fields)) for fields in rows) - 1


def check(folder, data):
    path = write(folder, data)
    try:
        posts = read_posts(path)
    except PostsError as error:
        assert "\n" not in str(error) and str(path) in str(error)
        return
    rejected = posts.attrs["rejected"]
    if re.match(rb"\x1f\x8b|PK|PAR1", data) is None:
        assert len(posts) + len(rejected) == data_rows(data)
    assert (
        (rejected["row"] >= (1 if data.startswith(b"PAR1") else 2)).all()
        and rejected["row"].is_unique
        and rejected["reason"].all()
    )
    assert posts.attrs["photo_problems"]["reason"].all()
    assert (posts["view"] > 0).all()


def parquet():
    out = io.BytesIO()
    frame = pd.DataFrame([GOOD, row(text="два"), row(like="x")], columns=list(COLUMNS))
    frame.to_parquet(out)
    return out.getvalue()


PACKED = [gzip.compress(LONG.encode(), mtime=0), zipped(posts__csv=LONG), parquet()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@given(data=st.binary(max_size=300))
def test_any_bytes_are_no_table(folder, data):
    check(folder, data)


@given(data=st.binary(max_size=200).map(lambda tail: TABLE.encode() + tail))
def test_any_bytes_below_a_table(folder, data):
    check(folder, data)


@given(data=mutated(TABLES, PIECES))
def test_a_damaged_table_loses_no_row_without_a_reason(folder, data):
    check(folder, data)


@given(data=mutated(PACKED, PIECES))
def test_a_damaged_archive_or_parquet_file_is_read_or_refused(folder, data):
    check(folder, data)


FIELD = st.one_of(
    st.text(max_size=12),
    st.integers(-5, 10**20).map(str),
    st.floats().map(str),
    st.sampled_from(
        ["", "\\N", "1,000", "7.01E+06", "1e999999999", "٣", "NaN", "0x10", "1_0", "  5 ", "3.0", "\ufeff"]
    ),
)


@given(fields=st.lists(st.lists(FIELD, min_size=8, max_size=11), min_size=1, max_size=4))
def test_any_fields_are_kept_or_set_aside(folder, fields):
    assume(not any("\0" in field for each in fields for field in each))
    data = text_of(GOOD, *fields)
    assume("\ud800" > max(data) or max(data) > "\udfff")
    check(folder, data.encode("utf-8", "ignore"))


MARKUP = '<br> & &amp; &# &#x &#55357; &#56832; ; [id1| ] | <img alt=" "> <!-- http:// .ru # @'.split(" ")
MARKUP += [*"\ud83d\ude00\u202e\u0301\u200d😀\r\x85\0"]
TEXT = st.one_of(
    st.text(st.characters()),
    st.lists(st.one_of(st.sampled_from(MARKUP), st.text(st.characters(), max_size=3)), max_size=40).map("".join),
)


@given(raw=TEXT, limit=st.one_of(st.none(), st.integers(0, 50)))
def test_any_text_is_cleaned_shown_and_measured(raw, limit):
    text, links = decode_text(raw)
    assert text == clean_text(raw) and clean_bytes(raw) == text.encode() and links >= 0
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text) and text == text.strip()
    shown = as_html(raw, limit)
    rest = re.sub(r"&#\d+;|<br>", "", shown)
    assert shown.isprintable() and all(c == " " or c.isalnum() for c in rest)
    features = text_features([raw])
    assert features.shape[0] == 1 and all(map(math.isfinite, features.iloc[0])) and (features.iloc[0] >= 0).all()


@given(data=st.one_of(mutated(FILES), st.binary(max_size=200)))
def test_any_file_is_a_photo_or_refused(data):
    try:
        image = decode_photo(data)
    except PhotoError as error:
        assert "\n" not in str(error) and len(str(error)) < 60
        with pytest.raises(PhotoError):
            open_photo(data)
        return
    assert image.mode == "RGB" and min(image.size) > 0 and len(image.tobytes()) == 3 * image.width * image.height
    opened = open_photo(data)
    assert opened.pixels.mode == "RGB" and opened.width * opened.height == image.width * image.height
    features = photo_features([data])
    assert all(map(math.isfinite, features.iloc[0]))


@given(
    field=st.one_of(
        st.text(st.characters()),
        st.text("ABab01+/-_= \r\n\t\"'%\\,:;xub", max_size=60),
        mutated([PHOTO_FIELD[:200].encode(), b"data:image/png;base64,iVBORw0KGgo="], PIECES).map(
            lambda data: data.decode("latin-1")
        ),
        st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode()),
    )
)
def test_any_field_is_base64_or_refused(field):
    try:
        assert isinstance(photo_bytes(field), bytes)
    except PhotoError as error:
        assert "\n" not in str(error)


def test_no_warning_of_a_library_reaches_the_user(tmp_path):
    broken = bytearray(FILES[0])
    at = broken.index(b"Exif") + 6
    broken[at + 8 : at + 10] = b"\xff\x7f"  # the block claims more entries than it has
    fields = [base64.b64encode(each).decode() for each in (bytes(broken), bytes(broken[:-20]), encode(halves(), "PNG"))]
    path = write(tmp_path, text_of(*(row(photo=field) for field in fields)))
    run = [sys.executable, "-W", "always", "-m", "lib", "check", str(path), "--out", str(tmp_path / "out.csv")]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.stderr == "" and done.returncode == 1 and "1 of them: cut short (first in row 3)" in done.stdout
