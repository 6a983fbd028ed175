"""Cross-fitting: each post is forecast by a model that was fitted without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lib.models.forecast import Forecast

Fold = tuple[np.ndarray, np.ndarray]  # positions of the posts to fit to, and of the posts held out

FOLDS, FEW_FOLDS = 5, 3
MANY_POSTS = 3000  # from this number on, a model of two thirds of the posts is nearly as good as one of all


def make_folds(groups: np.ndarray) -> list[Fold]:
    """Folds of posts; each post is held out once, and posts of one group together.

    Parameters
    ----------
    groups
        (n,) labels, equal for posts that share a text or a photo. At least two differ.
    """
    from sklearn.model_selection import GroupKFold

    number = min(FOLDS if len(groups) < MANY_POSTS else FEW_FOLDS, len(np.unique(groups)))
    return list(GroupKFold(number, shuffle=True, random_state=0).split(groups, groups=groups))


def cross_fit(folds: Sequence[Fold], forecast: Callable[[np.ndarray, np.ndarray], Forecast]) -> Forecast:
    """The forecast of all posts, each by the model of the fold that holds it out.

    Parameters
    ----------
    forecast
        Gets the positions of the posts to fit to and of the posts to forecast.
    """
    parts = [forecast(fitted, held) for fitted, held in folds]
    order = np.argsort(np.concatenate([held for _, held in folds]))
    rhos = [np.broadcast_to(part.rho, part.mean.shape) for part in parts]
    return Forecast(np.vstack([part.mean for part in parts])[order], np.vstack(rhos)[order])
