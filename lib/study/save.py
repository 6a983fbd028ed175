"""A study's best forecast, left as a file for posts that nobody has seen yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lib.models import MODELS, write_model
from lib.posts import ACTIVITIES, counts
from lib.storage import under
from lib.study.scores import best

if TYPE_CHECKING:
    from lib.study.study import Study

QUANTILES = 1001


def save_model(study: Study, folder: Path | None = None, name: str | None = None) -> Path:
    """Write a forecast of a study, with all it takes to repeat it on other posts.

    Parameters
    ----------
    folder
        Where; unless given, that of :func:`lib.storage.model_folder`.
    name
        Id of the model; unless given, the best forecast's.

    Returns
    -------
    Path of the file, which is written whole or not at all.

    Raises
    ------
    ModelError
        If it can't be written there.
    """
    name = name or best(study)
    specs = {model: MODELS[model] for model in (*MODELS[name].members, name)}
    # Of test posts: the models haven't seen them, as they haven't seen a draft.
    means = study.forecast(name).mean[study.split.test]
    arrays = {"quantiles": np.quantile(means, np.linspace(0, 1, QUANTILES), axis=0)}
    for model in specs:
        arrays |= under(model, study.model(model).arrays())
    if any("text_words" in spec.blocks for spec in specs.values()):
        arrays |= under("words", study.words.arrays())
    train = study.split.train
    pooled = counts(study.posts)[train].sum(0) / study.views[train].sum()
    about = {
        "forecast": name,
        "models": {model: spec.describe() for model, spec in specs.items()},
        "activities": study.activities,
        "set_aside": {a: float(pooled[ACTIVITIES.index(a)]) or None for a in study.set_aside},
        "views": float(np.median(study.views)),
        "makers": study.makers,
        "source": study.source.name,
        "simulated": study.simulated,
        "training_posts": len(train),
    }
    return write_model(about, arrays, folder)
