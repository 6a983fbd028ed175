"""Posts that nobody has seen yet, and what the saved model expects of them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from lib.posts.read import ABSENT, PostsError, nothing_left, read_count, read_rows
from lib.posts.table import read_table
from lib.posts.text import clean_text

MOST_VIEWS = 100_000_000  # the most viewed post of the original data has 7 million; an interval takes time with them


def read_drafts(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a CSV of drafts.

    Parameters
    ----------
    path : path
        CSV as :func:`lib.posts.read.read_posts` reads it, with a column ``text`` or ``photo`` or both, and, if wanted,
        ``view``: how often the post is expected to be seen. Others are ignored, counts of activities too.

    Returns
    -------
    DataFrame
        ``row`` as a spreadsheet shows it, ``view`` Int64 (NA where the field is empty or the column missing),
        ``text`` and ``photo``; and the ``attrs`` of ``read_posts``. Set aside are rows with views that are no
        number, not positive or over ``MOST_VIEWS``, and rows with neither a text nor a photo that can be read.

    Raises
    ------
    PostsError
        If the file is no such table or no row of it can be used.
    """
    path = Path(path)
    header, rows = read_table(path, (), ("view", "text", "photo"))
    if "text" not in header and "photo" not in header:
        raise PostsError(
            f"{path} has neither a column text nor a column photo. The first row must name the columns: "
            "text, photo, or both; view is taken if it is there."
        )
    drafts = read_rows(path, header, rows, [c for c in ("view",) if c in header], _read_views)
    if "view" not in drafts:
        drafts.insert(1, "view", 0)
    drafts["view"] = drafts["view"].astype("Int64").where(drafts["view"] > 0)
    empty = drafts["photo"].isna() & np.array([not clean_text(text) for text in drafts["text"]])
    aside = pd.DataFrame({"row": drafts["row"][empty], "reason": "no text and no photo that can be read", "value": ""})
    rejected = pd.concat([drafts.attrs["rejected"], aside]).sort_values("row", kind="stable", ignore_index=True)
    if empty.all():
        raise PostsError(nothing_left(path, rejected))
    drafts = drafts[~empty].reset_index(drop=True)
    drafts.attrs["rejected"] = rejected
    return drafts


def _read_views(fields: list[str]) -> tuple[list[int], list[tuple[str, str]]]:
    """Views of one row, 0 where none are stated, and what is wrong with them."""
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
