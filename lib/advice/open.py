"""The advice of a study: its estimates, each computed once and cached on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lib.advice.averages import rate_quantiles
from lib.advice.double_ml import cross_check
from lib.advice.estimates import Estimates, estimate
from lib.advice.regressions import MIN_CLUSTERS, Sample
from lib.advice.scorer import Scorer, save_scorer
from lib.features import group_names, property_values
from lib.models import PAGE, PageForecast, page_forecast
from lib.storage import code_digest

if TYPE_CHECKING:
    from lib.study import Study

_BLOCKS = ("text_features", "photo_features", "text_vector", "photo_vector")


def effect_sample(study: Study) -> Sample:
    """The sample that the effects are estimated from: every post of the study."""
    values, repeats = property_values(study.readable), study.split.groups
    clusters = dependent_posts(study.posts, repeats)
    return Sample(values, study.controls, study.counts, study.views, clusters, study.activities, repeats)


def dependent_posts(posts: pd.DataFrame, repeats: np.ndarray) -> np.ndarray:
    """Labels (n,) int of posts that may depend on one another: see :class:`lib.advice.regressions.Sample`.

    A post without a group depends on those that repeat it.
    """
    names = group_names(posts).to_numpy()
    if len({*names} - {""}) < MIN_CLUSTERS:
        return repeats
    labels = [f"group {name}" if name else f"repeat {label}" for name, label in zip(names, repeats, strict=True)]
    return np.unique(labels, return_inverse=True)[1]


def study_estimates(study: Study) -> Estimates:
    """The estimates from the study's posts."""
    key = study.blocks_key(*_BLOCKS)
    return study.keep("estimates", estimate, lambda: estimate(effect_sample(study)), key)


def double_ml_effects(study: Study) -> pd.DataFrame:
    """The effects by double machine learning: see :func:`lib.advice.double_ml.cross_check`."""

    def compute() -> pd.DataFrame:
        found = study_estimates(study)
        return cross_check(effect_sample(study), found.overlap, found.influence)

    # The overlap comes from the estimates, so their code counts too.
    return study.keep("double-ml", cross_check, compute, study.blocks_key(*_BLOCKS), code_digest(estimate))


def study_scorer(study: Study) -> Scorer:
    """The draft scorer of the study."""
    scorer = replace(study_estimates(study).scorer, source=study.source.name, simulated=study.simulated)
    if PAGE not in study.forecasts:
        return scorer
    mean = study.forecast(PAGE).mean
    activities = {
        activity: replace(model, quantiles=rate_quantiles(mean[:, study.column(activity)]))
        for activity, model in scorer.activities.items()
    }
    return replace(scorer, page=study_page(study), activities=activities)


def study_page(study: Study) -> PageForecast:
    """The forecast that a page can compute."""
    fitted = study.fitted(PAGE)
    return page_forecast(fitted.model, fitted.structure, study.page_words, study.activities)


def save_advice(study: Study, folder: Path | None = None) -> Path:
    """Write the file that ``python -m lib advise`` reads."""
    return save_scorer(study_scorer(study), folder)


@cache
def bench_coverage() -> dict[str, Any]:
    """Results of ``bench/advice.py``: the intervals of many feeds compared with the truth, and how the run was made."""
    return json.loads(Path(__file__).with_name("advice_coverage.json").read_text(encoding="utf-8"))
