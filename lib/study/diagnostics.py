"""Where a forecast is right and where it is wrong: its distribution, its mean by group, single posts.

``checks`` has all tables of a forecast; :mod:`lib.study.departures` judges a table. A table has one row per activity
and bin, group or statistic: a point. Its columns are ``name`` and

``value``
    What was observed.
``low``, ``high``
    The band in which the value lies with a stated probability if the forecast is right.
``drawn``
    (``DRAWS``,) the value in each data set drawn from the forecast, as if the forecast were right.
``weight``
    The weight of the point in the departure to one side; see :func:`lib.study.departures.judge`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from lib.features import BLOCKS
from lib.models import BASELINE, HeldOut, fit_copula
from lib.study import scores
from lib.study.groups import LEAST_POSTS, by_topic, by_views

if TYPE_CHECKING:
    from lib.study.study import Study

LEVEL = 0.95  # of bands
REPLICATED = 0.9  # of the bands of zeros and quantiles
DRAWS = 1000
STATISTICS = {"zeros": -1, "50 %": 1, "90 %": 1, "99 %": 1}  # with their weights: more zeros are fewer actions

_CHUNK = 200  # posts whose counts are drawn at a time


@dataclass(frozen=True)
class Checks:
    """The tables of a forecast of the test posts.

    Attributes
    ----------
    pit
        From :func:`pit_histogram`.
    reliability
        From :func:`reliability`.
    views, topics
        From :func:`residuals`, with the groups :func:`~lib.study.groups.by_views` and ``by_topic``.
    counts
        From :func:`zeros_and_quantiles`.
    """

    pit: pd.DataFrame
    reliability: pd.DataFrame
    views: pd.DataFrame
    topics: pd.DataFrame
    counts: pd.DataFrame


def checks(study: Study, name: str) -> Checks:
    """All tables of a forecast of the test posts."""

    def compute() -> Checks:
        held, test = study.held_out(name), study.split.test
        drawn = replicates(held)
        return Checks(
            pit_histogram(scores.pit(study, name), study.activities),
            reliability(held, drawn),
            residuals(held, by_views(study).iloc[test], drawn),
            residuals(held, by_topic(study).iloc[test], drawn),
            zeros_and_quantiles(held, drawn),
        )

    return study.keep(f"checks-{name}", checks, compute, study.forecast_key(name), study.blocks_key(*BLOCKS))


def replicates(held: HeldOut) -> np.ndarray:
    """Counts drawn from the forecast, as if it were right: (``DRAWS``, m, a) int32.

    The activities of a post depend on one another as the observed ones do. The forecast's parameters are taken as
    known.
    """
    copula, drawn = fit_copula(held.counts, held.views, held.forecast), np.empty((DRAWS, *held.counts.shape), np.int32)
    for start in range(0, len(held.views), _CHUNK):
        some = slice(start, start + _CHUNK)
        drawn[:, some] = copula.draw(held.views[some], held.forecast[some], DRAWS, seed=start)
    return drawn


def pit_histogram(values: np.ndarray, activities: list[str], bins: int = 10) -> pd.DataFrame:
    """Histogram of the randomised probability integral transform of each activity. It is flat if calibrated.

    Parameters
    ----------
    values
        (m, a) from :func:`lib.study.scores.pit`.

    Returns
    -------
    A table of densities, 1 on average, with ``left``, the bin's lower end in [0, 1). The weights rise from the lowest
    bin to the highest, so that the direction is a slope. The drawn values are uniform; those of a post depend on one
    another as the ranks of a post drawn from ``values`` do.
    """
    (posts, size), rng = values.shape, np.random.default_rng(0)
    ranks = scipy.stats.rankdata(values, axis=0) - 1
    drawn = np.empty((DRAWS, size, bins), np.float32)
    for draw in drawn:
        draw[:] = _densities((ranks[rng.integers(posts, size=posts)] + rng.random(values.shape)) / posts, bins)
    left = np.arange(bins) / bins
    low, high = scipy.stats.binom.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], posts, 1 / bins) * bins / posts
    columns = {"left": np.tile(left, size), "value": _densities(values, bins).ravel(), "low": low, "high": high}
    points = {"drawn": list(drawn.reshape(DRAWS, -1).T), "weight": np.tile(left - left.mean(), size)}
    return pd.DataFrame({"name": np.repeat(activities, bins)} | columns | points)


def reliability(held: HeldOut, drawn: np.ndarray | None = None, bins: int = 10) -> pd.DataFrame:
    """Predicted against observed rate of each activity, in bins of about equally many posts.

    Posts with equal predicted rates fall into one bin, so there are fewer bins where many rates are equal.

    Parameters
    ----------
    drawn
        From :func:`replicates`, which is called if they are not given.

    Returns
    -------
    A table of means over a bin's posts of the observed rate per view, with ``predicted``, the mean of the predicted
    rate, and ``posts``, how many.
    """
    mean = held.forecast.mean
    bins = min(bins, len(mean))
    groups = ((scipy.stats.rankdata(mean.astype(np.float32), axis=0) - 0.5) * bins / len(mean)).astype(int)
    drawn = replicates(held) if drawn is None else drawn
    return pd.concat([_means(held, drawn, groups == group) for group in range(bins)], ignore_index=True)


def residuals(held: HeldOut, groups: pd.Series, drawn: np.ndarray | None = None) -> pd.DataFrame:
    """Observed rate over predicted rate, by group of posts.

    Both are means over a group's posts, so every post has the same weight, whatever its number of views.

    Parameters
    ----------
    groups
        (m,) the category of each post. A category of fewer than ``LEAST_POSTS`` posts is left out.
    drawn
        As for :func:`reliability`.

    Returns
    -------
    A table of the ratios, 1 where the mean is right, with ``group`` and ``posts``, how many.
    """
    of, drawn = groups.to_numpy(), replicates(held) if drawn is None else drawn
    tables = [pd.DataFrame(columns=["name", "group", "posts", "value", "low", "high", "drawn", "weight"])]
    for group in groups.cat.categories:
        if (of == group).sum() >= LEAST_POSTS:
            found = _means(held, drawn, np.tile((of == group)[:, None], len(held.activities)))
            ratios = found[["value", "low", "high", "drawn"]].div(found.pop("predicted"), axis=0)
            tables.append(found.assign(group=group, **ratios)[list(tables[0])])
    return pd.concat(tables[1:] or tables, ignore_index=True)


def zeros_and_quantiles(held: HeldOut, drawn: np.ndarray | None = None) -> pd.DataFrame:
    """Whether the forecast could have generated the counts of each activity: the check of the count models.

    Parameters
    ----------
    drawn
        As for :func:`reliability`.

    Returns
    -------
    A table of every ``statistic``: the share of posts with none ("zeros"), and quantiles of the counts. A band is the
    central range of ``REPLICATED`` of the drawn values.

    References
    ----------
    Gelman, Meng & Stern (1996), Posterior predictive assessment of model fitness, Statistica Sinica 6:733.
    """
    drawn = replicates(held) if drawn is None else drawn
    tables = []
    for a, activity in enumerate(held.activities):
        found, values = (_zeros_and_quantiles(counts) for counts in (held.counts[None, :, a], drawn[:, :, a]))
        low, high = np.quantile(values, [(1 - REPLICATED) / 2, (1 + REPLICATED) / 2], axis=0)
        columns = {"statistic": list(STATISTICS), "value": found[0], "low": low, "high": high}
        points = {"drawn": list(values.T), "weight": list(STATISTICS.values())}
        tables.append(pd.DataFrame({"name": activity} | columns | points))
    return pd.concat(tables, ignore_index=True)


def count_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table of :func:`zeros_and_quantiles` for readers: one row per activity, a column of texts per statistic."""
    texts = [
        f"{100 * row.value:.1f} % ({100 * row.low:.1f} to {100 * row.high:.1f} %)"
        if row.statistic == "zeros"
        else f"{row.value:,.0f} ({row.low:,.0f} to {row.high:,.0f})"
        for row in table.itertuples()
    ]
    wide = table.assign(text=texts).pivot(index="name", columns="statistic", values="text")
    return wide.reindex(table["name"].unique())[list(STATISTICS)].reset_index()


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


def _means(held: HeldOut, drawn: np.ndarray, chosen: np.ndarray) -> pd.DataFrame:
    """Mean predicted and observed rates over the ``chosen`` (m, a) posts of each activity."""
    rows = []
    for a, activity in enumerate(held.activities):
        at = np.flatnonzero(chosen[:, a])
        if not len(at):
            continue
        share = 1 / held.views[at] / len(at)
        values = drawn[:, at, a] @ share
        low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        row = {"name": activity, "predicted": held.forecast.mean[at, a].mean(), "value": held.counts[at, a] @ share}
        rows.append(row | {"low": low, "high": high, "posts": len(at), "drawn": values, "weight": 1})
    return pd.DataFrame(rows)


def _densities(values: np.ndarray, bins: int) -> np.ndarray:
    """Histograms of (m, a) values in [0, 1]: (a, bins), 1 on average."""
    posts, size = values.shape
    at = np.minimum((values * bins).astype(int), bins - 1) + bins * np.arange(size)
    return np.bincount(at.ravel(), minlength=size * bins).reshape(size, bins) * bins / posts


def _zeros_and_quantiles(counts: np.ndarray) -> np.ndarray:
    """The ``STATISTICS`` of (draws, m) counts: (draws, 4)."""
    return np.column_stack([(counts == 0).mean(axis=1), *np.quantile(counts, [0.5, 0.9, 0.99], axis=1)])
