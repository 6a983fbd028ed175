"""The table of posts: schema, reading with every doubt named, counts, split."""

from __future__ import annotations

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from lib.duplicates import find_duplicates
from lib.photo import PhotoError, decode_photo, photo_bytes
from lib.table import PostsError, printable, read_table
from lib.text import clean_text

__all__ = [
    "ACTIVITIES",
    "COLUMNS",
    "PostsError",
    "Split",
    "check_report",
    "counts",
    "read_posts",
    "split_posts",
    "write_rejected",
]

ACTIVITIES = ("like", "comment", "hide", "expand", "open_photo", "open", "share_to_message")
COLUMNS = ("view", *ACTIVITIES, "text", "photo")

FEW_VIEWS = 1000  # the original data has no post below this
VALIDATION_SHARE = 0.125  # of what the test part and its duplicates leave: about a tenth of all posts
MIN_POSTS = 10

_COUNTS = ("view", *ACTIVITIES)
_ABSENT = frozenset({"", "nan", "NaN", "NA", "N/A", "<NA>", "None", "null", "NULL"})
_INTEGER = re.compile(r"\d{1,18}", re.ASCII)
_LARGEST = 2**63 - 1


def read_posts(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a CSV of posts.

    Parameters
    ----------
    path : path
        CSV with the columns ``COLUMNS`` in any order, others being ignored: comma-separated, UTF-8 with or
        without BOM, plain, gzipped or zipped. Counts are whole numbers ("3.0" will do), photos base64.

    Returns
    -------
    DataFrame
        The columns ``COLUMNS``: eight int64 counts, ``text`` str as it is in the file, ``photo`` bytes that
        decode, or None. A text or photo that is empty, NaN, NA, None or null counts as none; a text then is
        "". One row per usable post, in the order of the file. ``attrs``:

        - ``rejected``: DataFrame (row, reason, value) of the rows set aside: a count that is empty, not a
          whole number or negative, views of zero, an activity beyond the views, a wrong number of fields.
        - ``photo_problems``: DataFrame (row, reason) of the posts whose photo couldn't be used.
        - ``ignored_columns``: tuple of str.

        Rows are numbered as a spreadsheet shows them: the header is row 1. pandas copies ``attrs`` to what
        is derived from a table, but can't concatenate or merge two tables that both carry them.

    Raises
    ------
    PostsError
        If the file is no such table or no row of it can be used.
    """
    path = Path(path)
    header, rows = read_table(path, COLUMNS)
    where = [header.index(column) for column in COLUMNS]
    numbers, table, texts, photos, rejected, problems = [], [], [], [], [], []
    for number, fields in tqdm(rows, "Reading posts", unit=" rows", delay=2, disable=None):
        if len(fields) != len(header):
            rejected.append((number, f"{len(fields)} fields where the header has {len(header)}", ""))
            continue
        *count_fields, text, photo = (fields[i] for i in where)
        values, reasons = _read_counts(count_fields)
        if reasons:
            value = "; ".join(f"{column}={count_fields[_COUNTS.index(column)][:40]}" for column, _ in reasons)
            rejected.append((number, "; ".join(f"{column} {reason}" for column, reason in reasons), value))
            continue
        data = None
        if photo.strip() not in _ABSENT:
            try:
                data = photo_bytes(photo)
            except PhotoError as error:
                problems.append((number, str(error)))
        numbers.append(number)
        table.append(values)
        texts.append("" if text.strip() in _ABSENT else text)
        photos.append(data)
    rejected = pd.DataFrame(rejected, columns=["row", "reason", "value"])
    if not table:
        raise PostsError(_nothing_left(path, rejected))
    problems += _drop_undecodable(photos, numbers)
    posts = pd.DataFrame(np.array(table, dtype=np.int64), columns=list(_COUNTS))
    posts["text"] = pd.Series(texts, dtype="str")
    posts["photo"] = pd.Series(photos, dtype=object)
    posts.attrs["rejected"] = rejected
    posts.attrs["photo_problems"] = pd.DataFrame(sorted(problems), columns=["row", "reason"])
    posts.attrs["ignored_columns"] = tuple(name for name in header if name not in COLUMNS)
    return posts


def counts(posts: pd.DataFrame) -> np.ndarray:
    """Counts of the seven activities, (n, 7) int64 in the order of ``ACTIVITIES``."""
    return posts[list(ACTIVITIES)].to_numpy(dtype=np.int64)


@dataclass(frozen=True)
class Split:
    """Row positions of a table of posts; every position is in exactly one of the four arrays.

    Attributes
    ----------
    train, validation, test : int64 arrays
        `test` is in the order in which ``train_test_split`` gives it, the others ascend.
    removed : int64 array
        Positions left out because the post duplicates one of the test part; ascending.
    reason : array of str
        For each of `removed`: "text", "photo" or "text and photo".
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    removed: np.ndarray
    reason: np.ndarray


def split_posts(posts: pd.DataFrame, seed: int = 42) -> Split:
    """Split posts into train, validation and test, with no duplicate across.

    The test part is ``train_test_split(range(n), test_size=0.2, random_state=seed)``'s. Of the rest, posts
    with the text or the photo of a test post are removed (see `lib.duplicates`), and an eighth of what is
    left becomes the validation part, posts connected by a shared text or photo staying together.

    Raises
    ------
    PostsError
        If there are fewer than ``MIN_POSTS`` posts, or nothing but duplicates.
    """
    n = len(posts)
    if n < MIN_POSTS:
        raise PostsError(f"{n} posts can't be split: at least {MIN_POSTS} are needed, some hundreds to learn from.")
    rest, test = (
        np.array(part, dtype=np.int64) for part in train_test_split(range(n), test_size=0.2, random_state=seed)
    )
    rest.sort()
    duplicates = find_duplicates(posts["text"].tolist(), posts["photo"].tolist())
    text, photo = (mask[rest] for mask in duplicates.of(test))
    removed, left = rest[text | photo], rest[~(text | photo)]
    reason = np.select([text & photo, text], ["text and photo", "text"], "photo")[text | photo]
    chosen = _choose(duplicates.groups()[left], seed)
    if chosen.all() or not chosen.any():
        raise PostsError(
            f"These {n} posts can't be split: {len(removed)} duplicate a post of the test part, and the "
            f"{len(left)} left are copies of each other. More different posts are needed."
        )
    return Split(left[~chosen], left[chosen], test, removed, reason)


def _choose(groups: np.ndarray, seed: int) -> np.ndarray:
    """Mask of whole groups, drawn at random, that make up ``VALIDATION_SHARE`` of the rows."""
    labels, sizes = np.unique(groups, return_counts=True)
    room = max(1, round(VALIDATION_SHARE * len(groups)))
    taken = []
    for i in np.random.default_rng(seed).permutation(len(labels)):
        if sizes[i] <= room:
            taken.append(labels[i])
            room -= sizes[i]
    return np.isin(groups, taken)


def write_rejected(posts: pd.DataFrame, path: str | os.PathLike[str]) -> int:
    """Write the rows set aside and the photos left out to a CSV; gives how many lines it has.

    Columns: row (as a spreadsheet shows it), what ("row" or "photo"), reason, value.
    """
    table = pd.concat(
        [
            pd.DataFrame(posts.attrs["rejected"]).assign(what="row"),
            pd.DataFrame(posts.attrs["photo_problems"]).assign(what="photo", value=""),
        ]
    ).sort_values("row", kind="stable")
    table.to_csv(path, index=False, columns=["row", "what", "reason", "value"], encoding="utf-8-sig")
    return len(table)


def check_report(posts: pd.DataFrame) -> list[str]:
    """What there is to know of a table before it is used, one finding per line."""
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


def _read_counts(fields: list[str]) -> tuple[list[int], list[tuple[str, str]]]:
    """Counts of one row, and (column, reason) for everything that is wrong with them."""
    values, reasons = [], []
    for column, field in zip(_COUNTS, fields, strict=True):
        try:
            values.append(_read_count(field.strip()))
        except ValueError as error:
            reasons.append((column, str(error)))
    if not reasons:
        view, *activities = values
        if view == 0:
            reasons.append(("view", "is zero"))
        else:
            reasons = [
                (activity, "exceeds view")
                for activity, value in zip(ACTIVITIES, activities, strict=True)
                if value > view
            ]
    return values, reasons


def _read_count(field: str) -> int:
    if _INTEGER.fullmatch(field):
        return int(field)
    if field in _ABSENT:
        raise ValueError("is empty")
    try:
        if "_" in field or not field.isascii():
            raise InvalidOperation
        number = Decimal(field)
    except InvalidOperation:
        raise ValueError("is not a number") from None
    if number.is_nan():
        raise ValueError("is not a number")
    if number.is_infinite():
        raise ValueError("is infinite")
    if number < 0:
        raise ValueError("is negative")
    if number > _LARGEST:
        raise ValueError("is larger than can be counted (2^63)")
    if number != number.to_integral_value():
        raise ValueError("is fractional")
    return int(number)


def _drop_undecodable(photos: list[bytes | None], numbers: list[int]) -> list[tuple[int, str]]:
    """Decode every photo; put None where that fails and give (row, reason)."""
    present = [i for i, photo in enumerate(photos) if photo is not None]
    problems = []
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        reasons = pool.map(_photo_problem, (photos[i] for i in present))
        bar = tqdm(reasons, "Checking photos", total=len(present), unit="photo", delay=2, disable=None)
        for i, reason in zip(present, bar, strict=True):
            if reason:
                photos[i] = None
                problems.append((numbers[i], reason))
    return problems


def _photo_problem(photo: bytes) -> str | None:
    try:
        decode_photo(photo, side=1)  # the smallest scale: all of a JPEG's data is read, few pixels are made
    except PhotoError as error:
        return str(error)
    return None


def _nothing_left(path: Path, rejected: pd.DataFrame) -> str:
    if rejected.empty:
        return f"{path} has a header and no posts below it."
    reasons = "; ".join(f"{reason} ({count:,} rows)" for reason, count in Counter(rejected["reason"]).most_common(3))
    return f"{path}: none of its {len(rejected):,} rows can be used: {reasons}. Row {rejected['row'][0]} is the first."
