"""The draft scorer as a page has it: markup, style, script and numbers in one piece."""

from __future__ import annotations

import json
from pathlib import Path

from lib.advice import Scorer, to_json
from lib.posts import ACTIVITY, LANGUAGES
from lib.report.raw import Html
from lib.report.wording import PROPERTY_NAMES, goal_name, steps
from lib.storage import checkout


def assets() -> Path:
    """Folder of the page's files.

    Raises
    ------
    FileNotFoundError
        If this package was installed without the project around it.
    """
    root = checkout()
    if root is None:
        raise FileNotFoundError("the draft scorer's page needs the project's folder assets/, which isn't installed")
    return root / "assets"


def panel(scorer: Scorer) -> Html:
    """The draft scorer, working by itself."""
    words = {
        language: {
            "properties": {p.name: PROPERTY_NAMES[p.name][language] for p in scorer.properties},
            "levers": {lever.name: steps(lever.name, lever.from_to, language) for lever in scorer.levers},
            "activities": {activity: ACTIVITY[activity].plural[language] for activity in scorer.activities},
            "goals": {activity: goal_name(activity, language) for activity in scorer.activities},
        }
        for language in LANGUAGES
    }
    shown = {
        **to_json(scorer),
        "topics": [{"posts": topic.posts, "words": ", ".join(topic.words[:3])} for topic in scorer.topics],
        "wanted": {activity: ACTIVITY[activity].wanted for activity in scorer.activities},
        "words": words,
    }
    # In a script element nothing but "</" ends it; "<" is written so that not even that can occur.
    data = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = (assets() / "draft-scorer.js").read_text(encoding="utf-8")
    page = (assets() / "draft-scorer.html").read_text(encoding="utf-8")
    return Html(page.replace("{{script}}", script).replace("{{data}}", data))
