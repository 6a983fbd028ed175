"""Drafts: posts that nobody has seen yet, and a photo in a file of its own."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from lib.posts.photo import MAX_BYTES, PhotoError, open_photo, photo_bytes
from lib.posts.read import ABSENT, CONTEXT, SetAside, decodable, gather, nothing_left, read_count, read_parts
from lib.posts.refusals import PostsError, printable
from lib.posts.table import read_table
from lib.posts.text import clean_text

# The most viewed post of the original data has 7 million. The time for a prediction interval grows with the views.
MOST_VIEWS = 100_000_000
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp")  # of the name of a photo's file


def read_drafts(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of drafts.

    Parameters
    ----------
    path : path
        CSV or Parquet file in the format of :func:`lib.posts.read.read_posts`, with a column ``text`` or ``photo`` or
        both. A photo may also be the path of its file, which ends in one of ``ENDINGS``; a relative path starts at the
        folder of the table. The columns ``view`` (how often the author expects the post to be seen), ``group`` and
        ``time`` are optional. Other columns are ignored, including counts of activities.

    Returns
    -------
    DataFrame
        ``row`` (see ``numbering`` in the ``attrs``), ``view`` Int64 (NA where the field is empty or the column
        missing), ``text`` and ``photo``, ``group`` and ``time`` if the table has them; and the ``attrs`` of
        ``read_posts``. A row is set aside if its views are not a whole number from 1 to ``MOST_VIEWS``, or if it has
        neither a text nor a readable photo.

    Raises
    ------
    PostsError
        If the file is not such a table or no row can be used.
    """
    path = Path(path)
    table = read_table(path, (), ("view", "text", "photo", *CONTEXT))
    if "text" not in table.header and "photo" not in table.header:
        raise PostsError(
            f"{path} has neither a column text nor a column photo. The first row must name the columns: "
            "text, photo, or both; a column view is optional."
        )
    numbers, context = [c for c in ("view",) if c in table.header], {c: c for c in CONTEXT if c in table.header}
    aside, read_photo = SetAside(), partial(_photo_of, path.parent)
    parts = read_parts(table, numbers, _read_views, decodable, aside, context, read_photo)
    drafts = gather(path, parts, numbers, aside)
    if "view" not in drafts:
        drafts.insert(1, "view", 0)
    drafts["view"] = drafts["view"].astype("Int64").where(drafts["view"] > 0)
    empty = drafts["photo"].isna() & np.array([not clean_text(text) for text in drafts["text"]])
    bare = pd.DataFrame({"row": drafts["row"][empty], "reason": "no text and no photo that can be read", "value": ""})
    rejected = pd.concat([drafts.attrs["rejected"], bare]).sort_values("row", kind="stable", ignore_index=True)
    if empty.all():
        raise PostsError(nothing_left(path, rejected))
    drafts = drafts[~empty].reset_index(drop=True)
    drafts.attrs["rejected"] = rejected
    return drafts


def _read_views(fields: list[str]) -> tuple[list[int], list[tuple[str, str]]]:
    """Views of one row, 0 for an empty field, and (column, reason) for an unusable field."""
    try:
        return [_views(field.strip()) for field in fields], []
    except ValueError as error:
        return [], [("view", str(error))]


def _views(field: str) -> int:
    if field in ABSENT:
        return 0
    views = read_count(field)
    if not views:
        raise ValueError("is zero")
    if views > MOST_VIEWS:
        raise ValueError(f"is over {MOST_VIEWS:,}")
    return views


def _photo_of(folder: Path, field: str) -> bytes:
    """The bytes of a photo from a field: the path of a file, or base64."""
    named = field.strip()
    if not named.lower().endswith(ENDINGS) or "://" in named:
        return photo_bytes(field)
    file = folder / named
    try:
        if not file.is_file():
            raise PhotoError(f"no file {printable(str(file))}: start its path at the folder of the table")
        if file.stat().st_size > MAX_BYTES:
            raise PhotoError(f"over {MAX_BYTES >> 20} MiB")
        return file.read_bytes()
    except OSError as error:
        raise PhotoError(f"the file can't be read: {error.strerror or error}") from None


def read_photo(photo: Path) -> bytes:
    """The bytes of a photo.

    Raises
    ------
    PostsError
        If there is no such file, or it is not a photo that can be used.
    """
    try:
        if photo.exists() and not photo.is_file():  # a device or a pipe could be read for ever
            raise PostsError(f"{photo} is not a file. Name a photo with --photo.")
        if photo.stat().st_size > MAX_BYTES:
            raise PostsError(f"{photo} can't be used as a photo: over {MAX_BYTES >> 20} MiB.")
        data = photo.read_bytes()
        open_photo(data)
    except PhotoError as error:
        raise PostsError(f"{photo} can't be used as a photo: {error}.") from None
    except OSError as error:
        raise PostsError(f"{photo}: {error.strerror or error}. Name a photo that can be read with --photo.") from None
    return data
