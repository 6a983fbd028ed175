"""The results of a study as one JSON file: the numbers that the book's tables, figures and verdicts rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, TypeAdapter

from lib import __version__
from lib.advice import ALL, ELSEWHERE, Scorer, Tip, choose_tips, posts_needed, study_estimates, study_scorer
from lib.embedding import speed
from lib.models import auc, calibrate, lift, normalised_entropy
from lib.posts import SPLITS
from lib.report.effects import tip_population
from lib.report.real import State, real_files
from lib.storage import write_whole
from lib.study import Study, departures, diagnostics, importance, own_models, scores, splits, worth

FILE = "results.json"
FORMAT = 4


@dataclass(frozen=True)
class FeedResult:
    """The feed: its name, its number of posts, and the ids of its activities."""

    source: str
    posts: int
    simulated: bool
    activities: list[str]
    set_aside: list[str]


@dataclass(frozen=True)
class ForecastResult:
    """A forecast of the test posts: log score and gain over no features in nats per post and activity.

    ``gap_closed`` is the gain as a share of the truth's.
    """

    name: str
    log_score: float
    gain: float
    low: float
    high: float
    gap_closed: float | None
    gap_low: float | None
    gap_high: float | None
    auc: float | None
    lift: float | None


@dataclass(frozen=True)
class SplitResult:
    """A forecast of test posts that are chosen in another way: see :func:`lib.study.splits.by_split`."""

    split: Literal[SPLITS]
    posts: int
    groups: int
    known: int
    name: str
    chosen: bool
    log_score: float
    gain: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ChoiceResult:
    """A choice between forecasts, by their cross-fitted log scores on the training posts."""

    choice: Literal["best", "better_alone"]
    chosen: str
    cross_fitted: dict[str, float]


@dataclass(frozen=True)
class CoverageResult:
    """Shares of the test posts' counts inside the best forecast's central intervals."""

    activity: str
    fifty: Annotated[float, Field(alias="50")]
    ninety: Annotated[float, Field(alias="90")]


@dataclass(frozen=True)
class ActivityResult:
    """How the best forecast does on one activity of the test posts.

    ``intercept`` and ``slope`` are those of :class:`lib.models.Calibration`, with their errors and ``p``.
    """

    activity: str
    gain: float
    low: float
    high: float
    auc: float | None
    lift: float | None
    normalised_entropy: float | None
    intercept: float | None
    slope: float | None
    intercept_error: float | None
    slope_error: float | None
    p: float | None


@dataclass(frozen=True)
class DeparturesResult:
    """How far the points of one check depart from the best forecast: see :class:`lib.study.departures.Departures`."""

    check: Literal["pit", "reliability", "views", "topics", "counts"]
    points: int
    above: int
    below: int
    p_farthest: float
    p_all: float
    activity: str
    side: int
    p_side: float


@dataclass(frozen=True)
class Diagnostics:
    """Where the best forecast is wrong; ``p_calibration`` is that of all activities' intercepts and slopes."""

    activities: list[ActivityResult]
    p_calibration: float | None
    departures: list[DeparturesResult]


@dataclass(frozen=True)
class TopicResult:
    """A topic: its id, its name, the words that are typical of it, and its number of posts."""

    id: str
    name: str
    words: list[str]
    posts: int


@dataclass(frozen=True)
class EffectResult:
    """An effect: the rate before a contrast, and the ratio of the rates with its interval.

    ``scope`` is "all", the id of a topic, or "elsewhere". The last numbers are those of
    :func:`lib.advice.effects.lever_effects`.
    """

    lever: str
    activity: str
    scope: str
    base: float | None
    effect: float | None
    low: float | None
    high: float | None
    q: float | None
    narrow_low: float | None
    narrow_high: float | None
    narrow_q: float | None
    robustness: float | None
    times: float | None
    state: str


@dataclass(frozen=True)
class TipResult:
    """A tip: the lever that serves a goal in a scope, the goal's rate before, and the ratio with its interval.

    ``posts`` on either side of an experiment find it.
    """

    goal: str
    lever: str
    scope: str
    undo: bool
    base: float
    effect: float
    low: float
    high: float
    others: dict[str, float]
    posts: int


@dataclass(frozen=True)
class NetworkResult:
    """A network of our own: what was trained, its gain, and how much ``more`` it is than that of the frozen vector."""

    name: str
    weights: int
    seconds: float
    device: str
    value: Annotated[float, Field(alias="gain")]
    low: float
    high: float
    more: float
    more_low: float
    more_high: float


@dataclass(frozen=True)
class WorthResult:
    """How many views of a post tell as much as a forecast: see :func:`lib.study.worth.evidence_table`."""

    name: Annotated[str, Field(alias="activity")]
    forecast: str
    value: Annotated[float | None, Field(alias="views")]
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ImportanceResult:
    """What the best forecast loses if blocks are permuted: see :func:`lib.study.importance.by_block`."""

    name: Annotated[str, Field(alias="blocks")]
    activity: str
    value: Annotated[float, Field(alias="loss")]
    low: float
    high: float


@dataclass(frozen=True)
class EncoderResult:
    """An encoder: its name, the width of its vectors, and its speed in texts or photos a second."""

    kind: Literal["text", "photo"]
    name: str
    dim: int
    speed: float | None


@dataclass(frozen=True)
class RealFeedResult:
    """A file of real posts: the figures of :func:`lib.report.real.feed_figures`."""

    sha256: str
    state: State
    posts: int
    test_posts: int
    activities: list[str]
    forecast: str
    value: Annotated[float, Field(alias="gain")]
    low: float
    high: float
    auc: float | None
    coverage: float
    worst: float


@dataclass(frozen=True)
class ExperimentResult:
    """A file of randomised tests: figures of :func:`lib.advice.figures_of_tests`."""

    sha256: str
    state: State
    tests: int
    arms: int
    effects: list[dict[str, Any]]
    pairs: dict[str, Any]
    against: dict[str, Any]


@dataclass(frozen=True)
class Results:
    """All results; ``data/README.md`` describes every field."""

    format: int
    version: str
    feed: FeedResult
    best: str
    leaderboard: list[ForecastResult]
    splits: list[SplitResult]
    choices: list[ChoiceResult]
    coverage: list[CoverageResult]
    diagnostics: Diagnostics
    topics: list[TopicResult]
    effects: list[EffectResult]
    tips: list[TipResult]
    networks: list[NetworkResult]
    worth: list[WorthResult]
    importance: list[ImportanceResult]
    encoders: list[EncoderResult]
    real_feeds: list[RealFeedResult]
    experiments: list[ExperimentResult]

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


def write_results(study: Study, folder: Path) -> Path:
    """Write the results of a study to ``results.json`` in a folder, and return the file's path.

    Raises
    ------
    FileError
        If the file can't be written there.
    """
    path = folder / FILE
    found = TypeAdapter(Results).dump_json(study_results(study), by_alias=True, indent=1)  # NaN becomes null
    write_whole(path, found + b"\n")
    return path


def study_results(study: Study) -> Results:
    """The results of a study."""
    best, effects, scorer = scores.best(study), study_estimates(study).effects, study_scorer(study)
    return Results(
        format=FORMAT,
        version=__version__,
        feed=FeedResult(study.source.name, len(study.posts), study.simulated, study.activities, study.set_aside),
        best=best,
        leaderboard=_leaderboard(study),
        splits=[SplitResult(*row) for row in splits.by_split(study).itertuples(index=False, name=None)],
        choices=_choices(study, best),
        coverage=[CoverageResult(*row) for row in _rows(scores.coverage(study, best), ["name", "50", "90"])],
        diagnostics=_diagnostics(study, best),
        topics=_topics(study),
        effects=_effects(study),
        tips=[_tip(scorer, tip) for goal in study.activities for tip in choose_tips(effects, goal)],
        networks=_networks(study),
        worth=_all(WorthResult, worth.evidence_table(study, best).replace(np.inf, np.nan)),
        importance=_all(ImportanceResult, importance.by_block(study)),
        encoders=[
            EncoderResult(kind, encoder.name, encoder.dim, speed(encoder, study.vectors))
            for kind, encoder in study.encoders.items()
        ],
        real_feeds=[_of_file(RealFeedResult, found) for found in real_files("posts")],
        experiments=[_of_file(ExperimentResult, found) for found in real_files("tests")],
    )


def _leaderboard(study: Study) -> list[ForecastResult]:
    columns = ["name", "log_score", "value", "low", "high", "gap_closed", "gap_low", "gap_high"]
    board, rows = scores.leaderboard(study).reindex(columns=columns), []
    for name, *numbers in _rows(board, columns):
        held = study.held_out(name)
        of = held.counts, held.views, held.forecast.mean
        rows.append(ForecastResult(name, *numbers, *(float(pd.Series(score(*of)).mean()) for score in (auc, lift))))
    return rows


def _choices(study: Study, best: str) -> list[ChoiceResult]:
    found = scores.cross_fitted(study)
    choices = [ChoiceResult("best", best, found.to_dict())]
    alone = ["photo", "text"]
    if set(alone) <= set(study.forecasts):
        choices.append(ChoiceResult("better_alone", scores.better_alone(study), found[alone].to_dict()))
    return choices


def _diagnostics(study: Study, best: str) -> Diagnostics:
    held = study.held_out(best)
    of, found = (held.counts, held.views), calibrate(held.counts, held.views, held.forecast)
    columns = [score(*of, held.forecast.mean).tolist() for score in (auc, lift, normalised_entropy)]
    columns += [getattr(found, name).tolist() for name in ("intercept", "slope", "intercept_error", "slope_error", "p")]
    gains = _rows(scores.gains(study, best), ["name", "value", "low", "high"])
    activities = [ActivityResult(*gain, *row) for gain, row in zip(gains, zip(*columns, strict=True), strict=True)]
    judged = {
        name: departures.judge(table) for name, table in vars(diagnostics.checks(study, best)).items() if len(table)
    }
    kept = [field.name for field in fields(DeparturesResult)][1:]
    rows = [DeparturesResult(name, *(getattr(one, field) for field in kept)) for name, one in judged.items()]
    return Diagnostics(activities, found.p_joint, rows)


def _networks(study: Study) -> list[NetworkResult]:
    if not (names := own_models.listed(study)):
        return []
    return _all(NetworkResult, own_models.table(study, *names).query("name in @names").astype({"weights": int}))


def _topics(study: Study) -> list[TopicResult]:
    posts = np.bincount(study.controls.topic, minlength=len(study.controls.words))
    named = zip(study.controls.names, study.controls.words, posts, strict=True)
    return [TopicResult(_topic(t), name, list(words), int(n)) for t, (name, words, n) in enumerate(named)]


def _effects(study: Study) -> list[EffectResult]:
    table = study_estimates(study).effects
    table = table.assign(scope=table["scope"].map(_scope))
    table[["effect", "low", "high", "narrow_low", "narrow_high"]] += 1
    return _all(EffectResult, table)


def _tip(scorer: Scorer, tip: Tip) -> TipResult:
    ratios = 1 + tip.effect, 1 + tip.low, 1 + tip.high
    others = {name: 1 + change for name, change in tip.others}
    posts = posts_needed(tip_population(scorer, tip), tip.effect)
    return TipResult(tip.goal, tip.lever, _scope(tip.scope), tip.undo, tip.base, *ratios, others, posts)


def _scope(scope: str) -> str:
    return scope if scope in (ALL, ELSEWHERE) else _topic(int(scope))


def _of_file(kind: type, found: dict[str, Any]) -> RealFeedResult | ExperimentResult:
    return kind(**{field.name: found[field.name] for field in fields(kind)})


def _topic(number: int) -> str:
    """The id of a topic."""
    return f"topic {number + 1}"


def _all(kind: type, table: pd.DataFrame) -> list:
    """The rows of a table as objects, each of whose fields is a column."""
    return [kind(*row) for row in _rows(table, [field.name for field in fields(kind)])]


def _rows(table: pd.DataFrame, columns: list[str]) -> Iterator[tuple]:
    return table[columns].itertuples(index=False, name=None)
