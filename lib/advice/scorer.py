"""The draft scorer: from a few numbers, the rates a draft may expect and what each change would do to them.

The page has the same arithmetic in JavaScript (``assets/draft-scorer.js``); a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp

from lib.advice.effects import FALSE_DISCOVERY_RATE, MIN_POSTS_A_SIDE
from lib.advice.regressions import Posts, Regression
from lib.features import COLUMNS, LEVERS, changes
from lib.models import MODEL
from lib.storage import ModelError, write_whole

FILE = "advice.json"
FORMAT = 1

Z_95 = 1.959963984540054
ANY_TOPIC = 0
_QUANTILES = 101


def scorer(posts: Posts, fits: list[Regression], effects: pd.DataFrame) -> dict[str, Any]:
    """What the scorer needs, as JSON knows it.

    Parameters
    ----------
    fits, effects
        From :func:`lib.advice.regressions.regressions` and :func:`lib.advice.effects.effects`.

    Returns
    -------
    ``format``: its version.
    ``columns``: of each its ``name``, whether it is ``binary``, its ``source``, and the feed's ``median``.
    ``topics``: of each its ``words`` and number of ``posts``; the first is all topics together, and has no words.
    ``levers``: those that this feed has both ends of, each with ``name``, ``ends``, ``asked_of`` and the activities it
    was ``found`` to move.
    ``activities``: name to ``never`` (a binary column and the side on which the activity never happens),
    ``quantiles`` of the rates expected for the feed's posts, and for each topic a ``level`` (log-odds of its average
    post where all columns are 0), the ``slopes`` of the columns, ``cov`` of level and slopes, row by row, and which
    columns have their ``own`` slope there. An activity without a fit is left out.
    """
    number = np.bincount(posts.subject.topic, minlength=len(posts.subject.words))
    kept = [t for t in range(len(number)) if len(number) > 1 and number[t] >= MIN_POSTS_A_SIDE]
    median = posts.columns.median()
    columns = [
        {"name": name, "source": c.source, "binary": c.binary, "median": _rounded(median[name], 4)}
        for name, c in COLUMNS.items()
        if posts.columns[name].notna().any()
    ]
    names = [column["name"] for column in columns]
    found = effects[effects["q"] <= FALSE_DISCOVERY_RATE].groupby("lever")["activity"].agg(list).to_dict()
    whole = ~posts.subject.missing.any(1)
    whole = whole if whole.sum() >= MIN_POSTS_A_SIDE else np.ones_like(whole)
    models = {}
    for activity, fit in zip(posts.activities, fits, strict=True):
        if fit.state == "estimated":
            means = expit(fit.X @ fit.coef)
            models[activity] = {
                "never": fit.never,
                "quantiles": [_rounded(q, 4) for q in np.quantile(means, np.linspace(0, 1, _QUANTILES))],
                "topics": [_at_topic(posts, fit, names, topic, whole) for topic in (None, *kept)],
            }
    return {
        "format": FORMAT,
        "columns": columns,
        "topics": [
            {"words": list(posts.subject.words[t]) if t is not None else [], "posts": int(n)}
            for t, n in [(None, len(posts.views)), *((t, number[t]) for t in kept)]
        ],
        "levers": [
            {
                "name": c.lever,
                "asked_of": LEVERS[c.lever].asked_of,
                "found": found.get(c.lever, []),
                "ends": {column: [_rounded(v, 6) for v in ends] for column, ends in c.ends.items()},
            }
            for c in changes(posts.columns)
            if all(column in names and np.isfinite(ends).all() for column, ends in c.ends.items())
        ],
        "activities": models,
    }


def _at_topic(posts: Posts, fit: Regression, names: list[str], topic: int | None, whole: np.ndarray) -> dict[str, Any]:
    """Level, slopes and their covariance for the average post of a topic."""
    own = posts.subject.topic[fit.rows]
    inside = whole[fit.rows] if topic is None else whole[fit.rows] & (own == topic)
    inside = inside if inside.any() else np.ones(len(own), dtype=bool)
    held = np.array([name in ("1", "") for name in fit.names])
    eta = fit.X[np.ix_(inside, held)] @ fit.coef[held]
    weight = np.exp(eta - logsumexp(eta))
    to_topic = np.zeros((1 + len(names), len(fit.coef)))
    to_topic[0, held] = weight @ fit.X[np.ix_(inside, held)]
    for at, name in enumerate(fit.names):
        if name in names:
            to_topic[1 + names.index(name), at] = 1.0
        elif isinstance(name, tuple):
            share = np.mean(own[inside] == name[1])
            to_topic[1 + names.index(name[0]), at] = share
    cov = to_topic @ fit.cov @ to_topic.T
    return {
        "level": _rounded(logsumexp(eta) - np.log(len(eta)), 6),
        "own": [name[0] for name in fit.names if isinstance(name, tuple) and name[1] == topic],
        "slopes": [_rounded(v, 5) for v in to_topic[1:] @ fit.coef],
        "cov": [_rounded(v, 4) for v in cov[np.tril_indices(len(cov))]],
    }


def _rounded(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{digits}g}")


def rate(scorer: Mapping, activity: str, topic: int, values: Mapping[str, float]) -> tuple[float, float, float]:
    """The rate a draft may expect, with the ends of its 95 % interval: of the mean of such posts, not of one post.

    Parameters
    ----------
    topic
        Position in ``scorer["topics"]``.
    values
        Column to value; a column that is not given counts as the feed's median.
    """
    model = scorer["activities"][activity]
    x = _row(scorer, values)
    if _never(scorer, model, x):
        return 0.0, 0.0, 0.0
    eta, cov = _eta(model["topics"][topic], x), _cov(model["topics"][topic])
    error = np.sqrt(x @ cov @ x)
    return tuple(float(v) for v in expit([eta, eta - Z_95 * error, eta + Z_95 * error]))


def gain(
    scorer: Mapping, activity: str, topic: int, values: Mapping[str, float], to: Mapping[str, float]
) -> tuple[float, float, float] | None:
    """Relative change of the expected rate where some columns go to other values, with its 95 % interval.

    None where the activity never happens on one side of the change.
    """
    model = scorer["activities"][activity]
    before, after = _row(scorer, values), _row(scorer, {**values, **to})
    if _never(scorer, model, before) or _never(scorer, model, after):
        return None
    of, cov = model["topics"][topic], _cov(model["topics"][topic])
    means = expit([_eta(of, before), _eta(of, after)])
    gradient = (1 - means[1]) * after - (1 - means[0]) * before
    log_ratio, error = np.log(means[1] / means[0]), np.sqrt(gradient @ cov @ gradient)
    return tuple(float(v) for v in np.expm1([log_ratio, log_ratio - Z_95 * error, log_ratio + Z_95 * error]))


def percentile(scorer: Mapping, activity: str, mean: float) -> float:
    """Share of the feed's posts, from 0 to 1, whose expected rate is below this one."""
    quantiles = scorer["activities"][activity]["quantiles"]
    return float(np.interp(mean, quantiles, np.linspace(0, 1, len(quantiles))))


def pulled(values: Mapping[str, float], ends: Mapping[str, list[float]], undo: bool = False) -> bool:
    """Whether a draft is at or beyond the far end of a change already (the near end, if the change is undone)."""
    for column, (low, high) in ends.items():
        if column == "words" and "folded" in ends:
            continue
        near, far = (high, low) if undo else (low, high)
        if column in values and (values[column] - far) * np.sign(far - near) < 0:
            return False
    return True


def save(scorer: Mapping, folder: Path | None = None) -> Path:
    """Write what ``python -m lib advise`` reads; the file is written whole or not at all.

    Raises
    ------
    ModelError
        If it can't be written there.
    """
    folder = folder or model_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, json.dumps(scorer, ensure_ascii=False).encode())
    except OSError as error:
        raise ModelError(f"The advice can't be written to {folder}: {error.strerror}.") from None
    return folder / FILE


def load(folder: Path | None = None) -> dict[str, Any]:
    """What :func:`save` wrote.

    Raises
    ------
    ModelError
        If there is none, or it can't be read.
    """
    path = (folder or model_folder()) / FILE
    try:
        scorer = json.loads(path.read_text(encoding="utf-8"))
        if scorer["format"] == FORMAT:
            return scorer
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no saved advice yet. Run make report first.") from None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ModelError(f"{path} is damaged or of another version. Run make report again.")


def _row(scorer: Mapping, values: Mapping[str, float]) -> np.ndarray:
    columns = [values.get(c["name"], c["median"]) for c in scorer["columns"]]
    return np.array([1.0, *columns], dtype=float)


def _never(scorer: Mapping, model: Mapping, x: np.ndarray) -> bool:
    names = [c["name"] for c in scorer["columns"]]
    return any(x[1 + names.index(name)] == side for name, side in model["never"].items())


def _eta(of: Mapping, x: np.ndarray) -> float:
    return float(np.array([of["level"], *of["slopes"]]) @ x)


def _cov(of: Mapping) -> np.ndarray:
    size = 1 + len(of["slopes"])
    cov = np.zeros((size, size))
    cov[np.tril_indices(size)] = of["cov"]
    return cov + np.tril(cov, -1).T
