"""How good a forecast is activity by activity, in the measures of the trade, and which forecast ranks posts best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from lib import models
from lib.models import TRUTH
from lib.study import scores

if TYPE_CHECKING:
    from lib.study.study import Study


def by_activity(study: Study, name: str) -> pd.DataFrame:
    """Measures of a forecast of the test posts, one row per activity, on simulated posts followed by the truth's row.

    Returns
    -------
    Columns ``name``; ``forecast``, an id; ``gain`` in log score over no features, nats per post; ``log_loss`` in nats
    per view; ``entropy``, its ratio to that of the pooled rate; ``auc`` per view; ``spearman``, of predicted and
    observed rates; ``lift`` of the top tenth; ``slope`` of the calibration. A measure that is not defined is NaN.
    """
    tables = [_measures(study, m).assign(forecast=m) for m in dict.fromkeys([name, *[TRUTH] * study.simulated])]
    table = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    return table[["name", "forecast", *[column for column in table if column not in ("name", "forecast")]]]


def calibration(study: Study, name: str) -> tuple[pd.DataFrame, float]:
    """Intercept and slope of the test posts' counts on a forecast, and the p-value of all activities together.

    Returns
    -------
    One row per activity with columns ``name`` and those of :class:`lib.models.Calibration`; and a float.
    """
    held = study.held_out(name)
    found = models.calibrate(held.counts, held.views, held.forecast)
    columns = ("intercept", "intercept_error", "slope", "slope_error", "p")
    return pd.DataFrame({"name": study.activities} | {c: getattr(found, c) for c in columns}), found.p_joint


def better_ranked(study: Study, name: str) -> pd.DataFrame:
    """The activities on which another forecast ranks the training posts better, by cross-fitting.

    An activity is listed if the rank correlation of the forecast that ranks best exceeds that of ``name`` by more than
    chance explains, at 5 % over all activities and forecasts (Bonferroni). The test takes the ranks as given.

    Returns
    -------
    Columns ``name``; ``forecast``, the id of the forecast that ranks best; ``theirs`` and ``ours``, the rank
    correlations (Spearman) of this forecast and of ``name`` on the training posts; ``theirs_test`` and ``ours_test``,
    on the test posts.
    """
    train, test = study.split.train, study.split.test

    def products(model: str, posts: np.ndarray, activity: str) -> np.ndarray:
        predicted = study.forecast(model).mean[posts, study.column(activity)]
        return models.rank_products(study.rates[activity].to_numpy()[posts], predicted)

    pairs = len(study.activities) * max(len(study.forecasts) - 1, 1)
    rows = []
    for activity in study.activities:
        found = {m: products(m, train, activity) for m in study.forecasts}
        first = max(found, key=lambda m: found[m].mean())
        more = found[first] - found[name]
        if more.mean() > scipy.stats.norm.isf(0.05 / 2 / pairs) * more.std() / np.sqrt(len(more)):
            row = {"name": activity, "forecast": first, "theirs": found[first].mean(), "ours": found[name].mean()}
            row |= {f"{who}_test": products(m, test, activity).mean() for who, m in (("theirs", first), ("ours", name))}
            rows.append(row)
    return pd.DataFrame(rows, columns=["name", "forecast", "theirs", "ours", "theirs_test", "ours_test"])


def largest_share(study: Study, name: str, most: int = 2) -> tuple[list[str], float]:
    """The activities with the largest cross-fitted gains, and their share of the gain on the test posts.

    The share is NaN if the forecast gains nothing on the test posts.
    """
    gains, names = scores.gains(study, name).set_index("name")["value"], scores.by_gain(study, name)[:most]
    return names, float(gains[names].sum() / gains.sum()) if gains.sum() > 0 else np.nan


def posts_with_half_of_the_views(study: Study) -> int:
    """The smallest number of test posts that together have half of the views of all test posts."""
    views = np.sort(study.views[study.split.test])[::-1]
    return int(np.searchsorted(np.cumsum(views), views.sum() / 2)) + 1


def _measures(study: Study, name: str) -> pd.DataFrame:
    held = study.held_out(name)
    of = held.counts, held.views, held.forecast.mean
    rates = held.counts / held.views[:, None]
    ranks = [models.rank_products(*pair).mean() for pair in zip(rates.T, held.forecast.mean.T, strict=True)]
    return pd.DataFrame(
        {
            "name": study.activities,
            "gain": scores.gains(study, name)["value"],
            "log_loss": models.log_loss(*of),
            "entropy": models.normalised_entropy(*of),
            "auc": models.auc(*of),
            "spearman": ranks,
            "lift": models.lift(*of),
            "slope": models.calibrate(held.counts, held.views, held.forecast).slope,
        }
    )
