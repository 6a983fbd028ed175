"""What the choices of training are worth: the loss, one network or several, and the settings of network and trees.

    python bench/training.py                                          the default feed of a report
    python bench/training.py --out lib/study/training_choices.json    and the figures of chapter 5
    python bench/training.py --posts 600 --models network             a smaller feed, and no trees

So that a trial is cheap, models see the readable features of photo and text and the leading components of the other
blocks (``COMPONENTS``), and one network is trained instead of the average of several, by default with ``SMALL`` layers.
A network stops by the cross-fitted log score of the beta-binomial, whatever its loss, and trees by their own loss. Each
is calibrated on its cross-fitted logits, with mean, slope and rho refitted: so all are scored alike.

*cross-fitted* is the mean log score of the training posts, each forecast without it. *difference* is that of the test
posts from the house's choice, in nats per post and activity, with its 95 % interval. A search draws settings at random
(ParameterSampler, seed 0) and chooses by cross-fitted scores alone; of its trials only the chosen one is scored on the
test posts. Seconds are those of a processor, for all folds. Results are kept where those of a report are kept, and the
same command continues after a stop.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
from models import Best
from sklearn.model_selection import ParameterSampler
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))
from lib.models import BASELINE, BOTH, MODELS, Forecast, log_score, paired_interval
from lib.models.boosted import Boosted
from lib.models.neural import Neural
from lib.models.training import beta_binomial_loss, log_likelihood
from lib.storage import cached, digest, write_whole
from lib.study import open_study, scores

NETWORK_SPACE = {
    "HIDDEN": [64, 128, 256, 384],
    "LAYERS": [1, 2, 3],
    "DROPOUT": [0.0, 0.15, 0.3, 0.5],
    "RATE": [3e-4, 1e-3, 3e-3],
    "DECAY": [0.01, 0.1, 1.0],
}
TREE_SPACE = {
    "depth": [3, 4, 6, 8],
    "l2_leaf_reg": [10, 50, 200],
    "rsm": [0.1, 0.3, 1.0],
    "learning_rate": [0.03, 0.06, 0.12],
}
TRIALS = {"network": 6, "trees": 3}
COMPONENTS = {"network": 30, "trees": 10}
SMALL = {"NETWORKS": 1, "HIDDEN": 128, "LAYERS": 2}
HOUSE, MULTI = "beta-binomial", "one network for all activities"
ENTROPY, SQUARED = "cross-entropy of a view, all posts alike", "squared error of the rate"


class Data(NamedTuple):
    """Blocks, counts and views of training and test posts, and the folds."""

    seen: Mapping[str, np.ndarray]
    unseen: Mapping[str, np.ndarray]
    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    folds: list[tuple[np.ndarray, np.ndarray]]


class Trial(NamedTuple):
    """Mean cross-fitted log score, scores (m,) of the test posts, and processor seconds."""

    cross_fitted: float
    test: np.ndarray
    seconds: float


def losses(counts: np.ndarray, views: np.ndarray) -> dict[str, Callable]:
    """The losses of a network, by name; each maps logits, theta, counts and views of a batch to a mean over it."""
    import torch
    from torch.nn.functional import softplus

    usual, spread = views.mean(), torch.as_tensor((counts / views[:, None]).std(axis=0))

    def of_a_view(eta, k, n):
        """Mean log loss of a post's views, 100 times as large: AdamW ignores a factor unless a loss is tiny."""
        return 100 * (softplus(eta.double()) - eta.double() * k / n)

    return {
        HOUSE: beta_binomial_loss,
        "beta-binomial, weighted by views": lambda eta, t, k, n: -(log_likelihood(eta, t, k, n) * n).mean() / usual,
        "binomial": lambda eta, t, k, n: (of_a_view(eta, k, n) * n).mean() / usual,
        ENTROPY: lambda eta, t, k, n: of_a_view(eta, k, n).mean(),
        "squared error of the rate": lambda eta, t, k, n: (
            ((torch.sigmoid(eta.double()) - k / n) / spread) ** 2
        ).mean(),
    }


def network(data: Data, loss: str = HOUSE, alone: bool = False, settings: Mapping[str, float] | None = None) -> Trial:
    """One network for all activities, or for each activity its own."""

    def fit(columns: list[int]) -> tuple[Forecast, Forecast]:
        model, (counts, views) = Neural(COMPONENTS["network"]), data.train
        vars(model).update(SMALL | dict(settings or {}))
        model.loss = losses(counts[:, columns], views)[loss]
        model.fit(data.seen, counts[:, columns], views, data.folds)
        return model.cross_fitted_, model.predict(data.unseen)

    every = range(data.train[0].shape[1])
    return _scored(data, lambda: _joined([fit([a]) for a in every]) if alone else fit([*every]))


def trees(data: Data, settings: Mapping[str, float] | None = None) -> Trial:
    """The trees of the likelihood, with other settings of CatBoost."""

    def fit() -> tuple[Forecast, Forecast]:
        model = Boosted(COMPONENTS["trees"])
        vars(model)["SETTINGS"] = Boosted.SETTINGS | dict(settings or {})
        model.fit(data.seen, *data.train, data.folds)
        return model.cross_fitted_, model.predict(data.unseen)

    return _scored(data, fit)


def native_trees(data: Data, loss: str) -> Trial:
    """Trees by a loss of CatBoost's own, whose penalty each activity chooses by cross-fitted scores."""

    def fit() -> tuple[Forecast, Forecast]:
        model = Best(loss, 0, COMPONENTS["trees"]).fit(data.seen, *data.train, data.folds)
        crossed = [one.cross_fitted_ for one in model.fits]
        rho = [np.broadcast_to(one.rho, one.mean.shape)[:, a] for a, one in enumerate(crossed)]
        mean = [one.mean[:, a] for a, one in enumerate(crossed)]
        return Forecast(np.column_stack(mean), np.column_stack(rho)), model.predict(data.unseen)

    return _scored(data, fit)


def experiments(space: Mapping[str, Any] = NETWORK_SPACE, of_trees: Mapping[str, Any] = TREE_SPACE) -> list[tuple]:
    """The trials: the table that each belongs to, its name or settings, and the function of the data."""
    names = list(losses(np.ones((2, 1)), np.ones(2)))
    found = [("loss of the network", name, partial(network, loss=name)) for name in names]
    found.append(("tasks of the network", "a network for each activity", partial(network, alone=True)))
    found.append(("loss of the trees", HOUSE, trees))
    found.append(("loss of the trees", ENTROPY, partial(native_trees, loss="CrossEntropy")))
    found.append(("loss of the trees", SQUARED, partial(native_trees, loss="RMSE")))
    for table, of, parameters in (("network", network, space), ("trees", trees, of_trees)):
        drawn = ParameterSampler(parameters, TRIALS[table], random_state=0)
        for settings in (house()[table], *drawn):
            found.append((f"settings of the {table}", settings, partial(of, settings=settings)))
    return found


def table(done: list[tuple[str, str | dict[str, float], Trial]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, the house's choice first; of a search only the chosen trial has a test score."""
    small = next(trial for _, what, trial in done if what == HOUSE)
    found: dict[str, list] = {}
    for name in dict.fromkeys(name for name, _, _ in done):
        trials = [(what, trial) for of, what, trial in done if of == name]
        if name.startswith("tasks"):
            trials.insert(0, (MULTI, small))
        searched, ours = name.startswith("settings"), trials[0][1]
        best = max(trials, key=lambda pair: pair[1].cross_fitted)[1]
        rows = []
        for what, trial in trials:
            row = {"settings": what} if searched else {"name": what}
            row |= {"house": trial is ours, "chosen": trial is best}
            row |= {"cross_fitted": trial.cross_fitted, "seconds": trial.seconds}
            if trial is not ours and (trial is best or not searched):
                row |= paired_interval(trial.test, ours.test).columns()
            rows.append(row)
        found[name] = rows
    return found


def house() -> dict[str, dict[str, float]]:
    """The house's values of the settings that are searched."""
    return {
        "network": {name: getattr(Neural, name) for name in NETWORK_SPACE},
        "trees": {name: Boosted.SETTINGS[name] for name in TREE_SPACE},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=4000, help="number of posts of the simulated feed")
    parser.add_argument("--models", nargs="+", default=["network", "trees"], choices=["network", "trees"])
    parser.add_argument("--processes", type=int, default=joblib.cpu_count(), help="processes that fit side by side")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    asked = parser.parse_args()
    study = open_study(rows=asked.posts)
    parts = (study.split.train, study.split.test)
    seen, unseen = ({block: study.blocks[block][at] for block in MODELS[BOTH].blocks} for at in parts)
    data = Data(seen, unseen, *((study.counts[at], study.views[at]) for at in parts), study.folds)
    listed = [trial for trial in experiments() if trial[0].split()[-1] in asked.models]
    keys = [digest(study.data_key, name, str(what), str(COMPONENTS), str(SMALL)) for name, what, _ in listed]
    run = joblib.Parallel(asked.processes, batch_size=1, return_as="generator_unordered")
    tasks = [joblib.delayed(_kept)(of, data, key) for (_, _, of), key in zip(listed, keys, strict=True)]
    for key, cross_fitted, seconds in tqdm(run(tasks), total=len(listed), desc="Trials", disable=None):
        name, what, _ = listed[keys.index(key)]
        tqdm.write(f"{name}: {what}: cross-fitted {cross_fitted:.4f}, {seconds:.0f} s")
    done = [(name, what, _kept_trial(of, data, key)) for (name, what, of), key in zip(listed, keys, strict=True)]
    command = f"python bench/training.py --posts {asked.posts} --models {' '.join(asked.models)}"
    about = {"command": command, "date": datetime.date.today().isoformat(), "posts": asked.posts, "seed": 0}
    about |= {"training": len(parts[0]), "test": len(parts[1]), "components": COMPONENTS, "small": SMALL}
    base = scores.log_scores(study, BASELINE).mean(axis=1).to_numpy()
    about["gain"] = paired_interval(done[0][2].test, base).columns()  # of the first: the house's
    found = json.dumps(about | {"tables": table(done)}, indent=1)
    print(found)
    if asked.out:
        write_whole(asked.out, found.encode() + b"\n")


def _kept_trial(of: Callable[[Data], Trial], data: Data, key: str) -> Trial:
    """A trial that is computed once, so that the same command continues after a stop."""
    return Trial(*cached("bench-training", key, lambda: tuple(of(data))))


def _kept(of: Callable[[Data], Trial], data: Data, key: str) -> tuple[str, float, float]:
    trial = _kept_trial(of, data, key)
    return key, trial.cross_fitted, trial.seconds


def _joined(parts: list[tuple[Forecast, Forecast]]) -> tuple[Forecast, Forecast]:
    return tuple(
        Forecast(
            np.hstack([of.mean for of in side]),
            np.hstack([np.broadcast_to(of.rho, of.mean.shape) for of in side]),
        )
        for side in zip(*parts, strict=True)
    )


def _scored(data: Data, fit: Callable[[], tuple[Forecast, Forecast]]) -> Trial:
    started = time.process_time()
    crossed, forecast = fit()
    seconds = time.process_time() - started
    scores = log_score(*data.test, forecast).mean(axis=1)
    return Trial(float(log_score(*data.train, crossed).mean()), scores, seconds)


if __name__ == "__main__":
    main()
