"""Sentences of chapter 5 on how well text and photo match."""

from __future__ import annotations

import pandas as pd

from lib.advice import FALSE_DISCOVERY_RATE
from lib.report.numbers import Text, count, interval, label_of, number, pct, verdict
from lib.study import Study, match

NOTHING = "Too few posts have both a photo and a text whose topic is recognised, so no match can be measured here."


def measured(study: Study) -> Text:
    """For how many posts the match is known, and how often the photo tells the topic of the text."""
    found = match.found(study)
    posts = int((found.topic >= 0).sum())
    if not posts:
        return Text(NOTHING)
    return Text(
        f"{count(posts, 'post')} have a photo and a text whose topic is recognised. For {pct(found.right)} of them the"
        f" topic that is likeliest by the photo is that of the text; the largest topic has {pct(found.usual)}."
    )


def effects(study: Study) -> Text:
    """Which rates go with the match, before and after adjustment for all that chapter 6 adjusts for."""
    table = match.effects(study)
    if table.empty:
        return Text("So there is no effect to look for.")
    plain, full = (_sure(table, adjusted) for adjusted in (match.TOPIC, match.EVERYTHING))
    lines = [f"Adjusted for topic alone, {_names(plain)}."]
    lines.append(f"Adjusted for the controls and levers of @sec-author-advice as well, {_names(full)}.")
    if len(full):
        lines.append("So the match goes with what readers do beyond what else is known of a post.")
    elif len(plain):
        lines.append("So what goes with the match is what else such posts have in common, not the match itself.")
    else:
        lines.append("So there is no evidence that readers act on the match.")
    if study.simulated:
        lines.append(_built_in(study, bool(len(full))))
    return Text("\n".join(lines))


def _built_in(study: Study, found: bool) -> str:
    """Whether the truth of a simulated feed has an effect of the match."""
    if "match" in set(study.truth.effects["lever"]):
        return "The simulation has an effect of the match."
    after = ": an effect that remains after adjustment would be an error of the method" if found else ""
    return f"No effect of the match is built into the simulation{after}."


def gain(study: Study) -> Text:
    """What the match adds to the chosen forecast."""
    found = match.gain(study)
    if found is None:
        return Text("The match can't be added to the forecast here.")
    word = verdict(found, "it is worth having", "it does harm", "no clear difference", "not worth having")
    return Text(f"Added to the chosen forecast as a feature, the match gains {interval(found)} nats: {word}.")


def _sure(table: pd.DataFrame, adjusted: str) -> pd.DataFrame:
    return table[(table["adjusted"] == adjusted) & (table["q"] <= FALSE_DISCOVERY_RATE)]


def _names(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "no activity goes with the match beyond chance"
    parts = [
        f"{label_of(row.name)} ({'+' if row.value > 0 else ''}{number(100 * row.value)} %)" for row in rows.itertuples()
    ]
    return f"these go with one standard deviation more of match: {', '.join(parts)}"
