"""A value in a file of its own, with a checksum: damage anywhere in the file is noticed, and reading runs no code.

The file is in the safetensors format. The array "tree" is the JSON tree of :mod:`lib.storage.values`, the others are
its arrays. The metadata hold the name and the key of the value, the format and the SHA-256 of the file.
"""

from __future__ import annotations

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from lib.storage.arrays import pack, unpack
from lib.storage.files import replacing
from lib.storage.values import decode, encode

FORMAT = "1"
SUFFIX = ".safetensors"

_BLANK = "0" * 64  # stands for the checksum while the checksum is computed
_LONGEST_HEADER = 100_000_000  # bytes, the limit of the safetensors format
_CHUNK = 1 << 22


def write_entry(path: Path, name: str, key: str, value: Any) -> None:
    """Write a value, whole or not at all.

    Raises
    ------
    TypeError
        If the value is of a type that can't be kept.
    FileError
        If the file can't be written.
    """
    tree, arrays = encode(value)
    about = {"format": FORMAT, "name": name, "key": key, "checksum": _BLANK}
    with replacing(path) as partial:
        try:
            save_file(arrays | {"tree": pack(tree)}, partial, about)
        except SafetensorError as error:  # it stands for an OSError
            number = re.search(r"os error (\d+)", str(error))
            raise OSError(int(number[1]) if number else None, str(error)) from error
        data, start = _mapped(partial)
        head, checksum = data[:start].tobytes(), _checksum(data, start, _BLANK)
        del data
        with open(partial, "r+b") as file:
            file.seek(head.index(_BLANK.encode()))
            file.write(checksum.encode())


def read_entry(path: Path, name: str, key: str) -> Any:
    """The value in a file that :func:`write_entry` wrote.

    Raises
    ------
    Exception
        Of any class, if the file is damaged, another entry's, of another format or not an entry at all.
    """
    if not path.is_file():
        raise FileNotFoundError(path)  # a device would be read without end
    data, start = _mapped(path)
    header = json.loads(data[8:start].tobytes())
    about = header.pop("__metadata__")
    if (about["format"], about["name"], about["key"]) != (FORMAT, name, key):
        raise ValueError("another entry")
    if about["checksum"] != _checksum(data, start, about["checksum"]):
        raise ValueError("damaged")
    # The library would copy the photos once more.
    arrays = {array: data[start:][slice(*of["data_offsets"])] for array, of in header.items()}
    return decode(unpack(arrays["tree"]), arrays)


def _mapped(path: Path) -> tuple[np.ndarray, int]:
    """The bytes of a file, and where the arrays start: after the length of the header and the header, which is JSON."""
    data = np.asarray(np.memmap(path, np.uint8, "r"))
    length = int.from_bytes(data[:8].tobytes(), "little")
    if length > min(len(data), _LONGEST_HEADER):
        raise ValueError("no header")
    return data, 8 + length


def _checksum(data: np.ndarray, start: int, stated: str) -> str:
    """SHA-256 of the SHA-256 of each part of a file, with ``_BLANK`` in place of the checksum that its header states.

    The parts are the header and pieces of equal size, which several cores digest at once.
    """
    head = data[:start].tobytes().replace(stated.encode(), _BLANK.encode(), 1)
    with ThreadPoolExecutor() as pool:
        parts = [head, *(data[at : at + _CHUNK] for at in range(start, len(data), _CHUNK))]
        return hashlib.sha256(b"".join(pool.map(lambda part: hashlib.sha256(part).digest(), parts))).hexdigest()
