"""Sentences and tables of chapter 5 on the choices of training: loss, tasks and settings."""

from __future__ import annotations

import pandas as pd

from lib.models import Interval
from lib.report.numbers import Text, count, interval, listed, number, standing, verdict
from lib.study import Study
from lib.study import training_choices as choices

_NAMES = {
    "HIDDEN": "units",
    "LAYERS": "layers",
    "DROPOUT": "dropout",
    "RATE": "learning rate",
    "DECAY": "weight decay",
    "depth": "depth",
    "l2_leaf_reg": "penalty",
    "rsm": "share of features",
    "learning_rate": "learning rate",
}


def source(study: Study) -> Text:
    """Where the figures come from."""
    of, here = choices.stored(), choices.of_this_feed(study)
    whose = "this feed" if here else f"a simulated feed of {count(of['posts'], 'post')}, not this one"
    return Text(
        f"The figures of this section are stored: they come from `{of['command']}` ({of['date']}), over"
        f" {count(of['training'], 'training post')} and {count(of['test'], 'test post')} of {whose}."
    )


def sizes() -> Text:
    """How small the models of the comparison are."""
    of = choices.stored()
    gain = Interval(**of["gain"], level=0.95)
    blocks = f"{of['components']['network']} components for a network"
    if _has_trees():
        blocks += f" and {of['components']['trees']} for trees"
    return Text(
        f"So that a trial is cheap, a block has at most {blocks}, and the network has"
        f" {count(of['small']['LAYERS'], 'layer')} of {of['small']['HIDDEN']} units; fitted by the beta-binomial"
        f" likelihood it gains {interval(gain)} nats over no features."
    )


def losses() -> Text:
    """Which loss is best for network and for trees, and what the others lose."""
    table, lines = choices.table(choices.LOSS), []
    for model, rows in table.groupby("model", sort=False):
        best, others = rows[rows["chosen"]].iloc[0], rows[~rows["house"]]
        behind = others[others["high"] < 0]
        lead = f"For the {model}, cross-fitting chooses the loss *{best['name']}*"
        if len(behind) == len(others):
            ends = f"{number(-behind['value'].max())} to {number(-behind['value'].min())}"
            lines.append(f"{lead}; on the test posts the others are {ends} nats behind the beta-binomial.")
        else:
            word = f"behind the beta-binomial {'is' if len(behind) == 1 else 'are'} {listed(behind['name'])}"
            lines.append(f"{lead}; on the test posts {word}.")
    if _has_trees():
        lines.append("Trees by a loss of CatBoost's own choose their penalty for each activity by cross-fitted scores.")
    return Text("\n".join(lines))


def weights() -> Text:
    """What it does to a network if its posts weigh as their views."""
    table = choices.table(choices.LOSS)
    found = _interval(table[table["name"].str.endswith("weighted by views")].iloc[0])
    word = verdict(found, "a gain", "a loss", "no clear difference", "no difference worth having")
    why = ": a few posts with most of the views decide the fit" if found.high < 0 else ""
    return Text(
        f"Weighted by views, the beta-binomial differs by {interval(found)} nats from posts alike; {word}{why}."
    )


def tasks() -> Text:
    """Whether one network for all activities is better than one for each."""
    one, each = (row for _, row in choices.table(choices.TASKS).iterrows())
    found, times = _interval(each), each["seconds"] / one["seconds"]
    return Text(
        f"A network for each activity, each as large as the one for all, is {standing(found)} it: the difference is"
        f" {interval(found)} nats, for {number(times)} times the processor time."
    )


def search() -> Text:
    """How many settings were tried, which is best by cross-fitted scores, and what it gains over the house's."""
    lines = []
    for model, rows in choices.table(choices.SETTINGS).groupby("model", sort=False):
        best, tried = rows[rows["chosen"]].iloc[0], len(rows) - 1
        lead = f"For the {model}, of the house's settings and {tried} drawn at random,"
        if best["house"]:
            lines.append(f"{lead} the house's have the best cross-fitted score.")
        else:
            found = _interval(best)
            word = verdict(found, "a gain", "a loss", "no clear difference", "no difference worth having")
            lines.append(f"{lead} others have: on the test posts they differ by {interval(found)} nats, {word}.")
    return Text("\n".join(lines))


def comparison() -> pd.DataFrame:
    """The trials of losses and tasks: the columns of :func:`lib.study.training_choices.table`."""
    return pd.concat([choices.table(choices.LOSS), choices.table(choices.TASKS)], ignore_index=True)


def searched() -> pd.DataFrame:
    """The trials of the searches with their settings in words, and ``mark``: the house's, the chosen, or ""."""
    table = choices.table(choices.SETTINGS)
    words = [", ".join(f"{name} {of[key]:g}" for key, name in _NAMES.items() if key in of) for of in table["settings"]]
    marks = [" and ".join(["the house's"] * row.house + ["chosen"] * row.chosen) for row in table.itertuples()]
    return table.assign(settings=words, mark=marks)


def _has_trees() -> bool:
    return "trees" in set(choices.table(choices.LOSS)["model"])


def _interval(row: pd.Series) -> Interval:
    return Interval(row["value"], row["low"], row["high"], 0.95)
