"""Boosted trees on the beta-binomial likelihood beside CatBoost's own objectives, and the other members' scores.

    python bench/models.py [--posts 4000] [--seeds 3]

All models are fitted to one simulated feed, whose truth is known. All trees use the same columns, settings and seeds,
stop early on the validation posts (each by its own loss) and are recalibrated on the validation posts. The trees with
CatBoost's own losses choose their penalty from a few on the validation posts, because the second derivatives of these
losses differ in size. A line gives, averaged over the seeds, how many nats per post and activity the log score of the
test posts is below the truth's, the standard deviation over the seeds, and the processor seconds of one fit. For trees,
these are the seconds of growing the trees with the chosen penalties.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from scipy.special import expit, logit
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))
from lib.models import BASELINE, BOTH, MODELS, TRUTH, Forecast, Linear, Rate, Validation, log_score
from lib.models.blend import Blend
from lib.models.boosted import Boosted
from lib.models.neural import Neural
from lib.study import open_study

# Penalties for each loss: one as strong as Boosted's penalty is for the likelihood, and weaker and stronger ones.
PENALTIES = {"CrossEntropy": (0.01, 0.1, 1.0, 10.0), "RMSE": (1.0, 10.0, 100.0)}


class Custom(Boosted):
    """Boosted, with the processor time of growing the trees. CatBoost compiles the objective for each activity."""

    def __init__(self, seed: int = 0):
        super().__init__(seed=seed)
        self.seconds = 0.0

    def _grow(self, *arguments):
        started = time.process_time()
        trees = super()._grow(*arguments)
        self.seconds += time.process_time() - started
        return trees


class Native(Boosted):
    """Trees on the observed rates, with a loss of CatBoost's own. Validation posts choose each activity's penalty."""

    def __init__(self, loss: str, seed: int = 0):
        super().__init__(seed=seed)
        self.loss, self.seconds, self.chosen = loss, 0.0, []

    def _grow(self, X, held, a, counts, views, validation):
        best = -np.inf
        for penalty in PENALTIES[self.loss]:
            started = time.process_time()
            trees = self._fit_one(X, held, a, counts, views, validation, penalty)
            seconds = time.process_time() - started
            k, n = validation.counts[:, [a]], validation.views
            raw = Forecast(expit(self.start_[a] + trees.predict(held))[:, None], self.rho_[[a]])
            score = log_score(k, n, Blend().fit([raw], k, n).predict([raw])).mean()
            if score > best:
                best, kept, took, chosen = score, trees, seconds, penalty
        self.seconds += took
        self.chosen.append(chosen)
        return kept

    def _fit_one(self, X, held, a, counts, views, validation, penalty):
        from catboost import CatBoost, Pool

        rates = counts[:, a] / views, validation.counts[:, a] / validation.views
        # With the squared error, CatBoost starts at the mean rate by itself.
        starts = [np.full(len(r), self.start_[a]) if self.loss == "CrossEntropy" else None for r in rates]
        train, tune = (Pool(x, r, baseline=b) for x, r, b in zip((X, held), rates, starts, strict=True))
        settings = self.SETTINGS | {"l2_leaf_reg": penalty, "loss_function": self.loss, "random_seed": self.seed}
        stop = {"iterations": self.TREES, "od_type": "Iter", "od_wait": self.PATIENCE, "use_best_model": True}
        trees = CatBoost(settings | stop | {"verbose": False, "allow_writing_files": False})
        trees.fit(train, eval_set=tune)
        return trees if self.loss == "CrossEntropy" else _AsLogits(trees, self.start_[a])


class _AsLogits:
    """Trees that predict a rate, converted to its logit; a rate is at least a hundredth of the mean rate."""

    def __init__(self, trees, start: float):
        self.trees, self.start = trees, start

    def predict(self, X):
        return logit(np.clip(self.trees.predict(X), expit(self.start) / 100, 0.99)) - self.start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=4000, help="number of posts of the simulated feed")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds of every model that has a seed")
    asked = parser.parse_args()

    study = open_study(rows=asked.posts)
    split = study.split

    def of(rows):
        features = {block: study.blocks[block][rows] for block in MODELS[BOTH].blocks}
        return features, study.counts[rows], study.views[rows]

    train, test, held = of(split.train), of(split.test), Validation(*of(split.validation))
    limit = log_score(*test[1:], study.forecast(TRUTH)[split.test]).mean(0)

    seeds = range(asked.seeds)
    members = {
        "custom": [lambda seed=seed: Custom(seed) for seed in seeds],
        "CrossEntropy": [lambda seed=seed: Native("CrossEntropy", seed) for seed in seeds],
        "RMSE": [lambda seed=seed: Native("RMSE", seed) for seed in seeds],
        "Linear": [Linear],
        "Neural": [lambda seed=seed: Neural(seed=seed) for seed in seeds],
    }
    sizes = f"{len(split.train):,} to train, {len(split.validation):,} to tune, {len(split.test):,} to test"
    print(f"{study.source.name}; {sizes}")
    print(f"{'':<14}" + "".join(f"{a[:12]:>13}" for a in [*study.activities, "mean", "sd", "seconds"]))
    base = Rate().fit(*train[1:]).predict(len(split.test))
    _line(MODELS[BASELINE].label, [limit - log_score(*test[1:], base).mean(0)], [0.0])
    Boosted.TREES, trees = 2, Boosted.TREES
    Boosted().fit(*train, held)  # numba compiles the kernels here, outside the measured time
    Boosted.TREES = trees
    for name, makers in members.items():
        below, seconds, penalties = [], [], []
        for make in tqdm(makers, desc=name, leave=False, disable=None):
            model, started = make(), time.process_time()
            model.fit(*train, held)
            searched = time.process_time() - started
            seconds.append(getattr(model, "seconds", searched))
            penalties.append(getattr(model, "chosen", []))
            below.append(limit - log_score(*test[1:], model.predict(test[0])).mean(0))
        _line(name, below, seconds)
        if penalties[0]:
            print(f"{'':<14}penalties chosen: {'; '.join(', '.join(f'{p:g}' for p in chosen) for chosen in penalties)}")


def _line(name: str, below: list[np.ndarray], seconds: list[float]) -> None:
    """Print the line of one model."""
    means = [b.mean() for b in below]
    spread = f"{np.std(means, ddof=1):13.4f}" if len(means) > 1 else f"{'-':>13}"
    figures = "".join(f"{v:13.4f}" for v in [*np.mean(below, 0), np.mean(means)])
    print(f"{name:<14}{figures}{spread}{np.mean(seconds):13.1f}", flush=True)


if __name__ == "__main__":
    main()
