"""The draft scorer: the expected rate of a draft from a few properties, and how each lever would change this rate.

The page does the same arithmetic on the same fields in JavaScript (``assets/draft-scorer.js``). A test checks that the
two agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from scipy.special import expit
from scipy.stats import norm

from lib.features import LEVERS, TopicRule
from lib.models import MODEL_FILE, first_fault, model_digest
from lib.posts import ACTIVITY
from lib.storage import FileError, ModelError, digest, make_folder, model_folder, write_whole

FILE = "advice.json"
FORMAT = 4
ANY_TOPIC = 0

Z_95 = float(norm.ppf(0.975))

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
    """A topic: its ``number`` in the rule, its ``name``, its typical ``words``, and its number of ``posts``."""

    number: int
    name: str
    words: list[str]
    posts: int


@dataclass(frozen=True)
class ScorerLever:
    """A lever: its ``name``, the drafts it is for (``folded``) and its contrast (``from_to``).

    ``found`` names the activities on which the effect of the lever is a discovery.
    """

    name: str
    folded: bool | None
    from_to: dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]]
    found: list[str]


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
    own
        Properties with an interaction in this topic.
    """

    level: float
    slopes: list[float]
    cov: list[float]
    own: list[str]

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
        Quantiles of the expected rates of the feed's posts, at equal steps from the minimum to the maximum.
    topics
        One model per topic, in the order of the scorer's topics.
    """

    never: dict[str, float]
    quantiles: list[float]
    topics: list[TopicModel]


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
        Rows of :func:`lib.advice.effects.lever_effects`.
    source, simulated
        Name of the feed, and whether it is simulated.
    format
        Version of these fields.
    """

    properties: list[ScorerProperty]
    topics: list[ScorerTopic]
    rule: TopicRule
    levers: list[ScorerLever]
    activities: dict[str, ActivityModel]
    effects: list[dict[str, Any]] = field(default_factory=list)
    source: str = ""
    simulated: bool = False
    format: int = FORMAT

    __pydantic_config__ = _STRICT

    def topic(self, text: str) -> int:
        """Position in ``topics`` of the topic of a cleaned text; ``ANY_TOPIC`` if it isn't recognised."""
        found = self.rule.topic(text)
        return next((at for at, topic in enumerate(self.topics) if topic.number == found), ANY_TOPIC)

    def rate(self, activity: str, topic: int, values: Mapping[str, float]) -> tuple[float, float, float]:
        """Expected rate of a draft, with the 95 % interval of the mean of such posts (not of one post).

        Parameters
        ----------
        topic
            Position in ``topics``.
        values
            Property to value; a missing property has the feed's median.
        """
        model, x = self.activities[activity], self._row(values)
        if self._never(model, x):
            return 0.0, 0.0, 0.0
        of = model.topics[topic]
        eta, error = of.eta(x), np.sqrt(of.variance(x))
        return tuple(float(v) for v in expit([eta, eta - Z_95 * error, eta + Z_95 * error]))

    def gain(
        self, activity: str, topic: int, values: Mapping[str, float], to: Mapping[str, float]
    ) -> tuple[float, float, float] | None:
        """Relative change of the expected rate if some properties change to other values, with its 95 % interval.

        None if the activity never happens before or after the change.
        """
        model, before, after = self.activities[activity], self._row(values), self._row({**values, **to})
        if self._never(model, before) or self._never(model, after):
            return None
        of = model.topics[topic]
        means = expit([of.eta(before), of.eta(after)])
        gradient = (1 - means[1]) * after - (1 - means[0]) * before
        log_ratio, error = np.log(means[1] / means[0]), np.sqrt(of.variance(gradient))
        return tuple(float(v) for v in np.expm1([log_ratio, log_ratio - Z_95 * error, log_ratio + Z_95 * error]))

    def percentile(self, activity: str, mean: float) -> float:
        """Share of the feed's posts, in [0, 1], whose expected rate is below ``mean``."""
        quantiles = self.activities[activity].quantiles
        return float(np.interp(mean, quantiles, np.linspace(0, 1, len(quantiles))))

    def _row(self, values: Mapping[str, float]) -> np.ndarray:
        return np.array([1.0, *(values.get(p.name, p.median) for p in self.properties)], dtype=float)

    def _never(self, model: ActivityModel, x: np.ndarray) -> bool:
        names = [p.name for p in self.properties]
        return any(x[1 + names.index(name)] == value for name, value in model.never.items())


@dataclass(frozen=True)
class _Effect:
    """A row of ``Scorer.effects``; None stands for what isn't a number."""

    lever: str
    activity: str
    effect: float | None
    low: float | None
    high: float | None
    q: float | None
    state: str

    __pydantic_config__ = _STRICT


def already_there(values: Mapping[str, float], from_to: Mapping[str, list[float]], undo: bool = False) -> bool:
    """Whether a draft already has the values after a contrast, or is beyond them (before it, if ``undo``)."""
    for prop, (low, high) in from_to.items():
        if prop == "words" and "folded" in from_to:
            continue
        near, far = (high, low) if undo else (low, high)
        if prop in values and (values[prop] - far) * np.sign(far - near) < 0:
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
        effects = TypeAdapter(list[_Effect]).validate_json(json.dumps(scorer.effects))
    except ValidationError as error:
        raise ValueError(first_fault(error)) from None
    fault = _fault(scorer, effects)
    if fault:
        raise ValueError(fault)
    return scorer


def _fault(scorer: Scorer, effects: list[_Effect]) -> str:
    """What doesn't fit together in a scorer; "" if all fits."""
    names, levers = [p.name for p in scorer.properties], {lever.name for lever in scorer.levers}
    if not scorer.topics:
        return "topics: there is none"
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
    for row in effects:
        known = row.lever in levers and row.activity in scorer.activities
        if row.q is not None and not (known and (row.effect is None or row.effect > -1)):
            return f"effects: {row.lever[:40]!r} can't have this effect on {row.activity[:40]!r}"
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
