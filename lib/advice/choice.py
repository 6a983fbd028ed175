"""Which effects become tips, and in which order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from lib.advice.effects import FALSE_DISCOVERY_RATE
from lib.posts import ACTIVITY


@dataclass(frozen=True)
class Tip:
    """One lever for one goal.

    Attributes
    ----------
    lever, goal
        Keys of :data:`lib.features.LEVERS` and :data:`lib.posts.ACTIVITY`.
    undo
        Whether the tip asks for the opposite change: from the values after the contrast to the values before it.
    effect, low, high
        Relative change of the goal's rate, and its interval: 0.12 is 12 % more.
    others
        The other activities on which the lever's effect is a discovery, each with the relative change of its rate.
    """

    lever: str
    goal: str
    undo: bool
    effect: float
    low: float
    high: float
    others: tuple[tuple[str, float], ...]


def choose_tips(effects: pd.DataFrame, goal: str) -> list[Tip]:
    """The discoveries that serve a goal, the strongest first.

    Parameters
    ----------
    effects
        From :func:`lib.advice.effects.lever_effects`.
    goal
        An activity that an author wants more of, or fewer of (hides).

    Raises
    ------
    ValueError
        If there is no such activity.
    """
    if goal not in ACTIVITY:
        raise ValueError(f"no goal is called {goal!r}; there are {', '.join(ACTIVITY)} (hide: fewer of them)")
    found = effects[effects["q"] <= FALSE_DISCOVERY_RATE]
    ranked = []
    for row in found[found["activity"] == goal].itertuples():
        undo = row.effect * ACTIVITY[goal].wanted < 0
        low, high = sorted(_turned(v, undo) for v in (row.low, row.high))
        beside = found[(found["lever"] == row.lever) & (found["activity"] != goal)]
        others = tuple((a, _turned(v, undo)) for a, v in zip(beside["activity"], beside["effect"], strict=True))
        ranked.append(Tip(row.lever, goal, undo, _turned(row.effect, undo), low, high, others))
    return sorted(ranked, key=lambda tip: -abs(math.log1p(tip.effect)))


def quiet_levers(effects: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Levers without evidence of an effect on any activity, and levers without enough overlap in the feed."""
    compared = effects[effects["state"] == "estimated"].groupby("lever", sort=False)["q"].min()
    quiet = [lever for lever in compared.index if compared[lever] > FALSE_DISCOVERY_RATE]
    return quiet, [lever for lever in effects["lever"].unique() if lever not in compared.index]


def _turned(effect: float, undo: bool) -> float:
    return 1 / (1 + effect) - 1 if undo else effect
