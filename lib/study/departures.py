"""How far a forecast's tables depart from what the forecast predicts, and whether chance explains that.

The tables are those of :mod:`lib.study.diagnostics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from lib.study import scores

if TYPE_CHECKING:
    from lib.study.study import Study

SURE = 0.01  # a p-value under which departures are more than chance
MOST = 2.0  # standard deviations by which a point counts for a side
LEVEL = 0.95  # of the band of the worst coverage
INTERVALS = (90, 50)  # levels in percent of the intervals whose coverage is judged


@dataclass(frozen=True)
class Departures:
    """How far the points of a table depart from a forecast, beside data sets drawn from the forecast.

    Attributes
    ----------
    points
        How many points there are.
    above, below
        How many of them lie above and below their bands.
    farthest
        Position in the table of the point with the largest standardised departure.
    p_farthest
        Share of the drawn data sets whose farthest point, whichever it is, lies as far out.
    p_all
        Share of the drawn data sets with as large a sum of squared standardised departures.
    activity
        The activity whose departures lie most to one side; "" if those of all activities together do so more.
    side
        1 if they lie above what was predicted, -1 if below.
    p_side
        Share of the drawn data sets with an activity, or all together, as far to one side.
    out
        Positions of the points that are farther out than the farthest of 99 % of the drawn data sets, the farthest
        first.
    activities
        The activities whose sum of squared standardised departures is larger than the largest of any activity in 99 %
        of the drawn data sets, each with the position of its farthest point.
    """

    points: int
    above: int
    below: int
    farthest: int
    p_farthest: float
    p_all: float
    activity: str
    side: int
    p_side: float
    out: list[int]
    activities: dict[str, int]


def judge(table: pd.DataFrame) -> Departures:
    """Judge the points of a table together, by how large their departures are and to which side they lie.

    Values and drawn values are compared by their cube roots, which makes means of skewed rates nearly normal, and
    standardised by mean and standard deviation of the drawn ones. There are two kinds of departures to one side: the
    sum of standardised departures times ``weight``, over the points of an activity or of all, and the number of points
    above their bands less the number below. In the sum a departure beyond ``MOST`` counts as ``MOST``, so that one
    point far out is no side. A p-value is that of the largest of many points, or sides, so it allows for their number.

    Raises
    ------
    ValueError
        If the table is empty.

    References
    ----------
    Wilson & Hilferty (1931), The distribution of chi-square, doi:10.1073/pnas.17.12.684: the cube root.
    Westfall & Young (1993), Resampling-based multiple testing, Wiley: p-values of the largest of many statistics.
    """
    values = np.column_stack([table["value"].to_numpy(float), np.vstack(table["drawn"])])
    beyond = (values > table["high"].to_numpy()[:, None]).astype(int) - (values < table["low"].to_numpy()[:, None])
    roots = np.cbrt(values)
    far = roots - roots[:, 1:].mean(axis=1, keepdims=True)
    far /= np.maximum(roots[:, 1:].std(axis=1, keepdims=True), 1e-9)
    names, at = np.unique(table["name"], return_inverse=True)
    weight = table["weight"].to_numpy(float)
    members = np.vstack([at == a for a in range(len(names))] + [np.ones(len(at), bool)])
    sides = np.vstack([(members * weight) @ np.clip(far, -MOST, MOST), np.sign(weight) @ beyond])
    sides /= np.maximum(sides[:, 1:].std(axis=1, keepdims=True), 1e-9)
    most = np.abs(sides[:, 0]).argmax()
    largest = np.abs(far).max(axis=0)
    order = np.argsort(-np.abs(far[:, 0]), kind="stable")
    limit = np.quantile(largest[1:], 1 - SURE)
    squares = members[:-1] @ far**2
    wide = squares[:, 0] > np.quantile(squares[:, 1:].max(axis=0), 1 - SURE)
    return Departures(
        points=len(table),
        above=int((beyond[:, 0] > 0).sum()),
        below=int((beyond[:, 0] < 0).sum()),
        farthest=int(order[0]),
        p_farthest=_p_value(largest),
        p_all=_p_value((far**2).sum(axis=0)),
        activity=str([*names, "", ""][most]),
        side=int(np.sign(sides[most, 0])),
        p_side=_p_value(np.abs(sides).max(axis=0)),
        out=[int(i) for i in order if abs(far[i, 0]) > limit],
        activities={str(names[a]): int(next(i for i in order if at[i] == a)) for a in np.flatnonzero(wide)},
    )


@dataclass(frozen=True)
class Covered:
    """The share of counts inside the intervals of one level, mean and worst activity.

    Attributes
    ----------
    mean
        Over the activities.
    activity, worst
        The activity whose share is farthest from the level, and its share.
    low, high
        The band that holds the shares of all activities, the worst too, with 95 % probability if all are right.
    """

    mean: float
    activity: str
    worst: float
    low: float
    high: float


def covered(study: Study, name: str, level: int) -> Covered:
    """How far the coverage of a forecast's intervals of 50 or 90 % is from their level.

    References
    ----------
    Šidák (1967), Rectangular confidence regions for the means of multivariate normal distributions,
    doi:10.1080/01621459.1967.10482935: the level of each activity's band. It holds for dependent activities too.
    """
    table, posts = scores.coverage(study, name).set_index("name")[str(level)], len(study.split.test)
    each = LEVEL ** (1 / len(table))
    low, high = scipy.stats.binom.ppf([(1 - each) / 2, (1 + each) / 2], posts, level / 100) / posts
    activity = (table - level / 100).abs().idxmax()
    return Covered(float(table.mean()), activity, float(table[activity]), float(low), float(high))


def _p_value(values: np.ndarray) -> float:
    """Share of the values, the observed one first and then the drawn ones, that are as large as the observed one."""
    return float((values >= values[0]).mean())
