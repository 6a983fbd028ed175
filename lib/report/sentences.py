"""Sentences whose wording follows from the data: what was set aside, how the split fell out, what won.

Every function takes the study and returns text that a notebook shows as Markdown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.posts import ACTIVITIES, LABELS, as_html, facts
from lib.report.numbers import Text, count, interval, listed, number, pct, verdict
from lib.simulation import Feed, calibration_table, oracle_table
from lib.study import ablations, count_models, diagnostics, explanations, scores
from lib.study.study import FEED_SEED, MIN_POSTS_WITH_ONE, Study
from lib.study.topics import open_subject

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
    of = count_models.replicates(study)
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
    table = scores.gains(study, name)
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


def encoders_compared(study: Study, kind: str) -> Text:
    """Which of the encoders the vectors in use are ahead of, level with, behind."""
    if not study.readable[kind][f"has_{kind}"].any():
        return Text("So there is nothing to compare here.")
    trials = ablations.by_encoder(study, kind)
    own = getattr(study, f"{kind}_encoder").name
    against = {name: ablations.difference(trials[own], trial) for name, trial in trials.items() if name != own}
    sides = {word: [] for word in ("ahead of", "level with", "behind")}
    for name, by in against.items():
        ends = f"{number(by.value)}; {number(by.low)} to {number(by.high)}"
        sides[verdict(by, "ahead of", "behind", "level with")].append(f"*{name}* ({ends})")
    chosen = max(trials, key=lambda name: trials[name].validation)
    said = "; ".join(f"{word} {listed(names)}" for word, names in sides.items() if names)
    return Text(
        f"The validation posts would choose *{chosen}*.\nOn the test posts *{own}*, which is in use, is {said}:"
        " in brackets the difference in nats per post and activity, and its 95 % interval."
    )


def pooling(study: Study) -> Text:
    """What it is worth to weigh words by their rarity before their vectors are averaged."""
    trials = ablations.by_encoder(study, "text")
    by = ablations.difference(trials["navec-sif"], trials["navec-mean"])
    word = verdict(by, "better than", "worse than", "no different from")
    return Text(
        f"Of the two ways to pool word vectors, weighing words by their rarity is {word} their plain mean here,"
        f" by {interval(by)} nats."
    )


def components(study: Study, kind: str) -> Text:
    """What more components of the vectors bring."""
    trials = list(ablations.by_components(study, kind).items())
    if len(trials) < 2:
        return Text("Too few posts have one for a second number of components.")
    (few, theirs), (many, ours) = trials[-2:]
    by = ablations.difference(ours, theirs)
    word = verdict(by, "finer detail still pays", "the rest is noise", "no clear difference")
    return Text(f"From {few:,} to {many:,} components the log score changes by {interval(by)} nats: {word}.")


def more_posts(study: Study, name: str) -> Text:
    """What the last doubling of the training posts brought, and so what more of them would bring."""
    (half, theirs), (whole, ours) = list(ablations.by_posts(study, name).items())[-2:]
    by = ablations.difference(ours, theirs)
    word = verdict(
        by, "more posts would help still", "more posts did harm", "there is no evidence that more would help"
    )
    return Text(f"Going from {half:,} to {whole:,} training posts brought {interval(by)} nats: {word}.")


def most_covered(study: Study, activity: str) -> Text:
    """Which share of a predicted rate hangs on the most telling part of a photo."""
    found = explanations.covered(study, activity)
    if not found:
        return Text("No test post has a photo to look into.")
    most = [float(np.expm1(np.abs(post.effect).max())) for post in found]
    return Text(
        f"Between the photo and the photo without its most telling part the predicted rate differs by {pct(min(most))}"
        f" to {pct(max(most))}, over {count(len(found), 'photo')}."
    )


def most_left_out(study: Study, activity: str) -> Text:
    """The parts of the shown texts that raise and lower a predicted rate most."""
    found = explanations.left_out(study, activity)
    parts = [(part.strip(), effect) for post in found for part, effect in zip(post.parts, post.effect, strict=True)]
    if not parts:
        return Text("No test post has a text of a fitting length.")
    said = []
    for part, effect in (max(parts, key=lambda pair: pair[1]), min(parts, key=lambda pair: pair[1])):
        word = "higher" if effect > 0 else "lower"
        said.append(f"with “{as_html(part, 60)}” it is {pct(abs(np.expm1(effect)))} {word} than without")
    return Text(f"The predicted rate hangs most on these parts of the texts shown: {', and '.join(said)}.")


def board(study: Study) -> Text:
    """What the leaderboard says of the best forecast, its runner-up and, on simulated posts, the limit."""
    best = scores.best(study)
    others = [b for b in scores.leaderboard(study)["name"] if b in study.forecasts and b != best]
    second = scores.gain(study, best, over=others[-1])
    word = verdict(second, "ahead of", "behind", "level with")
    lines = [f"The choice among them is made on the validation posts and falls on *{best}*."]
    lines.append(f"On the test posts it is {word} *{others[-1]}*, by {interval(second)} nats.")
    return Text("\n".join([*lines, limit(study, best)]))


def limit(study: Study, name: str) -> Text:
    """How far towards the truth a forecast goes, where a simulation knows it."""
    if not study.simulated:
        return Text("How far that is from the limit only a simulation could tell.")
    closed = scores.leaderboard(study).set_index("name").loc[name, "gap_closed"]
    return Text(f"That is {pct(closed)} of the way to the truth, which only a simulation knows.")


def pit(study: Study, name: str) -> Text:
    """How many bars of the PIT histograms end outside the band of a calibrated forecast."""
    table = diagnostics.pit_histogram(study, name)
    return Text(_departures((table["density"] < table["low"]) | (table["density"] > table["high"]), "bar", "the band"))


def reliability(table: pd.DataFrame) -> Text:
    """In how many bins the observed rate is off the predicted one; see :func:`lib.study.diagnostics.reliability`."""
    outside = (table["observed"] < table["low"]) | (table["observed"] > table["high"])
    return Text(_departures(outside, "point", "the grey bars"))


def residuals(table: pd.DataFrame) -> Text:
    """For how many groups and activities the mean is off, and where most; see :func:`lib.study.diagnostics.residuals`."""
    if table.empty:
        return Text("There are too few test posts to tell groups of them apart.")
    off = np.maximum(table["value"] / table["high"], table["low"] / table["value"].clip(lower=1e-9))
    most = table.loc[off.idxmax()]
    group = as_html(most["group"])
    return Text(
        f"{_departures(off > 1, 'point', 'the grey bars')}\n"
        f"Farthest out is {LABELS[most['name']]} in “{group}”, {number(most['value'])} times what was predicted"
        f" where {number(most['low'])} to {number(most['high'])} times would be usual."
    )


def _departures(outside: pd.Series, noun: str, where: str) -> str:
    missed, total, more = diagnostics.departures(outside)
    usual = (1 - diagnostics.LEVEL) * total
    lie = "lies" if missed == 1 else "lie"
    verdict = "more than chance does" if more else "no more than chance may do"
    return (
        f"Of {count(total, noun)}, {missed or 'none'} {lie} outside {where}: {verdict}, which puts about"
        f" {number(usual, 2 if usual > 10 else 1)} there."
    )


def grouping(study: Study) -> Text:
    """What the groups of :func:`lib.study.diagnostics.by_topic` are."""
    if study.simulated:
        return Text("The topic is the simulation's own, which no model was told")
    if len(open_subject(study).words) > 1:
        return Text("Topics are found in the words of the texts, and named by two that tell most")
    return Text("A cluster holds posts whose photos and texts are alike to the encoders")
