"""Read a table of posts. What can't be used is set aside, with a reason."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from tqdm import tqdm

from lib.posts.activities import ACTIVITIES
from lib.posts.paths import tables
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
    """Read a table of posts, or the tables of a folder or a pattern as one.

    Parameters
    ----------
    path : path
        CSV or Parquet file with the columns ``COLUMNS`` in any order; other columns are ignored. A CSV is
        comma-separated, UTF-8 with or without BOM, and plain, gzipped or zipped. Counts are whole numbers ("3.0" and
        "7.01E+06" are), photos base64 or, in Parquet, binary. Or a folder or a pattern of such files, as for
        :func:`lib.posts.paths.tables`.
    group, time
        Names of the columns that hold the group of a post and its date; by default ``CONTEXT``, if a table has them.
        The posts of a file without such a column have no group or no date.

    Returns
    -------
    DataFrame
        One row per usable post, in the order of the files and their rows, with the columns ``COLUMNS``: eight int64
        counts, ``text`` (the raw str of the file, "" for none) and ``photo`` (bytes of a photo that decodes, or None).
        A text or photo is absent if the field is empty or says NaN, NA, None, null or ``\\N``. If a table has them:
        ``group`` (str, "" for none) and ``time`` (datetime64[s] from :func:`read_time`, NaT for none). ``attrs``:

        - ``rejected``: DataFrame (row, reason, value) of the rows set aside. A row is set aside if a count is empty,
          negative or not a whole number, if views are zero, if an activity exceeds the views, or if the number of
          fields is wrong.
        - ``photo_problems``: DataFrame (row, reason) of the posts whose photo can't be used.
        - ``time_problems``: DataFrame (row, value) of the posts whose date can't be read. They count as posts without.
        - ``ignored_columns``: tuple of str.
        - ``exponents``: how many counts are written with an exponent, such as 7.01E+06, and may lack digits.
        - ``numbering``: how rows are numbered, in words. In a CSV the header is row 1, as in a spreadsheet; in a
          Parquet file the first post is row 1.

        If there are several files, rows are numbered in each, and the three tables begin with a column ``file`` (str).

        pandas copies ``attrs`` to tables derived from this one, but can't concatenate or merge two tables that both
        have such ``attrs``.

    Raises
    ------
    PostsError
        If a file is not such a table, there is none, or no row can be used.
    """
    aside = SetAside()
    parts = read_feed(tables([path]), group, time, decodable, aside)
    return gather(Path(path), parts, COUNTS, aside).drop(columns="row")


def read_feed(
    files: Sequence[Path], group: str | None, time: str | None, look: Callable[[bytes], T], aside: SetAside
) -> Iterator[Part[T]]:
    """:func:`read_parts` of the tables of :func:`read_posts` in turn.

    The headers of several tables are looked at first, so that one that can't be used is refused at once.
    """
    try:
        for file in files if len(files) > 1 else ():
            _open_posts(file, group, time)
    except PostsError as error:
        raise PostsError(f"{error} If {file.name} holds no posts, move it, or name a pattern without it.") from None
    for file in files:
        aside.file = printable(str(file), None) if len(files) > 1 else ""
        table, context = _open_posts(file, group, time)
        yield from read_parts(table, COUNTS, read_counts, look, aside, context)


def _open_posts(path: Path, group: str | None = None, time: str | None = None) -> tuple[Table, dict[str, str]]:
    """A table of :func:`read_posts`, and the names of its columns by ``CONTEXT``, without those that it lacks."""
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
    """What was set aside of tables: (file, row, reason, value) of rows, (file, row, reason) of photos, (file, row,
    value) of dates; counts that may lack digits; and what is known of the columns and rows of the tables.

    Attributes
    ----------
    file
        The table that is read; "" if it is the only one.
    context
        The columns of ``CONTEXT`` that a table has.
    """

    file: str = ""
    rejected: list[tuple[str, int, str, str]] = field(default_factory=list)
    problems: list[tuple[str, int, str]] = field(default_factory=list)
    times: list[tuple[str, int, str]] = field(default_factory=list)
    exponents: int = 0
    context: set[str] = field(default_factory=set)
    ignored: list[str] = field(default_factory=list)
    numbering: dict[str, None] = field(default_factory=dict)

    def attrs(self) -> dict[str, Any]:
        """The ``attrs`` of :func:`read_posts`."""
        return {
            "rejected": self._table(self.rejected, "reason", "value"),
            "photo_problems": self._table(sorted(self.problems), "reason"),
            "time_problems": self._table(self.times, "value"),
            "ignored_columns": tuple(self.ignored),
            "exponents": self.exponents,
            "numbering": ("in each file " if self.file else "") + ", or ".join(self.numbering),
        }

    def _table(self, rows: list[Any], *columns: str) -> pd.DataFrame:
        table = pd.DataFrame(rows, columns=["file", "row", *columns])
        return table if self.file else table.drop(columns="file")


def gather(path: Path, parts: Iterable[Part[bytes]], numbers: Sequence[str], aside: SetAside) -> pd.DataFrame:
    """Posts from the parts of tables.

    Parameters
    ----------
    parts
        From :func:`read_parts`, which fills ``aside``.
    numbers
        The columns that hold numbers.

    Returns
    -------
    DataFrame
        With ``row``, the columns ``numbers``, ``text``, ``photo``, those of ``CONTEXT`` that a table has, and the
        ``attrs`` of :func:`read_posts`.

    Raises
    ------
    PostsError
        If no row can be used.
    """
    whole = _empty_part()
    for part in parts:
        for column, found in zip(whole, part, strict=True):
            column += found
    rows, values, texts, photos, groups, times = whole
    attrs = aside.attrs()
    if not rows:
        raise PostsError(nothing_left(path, attrs["rejected"]))
    posts = pd.DataFrame(np.array(values, dtype=np.int64), columns=list(numbers))
    posts.insert(0, "row", rows)
    posts["text"] = pd.Series(texts, dtype="str")
    posts["photo"] = pd.Series(photos, dtype=object)
    add_context(posts, aside.context, groups, times)
    posts.attrs.update(attrs)
    return posts


def add_context(posts: pd.DataFrame, context: Set[str], groups: list[str], times: list[pd.Timestamp]) -> None:
    """Add the columns of ``CONTEXT`` that a table has."""
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
    """The rows of a table that can be used, in parts of limited size; what can't be used is added to ``aside``.

    Parameters
    ----------
    table
        From :func:`lib.posts.table.read_table`. A missing column ``text`` or ``photo`` counts as empty.
    numbers
        The columns that hold numbers.
    read_numbers
        Takes the fields of those columns; returns their values, and (column, reason) for each unusable field.
    look
        Makes something of the bytes of a photo, or raises PhotoError; several threads call it.
    context
        Names of the columns of ``CONTEXT`` that are read.
    read_photo
        Takes the text of a field of the column ``photo``; returns the bytes of a photo, or raises PhotoError.
    """
    known = {*numbers, "text", "photo", *context.values(), *aside.ignored}
    aside.ignored += [name for name in table.header if name not in known]
    aside.numbering[table.numbering] = None
    aside.context.update(context)
    with photo_threads() as pool:
        for raw in _raw_parts(table, numbers, read_numbers, aside, context, read_photo):
            photos = list(pool.map(partial(_looked, look), raw.photos))
            for i, photo in enumerate(photos):
                if isinstance(photo, PhotoError):
                    aside.problems.append((aside.file, raw.rows[i], str(photo)))
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
            aside.rejected.append((aside.file, number, reason, value))
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
        aside.problems.append((aside.file, number, str(error)))
        return None


def _time(number: int, given: str, aside: SetAside) -> pd.Timestamp:
    try:
        return read_time(given)
    except ValueError:
        aside.times.append((aside.file, number, given[:40]))
        return pd.NaT


def _looked(look: Callable[[bytes], T], photo: bytes | None) -> T | PhotoError | None:
    try:
        return None if photo is None else look(photo)
    except PhotoError as error:
        return error.with_traceback(None)


def decodable(photo: bytes) -> bytes:
    """The bytes of a photo, if they can be decoded; PhotoError if not."""
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
    """The error message for a table, or several, of which every row was set aside."""
    if rejected.empty:
        several = "file" in rejected
        return f"{path} has {'headers' if several else 'a header'} and no posts below {'them' if several else 'it'}."
    reasons = "; ".join(f"{reason} ({count:,} rows)" for reason, count in Counter(rejected["reason"]).most_common(3))
    value = rejected["value"][0]
    first = f"Row {place(rejected)} is the first" + (f": {printable(value)}." if value else ".")
    return f"{path}: none of its {len(rejected):,} rows can be used: {reasons}. {first}"


def place(aside: pd.DataFrame) -> str:
    """The row of the first of what was set aside, and its file if there are several: "5", or "5 of posts/a.csv"."""
    first = aside.iloc[0]
    return f"{first['row']} of {first['file']}" if "file" in aside else str(first["row"])


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
