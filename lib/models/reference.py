"""The assignment's weighted conversion, and the models to beat: regressions of the conversion by squared error.

Vectors are (n, d) with NaN where a post has no photo or no text; counts are (n, 7). Neither model stops early, so both
may be fitted on all training posts.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from tqdm import tqdm

from lib.posts import ACTIVITIES

# The two weightings of the assignment's target and the plain sum. The weighted counts are divided by views.
# `weights_mean` is round(100 / mean count, 2) per activity on the original data, times 10.
CONVERSION_WEIGHTS = {
    "weights": np.array([1.8, 4, 3, 1.4, 1.3, 1.5, 5]),
    "weights_mean": 10 * np.array([0.26, 9.75, 9.31, 0.13, 0.11, 0.17, 1.79]),
    "sum": np.ones(len(ACTIVITIES)),
}
# What one action of each kind is worth: the assignment's weights, but a hide counts against a post.
DEFAULT_VALUE = dict(zip(ACTIVITIES, CONVERSION_WEIGHTS["weights"].tolist(), strict=True)) | {"hide": -20.0}


def weighted_conversion(counts: np.ndarray, views: np.ndarray, weights: str) -> np.ndarray:
    """The assignment's target: (n,) weighted sum of the seven activities per view.

    Parameters
    ----------
    counts
        (n, 7) counts. If ``views`` are ones, (n, 7) rates: the target is linear in the rates.
    weights
        A key of ``CONVERSION_WEIGHTS``.
    """
    return np.asarray(counts) @ CONVERSION_WEIGHTS[weights] / np.asarray(views)


class ReferenceAnswer:
    """The reference answer, the published solution of the assignment: CatBoost on mean embeddings of the posts.

    Parameters
    ----------
    weights
        A key of ``CONVERSION_WEIGHTS``.
    full
        Whether to fit it as published: ``FULL`` trees and values at which a column may be split, in place of ``QUICK``.
        Nearly all the time is spent on comparing splits, so the time is proportional to both numbers.
    """

    FULL, QUICK, LEARNING_RATE, DEPTH = (3000, 254), (500, 32), 0.1, 6

    def __init__(self, weights: str, full: bool = False, seed: int = 0):
        self.weights, self.seed = weights, seed
        self.trees, self.borders = self.FULL if full else self.QUICK

    def fit(self, vectors: np.ndarray, counts: np.ndarray, views: np.ndarray) -> ReferenceAnswer:
        from catboost import CatBoostRegressor

        model = CatBoostRegressor(
            iterations=self.trees,
            learning_rate=self.LEARNING_RATE,
            depth=self.DEPTH,
            border_count=self.borders,
            random_seed=self.seed,
            verbose=False,
            allow_writing_files=False,
        )
        with tqdm(total=self.trees, desc="Reference answer", unit=" trees", delay=2, disable=None) as bar:
            target = weighted_conversion(counts, views, self.weights)
            self.model_ = model.fit(vectors, target, callbacks=[_Progress(bar)])
        return self

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """(n,) conversions."""
        return self.model_.predict(vectors)


class AutoML:
    """The attempt that the reference answer gave up: a search over models and settings for ``SECONDS`` seconds.

    The search is FLAML's, an optional extra of this project. How good a model it finds depends on the machine.

    References
    ----------
    Wang, Wu, Weimer & Zhu (2021), FLAML: A fast and lightweight AutoML library, MLSys 3.
    """

    SECONDS = 60
    MODELS = ("lgbm", "xgboost", "rf", "extra_tree")

    def __init__(self, weights: str, seed: int = 0):
        self.weights, self.seed = weights, seed

    @staticmethod
    def installed() -> bool:
        """Whether the optional packages of the extra ``automl`` are installed."""
        return all(find_spec(package) for package in ("flaml", "lightgbm", "xgboost"))

    def fit(self, vectors: np.ndarray, counts: np.ndarray, views: np.ndarray) -> AutoML:
        from flaml.automl import AutoML as Search

        self.model_ = Search()
        self.model_.fit(
            X_train=vectors,
            y_train=weighted_conversion(counts, views, self.weights),
            task="regression",
            metric="mse",
            time_budget=self.SECONDS,
            estimator_list=list(self.MODELS),
            seed=self.seed,
            verbose=0,
        )
        return self

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """(n,) conversions."""
        return self.model_.predict(vectors)


class _Progress:
    """CatBoost's callback that advances a progress bar."""

    def __init__(self, bar: tqdm):
        self.bar = bar

    def after_iteration(self, info) -> bool:
        self.bar.update()
        return True
