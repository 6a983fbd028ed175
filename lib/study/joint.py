"""All activities of a post at once: how they depend on one another under a forecast, and what that is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.models import CONVERSION_WEIGHTS, Copula, Interval, fit_copula, paired_interval
from lib.study import scores

if TYPE_CHECKING:
    from lib.study.study import Study

LEVEL = 0.9  # of the intervals of a conversion


def copula(study: Study, name: str) -> Copula:
    """The dependence of the activities under a forecast, from the training posts' cross-fitted forecasts."""
    train = study.split.train

    def compute() -> Copula:
        return fit_copula(study.counts[train], study.views[train], study.forecast(name)[train])

    return study.keep(f"copula-{name}", fit_copula, compute, study.model_key(name))


def joint_scores(study: Study, name: str) -> np.ndarray:
    """Log score of all counts of each test post together, in nats: (m,)."""
    held = study.held_out(name)

    def compute() -> np.ndarray:
        return copula(study, name).log_ratio(held.counts, held.views, held.forecast)

    ratio = study.keep(f"joint-{name}", Copula, compute, study.model_key(name))
    return scores.log_scores(study, name).sum(axis=1).to_numpy() + ratio


def gain(study: Study, name: str, over: str) -> Interval:
    """Log score of all counts of a post together under one forecast minus another's, in nats per test post."""
    return paired_interval(joint_scores(study, name), joint_scores(study, over))


def gain_of_dependence(study: Study, name: str) -> Interval:
    """How much better the counts of a post are forecast together than as if independent, in nats per test post."""
    return paired_interval(joint_scores(study, name), scores.log_scores(study, name).sum(axis=1).to_numpy())


def correlations(study: Study, name: str) -> pd.DataFrame:
    """The correlations of the copula: a row per activity, with its ``name``, and a column per activity."""
    table = pd.DataFrame(copula(study, name).correlation, columns=study.activities)
    table.insert(0, "name", study.activities)
    return table


def conversion_intervals(study: Study, name: str) -> pd.DataFrame:
    """Intervals of the assignment's weighted conversion of the test posts, with and without the dependence.

    Activities that are not modelled are left out of the conversion.

    Returns
    -------
    Columns ``name``, of the weighting; ``together`` and ``independent``, the shares of posts whose conversion lies in
    its central 90 % interval; ``width``, the mean width of the intervals relative to that under independence.
    """
    held = study.held_out(name)

    def compute() -> pd.DataFrame:
        found = copula(study, name)
        drawn = {
            "together": found.draw(held.views, held.forecast),
            "independent": Copula(np.eye(len(study.activities))).draw(held.views, held.forecast),
        }
        rows = []
        for weighting, of in CONVERSION_WEIGHTS.items():
            weights = of[study.columns]
            observed = held.counts @ weights
            row, widths = {"name": weighting}, {}
            for kind, counts in drawn.items():
                low, high = np.quantile(counts @ weights, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
                row[kind] = float(((low <= observed) & (observed <= high)).mean())
                widths[kind] = ((high - low) / held.views).mean()
            rows.append(row | {"width": float(widths["together"] / widths["independent"])})
        return pd.DataFrame(rows)

    return study.keep(f"conversion-intervals-{name}", conversion_intervals, compute, study.model_key(name))
