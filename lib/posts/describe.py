"""What a feed is, in tables: counts, rates, zeros, dispersion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.posts.activities import ACTIVITIES


def count_table(posts: pd.DataFrame) -> pd.DataFrame:
    """Views and the seven activities: a row each, with ``mean``, the quartiles, ``max`` and the share of zeros."""
    columns = posts[["view", *ACTIVITIES]]
    table = columns.describe().T[["mean", "25%", "50%", "75%", "max"]]
    return table.assign(zeros=(columns == 0).mean()).rename_axis("name").reset_index()


def rate_table(counts: np.ndarray, views: np.ndarray, activities: list[str]) -> pd.DataFrame:
    """How each activity's rate varies beyond what chance in the views allows.

    Parameters
    ----------
    counts, views
        (n, a) and (n,).

    Returns
    -------
    A row an activity: ``pooled`` (actions over views, all posts together), ``median`` (of the posts' rates),
    ``zeros`` (share of posts without one), ``zeros_binomial`` (the share that a common rate would give) and
    ``dispersion`` (Pearson's chi-square over its degrees of freedom under a common rate: 1 if chance is all).
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
