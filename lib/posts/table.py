"""Read the rows of a CSV file, or raise an error that says what the file is instead and what to do."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

_FIELD_LIMIT = 2**27  # characters; a base64 photo of 100 MB is no photo
_HEAD = 2**16

# The first bytes of files that people name by mistake.
_SIGNATURES = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite format 3": "an SQLite database",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"version https://git-lfs": "a Git LFS pointer; run git lfs pull for the file itself",
    b"<": "a web page or XML",
    b"{": "JSON",
    b"[": "JSON",
}
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class PostsError(ValueError):
    """A table of posts can't be used; the message says which, why, and what to do."""


def read_table(
    path: Path, columns: Sequence[str], optional: Sequence[str] = ()
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Header and rows of a CSV file.

    Parameters
    ----------
    path : Path
        A comma-separated file, UTF-8 with or without BOM, plain, gzipped, or in a zip with no other CSV. The content
        decides, not the file's name.
    columns : sequence of str
        Columns that must appear once each, in any order.
    optional : sequence of str
        Columns that may appear, once each.

    Returns
    -------
    header : list of str, stripped of white space
    rows : iterator of (number, fields)
        Rows are numbered as in a spreadsheet: the header is row 1. Blank rows are counted and skipped.

    Raises
    ------
    PostsError
        If the file isn't such a table; at once, or while the rows are read.
    """
    rows = _rows(path, (*columns, *optional))
    header = next(rows, None)
    if header is None:
        raise PostsError(f"{path} is empty. It needs a first row that names the columns, and a row per post.")
    names = [name.strip() for name in header[1]]
    _check_header(path, names, columns, optional)
    return names, rows


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    limit = csv.field_size_limit(_FIELD_LIMIT)
    try:
        with ExitStack() as stack:
            lines = _open_text(path, columns, stack)
            for number, row in enumerate(csv.reader(lines, strict=True), 1):
                if any(map(str.strip, row)):
                    yield number, row
    except UnicodeDecodeError as error:
        near = number + 1 + error.object.count(b"\n", 0, error.start)
        raise PostsError(f"{path} isn't UTF-8, near row {near}: {_encoding(error)}") from None
    except csv.Error as error:
        raise PostsError(f"{path}, row {number + 1}: {_quoting(error)}") from None
    except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
        raise PostsError(f"{path} is damaged after row {number}: {error}. Copy or download it again.") from None
    finally:
        csv.field_size_limit(limit)


def _open_text(path: Path, columns: Sequence[str], stack: ExitStack) -> io.TextIOWrapper:
    if path.is_dir():
        inside = ", ".join(sorted(p.name for p in path.glob("*.csv*"))[:5])
        raise PostsError(f"{path} is a folder. Name the file itself" + (f"; it has {inside}." if inside else "."))
    try:
        raw: BinaryIO = stack.enter_context(path.open("rb"))
    except FileNotFoundError:
        raise PostsError(f"{path}: there is no such file. Check the name and the folder.") from None
    except OSError as error:
        raise PostsError(f"{path} can't be opened: {error.strerror}.") from None
    if not raw.seekable():
        raise PostsError(f"{path} is a pipe. Write it to a file first and name that.")
    magic = raw.read(4)
    raw.seek(0)
    if magic[:2] == b"\x1f\x8b":
        raw = stack.enter_context(gzip.open(raw))
    elif magic == b"PK\x03\x04":
        raw = stack.enter_context(_member(path, stack.enter_context(zipfile.ZipFile(raw))))
    buffered = io.BufferedReader(raw, _HEAD)
    _check_head(path, buffered.peek(_HEAD), columns)
    return stack.enter_context(io.TextIOWrapper(buffered, encoding="utf-8-sig", newline=""))


def _member(path: Path, archive: zipfile.ZipFile) -> BinaryIO:
    files = [
        f
        for f in archive.infolist()
        if not f.is_dir() and not f.filename.startswith("__MACOSX/") and not Path(f.filename).name.startswith(".")
    ]
    names = [f.filename for f in files]
    if "[Content_Types].xml" in names:
        raise PostsError(f"{path} is an Excel workbook. Save it as “CSV UTF-8” and name that file.")
    tables = [f for f in files if f.filename.lower().endswith(".csv")] or files
    if len(tables) != 1:
        found = f"{len(tables)} files ({printable(', '.join(f.filename for f in tables))})" if tables else "no file"
        raise PostsError(f"{path} has {found} in it. Unpack it and name the CSV with the posts.")
    try:
        return archive.open(tables[0])
    except (RuntimeError, NotImplementedError) as error:  # a password, or a method Python lacks
        raise PostsError(f"{path} can't be unpacked here: {error}. Unpack it and name the CSV.") from None


def _check_head(path: Path, head: bytes, columns: Sequence[str]) -> None:
    """Raise PostsError if the first bytes show that the file is not comma-separated text."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, what in _SIGNATURES.items():
        if start.startswith(signature):
            raise PostsError(f"{path} is not a CSV table but {what}.")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise PostsError(f"{path} is UTF-16 text (Excel's “Unicode text”). Save it as “CSV UTF-8 (comma delimited)”.")
    if b"\0" in head:
        raise PostsError(f"{path} is not a CSV table: it is a binary file.")
    line = start.splitlines()[0].decode("utf-8", "replace") if start else ""
    for separator, name in _SEPARATORS.items():
        found = {field.strip(" \"'") for field in line.split(separator)}
        if len(found & set(columns)) >= 2:
            raise PostsError(
                f"{path} is separated by {name}, not commas. Save it with commas: "
                f"pd.read_csv(..., sep={separator!r}).to_csv(..., index=False) does that."
            )


def _check_header(path: Path, names: list[str], columns: Sequence[str], optional: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1 and name in (*columns, *optional)})
    if twice:
        raise PostsError(f"{path} has the column {twice[0]} more than once. Keep one of them.")
    missing = [column for column in columns if column not in names]
    if not missing:
        return
    if len(missing) == len(columns):
        first = printable(", ".join(names))
        raise PostsError(
            f"{path} has none of the columns needed; its first row is “{first}”. "
            f"The first row must name the columns: {', '.join(columns)}."
        )
    spare = {name.lower(): name for name in names if name not in columns}
    hints = []
    for column in missing:
        near = difflib.get_close_matches(column, spare, n=1, cutoff=0.7)
        hints.append(column + (f" (is it “{printable(spare[near[0]])}”?)" if near else ""))
    raise PostsError(
        f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(hints)}. Rename or add "
        f"{'them' if len(missing) > 1 else 'it'}: an activity your source doesn't record is 0 in every row, "
        "a text or photo that a post lacks is an empty field."
    )


def printable(text: str) -> str:
    """The first 80 characters of a text; U+FFFD replaces characters that could control a terminal."""
    return "".join(c if c.isprintable() else "�" for c in text[:80])


def _encoding(error: UnicodeDecodeError) -> str:
    before, bad = error.object[: error.start], error.object[error.start :]
    high = [byte for byte in bad if byte >= 0x80]
    if not before.isascii():
        return (
            "a broken character; the text before it is UTF-8. Repair that row, or drop broken characters with: "
            "iconv -c -f UTF-8 -t UTF-8 in.csv > out.csv"
        )
    if sum(byte >= 0xC0 for byte in high) >= 0.8 * len(high):
        return (
            "it looks like Windows-1251. Save it as “CSV UTF-8”, or convert it with: "
            "iconv -f CP1251 -t UTF-8 in.csv > out.csv"
        )
    return "save it as “CSV UTF-8”."


def _quoting(error: csv.Error) -> str:
    if "end of data" in str(error):
        return "a quote is opened there and never closed. Double the quotes inside a quoted field."
    if "field limit" in str(error):
        return f"a field of over {_FIELD_LIMIT >> 20} MB, probably a quote that is never closed."
    return f"broken quoting ({error}). Double the quotes inside a quoted field."
