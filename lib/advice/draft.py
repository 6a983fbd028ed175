"""A draft on the command line: what it may expect, and which tips apply to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lib import models, report
from lib.advice import choice, scorer
from lib.features import lever_columns, photo_features, text_features
from lib.models import SavedModel
from lib.posts import PhotoError, PostsError, clean_text, decode_photo

MIN_TOPIC_WORDS = 2
_WORD = re.compile(r"[^\W\d_]{3,}")


def consult(
    scorer: Mapping, model: SavedModel, text: str, photo: Path | None, goal: str | None = None
) -> dict[str, Any]:
    """What to expect of a draft, and tips for it.

    Parameters
    ----------
    scorer
        From :func:`lib.advice.scorer.load`: what changes do.
    model
        The best forecast: what to expect of the draft as it is.
    text
        As its author would post it; "" for none.
    photo
        Path of the photo; None for none.
    goal
        A key of ``lib.posts.activities.GOALS``; None for all.

    Returns
    -------
    ``source`` and whether it is ``simulated``; ``topic``, its words (empty if it was not recognised); ``views`` that
    counts are for; ``rates``: per activity ``rate``, ``percentile`` within the feed (0 to 100), and ``low`` and
    ``high``, the 90 % interval of the count; ``tips``: per goal a list of ``lever``, ``do`` (in words), ``effect``,
    ``low``, ``high`` (95 %) and ``others``, the strongest first. A tip that the draft follows already is not there.

    Raises
    ------
    PostsError
        If there is neither text nor photo, the photo can't be used, or the feed knows nothing of the goal.
    """
    activities = list(scorer["activities"])
    if goal is not None and goal not in activities:
        raise PostsError(f"The feed has no advice on {goal!r}; it has on {', '.join(activities) or 'nothing'}.")
    if not clean_text(text) and photo is None:
        raise PostsError("There is nothing to score: give --text or --photo, or both.")
    data = None if photo is None else _photo(photo)
    readable = {"text": text_features([text]), "photo": photo_features([data])}
    values = lever_columns(readable).iloc[0].dropna().to_dict()
    topic = _topic(scorer, text)
    post = pd.DataFrame({"row": [1], "view": pd.array([pd.NA], "Int64"), "text": [text]})
    forecast = models.predict(post.assign(photo=pd.Series([data], dtype=object)), model).set_index("activity")
    effects = pd.DataFrame(scorer["effects"])
    goals = activities if goal is None else [goal]
    return {
        "source": scorer["source"],
        "simulated": scorer["simulated"],
        "topic": scorer["topics"][topic]["words"][:3],
        "views": model.views,
        "rates": forecast[["rate", "percentile", "low", "high"]].to_dict("index"),
        "tips": {g: _tips(scorer, effects, g, topic, values) for g in goals},
    }


def _photo(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        decode_photo(data, side=1)
    except OSError as error:
        raise PostsError(f"{path}: {error.strerror or error}.") from None
    except PhotoError as error:
        raise PostsError(f"{path} can't be used as a photo: {error}.") from None
    return data


def _topic(scorer: Mapping, text: str) -> int:
    """Position of the topic that most of its words are found in; the first, which is all topics, where few are."""
    said = set(_WORD.findall(clean_text(text).casefold()))
    shared = [len(said.intersection(topic["words"])) for topic in scorer["topics"]]
    best = max(range(len(shared)), key=shared.__getitem__)
    return best if shared[best] >= MIN_TOPIC_WORDS else scorer.ANY_TOPIC


def _tips(
    scorer: Mapping, effects: pd.DataFrame, goal: str, topic: int, values: Mapping[str, float]
) -> list[dict[str, Any]]:
    levers = {lever["name"]: lever for lever in scorer["levers"]}
    found = []
    for tip in choice.tips(effects, goal):
        lever = levers[tip.lever]
        asked = lever["asked_of"] is None or values.get("folded") == float(lever["asked_of"])
        if (
            not asked
            or not values.keys() >= lever["ends"].keys()
            or scorer.pulled(values, lever["ends"], tip.undo)
        ):
            continue
        to = {column: ends[0 if tip.undo else 1] for column, ends in lever["ends"].items()}
        gain = scorer.gain(scorer, goal, topic, values, to)
        if gain is None or gain[1] <= 0 <= gain[2]:
            continue
        beside = {a: scorer.gain(scorer, a, topic, values, to) for a, _ in tip.others}
        found.append(
            {
                "lever": tip.lever,
                "do": report.steps(tip.lever, lever["ends"], "en")[int(tip.undo)],
                **dict(zip(("effect", "low", "high"), gain, strict=True)),
                "others": {a: g[0] for a, g in beside.items() if g is not None},
            }
        )
    return sorted(found, key=lambda tip: -abs(tip["effect"]))
