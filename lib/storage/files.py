"""Files that are written whole or not at all, and never where they would destroy something."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TABLES = (".csv.gz", ".csv", ".zip", ".parquet")  # endings that are not part of a table's name

_REASONS = {
    errno.ENOSPC: "the disk is full. Free some space, or write elsewhere",
    errno.EDQUOT: "the quota of the disk is used up. Free some space, or write elsewhere",
    errno.EFBIG: "the file would be larger than this system allows. Write elsewhere",
    errno.EROFS: "the disk is read-only. Write elsewhere",
    errno.EACCES: "writing there is not permitted. Change the permissions, or write elsewhere",
    errno.EPERM: "writing there is not permitted. Change the permissions, or write elsewhere",
    errno.ENOENT: "nothing can be created there. Write elsewhere",
    errno.ENOTDIR: "a file is in the place of the folder. Write elsewhere",
    errno.EEXIST: "a file is in the place of the folder. Write elsewhere",
}


class FileError(ValueError):
    """A file can't be written; the message is one line that says which, why, and what to do."""


def reason(error: OSError) -> str:
    """Why something can't be written, and what to do, without a full stop at the end."""
    return _REASONS.get(error.errno) or f"{error.strerror or error}. Write elsewhere"


def check_target(path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Refuse a path that must not or can't be written. A long computation calls this before it starts.

    Parameters
    ----------
    inputs
        Files that are read. None of them is written, whether ``path`` is the same name, a link or a hard link.

    Raises
    ------
    FileError
        If the path is an input, a link, a folder, a device, a pipe, a socket or a write-protected file, or if its
        folder doesn't exist or can't be written.
    """
    path = Path(path)
    try:
        for given in inputs:
            if path.exists() and os.path.exists(given) and path.samefile(given):
                raise FileError(f"{path} can't be written: it is the input {given}, which would be lost. Name another.")
        why = _obstacle(path)
    except OSError as error:
        why = reason(error)
    if why:
        raise FileError(f"{path} can't be written: {why}.")


def _obstacle(path: Path) -> str:
    """Why a path can't be written, and what to do; empty if nothing is in the way."""
    folder = path.parent
    if path.is_symlink():
        return f"it is a link to {os.readlink(path)}. Name the file itself"
    if path.is_dir():
        return f"it is a folder. Name a file, such as {path / 'new.csv'}"
    if path.exists() and not path.is_file():
        return "it is a device, a pipe or a socket. Name a file"
    if not folder.exists():
        return f"there is no folder {folder}. Create the folder, or write elsewhere"
    if not folder.is_dir():
        return f"{folder} is not a folder. Write elsewhere"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} is read-only. Change its permissions, or write elsewhere"
    if path.exists() and not os.access(path, os.W_OK):
        return "the file is write-protected. Change its permissions, or write elsewhere"
    return ""


def default_output(path: str | os.PathLike[str], ending: str) -> Path:
    """The file that is written for a table if no other is named: "a/posts.2023.csv" gives "a/posts.2023.ENDING".

    The file lies beside the table, so that tables of one name in two folders don't share it. If the table is a link,
    such as /dev/stdin, the file lies in the working folder.
    """
    path = Path(path)
    known = next((end for end in TABLES if path.name.lower().endswith(end) and len(path.name) > len(end)), "")
    name = f"{path.name[: len(path.name) - len(known)]}.{ending}"
    return Path(name) if path.is_symlink() else path.with_name(name)


def make_folder(folder: Path) -> None:
    """Create a folder and those above it.

    Raises
    ------
    FileError
        If that isn't possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder} can't be written: {reason(error)}.") from error


def write_whole(path: Path, data: bytes, inputs: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Write a file whole or not at all; an existing file is replaced.

    Raises
    ------
    FileError
        As for :func:`check_target`, or if the disk is full.
    """
    with replacing(path, inputs) as partial, open(partial, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing(path: Path, inputs: Iterable[str | os.PathLike[str]] = ()) -> Iterator[Path]:
    """Yield the path of a temporary file, which replaces ``path`` at the end; after an error the file is deleted.

    Raises
    ------
    FileError
        As for :func:`check_target`, or in place of an ``OSError`` of the code under ``with``.
    """
    check_target(path, inputs)
    path = Path(path)
    partial = path.with_name(f"{path.name[:40]}.{secrets.token_hex(4)}.partial")  # a name can be too long
    try:
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise FileError(f"{path} can't be written: {reason(error)}.") from error
    finally:
        with suppress(OSError):  # the first error is the one to report
            partial.unlink(missing_ok=True)
