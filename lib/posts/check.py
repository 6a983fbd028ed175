"""Findings about a table of posts, and the file that lists what was set aside."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pandas as pd

from lib.posts.activities import ACTIVITIES
from lib.posts.duplicates import find_duplicates
from lib.posts.split import MIN_POSTS
from lib.posts.table import printable
from lib.posts.text import clean_text

FEW_VIEWS = 1000  # the original data has no post below this


def check_report(posts: pd.DataFrame) -> list[str]:
    """Findings about a table of posts, one per line.

    Parameters
    ----------
    posts
        From :func:`lib.posts.read.read_posts`, with its ``attrs``.
    """
    rejected, problems = posts.attrs["rejected"], posts.attrs["photo_problems"]
    n = len(posts)
    lines = [f"{n:,} usable posts; {len(rejected):,} rows set aside"]
    lines += [f"  {count:,}: {reason}" for reason, count in Counter(rejected["reason"]).most_common()]
    without_text = sum(not clean_text(text) for text in posts["text"])
    lines += [
        f"{without_text:,} posts without text ({without_text / n:.1%})",
        f"{posts['photo'].isna().sum():,} posts without photo ({posts['photo'].isna().mean():.1%})",
    ]
    lines += [f"  {count:,} of them: {reason}" for reason, count in Counter(problems["reason"]).most_common()]
    never = [activity for activity in ACTIVITIES if not posts[activity].any()]
    if never:
        lines.append(f"activities that never happen: {', '.join(never)}")
    few = int((posts["view"] < FEW_VIEWS).sum())
    lines.append(f"{few:,} posts with fewer than {FEW_VIEWS:,} views ({few / n:.1%})")
    duplicates = find_duplicates(posts["text"].tolist(), posts["photo"].tolist())
    repeats = n - len(np.unique(duplicates.groups()))
    lines.append(f"{repeats:,} posts repeat the text or the photo of another ({repeats / n:.1%})")
    ignored = posts.attrs.get("ignored_columns")
    if ignored:
        lines.append(f"columns ignored: {', '.join(map(printable, ignored))}")
    if n < MIN_POSTS:
        lines.append(f"too few posts for a report: at least {MIN_POSTS} are needed")
    return lines


def write_rejected(posts: pd.DataFrame, path: str | os.PathLike[str]) -> int:
    """Write the rows set aside and the photos left out to a CSV file, and return the number of its rows.

    The columns are row (as a spreadsheet numbers it), what ("row" or "photo"), reason and value.
    """
    table = pd.concat(
        [
            pd.DataFrame(posts.attrs["rejected"]).assign(what="row"),
            pd.DataFrame(posts.attrs["photo_problems"]).assign(what="photo", value=""),
        ]
    ).sort_values("row", kind="stable")
    table.to_csv(path, index=False, columns=["row", "what", "reason", "value"], encoding="utf-8-sig")
    return len(table)
