"""Randomised tests: read a table of them, and check that the assignment was random."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import scipy

from lib.posts import ABSENT, ACTIVITIES, PostsError, Table, read_count, read_table, read_time

# The shares of views that the arms of a test got differ beyond chance if p is below this.
MISMATCH = 0.001

# Names of columns that are known, in order of preference. The last are those of the Upworthy Research Archive.
NAMES = {
    "test": ("test", "test_id", "clickability_test_id"),
    "text": ("text", "headline"),
    "photo": ("photo", "eyecatcher_id"),
    "view": ("view", "views", "impressions"),
    "time": ("time", "date", "created"),
    "flag": ("flag", "problem_window"),
}
COUNTS = (*ACTIVITIES, "clicks")
REQUIRED = ("test", "text", "view")


@dataclass(frozen=True)
class Tests:
    """Arms of randomised tests. Within a test, chance decided which viewer saw which arm.

    Attributes
    ----------
    arms
        One row per usable arm: ``row`` of the file, ``test`` (str), ``text`` (str), ``photo`` (str, the name of the
        arm's photo; "" for none), ``time`` (datetime, NaT if not given), ``view`` and the activities (int64).
    activities
        Names of the columns that hold counts.
    set_aside
        ``row``, ``test``, ``reason`` of the arms that can't be used.
    assignment
        One row per test of at least two arms with usable counts: ``test``, ``arms``, ``flagged`` (whether the table
        says that the assignment was broken), ``p`` (of the views, if all arms have equal chances) and ``mismatch``
        (whether p is below ``MISMATCH``).
    """

    arms: pd.DataFrame
    activities: tuple[str, ...]
    set_aside: pd.DataFrame
    assignment: pd.DataFrame


def read_tests(
    path: str | os.PathLike[str],
    *,
    test: str | None = None,
    text: str | None = None,
    photo: str | None = None,
    view: str | None = None,
    counts: Sequence[str] | None = None,
    time: str | None = None,
    flag: str | None = None,
    keep_mismatches: bool = False,
) -> Tests:
    """Read a table of randomised tests, one row per arm.

    Parameters
    ----------
    path : path
        CSV or Parquet file, as for :func:`lib.posts.read_posts`.
    test, text, photo, view, counts, time, flag : str
        Names of columns; by default the first of ``NAMES`` and all of ``COUNTS`` that the table has. ``photo`` names
        the arm's photo. ``time`` is an ISO 8601 date or seconds since 1970. ``flag`` is 1 where the assignment was
        broken. The table may lack a photo, a time and a flag.
    keep_mismatches : bool
        Whether tests whose views differ beyond chance are kept, because their arms had unequal chances by design.

    Returns
    -------
    Tests
        Set aside are: arms without a test, with unusable counts, time or flag, with no views or with more actions than
        views; tests with a flagged arm; tests with a mismatch; and tests that are left with one arm.

    Raises
    ------
    PostsError
        If the file is not such a table or no test can be used.
    """
    path = Path(path)
    header = read_table(path, ()).header
    given = {"test": test, "text": text, "photo": photo, "view": view, "time": time, "flag": flag}
    columns = {field: name or _known(field, header) for field, name in given.items()}
    activities = tuple(counts or (name for name in COUNTS if name in header))
    missing = [field for field in REQUIRED if columns[field] is None]
    if missing or not activities:
        wanted = [f"{field} ({', '.join(NAMES[field])})" for field in missing]
        wanted += [] if activities else [f"a count ({', '.join(COUNTS)})"]
        raise PostsError(
            f"{path} has no column that is known as {'; '.join(wanted)}. Say which columns of the table these are."
        )
    columns = {field: name for field, name in columns.items() if name is not None}
    arms, aside = _read_arms(read_table(path, (*columns.values(), *activities)), columns, activities)
    assignment = check_assignment(arms)
    flagged = assignment.loc[assignment["flagged"], "test"]
    mismatch = assignment.loc[assignment["mismatch"], "test"]
    reasons = {
        "the table says that the assignment was broken": arms["test"].isin(flagged),
        "the test has one usable arm": ~arms["test"].isin(assignment["test"]),
        f"the arms' shares of the views differ beyond chance (p < {MISMATCH})": arms["test"].isin(mismatch),
    }
    reason = pd.Series("", arms.index, dtype=object)
    for words, rows in list(reasons.items())[: 2 if keep_mismatches else 3]:
        reason[rows & (reason == "")] = words
    usable = reason == ""
    aside += zip(arms["row"][~usable], arms["test"][~usable], reason[~usable], strict=True)
    set_aside = pd.DataFrame(aside, columns=["row", "test", "reason"]).sort_values("row", ignore_index=True)
    if not usable.any():
        most = "".join(f": {words} ({rows:,} rows)" for words, rows in set_aside["reason"].value_counts()[:1].items())
        raise PostsError(f"{path}: none of its {len(set_aside):,} arms can be used{most}.")
    return Tests(arms[usable].drop(columns="flag").reset_index(drop=True), activities, set_aside, assignment)


def has_tests(path: str | os.PathLike[str]) -> bool:
    """Whether the header of a table has the columns of randomised tests, by the names in ``NAMES``.

    Raises
    ------
    PostsError
        If the file is no table.
    """
    header = read_table(Path(path), ()).header
    return all(_known(field, header) for field in REQUIRED)


def check_assignment(arms: pd.DataFrame) -> pd.DataFrame:
    """Compare the views of the arms of each test with equal shares, by the chi-squared test.

    Parameters
    ----------
    arms
        ``test``, ``view`` and ``flag``, one row per arm.

    Returns
    -------
    ``Tests.assignment``.

    References
    ----------
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments,
    doi:10.1145/3292500.3330722.
    """
    of = arms.groupby("test", sort=False)
    equal = of["view"].transform("mean")
    distance = ((arms["view"] - equal) ** 2 / equal).groupby(arms["test"], sort=False).sum()
    table = pd.DataFrame({"arms": of.size(), "flagged": of["flag"].any()})
    table["p"] = scipy.stats.chi2.sf(distance, table["arms"] - 1)
    table["mismatch"] = table["p"] < MISMATCH
    return table[table["arms"] > 1].rename_axis("test").reset_index()


def _known(field: str, header: Sequence[str]) -> str | None:
    return next((name for name in NAMES[field] if name in header), None)


def _read_arms(
    table: Table, columns: dict[str, str], activities: tuple[str, ...]
) -> tuple[pd.DataFrame, list[tuple[int, str, str]]]:
    """The arms with usable fields, with a column ``flag``; (row, test, reason) of the other arms."""
    arms, set_aside = [], []
    for row, fields in table.rows:
        given = dict(zip(table.header, map(str, fields), strict=False))
        own = {field: given.get(name, "").strip() for field, name in columns.items()}
        test = "" if own["test"] in ABSENT else own["test"]
        try:
            if len(fields) != len(table.header):
                raise ValueError(f"{len(fields)} fields where the header has {len(table.header)}")
            if not test:
                raise ValueError(f"{columns['test']} is empty")
            view = _count(columns["view"], own["view"])
            if view == 0:
                raise ValueError(f"{columns['view']} is zero")
            counts = [_count(name, given[name].strip()) for name in activities]
            above = [name for name, count in zip(activities, counts, strict=True) if count > view]
            if above:
                raise ValueError(f"{above[0]} exceeds {columns['view']}")
            time, flag = read_time(own.get("time", "")), own.get("flag", "")
            broken = flag not in ABSENT and bool(_count(columns["flag"], flag))
        except ValueError as error:
            set_aside.append((row, test, str(error)))
            continue
        text, photo = ("" if own.get(field, "") in ABSENT else own[field] for field in ("text", "photo"))
        arms.append((row, test, text, photo, time, view, *counts, broken))
    names = ["row", "test", "text", "photo", "time", "view", *activities, "flag"]
    kinds = {"time": "datetime64[s]", "flag": bool, **dict.fromkeys(["view", *activities], "int64")}
    return pd.DataFrame(arms, columns=names).astype(kinds), set_aside


def _count(name: str, field: str) -> int:
    try:
        return read_count(field)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
