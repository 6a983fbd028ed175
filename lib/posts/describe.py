"""Tables that describe a feed: counts, rates, shares of zeros, dispersion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.posts.activities import ACTIVITIES


def count_table(posts: pd.DataFrame) -> pd.DataFrame:
    """One row for the views and one for each activity: ``name``, ``mean``, quartiles, ``max``, share of ``zeros``."""
    columns = posts[["view", *ACTIVITIES]]
    table = columns.describe().T[["mean", "25%", "50%", "75%", "max"]]
    return table.assign(zeros=(columns == 0).mean()).rename_axis("name").reset_index()


def rate_table(counts: np.ndarray, views: np.ndarray, activities: list[str]) -> pd.DataFrame:
    """The observed rates of each activity, compared with a binomial model in which all posts have the same rate.

    Parameters
    ----------
    counts : (n, a) int array
    views : (n,) int array, positive
    activities : names of the a columns

    Returns
    -------
    DataFrame
        One row per activity:

        - ``name``
        - ``pooled``: all actions divided by all views.
        - ``median``: median of the posts' observed rates.
        - ``zeros``: share of posts without an action.
        - ``zeros_binomial``: the share of zeros that the binomial model expects.
        - ``dispersion``: Pearson's chi-square of the binomial model, divided by its n - 1 degrees of freedom. It is
          close to 1 if the binomial model holds, and larger if the rates of posts differ.
    """
    n = np.asarray(views, float)[:, None]
    pooled = counts.sum(0) / n.sum()
    pearson = ((counts - n * pooled) ** 2 / (n * pooled * (1 - pooled))).sum(0) / (len(counts) - 1)
    return pd.DataFrame(
        {
            "name": activities,
            "pooled": pooled,
            "median": np.median(counts / n, axis=0),
            "zeros": (counts == 0).mean(0),
            "zeros_binomial": np.exp(n * np.log1p(-pooled)).mean(0),
            "dispersion": pearson,
        }
    )
