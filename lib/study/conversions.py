"""The assignment's measure, the weighted conversion: read off our means, and predicted by models trained on it.

Errors are those of the test posts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.models import (
    CONVERSION_WEIGHTS,
    AutoML,
    Interval,
    ReferenceAnswer,
    paired_interval,
    squared_error,
    weighted_conversion,
)
from lib.posts import ACTIVITIES, counts, facts
from lib.study import scores
from lib.study.asked import in_full

if TYPE_CHECKING:
    from lib.study.study import Study

WEIGHTS = ("weights", "weights_mean")  # the two weightings that the assignment asks for

SMALL = 2_000  # the reference answer takes a minute to fit however few the posts are: on fewer it is not fitted


@dataclass(frozen=True)
class Trained:
    """A model trained on the conversion itself: its ``label`` for readers, and the ``blocks`` that it sees."""

    label: str
    blocks: tuple[str, ...]


REFERENCE, AUTOML = "reference", "automl"
TRAINED = {
    "reference_photo": Trained("the reference answer's CatBoost, photo", ("photo_vector",)),
    "reference_text": Trained("the reference answer's CatBoost, text", ("text_vector",)),
    REFERENCE: Trained("the reference answer's CatBoost", ("photo_vector", "text_vector")),
    AUTOML: Trained("AutoML", ("photo_vector", "text_vector")),
}


def as_published() -> bool:
    """Whether ``REFERENCE`` is "full": it fits the reference answer as published, and on each vector too."""
    return in_full("REFERENCE", "fits the reference answer as published")


def trained(study: Study) -> list[str]:
    """Ids of the models that are trained on the conversion itself; none if there are fewer than ``SMALL`` posts."""
    if len(study.posts) < SMALL:
        return []
    names = TRAINED if as_published() else (REFERENCE, AUTOML)
    return [n for n in names if n != AUTOML or AutoML.installed()]


def predicted(study: Study, name: str, weights: str) -> np.ndarray:
    """The weighted conversion of the test posts (m,), as predicted by a forecast or by a model of :func:`trained`.

    An activity that is set aside enters with its observed rate on the training posts.
    """
    test = study.split.test
    if name in TRAINED:
        return _trained(study, name, weights)[test]
    train = study.split.train
    rates = np.tile(counts(study.posts)[train].sum(0) / study.views[train].sum(), (len(test), 1))
    rates[:, study.columns] = study.forecast(name).mean[test]
    return weighted_conversion(rates, np.ones(len(test)), weights)


def errors(study: Study) -> pd.DataFrame:
    """Squared errors of the weighted conversions, one row per forecast or model.

    Columns: ``name``; the mean squared error under each key of ``CONVERSION_WEIGHTS``, NaN if the model was not trained
    for that key; ``r2`` of the plain sum.
    """
    rows = []
    for name in [*trained(study), *scores.all_forecasts(study)]:
        row = {"name": name}
        for weights in WEIGHTS if name in TRAINED else CONVERSION_WEIGHTS:
            row[weights], row["r2"] = error(study, name, weights)
        rows.append(row | ({"r2": np.nan} if name in TRAINED else {}))
    return pd.DataFrame(rows)


def error(study: Study, name: str, weights: str) -> tuple[float, float]:
    """Mean squared error and R² of one conversion, as predicted by one forecast or model."""
    return squared_error(_observed(study, weights), predicted(study, name, weights))


def gain(study: Study, name: str, weights: str, over: str = REFERENCE) -> Interval:
    """By how much a forecast's mean squared error is below another's, with a bootstrap interval."""
    observed = _observed(study, weights)
    theirs, ours = ((predicted(study, m, weights) - observed) ** 2 for m in (over, name))
    return paired_interval(theirs, ours)


def _observed(study: Study, weights: str) -> np.ndarray:
    return conversion(study, weights)[study.split.test]


def _trained(study: Study, name: str, weights: str) -> np.ndarray:
    """Predictions of all posts (n,) by a model trained on the training posts."""
    blocks = TRAINED[name].blocks
    fitted = study.split.train
    full = as_published()

    def compute() -> np.ndarray:
        vectors = np.hstack([study.blocks[block] for block in blocks])
        model = AutoML(weights) if name == AUTOML else ReferenceAnswer(weights, full)
        given = vectors, counts(study.posts), study.views
        return model.fit(*(values[fitted] for values in given)).predict(vectors)

    key = study.blocks_key(*blocks)
    return study.keep(f"conversion-{name}-{weights}", ReferenceAnswer, compute, weights, full, key)


def conversion_parts(study: Study) -> pd.DataFrame:
    """What the assignment's weighted conversion is made of, one row per activity.

    Columns: ``name``; for each of the two weightings the activity's weight (``weights``), its share of the mean
    conversion (``weights mean``) and its covariance share of the variance over posts (``weights variance``).
    """
    rates = counts(study.posts) / study.views[:, None]
    table = {"name": list(ACTIVITIES)}
    for name in ("weights", "weights_mean"):
        parts = rates * CONVERSION_WEIGHTS[name]
        whole = parts.sum(1)
        table[name] = CONVERSION_WEIGHTS[name]
        table[f"{name} mean"] = parts.mean(0) / whole.mean()
        table[f"{name} variance"] = ((parts - parts.mean(0)) * (whole - whole.mean())[:, None]).mean(0) / whole.var()
    return pd.DataFrame(table)


def conversion(study: Study, weights: str) -> np.ndarray:
    """The assignment's weighted conversion of every post: (n,)."""
    return weighted_conversion(counts(study.posts), study.views, weights)


def is_original(study: Study) -> bool:
    """Whether the posts are those with published figures: the same number of rows, and the same columns."""
    read = study.posts.attrs
    rows = len(study.posts) + len(read["rejected"])
    return not study.simulated and rows == facts()["rows"] and not read["ignored_columns"]


def published_errors(study: Study) -> pd.DataFrame:
    """Published squared errors on the original data and split, beside the errors of our best forecast.

    Columns: ``who``, ``model``, ``target``; ``published``, the published mean squared error; ``best``, the mean squared
    error of our best forecast.
    """
    best = scores.best(study)
    rows = []
    for found in facts()["published_results_on_the_same_data"]:
        column = _TARGETS.get(found["target"])
        if column:
            row = {k: found[k] for k in ("who", "model", "target")} | {"published": found["mse"]}
            rows.append(row | {"best": error(study, best, column)[0]})
    return pd.DataFrame(rows)


# The published targets that can be computed from our means.
_TARGETS = {
    "weighted conversion (weights)": "weights",
    "weighted conversion (weights_mean)": "weights_mean",
    "sum of the seven activities / views": "sum",
}
