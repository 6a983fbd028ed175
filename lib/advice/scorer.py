"""The draft scorer: the expected rate of a draft from a few properties, and how each lever would change this rate.

The page does the same arithmetic on the same fields in JavaScript (``assets/draft-scorer.js``). A test checks that the
two agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from scipy.special import expit

from lib.advice.changes import Z_95
from lib.advice.effects import ALL, ELSEWHERE, FALSE_DISCOVERY_RATE
from lib.advice.worth import Worth, net_worth
from lib.features import LEVERS, TopicRule
from lib.models import MODEL_FILE, PageForecast, first_fault, model_digest
from lib.posts import ACTIVITY, PostsError
from lib.storage import FileError, ModelError, digest, make_folder, model_folder, write_whole

FILE = "advice.json"
FORMAT = 7
ANY_TOPIC = 0
CLOSE = 0.25

_STRICT = ConfigDict(strict=True, allow_inf_nan=False)  # of what is read from a file


@dataclass(frozen=True)
class ScorerProperty:
    """A property of a draft: ``name``, ``source``, whether it is ``binary``, and the feed's ``median``."""

    name: str
    source: Literal["text", "photo"]
    binary: bool
    median: float


@dataclass(frozen=True)
class ScorerTopic:
    """A topic: its ``number`` in the rule, its ``name``, its typical ``words``, and its number of ``posts``.

    ``views`` are quantiles of the views of its posts, each as probable as any other.
    """

    number: int
    name: str
    words: list[str]
    posts: int
    views: list[Annotated[int, Field(ge=1)]]


@dataclass(frozen=True)
class ScorerLever:
    """A lever: its ``name``, the drafts it is for (``folded``) and its contrast (``from_to``).

    ``correlation`` (a, a) is that of the errors of its effects, in the order of the scorer's ``activities``.
    """

    name: str
    folded: bool | None
    from_to: dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]]
    correlation: list[list[float]]


@dataclass(frozen=True)
class TopicModel:
    """The average post of a topic.

    Attributes
    ----------
    level
        Log-odds of the rate where all properties are 0.
    slopes
        One per property, in log-odds per unit.
    cov
        Covariance of level and slopes: the lower triangle, row by row.
    rate, rho
        The counts of the topic's posts as one beta-binomial: the mean per view, and the correlation of two views of
        one post. None if there is no such fit.
    """

    level: float
    slopes: list[float]
    cov: list[float]
    rate: Annotated[float, Field(gt=0, lt=1)] | None
    rho: Annotated[float, Field(ge=0, lt=1)] | None

    def eta(self, x: np.ndarray) -> float:
        """Log-odds of a draft with the row (1 + properties,) x."""
        return float(np.array([self.level, *self.slopes]) @ x)

    def variance(self, x: np.ndarray) -> float:
        """Variance of the product of x with level and slopes."""
        size = 1 + len(self.slopes)
        cov = np.zeros((size, size))
        cov[np.tril_indices(size)] = self.cov
        return float(x @ (cov + np.tril(cov, -1).T) @ x)


@dataclass(frozen=True)
class ActivityModel:
    """An activity.

    Attributes
    ----------
    never
        Binary properties with a value at which the activity never happens, and this value.
    quantiles
        Quantiles of the expected rates of the feed's posts, at equal steps from the minimum to the maximum. They are
        those of ``page``, if there is one.
    topics
        One model per topic, in the order of the scorer's topics.
    """

    never: dict[str, float]
    quantiles: list[float]
    topics: list[TopicModel]


@dataclass(frozen=True)
class ScorerEffect:
    """A row of :func:`lib.advice.effects.lever_effects`; None stands for what isn't a number.

    ``scope`` is "all", "elsewhere" or the position of a topic in the scorer's ``topics``, as text.
    """

    lever: str
    activity: str
    scope: str
    base: float | None
    effect: float | None
    low: float | None
    high: float | None
    error: float | None
    q: float | None
    narrow_low: float | None
    narrow_high: float | None
    narrow_error: float | None
    narrow_q: float | None
    robustness: float | None
    times: float | None
    state: str

    __pydantic_config__ = _STRICT


class Gain(NamedTuple):
    """Relative change of a rate with its interval, and whether the effect behind it is a discovery."""

    effect: float
    low: float
    high: float
    sure: bool


@dataclass(frozen=True)
class Scorer:
    """What the page and the command line need to score drafts. All fields can be written as JSON.

    Attributes
    ----------
    properties
        Properties that some post of the feed has.
    topics
        The first item stands for all topics together: it has the number -1, no name and no words.
    rule
        Gives the topic of a text.
    levers
        Levers whose contrast the feed defines.
    activities
        Activities whose regression succeeded, by id.
    effects
        The effects of the levers. Every statement on the effect of a lever comes from one of these rows.
    source, simulated
        Name of the feed, and whether it is simulated.
    page
        The forecast that a page can compute; None if the feed has neither texts nor photos.
    format
        Version of these fields.
    """

    properties: list[ScorerProperty]
    topics: list[ScorerTopic]
    rule: TopicRule
    levers: list[ScorerLever]
    activities: dict[str, ActivityModel]
    effects: list[ScorerEffect] = field(default_factory=list)
    source: str = ""
    simulated: bool = False
    page: PageForecast | None = None
    format: int = FORMAT

    __pydantic_config__ = _STRICT

    def without_bias(self) -> Scorer:
        """The scorer with effects whose intervals allow for the posts' number alone, not for a bias."""

        def narrow(row: ScorerEffect) -> ScorerEffect:
            given = {"low": row.narrow_low, "high": row.narrow_high, "error": row.narrow_error, "q": row.narrow_q}
            return replace(row, **given)

        return replace(self, effects=[narrow(row) for row in self.effects])

    def effects_table(self) -> pd.DataFrame:
        """The effects as :func:`lib.advice.choice.choose_tips` takes them: one row each, a column for each field."""
        return pd.DataFrame(map(asdict, self.effects), columns=list(ScorerEffect.__dataclass_fields__))

    def check_goal(self, goal: str) -> None:
        """Raise PostsError if the feed has no advice on an activity."""
        if goal not in self.activities:
            known = ", ".join(self.activities) or "nothing"
            raise PostsError(f"The feed has no advice on {goal!r}; it has on {known}.")

    def topic(self, text: str) -> int:
        """Position in ``topics`` of the topic of a cleaned text; ``ANY_TOPIC`` if it isn't recognised."""
        found = self.rule.topic(text)
        return next((at for at, topic in enumerate(self.topics) if topic.number == found), ANY_TOPIC)

    def rate(self, activity: str, topic: int, values: Mapping[str, float]) -> tuple[float, float, float]:
        """Expected rate of a draft, with the 95 % interval of the mean of such posts (not of one post).

        It is zero if the activity never happens on such posts. A draft without any property of a photo has no photo.

        Parameters
        ----------
        topic
            Position in ``topics``.
        values
            Property to value; a missing property has the feed's median.
        """
        if self._never(activity, values):
            return 0.0, 0.0, 0.0
        of, x = self.activities[activity].topics[topic], self._row(values)
        eta, error = of.eta(x), np.sqrt(of.variance(x))
        return tuple(float(v) for v in expit([eta, eta - Z_95 * error, eta + Z_95 * error]))

    def effect(self, activity: str, lever: str, topic: int) -> ScorerEffect | None:
        """The effect of a lever on posts of a topic: that of the topic, else that elsewhere, else that of all posts."""
        found = {row.scope: row for row in self.effects if (row.activity, row.lever) == (activity, lever)}
        return next((found[scope] for scope in (str(topic), ELSEWHERE, ALL) if scope in found), None)

    def gain(
        self, activity: str, lever: str, topic: int, values: Mapping[str, float], undo: bool = False
    ) -> Gain | None:
        """Relative change of the rate if a draft gets the values after a lever's contrast, or before it (``undo``).

        The effect of the contrast is scaled, on the log scale, to the distance from the draft's own value.

        None if there is no effect, or the activity never happens before or after the change.
        """
        row = self.effect(activity, lever, topic)
        from_to = next(each.from_to for each in self.levers if each.name == lever)
        after = dict(values) | {prop: pair[0 if undo else 1] for prop, pair in from_to.items()}
        if row is None or row.effect is None or any(self._never(activity, v) for v in (values, after)):
            return None
        share = _share(from_to, values, undo)
        ends = sorted(float((1 + end) ** share - 1) for end in (row.low, row.high))
        sure = row.q is not None and row.q <= FALSE_DISCOVERY_RATE
        return Gain(float((1 + row.effect) ** share - 1), *ends, sure)

    def worth(
        self,
        lever: str,
        topic: int,
        values: Mapping[str, float],
        rates: Mapping[str, float],
        value: Mapping[str, float],
        undo: bool = False,
    ) -> Worth:
        """What the step of :meth:`gain` is worth to a draft.

        Parameters
        ----------
        rates, value
            Activity to the draft's expected rate, and to its weight.
        """
        of = next(each for each in self.levers if each.name == lever)
        rows = [self.effect(a, lever, topic) for a in self.activities]
        gains = [self.gain(a, lever, topic, values, undo) for a in self.activities]
        share = abs(_share(of.from_to, values, undo))
        return net_worth(
            np.array([value[a] for a in self.activities]),
            np.array([rates[a] for a in self.activities]),
            np.array([0.0 if gain is None else np.log1p(gain.effect) for gain in gains]),
            np.array([0.0 if gain is None else row.error * share for row, gain in zip(rows, gains, strict=True)]),
            np.array(of.correlation),
        )

    def percentile(self, activity: str, mean: float) -> float:
        """Share of the feed's posts, in [0, 1], whose expected rate is below ``mean``."""
        quantiles = self.activities[activity].quantiles
        return float(np.interp(mean, quantiles, np.linspace(0, 1, len(quantiles))))

    def _row(self, values: Mapping[str, float]) -> np.ndarray:
        return np.array([1.0, *(values.get(p.name, p.median) for p in self.properties)], dtype=float)

    def _never(self, activity: str, values: Mapping[str, float]) -> bool:
        if ACTIVITY[activity].needs == "photo":
            of_photo = [p.name in values for p in self.properties if p.source == "photo"]
            if of_photo and not any(of_photo):
                return True
        median = {p.name: p.median for p in self.properties}
        return any(values.get(name, median[name]) == value for name, value in self.activities[activity].never.items())


def _share(from_to: Mapping[str, list[float]], values: Mapping[str, float], undo: bool) -> float:
    """The step from a draft's values to those after a contrast (before it, if ``undo``), in units of the contrast."""
    prop, (low, high) = next(iter(from_to.items()))
    if len(from_to) > 1 or prop not in values:
        return -1.0 if undo else 1.0
    return ((low if undo else high) - values[prop]) / (high - low)


def already_there(values: Mapping[str, float], from_to: Mapping[str, list[float]], undo: bool = False) -> bool:
    """Whether a draft is within ``CLOSE`` of a contrast's values after it, or beyond them (before it, if ``undo``)."""
    for prop, (low, high) in from_to.items():
        if prop == "words" and "folded" in from_to:
            continue
        near, far = (high, low) if undo else (low, high)
        if prop in values and (far - values[prop]) * np.sign(far - near) > CLOSE * abs(far - near):
            return False
    return True


def to_json(scorer: Scorer) -> dict[str, Any]:
    """The fields of a scorer, for JSON."""
    return asdict(scorer)


def from_json(fields: Mapping[str, Any]) -> Scorer:
    """The scorer with these fields; the inverse of :func:`to_json`.

    Raises
    ------
    ValueError
        If the fields are not those of a scorer; the message says which, in one line.
    """
    try:
        scorer = TypeAdapter(Scorer).validate_json(json.dumps(fields))
    except ValidationError as error:
        raise ValueError(first_fault(error)) from None
    fault = _fault(scorer)
    if fault:
        raise ValueError(fault)
    return scorer


def _fault(scorer: Scorer) -> str:
    """What doesn't fit together in a scorer; "" if all fits."""
    names, levers = [p.name for p in scorer.properties], {lever.name for lever in scorer.levers}
    if not scorer.topics:
        return "topics: there is none"
    if not all(topic.views for topic in scorer.topics):
        return "topics: one has no views"
    if any(len(row) != len(scorer.rule.base) for row in scorer.rule.weights.values()):
        return "rule.weights: another number of topics than in rule.base"
    for name, model in scorer.activities.items():
        size = 1 + len(names)
        fits = len(model.topics) == len(scorer.topics) and model.quantiles and model.never.keys() <= set(names)
        if name not in ACTIVITY or not fits:
            return f"activities.{name[:40]}: not an activity, or another number of topics or properties than elsewhere"
        for of in model.topics:
            if len(of.slopes) != len(names) or len(of.cov) != size * (size + 1) // 2:
                return f"activities.{name}.topics: another number of properties than elsewhere"
    for lever in scorer.levers:
        if lever.name not in LEVERS or not lever.from_to.keys() <= set(names):
            return f"levers: {lever.name[:40]!r} or a property of it is not known"
        if any(len(row) != len(scorer.activities) for row in (lever.correlation, *lever.correlation)):
            return f"levers: the correlation of {lever.name!r} is not one of the activities"
    for row in scorer.effects:
        known = row.lever in levers and row.activity in scorer.activities
        ends = [(row.low, row.high), (row.narrow_low, row.narrow_high)]
        whole = row.q is None and row.narrow_q is None
        if row.effect is not None:
            numbers = (*ends[0], *ends[1], row.base, row.error, row.narrow_error)
            whole = None not in numbers and all(-1 < low <= row.effect <= high for low, high in ends)
        if row.effect is not None and not (known and whole):
            return f"effects: {row.lever[:40]!r} can't have this effect on {row.activity[:40]!r}"
    page = scorer.page
    if page and not page.fits():
        return "page: another number of activities than it names"
    return ""


def save_scorer(scorer: Scorer, folder: Path | None = None) -> Path:
    """Write the file that ``python -m lib advise`` reads, whole or not at all.

    The file names the model that lies in the folder, and holds a digest of its own content.

    Raises
    ------
    ModelError
        If the file can't be written.
    """
    folder = folder or model_folder()
    fields = {"model": model_digest(folder), **to_json(scorer)}
    fields["digest"] = _digest(fields)
    try:
        make_folder(folder)
        write_whole(folder / FILE, json.dumps(fields, ensure_ascii=False).encode())
    except FileError as error:
        raise ModelError(f"The advice is not saved: {error} The variable VIEW_TO_ACTION_HOME says where.") from None
    return folder / FILE


def load_scorer(folder: Path | None = None) -> Scorer:
    """Read the file that :func:`save_scorer` wrote.

    Raises
    ------
    ModelError
        If there is no such file, it can't be read, or it was written with another model than that in the folder.
    """
    folder = folder or model_folder()
    path = folder / FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no saved advice yet. Run make report first.") from None
    except (OSError, ValueError, RecursionError):
        raise ModelError(f"{path} is damaged or is not saved advice. Run make report again.") from None
    found = fields.get("format") if isinstance(fields, dict) else None
    if found != FORMAT:
        raise ModelError(f"{path} is in format {found!r:.40}, and this version reads {FORMAT}. Run make report again.")
    if fields.get("digest") != _digest(fields):
        raise ModelError(f"{path} is damaged: its content differs from what was written. Run make report again.")
    try:
        scorer = from_json(fields)
    except ValueError as error:
        raise ModelError(f"{path} is damaged: {error}. Run make report again.") from None
    model = model_digest(folder)
    if model and fields.get("model") != model:
        raise ModelError(
            f"{path} and {folder / MODEL_FILE} are not of the same report. Run make report again to make both."
        )
    return scorer


def _digest(fields: Mapping[str, Any]) -> str:
    return digest(json.dumps({key: value for key, value in fields.items() if key != "digest"}, sort_keys=True))
