"""The best forecast of a study, kept."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import safetensors.numpy

from lib.models import _FORMAT, _PACKAGES, _QUANTILES, BLEND, BLENDED, BLOCKS, FILE, MODEL, _digest, _made_with
from lib.posts import counts
from lib.storage import ModelError, under, write_whole
from lib.study import scores
from lib.study.study import Study


def save_model(study: Study, folder: Path | None = None) -> Path:
    """Write the best forecast of a study, with all it takes to repeat it on other posts.

    Returns
    -------
    Path of the file, which is written whole or not at all.

    Raises
    ------
    ModelError
        If it can't be written there.
    """
    folder = folder or model_folder()
    name = scores.best(study)
    members = BLENDED if name == BLEND else (name,)
    models = {m: study.model(m) for m in dict.fromkeys((*members, name))}
    # Of test posts: the models haven't seen them, as they haven't seen a draft.
    means = study.forecast(name).mean[study.split.test]
    arrays = {"quantiles": np.quantile(means, np.linspace(0, 1, _QUANTILES), axis=0)}
    for m, model in models.items():
        arrays |= under(m, model.arrays())
    if any("text words" in BLOCKS[m] for m in members):
        arrays |= under("words", study.words.arrays())
    arrays = {key: np.asarray(values, order="C") for key, values in arrays.items()}
    train = study.split.train
    totals, seen = counts(study.posts)[train].sum(0), study.views[train].sum()
    pooled = dict(zip(study.posts_with_one.index, (totals / seen).tolist(), strict=True))
    about = {
        "format": _FORMAT,
        "forecast": name,
        "members": {m: {"kind": type(models[m]).__name__, "blocks": BLOCKS[m]} for m in members},
        "blend": type(models[name]).__name__ if name == BLEND else None,
        "activities": study.activities,
        "set_aside": {a: pooled[a] or None for a in study.set_aside},
        "views": float(np.median(study.views)),
        "made_with": _made_with({"text": study.text_encoder, "photo": study.photo_encoder}),
        "source": f"a simulated feed of {study.rows:,} posts" if study.simulated else study.path.name,
        "simulated": study.simulated,
        "training_posts": len(train),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": sys.version.split()[0]} | {name: version(name) for name in _PACKAGES},
    }
    about["digest"] = _digest(about, arrays)
    data = safetensors.numpy.save(arrays, {"about": json.dumps(about, ensure_ascii=False)})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, data)
    except OSError as error:
        raise ModelError(f"The model can't be written to {folder}: {error.strerror}.") from None
    return folder / FILE
