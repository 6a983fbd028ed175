"""The last section of chapter 5: what a feed team should ship, in about ten lines."""

from __future__ import annotations

from lib.models import BASELINE
from lib.report import check_sentences, error_sentences, worth_sentences
from lib.report.numbers import Text, count, interval, label_of, listed, number, standing
from lib.study import Study, errors, scores, worth


def ship(study: Study) -> Text:
    """What to ship, at which cost, what it gains, what not to use it for, what it can't do, what to do next."""
    name = scores.best(study)
    found = scores.gain(study, name)
    lines = _forecast(study, name) if name != BASELINE and found.low > 0 else _base_rate(study, name)
    lines.append(f"*Next.* {' '.join(error_sentences.help_next(study).splitlines())}")
    if study.simulated:
        lines.append("*Before shipping*: run this book on your own posts; these are simulated.")
    return Text("\n".join(f"- {line}" for line in lines))


def _base_rate(study: Study, name: str) -> list[str]:
    """The lines where no forecast is shown to be better than no features."""
    tried = (
        "cross-fitting chooses no features"
        if name == BASELINE
        else f"the gain of *{label_of(name)}* is {interval(scores.gain(study, name))} nats"
    )
    return [
        f"*Ship* the base rate of each activity: on {count(len(study.split.test), 'test post')} no forecast is shown to"
        f" be better ({tried}).",
        "*Cost*: none worth a mention; no text or photo is read.",
        "*Don't* order posts by it, and don't hold posts back by it: it has one rate for all of them.",
        "*Instead* count: after some views, a post's own rate says more about it than a feed's does.",
    ]


def _forecast(study: Study, name: str) -> list[str]:
    """The lines where the chosen forecast is better than no features."""
    faults = [line for line in check_sentences.faults(study).splitlines() if "No check found" not in line]
    lines = [
        f"*Ship* the forecast *{label_of(name)}*, which cross-fitting chooses: it gains"
        f" {interval(scores.gain(study, name))} nats per post and activity on"
        f" {count(len(study.split.test), 'post')} that it has not seen.",
        f"*What that is*: {worth_sentences.ranking(study)}.",
        f"*Evidence*: {_evidence(study, name)}.",
        f"*Cost of a post*: {worth_sentences.cost(study)}.",
        *_cheaper(study, name),
        f"*Order*: {worth_sentences.order(study).splitlines()[0]}",
        f"*Hides*: {worth_sentences.hides(study)}",
        f"*Don't* use it where the checks found it wrong: {count(len(faults), 'line')} in @sec-fusion-takeaways."
        if faults
        else "*Don't* take its intervals for more than they are; no check found them wrong here.",
    ]
    topics = errors.new_topics(study)
    lost = topics[topics["lost_low"] > 0]
    if len(lost):
        with_, without = (number(lost[column].mean()) for column in ("known", "value"))
        lines.append(
            f"*Expect less* on a new topic: on {listed(f'“{topic}”' for topic in lost['name'])} a regression on the"
            f" vectors gains {with_} nats on average if it knows the topic, and {without} if it doesn't."
        )
    return lines


def _evidence(study: Study, name: str) -> str:
    row = worth.evidence_table(study, name).query("forecast == @name and name == @worth.ALL").iloc[0]
    return (
        f"it tells as much as the first {worth_sentences.views(row)} of a post; use it before a post has these, and"
        " update it by the counts afterwards"
    )


def _cheaper(study: Study, name: str) -> list[str]:
    """The line on the better of text and photo alone, beside a forecast that sees both."""
    alone, seen = scores.better_alone(study), {block.partition("_")[0] for block in study.spec(name).blocks}
    if alone == BASELINE or not {"photo", "text"} <= seen:
        return []
    found = scores.gain(study, alone, over=name)
    return [
        f"*Cheaper*: the {label_of(alone)} alone is {standing(found)} it (the difference is {interval(found)} nats), at"
        f" {worth_sentences.cost(study, alone)}."
    ]
