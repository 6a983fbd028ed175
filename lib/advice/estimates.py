"""Everything that is estimated from a feed, in one function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.advice.averages import make_scorer
from lib.advice.bias import Bias, known_bias
from lib.advice.effects import lever_effects, named_topics, overlap, unadjusted
from lib.advice.regressions import Sample, cross_fitted, effect_regression
from lib.advice.scorer import Scorer
from lib.advice.worth import influences
from lib.features import contrasts


@dataclass(frozen=True)
class Estimates:
    """The effects of a feed; see :mod:`lib.advice.effects` for the columns of each table.

    Attributes
    ----------
    overlap
        From :func:`lib.advice.effects.overlap`: posts on either side of each lever's contrast.
    effects
        From :func:`lib.advice.effects.lever_effects`: every lever and activity, by topic where topics differ.
    unadjusted
        From :func:`lib.advice.effects.unadjusted`.
    scorer
        The draft scorer, without ``source`` and ``simulated``.
    influence
        Lever to its :func:`lib.advice.worth.influences`, float32.
    """

    overlap: pd.DataFrame
    effects: pd.DataFrame
    unadjusted: pd.DataFrame
    scorer: Scorer
    influence: dict[str, np.ndarray]


def estimate(sample: Sample, bias: Bias | None = None) -> Estimates:
    """Estimate the effects of a feed and its draft scorer.

    Topics in which an effect differs are found first. Their interactions are not shrunk in the regressions from which
    the effects and the scorer follow. A second look finds topics that the first ones hid.

    Parameters
    ----------
    bias
        What the intervals of the effects allow for; by default :func:`lib.advice.bias.known_bias`.
    """
    bias = bias or known_bias(sample.controls.dated)
    sides, predictions = overlap(sample), cross_fitted(sample)
    fits, named = [effect_regression(sample, predictions, a) for a in sample.activities], {}
    for _ in range(2):
        before, named = named, named_topics(sample, fits, sides, named)
        fits = [
            fit if named[a] == before.get(a, []) else effect_regression(sample, predictions, a, named[a])
            for a, fit in zip(sample.activities, fits, strict=True)
        ]
    effects = lever_effects(sample, fits, sides, named, bias)
    influence = {c.lever: influences(sample, fits, c).astype(np.float32) for c in contrasts(sample.properties)}
    return Estimates(sides, effects, unadjusted(sample), make_scorer(sample, fits, effects, influence), influence)
