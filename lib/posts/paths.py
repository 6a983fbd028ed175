"""The tables that a file, a folder or a pattern stands for."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path

from lib.posts.packed import start_of
from lib.posts.refusals import PostsError
from lib.storage import TABLES

# What the commands write beside the tables that they read.
OUTPUTS = (".rejected.csv", ".predictions.csv")

_PATTERN = re.compile(r"[*?]|\[.+\]")


def is_many(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a folder, or a pattern such as ``posts/*.parquet``, rather than the name of a file."""
    return os.path.isdir(path) or (bool(_PATTERN.search(os.fspath(path))) and not os.path.exists(path))


def tables(given: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """The tables that files, folders and patterns stand for, each once, in sorted order.

    The tables of a folder are its files with one of the endings ``TABLES``, without hidden files. Folders and patterns
    leave out files with one of the endings ``OUTPUTS``.

    Raises
    ------
    PostsError
        If one of them stands for no table, or is no file that can be read.
    """
    found: set[Path] = set()
    for each in map(os.fspath, given):
        if not is_many(each):
            start_of(Path(each))
            found.add(Path(each))
            continue
        pattern, endings = each, ("",)
        if os.path.isdir(each):
            pattern, endings = os.path.join(glob.escape(pattern), "*"), TABLES
        names = [name for name in glob.glob(pattern) if name.lower().endswith(endings) and os.path.isfile(name)]
        here = [Path(name) for name in names if not name.lower().endswith(OUTPUTS)]
        if not here:
            raise PostsError(
                f"{each} is neither a table, nor a folder or a pattern of tables ({', '.join(TABLES)}). Check the name "
                "and the folder."
            )
        found.update(here)
    return sorted(found)


def named_after(files: Sequence[Path]) -> Path:
    """What an output is named after: the table, or the folder that holds all tables."""
    return files[0] if len(files) == 1 else Path(os.path.abspath(os.path.commonpath([file.parent for file in files])))
