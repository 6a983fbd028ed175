"""The advice of a study: its effects, each computed once and kept, and the tables that chapter 6 shows of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from IPython.display import HTML
from statsmodels.stats.proportion import proportion_confint

from lib import advice
from lib.advice import _scorer, coverage, estimates, posts
from lib.features import changes
from lib.report import panel, wording
from lib.simulation import known_effects
from lib.storage import cached, code_digest, digest
from lib.study.study import Study


def effects(study: Study) -> pd.DataFrame:
    """The effects, with lever (``name``) and ``change`` in words; on a simulated feed with the ``truth``."""
    table = estimates(study)["effects"].assign(name=lambda t: t["lever"].map(wording.lever_name))
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
        digest(study.blocks_key, code_digest("lib.advice.double_ml")),
        lambda: advice.cross_check(posts(study), estimates(study)["sides"]),
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
        words=[wording.topic_words(about[int(t)]) for t in table["topic"]],
    )


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
        rows.append({"name": wording.lever_name(lever), "value": share, "low": low, "high": high})
    return pd.DataFrame(rows)


def panel(study: Study) -> HTML:
    """The draft scorer, for the page."""
    return HTML(panel.panel(_scorer(study)))


def _change_words(study: Study) -> dict[str, str]:
    """Lever to its stated change in words."""
    return {change.lever: wording.change_words(change) for change in changes(posts(study).columns)}
