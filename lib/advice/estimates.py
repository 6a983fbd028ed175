"""Everything that is estimated from a feed, in one function."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lib.advice.averages import make_scorer
from lib.advice.effects import interactions, lever_effects, overlap, topic_effects, unadjusted
from lib.advice.regressions import Sample, cross_fitted, effect_regressions
from lib.advice.scorer import Scorer


@dataclass(frozen=True)
class Estimates:
    """The effects of a feed; see :mod:`lib.advice.effects` for the columns of each table.

    Attributes
    ----------
    overlap
        From :func:`lib.advice.effects.overlap`: posts on either side of each lever's contrast.
    effects
        From :func:`lib.advice.effects.lever_effects`: every lever and activity.
    by_topic
        From :func:`lib.advice.effects.topic_effects`: each topic compared with the other topics.
    unadjusted
        From :func:`lib.advice.effects.unadjusted`.
    scorer
        The draft scorer, without ``source`` and ``simulated``.
    """

    overlap: pd.DataFrame
    effects: pd.DataFrame
    by_topic: pd.DataFrame
    unadjusted: pd.DataFrame
    scorer: Scorer


def estimate(sample: Sample) -> Estimates:
    """Estimate the effects of a feed and its draft scorer.

    The effects by topic come first. Each difference that is a discovery becomes an interaction in the regressions, from
    which the effects and the scorer follow.
    """
    sides, predictions = overlap(sample), cross_fitted(sample)
    by_topic = topic_effects(sample, predictions, sides)
    fits = effect_regressions(sample, predictions, interactions(sample, by_topic))
    effects = lever_effects(sample, fits, sides)
    return Estimates(sides, effects, by_topic, unadjusted(sample), make_scorer(sample, fits, effects))
