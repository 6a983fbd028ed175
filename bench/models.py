"""Boosted trees on the beta-binomial likelihood beside CatBoost's own objectives, and the other members' scores.

    python bench/models.py [--posts 4000] [--seeds 3]

All on one simulated feed, whose truth is known. The trees see the same columns and have the same settings, seeds,
early stopping on the validation posts (each by its own loss) and recalibration there; the rivals may choose their
penalty on the validation posts from a few, since the second derivatives of their losses are of other sizes. A line
gives, averaged over the seeds, how many nats per post and activity the log score of the test posts stays below the
truth's, the standard deviation of that over the seeds, and the processor seconds of one fit: for the trees, of growing
them with the penalties chosen.
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
from lib.models.blend import Blend
from lib.models.boosted import Boosted
from lib.models.forecast import Rates, Validation
from lib.models.linear import Linear, Rate
from lib.models.neural import Neural
from lib.models.registry import TRUTH
from lib.models.scoring import log_score
from lib.study.study import open_study

# Penalties for each loss: as strong for it as Boosted's is for the likelihood, and weaker and stronger ones.
PENALTIES = {"CrossEntropy": (0.01, 0.1, 1.0, 10.0), "RMSE": (1.0, 10.0, 100.0)}


class Custom(Boosted):
    """Our own, with a clock on the growing of its trees; CatBoost compiles the objective anew for each activity."""

    def __init__(self, seed: int = 0):
        super().__init__(seed=seed)
        self.seconds = 0.0

    def _grow(self, *given):
        started = time.process_time()
        trees = super()._grow(*given)
        self.seconds += time.process_time() - started
        return trees


class Native(Boosted):
    """Trees on one of CatBoost's own losses of the rates; validation posts choose the penalty for each activity."""

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
            raw = Rates(expit(self.start_[a] + trees.predict(held))[:, None], self.rho_[[a]])
            score = log_score(k, n, Blend().fit([raw], k, n).predict([raw])).mean()
            if score > best:
                best, kept, took, chosen = score, trees, seconds, penalty
        self.seconds += took
        self.chosen.append(chosen)
        return kept

    def _fit_one(self, X, held, a, counts, views, validation, penalty):
        from catboost import CatBoost, Pool

        rates = counts[:, a] / views, validation.counts[:, a] / validation.views
        # The squared error starts at the mean rate by itself.
        starts = [np.full(len(r), self.start_[a]) if self.loss == "CrossEntropy" else None for r in rates]
        train, tune = (Pool(x, r, baseline=b) for x, r, b in zip((X, held), rates, starts, strict=True))
        settings = self.SETTINGS | {"l2_leaf_reg": penalty, "loss_function": self.loss, "random_seed": self.seed}
        stop = {"iterations": self.TREES, "od_type": "Iter", "od_wait": self.PATIENCE, "use_best_model": True}
        trees = CatBoost(settings | stop | {"verbose": False, "allow_writing_files": False})
        trees.fit(train, eval_set=tune)
        return trees if self.loss == "CrossEntropy" else _AsLogits(trees, self.start_[a])


class _AsLogits:
    """Trees of a rate as if they were of its logit: a rate under a hundredth of the mean is taken as that."""

    def __init__(self, trees, start: float):
        self.trees, self.start = trees, start

    def predict(self, X):
        return logit(np.clip(self.trees.predict(X), expit(self.start) / 100, 0.99)) - self.start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=4000, help="posts of the simulated feed")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of every model that has one")
    asked = parser.parse_args()

    study = open_study(rows=asked.posts)
    if not study.simulated:
        sys.exit("the truth is needed: unset POSTS")
    features, split = study.features("photo and text"), study.split

    def of(rows):
        return {name: block[rows] for name, block in features.items()}, study.counts[rows], study.views[rows]

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
    print(
        f"{study.source}; {len(split.train):,} to train, {len(split.validation):,} to tune, {len(split.test):,} to test"
    )
    print(f"{'':<14}" + "".join(f"{a[:12]:>13}" for a in [*study.activities, "mean", "sd", "seconds"]))
    base = Rate().fit(*train[1:]).predict(len(split.test))
    _line("no features", [limit - log_score(*test[1:], base).mean(0)], [0.0])
    Boosted.TREES, trees = 2, Boosted.TREES
    Boosted().fit(*train, held)  # numba compiles here
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
    """Prints one member's nats below the truth."""
    means = [b.mean() for b in below]
    spread = f"{np.std(means, ddof=1):13.4f}" if len(means) > 1 else f"{'-':>13}"
    figures = "".join(f"{v:13.4f}" for v in [*np.mean(below, 0), np.mean(means)])
    print(f"{name:<14}{figures}{spread}{np.mean(seconds):13.1f}", flush=True)


if __name__ == "__main__":
    main()
