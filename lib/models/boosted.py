"""Gradient-boosted trees on the beta-binomial likelihood: CatBoost with a compiled custom objective."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numba
import numpy as np
from scipy.special import expit, logit
from tqdm import tqdm

from lib.betabinomial.kernels import log_pmf, rising
from lib.features import Design, Features
from lib.models.blend import Blend
from lib.models.forecast import Forecast, Validation
from lib.models.linear import LEAST_RHO, Linear, Rate
from lib.storage import Arrays, pack, part, under, unpack

if TYPE_CHECKING:
    from catboost import CatBoostRegressor


class Boosted:
    """Trees for each activity on the readable features and the vectors' leading components.

    The trees start from the pooled mean rate, and rho is fixed at the linear model's. The trees stop growing when the
    log score of the validation posts has not risen for ``PATIENCE`` trees. The slope, intercept and rho of the result
    are fitted on the validation posts, as in :class:`lib.models.neural.Neural`.
    """

    TREES, PATIENCE = 3000, 50
    SETTINGS: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.06,
        "depth": 6,
        "l2_leaf_reg": 50,
        "rsm": 0.3,
        "bootstrap_type": "Bernoulli",
        "subsample": 0.7,
        "boosting_type": "Plain",
        "leaf_estimation_method": "Newton",
        "leaf_estimation_iterations": 1,
    }

    def __init__(self, components: int = 100, seed: int = 0):
        self.components, self.seed = components, seed

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, validation: Validation) -> Boosted:
        linear = Linear(self.components).fit(features, counts, views)
        self.design_, self.rho_ = linear.design_, np.maximum(linear.rho_, LEAST_RHO)
        X, held = self.design_.transform(features), self.design_.transform(validation.features)
        self.start_ = logit(Rate().fit(counts, views).mean_)
        activities = range(counts.shape[1])
        self.trees_ = [
            self._grow(X, held, a, counts, views, validation)
            for a in tqdm(activities, desc="Growing trees", unit=" activities", delay=2, disable=None)
        ]
        self.blend_ = Blend().fit([self._raw(held)], validation.counts, validation.views)
        return self

    def predict(self, features: Features) -> Forecast:
        return self.blend_.predict([self._raw(self.design_.transform(features))])

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`: trees in CatBoost's own binary format."""
        stored = {"start": self.start_, "rho": self.rho_, "trees": pack(len(self.trees_))}
        stored |= under("design", self.design_.arrays()) | under("blend", self.blend_.arrays())
        return stored | {f"trees/{a}": _to_bytes(trees) for a, trees in enumerate(self.trees_)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Boosted:
        """The model whose :meth:`arrays` these are."""
        design = Design.from_arrays(part("design", arrays))
        model = cls(design.components)
        model.design_, model.blend_ = design, Blend.from_arrays(part("blend", arrays))
        model.start_, model.rho_ = arrays["start"], arrays["rho"]
        model.trees_ = [_from_bytes(arrays[f"trees/{a}"]) for a in range(unpack(arrays["trees"]))]
        return model

    def _raw(self, X: np.ndarray) -> Forecast:
        grown = [np.zeros(len(X)) if trees is None else trees.predict(X) for trees in self.trees_]
        eta = self.start_ + np.column_stack(grown)
        return Forecast(expit(eta), self.rho_)

    def _grow(self, X, held, a: int, counts, views, validation: Validation) -> CatBoostRegressor | None:
        """The trees of one activity; None if no feature varies, because there is nothing to split."""
        from catboost import CatBoostRegressor, Pool

        if (X == X[0]).all():
            return None

        k = np.concatenate([counts[:, a], validation.counts[:, a]]).astype(float)
        n = np.concatenate([views, validation.views]).astype(float)
        s = (1 - self.rho_[a]) / self.rho_[a]
        # CatBoost allows one target per row: the row's number, by which the objective finds its count and views.
        rows = np.arange(len(k), dtype=float)
        pools = [
            Pool(columns, rows[part], baseline=np.full(len(columns), self.start_[a]))
            for columns, part in ((X, slice(len(X))), (held, slice(len(X), None)))
        ]
        trees = CatBoostRegressor(
            loss_function=_objective(k, n, s),
            eval_metric=_metric(k, n, s),
            iterations=self.TREES,
            od_type="Iter",
            od_wait=self.PATIENCE,
            random_seed=self.seed,
            verbose=False,
            allow_writing_files=False,
            **self.SETTINGS,
        )
        trees.fit(pools[0], eval_set=pools[1])
        for stamp in ("train_finish_time", "model_guid"):  # without them equal trees have equal bytes
            trees.get_metadata()[stamp] = ""
        return _from_bytes(_to_bytes(trees))  # without the objective, which can't be pickled


def _objective(k: np.ndarray, n: np.ndarray, s: float):
    """CatBoost's custom objective: derivatives of the log-likelihood with respect to the logit of the mean.

    CatBoost compiles ``calc_ders_range`` with numba, so the method may use variables of its closure but not ``self``.
    """

    @numba.njit
    def derivatives(eta, row):
        mu, q = 1 / (1 + np.exp(-eta)), 1 / (1 + np.exp(eta))
        _, _, kept_a, bend_a = rising(mu * s, k[row])
        _, _, kept_b, bend_b = rising(q * s, n[row] - k[row])
        second = q * q * bend_a + mu * mu * bend_b - mu * q * (kept_a + kept_b)
        return q * kept_a - mu * kept_b, min(second, -1e-3)  # the likelihood is not concave everywhere in eta

    class Objective:
        def calc_ders_range(self, approxes, targets, weights):
            pairs = []
            for i in range(len(targets)):
                pairs.append(derivatives(approxes[i], int(targets[i])))
            return pairs

    return Objective()


def _metric(k: np.ndarray, n: np.ndarray, s: float):
    """CatBoost's custom metric: mean log score."""

    @numba.njit
    def total(eta, rows):
        score = 0.0
        for i in range(len(rows)):
            row = int(rows[i])
            score += log_pmf(k[row], n[row], 1 / (1 + np.exp(-eta[i])), 1 / (1 + np.exp(eta[i])), s)
        return score

    class Metric:
        def is_max_optimal(self):
            return True

        def evaluate(self, approxes, target, weight):
            return total(np.asarray(approxes[0]), np.asarray(target)), float(len(target))

        def get_final_error(self, error, weight):
            return error / weight

    return Metric()


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
