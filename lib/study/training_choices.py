"""What the choices of training are worth: figures of ``bench/training.py``, which fits too many models for a book."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from lib.study.study import Study

LOSS, TASKS, SETTINGS = "loss", "tasks", "settings"


@cache
def stored() -> dict[str, Any]:
    """How the figures were made.

    Items: ``command`` and ``date`` of the run; ``posts`` and ``seed`` of the simulated feed; ``training`` and ``test``,
    numbers of its posts; ``components`` of a block, by model; ``small``, the settings of the network; ``gain`` of that
    network over no features, with its interval; ``tables``, see :func:`table`.
    """
    return json.loads(Path(__file__).with_name("training_choices.json").read_text(encoding="utf-8"))


def table(kind: str) -> pd.DataFrame:
    """The trials of a kind, ``LOSS``, ``TASKS`` or ``SETTINGS``, the house's choice of each model first.

    Returns
    -------
    Columns ``model``, "network" or "trees"; ``name`` of the choice or, for ``SETTINGS``, ``settings``, a mapping;
    ``house``, whether it is the house's; ``chosen``, whether it has the best cross-fitted log score of its model;
    ``cross_fitted``, in nats per post and activity; ``seconds`` of a processor; ``value``, ``low``, ``high``, the
    difference on the test posts from the house's, with its 95 % interval: NaN for the house's and for settings that
    weren't chosen.
    """
    rows = []
    for name, trials in stored()["tables"].items():
        if name.startswith(kind):
            rows += [{"model": name.split()[-1]} | trial for trial in trials]
    return pd.DataFrame(rows)


def of_this_feed(study: Study) -> bool:
    """Whether the figures are those of this study's feed."""
    source, found = study.source, stored()
    return study.simulated and (source.rows, source.seed, source.world) == (found["posts"], found["seed"], "plain")
