"""One draft: the forecast for it, and the tips that apply to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import pandas as pd

from lib.advice.choice import MIN_EFFECT, Tip, choose_tips
from lib.advice.scorer import Scorer, ScorerEffect, already_there
from lib.features import property_values, readable_features
from lib.models import SavedModel, forecast_drafts
from lib.posts import MAX_BYTES, PhotoError, PostsError, clean_text, open_photo


@dataclass(frozen=True)
class DraftAdvice:
    """The forecast and the tips for a draft.

    Attributes
    ----------
    source, simulated
        Name of the feed that the advice was estimated from, and whether the feed is simulated.
    topic
        Name of the draft's topic; empty if no topic was recognised.
    views
        Number of views that the counts in ``forecast`` refer to.
    forecast
        One row per activity (the index): ``rate``, expected actions per view; ``percentile``, its rank within the feed
        (0 to 100); ``median``, ``low``, ``high`` and ``impossible`` as in :func:`lib.models.forecast_drafts`.
    unlike
        What lies outside the range of the feed's posts (see :meth:`lib.models.SavedModel.unlike`).
    tips
        Goal to tips, the strongest first, with the effects for this draft. Tips that the draft already follows are
        left out. There is none for a goal that is impossible.
    """

    source: str
    simulated: bool
    topic: str
    views: int
    forecast: pd.DataFrame
    unlike: list[str]
    tips: dict[str, list[Tip]]


def advise_draft(
    scorer: Scorer, model: SavedModel, text: str, photo: Path | None, goal: str | None = None
) -> DraftAdvice:
    """Forecast the counts of a draft, and choose tips for it.

    Parameters
    ----------
    scorer
        From :func:`lib.advice.scorer.load_scorer`. It gives the effects of the levers on this draft.
    model
        The saved model. It gives the forecast for the draft without changes.
    text
        The raw text; "" for none.
    photo
        Path of the photo; None for none.
    goal
        An activity; None for all activities.

    Raises
    ------
    PostsError
        If there is neither text nor photo, the photo can't be used, or there is no advice on the goal.
    """
    activities = list(scorer.activities)
    if goal is not None and goal not in activities:
        raise PostsError(f"The feed has no advice on {goal!r}; it has on {', '.join(activities) or 'nothing'}.")
    if not clean_text(text) and photo is None:
        raise PostsError("There is nothing to score: give --text or --photo, or both.")
    post = pd.DataFrame({"row": [1], "view": pd.array([pd.NA], "Int64"), "text": [text]})
    post["photo"] = pd.Series([None if photo is None else read_photo(photo)], dtype=object)
    readable = readable_features(post)
    values = property_values(readable).iloc[0].dropna().to_dict()
    effects = pd.DataFrame(map(asdict, scorer.effects), columns=[field.name for field in fields(ScorerEffect)])
    goals = activities if goal is None else [goal]
    topic = scorer.topic(clean_text(text))
    forecast = forecast_drafts(post, model, readable).set_index("activity")
    return DraftAdvice(
        source=scorer.source,
        simulated=scorer.simulated,
        topic=scorer.topics[topic].name,
        views=model.views,
        forecast=forecast[["rate", "percentile", "median", "low", "high", "impossible"]],
        unlike=model.unlike(readable)[0],
        tips={g: [] if forecast["impossible"].get(g) else _tips(scorer, effects, g, topic, values) for g in goals},
    )


def read_photo(photo: Path) -> bytes:
    """The bytes of a photo.

    Raises
    ------
    PostsError
        If there is no such file, or it is not a photo that can be used.
    """
    try:
        if photo.exists() and not photo.is_file():  # a device or a pipe could be read for ever
            raise PostsError(f"{photo} is not a file. Name a photo with --photo.")
        if photo.stat().st_size > MAX_BYTES:
            raise PostsError(f"{photo} can't be used as a photo: over {MAX_BYTES >> 20} MiB.")
        data = photo.read_bytes()
        open_photo(data)
    except PhotoError as error:
        raise PostsError(f"{photo} can't be used as a photo: {error}.") from None
    except OSError as error:
        raise PostsError(f"{photo}: {error.strerror or error}. Name a photo that can be read with --photo.") from None
    return data


def _tips(scorer: Scorer, effects: pd.DataFrame, goal: str, topic: int, values: Mapping[str, float]) -> list[Tip]:
    levers = {lever.name: lever for lever in scorer.levers}
    found = []
    for tip in choose_tips(effects, goal, str(topic)):
        lever = levers[tip.lever]
        meant = lever.folded is None or values.get("folded") == float(lever.folded)
        if not meant or not values.keys() >= lever.from_to.keys() or already_there(values, lever.from_to, tip.undo):
            continue
        gain = scorer.gain(goal, tip.lever, topic, values, tip.undo)
        if gain is None or abs(math.log1p(gain.effect)) < math.log1p(MIN_EFFECT):
            continue
        beside = {activity: scorer.gain(activity, tip.lever, topic, values, tip.undo) for activity, _ in tip.others}
        others = tuple((activity, change.effect) for activity, change in beside.items() if change is not None)
        found.append(replace(tip, effect=gain.effect, low=gain.low, high=gain.high, others=others))
    return sorted(found, key=lambda tip: -abs(math.log1p(tip.effect)))
