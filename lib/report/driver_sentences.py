"""Sentences and tables of chapter 5 on what drives a forecast, beside the effects of chapter 6."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.advice import FALSE_DISCOVERY_RATE, study_estimates
from lib.models import Interval
from lib.report.effects import averages
from lib.report.numbers import Text, count, interval, label_of, listed, number, pct, signed
from lib.study import Study, importance, scores
from lib.study.importance import ALL, CONTEXT

FLAT, CLEAR = 0.01, 0.05  # a smaller relative change of a forecast counts as none, and a larger as a clear one
PARTLY = 0.9  # blocks that cost together less than this share of what all of them cost can stand in for one another

AGREES, AGAINST, ALONE = VERDICTS = ("the same way", "another way", "the forecast alone")
SAME_AS_PLAIN = "goes the way of the unadjusted difference: a forecast uses whatever goes along with the lever"
UNUSED = "hardly moves: its other features carry what the lever says"
UNSURE = "goes the way of the adjusted effect, which these posts don't establish"
BY_TOPIC = "moves where the effect differs by topic, so that there is no single one"
OTHERWISE = "moves unlike the unadjusted difference: the features that change along with the lever are held fixed"


def block_caption(study: Study) -> Text:
    """Of the importance of blocks: which block alone costs most, and on how many posts it was measured."""
    table = importance.by_block(study)
    single = table[(table["activity"] == ALL) & table["name"].str.contains("_")]
    found = "Nothing drives the forecast"
    if len(single):
        row = single.loc[single["value"].idxmax()]
        found = f"Of single blocks, *{label_of(row['name'])}* costs most to permute ({number(row['value'])} nats)"
    posts = len(importance.sample(study, importance.MOST_POSTS))
    return Text(
        f"{found}. Loss of held-out log score of the chosen forecast when the rows of a block are permuted among"
        f" {count(posts, 'test post')}, the mean of {count(importance.REPEATS, 'permutation')}, with 95 % intervals."
    )


def blocks(study: Study) -> Text:
    """What the chosen forecast loses without photo, text or context, and which activity needs which most."""
    table = importance.by_block(study)
    if table.empty:
        return Text("The chosen forecast uses no features, so nothing drives it.")
    whole = table[table["activity"] == ALL].set_index("name")
    wholes = [name for name in ("text", "photo", CONTEXT) if name in whole.index]
    said = [f"the {name} costs {_interval(whole.loc[name])}" for name in wholes]
    lines = [f"In nats per post and activity, to permute {'; '.join(said)}."]
    if {"text", "photo"} <= set(wholes):
        sides = {side: _more(table, side, other) for side, other in (("text", "photo"), ("photo", "text"))}
        parts = [f"the {side} matters more for {listed(names)}" for side, names in sides.items() if names]
        if parts:
            lines.append(f"{'; '.join(parts)[0].upper()}{'; '.join(parts)[1:]} (intervals that don't overlap).")
    for source in ("text", "photo"):
        single = whole[whole.index.str.startswith(f"{source}_")]["value"]
        if source in wholes and len(single) > 1:
            share = single.sum() / whole.loc[source, "value"] if whole.loc[source, "low"] > 0 else np.nan
            if share < PARTLY:
                lines.append(
                    f"The blocks of the {source}, permuted one at a time, cost together only {number(share)} times as"
                    " much as all at once: they partly say the same."
                )
    return Text("\n".join(lines))


def features(study: Study) -> Text:
    """The readable features that matter most to the trees, and those that cost the chosen forecast most."""
    table = importance.by_feature(study)
    if table.empty or table["value"].isna().all():
        return Text("The trees see no readable feature of this feed one by one.")
    sure = table[table["low"] > 0].nlargest(3, "value")
    top = listed(label(name) for name in table["name"].head(3))
    first = f"The trees lean most on {top}." if table["shap"].notna().any() else ""
    if sure.empty:
        return Text(f"{first} No single readable feature costs the forecast a sure amount when it is permuted.".strip())
    most = listed(f"{label(row.name)} ({number(row.value)} nats)" for row in sure.itertuples())
    return Text(f"{first}\nThe chosen forecast loses most without {most}.".strip())


def curves(study: Study) -> Text:
    """The strongest partial dependence of each feature that has a curve."""
    table = importance.curves(study)
    table = table[table["activity"].isin(scores.RESPONSES)]
    if table.empty:
        return Text("There is no readable feature to vary.")
    ends = table.groupby(["name", "activity"], sort=False)["ratio"].agg(lambda r: r.max() / r.min()).reset_index()
    said = []
    for name, of in ends.groupby("name", sort=False):
        row = of.loc[of["ratio"].idxmax()]
        said.append(
            f"“{label(name)}” the rate of {label_of(row['activity'])}, by a factor of {number(row['ratio'], 3)}"
        )
    return Text(f"What each of these features moves most: {'; '.join(said)}.")


def agreement(study: Study) -> pd.DataFrame:
    """Effects of chapter 6 beside the forecast's moves, for levers that a readable feature of the forecast follows.

    Listed is an effect beyond chance, with no allowance for a bias, and one that isn't although the forecast moves by
    ``CLEAR`` or more.

    Returns
    -------
    Columns ``lever``, ``name`` of the lever, ``contrast`` in words, ``activity``; ``effect``, adjusted; ``moved``, that
    of :func:`lib.study.importance.by_lever`; ``plain``, the unadjusted effect, or NaN; ``verdict``, one of
    ``VERDICTS``; ``why`` they don't agree, or "". Those that agree come last.
    """
    plain = study_estimates(study).unadjusted.rename(columns={"effect": "plain"})[["lever", "activity", "plain"]]
    table = averages(study).merge(importance.by_lever(study), on=["lever", "activity"])
    table = table.merge(plain, how="left", on=["lever", "activity"])
    table = table.astype(dict.fromkeys(("effect", "moved", "plain", "narrow_q"), float))  # objects, if there are none
    by_topic = table["state"] == "differs by topic"
    beyond, flat = table["narrow_q"] <= FALSE_DISCOVERY_RATE, table["moved"].abs() < FLAT
    same = (np.sign(table["effect"]) == np.sign(table["moved"])) & ~flat
    known = table["effect"].notna() | by_topic
    verdict = np.select([beyond & same, beyond, known & (table["moved"].abs() >= CLEAR)], VERDICTS, "")
    usual = np.where(np.sign(table["plain"]) == np.sign(table["moved"]), SAME_AS_PLAIN, OTHERWISE)
    why = np.select([beyond & same, flat, by_topic, same], ["", UNUSED, BY_TOPIC, UNSURE], usual)
    table = table.assign(verdict=verdict, why=why)[verdict != ""]
    columns = ["lever", "name", "contrast", "activity", "effect", "moved", "plain", "verdict", "why"]
    order = table["verdict"].map([AGAINST, ALONE, AGREES].index).sort_values(kind="stable").index
    return table.loc[order, columns].reset_index(drop=True)


def agrees(study: Study) -> Text:
    """For how many effects of chapter 6 the forecast moves the same way, and why not for the others."""
    table = agreement(study)
    same = table[table["verdict"] == AGREES]
    beyond, lines = int(table["verdict"].isin([AGREES, AGAINST]).sum()), []
    if beyond:
        ways = ("all" if beyond > 1 else "it") if len(same) == beyond else len(same) or "none"
        lines.append(
            f"Of {count(beyond, 'effect')} beyond chance without the allowance for a bias of @sec-author-advice, the"
            f" forecast moves the same way on {ways}."
        )
        less = float((same["moved"].abs() < same["effect"].abs()).mean()) if len(same) else 0.0
        if less > 0.5:
            most = ("all of these" if len(same) > 1 else "it") if less == 1 else f"{pct(less)} of these"
            lines.append(f"On {most} the forecast moves less: vectors and words, which also say it, stay as they are.")
    else:
        lines.append("No effect of such a lever is beyond chance here.")
    for verdict, lead in ((AGAINST, "Against the effect, it"), (ALONE, "Where no effect is beyond chance, it")):
        for why, rows in table[table["verdict"] == verdict].groupby("why", sort=False):
            names = "; ".join(
                f"{row.name} on {label_of(row.activity)} {signed(100 * row.moved)} %" for row in rows.itertuples()
            )
            lines.append(f"{lead} {why} ({names}).")
    return Text("\n".join(lines))


def label(feature: str) -> str:
    """A readable feature in words: "text_likeness" is "text likeness"."""
    return feature.replace("_", " ")


def feature_table(study: Study) -> pd.DataFrame:
    """The features of :func:`lib.study.importance.by_feature` in words, with the ``source`` of each."""
    table = importance.by_feature(study)
    return table.assign(name=table["name"].map(label), source=table["block"].str.removesuffix("_features"))


def _more(table: pd.DataFrame, side: str, other: str) -> list[str]:
    """The activities whose interval for one source lies above that for the other."""
    ours, theirs = (table[table["name"] == name].set_index("activity") for name in (side, other))
    return [activity for activity in ours.index if activity != ALL and ours.low[activity] > theirs.high[activity]]


def _interval(row: pd.Series) -> Text:
    return interval(Interval(row["value"], row["low"], row["high"], 0.95))
