"""One draft: the forecast for it, and the tips that apply to it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from lib.advice.choice import MIN_EFFECT, Tip, choose_tips
from lib.advice.scorer import Scorer, already_there
from lib.features import property_values, readable_features
from lib.models import SavedModel, forecast_drafts
from lib.posts import PostsError, clean_text, quoted, read_photo


@dataclass(frozen=True)
class DraftAdvice:
    """The forecast and the tips for a draft.

    Attributes
    ----------
    source, simulated
        Name of the feed that the advice was estimated from, and whether the feed is simulated.
    model
        Name of the saved model that ``forecast`` comes from.
    topic
        Name of the draft's topic; empty if no topic was recognised.
    views
        Number of views that the counts in ``forecast`` refer to.
    forecast
        One row per activity (the index): ``rate``, expected actions per view; ``percentile``, its rank within the feed
        (0 to 100); ``median``, ``low``, ``high`` and ``impossible`` as in :func:`lib.models.forecast_drafts`; ``page``,
        the rate that the page expects, None if it has no forecast.
    unlike
        What lies outside the range of the feed's posts (see :meth:`lib.models.SavedModel.unlike`).
    tips
        Goal to tips with the effects for this draft; ``base`` is the draft's rate in ``forecast``. The strongest tip
        is the first, or the most worth if there is a ``value``. Tips that the draft already follows are left out, and
        a goal that is impossible has none.
    group
        The group that the forecast is for; "" for none.
    """

    source: str
    simulated: bool
    model: str
    topic: str
    views: int
    forecast: pd.DataFrame
    unlike: list[str]
    tips: dict[str, list[Tip]]
    group: str = ""


def advise_draft(
    scorer: Scorer,
    model: SavedModel,
    text: str,
    photo: Path | None,
    goal: str | None = None,
    value: Mapping[str, float] | None = None,
    group: str | None = None,
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
    value
        Weight of every activity, for the worth of the tips; None for tips without a worth.
    group
        The group, such as a community, that the draft is for: its expected rates are those of the group. None for the
        feed as a whole.

    Raises
    ------
    PostsError
        If there is neither text nor photo, the photo can't be used, there is no advice on the goal, or the model
        doesn't know the group.
    """
    activities = list(scorer.activities)
    if goal is not None:
        scorer.check_goal(goal)
    if not clean_text(text) and photo is None:
        raise PostsError("There is nothing to score: give --text or --photo, or both.")
    post = pd.DataFrame({"row": [1], "view": pd.array([pd.NA], "Int64"), "text": [text]})
    post["photo"] = pd.Series([None if photo is None else read_photo(photo)], dtype=object)
    if group is not None:
        post["group"] = _known_group(group, model)
    readable = readable_features(post)
    values = property_values(readable).iloc[0].dropna().to_dict()
    topic = scorer.topic(clean_text(text))
    goals = activities if goal is None else [goal]
    forecast = forecast_drafts(post, model, readable).set_index("activity")
    rates = forecast["rate"].to_dict()
    page = scorer.page
    of_page = dict(zip(page.activities, page.forecast([text], readable).mean[0].tolist(), strict=True)) if page else {}
    forecast["page"] = [of_page.get(activity) for activity in forecast.index]
    return DraftAdvice(
        source=scorer.source,
        simulated=scorer.simulated,
        model=model.label,
        topic=scorer.topics[topic].name,
        views=model.views,
        forecast=forecast[["rate", "percentile", "median", "low", "high", "impossible", "page"]],
        unlike=model.unlike(readable)[0],
        tips={
            g: [] if forecast["impossible"].get(g) else draft_tips(scorer, g, topic, values, rates, value)
            for g in goals
        },
        group=group or "",
    )


def _known_group(name: str, model: SavedModel) -> str:
    if name in model.groups:
        return name
    if not model.groups:
        raise PostsError(
            "The saved model knows no groups: the posts of its report had no column group, or it didn't help. Leave "
            "out --group, or run make report on posts with groups."
        )
    folded = {known.casefold(): known for known in model.groups}
    near = [folded[each] for each in difflib.get_close_matches(name.strip().casefold(), folded, n=3, cutoff=0.4)]
    meant = f"near it are {', '.join(map(quoted, near))}" if near else f"among them is {quoted(model.groups[0])}"
    raise PostsError(f"The model knows {len(model.groups):,} groups, and none is called {quoted(name)}; {meant}.")


def draft_tips(
    scorer: Scorer,
    goal: str,
    topic: int,
    values: Mapping[str, float],
    rates: Mapping[str, float],
    value: Mapping[str, float] | None = None,
) -> list[Tip]:
    """The tips for a draft and a goal. The page chooses the same in ``assets/draft-scorer.js``.

    Parameters
    ----------
    topic
        Position in the scorer's ``topics``.
    values
        Property to value, without those of a text or photo that the draft lacks.
    rates, value
        Activity to the draft's expected rate, and to its weight (None: as for :func:`advise_draft`).
    """
    levers = {lever.name: lever for lever in scorer.levers}
    found = []
    for tip in choose_tips(scorer.effects_table(), goal, str(topic)):
        lever = levers[tip.lever]
        meant = lever.folded is None or values.get("folded") == float(lever.folded)
        if not meant or not values.keys() >= lever.from_to.keys() or already_there(values, lever.from_to, tip.undo):
            continue
        gain = scorer.gain(goal, tip.lever, topic, values, tip.undo)
        if gain is None or abs(math.log1p(gain.effect)) < math.log1p(MIN_EFFECT):
            continue
        beside = {a: scorer.gain(a, tip.lever, topic, values, tip.undo) for a in scorer.activities if a != goal}
        others = tuple((activity, change.effect) for activity, change in beside.items() if change and change.sure)
        worth = None if value is None else scorer.worth(tip.lever, topic, values, rates, value, tip.undo)
        changed = {"base": rates[goal], "effect": gain.effect, "low": gain.low, "high": gain.high}
        found.append(replace(tip, **changed, others=others, worth=worth))
    return sorted(found, key=lambda tip: -abs(math.log1p(tip.effect)) if value is None else -tip.worth.change)
