"""Which effects become tips, and in which order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from lib.advice.effects import ALL, ELSEWHERE, FALSE_DISCOVERY_RATE
from lib.advice.worth import Worth
from lib.posts import ACTIVITY

# An effect on a rate that is smaller than this is not worth a tip, however sure.
MIN_EFFECT = 0.03


@dataclass(frozen=True)
class Tip:
    """One lever for one goal.

    Attributes
    ----------
    lever, goal
        Keys of :data:`lib.features.LEVERS` and :data:`lib.posts.ACTIVITY`.
    scope
        The posts that the tip is for, as in :func:`lib.advice.effects.lever_effects`.
    undo
        Whether the tip asks for the opposite change: from the values after the contrast to the values before it.
    base
        The goal's rate before the change.
    effect, low, high
        Relative change of this rate, and its interval: 0.12 is 12 % more.
    others
        The other activities on which the lever's effect is a discovery, each with the relative change of its rate.
    robustness, times
        As in :func:`lib.advice.effects.lever_effects`.
    worth
        What the change is worth to a draft, per view; None if nobody asked.
    """

    lever: str
    goal: str
    scope: str
    undo: bool
    base: float
    effect: float
    low: float
    high: float
    others: tuple[tuple[str, float], ...]
    robustness: float
    times: float
    worth: Worth | None = None


def in_scope(effects: pd.DataFrame, scope: str) -> pd.DataFrame:
    """The effects that hold for the posts of a scope: one row for each lever and activity.

    A named topic has its own row, if there is one. Otherwise the row is that for posts outside the named topics, or
    that for all posts.
    """
    order = {scope: 0, ELSEWHERE: 1} | ({ALL: 2} if scope != ALL else {ELSEWHERE: 0, ALL: 1})
    rows = effects[effects["scope"].isin(order)]
    rows = rows.sort_values("scope", key=lambda s: s.map(order), kind="stable")
    return rows.drop_duplicates(["lever", "activity"]).sort_index()


def choose_tips(effects: pd.DataFrame, goal: str, scope: str | None = None) -> list[Tip]:
    """The discoveries that serve a goal and are worth a tip, the strongest first.

    Parameters
    ----------
    effects
        From :func:`lib.advice.effects.lever_effects`.
    goal
        An activity that an author wants more of, or fewer of (hides).
    scope
        Only tips for posts of this scope; by default tips of every scope.

    Raises
    ------
    ValueError
        If there is no such activity.
    """
    if goal not in ACTIVITY:
        raise ValueError(f"no goal is called {goal!r}; there are {', '.join(ACTIVITY)} (hide: fewer of them)")
    rows = effects if scope is None else in_scope(effects, scope)
    least = math.log1p(MIN_EFFECT)
    ranked = []
    for row in rows[(rows["activity"] == goal) & (rows["q"] <= FALSE_DISCOVERY_RATE)].itertuples():
        if abs(math.log1p(row.effect)) < least:
            continue
        undo = row.effect * ACTIVITY[goal].wanted < 0
        low, high = sorted(turned(v, undo) for v in (row.low, row.high))
        beside = in_scope(effects[(effects["lever"] == row.lever) & (effects["activity"] != goal)], row.scope)
        beside = beside[beside["q"] <= FALSE_DISCOVERY_RATE]
        others = tuple((a, turned(v, undo)) for a, v in zip(beside["activity"], beside["effect"], strict=True))
        base, effect = (row.base * (1 + row.effect) if undo else row.base), turned(row.effect, undo)
        ranked.append(Tip(row.lever, goal, row.scope, undo, base, effect, low, high, others, row.robustness, row.times))
    return sorted(ranked, key=lambda tip: -abs(math.log1p(tip.effect)))


def quiet_levers(effects: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Levers without evidence of an effect on any activity, and levers without enough overlap in the feed."""
    compared = effects[effects["state"] == "estimated"].groupby("lever", sort=False)["q"].min()
    quiet = [lever for lever in compared.index if compared[lever] > FALSE_DISCOVERY_RATE]
    return quiet, [lever for lever in effects["lever"].unique() if lever not in compared.index]


def turned(effect: float, undo: bool) -> float:
    """A relative change, or that of the opposite step."""
    return 1 / (1 + effect) - 1 if undo else effect
