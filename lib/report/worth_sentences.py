"""Sentences and rows of chapter 5 on what a forecast is worth: views of evidence, the order of posts, hides, cost."""

from __future__ import annotations

import math

import pandas as pd

from lib.models import BASELINE, TRUTH
from lib.report.numbers import Text, count, label_of, number, pct, significant
from lib.study import Study, scores, trade, worth

_TIMED = '<span class="times">{}</span>'  # what differs from run to run, as in lib.report.tables


def evidence_rows(study: Study) -> pd.DataFrame:
    """:func:`lib.study.worth.evidence_table` for readers: ``name``, ``ours`` and, on simulated posts, ``truth``."""
    found = worth.evidence_table(study, scores.best(study))
    found = found.assign(words=[views(row) for _, row in found.iterrows()])
    wide = found.pivot(index="name", columns="forecast", values="words").reindex(found["name"].unique())
    return wide.rename(columns={scores.best(study): "ours"}).reset_index()


def evidence(study: Study) -> Text:
    """What the chosen forecast is worth in views, over all activities, and on which activities most and least."""
    name = scores.best(study)
    if name == BASELINE:
        return Text("The chosen forecast is no features, and so worth no view.")
    found = worth.evidence_table(study, name)
    ours = found[found["forecast"] == name].set_index("name")
    lines = [
        f"Over all activities *{label_of(name)}* tells as much as the first {views(ours.loc[worth.ALL])} of a post."
    ]
    each = ours.drop(worth.ALL)["value"].sort_values(kind="stable")
    if len(each) > 1:
        first, last = each.index[-1], each.index[0]
        lines.append(
            f"It is worth most on {label_of(first)} ({views(ours.loc[first])}) and least on {label_of(last)}"
            f" ({views(ours.loc[last])}): where an action is rare, or posts are alike, views tell little."
        )
    if study.simulated:
        truth = found[found["forecast"] == TRUTH].set_index("name").loc[worth.ALL]
        lines.append(f"Who knew the truth would know as much as after {views(truth)}.")
    return Text("\n".join(lines))


def order(study: Study) -> Text:
    """How well the chosen forecast orders posts by value, beside a random order and the truth's."""
    name, found = scores.best(study), worth.order_table(study).set_index("name")
    if name == BASELINE:
        return Text("The chosen forecast is no features, which orders nothing.")
    ours, chance = found.loc[name], found.loc[BASELINE]
    word = (
        "above" if ours["low"] > chance["value"] else "below" if ours["high"] < chance["value"] else "not clearly above"
    )
    lines = [
        f"The order of *{label_of(name)}* has an NDCG of {number(ours['value'], 3)} (95 % interval"
        f" {number(ours['low'], 3)} to {number(ours['high'], 3)}), {word} the {number(chance['value'], 3)} of a random"
        f" order; its first tenth of the posts is worth {number(ours['first'])} times the average."
    ]
    if study.simulated:
        truth = found.loc[TRUTH, "value"]
        lines.append(
            f"The order of the truth gets {number(truth, 3)}: observed values hold chance, so that"
            f" {'even the truth is not first here' if found['value'].max() > truth else 'no order gets all of it'}."
        )
    return Text("\n".join(lines))


def hides(study: Study) -> Text:
    """What holding back the posts with the highest predicted rates of hides removes and costs."""
    found = worth.held_back(study, scores.best(study))
    found = found[found["forecast"] == scores.best(study)]
    if found.empty:
        return Text("On this feed there is no forecast of hides to hold posts back by.")
    row = found.iloc[len(found) // 2]
    word = "more than" if row["low"] > row["views"] else "not clearly more than"
    return Text(
        f"The {pct(row['share'], 1)} of the test posts with the highest predicted rates of hides"
        f" ({count(row['posts'], 'post')}) have {pct(row['hides'])} of all hides (95 % interval"
        f" {pct(row['low'])} to {pct(row['high'])}), {word} their"
        f" {pct(row['views'])} of the views, and {pct(row['likes'])} of all likes."
    )


def price() -> Text:
    """The assumed price of a core hour."""
    return Text(f"{number(worth.PRICE, 1)} dollars")


def cost_rows(study: Study) -> pd.DataFrame:
    """What each model costs beside its gain: the columns of :func:`lib.study.worth.costs`, and of the leaderboard."""
    board = scores.leaderboard(study)[["name", "value", "low", "high"]]
    return board.merge(worth.costs(study), on="name")


def cost(study: Study, name: str | None = None) -> Text:
    """What a forecast of a post costs."""
    name = name or scores.best(study)
    row = worth.costs(study).set_index("name").loc[name]
    size = "" if math.isnan(row["megabytes"]) else f" and {number(row['megabytes'])} MB of numbers and encoders"
    if math.isnan(row["milliseconds"]):
        return Text(f"a time that is not known here, since no encoder ran on enough posts{',' if size else ''}{size}")
    spent = _TIMED.format(f"{number(row['milliseconds'])} milliseconds")
    money = _TIMED.format(f"{significant(1000 * row['dollars'], 2)} dollars")
    return Text(f"{spent} of a processor core, as measured on this machine,{size} ({money} for a million posts)")


def ranking(study: Study) -> str:
    """AUC and lift of the chosen forecast, on average over the activities."""
    table = trade.by_activity(study, scores.best(study))
    mean = table[table["forecast"] == scores.best(study)][["auc", "lift"]].mean()
    return (
        f"a view with an action ranks above one without in {pct(mean['auc'])} of cases (AUC; a coin reaches 50 %), and"
        f" the tenth of posts with the highest predicted rate has {number(mean['lift'])} times the usual rate"
    )


def views(row: pd.Series) -> str:
    """A number of views with its interval: "47 views (95 % interval 42 to 52)"."""
    ends = " to ".join(_capped(row[end], row["most"]) for end in ("low", "high"))
    value = _capped(row["value"], row["most"])
    return f"{value} view{'' if value in ('1', 'under 1') else 's'} ({ends})"


def _capped(value: float, most: float) -> str:
    if math.isinf(value):
        return f"over {significant(most, 2)}"
    return significant(value, 2) if value >= 1 or value == 0 else "under 1"
