"""The saved model's forecast of drafts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib import betabinomial
from lib.features import readable_features
from lib.models.saved import SavedModel

LEVEL = 0.9  # of the interval of a count


def forecast_drafts(
    drafts: pd.DataFrame, model: SavedModel, readable: Mapping[str, pd.DataFrame] | None = None
) -> pd.DataFrame:
    """Forecast the counts of drafts, with one row per draft and activity.

    Parameters
    ----------
    drafts
        From :func:`lib.posts.read_drafts`.
    readable
        The drafts' readable features from :func:`lib.features.readable_features`, if already computed.

    Returns
    -------
    DataFrame
        ``row`` of the draft; ``activity``; ``view``, the number of views that the counts refer to (the draft's own,
        else the feed's median); ``rate``, the expected actions per view; ``expected``, the expected count, which is
        ``rate`` times ``view``; ``median``, the count that half of such posts get at most; ``low`` and ``high``, an
        interval with at least 90 % of the counts; ``percentile``, the percentage of the feed's posts that have a lower
        expected rate; ``impossible``, why the activity can't happen (see :meth:`lib.models.SavedModel.impossible`), or
        ""; ``unlike``, what in the draft lies outside the range of the feed's posts (see
        :meth:`lib.models.SavedModel.unlike`), separated by ", ", or "".

        The interval is that of :func:`count_range`. Of an activity that can't happen, all counts are 0.
    """
    readable = readable_features(drafts) if readable is None else readable
    forecast = model.predict(drafts, readable)
    views = drafts["view"].fillna(model.views).to_numpy("int64")
    impossible = model.impossible(drafts, readable)
    rate = np.where(impossible == "", forecast.mean, 0.0)
    expected = rate * views[:, None]
    low, median, high = count_range(views[:, None], rate, forecast.rho, LEVEL)
    columns = len(model.activities)
    return pd.DataFrame(
        {
            "row": drafts["row"].repeat(columns).to_numpy(),
            "activity": model.activities * len(drafts),
            "view": views.repeat(columns),
            "rate": rate.ravel(),
            "expected": expected.ravel(),
            **{name: v.ravel() for name, v in (("median", median), ("low", low), ("high", high))},
            "percentile": model.percentile(rate).ravel().round(1),
            "impossible": impossible.ravel(),
            "unlike": np.repeat([", ".join(names) for names in model.unlike(readable)], columns),
        }
    )


def count_range(
    views: np.ndarray, mean: np.ndarray, rho: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The counts of one post, int64: ``low``, ``median`` and ``high``; arguments are broadcast.

    The interval from low to high holds at least the share ``level`` of the counts. It is the central one, extended to
    the expected count where that lies outside. A few large counts can lift the mean of a skewed distribution above 95 %
    of it. The page gives the same in ``assets/draft-forecast.js``.
    """
    low, median, high = (betabinomial.ppf(q, views, mean, rho) for q in ((1 - level) / 2, 0.5, (1 + level) / 2))
    ends = np.minimum(low, np.floor(views * mean)), median, np.maximum(high, np.ceil(views * mean))
    return tuple(np.asarray(end).astype("int64") for end in ends)
