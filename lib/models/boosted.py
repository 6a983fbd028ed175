"""Gradient-boosted trees on the beta-binomial likelihood: CatBoost with a compiled custom objective."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numba
import numpy as np
from scipy.special import expit, logit
from tqdm import tqdm

from lib.betabinomial.kernels import log_pmf, rising
from lib.features import Design, Features
from lib.models.blend import Blend
from lib.models.crossfit import Fold
from lib.models.forecast import Forecast
from lib.models.linear import Linear, Rate
from lib.storage import Arrays, pack, part, under, unpack

if TYPE_CHECKING:
    from catboost import CatBoostRegressor

WORKING_PENALTY = 30.0


class Boosted:
    """Trees for each activity on the readable features and the vectors' leading components.

    The trees start from the pooled mean rate. A post's rho is that of a linear model, cross-fitted. In each fold, trees
    grow until the log score of the posts held out has not risen for ``PATIENCE`` trees. Posts held out are forecast by
    as many trees as were best for the other folds, and the final model has as many as were best on average. Its logits
    are calibrated by a :class:`Blend` of one model.
    """

    MOST_TREES, PATIENCE = 3000, 50
    FEW_POSTS = 1000  # more threads cost fewer posts more than they gain
    SETTINGS: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.06,
        "depth": 6,
        "l2_leaf_reg": 50,
        "rsm": 0.3,
        "border_count": 32,
        "bootstrap_type": "Bernoulli",
        "subsample": 0.7,
        "boosting_type": "Plain",
        "leaf_estimation_method": "Newton",
        "leaf_estimation_iterations": 1,
    }

    def __init__(self, components: int = 100, seed: int = 0):
        self.components, self.seed = components, seed

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, folds: Sequence[Fold]) -> Boosted:
        linear = Linear(self.components, penalties=(WORKING_PENALTY,)).fit(features, counts, views, folds)
        self.design_, totals = linear.design_, 1 / linear.cross_fitted_.rho - 1
        X = self.design_.transform(features)
        self.start_ = logit(Rate().fit(counts, views).mean_)
        raw = np.empty(counts.shape)
        self.trees_ = []
        for a in tqdm(range(counts.shape[1]), desc="Growing trees", unit=" activities", delay=2, disable=None):
            k, n, s = counts[:, a].astype(float), views.astype(float), totals[:, a]
            grown = [self._grow(X, a, k, n, s, *fold) for fold in folds]
            sizes = np.array([_best_size(trees) for trees in grown])
            for (_, held), trees, others in zip(folds, grown, _means_without_each(sizes), strict=True):
                raw[held, a] = self._logits(trees, X[held], a, round(others))
            self.trees_.append(self._grow(X, a, k, n, s, np.arange(len(k)), size=round(sizes.mean())))
        raw = [Forecast(expit(raw), np.zeros(1))]
        self.blend_ = Blend().fit(raw, counts, views)
        self.cross_fitted_ = Blend().cross_fit(raw, counts, views, folds)
        return self

    def predict(self, features: Features) -> Forecast:
        return self.blend_.predict([self._raw(self.design_.transform(features))])

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`: trees in CatBoost's own binary format."""
        stored = {"start": self.start_, "trees": pack(len(self.trees_))}
        stored |= under("design", self.design_.arrays()) | under("blend", self.blend_.arrays())
        return stored | {f"trees/{a}": _to_bytes(trees) for a, trees in enumerate(self.trees_)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Boosted:
        """The model whose :meth:`arrays` these are."""
        design = Design.from_arrays(part("design", arrays))
        model = cls(design.components)
        model.design_, model.blend_ = design, Blend.from_arrays(part("blend", arrays))
        model.start_ = arrays["start"]
        model.trees_ = [_from_bytes(arrays[f"trees/{a}"]) for a in range(unpack(arrays["trees"]))]
        return model

    def _raw(self, X: np.ndarray) -> Forecast:
        eta = [self._logits(trees, X, a) for a, trees in enumerate(self.trees_)]
        return Forecast(expit(np.column_stack(eta)), np.zeros(1))

    def _logits(self, trees: CatBoostRegressor | None, X: np.ndarray, a: int, size: int | None = None) -> np.ndarray:
        """Logits of the means, from the first ``size`` trees, by default from all."""
        grown = 0 if trees is None else trees.tree_count_
        size = grown if size is None else min(size, grown)
        return self.start_[a] + (trees.predict(X, ntree_end=size) if size else np.zeros(len(X)))

    def _grow(
        self,
        X: np.ndarray,
        a: int,
        k: np.ndarray,
        n: np.ndarray,
        s: np.ndarray,
        fitted: np.ndarray,
        held: np.ndarray | None = None,
        size: int | None = None,
    ) -> CatBoostRegressor | None:
        """Trees of one activity: ``size`` of them, by default as many as improve the forecast of the posts ``held``.

        None if no feature varies, because there is nothing to split, or if no tree is wanted.
        """
        from catboost import CatBoostRegressor, Pool

        if size == 0 or (X[fitted] == X[fitted[0]]).all():
            return None

        def pool(posts: np.ndarray) -> Pool:
            # CatBoost allows one target per row: the row's number, by which the objective finds its count and views.
            return Pool(X[posts], posts.astype(float), baseline=np.full(len(posts), self.start_[a]))

        trees = CatBoostRegressor(
            loss_function=_Objective(k, n, s),
            eval_metric=_Metric(k, n, s, held),
            iterations=self.MOST_TREES if size is None else size,
            od_type="Iter",
            od_wait=self.PATIENCE,
            use_best_model=False,
            random_seed=self.seed,
            verbose=False,
            allow_writing_files=False,
            thread_count=1 if len(k) < self.FEW_POSTS else -1,
            **self.SETTINGS,
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Can't optimze method")  # it calls what is compiled already
            trees.fit(pool(fitted), eval_set=None if held is None else pool(held))
        for stamp in ("train_finish_time", "model_guid"):  # without them equal trees have equal bytes
            trees.get_metadata()[stamp] = ""
        return trees if held is not None else _from_bytes(_to_bytes(trees))  # without the objective


def _best_size(trees: CatBoostRegressor | None) -> int:
    """Number of trees with the best score of the posts held out."""
    return 0 if trees is None else trees.get_best_iteration() + 1


def _means_without_each(values: np.ndarray) -> np.ndarray:
    return (values.sum() - values) / (len(values) - 1)


class _Objective:
    """CatBoost's custom objective: derivatives of the log-likelihood with respect to the logit of the mean.

    Parameters
    ----------
    k, n, s
        (posts,) counts, views and alpha + beta of all posts.
    """

    def __init__(self, k: np.ndarray, n: np.ndarray, s: np.ndarray):
        self.of = k, n, s

    def calc_ders_range(self, approxes, targets, weights):
        first, second = np.empty((2, len(approxes)))
        _derivatives(np.asarray(approxes), np.asarray(targets), *self.of, first, second)
        return list(zip(first.tolist(), second.tolist(), strict=True))  # pairs come faster from lists than from arrays


class _Metric:
    """CatBoost's custom metric: mean log score of the posts ``held``; 0 for those that trees grow on."""

    def __init__(self, k: np.ndarray, n: np.ndarray, s: np.ndarray, held: np.ndarray | None):
        self.of, self.held = (k, n, s), set() if held is None else set(held.tolist())

    def is_max_optimal(self):
        return True

    def evaluate(self, approxes, target, weight):
        if int(target[0]) not in self.held:
            return 0.0, float(len(target))
        return _score(np.asarray(approxes[0]), np.asarray(target), *self.of), float(len(target))

    def get_final_error(self, error, weight):
        return error / weight


@numba.njit
def _derivatives(eta, rows, k, n, s, first, second):
    for i in range(len(eta)):
        row = int(rows[i])
        mu, q = 1 / (1 + np.exp(-eta[i])), 1 / (1 + np.exp(eta[i]))
        _, _, kept_a, bend_a = rising(mu * s[row], k[row])
        _, _, kept_b, bend_b = rising(q * s[row], n[row] - k[row])
        bend = q * q * bend_a + mu * mu * bend_b - mu * q * (kept_a + kept_b)
        first[i] = q * kept_a - mu * kept_b
        second[i] = min(bend, -1e-3)  # the likelihood is not concave everywhere in eta


@numba.njit
def _score(eta, rows, k, n, s):
    score = 0.0
    for i in range(len(rows)):
        row = int(rows[i])
        score += log_pmf(k[row], n[row], 1 / (1 + np.exp(-eta[i])), 1 / (1 + np.exp(eta[i])), s[row])
    return score


def _to_bytes(trees: CatBoostRegressor | None) -> np.ndarray:
    if trees is None:
        return np.empty(0, np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trees.cbm"
        trees.save_model(path)
        return np.frombuffer(path.read_bytes(), np.uint8)


def _from_bytes(values: np.ndarray) -> CatBoostRegressor | None:
    if not len(values):
        return None
    from catboost import CatBoostRegressor

    return CatBoostRegressor().load_model(blob=values.tobytes())
