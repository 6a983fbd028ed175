"""Tables of effects with their levers, contrasts and topics in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from lib.advice import FALSE_DISCOVERY_RATE, bench_coverage, double_ml_effects, effect_sample, study_estimates
from lib.features import Contrast, contrasts
from lib.report.wording import contrast_words, lever_name, topic_words
from lib.simulation import true_effects
from lib.study import Study


def study_contrasts(study: Study) -> dict[str, Contrast]:
    """Each lever's contrast on the study's posts, by the name of the lever."""
    return {contrast.lever: contrast for contrast in contrasts(effect_sample(study).properties)}


def effects(study: Study) -> pd.DataFrame:
    """The effects, with the lever (``name``) and its ``contrast`` in words; on a simulated feed also the ``truth``."""
    table, asked = study_estimates(study).effects, study_contrasts(study)
    table = table.assign(name=table["lever"].map(lever_name))
    table["contrast"] = [contrast_words(asked[lever]) for lever in table["lever"]]
    if study.simulated:
        table = table.merge(true_effects(list(asked.values()), study.truth), how="left")
    return table


def discoveries(study: Study) -> pd.DataFrame:
    """The effects that are discoveries, the strongest first."""
    table = effects(study)
    found = table[table["q"] <= FALSE_DISCOVERY_RATE]
    return found.sort_values("effect", key=lambda e: -np.abs(np.log1p(e)), ignore_index=True)


def by_both_methods(study: Study) -> pd.DataFrame:
    """The effects by both methods.

    Returns
    -------
    The columns of :func:`effects`; ``other``, ``other_low`` and ``other_high`` by double machine learning; ``apart``,
    whether the difference is outside its 95 % interval around zero, as if the two estimates were independent.
    """
    other = double_ml_effects(study).rename(columns={"effect": "other", "low": "other_low", "high": "other_high"})
    both = effects(study).merge(other, on=["lever", "activity"]).dropna(subset=["effect", "other"])
    error = np.hypot(both["high"] - both["low"], both["other_high"] - both["other_low"]) / 2
    return both.assign(apart=(both["effect"] - both["other"]).abs() > error).reset_index(drop=True)


def topic_specific(study: Study) -> pd.DataFrame:
    """Effects that differ in one topic: the discoveries of ``by_topic``; ``words`` is the topic's name (escaped)."""
    table = study_estimates(study).by_topic
    table = table[table["q"] <= FALSE_DISCOVERY_RATE].sort_values("p", ignore_index=True)
    return table.assign(words=[topic_words([study.controls.names[int(t)]]) for t in table["topic"]])


def power_table() -> pd.DataFrame:
    """How often a true effect is found, by its size.

    Returns
    -------
    ``size`` in words; ``found``, the share of effects that are found; ``questions``, the number of effects tested.
    """
    rows = bench_coverage()["power"]
    sizes = [f"{100 * row['from']:.0f} to {100 * row['to']:.0f} %" for row in rows]
    return pd.DataFrame(rows).assign(size=sizes)


def coverage_table() -> pd.DataFrame:
    """How often the intervals of the many feeds contained the truth.

    Returns
    -------
    ``name`` of the lever; ``value``, the share of intervals that contain the truth; ``low`` and ``high``, the 95 %
    interval of this share, as if feeds were independent of one another and all activities of a feed the same.
    """
    of = bench_coverage()
    rows = []
    for lever, share in of["coverage_by_lever"].items():
        low, high = proportion_confint(share * of["feeds"], of["feeds"], method="wilson")
        rows.append({"name": lever_name(lever), "value": share, "low": low, "high": high})
    return pd.DataFrame(rows)
