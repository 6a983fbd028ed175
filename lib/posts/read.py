"""Read a table of posts. What can't be used is set aside, with a reason."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from tqdm import tqdm

from lib.posts.activities import ACTIVITIES
from lib.posts.photo import PhotoError, decode_photo, photo_bytes, photo_threads
from lib.posts.refusals import PostsError, printable
from lib.posts.table import Table, read_table

T = TypeVar("T")
ReadNumbers = Callable[[list[str]], tuple[list[int], list[tuple[str, str]]]]
ReadPhoto = Callable[[str], bytes]

COLUMNS = ("view", *ACTIVITIES, "text", "photo")
CONTEXT = ("group", "time")  # optional: the community that a post is from, and when it was published
ABSENT = frozenset({"", "\\N", "nan", "NaN", "NA", "N/A", "<NA>", "None", "null", "NULL"})  # fields that count as empty

COUNTS = ("view", *ACTIVITIES)
_INTEGER = re.compile(r"\d{1,18}", re.ASCII)
_LARGEST = 2**63 - 1
_NOT_NUMBERS = {
    re.compile(r"[-+]?[1-9]\d{0,2}(?:([ ,'’_\u00a0\u2009\u202f])\d{3})(?:\1\d{3})*(?:[.,]0+)?", re.ASCII): (
        "it has thousands separators: write the digits alone"
    ),
    re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?", re.ASCII): "it has a decimal comma: write a whole number",
    re.compile(r"\d+(?:[.,]\d+)?\s?(?:[kKmMкКмМ]|тыс\.?|млн\.?)", re.ASCII): "it is abbreviated: write all digits",
}
_UNIX = re.compile(r"\d{9,10}(?:\.\d*)?", re.ASCII)
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)
_PART = 256  # rows
_PART_BYTES = 2**25


def read_posts(path: str | os.PathLike[str], group: str | None = None, time: str | None = None) -> pd.DataFrame:
    """Read a table of posts.

    Parameters
    ----------
    path : path
        CSV or Parquet file with the columns ``COLUMNS`` in any order; other columns are ignored. A CSV is
        comma-separated, UTF-8 with or without BOM, and plain, gzipped or zipped. Counts are whole numbers ("3.0" and
        "7.01E+06" are), photos base64 or, in Parquet, binary.
    group, time
        Names of the columns that hold the group of a post and its date; by default ``CONTEXT``, if the table has them.

    Returns
    -------
    DataFrame
        One row per usable post, in the order of the file, with the columns ``COLUMNS``: eight int64 counts, ``text``
        (the raw str of the file, "" for none) and ``photo`` (bytes of a photo that decodes, or None). A text or photo
        is absent if the field is empty or says NaN, NA, None, null or ``\\N``. If the table has them: ``group`` (str,
        "" for none) and ``time`` (datetime64[s] from :func:`read_time`, NaT for none). ``attrs``:

        - ``rejected``: DataFrame (row, reason, value) of the rows set aside. A row is set aside if a count is empty,
          negative or not a whole number, if views are zero, if an activity exceeds the views, or if the number of
          fields is wrong.
        - ``photo_problems``: DataFrame (row, reason) of the posts whose photo can't be used.
        - ``time_problems``: DataFrame (row, value) of the posts whose date can't be read. They count as posts without.
        - ``ignored_columns``: tuple of str.
        - ``exponents``: how many counts are written with an exponent, such as 7.01E+06, and may lack digits.
        - ``numbering``: how rows are numbered, in words. In a CSV the header is row 1, as in a spreadsheet; in a
          Parquet file the first post is row 1.

        pandas copies ``attrs`` to tables derived from this one, but can't concatenate or merge two tables that both
        have such ``attrs``.

    Raises
    ------
    PostsError
        If the file is not such a table or no row can be used.
    """
    path = Path(path)
    table, context = open_posts(path, group, time)
    return read_rows(path, table, COUNTS, read_counts, context).drop(columns="row")


def open_posts(path: Path, group: str | None = None, time: str | None = None) -> tuple[Table, dict[str, str]]:
    """The table of :func:`read_posts`, and the names of its columns by ``CONTEXT``, without those that it lacks."""
    given = {"group": group, "time": time}
    named = [name for name in given.values() if name]
    table = read_table(path, (*COLUMNS, *named), [field for field, name in given.items() if not name])
    context = {field: name or field for field, name in given.items()}
    return table, {field: name for field, name in context.items() if name in table.header}


class Part(NamedTuple, Generic[T]):
    """Some rows that can be used: their numbers, counts, texts, groups and times, and what was made of their photos."""

    rows: list[int]
    values: list[list[int]]
    texts: list[str]
    photos: list[T | None]
    groups: list[str]
    times: list[pd.Timestamp]


@dataclass
class SetAside:
    """What was set aside: (row, reason, value) of rows, (row, reason) of photos, (row, value) of dates; and counts that
    may lack digits."""

    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    times: list[tuple[int, str]] = field(default_factory=list)
    exponents: int = 0

    def attrs(self, table: Table, used: Sequence[str]) -> dict[str, Any]:
        """The ``attrs`` of :func:`read_posts`, if the columns ``used`` of a table were read."""
        return {
            "rejected": pd.DataFrame(self.rejected, columns=["row", "reason", "value"]),
            "photo_problems": pd.DataFrame(sorted(self.problems), columns=["row", "reason"]),
            "time_problems": pd.DataFrame(self.times, columns=["row", "value"]),
            "ignored_columns": tuple(name for name in table.header if name not in used),
            "exponents": self.exponents,
            "numbering": table.numbering,
        }


def read_rows(
    path: Path,
    table: Table,
    numbers: Sequence[str],
    read_numbers: ReadNumbers,
    context: Mapping[str, str],
    read_photo: ReadPhoto = photo_bytes,
) -> pd.DataFrame:
    """Posts from the rows of an open table; rows that can't be used are set aside.

    Parameters
    ----------
    table
        From :func:`lib.posts.table.read_table`. A missing column ``text`` or ``photo`` counts as empty.
    numbers
        The columns that hold numbers.
    read_numbers
        Takes the fields of those columns; returns their values, and (column, reason) for each unusable field.
    context
        Names of the columns of ``CONTEXT`` that are read.
    read_photo
        Takes the text of a field of the column ``photo``; returns the bytes of a photo, or raises PhotoError.

    Returns
    -------
    DataFrame
        With ``row``, the columns ``numbers``, ``text``, ``photo``, those of ``context``, and the ``attrs`` of
        :func:`read_posts`.

    Raises
    ------
    PostsError
        If no row can be used.
    """
    aside = SetAside()
    whole = _empty_part()
    for part in read_parts(table, numbers, read_numbers, _decodable, aside, context, read_photo):
        for column, values in zip(whole, part, strict=True):
            column += values
    rows, values, texts, photos, groups, times = whole
    attrs = aside.attrs(table, (*numbers, "text", "photo", *context.values()))
    if not rows:
        raise PostsError(nothing_left(path, attrs["rejected"]))
    posts = pd.DataFrame(np.array(values, dtype=np.int64), columns=list(numbers))
    posts.insert(0, "row", rows)
    posts["text"] = pd.Series(texts, dtype="str")
    posts["photo"] = pd.Series(photos, dtype=object)
    add_context(posts, context, groups, times)
    posts.attrs.update(attrs)
    return posts


def add_context(posts: pd.DataFrame, context: Mapping[str, str], groups: list[str], times: list[pd.Timestamp]) -> None:
    """Add the columns of ``CONTEXT`` that the table has."""
    if "group" in context:
        posts["group"] = pd.Series(groups, dtype="str")
    if "time" in context:
        posts["time"] = pd.Series(times, dtype="datetime64[s]")


def read_parts(
    table: Table,
    numbers: Sequence[str],
    read_numbers: ReadNumbers,
    look: Callable[[bytes], T],
    aside: SetAside,
    context: Mapping[str, str],
    read_photo: ReadPhoto = photo_bytes,
) -> Iterator[Part[T]]:
    """The rows that can be used, in parts of limited size; what can't be used is added to ``aside``.

    Parameters
    ----------
    table, numbers, read_numbers, context, read_photo
        As for :func:`read_rows`.
    look
        Makes something of the bytes of a photo, or raises PhotoError; several threads call it.
    """
    with photo_threads() as pool:
        for raw in _raw_parts(table, numbers, read_numbers, aside, context, read_photo):
            photos = list(pool.map(partial(_looked, look), raw.photos))
            for i, photo in enumerate(photos):
                if isinstance(photo, PhotoError):
                    aside.problems.append((raw.rows[i], str(photo)))
                    photos[i] = None
            yield raw._replace(photos=photos)


def _empty_part() -> Part:
    return Part([], [], [], [], [], [])


def _raw_parts(
    table: Table,
    numbers: Sequence[str],
    read_numbers: ReadNumbers,
    aside: SetAside,
    context: Mapping[str, str],
    read_photo: ReadPhoto,
) -> Iterator[Part[bytes]]:
    """Parts of at most ``_PART`` rows, and of some more bytes than ``_PART_BYTES`` at most; photos are bytes."""
    part, size = _empty_part(), 0
    for number, fields in tqdm(table.rows, "Reading posts", unit=" rows", delay=2, disable=None):
        reason, value = _unlike_header(fields, table.header)
        given = dict(zip(table.header, fields, strict=False))
        if not reason:
            values, reasons = read_numbers([given[column] for column in numbers])
            reason = "; ".join(f"{column} {why}" for column, why in reasons)
            value = "; ".join(f"{column}={given[column][:40]}" for column, _ in reasons)
        if reason:
            aside.rejected.append((number, reason, value))
            continue
        aside.exponents += sum("e" in given[column].lower() and given[column] not in ABSENT for column in numbers)
        text, photo = given.get("text", ""), _photo(number, given.get("photo", ""), aside, read_photo)
        part.rows.append(number)
        part.values.append(values)
        part.texts.append("" if text.strip() in ABSENT else text)
        part.photos.append(photo)
        group, time = (str(given[context[name]]).strip() if name in context else "" for name in CONTEXT)
        part.groups.append("" if group in ABSENT else group)
        part.times.append(_time(number, time, aside))
        size += len(text) + len(photo or b"")
        if len(part.rows) == _PART or size > _PART_BYTES:
            yield part
            part, size = _empty_part(), 0
    yield part


def _unlike_header(fields: list[str | bytes], header: list[str]) -> tuple[str, str]:
    """Reason and value of a row that doesn't fit the header; both are empty for one that fits."""
    if len(fields) != len(header):
        more = "; put a field that holds a comma in quotes" if len(fields) > len(header) else ""
        return f"{len(fields)} fields where the header has {len(header)}{more}", f"row={','.join(fields[:20])[:80]}"
    if isinstance(fields[0], str) and fields[0].strip("\ufeff ") == header[0]:
        if [str(each).strip("\ufeff ") for each in fields] == header:
            return "repeats the header: two tables were joined", ""
    return "", ""


def _photo(number: int, given: str | bytes, aside: SetAside, read_photo: ReadPhoto) -> bytes | None:
    if isinstance(given, bytes):
        return given
    if given[:10].strip() in ABSENT and given.strip() in ABSENT:
        return None
    try:
        return read_photo(given)
    except PhotoError as error:
        aside.problems.append((number, str(error)))
        return None


def _time(number: int, given: str, aside: SetAside) -> pd.Timestamp:
    try:
        return read_time(given)
    except ValueError:
        aside.times.append((number, given[:40]))
        return pd.NaT


def _looked(look: Callable[[bytes], T], photo: bytes | None) -> T | PhotoError | None:
    try:
        return None if photo is None else look(photo)
    except PhotoError as error:
        return error.with_traceback(None)


def _decodable(photo: bytes) -> bytes:
    decode_photo(photo, side=1)  # the smallest scale: all data of a JPEG are read, few pixels are made
    return photo


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
    for form, what in _NOT_NUMBERS.items():
        if form.fullmatch(field):
            raise ValueError(f"is not a number: {what}")
    if _AMBIGUOUS.fullmatch(field):
        raise ValueError("may have thousands separators or decimals (1.000 is 1000 or 1): write the digits alone")
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


def read_time(field: str) -> pd.Timestamp:
    """A date from a field of a CSV: ISO 8601, or seconds since 1970. NaT for an empty field.

    A time with a time zone becomes that of UTC. A time without is taken as it is.

    Raises
    ------
    ValueError
        If the field is something else.
    """
    if field in ABSENT:
        return pd.NaT
    try:
        seconds = _UNIX.fullmatch(field)
        found = pd.Timestamp(float(field), unit="s") if seconds else pd.Timestamp.fromisoformat(field)
        found = found.tz_convert(None) if found.tzinfo else found
        return found.as_unit("s")
    except (ValueError, OverflowError):
        raise ValueError("the time is neither an ISO 8601 date nor seconds since 1970") from None


def nothing_left(path: Path, rejected: pd.DataFrame) -> str:
    """The error message for a table of which every row was set aside."""
    if rejected.empty:
        return f"{path} has a header and no posts below it."
    reasons = "; ".join(f"{reason} ({count:,} rows)" for reason, count in Counter(rejected["reason"]).most_common(3))
    row, value = rejected["row"][0], rejected["value"][0]
    first = f"Row {row} is the first" + (f": {printable(value)}." if value else ".")
    return f"{path}: none of its {len(rejected):,} rows can be used: {reasons}. {first}"


def read_counts(fields: list[str]) -> tuple[list[int], list[tuple[str, str]]]:
    """Counts of one row, and (column, reason) for each unusable count."""
    values, reasons = [], []
    for column, given in zip(COUNTS, fields, strict=True):
        try:
            values.append(read_count(given.strip()))
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
