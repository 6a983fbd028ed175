"""All experiments with forecasts on one page: what was tried, what it cost, what it gained, and whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import joblib
import numpy as np
import pandas as pd

from lib.embedding import rivals, speed
from lib.features import ROWS_PER_COMPONENT, present
from lib.models import BASELINE, MODELS, OWN_FULL, Interval, paired_interval
from lib.study import ablations, own_models, scores
from lib.study.save import needed

if TYPE_CHECKING:
    from lib.study.study import Study


@dataclass(frozen=True)
class Experiment:
    """Something that was tried.

    Attributes
    ----------
    what
        In words.
    seconds
        Processor seconds of fitting, or of making vectors, on the machine that did it; NaN if not known.
    parameters
        How many numbers were fitted to the training posts.
    gain
        Over no features on the test posts, in nats per post and activity.
    kept
        Whether the chosen forecast needs it.
    """

    what: str
    seconds: float
    parameters: int
    gain: Interval
    kept: bool


def experiments(study: Study) -> list[Experiment]:
    """All experiments of a study, the largest gain first."""
    found = [
        *_models(study),
        *_own(study),
        *_encoders(study),
        *_components(study),
    ]
    return sorted(found, key=lambda experiment: -experiment.gain.value)


def experiment_table(study: Study) -> pd.DataFrame:
    """The experiments: ``what``, ``seconds``, ``parameters``, ``value``, ``low``, ``high``, ``kept`` ("yes" or "")."""
    rows = [vars(one) | one.gain.columns() | {"kept": "yes" if one.kept else ""} for one in experiments(study)]
    return pd.DataFrame(rows, columns=["what", "seconds", "parameters", "value", "low", "high", "kept"])


def _models(study: Study) -> list[Experiment]:
    kept = needed(study, scores.best(study))
    return [
        Experiment(
            MODELS[name].label,
            study.fit_seconds(name),
            _parameters(study, name),
            scores.gain(study, name),
            name in kept,
        )
        for name in study.forecasts
    ]


def _own(study: Study) -> list[Experiment]:
    """The networks of our own, none of which is a member of a forecast."""
    trained = {name: own_models.trained(study, name) for name in own_models.listed(study)}
    return [
        Experiment(OWN_FULL[name].label, of.seconds, of.weights, own_models.gain(study, name), False)
        for name, of in trained.items()
    ]


def _encoders(study: Study) -> list[Experiment]:
    """The vectors of the encoders that aren't in use; the others are among the models."""
    found = []
    for kind in ("photo", "text"):
        trials = ablations.by_encoder(study, kind) if kind in study.forecasts else {}
        items = int(study.readable[kind][f"has_{kind}"].sum())
        for encoder in rivals(kind) if trials else ():
            if encoder.name != study.encoders[kind].name and encoder.name in trials:
                rate, gain = speed(encoder, study.vectors), _gain(study, trials[encoder.name])
                seconds = items / rate * joblib.cpu_count() if rate else np.nan
                size = _coefficients(study, f"{kind}_vector", min(encoder.dim, MODELS[f"{kind}_vector"].components))
                found.append(Experiment(f"{kind} vector by {encoder.name}", seconds, size, gain, False))
    return found


def _components(study: Study) -> list[Experiment]:
    """Other numbers of components of the vectors; the number in use is among the models."""
    return [
        Experiment(
            f"{MODELS[block].label}, {number:,} components",
            np.nan,
            _coefficients(study, block, number),
            _gain(study, trial),
            False,
        )
        for kind, block in (("photo", "photo_vector"), ("text", "text_vector"))
        for number, trial in (ablations.by_components(study, kind) if kind in study.forecasts else {}).items()
        if number != MODELS[block].components
    ]


def _gain(study: Study, trial: ablations.Trial) -> Interval:
    return paired_interval(trial.test, scores.log_scores(study, BASELINE).mean(axis=1).to_numpy())


def _parameters(study: Study, name: str) -> int:
    """How many numbers a model fitted, without the rotation of its features; for trees, those in their leaves."""
    model = study.fitted(name).model
    arrays = {key: values for key, values in model.arrays().items() if not key.startswith(("design/", "trees"))}
    leaves = sum(len(trees.get_leaf_values()) for trees in getattr(model, "trees_", []) if trees is not None)
    return sum(values.size for values in arrays.values()) + leaves


def _coefficients(study: Study, block: str, components: int) -> int:
    """How many coefficients a regression has on a number of components of one block."""
    there = present(study.blocks[block][study.split.train])
    columns = 1 + min(components, max(1, int(there.sum()) // ROWS_PER_COMPONENT)) + (not there.all())
    return columns * len(study.activities)
