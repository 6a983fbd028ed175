"""Sentences of chapter 5 on where the forecast fails: kinds of posts, new topics, largest misses, what would help."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.models import BASELINE, TRUTH
from lib.posts import as_html
from lib.report.numbers import WORTH, Text, count, interval, label_of, listed, number, verdict
from lib.study import Study, ablations, errors, scores

_BY = {
    errors.VIEWS: "posts with {} views",
    errors.TOPIC: "posts in “{}”",
    errors.PHOTO: "posts with the photo “{}”",
    errors.TEXT: "posts of {}",
    errors.LIKENESS: "posts “{}”",
}

_MOST = 3  # causes of losses in a sentence


def kinds(study: Study) -> Text:
    """The kinds of posts on which the chosen forecast gains clearly less or more than on the others, or loses."""
    name = scores.best(study)
    if name == BASELINE:
        return Text("The chosen forecast is no features: it has no gain that could differ.")
    table = errors.skill(study, name)
    if table.empty:
        return Text("There are too few test posts to tell kinds of them apart.")
    clear = table[table["p"] < errors.LEVEL / len(table)]
    lost = table[table["high"] < 0]
    none = f"none of {count(len(table), 'kind')} of posts"
    lines = [f"It does harm to {_posts(lost) if len(lost) else none}."]
    for sign, word in ((-1, "less"), (1, "more")):
        some = clear[np.sign(clear["more"]) == sign].sort_values("p", kind="stable")
        if len(some):
            lines.append(f"It gains clearly {word} than on other posts on {_posts(some)}.")
    if clear.empty:
        lines.append("No kind differs from the other posts by more than chance explains.")
    if study.simulated:
        most = table.loc[table["left"].idxmax()]
        lines.append(
            f"The truth is farthest ahead of it on {_posts(most.to_frame().T)}: {number(most['left'])} nats.\n"
            "Where the gain is small and the truth is near, there is little to know."
        )
    return Text("\n".join(lines))


def likeness(study: Study) -> Text:
    """Whether posts that are like training posts are forecast better."""
    table = errors.skill(study, scores.best(study)).query("by == @errors.LIKENESS").set_index("name")
    removed = count(len(study.split.removed), "copy", "copies")
    lines = [f"No test post has a copy among the training posts: the split took out {removed} (@sec-targets-split)."]
    ends = [name for name in (errors.NEAR[0], errors.NEAR[2]) if name in table.index]
    if len(ends) == 2 and scores.best(study) != BASELINE:
        least, most = (table.loc[name, "value"] for name in ends)
        lines.append(
            f"The third of the posts that are most like a training post gains {number(most)} nats, the third that are"
            f" least like one {number(least)}."
        )
    return Text("\n".join(lines))


def new_topics(study: Study) -> Text:
    """What a forecast loses on a topic that it has never seen."""
    table = errors.new_topics(study)
    if table.empty:
        return Text("Without vectors or topics, leaving a topic out can't be tried here.")
    lost = table[table["lost_low"] > 0]
    none = lost[lost["low"] <= 0]
    lines = [
        f"Without the topic the regression loses on {listed(f'“{as_html(name)}”' for name in lost['name'])}."
        if len(lost)
        else "It isn't clear that the regression loses anything without the topic."
    ]
    if len(none):
        names = listed(f"“{as_html(name)}”" for name in none["name"])
        lines.append(
            f"On {names} it is then not clearly better than no features: don't rely on a forecast for a new topic."
        )
    return Text("\n".join(lines))


def misses(study: Study) -> Text:
    """What the largest misses are, and what they have in common."""
    found = errors.misses(study, scores.best(study))
    if found.empty:
        return Text("On no test post the chosen forecast loses against no features.")
    pairs = found.groupby(["activity", "high"], sort=False).size().sort_values(ascending=False, kind="stable")
    parts = [
        f"{n} for a rate of {label_of(a)} that was predicted too {'high' if high else 'low'}"
        for (a, high), n in pairs[:_MOST].items()
    ]
    total = (scores.log_scores(study, scores.best(study)) - scores.log_scores(study, BASELINE)).to_numpy().sum()
    lines = [
        f"The {count(len(found), 'post')} with the largest losses, by the activity that did most, lose: {listed(parts)}"
        f"{', and others' if len(pairs) > _MOST else ''}.",
        f"Together they lose {number(-found['gain'].sum())} nats, where all test posts together gain {number(total)}.",
    ]
    common = errors.in_common(study, found["post"].to_numpy())
    sure = common[common["p"] < errors.LEVEL / max(len(common), 1)]
    first = sure if len(sure) else common.head(2)
    said = listed(
        f"{_posts(common.loc[[row.Index]])} {count(row.among, 'time')} (usual: {number(row.usual)})"
        for row in first.itertuples()
    )
    lines.append(
        f"They have in common: {said}."
        if len(sure)
        else f"They have nothing in common beyond chance; farthest from usual are {said}."
    )
    return Text("\n".join(lines))


def help_next(study: Study) -> Text:
    """What would help next, by the learning curves and, on simulated posts, by the distance to the truth."""
    lines, helped, flat = [], [], True
    for name in ("text", "photo"):
        if name in study.forecasts:
            (half, theirs), (whole, ours) = list(ablations.by_posts(study, name).items())[-2:]
            by = ablations.difference(ours, theirs)
            helped += [name] if by.low > 0 else []
            flat &= by.high <= WORTH
            lines.append(
                f"From {half:,} to {whole:,} training posts the {label_of(name)} gained {interval(by)} nats more."
            )
    if not lines:
        return Text("There is no learning curve without texts and photos: better features come first.")
    if helped:
        lines.append(f"The learning curve still rises for {listed(helped)}: more posts come first.")
    elif flat:
        lines.append("No learning curve still rises: better features come before more posts.")
    else:
        lines.append("The learning curves don't tell whether more posts would help.")
    if study.simulated:
        left = scores.gain(study, TRUTH, over=scores.best(study))
        word = verdict(left, "is left to win", "is left", "may be left to win", "is left")
        lines.append(f"To the truth {interval(left)} nats {word}.")
    return Text("\n".join(lines))


def _posts(table: pd.DataFrame) -> Text:
    return listed(_BY[row["by"]].format(as_html(row["name"])) for _, row in table.iterrows())
