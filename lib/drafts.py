"""Posts that nobody has seen yet, and what the saved model expects of them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from lib import betabinomial
from lib.cache import write_whole
from lib.check import write_rejected
from lib.posts import ABSENT, PostsError, nothing_left, read_count, read_rows
from lib.prose import count
from lib.saved import SavedModel
from lib.table import read_table
from lib.text import clean_text

LEVEL = 0.9  # of the interval of a count
MOST_VIEWS = 100_000_000  # the most viewed post of the original data has 7 million; an interval takes time with them


def read_drafts(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a CSV of drafts.

    Parameters
    ----------
    path : path
        CSV as :func:`lib.posts.read_posts` reads it, with a column ``text`` or ``photo`` or both, and, if wanted,
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


def predict(drafts: pd.DataFrame, model: SavedModel) -> pd.DataFrame:
    """What a model expects of drafts, a row per draft and activity.

    Returns
    -------
    DataFrame
        ``row`` of the draft; ``activity``; ``view``, the number of views the counts are for (the draft's own, else
        the feed's median); ``rate``, the expected actions per view; ``expected``, the same times the views; ``low``
        and ``high``, the central 90 % interval of the count; ``percentile``, the share of the feed's posts, in
        percent, of which a lower rate is expected.
    """
    rates = model.predict(drafts)
    views = drafts["view"].fillna(model.views).to_numpy("int64")
    low, high = (
        betabinomial.ppf(q, views[:, None], rates.mean, rates.rho).astype("int64")
        for q in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    )
    columns = len(model.activities)
    return pd.DataFrame(
        {
            "row": drafts["row"].repeat(columns).to_numpy(),
            "activity": model.activities * len(drafts),
            "view": views.repeat(columns),
            "rate": rates.mean.ravel(),
            "expected": (rates.mean * views[:, None]).ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "percentile": model.percentile(rates.mean).ravel().round(1),
        }
    )


def predict_file(path: Path, out: Path, model: SavedModel) -> str:
    """Read drafts, write the predictions, and say in a line what was done.

    Rows and photos that can't be used are listed in a CSV beside ``out``, with ``.rejected`` in its name.

    Raises
    ------
    PostsError
        If the drafts can't be used, or ``out`` can't be written or is the file of drafts itself.
    """
    listed = out.with_name(f"{out.name.split('.')[0]}.rejected.csv")
    for target in (out, listed):
        if target.exists() and path.exists() and target.samefile(path):
            raise PostsError(f"{target} holds the drafts and would be lost. Name another file with --out.")
    drafts = read_drafts(path)
    table = predict(drafts, model)
    try:
        write_whole(out, table.to_csv(index=False, float_format="%.6g").encode())
        unused = len(drafts.attrs["rejected"]) + len(drafts.attrs["photo_problems"])
        if unused:
            write_rejected(drafts, listed)
    except OSError as error:
        raise PostsError(f"{out} can't be written: {error.strerror}.") from None
    done = f"{len(table):,} predictions for {count(len(drafts), 'draft')} are in {out}"
    return "; ".join([done, *_notes(drafts, model, listed)])


def _notes(drafts: pd.DataFrame, model: SavedModel, listed: Path) -> list[str]:
    """What a reader of the predictions has to know."""
    about = model.about
    notes = [f"made by “{about['forecast']}”, which learnt from {about['training_posts']:,} posts of {about['source']}"]
    if about["simulated"]:
        notes[0] += " and so finds nothing out about VK"
    if about["set_aside"]:
        notes.append(f"too rare there to be predicted: {', '.join(about['set_aside'])}")
    notes += [f"no draft has a {kind}" for kind in ("text", "photo") if not drafts[kind].astype(bool).any()]
    without = count(drafts["view"].isna().sum(), "draft")
    if drafts["view"].isna().any():
        notes.append(f"without views of their own, {without} count as seen {model.views:,} times, the feed's median")
    rejected, problems = (len(drafts.attrs[name]) for name in ("rejected", "photo_problems"))
    if rejected or problems:
        unused = f"{count(rejected, 'row')} set aside and {count(problems, 'photo')} not readable"
        notes.append(f"{unused}, as {listed} lists")
    return notes


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
