"""The assignment's measure: its weighted conversion read off our means, beside models trained on the conversion itself.

Everything is of the test posts.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib import results, scoring
from lib.assignment import Assignment, AutoML
from lib.cache import cached, code_digest, digest
from lib.posts import counts
from lib.scoring import Interval
from lib.study import Study

ASSIGNMENT, AUTOML = "the assignment's CatBoost", "AutoML"
WEIGHTS = ("weights", "weights_mean")  # the two that the assignment asks for

# Its trees take minutes however few the posts are. From LARGE posts on the reference answer is fitted as it was, and on
# either vector alone as well; from SMALL on with columns split at FEW_BORDERS values at most; below that not at all.
SMALL, LARGE, FEW_BORDERS = 2_000, 10_000, 32

_VECTORS = {
    f"{ASSIGNMENT}, photo": ("photo vector",),
    f"{ASSIGNMENT}, text": ("text vector",),
    ASSIGNMENT: ("photo vector", "text vector"),
    AUTOML: ("photo vector", "text vector"),
}


def trained(study: Study) -> list[str]:
    """Names of the models that are trained on the conversion itself: none on a feed of fewer than ``SMALL`` posts."""
    posts = len(study.posts)
    names = [n for n in _VECTORS if posts >= (SMALL if n in (ASSIGNMENT, AUTOML) else LARGE)]
    return [n for n in names if n != AUTOML or AutoML.installed()]


def predicted(study: Study, name: str, weights: str) -> np.ndarray:
    """The weighted conversion that a forecast or one of the models in :func:`trained` predicts: (m,) of the test posts.

    An activity set aside counts as its observed training rate.
    """
    test = study.split.test
    if name in _VECTORS:
        return _trained(study, name, weights)[test]
    train = study.split.train
    rates = np.tile(counts(study.posts)[train].sum(0) / study.views[train].sum(), (len(test), 1))
    rates[:, study.columns] = study.forecast(name).mean[test]
    return scoring.weighted_conversion(rates, np.ones(len(test)), weights)


def errors(study: Study) -> pd.DataFrame:
    """Squared error of the weighted conversions, a row a forecast or model.

    Columns: ``name``; the mean squared error under each key of ``CONVERSION_WEIGHTS``, NaN under one that a model
    was not trained for; ``r2`` of the plain sum.
    """
    rows = []
    for name in [*trained(study), *results.all_forecasts(study)]:
        row = {"name": name}
        for weights in WEIGHTS if name in _VECTORS else scoring.CONVERSION_WEIGHTS:
            row[weights], row["r2"] = error(study, name, weights)
        rows.append(row | ({"r2": np.nan} if name in _VECTORS else {}))
    return pd.DataFrame(rows)


def error(study: Study, name: str, weights: str) -> tuple[float, float]:
    """Mean squared error and R² of one conversion as one forecast or model predicts it."""
    return scoring.squared_error(_observed(study, weights), predicted(study, name, weights))


def gain(study: Study, name: str, weights: str, over: str = ASSIGNMENT) -> Interval:
    """How far a forecast's mean squared error of the conversion is below another's, with a bootstrap interval."""
    observed = _observed(study, weights)
    theirs, ours = ((predicted(study, m, weights) - observed) ** 2 for m in (over, name))
    return scoring.paired_interval(theirs, ours)


def _observed(study: Study, weights: str) -> np.ndarray:
    return results.conversion(study, weights)[study.split.test]


def _trained(study: Study, name: str, weights: str) -> np.ndarray:
    """What a model trained on training and validation posts predicts of every post: (n,)."""
    vectors = np.hstack([study.blocks[b] for b in _VECTORS[name]])
    fitted = np.sort(np.concatenate([study.split.train, study.split.validation]))
    borders = Assignment.BORDERS if len(study.posts) >= LARGE else FEW_BORDERS
    given = vectors, counts(study.posts), study.views

    def compute() -> np.ndarray:
        model = AutoML(weights) if name == AUTOML else Assignment(weights, borders)
        return model.fit(*(values[fitted] for values in given)).predict(vectors)

    inputs = [np.ascontiguousarray(values).tobytes() for values in (*given, fitted)]
    return cached("conversion", digest(name, weights, borders, *inputs, code_digest("lib.assignment")), compute)
