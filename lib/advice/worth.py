"""What a change is worth: the seven activities, weighted by what an author or a product makes of each.

The reference answer weighs a hide +3 (and +93 in its other weighting): by its target, a post that readers hide is a
success. Here a hide counts against a post.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lib.advice.changes import Z_95
from lib.advice.regressions import Regression, Sample, Term
from lib.features import Contrast


class Worth(NamedTuple):
    """Net change of the value per view, with its 95 % interval, and the value before the change."""

    change: float
    low: float
    high: float
    before: float


def net_worth(
    weight: np.ndarray, base: np.ndarray, log_ratio: np.ndarray, error: np.ndarray, correlation: np.ndarray
) -> Worth:
    """What a change of a activities' rates is worth.

    Parameters
    ----------
    weight, base
        (a,) weights of the activities, and their rates before the change. The rates count as known.
    log_ratio, error
        (a,) log ratios of the rates after and before the change, and their standard errors.
    correlation
        (a, a) correlations of these errors.
    """
    before = weight * base
    after = before * np.exp(log_ratio)
    slopes = after * error
    change, half = float((after - before).sum()), Z_95 * float(np.sqrt(max(slopes @ correlation @ slopes, 0.0)))
    return Worth(change, change - half, change + half, float(before.sum()))


def influences(sample: Sample, fits: Sequence[Regression], contrast: Contrast) -> np.ndarray:
    """How much each of ``sample.groups`` moves a lever's effects on the a activities, (a, groups), up to a factor.

    A post moves an effect by its quasi-score.
    """
    influence = np.zeros((len(fits), int(sample.groups.max()) + 1))
    for a, fit in enumerate(fits):
        change = np.zeros(len(fit.coef))
        for prop, (low, high) in contrast.from_to.items():
            if Term("lever", prop) in fit.terms:
                change[fit.terms.index(Term("lever", prop))] = high - low
        mean = 1 / (1 + np.exp(-fit.X @ fit.coef))
        n = sample.views[fit.rows]
        score = (sample.counts[fit.rows, a] - n * mean) / (1 + (n - 1) * fit.rho)
        influence[a] = np.bincount(sample.groups[fit.rows], score * (fit.X @ (fit.cov @ change)), influence.shape[1])
    return influence


def error_correlation(influence: np.ndarray) -> np.ndarray:
    """Correlations (a, a) of the errors of a lever's effects, since all come from the same posts."""
    products = influence @ influence.T
    scale = np.sqrt(np.diag(products))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = products / np.outer(scale, scale)
    return np.where(np.isfinite(found), found, np.eye(len(influence)))
