"""Sentences of chapters 3 to 5: the gains of photo and text, alone and together, and the calibration."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.models import BASELINE, BLEND, BOTH, NETWORK, TREES
from lib.posts import as_html
from lib.report.numbers import Text, count, interval, label_of, listed, number, pct, standing, verdict
from lib.study import Study, diagnostics, scores


def gain(study: Study, name: str, over: str = BASELINE) -> Text:
    """The difference in log score between two forecasts, with the interval."""
    return interval(scores.gain(study, name, over))


def best(study: Study) -> Text:
    """Label of the best forecast."""
    return Text(label_of(scores.best(study)))


def best_gain(study: Study) -> Text:
    """Gain of the best forecast over no features, with the interval."""
    return gain(study, scores.best(study))


def coverage(study: Study) -> Text:
    """Share of the counts inside the 90 % intervals of the best forecast."""
    return pct(scores.coverage(study, scores.best(study))["90"].mean())


def photo_lead(study: Study) -> Text:
    """Gain of the photo alone."""
    found = scores.gain(study, "photo")
    word = verdict(found, "a real gain", "a loss", "no clear gain")
    return Text(
        f"A penalised beta-binomial regression on the photo gains {interval(found)} nats per post and activity over no"
        f" features at all, which is {word} on posts it has not seen."
    )


def text_lead(study: Study) -> Text:
    """Gain of the text alone, compared with the photo."""
    ahead = scores.gain(study, "text", over="photo")
    return Text(
        f"The same regression on the text gains {gain(study, 'text')} nats per post and activity over no features, and"
        f" is {standing(ahead)} the photo by {interval(ahead)} nats."
    )


def fusion_lead(study: Study) -> Text:
    """Gain of photo and text together."""
    alone = scores.better_alone(study)
    more = scores.gain(study, BOTH, over=alone)
    word = verdict(more, "better", "worse", "not clearly better")
    return Text(
        f"The best forecast, *{best(study)}*, gains {best_gain(study)} nats per post and activity over no features.\n"
        f"Both together are {word} than the {label_of(alone)} alone, by {interval(more)} nats."
    )


def strongest(study: Study, name: str) -> Text:
    """The activity with the largest gain of a forecast."""
    return listed(scores.by_gain(study, name)[:1])


def worth_having(study: Study, name: str) -> Text:
    """Whether a forecast has a gain on unseen posts."""
    return verdict(scores.gain(study, name), "worth having", "not worth having", "not shown to help")


def photo_vector_adds(study: Study) -> Text:
    """Gain of the photo's vector over its readable features."""
    more = scores.gain(study, "photo", over="photo_features")
    word = verdict(more, "better than", "worse than", "no better than")
    return Text(
        f"The vector and the readable features together are {word} the readable features alone, by {interval(more)}"
        " nats."
    )


def text_vector_adds(study: Study) -> Text:
    """Gain of the text's vector and words over its readable features."""
    more = scores.gain(study, "text", over="text_features")
    word = verdict(
        more,
        "what a post is about matters beyond how it is written",
        "they cost more than they give",
        "no clear gain",
    )
    return Text(f"Vector and words add {interval(more)} nats to the readable features: {word}.")


def steps(study: Study) -> Text:
    """How linear model, trees, network and blend compare with one another."""
    trees, network, blend = (scores.gain(study, *pair) for pair in ((TREES, BOTH), (NETWORK, BOTH), (BLEND, TREES)))
    word = verdict(
        blend,
        "members of different kinds err in different places",
        "with so few validation posts its weights cost more than they give",
        "one of them would do",
    )
    return Text(
        f"The trees are {standing(trees)} the linear model and the network is {standing(network)} it.\n"
        f"The blend is {standing(blend)} the trees, by {interval(blend)} nats: {word}."
    )


def gains(study: Study, name: str) -> Text:
    """The activities with a significant gain, without evidence of one, and with a loss."""
    table = scores.gains(study, name)
    sure = table[table["low"] > 0].sort_values("value", ascending=False)
    lost = table[table["high"] < 0]
    unsure = table[(table["low"] <= 0) & (table["high"] >= 0)]
    lines = []
    if len(sure):
        lines.append(f"With an interval above zero the {label_of(name)} gains on {listed(sure['name'])}.")
    if len(unsure):
        lines.append(f"There is no evidence of a gain on {listed(unsure['name'])}.")
    if len(lost):
        lines.append(f"It does harm on {listed(lost['name'])}.")
    return Text("\n".join(lines))


def board(study: Study) -> Text:
    """The best forecast compared with the next one and, on simulated posts, with the truth."""
    best = scores.best(study)
    second = [name for name in scores.leaderboard(study)["name"] if name in study.forecasts and name != best][-1]
    ahead = scores.gain(study, best, over=second)
    return Text(
        f"The choice among them is made on the validation posts and falls on *{label_of(best)}*.\n"
        f"On the test posts it is {standing(ahead)} *{label_of(second)}*, by {interval(ahead)} nats.\n{limit(study)}"
    )


def limit(study: Study) -> Text:
    """The share of the gap between no features and the truth that the best forecast closes."""
    if not study.simulated:
        return Text("How far that is from the limit only a simulation could tell.")
    closed = scores.leaderboard(study).set_index("name").loc[scores.best(study), "gap_closed"]
    return Text(f"That is {pct(closed)} of the way to the truth, which only a simulation knows.")


def pit(table: pd.DataFrame) -> Text:
    """How many bars are outside their bands; for :func:`lib.study.diagnostics.pit_histogram`."""
    return Text(_departures((table["density"] < table["low"]) | (table["density"] > table["high"]), "bar", "the band"))


def reliability(table: pd.DataFrame) -> Text:
    """In how many bins the observed rate is outside its band; for :func:`lib.study.diagnostics.reliability`."""
    outside = (table["observed"] < table["low"]) | (table["observed"] > table["high"])
    return Text(_departures(outside, "point", "the grey bars"))


def residuals(table: pd.DataFrame) -> Text:
    """How many groups are outside their bands, and which one most; for :func:`lib.study.diagnostics.residuals`."""
    if table.empty:
        return Text("There are too few test posts to tell groups of them apart.")
    off = np.maximum(table["value"] / table["high"], table["low"] / table["value"].clip(lower=1e-9))
    most = table.loc[off.idxmax()]
    group = as_html(most["group"])
    return Text(
        f"{_departures(off > 1, 'point', 'the grey bars')}\n"
        f"Farthest out is {label_of(most['name'])} in “{group}”, {number(most['value'])} times what was predicted"
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


def least_posts() -> Text:
    """How many test posts a group needs to be shown."""
    return count(diagnostics.LEAST_POSTS, "test post")


def grouping(study: Study) -> Text:
    """How the groups of :func:`lib.study.groups.by_topic` were found."""
    if study.simulated:
        return Text("The topic is the simulation's own, which no model knows")
    if len(study.controls.words) > 1:
        return Text("Topics are found in the words of the texts, and named by the two most typical")
    return Text("A cluster holds posts whose photos and texts are alike to the encoders")
