"""Sentences on the posts that every chapter uses: where they come from and how many there are.

In this and the other modules of sentences, functions return text that a notebook shows as Markdown. The wording follows
from the data.
"""

from __future__ import annotations

from lib.posts import as_html
from lib.report.numbers import Text, count
from lib.simulation import PLAIN
from lib.study import Study

SIMULATED = """::: {.callout-warning}

## Simulated posts

Every number on this page is computed from a simulated feed whose truth is known, unless the text names another source.
It shows how well the method works; nothing here is a finding about VKontakte.

:::"""


def banner(study: Study) -> Text | None:
    """The warning on every page of a report on simulated posts; None for real posts."""
    if not study.simulated:
        return None
    world = study.source.world
    if world == PLAIN:
        return Text(SIMULATED)
    said = f"They are posts of the *{world}* world, which breaks an assumption (@sec-eda-assumptions)."
    return Text(SIMULATED.replace("\n\n:::", f"\n{said}\n\n:::"))


def source(study: Study) -> Text:
    """Where the posts come from, in half a sentence."""
    if not study.simulated:
        return Text(as_html(study.source.name))
    world = "" if study.source.world == PLAIN else f", {study.source.world} world"
    return Text(f"a simulated feed (seed {study.source.seed}{world})")


def posts(study: Study) -> Text:
    """How many posts there are."""
    return count(len(study.posts), "post")


def training_posts(study: Study) -> Text:
    """How many posts the models are fitted to."""
    return count(len(study.split.train), "training post")


def test_posts(study: Study) -> Text:
    """How many posts the forecasts are scored on."""
    return count(len(study.split.test), "test post")
