"""Sentences on what the checks of a forecast found: its coverage, distribution, calibration and residuals.

The wording follows from the size of what was found and from its p-value; see :mod:`lib.study.departures`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.posts import as_html
from lib.report.numbers import Text, count, label_of, listed, number, pct
from lib.study import Study, departures, diagnostics, scores, trade

TOPICS, VIEWS = "topics", "views"


def worst_coverage(study: Study) -> Text:
    """Whether the worst activity's coverage is farther off than chance explains, for both levels."""
    lines = []
    for level in departures.INTERVALS:
        found = departures.covered(study, scores.best(study), level)
        word = "no more" if found.low <= found.worst <= found.high else "more"
        digits = 3 if word == "more" and pct(found.worst) in (pct(found.low), pct(found.high)) else 2
        lines.append(
            f"The {level} % intervals hold {pct(found.mean)} on average and {pct(found.worst, digits)} on"
            f" {label_of(found.activity)}, the activity farthest off: {word} than chance explains,"
            f" which keeps all {count(len(study.activities), 'activity', 'activities')} between"
            f" {pct(found.low, digits)} and {pct(found.high, digits)}."
        )
    return Text("\n".join(lines))


def pit(table: pd.DataFrame) -> Text:
    """How far the bars depart from flat; for :func:`lib.study.diagnostics.pit_histogram`."""
    return Text(_judged(departures.judge(table), "bar", "the band", "the middle"))


def reliability(table: pd.DataFrame) -> Text:
    """How far the observed rates depart from the predicted ones; for :func:`lib.study.diagnostics.reliability`."""
    return Text(_judged(departures.judge(table), "point", "the grey bars", "the predicted rates"))


def residuals(table: pd.DataFrame, by: str = TOPICS) -> Text:
    """How far groups depart from what was predicted, and which one most; for :func:`lib.study.diagnostics.residuals`.

    Parameters
    ----------
    by
        ``TOPICS`` or ``VIEWS``: what the groups are.
    """
    if table.empty:
        return Text("There are too few test posts to tell groups of them apart.")
    found = departures.judge(table)
    most = table.iloc[found.farthest]
    return Text(
        f"{_judged(found, 'point', 'the grey bars', 'the predicted rates')}\n"
        f"Farthest out are {_posts_in(most['group'], by)}: their rate of {label_of(most['name'])} is"
        f" {number(most['value'])} of the predicted one, where {number(most['low'])} to {number(most['high'])} would be"
        " usual."
    )


def counts(table: pd.DataFrame) -> Text:
    """Whether the forecast could have made the counts; for :func:`lib.study.diagnostics.zeros_and_quantiles`."""
    found = departures.judge(table)
    inside = 1 - (found.above + found.below) / found.points
    out = [f"{_statistic(row)} ({_values(row)})" for _, row in table.iloc[found.out].iterrows()]
    lines = [
        f"Of the zeros and the three quantiles of every activity, the observed value lies in the drawn range in"
        f" {pct(inside)}; a perfect forecast would reach about {pct(diagnostics.REPLICATED)}.",
        f"Farther out than chance puts any: {listed(out)}." if out else "None is farther out than chance puts one.",
    ]
    if found.activities:
        lines.append(f"Chance doesn't explain how far out those of {listed(found.activities)} are together.")
    return Text("\n".join(lines))


def calibration(study: Study) -> Text:
    """Whether intercepts and slopes of the calibration differ from 0 and 1, together and one by one."""
    table, p = trade.calibration(study, scores.best(study))
    if np.isnan(p):
        return Text("The regression has no maximum on any activity, so nothing can be said.")
    word = "more" if p < 1 - departures.LEVEL else "no more"
    lines = [
        f"Together the activities depart from intercept 0 and slope 1 {word} than chance explains (Wald test,"
        f" p = {number(p, 1)})."
    ]
    lines += [f"On {label_of(row['name'])} {_miscalibrated(row)}." for _, row in _clear(table).iterrows()]
    return Text("\n".join(lines))


def rho(study: Study) -> Text:
    """On which activities the rho of the best forecast depends on the predicted rate, and how much."""
    found = scores.rho_by_rate(study, scores.best(study))
    if found.empty:
        return Text("It has one rho for each activity: one that depends on the predicted rate pays on none.")
    ranges = [
        f"{label_of(of.name)} (from {number(of.low)} to {number(of.high)})" for of in found.itertuples(name="Rho")
    ]
    lines = [
        f"Its rho depends on the predicted rate on {listed(ranges)}: these are its values at the first and the ninth"
        " decile of the rates.",
    ]
    if len(found) < len(study.activities):
        lines.append("It has one rho for each of the other activities.")
    if (found["high"] > found["low"]).all():
        lines.append(_WHY_RHO)
    return Text("\n".join(lines))


_WHY_RHO = "A forecast that is off by a factor is off by more actions where rates are high: counts scatter more there."


def faults(study: Study) -> Text:
    """What the checks found wrong with the best forecast and what not to use it for, as a list in Markdown."""
    name = scores.best(study)
    found, (table, _) = diagnostics.checks(study, name), trade.calibration(study, name)
    lines = [
        f"Don't use it for the rate of {label_of(row['name'])} on {_posts_in(row['group'], by)}: the observed rate is"
        f" {number(row['value'])} of the predicted one."
        for by, groups in ((TOPICS, found.topics), (VIEWS, found.views))
        for _, row in _out(groups)
    ]
    lines += [
        f"Don't use its rates of {label_of(row['name'])} near {pct(row['predicted'])} as they are: {pct(row['value'])}"
        " was observed there."
        for _, row in _out(found.reliability)
    ]
    tables = {"PIT": found.pit, "predicted rate": found.reliability, "topic": found.topics, "views": found.views}
    sides: dict[tuple[str, int], list[str]] = {}
    for by, of in ((by, departures.judge(points)) for by, points in tables.items() if len(points)):
        if of.p_side < departures.SURE:
            sides.setdefault((of.activity, of.side), []).append(by)
    lines += [
        f"Its rates of {label_of(activity) if activity else 'all activities together'} are"
        f" {'too low' if side > 0 else 'too high'} on the whole (by {listed(by)})."
        for (activity, side), by in sides.items()
    ]
    lines += [f"Mind that on {label_of(row['name'])} {_miscalibrated(row)}." for _, row in _clear(table).iterrows()]
    for level in departures.INTERVALS:
        of = departures.covered(study, name, level)
        if not of.low <= of.worst <= of.high:
            lines.append(f"Don't use its {level} % intervals for {label_of(of.activity)}: they hold {pct(of.worst)}.")
    lines += [f"Don't use it for {_statistic(row)}: {_values(row)}." for _, row in _unlike(found.counts).iterrows()]
    if not lines:
        lines = [
            f"No check found it wrong by more than chance on {count(len(study.split.test), 'test post')}; a fault that"
            " is smaller than the bands wouldn't show."
        ]
    return Text("\n".join(f"- {line}" for line in lines))


def least_posts() -> Text:
    """How many test posts a group needs to be shown."""
    return count(diagnostics.LEAST_POSTS, "test post")


def grouping(study: Study) -> Text:
    """How the groups of :func:`lib.study.groups.by_topic` were found."""
    if study.simulated:
        return Text("The topic is the simulation's own, which no model knows")
    if len(study.controls.words) > 1:
        return Text("Topics are found in the words of the texts, and each is named by one of them")
    return Text("A cluster holds posts whose photos and texts are alike to the encoders")


def _judged(found: departures.Departures, noun: str, where: str, middle: str) -> str:
    """How many points are out and to which side, and which departures are more than chance."""
    out, usual = found.above + found.below, (1 - diagnostics.LEVEL) * found.points
    lie = "lies" if out == 1 else "lie"
    sides = f" ({found.above} above, {found.below} below)" if out else ""
    first = (
        f"Of {count(found.points, noun)}, {out or 'none'} {lie} outside {where}{sides}, where chance puts about"
        f" {number(usual, 2 if usual > 10 else 1)}."
    )
    tests = {
        "the largest departure": found.p_farthest,
        "the departures together": found.p_all,
        "their lying to one side": found.p_side,
    }
    clear = {what: p for what, p in tests.items() if p < departures.SURE}
    said = listed(f"{what} (p = {number(p, 1)})" for what, p in (clear or tests).items())
    if not clear:
        return f"{first}\nChance explains {said}."
    lines = [first, f"Chance doesn't explain {said}."]
    if "their lying to one side" in clear:
        whose = f" of {label_of(found.activity)}" if found.activity else ""
        lines.append(f"The observations{whose} lie {'above' if found.side > 0 else 'below'} {middle} on the whole.")
    return "\n".join(lines)


def _out(table: pd.DataFrame, most: int = 3) -> list[tuple[object, pd.Series]]:
    """The points of a table that are farther out than chance explains, at most ``most`` of them."""
    return list(table.iloc[departures.judge(table).out[:most]].iterrows()) if len(table) else []


def _unlike(table: pd.DataFrame) -> pd.DataFrame:
    """The statistic that is farthest out of each activity whose counts the forecast could not have made."""
    found = departures.judge(table)
    return table.iloc[[*found.out, *found.activities.values()]].drop_duplicates("name")


def _clear(table: pd.DataFrame) -> pd.DataFrame:
    """The activities whose calibration departs by more than chance, allowing for their number (Bonferroni)."""
    return table[table["p"] < (1 - departures.LEVEL) / len(table)]


def _miscalibrated(row: pd.Series) -> str:
    """In which way an activity is miscalibrated: the parameter that is more standard errors off."""
    level, slope = row["intercept"] / row["intercept_error"], (row["slope"] - 1) / row["slope_error"]
    if not abs(slope) > abs(level):
        return f"the odds are {number(np.exp(row['intercept']))} times those predicted"
    much = "too much" if slope < 0 else "too little"
    return f"predicted rates differ {much} from post to post: the slope is {number(row['slope'])}"


def _posts_in(group: str, by: str) -> str:
    return f"posts with {group} views" if by == VIEWS else f"posts in “{as_html(group)}”"


def _statistic(row: pd.Series) -> str:
    if row["statistic"] == "zeros":
        return f"the share of posts without any {label_of(row['name'])}"
    return f"the {row['statistic']} quantile of the counts of {label_of(row['name'])}"


def _values(row: pd.Series) -> str:
    of = pct if row["statistic"] == "zeros" else number
    return f"{of(row['value'])} where {of(row['low'])} to {of(row['high'])} would be usual"
