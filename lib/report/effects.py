"""Tables of effects with their levers, contrasts and topics in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from lib.advice import (
    ALL,
    ANY_TOPIC,
    ELSEWHERE,
    FALSE_DISCOVERY_RATE,
    Z_95,
    Population,
    Scorer,
    Tip,
    bench_coverage,
    choose_tips,
    double_ml_effects,
    effect_sample,
    find_population,
    in_scope,
    net_worth,
    posts_needed,
    posts_of,
    study_estimates,
    study_scorer,
)
from lib.features import Contrast, contrasts
from lib.models import DEFAULT_VALUE
from lib.posts import ACTIVITY, Language, as_html
from lib.report.numbers import label_of, listed, number
from lib.report.wording import contrast_words, lever_name, per_10000, scope_words, tip_action
from lib.simulation import true_effects
from lib.study import Study

if TYPE_CHECKING:
    from lib.simulation import Truth


def study_contrasts(study: Study) -> dict[str, Contrast]:
    """Each lever's contrast on the study's posts, by the name of the lever."""
    return {contrast.lever: contrast for contrast in contrasts(effect_sample(study).properties)}


def effects(study: Study) -> pd.DataFrame:
    """All effects, in every scope, in words: of :func:`lib.advice.effects.lever_effects`.

    Returns
    -------
    Its columns; ``name`` of the lever; ``contrast`` and ``where`` (the scope) in words; on a simulated feed also the
    ``truth``.
    """
    table, asked = study_estimates(study).effects, study_contrasts(study)
    table = table.assign(
        name=table["lever"].map(lever_name),
        contrast=[contrast_words(asked[lever]) for lever in table["lever"]],
        where=[where(study, table, row, "en") for row in table.itertuples()],
    )
    return with_truth(table, asked, study.truth, study.controls.topic) if study.simulated else table


def with_truth(table: pd.DataFrame, asked: Mapping[str, Contrast], truth: Truth, topic: np.ndarray) -> pd.DataFrame:
    """Effects with their ``truth`` on simulated posts, each over the posts of its own scope.

    Parameters
    ----------
    table
        From :func:`lib.advice.effects.lever_effects`.
    asked
        Lever to its contrast.
    topic
        (n,) topics of the posts.
    """
    everywhere = true_effects(list(asked.values()), truth).assign(scope=ALL)
    parts = [everywhere]
    for row in table[table["scope"] != ALL].itertuples():
        inside = posts_of(row.scope, named_scopes(table, row.lever, row.activity), topic)
        found = true_effects([asked[row.lever]], truth, inside)
        parts.append(found[found["activity"] == row.activity].assign(scope=row.scope))
    return table.merge(pd.concat(parts), how="left", on=["lever", "activity", "scope"])


def averages(study: Study) -> pd.DataFrame:
    """The effects over the whole feed: one row for each lever and activity of :func:`effects`."""
    table = effects(study)
    return table[table["scope"] == ALL].reset_index(drop=True)


def discoveries(study: Study) -> pd.DataFrame:
    """The effects that are discoveries, the strongest first.

    Returns
    -------
    The columns of :func:`effects`; in ``words``, the activity, the contrast with its scope, the rates before and after
    it per 10,000 views, and how many times as strong as the topic a cause would be that explains it away.
    """
    table = effects(study)
    table = table[table["q"] <= FALSE_DISCOVERY_RATE]
    table = table.sort_values("effect", key=lambda e: -np.abs(np.log1p(e)), ignore_index=True)
    words = []
    for row in table.itertuples():
        rates = f"{per_10000(row.base)} → {per_10000(row.base * (1 + row.effect))}"
        cause = "" if np.isnan(row.times) else f"; {number(row.times)} × topic"
        words.append(f"{label_of(row.activity)}: {_placed(row.contrast, row.where)} ({rates}{cause})")
    return table.assign(words=words)


def _placed(contrast: str, place: str) -> str:
    return contrast if place == "everywhere" else f"{contrast}, {place}"


def named_scopes(table: pd.DataFrame, lever: str, activity: str) -> list[str]:
    """The scopes of the topics that are named for a lever and an activity."""
    rows = table[(table["lever"] == lever) & (table["activity"] == activity)]
    return [scope for scope in rows["scope"] if scope not in (ALL, ELSEWHERE)]


def where(study: Study, table: pd.DataFrame, row: Any, language: Language) -> str:
    """The scope of a row or a tip in words, escaped."""
    names = {str(t): as_html(name) for t, name in enumerate(study.controls.names)}
    activity = getattr(row, "activity", None) or row.goal
    return scope_words(row.scope, names, named_scopes(table, row.lever, activity), language)


def by_both_methods(study: Study) -> pd.DataFrame:
    """The effects over the whole feed by both methods.

    Returns
    -------
    The columns of :func:`averages`; ``other``, ``other_low`` and ``other_high`` by double machine learning; ``apart``,
    whether the difference is outside its 95 % interval around zero, which allows for the correlation of the errors.
    """
    other = double_ml_effects(study).rename(columns={"effect": "other", "low": "other_low", "high": "other_high"})
    both = averages(study).merge(other, on=["lever", "activity"]).dropna(subset=["effect", "other"])
    ours, theirs = (1 + both["effect"]) * both["narrow_error"], (both["other_high"] - both["other_low"]) / (2 * Z_95)
    error = np.sqrt(ours**2 + theirs**2 - 2 * both["correlation"] * ours * theirs)
    return both.assign(apart=(both["effect"] - both["other"]).abs() > Z_95 * error).reset_index(drop=True)


def worths(study: Study) -> pd.DataFrame:
    """What each lever's contrast is worth to the posts of each scope, by the default weights of the activities.

    Returns
    -------
    ``lever``; ``contrast`` and ``where`` in words, and ``words``, both; ``change``, ``low`` and ``high`` of the value
    per 1,000 views; ``share``, the change relative to the value before it. Scopes in which an effect of the lever is a
    discovery.
    """
    scorer, table, asked = study_scorer(study), study_estimates(study).effects, study_contrasts(study)
    rows = []
    for lever in scorer.levers:
        known = table[(table["lever"] == lever.name) & (table["q"] <= FALSE_DISCOVERY_RATE)]
        for scope in known["scope"].unique():
            of = in_scope(table[table["lever"] == lever.name], scope).set_index("activity").reindex(scorer.activities)
            found = net_worth(
                np.array([DEFAULT_VALUE[activity] for activity in scorer.activities]),
                of["base"].fillna(0.0).to_numpy(),
                np.log1p(of["effect"].fillna(0.0).to_numpy()),
                of["error"].fillna(0.0).to_numpy(),
                np.array(lever.correlation),
            )
            row = known[known["scope"] == scope].iloc[0]
            place = {"contrast": contrast_words(asked[lever.name]), "where": where(study, table, row, "en")}
            numbers = {"change": 1000 * found.change, "low": 1000 * found.low, "high": 1000 * found.high}
            place["words"] = _placed(place["contrast"], place["where"])
            rows.append({"lever": lever.name, **place, **numbers, "share": found.change / found.before})
    columns = ["lever", "contrast", "where", "words", "change", "low", "high", "share"]
    return pd.DataFrame(rows, columns=columns).sort_values("change", ascending=False, ignore_index=True)


def experiments(study: Study) -> pd.DataFrame:
    """What an experiment on the strongest tip of each goal takes.

    Returns
    -------
    ``goal``; ``change``, the tip with its scope in words; ``effect``, its relative change of the rate; ``posts`` with
    the change and as many without it that find the effect; ``near``, the end of its interval that is nearer to no
    effect; ``near_posts`` that find this one.
    """
    scorer, table, asked = study_scorer(study), study_estimates(study).effects, study_contrasts(study)
    rows = []
    for tip in (tip for goal in study.activities for tip in choose_tips(table, goal)[:1]):
        of, near = tip_population(scorer, tip), min(tip.low, tip.high, key=abs)
        action = tip_action(tip, asked[tip.lever].from_to, "en")
        row = {"goal": tip.goal, "change": _placed(action, where(study, table, tip, "en"))}
        row |= {"effect": tip.effect, "posts": posts_needed(of, tip.effect)}
        rows.append(row | {"near": near, "near_posts": posts_needed(of, near)})
    return pd.DataFrame(rows, columns=["goal", "change", "effect", "posts", "near", "near_posts"])


def tip_population(scorer: Scorer, tip: Tip) -> Population:
    """The posts of a tip's topic; those of all topics for a tip without one."""
    topics = {str(topic.number): at for at, topic in enumerate(scorer.topics)}
    return find_population(scorer, tip.goal, topics.get(tip.scope, ANY_TOPIC))


def conflicts(study: Study) -> pd.DataFrame:
    """Goals that ask for opposite steps of one lever: ``contrast``, ``more`` of which the step gives, and ``less``."""
    table, asked = averages(study), study_contrasts(study)
    rows = []
    for lever, found in table[table["q"] <= FALSE_DISCOVERY_RATE].groupby("lever", sort=False):
        serves = found["effect"] * found["activity"].map(lambda a: ACTIVITY[a].wanted) > 0
        if 0 < serves.sum() < len(serves):
            sides = [listed(found.loc[side, "activity"]) for side in (serves, ~serves)]
            rows.append((contrast_words(asked[lever]), *map(str, sides)))
    return pd.DataFrame(rows, columns=["contrast", "more", "less"])


def power_table() -> pd.DataFrame:
    """How often a true effect is found, by its size.

    Returns
    -------
    ``size`` in words; ``found``, the share of effects that are found, and ``narrow``, the same without the allowance
    for a bias; ``questions``, the number of effects tested.
    """
    of = bench_coverage()
    rows = [wide | {"narrow": row["found"]} for wide, row in zip(of["widened"]["power"], of["power"], strict=True)]
    sizes = [f"{100 * row['from']:.0f} to {100 * row['to']:.0f} %" for row in rows]
    return pd.DataFrame(rows).assign(size=sizes)


def coverage_cells() -> pd.DataFrame:
    """Shares of the many feeds' intervals that contain the truth: a row per lever (``name``), a column per activity."""
    cells = pd.DataFrame(bench_coverage()["cells"])
    found = cells.pivot(index="lever", columns="activity", values="inside").reindex(columns=list(ACTIVITY))
    return found.assign(name=found.index.map(lever_name)).reset_index(drop=True)


def low_cells() -> pd.DataFrame:
    """The cells of :func:`coverage_cells` that hold the truth too seldom: rows ``lever``, ``activity``, ``inside``.

    Too seldom is what chance would give in one study of a hundred, if every interval held the truth in 95 %.
    """
    of = bench_coverage()
    cells = pd.DataFrame(of["cells"])
    least = binom.ppf(0.01 / len(cells), cells["feeds"], 0.95) / cells["feeds"]
    return cells[cells["inside"] < least].sort_values("inside", ignore_index=True)


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
