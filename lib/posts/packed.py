"""Open a file of comma-separated text, plain or packed, or raise an error that says what the file is instead."""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

from lib.posts.charsets import wide_encoding
from lib.posts.refusals import PostsError, printable

HEADER_LIMIT = 2**20  # bytes of the first line; ten names are 70
# A packed file may hold this many bytes, or UNPACKED_RATIO times its own size if that is more, but never UNPACKED_MOST.
# Base64 of photos packs to 3/4 of its size, text to a fifth.
UNPACKED_FREE = 2**28
UNPACKED_RATIO = 200
UNPACKED_MOST = 2**36

_AS_CSV = "Save it as “CSV UTF-8 (comma delimited)” and name that file"
# A cell of Excel holds no more, and longer fields are cut without a word.
_EXCEL = (
    f"{_AS_CSV}, but not if it holds photos: Excel cuts every field after 32,767 characters, so export photos from "
    "their source"
)
# The first bytes of files that people name by mistake, and what to do. The first that fits counts.
_SIGNATURES = {
    b"\xff\xd8\xff": ("a JPEG picture", ""),
    b"\x89PNG": ("a PNG picture", ""),
    b"GIF8": ("a GIF picture", ""),
    b"%PDF": ("a PDF", ""),
    b"PAR1": ("a Parquet file", "Unpack it and name the Parquet file itself"),  # packed: a plain one is read
    b"PARE": ("an encrypted Parquet file", "Write it without encryption"),
    b"ARROW1": ("an Arrow or Feather file", "Save it with: pd.read_feather(...).to_parquet(...)"),
    b"ORC": ("an ORC file", "Save it with: pd.read_orc(...).to_parquet(...)"),
    b"Obj\x01": ("an Avro file", "Export the posts as CSV or Parquet"),
    b"\x89HDF": ("an HDF5 file", "Export the posts as CSV or Parquet"),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook, old or with a password", _EXCEL),
    b"SQLite format 3": ("an SQLite database", "Export the table of posts as CSV"),
    b"PK\x03\x04": ("a zip archive", "Unpack it and name the CSV in it"),
    b"PK\x05\x06": ("an empty or damaged zip archive", ""),
    b"\x1f\x8b": ("a gzip file", "Unpack it and name the CSV in it"),
    b"\x1f\x9d": ("a file of compress", "Unpack it and name the CSV in it"),
    b"7z\xbc\xaf": ("a 7-Zip archive", "Unpack it and name the CSV in it"),
    b"Rar!": ("a RAR archive", "Unpack it and name the CSV in it"),
    b"BZh": ("a bzip2 file", "Unpack it and name the CSV in it"),
    b"\xfd7zXZ": ("an xz file", "Unpack it and name the CSV in it"),
    b"\x28\xb5\x2f\xfd": ("a Zstandard file", "Unpack it and name the CSV in it"),
    b"\x04\x22\x4d\x18": ("an LZ4 file", "Unpack it and name the CSV in it"),
    b"\x80\x03": ("a pickle", "Export the posts as CSV or Parquet"),
    b"\x80\x04": ("a pickle", "Export the posts as CSV or Parquet"),
    b"\x80\x05": ("a pickle", "Export the posts as CSV or Parquet"),
    b"version https://git-lfs": ("a Git LFS pointer", "Run git lfs pull for the file itself"),
    b"{\\rtf": ("rich text (RTF)", "Save it as plain text in UTF-8"),
    b"<": ("a web page or XML", "If a download gave it, look at it in a browser; export the posts as CSV"),
    b"{": ("JSON", "Convert it: pd.read_json(...).to_csv(..., index=False), with lines=True for an object per line"),
    b"[": ("JSON", "Convert it: pd.read_json(...).to_csv(..., index=False)"),
}
_MARKUP = (b"<", b"{", b"[")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces", ":": "colons"}
_OFFICE = {"xl/": "an Excel workbook", "word/": "a Word document", "ppt/": "a PowerPoint presentation"}


def start_of(path: Path) -> bytes:
    """The first bytes of a file.

    Raises
    ------
    PostsError
        If there is no such file, or it can't be read from its start again.
    """
    try:
        if path.is_dir():
            inside = ", ".join(
                sorted(p.name for p in path.iterdir() if re.search(r"\.(csv|parquet|zip)\b", p.name))[:5]
            )
            raise PostsError(f"{path} is a folder. Name the file itself" + (f"; it has {inside}." if inside else "."))
        if path.exists() and not path.is_file():
            raise PostsError(f"{path} is a pipe or a device. Write the posts to a file first and name that.")
        with path.open("rb") as file:
            return file.read(8)
    except FileNotFoundError:
        raise PostsError(f"{path}: there is no such file. Check the name and the folder.") from None
    except OSError as error:
        raise PostsError(f"{path} can't be opened: {error.strerror}. Check its permissions, or copy it.") from None


def open_table(path: Path, columns: Sequence[str], stack: ExitStack) -> io.BufferedReader:
    """The bytes of a comma-separated table, unpacked.

    Parameters
    ----------
    columns
        Names of columns, some of which the first line should have.
    stack
        Closes what is opened here.

    Raises
    ------
    PostsError
        If the file is something else, at once; while bytes are read, if it unpacks to more than is allowed.
    """
    magic = start_of(path)
    raw: BinaryIO = stack.enter_context(path.open("rb"))
    packed = ""
    if magic[:2] == b"\x1f\x8b":
        raw.seek(-4, os.SEEK_END)
        if int.from_bytes(raw.read(4), "little") > unpacked_limit(path):  # so the file says, unless it is cut short
            _unpack(path)  # in seconds, where to parse 100 million blank lines takes minutes
        raw.seek(0)
        packed, raw = "gzip", stack.enter_context(gzip.open(raw))
    elif magic[:4] == b"PK\x03\x04":
        packed, raw = "zip", stack.enter_context(_member(path, stack.enter_context(_archive(path, raw))))
    buffered = io.BufferedReader(Bounded(raw, path) if packed else raw, HEADER_LIMIT)
    _check_head(path, buffered.peek(HEADER_LIMIT)[:HEADER_LIMIT], columns, packed)
    return buffered


def unpacked_limit(path: Path) -> int:
    """How many bytes a file may unpack to."""
    return min(max(UNPACKED_FREE, UNPACKED_RATIO * path.stat().st_size), UNPACKED_MOST)


def check_size(path: Path, unpacked: int) -> None:
    """Raise PostsError if a file unpacks to more bytes than is allowed."""
    limit = unpacked_limit(path)
    if unpacked > limit:
        raise PostsError(
            f"{path} has {path.stat().st_size:,} bytes and unpacks to more than {limit:,}. No table of posts packs "
            "like that. If it is one, unpack it and name the CSV."
        )


class Bounded(io.RawIOBase):
    """The bytes of a packed file, up to the limit of :func:`check_size`."""

    def __init__(self, raw: BinaryIO, path: Path):
        self._raw, self._path, self._count = raw, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        count = self._raw.readinto(buffer)
        self._count += count
        check_size(self._path, self._count)
        return count


def _unpack(path: Path) -> None:
    """Raise PostsError if a gzip file unpacks to more bytes than is allowed; damage is named by who reads the file."""
    count = 0
    with suppress(EOFError, OSError, zlib.error), gzip.open(path) as file:
        while chunk := file.read(2**20):
            count += len(chunk)
            check_size(path, count)


def _archive(path: Path, raw: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(raw)
    except Exception as error:  # a broken directory can raise anything
        raise PostsError(f"{path} is a damaged zip archive: {error}. Copy or download it again.") from None


def _member(path: Path, archive: zipfile.ZipFile) -> BinaryIO:
    files = [
        f
        for f in archive.infolist()
        if not f.is_dir() and not f.filename.startswith("__MACOSX/") and not Path(f.filename).name.startswith(".")
    ]
    names = [f.filename for f in files]
    if "[Content_Types].xml" in names:
        what = next(
            (what for folder, what in _OFFICE.items() if any(n.startswith(folder) for n in names)), "a document"
        )
        raise PostsError(f"{path} is {what}. {_EXCEL}.")
    if "mimetype" in names and "content.xml" in names:
        raise PostsError(f"{path} is an OpenDocument file. {_AS_CSV}.")
    tables = [f for f in files if f.filename.lower().endswith(".csv")] or files
    if len(tables) != 1:
        found = f"{len(tables)} files ({printable(', '.join(names))})" if tables else "no file"
        raise PostsError(f"{path} has {found} in it. Unpack it and name the CSV with the posts.")
    check_size(path, tables[0].file_size)
    try:
        return archive.open(tables[0])
    except (RuntimeError, NotImplementedError) as error:  # a password, or a method Python lacks
        raise PostsError(f"{path} can't be unpacked here: {error}. Unpack it and name the CSV.") from None


def _check_head(path: Path, head: bytes, columns: Sequence[str], packed: str) -> None:
    """Raise PostsError if the first bytes show that the file is not comma-separated text in UTF-8."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    end = re.search(rb"[\r\n]", text)
    line = text[: end.start() if end else None].decode("utf-8", "replace")
    named = len(_named(line, ",", columns)) >= 2
    for signature, (what, way) in _SIGNATURES.items():
        word = signature not in _MARKUP and signature.decode("latin-1").isprintable()
        if text.startswith(signature) and not (word and named):  # a column may be called ORCID
            within = f" with {what} in it" if packed else f", but {what}"
            raise PostsError(f"{path} is not a CSV table{within}. {way or 'Name the file with the posts'}.")
    if head[257:262] == b"ustar":
        within = f"is a {packed} file with a tar archive in it" if packed else "is a tar archive"
        raise PostsError(f"{path} {within}. Unpack it and name the CSV in it.")
    encoding = wide_encoding(head, columns)
    if encoding:
        raise PostsError(
            f"{path} is {encoding} text (Excel's “Unicode text” is). Save it as “CSV UTF-8 (comma delimited)”, or "
            f"convert it with: iconv -f {encoding} -t UTF-8 in.csv > out.csv"
        )
    if head.startswith(b"\xef\xbb\xbf\xef\xbb\xbf"):
        raise PostsError(
            f"{path} begins with two byte order marks (BOM). Two programs have each written one. Remove one with: "
            "tail -c +4 in.csv > out.csv"
        )
    if end is None and len(head) >= HEADER_LIMIT:
        raise PostsError(
            f"{path}: its first line is longer than {HEADER_LIMIT:,} bytes, so it is no header. The first row must "
            f"name the columns: {', '.join(columns)}."
        )
    if b"\0" in head and len(_named(line.replace("\0", ""), ",", columns)) < 2:
        raise PostsError(f"{path} is not a CSV table: it is a binary file. Name the file with the posts.")
    _check_separator(path, line, columns)


def _check_separator(path: Path, line: str, columns: Sequence[str]) -> None:
    stated = re.fullmatch(r"[\"']?sep=(.?)[\"']?", line.strip(" "), re.IGNORECASE)
    if stated:
        shown = printable(line.replace("\t", "\\t"))
        comma = "" if stated[1] == "," else " Then save the table with commas between its fields."
        raise PostsError(
            f"{path}: its first line is “{shown}”, which only Excel understands. Delete that line, so that "
            f"the first row names the columns.{comma}"
        )
    if re.fullmatch(r"\"[^\"]*,[^\"]*\"\s*", line) and len(_named(line, ",", columns)) >= 2:
        raise PostsError(
            f"{path}: every line is in quotes as a whole. Remove the first and the last quote of each line, and halve "
            "the doubled quotes in it."
        )
    if len(_named(line, ",", columns)) >= 2:
        return
    for separator, _ in Counter(c for c in line if not c.isalnum() and c not in "_,\"'").most_common(9):
        if len(_named(line, separator, columns)) >= 2:
            name = _SEPARATORS.get(separator, f"the sign {separator!r}")
            raise PostsError(
                f"{path} is separated by {name}, not commas. Save it with commas: pd.read_csv(..., sep={separator!r}, "
                "dtype=str, keep_default_na=False).to_csv(..., index=False) does that."
            )


def _named(line: str, separator: str, columns: Sequence[str]) -> set[str]:
    """Those of the columns that a line names, in any case, if its fields are separated like that."""
    return {field.strip(" \"'").lower() for field in line.split(separator)} & set(columns)
