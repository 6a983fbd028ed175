"""The draft scorer: from a few properties, the rate that a draft may expect and what each lever would do to it.

The page has the same arithmetic in JavaScript (``assets/draft-scorer.js``) on the same fields; a test holds the two
together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from lib.storage import ModelError, model_folder, write_whole

FILE = "advice.json"
FORMAT = 2
ANY_TOPIC = 0

Z_95 = float(norm.ppf(0.975))


@dataclass(frozen=True)
class ScorerProperty:
    """A property of a draft: ``name``, ``source``, whether it is ``binary``, and the feed's ``median``."""

    name: str
    source: Literal["text", "photo"]
    binary: bool
    median: float


@dataclass(frozen=True)
class ScorerTopic:
    """A topic: the ``words`` that are typical of it, and its number of ``posts``."""

    words: list[str]
    posts: int


@dataclass(frozen=True)
class ScorerLever:
    """A lever: its ``name``, the drafts it is for (``folded``), its contrast (``from_to``), and what it moves.

    ``found`` names the activities on which its effect is a discovery.
    """

    name: str
    folded: bool | None
    from_to: dict[str, list[float]]
    found: list[str]


@dataclass(frozen=True)
class TopicModel:
    """The average post of a topic.

    Attributes
    ----------
    level
        Log-odds of its rate where all properties are 0.
    slopes
        By property, in log-odds.
    cov
        Covariance of level and slopes: the lower triangle, row by row.
    own
        Properties that have a slope of their own in this topic.
    """

    level: float
    slopes: list[float]
    cov: list[float]
    own: list[str]

    def eta(self, x: np.ndarray) -> float:
        """Log-odds of a draft with the row (1 + properties,) x."""
        return float(np.array([self.level, *self.slopes]) @ x)

    def variance(self, x: np.ndarray) -> float:
        """Variance of the product of level and slopes with x."""
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
        Binary properties with a value at which it never happens, and that value.
    quantiles
        Of the rates expected for the feed's posts, from the lowest to the highest at equal steps.
    topics
        In the order of the scorer's topics.
    """

    never: dict[str, float]
    quantiles: list[float]
    topics: list[TopicModel]


@dataclass(frozen=True)
class Scorer:
    """What a page or the command line needs to score drafts; JSON knows all of it.

    Attributes
    ----------
    properties, levers
        Those that the feed has enough posts for.
    topics
        The first is all topics together, and has no words.
    activities
        Those whose regression succeeded, by id.
    effects
        Rows of :func:`lib.advice.effects.lever_effects`.
    source, simulated
        Name of the feed, and whether it is simulated.
    format
        Version of these fields.
    """

    properties: list[ScorerProperty]
    topics: list[ScorerTopic]
    levers: list[ScorerLever]
    activities: dict[str, ActivityModel]
    effects: list[dict[str, Any]] = field(default_factory=list)
    source: str = ""
    simulated: bool = False
    format: int = FORMAT

    def rate(self, activity: str, topic: int, values: Mapping[str, float]) -> tuple[float, float, float]:
        """The rate a draft may expect, with its 95 % interval: of the mean of such posts, not of one post.

        Parameters
        ----------
        topic
            Position in ``topics``.
        values
            Property to value; one that is not given counts as the feed's median.
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
        """Relative change of the expected rate where some properties go to other values, with its 95 % interval.

        None where the activity never happens before or after.
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
        """Share of the feed's posts, from 0 to 1, whose expected rate is below this one."""
        quantiles = self.activities[activity].quantiles
        return float(np.interp(mean, quantiles, np.linspace(0, 1, len(quantiles))))

    def _row(self, values: Mapping[str, float]) -> np.ndarray:
        return np.array([1.0, *(values.get(p.name, p.median) for p in self.properties)], dtype=float)

    def _never(self, model: ActivityModel, x: np.ndarray) -> bool:
        names = [p.name for p in self.properties]
        return any(x[1 + names.index(name)] == value for name, value in model.never.items())


def already_there(values: Mapping[str, float], from_to: Mapping[str, list[float]], undo: bool = False) -> bool:
    """Whether a draft has the values that a lever goes to, or beyond (that it comes from, if it is undone)."""
    for prop, (low, high) in from_to.items():
        if prop == "words" and "folded" in from_to:
            continue
        near, far = (high, low) if undo else (low, high)
        if prop in values and (values[prop] - far) * np.sign(far - near) < 0:
            return False
    return True


def to_json(scorer: Scorer) -> dict[str, Any]:
    """A scorer as JSON knows it."""
    return asdict(scorer)


def from_json(fields: Mapping[str, Any]) -> Scorer:
    """The scorer that gave these fields.

    Raises
    ------
    TypeError, KeyError
        If they are not those of a scorer.
    """
    activities = {
        name: ActivityModel(**{**model, "topics": [TopicModel(**topic) for topic in model["topics"]]})
        for name, model in fields["activities"].items()
    }
    lists = {
        "properties": [ScorerProperty(**of) for of in fields["properties"]],
        "topics": [ScorerTopic(**of) for of in fields["topics"]],
        "levers": [ScorerLever(**of) for of in fields["levers"]],
    }
    return Scorer(**{**fields, **lists, "activities": activities})


def save_scorer(scorer: Scorer, folder: Path | None = None) -> Path:
    """Write what ``python -m lib advise`` reads; the file is written whole or not at all.

    Raises
    ------
    ModelError
        If it can't be written there.
    """
    folder = folder or model_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, json.dumps(to_json(scorer), ensure_ascii=False).encode())
    except OSError as error:
        raise ModelError(f"The advice can't be written to {folder}: {error.strerror}.") from None
    return folder / FILE


def load_scorer(folder: Path | None = None) -> Scorer:
    """What :func:`save_scorer` wrote.

    Raises
    ------
    ModelError
        If there is none, or it can't be read.
    """
    path = (folder or model_folder()) / FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields["format"] == FORMAT:
            return from_json(fields)
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no saved advice yet. Run make report first.") from None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ModelError(f"{path} is damaged or of another version. Run make report again.")
