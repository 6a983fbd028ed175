"""The draft scorer on a page: markup, style, script and numbers in one block."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lib.advice import DEFAULT_VALUE, FALSE_DISCOVERY_RATE, MIN_EFFECT, WINNER, Scorer, to_json
from lib.posts import ACTIVITY, LANGUAGES
from lib.report.draft_words import (
    IMPOSSIBLE,
    LIKELY,
    LIKELY_NARROW,
    NO_TIP,
    SIMULATED,
    STRONG,
    WARNING,
    WEAK,
    never_words,
)
from lib.report.raw import Html
from lib.report.real_sentences import right_about
from lib.report.wording import PROPERTY_NAMES, goal_name, steps
from lib.storage import checkout


def assets() -> Path:
    """Folder with the script and the markup of the draft scorer.

    Raises
    ------
    FileNotFoundError
        If the package was installed without the project's folder ``assets/``.
    """
    root = checkout()
    if root is None:
        raise FileNotFoundError("the draft scorer's page needs the project's folder assets/, which isn't installed")
    return root / "assets"


def panel(scorer: Scorer, dated: bool = False) -> Html:
    """The draft scorer as a raw block that needs nothing else on the page; ``dated`` is that of :func:`page_data`."""
    # Only "</" can end a script element, so every "<" of the data is written as an escape.
    data = json.dumps(page_data(scorer, dated), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = (assets() / "draft-scorer.js").read_text(encoding="utf-8")
    page = (assets() / "draft-scorer.html").read_text(encoding="utf-8")
    return Html(page.replace("{{script}}", script).replace("{{data}}", data))


def page_data(scorer: Scorer, dated: bool = False) -> dict[str, Any]:
    """What the script needs: the fields of a scorer, facts about its activities, and its words in both languages.

    Parameters
    ----------
    dated
        Whether the scorer's effects are adjusted for the date, for the words on how right such effects were.
    """
    words = {
        language: {
            "none": NO_TIP[language],
            "note": f"{LIKELY[language]} {right_about(dated, language)}",
            "narrow": LIKELY_NARROW[language],
            "strong": STRONG[language],
            "weak": WEAK[language],
            "warning": f"{SIMULATED[language]}: {WARNING[language]}." if scorer.simulated else "",
            "properties": {p.name: PROPERTY_NAMES[p.name][language] for p in scorer.properties},
            "levers": {lever.name: steps(lever.name, lever.from_to, language) for lever in scorer.levers},
            "activities": {activity: ACTIVITY[activity].plural[language] for activity in scorer.activities},
            "goals": {activity: goal_name(activity, language) for activity in scorer.activities},
            "never": {
                activity: {"photo": IMPOSSIBLE["no photo"][language]}
                | {prop: never_words(prop, value, language) for prop, value in model.never.items()}
                for activity, model in scorer.activities.items()
            },
        }
        for language in LANGUAGES
    }
    fields = to_json(scorer)
    del fields["rule"], fields["page"]  # large, and the topic is chosen by hand
    return {
        **fields,
        "false_discovery_rate": FALSE_DISCOVERY_RATE,
        "min_effect": MIN_EFFECT,
        "winner": WINNER,
        "topics": [{"posts": topic.posts, "words": topic.name} for topic in scorer.topics],
        "wanted": {activity: ACTIVITY[activity].wanted for activity in scorer.activities},
        "needs": {activity: ACTIVITY[activity].needs for activity in scorer.activities},
        "value": {activity: DEFAULT_VALUE[activity] for activity in scorer.activities},
        "words": words,
    }
