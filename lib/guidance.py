"""The advice of a study: its effects, each computed once and kept, and the tables that chapter 6 shows of them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML
from statsmodels.stats.proportion import proportion_confint

from lib import adjusted, advice, crosscheck, draft_scorer, tips
from lib.cache import LIB, cached, code_digest, digest
from lib.duplicates import find_duplicates
from lib.known_effects import known_effects
from lib.levers import changes, lever_columns
from lib.study import Study
from lib.subject import open_subject

COVERAGE = LIB / "advice_coverage.json"


@functools.cache
def posts(study: Study) -> adjusted.Posts:
    """What the effects are estimated from: every post of the study, with what it is about."""

    def group() -> np.ndarray:
        return find_duplicates(study.posts["text"].tolist(), study.posts["photo"].tolist()).groups()

    subject = open_subject(study)
    groups = cached("duplicate-groups", digest(study.key, code_digest("lib.duplicates")), group)
    return adjusted.Posts(lever_columns(study.readable), subject, study.counts, study.views, groups, study.activities)


@functools.cache
def estimates(study: Study) -> dict[str, Any]:
    """Everything that is estimated, by name.

    ``sides``, ``effects``, ``by_topic``, ``unadjusted``: see :mod:`lib.advice`.
    ``scorer``: :func:`lib.draft_scorer.scorer`.
    """

    def compute() -> dict[str, Any]:
        of = posts(study)
        sides, foretold = advice.comparable(of), adjusted.predicted(of)
        topics = advice.by_topic(of, foretold, sides)
        fits = adjusted.regressions(of, foretold, advice.differing(of, topics))
        found = advice.effects(of, fits, sides)
        return {
            "sides": sides,
            "effects": found,
            "by_topic": topics,
            "unadjusted": advice.unadjusted(of),
            "scorer": draft_scorer.scorer(of, fits, found),
        }

    return cached("advice", digest(study.blocks_key, code_digest("lib.guidance")), compute)


def effects(study: Study) -> pd.DataFrame:
    """The effects, with lever (``name``) and ``change`` in words; on a simulated feed with the ``truth``."""
    table = estimates(study)["effects"].assign(name=lambda t: t["lever"].map(tips.lever_name))
    table["change"] = table["lever"].map(_change_words(study))
    if study.simulated:
        table = table.merge(known_effects(changes(posts(study).columns), study.truth), how="left")
    return table


def discoveries(study: Study) -> pd.DataFrame:
    """Those effects that are beyond chance, the strongest first."""
    table = effects(study)
    found = table[table["q"] <= advice.FALSE_DISCOVERY_RATE]
    return found.sort_values("effect", key=lambda e: -np.abs(np.log1p(e)), ignore_index=True)


def cross_check(study: Study) -> pd.DataFrame:
    """The effects by both roads: :func:`effects` with ``other``, ``other_low``, ``other_high`` and ``apart``.

    ``apart``: whether the difference exceeds what its standard error, taken as if the two were independent, allows
    in 19 of 20 cases.
    """
    other = cached(
        "cross-check",
        digest(study.blocks_key, code_digest("lib.crosscheck")),
        lambda: crosscheck.cross_check(posts(study), estimates(study)["sides"]),
    )
    other = other.rename(columns={"effect": "other", "low": "other_low", "high": "other_high"})
    both = effects(study).merge(other, on=["lever", "activity"]).dropna(subset=["effect", "other"])
    error = np.hypot(both["high"] - both["low"], both["other_high"] - both["other_low"]) / 2
    return both.assign(apart=(both["effect"] - both["other"]).abs() > error).reset_index(drop=True)


def own_way(study: Study) -> pd.DataFrame:
    """Effects that differ in one topic: its ``words`` (safe HTML), ``change``, ``activity`` and the effects."""
    table = estimates(study)["by_topic"]
    table = table[table["q"] <= advice.FALSE_DISCOVERY_RATE].sort_values("p", ignore_index=True)
    about = posts(study).subject.words
    return table.assign(
        change=table["lever"].map(_change_words(study)),
        words=[tips.topic_words(about[int(t)]) for t in table["topic"]],
    )


@functools.cache
def coverage() -> dict[str, Any]:
    """Figures of ``bench/advice.py``: the intervals of many feeds against their truth, and how they were made."""
    return json.loads(COVERAGE.read_text(encoding="utf-8"))


def power_table() -> pd.DataFrame:
    """How often a true effect is found, by its size: ``size`` in words, ``found``, ``questions``."""
    rows = coverage()["power"]
    sizes = [f"{100 * row['from']:.0f} to {100 * row['to']:.0f} %" for row in rows]
    return pd.DataFrame(rows).assign(size=sizes)


def coverage_table() -> pd.DataFrame:
    """How often the intervals of the many feeds held the truth: ``name`` of the lever, ``value``, ``low``, ``high``.

    The interval is of the share, as if feeds were independent of one another and a feed's activities the same.
    """
    of = coverage()
    rows = []
    for lever, share in of["coverage_by_lever"].items():
        low, high = proportion_confint(share * of["feeds"], of["feeds"], method="wilson")
        rows.append({"name": tips.lever_name(lever), "value": share, "low": low, "high": high})
    return pd.DataFrame(rows)


def panel(study: Study) -> HTML:
    """The draft scorer, for the page."""
    return HTML(draft_scorer.panel(_scorer(study)))


def save(study: Study) -> Path:
    """Keep the scorer and the effects in the file that ``python -m lib advise`` reads."""
    return draft_scorer.save(_scorer(study))


def _change_words(study: Study) -> dict[str, str]:
    """Lever to its stated change in words."""
    return {change.lever: tips.change_words(change) for change in changes(posts(study).columns)}


def _scorer(study: Study) -> dict[str, Any]:
    columns = ["lever", "activity", "effect", "low", "high", "q", "state"]
    found = estimates(study)["effects"][columns]
    rows = json.loads(found.to_json(orient="records"))
    return {"source": study.source, "simulated": study.simulated, **estimates(study)["scorer"], "effects": rows}
