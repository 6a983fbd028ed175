"""Read a table of posts. What can't be used is set aside, with a reason."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from lib.posts.activities import ACTIVITIES
from lib.posts.photo import PhotoError, decode_photo, map_photos, photo_bytes
from lib.posts.table import PostsError, read_table

COLUMNS = ("view", *ACTIVITIES, "text", "photo")
ABSENT = frozenset({"", "nan", "NaN", "NA", "N/A", "<NA>", "None", "null", "NULL"})  # fields that count as empty

_COUNTS = ("view", *ACTIVITIES)
_INTEGER = re.compile(r"\d{1,18}", re.ASCII)
_LARGEST = 2**63 - 1


def read_posts(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a CSV of posts.

    Parameters
    ----------
    path : path
        CSV with the columns ``COLUMNS`` in any order; other columns are ignored. The file is comma-separated, UTF-8
        with or without BOM, and plain, gzipped or zipped. Counts are whole numbers ("3.0" is one), photos base64.

    Returns
    -------
    DataFrame
        One row per usable post, in the order of the file, with the columns ``COLUMNS``: eight int64 counts, ``text``
        (the raw str of the file, "" for none) and ``photo`` (bytes of a photo that decodes, or None). A text or photo
        is absent if the field is empty or says NaN, NA, None or null. ``attrs``:

        - ``rejected``: DataFrame (row, reason, value) of the rows set aside. A row is set aside if a count is empty,
          negative or not a whole number, if views are zero, if an activity exceeds the views, or if the number of
          fields is wrong.
        - ``photo_problems``: DataFrame (row, reason) of the posts whose photo can't be used.
        - ``ignored_columns``: tuple of str.

        Rows are numbered as in a spreadsheet: the header is row 1. pandas copies ``attrs`` to tables derived from
        this one, but can't concatenate or merge two tables that both have such ``attrs``.

    Raises
    ------
    PostsError
        If the file is not such a table or no row can be used.
    """
    path = Path(path)
    header, rows = read_table(path, COLUMNS)
    return read_rows(path, header, rows, _COUNTS, _read_counts).drop(columns="row")


def read_rows(
    path: Path,
    header: list[str],
    rows: Iterable[tuple[int, list[str]]],
    numbers: Sequence[str],
    read_numbers: Callable[[list[str]], tuple[list[int], list[tuple[str, str]]]],
) -> pd.DataFrame:
    """Posts from the rows of an open table; rows that can't be used are set aside.

    Parameters
    ----------
    header, rows
        From :func:`lib.posts.table.read_table`. A missing column ``text`` or ``photo`` counts as empty.
    numbers
        The columns that hold numbers.
    read_numbers
        Takes the fields of those columns; returns their values, and (column, reason) for each unusable field.

    Returns
    -------
    DataFrame
        With ``row``, the columns ``numbers``, ``text``, ``photo``, and the ``attrs`` of :func:`read_posts`.

    Raises
    ------
    PostsError
        If no row can be used.
    """
    kept, table, texts, photos, rejected, problems = [], [], [], [], [], []
    for number, fields in tqdm(rows, "Reading posts", unit=" rows", delay=2, disable=None):
        if len(fields) != len(header):
            rejected.append((number, f"{len(fields)} fields where the header has {len(header)}", ""))
            continue
        given = dict(zip(header, fields, strict=True))
        values, reasons = read_numbers([given[column] for column in numbers])
        if reasons:
            value = "; ".join(f"{column}={given[column][:40]}" for column, _ in reasons)
            rejected.append((number, "; ".join(f"{column} {reason}" for column, reason in reasons), value))
            continue
        text, photo, data = given.get("text", ""), given.get("photo", ""), None
        if photo.strip() not in ABSENT:
            try:
                data = photo_bytes(photo)
            except PhotoError as error:
                problems.append((number, str(error)))
        kept.append(number)
        table.append(values)
        texts.append("" if text.strip() in ABSENT else text)
        photos.append(data)
    rejected = pd.DataFrame(rejected, columns=["row", "reason", "value"])
    if not table:
        raise PostsError(nothing_left(path, rejected))
    problems += _drop_undecodable(photos, kept)
    posts = pd.DataFrame(np.array(table, dtype=np.int64), columns=list(numbers))
    posts.insert(0, "row", kept)
    posts["text"] = pd.Series(texts, dtype="str")
    posts["photo"] = pd.Series(photos, dtype=object)
    posts.attrs["rejected"] = rejected
    posts.attrs["photo_problems"] = pd.DataFrame(sorted(problems), columns=["row", "reason"])
    posts.attrs["ignored_columns"] = tuple(name for name in header if name not in (*numbers, "text", "photo"))
    return posts


def read_count(field: str) -> int:
    """A whole number, 0 to 2^63 - 1, from a field of a CSV.

    Raises
    ------
    ValueError
        If the field is something else; the message says what ("is empty", "is negative", ...).
    """
    if _INTEGER.fullmatch(field):
        return int(field)
    if field in ABSENT:
        raise ValueError("is empty")
    try:
        if "_" in field or not field.isascii():
            raise InvalidOperation
        number = Decimal(field)
    except InvalidOperation:
        raise ValueError("is not a number") from None
    if number.is_nan():
        raise ValueError("is not a number")
    if number.is_infinite():
        raise ValueError("is infinite")
    if number < 0:
        raise ValueError("is negative")
    if number > _LARGEST:
        raise ValueError("is larger than can be counted (2^63)")
    if number != number.to_integral_value():
        raise ValueError("is fractional")
    return int(number)


def nothing_left(path: Path, rejected: pd.DataFrame) -> str:
    """The error message for a table of which every row was set aside."""
    if rejected.empty:
        return f"{path} has a header and no posts below it."
    reasons = "; ".join(f"{reason} ({count:,} rows)" for reason, count in Counter(rejected["reason"]).most_common(3))
    return f"{path}: none of its {len(rejected):,} rows can be used: {reasons}. Row {rejected['row'][0]} is the first."


def _read_counts(fields: list[str]) -> tuple[list[int], list[tuple[str, str]]]:
    """Counts of one row, and (column, reason) for each unusable count."""
    values, reasons = [], []
    for column, field in zip(_COUNTS, fields, strict=True):
        try:
            values.append(read_count(field.strip()))
        except ValueError as error:
            reasons.append((column, str(error)))
    if not reasons:
        view, *activities = values
        if view == 0:
            reasons.append(("view", "is zero"))
        else:
            reasons = [
                (activity, "exceeds view")
                for activity, value in zip(ACTIVITIES, activities, strict=True)
                if value > view
            ]
    return values, reasons


def _drop_undecodable(photos: list[bytes | None], numbers: list[int]) -> list[tuple[int, str]]:
    """Decode every photo; replace a photo that fails by None, and return (row, reason) for each failure."""
    present = [i for i, photo in enumerate(photos) if photo is not None]
    problems = []
    reasons = map_photos(_photo_problem, [photos[i] for i in present], "Checking photos")
    for i, reason in zip(present, reasons, strict=True):
        if reason:
            photos[i] = None
            problems.append((numbers[i], reason))
    return problems


def _photo_problem(photo: bytes) -> str | None:
    try:
        decode_photo(photo, side=1)  # the smallest scale: all data of a JPEG are read, few pixels are made
    except PhotoError as error:
        return str(error)
    return None
