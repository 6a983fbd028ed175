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
        ``rate`` times ``view``; ``low`` and ``high``, the central 90 % interval of the count; ``percentile``, the
        percentage of the feed's posts that have a lower expected rate; ``unlike``, what in the draft lies outside the
        range of the feed's posts (see :meth:`lib.models.SavedModel.unlike`), separated by ", ", or "".
    """
    readable = readable_features(drafts) if readable is None else readable
    forecast = model.predict(drafts, readable)
    views = drafts["view"].fillna(model.views).to_numpy("int64")
    low, high = (
        betabinomial.ppf(q, views[:, None], forecast.mean, forecast.rho).astype("int64")
        for q in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    )
    columns = len(model.activities)
    return pd.DataFrame(
        {
            "row": drafts["row"].repeat(columns).to_numpy(),
            "activity": model.activities * len(drafts),
            "view": views.repeat(columns),
            "rate": forecast.mean.ravel(),
            "expected": (forecast.mean * views[:, None]).ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "percentile": model.percentile(forecast.mean).ravel().round(1),
            "unlike": np.repeat([", ".join(names) for names in model.unlike(readable)], columns),
        }
    )
