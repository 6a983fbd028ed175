"""The effects once more by another road: double machine learning, with trees in place of a regression's formula."""

from __future__ import annotations

import warnings

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GroupKFold, cross_val_predict
from tqdm import tqdm

from lib.advice.regressions import Posts
from lib.features import Change, changes

FOLDS = 3


def cross_check(posts: Posts, sides: pd.DataFrame) -> pd.DataFrame:
    """Effects by a partially linear regression whose nuisances are boosted trees, cross-fitted by groups of duplicates.

    The response is a post's rate over the mean rate of the activity, so an effect is a relative change of the mean;
    the treatment is how far along its stated change a post is. Levers and activities are those of
    :func:`lib.advice.effects.effects` that have comparable posts.

    Parameters
    ----------
    sides
        From :func:`lib.advice.effects.comparable`.

    Returns
    -------
    ``lever``, ``activity``, ``effect``, ``low``, ``high`` (95 %).

    References
    ----------
    Chernozhukov et al. (2018), Double/debiased machine learning for treatment and structural parameters,
    doi:10.1111/ectj.12097.
    Bach et al. (2022), DoubleML: an object-oriented implementation of double machine learning in Python,
    JMLR 23(53).
    """
    asked = [c for c in changes(posts.columns) if sides.loc[c.lever, "enough"]]
    jobs = joblib.Parallel(n_jobs=-1, return_as="generator")(joblib.delayed(_one_lever)(posts, c) for c in asked)
    bar = tqdm(jobs, "Double machine learning", total=len(asked), unit="lever", delay=2, disable=None)
    rows = [row for found in bar for row in found]
    return pd.DataFrame(rows, columns=["lever", "activity", "effect", "low", "high"])


def _one_lever(posts: Posts, change: Change) -> list[dict]:
    import doubleml

    warnings.filterwarnings("ignore", module="doubleml")
    rows = change.posts
    others = posts.columns.drop(columns=list(change.ends))
    others = others.fillna(others.mean()).fillna(0.0).to_numpy()  # trees know of absence from the subject
    held = np.column_stack([posts.subject.brief, others])[rows]
    along = np.mean([(posts.columns[c] - low) / (high - low) for c, (low, high) in change.ends.items()], axis=0)[rows]
    groups = posts.groups[rows]
    folds = GroupKFold(FOLDS)
    foretold = cross_val_predict(_trees(), held, along, cv=folds, groups=groups)
    names = [f"x{j}" for j in range(held.shape[1])]
    table = pd.DataFrame(held, columns=names).assign(change=along, group=groups)
    found = []
    for activity, k in zip(posts.activities, posts.counts[rows].T, strict=True):
        rate = k / posts.views[rows]
        if not k.any():
            continue
        table["rate"] = rate / rate.mean()
        data = doubleml.DoubleMLData(table, "rate", "change", x_cols=names, cluster_cols="group")
        expected = cross_val_predict(_trees(), held, table["rate"], cv=folds, groups=groups)
        model = doubleml.DoubleMLPLR(data, _trees(), _trees(), n_folds=FOLDS)
        model.fit(external_predictions={"change": {"ml_l": expected[:, None], "ml_m": foretold[:, None]}})
        low, high = model.confint(level=0.95).to_numpy()[0]
        found.append({"lever": change.lever, "activity": activity, "effect": model.coef[0], "low": low, "high": high})
    return found


def _trees() -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(max_iter=40, max_leaf_nodes=6, max_bins=32, random_state=0)
