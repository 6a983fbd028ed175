"""Sentences whose wording follows from the data: what was set aside, how the split fell out, what won.

Every function takes the study and returns text that a notebook shows as Markdown.
"""

from __future__ import annotations

import pandas as pd

from lib import results
from lib.calibration import calibration_table, facts, oracle_table
from lib.feed import Feed
from lib.posts import ACTIVITIES
from lib.prose import Text, count, interval, listed, pct, verdict
from lib.study import FEED_SEED, MIN_POSTS_WITH_ONE, Study
from lib.text import as_html

SIMULATED = """::: {.callout-warning}

## Simulated posts

Every number on this page is computed from a simulated feed whose truth is known.
It shows how well the method works; nothing here is a finding about VKontakte.

:::"""


def banner(study: Study) -> Text | None:
    """The warning that every page of a report on simulated posts carries; None on real ones."""
    return Text(SIMULATED) if study.simulated else None


def source(study: Study) -> Text:
    """What the posts are, in half a sentence."""
    return Text(f"a simulated feed (seed {FEED_SEED})" if study.simulated else as_html(study.path.name))


def reading(study: Study) -> Text:
    """How many rows and photos could not be used, and why."""
    rejected, problems = study.posts.attrs["rejected"], study.posts.attrs["photo_problems"]
    rows = f"Of the rows of the table, {count(len(rejected), 'row')} could not be used{_reasons(rejected)}."
    photos = f"Among the posts that stay, {count(len(problems), 'photo')} could not be decoded{_reasons(problems)}."
    return Text(f"{rows}\n{photos}")


def _reasons(table: pd.DataFrame) -> str:
    counted = table["reason"].value_counts() if len(table) else {}
    return " (" + "; ".join(f"{reason}: {n:,}" for reason, n in counted.items()) + ")" if len(table) else ""


def published(study: Study) -> Text:
    """How near this feed comes to the published figures, and how hard it is where that is known."""
    of = calibration_table(study.posts)
    asked = of[of["met"].notna()]
    met = int(asked["met"].sum())
    said = (
        f"Of {len(asked)} published figures a simulation is measured by, this feed of {len(study.posts):,} meets {met}."
    )
    if study.truth is None:
        return Text(said)
    limit = oracle_table(Feed(study.posts, study.truth)).set_index("activity").loc["sum of all", "r2"]
    return Text(
        f"{said}\nWho knew its true rates would explain {pct(limit)} of the variance of (all activities)/views;"
        f" the best published model of the original data explains {pct(_best_published())}."
    )


def _best_published() -> float:
    return max(result.get("r2", 0) for result in facts()["published_results_on_the_same_data"])


def activities(study: Study) -> Text:
    """Which activities can be modelled on this feed, and which are set aside."""
    never = [a for a in study.set_aside if study.posts[a].sum() == 0]
    rare = [a for a in study.set_aside if a not in never]
    lines = [f"Modelled here: {listed(study.activities)}."]
    if never:
        lines.append(f"Set aside because this feed never has one: {listed(never)}.")
    if rare:
        lines.append(f"Set aside because fewer than {MIN_POSTS_WITH_ONE} training posts have one: {listed(rare)}.")
    if not study.set_aside:
        lines.append(f"All {len(ACTIVITIES)} happen often enough; none is set aside.")
    return Text("\n".join(lines))


def laws_verdict(study: Study) -> Text:
    """Which laws draw the zeros and the quantiles that were observed, activity by activity."""
    of = results.replicates(study)
    right = of.assign(right=(of["low"] <= of["observed"]) & (of["observed"] <= of["high"]))
    share = right.groupby("law", sort=False)["right"].mean()
    said = [f"{pct(share[law])} for the {law} law" for law in share.index]
    return Text(
        "Of the zeros and the three quantiles of every activity, the observed value lies in the drawn range in "
        + ", ".join(said[:-1])
        + f" and {said[-1]}; a perfect law would reach about 90 %."
    )


def split(study: Study) -> Text:
    """Sizes of the parts, and the duplicates removed."""
    s = study.split
    train, tune, test = (f"{len(rows):,}" for rows in (s.train, s.validation, s.test))
    parts = f"There are {train} posts to train the models, {tune} to tune them and {test} to test them."
    removed = f"From the rest, {count(len(s.removed), 'post')} that repeat a test post's text or photo were taken out"
    return Text(f"{parts}\n{removed}: a model must not be asked what it has been told.")


def encoder(study: Study, kind: str) -> Text:
    """Which encoder made the vectors of a kind ("text" or "photo"), where it comes from, under which licence."""
    e = study.text_encoder if kind == "text" else study.photo_encoder
    return Text(f"*{e.name}* ({e.source}; licence {e.licence}), which makes {e.dim} numbers of it")


def presence(study: Study, kind: str) -> Text:
    """How many posts have a photo (or a text) at all."""
    has = int(study.readable[kind][f"has_{kind}"].sum())
    if has == 0:
        return Text(f"No post of this feed has a {kind}, so there is nothing to learn from it here.")
    return Text(
        f"Of {count(len(study.posts), 'post')}, {has:,} have a {kind}; those that have none are told apart as such."
    )


def gains(study: Study, name: str) -> Text:
    """Which activities a forecast gains on for sure, and which not."""
    table = results.gains(study, name)
    sure = table[table["low"] > 0].sort_values("value", ascending=False)
    lost = table[table["high"] < 0]
    unsure = table[(table["low"] <= 0) & (table["high"] >= 0)]
    lines = []
    if len(sure):
        lines.append(f"With an interval above zero the {name} gains on {listed(sure['name'])}.")
    if len(unsure):
        lines.append(f"There is no evidence of a gain on {listed(unsure['name'])}.")
    if len(lost):
        lines.append(f"It does harm on {listed(lost['name'])}.")
    return Text("\n".join(lines))


def board(study: Study) -> Text:
    """What the leaderboard says of the best forecast, its runner-up and, on simulated posts, the limit."""
    best = results.best(study)
    others = [b for b in results.leaderboard(study)["name"] if b in study.forecasts and b != best]
    second = results.gain(study, best, over=others[-1])
    word = verdict(second, "ahead of", "behind", "level with")
    lines = [f"The choice among them is made on the validation posts and falls on *{best}*."]
    lines.append(f"On the test posts it is {word} *{others[-1]}*, by {interval(second)} nats.")
    return Text("\n".join([*lines, limit(study, best)]))


def limit(study: Study, name: str) -> Text:
    """How far towards the truth a forecast goes, where a simulation knows it."""
    if not study.simulated:
        return Text("How far that is from the limit only a simulation could tell.")
    closed = results.leaderboard(study).set_index("name").loc[name, "gap_closed"]
    return Text(f"That is {pct(closed)} of the way to the truth, which only a simulation knows.")
