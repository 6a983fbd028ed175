"""Where a forecast is right and where it is wrong: its distribution, its mean by group, single posts.

Each table has one row per activity and bin or group, or one row per post.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from lib.betabinomial import rvs
from lib.models import BASELINE, HeldOut
from lib.study import scores
from lib.study.groups import LEAST_POSTS

if TYPE_CHECKING:
    from lib.study.study import Study

LEVEL = 0.95  # of bands and intervals
DRAWS = 1000


def pit_histogram(values: np.ndarray, activities: list[str], bins: int = 10) -> pd.DataFrame:
    """Histogram of the randomised probability integral transform of each activity. It is flat if calibrated.

    Parameters
    ----------
    values
        (m, a) from :func:`lib.study.scores.pit`.

    Returns
    -------
    Columns ``name``; ``left``, the bin's lower end in [0, 1); ``density``, 1 on average; ``low`` and ``high``, the
    band in which a bin of a calibrated forecast lies with 95 % probability.
    """
    posts = len(values)
    low, high = stats.binom.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], posts, 1 / bins) * bins / posts
    tables = []
    for activity, of in zip(activities, values.T, strict=True):
        found, edges = np.histogram(of, bins, (0, 1))
        density = found * bins / posts
        tables.append(
            pd.DataFrame({"name": activity, "left": edges[:-1], "density": density, "low": low, "high": high})
        )
    return pd.concat(tables, ignore_index=True)


def reliability(held: HeldOut, bins: int = 10) -> pd.DataFrame:
    """Predicted against observed rate of each activity, in bins of about equally many posts.

    Posts with equal predicted rates fall into one bin, so there are fewer bins where many rates are equal.

    Returns
    -------
    Columns ``name``; ``predicted`` and ``observed``, means over a bin's posts of the rate per view; ``low`` and
    ``high``, the band in which ``observed`` lies with 95 % probability if the forecast is right; ``posts``, how many.
    """
    mean = held.forecast.mean
    bins = min(bins, len(mean))
    groups = ((stats.rankdata(mean.astype(np.float32), axis=0) - 0.5) * bins / len(mean)).astype(int)
    drawn = _replicates(held)
    return pd.concat([_observed(held, drawn, groups == group) for group in range(bins)], ignore_index=True)


def residuals(held: HeldOut, groups: pd.Series) -> pd.DataFrame:
    """Observed rate over predicted rate, by group of posts.

    Both are means over a group's posts, so every post has the same weight, whatever its number of views.

    Parameters
    ----------
    groups
        (m,) the category of each post. A category of fewer than ``LEAST_POSTS`` posts is left out.

    Returns
    -------
    Columns ``name``; ``group``; ``posts``; ``value``, the ratio, 1 where the mean is right; ``low`` and ``high``,
    the band in which the ratio lies with 95 % probability if the forecast is right.
    """
    of, drawn = groups.to_numpy(), _replicates(held)
    tables = [pd.DataFrame(columns=["name", "group", "posts", "value", "low", "high"])]
    for group in groups.cat.categories:
        if (of == group).sum() >= LEAST_POSTS:
            found = _observed(held, drawn, np.tile((of == group)[:, None], len(held.activities)))
            ratios = {"value": found["observed"], "low": found["low"], "high": found["high"]}
            ratios = {column: values / found["predicted"] for column, values in ratios.items()}
            tables.append(pd.DataFrame({"name": found["name"], "group": group, "posts": found["posts"]} | ratios))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def departures(outside: pd.Series) -> tuple[int, int, bool]:
    """How many points lie outside their 95 % bands, of how many, and whether that is more than chance explains.

    It is more if the binomial probability of so many is under 1 %. That is strict, because the activities of one post
    are correlated.

    Parameters
    ----------
    outside
        (points,) bool.
    """
    missed, total = int(outside.sum()), len(outside)
    return missed, total, bool(stats.binom.sf(missed - 1, total, 1 - LEVEL) < 0.01)


def surprises(study: Study, name: str, each: int = 4) -> pd.DataFrame:
    """The test posts on which a forecast gains most over no features, then the posts on which it loses most.

    Returns
    -------
    Columns ``post``, the position; ``gain`` in log score, nats summed over the activities; ``activity``, the one that
    contributes most to the gain or the loss, with its rates ``predicted``, ``usual`` (without features) and
    ``observed``.
    """
    gain = scores.log_scores(study, name) - scores.log_scores(study, BASELINE)
    total = gain.sum(axis=1).sort_values(ascending=False, kind="stable")
    each = min(each, len(total) // 2)
    means = {m: study.forecast(m).mean for m in (name, BASELINE)}
    rows = []
    for post, nats in [*total[:each].items(), *total[-each:].items()]:
        activity = gain.loc[post].idxmax() if nats > 0 else gain.loc[post].idxmin()
        predicted, usual = (means[m][post, study.column(activity)] for m in (name, BASELINE))
        row = {"post": post, "gain": nats, "activity": activity, "predicted": predicted, "usual": usual}
        rows.append(row | {"observed": study.rates[activity].iloc[post]})
    return pd.DataFrame(rows)


def _observed(held: HeldOut, drawn: np.ndarray, chosen: np.ndarray) -> pd.DataFrame:
    """Mean predicted and observed rates over the ``chosen`` (m, a) posts of each activity, with the band."""
    rates = held.counts / held.views[:, None]
    rows = []
    for a, activity in enumerate(held.activities):
        at = chosen[:, a]
        if not at.any():
            continue
        low, high = np.quantile(drawn[:, at, a].mean(1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        rows.append((activity, held.forecast.mean[at, a].mean(), rates[at, a].mean(), low, high, int(at.sum())))
    return pd.DataFrame(rows, columns=["name", "predicted", "observed", "low", "high", "posts"])


def _replicates(held: HeldOut) -> np.ndarray:
    """Rates drawn from the forecast, as if it were right: (``DRAWS``, m, a) float32."""
    rng, views = np.random.default_rng(0), held.views[:, None]
    drawn = np.empty((DRAWS, *held.counts.shape), np.float32)
    for draw in drawn:
        draw[:] = rvs(views, held.forecast.mean, held.forecast.rho, rng) / views
    return drawn
