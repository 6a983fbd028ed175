"""The draft scorer's page."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lib.advice import scorer
from lib.posts import DONE, GOALS
from lib.report.wording import COLUMN_NAMES, LANGUAGES, goal_name, steps
from lib.storage import LIB

PANEL = checkout() / "assets" / "draft-scorer.html"
SCRIPT = PANEL.with_suffix(".js")


def panel(scorer: Mapping) -> str:
    """The scorer as HTML that works by itself: markup, style, script and numbers in one piece."""
    ends = {lever["name"]: lever["ends"] for lever in scorer["levers"]}
    words = {
        "columns": {c["name"]: COLUMN_NAMES[c["name"]] for c in scorer["columns"]},
        "levers": {name: [steps(name, of, language) for language in LANGUAGES] for name, of in ends.items()},
        "activities": DONE,
        "goals": {goal: [goal_name(goal, language) for language in LANGUAGES] for goal in scorer["activities"]},
        "directions": GOALS,
    }
    shown = {
        **scorer,
        "topics": [{"posts": t["posts"], "words": ", ".join(t["words"][:3])} for t in scorer["topics"]],
        "words": words,
    }
    # In a script element nothing but "</" ends it; "<" is written so that not even that can occur.
    data = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = SCRIPT.read_text(encoding="utf-8")
    return PANEL.read_text(encoding="utf-8").replace("{{script}}", script).replace("{{data}}", data)
