"""Read the rows of a table, or raise an error that says what the file is instead and what to do."""

from __future__ import annotations

import csv
import difflib
import io
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from lib.posts.charsets import explain
from lib.posts.packed import open_table, start_of
from lib.posts.parquet import parquet_columns, parquet_rows
from lib.posts.refusals import PostsError, nul_message, printable

MAX_COLUMNS = 10_000

_FIELD_LIMIT = 2**26  # characters of a field or a line; a base64 photo of 50 MB is no photo


class Table(NamedTuple):
    """An open table.

    Attributes
    ----------
    header
        Names of the columns, stripped of white space.
    rows
        Number and fields of each row. A field is text, or the bytes of a Parquet file. Blank rows are counted and
        skipped.
    numbering
        How the rows are numbered, in words.
    """

    header: list[str]
    rows: Iterator[tuple[int, list[str | bytes]]]
    numbering: str


def read_table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """Open a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        A Parquet file, or a comma-separated file, UTF-8 with or without BOM, plain, gzipped, or in a zip with no other
        CSV. The content decides, not the file's name.
    columns : sequence of str
        Columns that must appear once each, in any order.
    optional : sequence of str
        Columns that may appear, once each.

    Raises
    ------
    PostsError
        If the file isn't such a table; at once, or while the rows are read.
    """
    wanted = (*columns, *optional)
    if start_of(path)[:4] == b"PAR1":
        names = parquet_columns(path)
        _check_header(path, [name.strip() for name in names], columns, optional)
        header = [name for name in names if name.strip() in wanted] + [n for n in names if n.strip() not in wanted]
        rows = parquet_rows(path, header, wanted)
        return Table([name.strip() for name in header], rows, "as rows of the Parquet file, the first post being row 1")
    rows = _rows(path, wanted)
    first = next(rows, None)
    if first is None:
        raise PostsError(f"{path} is empty. It needs a first row that names the columns, and a row per post.")
    names = [name.strip() for name in first[1]]
    _check_header(path, names, columns, optional)
    return Table(names, rows, "as in a spreadsheet, the header being row 1")


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    limit = csv.field_size_limit(_FIELD_LIMIT)
    try:
        with closing(_parsed(path, columns)) as rows:
            for number, row in rows:
                if any("\0" in field for field in row):
                    raise PostsError(_nul(path, columns))
                if any(map(str.strip, row)):
                    yield number, row
    except UnicodeDecodeError:
        with closing(_parsed(path, columns, "surrogateescape")) as rows:
            raise PostsError(explain(path, _until_broken(rows))) from None
    except csv.Error as error:
        raise PostsError(f"{path}, row {number + 1}: {_quoting(error)}") from None
    except (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise PostsError(f"{path} is damaged after row {number}: {error}. Copy or download it again.") from None
    finally:
        csv.field_size_limit(limit)


def _parsed(path: Path, columns: Sequence[str], errors: str = "strict") -> Iterator[tuple[int, list[str]]]:
    with ExitStack() as stack:
        table = open_table(path, columns, stack)
        text = stack.enter_context(io.TextIOWrapper(table, encoding="utf-8-sig", errors=errors, newline=""))
        yield from enumerate(csv.reader(_lines(text), strict=errors == "strict"), 1)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(_FIELD_LIMIT):
        if len(line) == _FIELD_LIMIT:
            raise csv.Error("line longer than field limit")
        yield line


def _until_broken(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The rows before the first that can't be read for another reason than its encoding."""
    try:
        yield from rows
    except (PostsError, csv.Error, EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile):
        return


def _nul(path: Path, columns: Sequence[str]) -> str:
    with closing(_parsed(path, columns, "replace")) as rows:
        numbers = [n for n, row in _until_broken(rows) if any("\0" in field for field in row)]
    return nul_message(path, numbers) + " If nothing else is wrong, remove them with: tr -d '\\000' < in.csv > out.csv"


def _check_header(path: Path, names: list[str], columns: Sequence[str], optional: Sequence[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise PostsError(
            f"{path} has {len(names):,} columns; a table of posts has at most {MAX_COLUMNS:,}. The first row must name "
            f"the columns: {', '.join((*columns, *optional))}."
        )
    count = Counter(names)
    twice = sorted(name for name in (*columns, *optional) if count[name] > 1)
    if twice:
        raise PostsError(f"{path} has the column {twice[0]} more than once. Keep one of them.")
    missing = [column for column in columns if column not in count]
    if not missing:
        return
    spare = {name.strip("\ufeff\u200b\"'").lower(): name for name in names if name not in columns}
    hints = {}
    for column in missing:
        near = difflib.get_close_matches(column, spare, n=1, cutoff=0.7)
        hints[column] = f" (is it “{printable(spare[near[0]])}”?)" if near else ""
    if len(missing) == len(columns) and not any(hints.values()):
        first = printable(", ".join(names[:80]))
        raise PostsError(
            f"{path} has none of the columns needed; its first row is “{first}”. "
            f"The first row must name the columns: {', '.join(columns)}."
        )
    raise PostsError(
        f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(c + h for c, h in hints.items())}. "
        f"Rename or add {'them' if len(missing) > 1 else 'it'}: an activity your source doesn't record is 0 in every "
        "row, a text or photo that a post lacks is an empty field."
    )


def _quoting(error: csv.Error) -> str:
    if "end of data" in str(error):
        return "a quote is opened there and never closed. Double the quotes inside a quoted field."
    if "field limit" in str(error):
        return f"a field of over {_FIELD_LIMIT >> 20} MB, probably a quote that is never closed."
    return f"broken quoting ({error}). Double the quotes inside a quoted field."
