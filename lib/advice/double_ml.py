"""The effects by another method: double machine learning, with boosted trees in place of a linear predictor."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import joblib
import numpy as np
import pandas as pd
from tqdm import tqdm

from lib.advice.regressions import Sample
from lib.features import Contrast, contrasts

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

FOLDS = 3

warnings.filterwarnings("ignore", module=r"joblib\.")  # of a worker that stopped: another does its work


def cross_check(sample: Sample, sides: pd.DataFrame, influence: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Effects by partially linear regressions. Boosted trees, cross-fitted by groups of duplicates, fit the nuisances.

    The response is the observed rate of a post, divided by the mean observed rate of the activity. So an effect is a
    change in units of that mean. The treatment is 0 at the contrast's values before and 1 at its values after. Only
    levers with enough overlap are estimated.

    Parameters
    ----------
    sides
        From :func:`lib.advice.effects.overlap`.
    influence
        How much posts move the effects of the regressions: see :class:`lib.advice.estimates.Estimates`.

    Returns
    -------
    ``lever``, ``activity``, ``effect``, ``low``, ``high`` (95 % interval), ``correlation`` of the error with that of
    the regression: both methods use the same posts.

    References
    ----------
    Chernozhukov et al. (2018), Double/debiased machine learning for treatment and structural parameters,
    doi:10.1111/ectj.12097.
    Bach et al. (2022), DoubleML: an object-oriented implementation of double machine learning in Python,
    JMLR 23(53).
    """
    asked = [c for c in contrasts(sample.properties) if sides.loc[c.lever, "enough"]]
    jobs = joblib.Parallel(n_jobs=-1, return_as="generator")(
        joblib.delayed(_one_lever)(sample, c, influence[c.lever]) for c in asked
    )
    bar = tqdm(jobs, "Double machine learning", total=len(asked), unit="lever", delay=2, disable=None)
    rows = [row for found in bar for row in found]
    return pd.DataFrame(rows, columns=["lever", "activity", "effect", "low", "high", "correlation"])


def _one_lever(sample: Sample, contrast: Contrast, influence: np.ndarray) -> list[dict]:
    import doubleml
    from sklearn.model_selection import GroupKFold, cross_val_predict

    warnings.filterwarnings("ignore", module="doubleml")
    rows = contrast.posts
    others = sample.properties.drop(columns=list(contrast.from_to))
    others = others.fillna(others.mean()).fillna(0.0).to_numpy()  # the controls say which posts lack a text or a photo
    x = np.column_stack([sample.controls.brief, others])[rows]
    along = np.mean(
        [(sample.properties[c] - low) / (high - low) for c, (low, high) in contrast.from_to.items()], axis=0
    )[rows]
    groups = (sample.groups if sample.repeats is None else sample.repeats)[rows]
    # DoubleML would draw a split of its own from NumPy's global generator, which differs from run to run.
    folds = list(GroupKFold(FOLDS).split(x, groups=groups))
    by_group = [tuple([np.unique(groups[part])] for part in fold) for fold in folds]
    expected_along = cross_val_predict(_trees(), x, along, cv=folds)
    names = [f"x{j}" for j in range(x.shape[1])]
    table = pd.DataFrame(x, columns=names).assign(along=along, group=groups)
    found = []
    for activity, k, theirs in zip(sample.activities, sample.counts[rows].T, influence, strict=True):
        rate = k / sample.views[rows]
        if not k.any():
            continue
        table["rate"] = rate / rate.mean()
        data = doubleml.DoubleMLData(table, "rate", "along", x_cols=names, cluster_cols="group")
        expected = cross_val_predict(_trees(), x, table["rate"], cv=folds)
        model = doubleml.DoubleMLPLR(data, _trees(), _trees(), n_folds=FOLDS, draw_sample_splitting=False)
        model.set_sample_splitting([folds], [by_group])
        model.fit(external_predictions={"along": {"ml_l": expected[:, None], "ml_m": expected_along[:, None]}})
        low, high = model.confint(level=0.95).to_numpy()[0]
        own = np.bincount(sample.groups[rows], model.psi[:, 0, 0], len(theirs))
        scale = np.linalg.norm(own) * np.linalg.norm(theirs)
        row = {"lever": contrast.lever, "activity": activity, "effect": model.coef[0], "low": low, "high": high}
        found.append(row | {"correlation": own @ theirs / scale if scale else 0.0})
    return found


def _trees() -> HistGradientBoostingRegressor:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(max_iter=40, max_leaf_nodes=6, max_bins=32, random_state=0)
