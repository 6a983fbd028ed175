"""What the saved model expects of drafts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib import betabinomial
from lib.models.saved import SavedModel

LEVEL = 0.9  # of the interval of a count


def forecast_drafts(
    drafts: pd.DataFrame, model: SavedModel, readable: Mapping[str, pd.DataFrame] | None = None
) -> pd.DataFrame:
    """What a model expects of drafts, a row per draft and activity.

    Parameters
    ----------
    drafts
        From :func:`lib.posts.read_drafts`.
    readable
        What :func:`lib.features.readable_features` gives for the drafts, if it is known.

    Returns
    -------
    DataFrame
        ``row`` of the draft; ``activity``; ``view``, the number of views the counts are for (the draft's own, else
        the feed's median); ``rate``, the expected actions per view; ``expected``, the same times the views; ``low``
        and ``high``, the central 90 % interval of the count; ``percentile``, the share of the feed's posts, in
        percent, of which a lower rate is expected.
    """
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
        }
    )
