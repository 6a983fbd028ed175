"""Sentences on the posts that every chapter uses: where they come from and how many there are.

In this and the other modules of sentences, functions return text that a notebook shows as Markdown. The wording follows
from the data.
"""

from __future__ import annotations

from lib.posts import Language, Phrase, as_html
from lib.report.numbers import Text, count
from lib.simulation import PLAIN
from lib.study import Study

SIMULATED = Phrase(
    """::: {.callout-warning}

## Simulated posts

Every number on this page is computed from a simulated feed whose truth is known, unless the text names another source.
It shows how well the method works; nothing here is a finding about VKontakte.

:::""",
    """::: {.callout-warning}

## Посты смоделированы, это не выводы о ВКонтакте

Все числа на этой странице посчитаны по смоделированной ленте, про которую известна правда, если не назван другой
источник. Они показывают, насколько верен метод.

:::""",
)
_WORLD = Phrase(
    "They are posts of the *{world}* world, which breaks an assumption (@sec-eda-assumptions).",
    "Это лента мира *{world}*, в котором нарушено одно из предположений (@sec-eda-assumptions).",
)


def banner(study: Study, language: Language = "en") -> Text | None:
    """The warning on every page of a report on simulated posts; None for real posts."""
    if not study.simulated:
        return None
    said, world = SIMULATED[language], study.source.world
    more = "" if world == PLAIN else f"\n{_WORLD[language].format(world=world)}"
    return Text(said.replace("\n\n:::", f"{more}\n\n:::"))


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
