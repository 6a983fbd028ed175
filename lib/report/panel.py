"""The draft panel: its place on a page, and the script with its code and numbers that the page loads when needed."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lib.advice import (
    FALSE_DISCOVERY_RATE,
    MIN_EFFECT,
    WINNER,
    Scorer,
    choose_tips,
    study_scorer,
    to_json,
)
from lib.features import page_rules
from lib.models import DEFAULT_VALUE
from lib.posts import ACTIVITY, LANGUAGES, Language, clean_text
from lib.report.draft_words import (
    EXAMPLES,
    IMPOSSIBLE,
    LIKELY,
    LIKELY_NARROW,
    NO_TIP,
    PANEL,
    SIMULATED,
    STRONG,
    WARNING,
    WEAK,
    never_words,
    place,
)
from lib.report.model_sentences import page_share
from lib.report.raw import Html
from lib.report.real_sentences import right_about
from lib.report.wording import PROPERTY_NAMES, goal_name, tip_action, tip_effect, ways
from lib.storage import FileError, checkout, write_whole
from lib.study import Study

FILE = "scorer-data.js"
SCRIPTS = (
    "element.js",
    "topic-rule.js",
    "draft-text.js",
    "draft-photo.js",
    "draft-scorer.js",
    "draft-forecast.js",
    "draft-state.js",
    "draft-panel.js",
)
SHOWN, LETTERS = 500, 240  # posts that a page can show, and the letters of each; more would make it large
TIPS = 3  # of a goal in the table of a page without JavaScript


def assets() -> Path:
    """Folder with the scripts and the markup of the draft panel.

    Raises
    ------
    FileError
        If the package was installed without the project's folder ``assets/``.
    """
    root = checkout()
    if root is None:
        raise FileError("The draft panel needs the project's folder assets/, which isn't installed.")
    return root / "assets"


def panel(scorer: Scorer, root: str) -> Html:
    """The draft panel as a raw block: its place, its style, and the code that loads ``FILE`` when it is reached.

    Parameters
    ----------
    root
        The way from the page to the site's first folder: "" or "../".
    """
    table = "".join(_table(scorer, language) for language in LANGUAGES)
    page = (assets() / "draft-panel.html").read_text(encoding="utf-8")
    missing = f"{FILE} is missing: run make report, which writes it. Нет файла {FILE}: его пишет make report."
    return Html(page.replace("{{table}}", table).replace("{{data}}", root + FILE).replace("{{missing}}", missing))


def write_scorer_data(study: Study, folder: Path) -> Path:
    """Write the draft panel's code and numbers to ``FILE`` in the folder of the site.

    Raises
    ------
    FileError
        If the file can't be written there.
    """
    shares = {language: page_share(study, language) for language in LANGUAGES}
    data = page_data(study_scorer(study), study.controls.dated, shares, past_posts(study))
    write_whole(folder / FILE, page_script(data).encode())
    return folder / FILE


def past_posts(study: Study) -> list[dict[str, Any]]:
    """At most ``SHOWN`` posts of the feed with different texts.

    Each has ``text``, its beginning; ``views``; and ``counts``, activity to count. There are none if the page may not
    show posts.
    """
    if not may_show_posts(study):
        return []
    different = np.unique(study.split.groups, return_index=True)[1]
    some = np.random.default_rng(0).permutation(different)[: 4 * SHOWN]
    texts = study.posts["text"].iloc[some].map(clean_text).to_numpy()
    counts = [dict(zip(study.activities, row.tolist(), strict=True)) for row in study.counts[some]]
    made = {
        text: {"text": text[:LETTERS], "views": int(views), "counts": count}
        for text, views, count in zip(texts, study.views[some], counts, strict=True)
        if text
    }
    return list(made.values())[:SHOWN]


def may_show_posts(study: Study) -> bool:
    """Whether a page may hold many posts of the feed.

    The posts of a real feed are other people's: no page does unless the variable ``SHOW_POSTS`` is 1.
    """
    return study.simulated or os.environ.get("SHOW_POSTS") == "1"


def page_script(data: Mapping[str, Any]) -> str:
    """The draft panel as a classic script, which a page can load from a disk too; from :func:`page_data`."""
    return data_script(SCRIPTS, "DRAFT_DATA", data)


def data_script(names: Sequence[str], constant: str, data: Mapping[str, Any]) -> str:
    """Scripts of ``assets/`` and a constant with their data as one classic script."""
    code = "\n".join((assets() / name).read_text(encoding="utf-8") for name in names)
    return f"{code}\nconst {constant} = {json.dumps(data, ensure_ascii=False, separators=(',', ':'))};\n"


def page_data(
    scorer: Scorer,
    dated: bool = False,
    shares: Mapping[Language, str] | None = None,
    past: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What the scripts need: a scorer, rules of reading, facts about its activities, and words in both languages.

    Parameters
    ----------
    dated
        Whether the scorer's effects are adjusted for the date, for the words on how right such effects were.
    shares
        What :func:`lib.report.model_sentences.page_share` says.
    past
        From :func:`past_posts`.
    """
    return {
        **to_json(scorer),
        "rules": page_rules(),
        "false_discovery_rate": FALSE_DISCOVERY_RATE,
        "min_effect": MIN_EFFECT,
        "winner": WINNER,
        "topics": [
            {"number": topic.number, "posts": topic.posts, "words": topic.name, "views": topic.views}
            for topic in scorer.topics
        ],
        "wanted": {activity: ACTIVITY[activity].wanted for activity in scorer.activities},
        "needs": {activity: ACTIVITY[activity].needs for activity in scorer.activities},
        "value": {activity: DEFAULT_VALUE[activity] for activity in scorer.activities},
        "past": list(past),
        "words": {
            language: _words(scorer, dated, language) | {"share": (shares or {}).get(language, "")}
            for language in LANGUAGES
        },
    }


def _words(scorer: Scorer, dated: bool, language: Language) -> dict[str, Any]:
    return {
        "say": {key: phrase[language] for key, phrase in PANEL.items()},
        "examples": [{"name": name[language], "text": text[language]} for name, text in EXAMPLES],
        "none": NO_TIP[language],
        "note": f"{LIKELY[language]} {right_about(dated, language)}",
        "narrow": LIKELY_NARROW[language],
        "strong": STRONG[language],
        "weak": WEAK[language],
        "warning": f"{SIMULATED[language]}: {WARNING[language]}." if scorer.simulated else "",
        "properties": {p.name: PROPERTY_NAMES[p.name][language] for p in scorer.properties},
        "levers": {lever.name: ways(lever.name, lever.from_to, language) for lever in scorer.levers},
        "activities": {activity: ACTIVITY[activity].plural[language] for activity in scorer.activities},
        "goals": {activity: goal_name(activity, language) for activity in scorer.activities},
        "never": {
            activity: {"photo": IMPOSSIBLE["no photo"][language]}
            | {condition: phrase[language] for condition, phrase in IMPOSSIBLE.items()}
            | {prop: never_words(prop, value, language) for prop, value in model.never.items()}
            for activity, model in scorer.activities.items()
        },
    }


def _table(scorer: Scorer, language: Language) -> str:
    """The strongest tips of each goal, for a page without JavaScript."""
    rows = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in _rows(scorer, language)
    )
    caption = f"<caption>{PANEL['noScript'][language]}</caption>"
    return f'<table class="table table-sm" lang="{language}">{caption}{rows}</table>'


def _rows(scorer: Scorer, language: Language) -> Iterator[tuple[str, ...]]:
    levers = {lever.name: lever for lever in scorer.levers}
    for goal in scorer.activities:
        for tip in choose_tips(scorer.effects_table(), goal)[:TIPS]:
            where = place(tip.scope, tip.lever, goal, scorer, language)
            action = tip_action(tip, levers[tip.lever].from_to, language)
            yield goal_name(goal, language), action, where, tip_effect(tip, language)
