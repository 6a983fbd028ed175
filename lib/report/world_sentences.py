"""What the simulation assumes, and how the method does in worlds that break an assumption (chapter 1)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.report.numbers import Text, decimal, listed, number, pct
from lib.simulation import PLAIN, WORLDS
from lib.study import Study

_RHO, _MIXTURE, _RANKING, _HIDDEN = (WORLDS[name] for name in ("varying-rho", "mixture", "ranking", "hidden-cause"))
BREAKS = {
    PLAIN: "no assumption is broken",
    "varying-rho": (
        "rho varies with content: its odds are high in "
        f"{len(_RHO.FICKLE)} topics, low in the others, and doubled by hashtags"
    ),
    "heavy-tails": "ten times as many posts are far out as a beta-binomial allows",
    "mixture": (
        f"{pct(_MIXTURE.SHARE)} of the posts are hits, with {_MIXTURE.TIMES:.0f} times the odds of every activity, and"
        " nothing in them says so"
    ),
    "ranking": (
        f"the feed shows a post more often the more of its first {_RANKING.EARLY:,} viewers act (correlation"
        f" {_RANKING.PULL})"
    ),
    "hidden-cause": (
        f"something that no text or photo shows adds {_HIDDEN.EFFECT} to all log-odds by a standard deviation, and"
        f" is {_HIDDEN.LIFT} standard deviations higher on posts with hashtags or a question"
    ),
    "interactions": "some levers strengthen or cancel one another",
    "non-additive": "levers work less where the content draws by itself, and length and brightness have an optimum",
}
CHECKS = {
    "pit": "distribution",
    "counts": "zeros and quantiles",
    "coverage": "coverage",
    "reliability": "predicted rates",
    "calibration": "slopes",
    "views": "by views",
    "topics": "by topic",
}
CLEAR = 1 / 3  # of the feeds: a check that finds a fault in so many more than in the plain world has noticed it
LEVEL = 0.95  # of the effects' intervals
WORSE = 0.03  # by how much a coverage must be further off than in the plain world, or false discoveries more frequent


@cache
def bench() -> dict[str, Any]:
    """Results of ``bench/worlds.py``: the figures of each world, and how the run was made."""
    return json.loads(Path(__file__).with_name("worlds.json").read_text(encoding="utf-8"))


def lead(study: Study) -> Text:
    """What the assumptions are to this feed."""
    if not study.simulated:
        return Text(
            "The method was developed on simulated feeds, and its intervals were checked on them. What is true there by"
            " construction need not be true of this feed:"
        )
    start = "The posts are simulated, so a part of what this book checks is true by construction here:"
    if study.source.world == PLAIN:
        return Text(start)
    world = study.source.world
    return Text(f"{start.removesuffix(':')}, except that in the *{world}* world {BREAKS[world]}:")


def figures_by_world() -> pd.DataFrame:
    """The figures of each world.

    Columns: ``name``; ``gain`` of the forecast over no features, nats per post and activity; ``inside_50`` and
    ``inside_90``, the shares of counts inside its intervals; ``inside`` and ``listed_inside``, the shares of the 95 %
    intervals of all effects and of discoveries that hold the truth; ``listed``, ``false`` and ``wrong_sign``, numbers
    of discoveries per feed: all, of effects that are zero, and with the wrong sign.
    """
    table = pd.DataFrame(bench()["worlds"]).T.drop(columns="faults").astype(float)
    return table.rename_axis("name").reset_index()


def checks_by_world() -> pd.DataFrame:
    """What the report's own checks say, by world.

    Columns: ``name``; ``CHECKS`` of chapter 5, the number of feeds in which each finds a fault; ``count_model``, the
    share of zeros and quantiles that the beta-binomial without features reproduces (chapter 2).
    """
    rows = [
        {"name": world} | of["faults"] | {"count_model": of["count_model"]} for world, of in bench()["worlds"].items()
    ]
    return pd.DataFrame(rows)[["name", *CHECKS, "count_model"]]


def source() -> Text:
    """How the figures of the worlds were computed."""
    of = bench()
    return Text(
        f"{of['feeds']} feeds of {of['posts']:,} posts in each world, the same posts in all (`{of['command']}`,"
        f" {of['date']})"
    )


def verdicts() -> Text:
    """The verdict on each world, as a Markdown list."""
    return Text("\n".join(f"- {verdict(world)}" for world in bench()["worlds"]))


def verdict(world: str) -> Text:
    """The sentences on one world. Their wording follows from its figures beside those of the plain world."""
    of, plain = bench()["worlds"][world], bench()["worlds"][PLAIN]
    found = (
        f"the 50 % and 90 % intervals hold {pct(of['inside_50'])} and {pct(of['inside_90'])} of the counts, and the"
        f" effects' 95 % intervals {pct(of['inside'])} of the true effects. Of {decimal(of['listed'], 1)} discoveries a"
        f" feed, {decimal(of['false'], 1)} are false and {decimal(of['wrong_sign'], 1)} have the wrong sign"
    )
    start = f"*{world}* ({BREAKS[world]}): {found}."
    if world == PLAIN:
        return Text(start)
    harms = {
        "the forecast's intervals": _off(of) > _off(plain) + WORSE,
        "the effects' intervals": of["inside"] < min(plain["inside"], LEVEL) - WORSE,
        "the discoveries": of["false_discovery_rate"] > plain["false_discovery_rate"] + WORSE,
    }
    harmed = [what for what, worse in harms.items() if worse]
    noticed = [
        f"{CHECKS[name]} ({of['faults'][name]} of {bench()['feeds']} feeds; plain: {plain['faults'][name]})"
        for name in CHECKS
        if of["faults"][name] - plain["faults"][name] >= CLEAR * bench()["feeds"]
    ]
    harm = (
        f"What suffers: {listed(harmed)}."
        if harmed
        else "Neither an interval nor the share of false discoveries suffers."
    )
    seen = f"Checks that notice: {listed(noticed)}." if noticed else "No check of the forecast notices."
    said = f"{start} {harm} {seen}"
    return Text(f"{said} {_cause(of)}" if "robustness" in of else said)


def _off(of: dict[str, Any]) -> float:
    """How far the coverage of the forecast's intervals is from their levels, at worst."""
    return float(np.max([abs(of[f"inside_{level}"] - level / 100) for level in (50, 90)]))


def _cause(of: dict[str, Any]) -> str:
    """What the robustness values of chapter 6 say of the hidden cause."""
    return (
        f"The cause is as strong as a robustness value of {pct(of['robustness'])}, {number(of['times'])} times the"
        f" topic in the median. Of {decimal(of['false'], 1)} false discoveries a feed {decimal(of['weak_false'], 1)}"
        f" are below this value, and so are {decimal(of['weak'] - of['weak_false'], 1)} of the"
        f" {decimal(of['listed'] - of['false'], 1)} others: @sec-author-advice-sensitivity"
        f" {'shows' if of['weak_false'] > of['false'] / 2 else 'does not show'} the false ones as frail."
    )
