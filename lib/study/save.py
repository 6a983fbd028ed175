"""A model of a study, written to a file that forecasts new posts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lib.models import feature_ranges, write_model
from lib.posts import ACTIVITIES, counts
from lib.storage import under
from lib.study.scores import best

if TYPE_CHECKING:
    from lib.study.study import Study

QUANTILES = 1001


def save_model(study: Study, folder: Path | None = None, name: str | None = None) -> Path:
    """Write a model of a study, with everything that a forecast of other posts needs.

    Parameters
    ----------
    folder
        The folder of the file; by default :func:`lib.storage.model_folder`.
    name
        Id of the model; by default the best one.

    Returns
    -------
    Path of the file. It is written whole or not at all.

    Raises
    ------
    ModelError
        If the file can't be written there.
    """
    name = name or best(study)
    specs = {model: study.spec(model) for model in needed(study, name)}
    # The quantiles are of test posts, because the models were not fitted on test posts, just as on no draft.
    means = study.forecast(name).mean[study.split.test]
    arrays = {"quantiles": np.quantile(means, np.linspace(0, 1, QUANTILES), axis=0)}
    for model in specs:
        fitted = study.fitted(model)
        arrays |= under(model, fitted.model.arrays() | under("structure", fitted.structure.arrays()))
    if any("text_words" in spec.blocks for spec in specs.values()):
        arrays |= under("words", study.words.arrays())
    train = study.split.train
    pooled = counts(study.posts)[train].sum(0) / study.views[train].sum()
    about = {
        "forecast": name,
        "models": {model: spec.describe() for model, spec in specs.items()},
        "activities": study.activities,
        "groups": list(study.groups) if any("group" in spec.blocks for spec in specs.values()) else [],
        "set_aside": {a: float(pooled[ACTIVITIES.index(a)]) or None for a in study.set_aside},
        "views": float(np.median(study.views)),
        "ranges": feature_ranges(study.readable),
        "makers": study.makers,
        "source": study.source.name,
        "simulated": study.simulated,
        "training_posts": len(train),
    }
    return write_model(about, arrays, folder)


def needed(study: Study, name: str) -> list[str]:
    """Ids of the models whose forecasts the forecast of a model needs, and its own at the end."""
    return list(dict.fromkeys([*(each for other in study.spec(name).others for each in needed(study, other)), name]))


def used_blocks(study: Study, name: str) -> list[str]:
    """The blocks that a model or one of those in :func:`needed` uses."""
    return list(dict.fromkeys(block for model in needed(study, name) for block in study.spec(model).blocks))
