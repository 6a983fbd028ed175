"""Rows of a Parquet file, with the fields that a CSV of the same posts would have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.posts.charsets import explain
from lib.posts.packed import check_size
from lib.posts.refusals import PostsError, nul_message, printable

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH = 64  # rows in memory at a time: a photo may have 32 MiB
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM")  # the rare photo whose bytes are all ASCII


def parquet_columns(path: Path) -> list[str]:
    """Names of the columns of a Parquet file.

    Raises
    ------
    PostsError
        If the file is damaged or unpacks to more than is allowed.
    """
    import pyarrow as pa

    try:
        file = _open(path)
        about = file.metadata
        check_size(path, sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups)))
        return file.schema_arrow.names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise PostsError(_damaged(path, error)) from None


def parquet_rows(path: Path, header: Sequence[str], wanted: Sequence[str]) -> Iterator[tuple[int, list[str | bytes]]]:
    """Number and fields of each row, the first being row 1.

    A missing value is an empty field, a number is written out, and binary values that are no text stay bytes. The
    columns that are not ``wanted`` are not read: their fields are empty.

    Raises
    ------
    PostsError
        If a column has a type that no field of a CSV has, or if the file is damaged or unpacks to more than is allowed.
    """
    import pyarrow as pa

    read = [name for name in header if name.strip() in wanted]
    rest = [""] * (len(header) - len(read))
    try:
        for number, fields in _fields(path, read, "strict"):
            if _has_nul(fields):
                numbers = [n for n, others in _fields(path, read, "replace") if _has_nul(others)]
                raise PostsError(nul_message(path, numbers))
            yield number, fields + rest
    except UnicodeDecodeError:
        rows = _fields(path, read, "surrogateescape")
        texts = ((number, [field for field in fields if isinstance(field, str)]) for number, fields in rows)
        raise PostsError(explain(path, texts, "Write the column as text, decoded from {}.")) from None
    except (pa.ArrowException, OSError) as error:
        raise PostsError(_damaged(path, error)) from None


def _fields(path: Path, columns: list[str], errors: str) -> Iterator[tuple[int, list[str | bytes]]]:
    number = unpacked = 0
    file = _open(path)
    for name in columns:
        _check_type(path, name, file.schema_arrow.field(name).type)
    for batch in file.iter_batches(_BATCH, columns=columns):
        found = [_plain(batch.column(name)) for name in columns]
        unpacked += sum(column.nbytes for column in found)
        check_size(path, unpacked)
        values = [
            _written(column, name.strip() == "photo", errors) for name, column in zip(columns, found, strict=True)
        ]
        for fields in zip(*values, strict=True):
            number += 1
            yield number, list(fields)


def _open(path: Path) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    return pq.ParquetFile(path, pre_buffer=False, buffer_size=2**20, page_checksum_verification=True)


def _check_type(path: Path, name: str, kind: pa.DataType) -> None:
    import pyarrow.types as types

    of = kind.value_type if types.is_dictionary(kind) else kind
    number = types.is_integer(of) or types.is_floating(of) or types.is_decimal(of)
    wanted = {"text": "text", "photo": "binary or base64"}.get(name.strip(), "whole numbers")
    number = number or types.is_timestamp(of) or types.is_date(of)  # of the optional column time
    if not (_is_written(of) or types.is_null(of) or (number and wanted == "whole numbers")):
        raise PostsError(f"{path}: the column {name} holds {printable(str(kind))}. Write it as {wanted}.")


def _is_written(kind: pa.DataType) -> bool:
    """Whether a type is text, or bytes that may be text."""
    import pyarrow.types as types

    tests = (types.is_string, types.is_large_string, types.is_string_view)
    return any(test(kind) for test in (*tests, types.is_binary, types.is_large_binary, types.is_binary_view))


def _plain(column: pa.Array) -> pa.Array:
    """A column without a dictionary, with texts as bytes."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.large_binary()) if _is_written(column.type) else column


def _written(column: pa.Array, photo: bool, errors: str) -> list[str | bytes]:
    """The fields of a column. Texts are decoded here, because pyarrow doesn't say in which row a broken one is."""
    if str(column.type) == "large_binary":
        return [_text(value, photo, errors) for value in column.to_pylist()]
    exact = 2.0 ** {"halffloat": 11, "float": 24}.get(str(column.type), 53)
    return [_number(value, exact) for value in column.to_pylist()]


def _text(value: bytes | None, photo: bool, errors: str) -> str | bytes:
    if value is None:
        return ""
    return value if photo and (value.startswith(_IMAGES) or not value.isascii()) else value.decode("utf-8", errors)


def _number(value: Any, exact: float) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        # Beyond this size a float has lost digits: the exponent says so, as in a CSV.
        return f"{value:.0f}" if abs(value) <= exact else f"{value:.0f}e0"
    return str(int(value)) if isinstance(value, Decimal) and value == value.to_integral_value() else str(value)


def _has_nul(fields: list[str | bytes]) -> bool:
    return any(isinstance(field, str) and "\0" in field for field in fields)


def _damaged(path: Path, error: Exception) -> str:
    return f"{path} is a damaged Parquet file: {printable(str(error), 200)}. Copy or write it again."
