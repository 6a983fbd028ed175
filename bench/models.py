"""Boosted trees on the beta-binomial likelihood beside CatBoost's own objectives, and the other members' scores.

    python bench/models.py [--posts 4000] [--seeds 3]

All models are fitted to one simulated feed, whose truth is known. All trees use the same columns, settings, seeds and
folds. In each fold they stop early by their own loss, and their logits are calibrated on cross-fitted forecasts. The
trees with CatBoost's own losses choose the penalty of each activity from a few, by cross-fitted log score, because the
second derivatives of these losses differ in size. A line gives, averaged over the seeds, how many nats per post and
activity the log score of the test posts is below the truth's, the standard deviation over the seeds, and the processor
seconds of one fit. For trees, these are the seconds of growing the trees with the chosen penalties.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit, logit
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))
from lib.models import BASELINE, BOTH, MODELS, TRUTH, Forecast, Linear, log_score, make_folds
from lib.models.boosted import Boosted
from lib.models.neural import Neural
from lib.study import open_study

# Penalties for each loss: one as strong as Boosted's penalty is for the likelihood, and weaker and stronger ones.
PENALTIES = {"CrossEntropy": (0.01, 0.1, 1.0, 10.0), "RMSE": (1.0, 10.0, 100.0)}


class Custom(Boosted):
    """Boosted, with the processor time of growing each activity's trees, in ``seconds``.

    CatBoost compiles the objective for each activity.
    """

    def fit(self, features, counts, views, folds):
        self.seconds = np.zeros(counts.shape[1])
        return super().fit(features, counts, views, folds)

    def _grow(self, X, a, *arguments, **settings):
        started = time.process_time()
        trees = self._grown(X, a, *arguments, **settings)
        self.seconds[a] += time.process_time() - started
        return trees

    def _grown(self, *arguments, **settings):
        return super()._grow(*arguments, **settings)


class Native(Custom):
    """Trees on the observed rates, with a loss of CatBoost's own and one penalty."""

    def __init__(self, loss: str, penalty: float, seed: int, components: int):
        super().__init__(components, seed)
        self.loss, self.penalty = loss, penalty

    def _grown(self, X, a, k, n, s, fitted, held=None, size=None):
        from catboost import CatBoost, Pool

        if size == 0:
            return None

        # With the squared error, CatBoost starts at the mean rate by itself.
        start = self.start_[a] if self.loss == "CrossEntropy" else None

        def pool(posts):
            return Pool(X[posts], (k / n)[posts], baseline=None if start is None else np.full(len(posts), start))

        settings = self.SETTINGS | {"l2_leaf_reg": self.penalty, "loss_function": self.loss, "random_seed": self.seed}
        stop = {
            "iterations": self.MOST_TREES if size is None else size,
            "od_type": "Iter",
            "od_wait": self.PATIENCE,
            "use_best_model": False,
        }
        trees = CatBoost(settings | stop | {"verbose": False, "allow_writing_files": False})
        trees.fit(pool(fitted), eval_set=None if held is None else pool(held))
        return trees if self.loss == "CrossEntropy" else _AsLogits(trees, self.start_[a])


class _AsLogits:
    """Trees that predict a rate, converted to its logit; a rate is at least a hundredth of the mean rate."""

    def __init__(self, trees, start: float):
        self.trees, self.start = trees, start
        self.tree_count_, self.get_best_iteration = trees.tree_count_, trees.get_best_iteration

    def predict(self, X, ntree_end):
        rates = self.trees.predict(X, ntree_end=ntree_end)
        return logit(np.clip(rates, expit(self.start) / 100, 0.99)) - self.start


@dataclass
class Best:
    """Fits with several penalties, of which each activity has the one with the best cross-fitted log score."""

    loss: str
    seed: int
    components: int = 100

    def fit(self, features, counts, views, folds):
        tried = [Native(self.loss, p, self.seed, self.components) for p in PENALTIES[self.loss]]
        fits = [model.fit(features, counts, views, folds) for model in tried]
        score = np.array([log_score(counts, views, fit.cross_fitted_).mean(0) for fit in fits])
        self.fits = [fits[at] for at in score.argmax(0)]
        self.chosen = [fit.penalty for fit in self.fits]
        self.seconds = np.array([fit.seconds[a] for a, fit in enumerate(self.fits)])
        return self

    def predict(self, features):
        found = [fit.predict(features) for fit in self.fits]
        mean = np.column_stack([forecast.mean[:, a] for a, forecast in enumerate(found)])
        return Forecast(mean, np.array([forecast.rho[a] for a, forecast in enumerate(found)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=4000, help="number of posts of the simulated feed")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds of every model that has a seed")
    asked = parser.parse_args()

    study = open_study(rows=asked.posts)
    split, folds = study.split, study.folds
    blocks = MODELS[BOTH].blocks
    seen, unseen = ({block: study.blocks[block][rows] for block in blocks} for rows in (split.train, split.test))
    train = study.counts[split.train], study.views[split.train]
    test = study.counts[split.test], study.views[split.test]
    limit = log_score(*test, study.forecast(TRUTH)[split.test]).mean(0)

    seeds = range(asked.seeds)
    members = {
        "custom": [Custom(seed=seed) for seed in seeds],
        "CrossEntropy": [Best("CrossEntropy", seed) for seed in seeds],
        "RMSE": [Best("RMSE", seed) for seed in seeds],
        "Linear": [Linear()],
        "Neural": [Neural(seed=seed) for seed in seeds],
    }
    sizes = f"{len(split.train):,} training posts in {len(folds)} folds, {len(split.test):,} test posts"
    print(f"{study.source.name}; {sizes}")
    print(f"{'':<14}" + "".join(f"{a[:12]:>13}" for a in [*study.activities, "mean", "sd", "seconds"]))
    base = study.forecast(BASELINE)[split.test]
    _line(MODELS[BASELINE].label, [limit - log_score(*test, base).mean(0)], [0.0])
    few = {block: values[:40] for block, values in seen.items()}
    Boosted().fit(few, train[0][:40, :1], train[1][:40], make_folds(np.arange(40)))  # numba compiles the kernels here
    for name, models in members.items():
        below, seconds = [], []
        for model in tqdm(models, desc=name, leave=False, disable=None):
            started = time.process_time()
            model.fit(seen, *train, folds)
            searched = time.process_time() - started
            seconds.append(np.sum(getattr(model, "seconds", searched)))
            below.append(limit - log_score(*test, model.predict(unseen)).mean(0))
        _line(name, below, seconds)
        if isinstance(models[0], Best):
            chosen = "; ".join(", ".join(f"{p:g}" for p in model.chosen) for model in models)
            print(f"{'':<14}penalties chosen: {chosen}")


def _line(name: str, below: list[np.ndarray], seconds: list[float]) -> None:
    """Print the line of one model."""
    means = [b.mean() for b in below]
    spread = f"{np.std(means, ddof=1):13.4f}" if len(means) > 1 else f"{'-':>13}"
    figures = "".join(f"{v:13.4f}" for v in [*np.mean(below, 0), np.mean(means)])
    print(f"{name:<14}{figures}{spread}{np.mean(seconds):13.1f}", flush=True)


if __name__ == "__main__":
    main()
