"""Findings about a table of posts, and the file that lists what was set aside."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lib.posts.duplicates import MANY, DuplicateFinder, Duplicates, sketch
from lib.posts.paths import tables
from lib.posts.read import COUNTS, SetAside, add_context, nothing_left, place, read_feed
from lib.posts.refusals import PostsError, printable
from lib.posts.split import refusal, set_aside, split_by
from lib.posts.text import clean_text
from lib.storage import replacing

FEW_VIEWS = 1000  # the original data has no post below this


@dataclass(frozen=True)
class Findings:
    """What is known of a table of posts.

    Attributes
    ----------
    lines
        The findings, one per line. Of several tables they name the first and the last.
    refusal
        Why a report refuses the posts; None if it doesn't.
    posts
        The eight counts of each usable post, with its group and time if the table has them, and the ``attrs`` of
        :func:`lib.posts.read.read_posts`.
    """

    lines: list[str]
    refusal: str | None
    posts: pd.DataFrame


def check_posts(path: str | os.PathLike[str], group: str | None = None, time: str | None = None) -> Findings:
    """Read a table of posts, or several as one, and report what they hold, without keeping texts and photos.

    A post takes at most 4 KB of memory: its counts, digests of its text and photo, and a small thumbnail. ``path``,
    ``group`` and ``time`` are as for :func:`lib.posts.read.read_posts`.

    Raises
    ------
    PostsError
        As from :func:`lib.posts.read.read_posts`.
    """
    files, aside, finder = tables([path]), SetAside(), DuplicateFinder()
    values, groups, times, without_text, without_photo = [], [], [], 0, 0
    for part in read_feed(files, group, time, sketch, aside):
        groups += part.groups
        times += part.times
        values.append(np.array(part.values, dtype=np.int64).reshape(-1, len(COUNTS)))
        for raw, photo in zip(part.texts, part.photos, strict=True):
            text = clean_text(raw)
            finder.add(text, photo)
            without_text += not text
            without_photo += photo is None
    posts = pd.DataFrame(np.concatenate(values), columns=list(COUNTS))
    add_context(posts, aside.context, groups, times)
    posts.attrs.update(aside.attrs())
    if posts.empty:
        raise PostsError(nothing_left(Path(path), posts.attrs["rejected"]))
    duplicates = finder.find()
    why = refusal(posts, lambda: split_by(duplicates))
    lines = _lines(posts, without_text, without_photo, duplicates)
    if len(files) > 1:
        ends = (printable(str(file), None) for file in (files[0], files[-1]))
        lines.insert(0, f"{len(files):,} tables, from {' to '.join(ends)}")
    if why:
        lines.append(f"a report refuses these posts: {why}")
    else:
        aside = set_aside(posts, split_by(duplicates))
        lines += [f"activities set aside because {reason}: {', '.join(names)}" for reason, names in aside.items()]
    return Findings(lines, why, posts)


def _lines(posts: pd.DataFrame, without_text: int, without_photo: int, duplicates: Duplicates) -> list[str]:
    attrs, n = posts.attrs, len(posts)
    rejected, problems = attrs["rejected"], attrs["photo_problems"]
    lines = [f"{n:,} usable posts; {len(rejected):,} rows set aside"]
    lines += _reasons(rejected, "{count:,}: ")
    lines += [
        f"{without_text:,} posts without text ({without_text / n:.1%})",
        f"{without_photo:,} posts without photo ({without_photo / n:.1%})",
    ]
    lines += _reasons(problems, "{count:,} of them: ")
    if len(rejected) + len(problems):
        lines.append(f"rows are numbered {attrs['numbering']}")
    if attrs["exponents"]:
        lines.append(
            f"{attrs['exponents']:,} counts are written with an exponent, as Excel shortens 7010336 to 7.01E+06: "
            "digits may be lost. Format such columns as whole numbers and export again"
        )
    few = int((posts["view"] < FEW_VIEWS).sum())
    lines.append(f"{few:,} posts with fewer than {FEW_VIEWS:,} views ({few / n:.1%})")
    repeats = n - len(np.unique(duplicates.groups()))
    lines.append(f"{repeats:,} posts repeat the text or the photo of another ({repeats / n:.1%})")
    if n - without_photo > MANY:
        lines.append(f"  of more than {MANY:,} photos, those alike are found by bands of their hashes; none is missed")
    lines += _context_lines(posts)
    if attrs["ignored_columns"]:
        lines.append(f"columns ignored: {printable(', '.join(attrs['ignored_columns']))}")
    return lines


def _context_lines(posts: pd.DataFrame) -> list[str]:
    """What is known of the posts' groups and dates."""
    lines = []
    if "group" in posts:
        sizes = posts.loc[posts["group"] != "", "group"].value_counts()
        largest = f", the largest of {sizes.iloc[0]:,} posts ({printable(sizes.index[0])})" if len(sizes) else ""
        lines.append(f"{len(sizes):,} groups{largest}; {len(posts) - sizes.sum():,} posts without a group")
    if "time" in posts:
        times = posts["time"].dropna()
        dates = f"dates from {times.min():%Y-%m-%d} to {times.max():%Y-%m-%d}" if len(times) else "no dates"
        lines.append(f"{dates}; {len(posts) - len(times):,} posts without a date")
        bad = posts.attrs["time_problems"]
        if len(bad):
            first = f"first in row {place(bad)}: {printable(bad['value'][0])}"
            lines.append(f"  {len(bad):,} of them: neither an ISO 8601 date nor seconds since 1970 ({first})")
    return lines


def _reasons(aside: pd.DataFrame, form: str) -> list[str]:
    """A line for each reason: how often, and the first row with its value."""
    lines = []
    for reason, count in Counter(aside["reason"]).most_common():
        of = aside[aside["reason"] == reason]
        first = of.iloc[0].get("value")
        value = f": {printable(first)}" if first else ""
        lines.append(f"  {form.format(count=count)}{reason} (first in row {place(of)}{value})")
    return lines


def write_rejected(
    posts: pd.DataFrame, path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()
) -> int:
    """Write the rows set aside and the photos left out to a CSV file, and return the number of its rows.

    The columns are file (if the posts are from several), row (numbered as ``attrs`` say), what ("row" or "photo"),
    reason and value. The file is written whole or not at all, and never over one of the ``inputs``, the files that the
    posts were read from.

    Raises
    ------
    FileError
        If the file can't be written.
    """
    table = pd.concat(
        [
            pd.DataFrame(posts.attrs["rejected"]).assign(what="row"),
            pd.DataFrame(posts.attrs["photo_problems"]).assign(what="photo", value=""),
        ]
    )
    places = [name for name in ("file", "row") if name in table]
    table = table.sort_values(places, kind="stable")
    packed = "gzip" if str(path).endswith(".gz") else None
    columns = [*places, "what", "reason", "value"]
    with replacing(Path(path), inputs) as partial:
        table.to_csv(partial, index=False, columns=columns, encoding="utf-8-sig", compression=packed)
    return len(table)
