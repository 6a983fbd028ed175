"""What the chapters show of a study's forecasts: gains, leaderboard, calibration, the assignment's measure.

Everything is of the test posts. Tables come one row per activity or forecast.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from lib import models
from lib.models import BASELINE, BLEND, BOOSTED, NEURAL, TRUTH, Interval
from lib.storage import code_digest, digest
from lib.study.study import Study


def all_forecasts(study: Study) -> list[str]:
    """The models' forecasts, and the truth where a simulation knows it."""
    return [*study.forecasts, TRUTH] if study.simulated else study.forecasts


@functools.cache
def log_scores(study: Study, name: str) -> pd.DataFrame:
    """Log scores of the test posts under one forecast, in nats: a row a post, a column an activity."""
    test = study.split.test
    scores = models.log_score(study.counts[test], study.views[test], study.forecast(name)[test])
    return pd.DataFrame(scores, index=test, columns=study.activities)


def gain(study: Study, name: str, over: str = BASELINE) -> Interval:
    """Log score of one forecast above another's, in nats per post and activity, with a bootstrap interval."""
    ours, theirs = (log_scores(study, m).mean(axis=1).to_numpy() for m in (name, over))
    return models.paired_interval(ours, theirs)


@functools.cache
def gains(study: Study, name: str, over: str = BASELINE) -> pd.DataFrame:
    """The same activity by activity: columns ``name``, ``value``, ``low``, ``high`` in nats per post."""
    ours, theirs = log_scores(study, name), log_scores(study, over)
    rows = []
    for activity in study.activities:
        found = models.paired_interval(ours[activity].to_numpy(), theirs[activity].to_numpy())
        rows.append({"name": activity} | found.columns())
    return pd.DataFrame(rows)


def by_gain(study: Study, name: str) -> list[str]:
    """The activities, from the one a forecast gains most on over no features to the one it gains least on."""
    return list(gains(study, name).sort_values("value", ascending=False)["name"])


@functools.cache
def leaderboard(study: Study) -> pd.DataFrame:
    """Forecasts in ascending order of log score.

    Columns: ``name``; ``log_score`` in nats per post and activity; ``value``, ``low``, ``high``, the gain over no
    features with its 95 % interval; on simulated posts ``gap_closed``, the share of the way to the truth.
    """
    names = all_forecasts(study)
    mean = {n: log_scores(study, n).mean(axis=1).to_numpy() for n in names}
    rows = []
    for name in names:
        found = models.paired_interval(mean[name], mean[BASELINE])
        row = {"name": name, "log_score": mean[name].mean()} | found.columns()
        if study.simulated:
            row["gap_closed"] = models.gap_closed(mean[name], mean[BASELINE], mean[TRUTH])
        rows.append(row)
    return pd.DataFrame(rows).sort_values("log_score", kind="stable", ignore_index=True)


def best(study: Study) -> str:
    """The forecast (the truth aside) with the highest log score on the validation posts.

    Chosen there and not on the test posts, so that its test score is not the largest of many by luck.
    """
    held = study.split.validation
    k, n = study.counts[held], study.views[held]
    return max(study.forecasts, key=lambda m: models.log_score(k, n, study.forecast(m)[held]).mean())


def increments(study: Study) -> pd.DataFrame:
    """What each step brings over the one before it: columns ``name``, ``value``, ``low``, ``high``, nats per post.

    From the better source alone to both, from a linear model to trees and a network, and on to their blend.
    """
    alone = better_alone(study)
    steps = [
        (f"{alone}, over no features", alone, BASELINE),
        (f"text and photo, over {alone} alone", "photo and text", alone),
        ("boosted trees, over linear", BOOSTED, "photo and text"),
        ("neural network, over linear", NEURAL, "photo and text"),
        ("blend, over linear", BLEND, "photo and text"),
        ("blend, over boosted trees", BLEND, BOOSTED),
        ("blend, over neural network", BLEND, NEURAL),
    ]
    return pd.DataFrame([{"name": name} | gain(study, ours, over).columns() for name, ours, over in steps])


def better_alone(study: Study) -> str:
    """Whichever of photo and text has the higher log score."""
    return max(("photo", "text"), key=lambda m: gain(study, m).value)


@functools.cache
def pit(study: Study, name: str) -> np.ndarray:
    """:func:`lib.models.scoring.pit` of the test posts under a forecast: (m, a)."""
    test = study.split.test
    return models.pit(study.counts[test], study.views[test], study.forecast(name)[test], np.random.default_rng(0))


def coverage(study: Study, name: str) -> pd.DataFrame:
    """Share of counts inside the 50 % and 90 % intervals of a forecast: columns ``name``, ``50``, ``90``."""
    values = pit(study, name)
    inside = {str(level): models.coverage(values, level / 100) for level in (50, 90)}
    return pd.DataFrame({"name": study.activities} | inside)


def _key(study: Study) -> str:
    return digest(study.blocks_key, code_digest("lib.study.scores"))
