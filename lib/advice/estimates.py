"""All that is estimated from a feed, in one step."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lib.advice.averages import make_scorer
from lib.advice.effects import interactions, lever_effects, overlap, topic_effects, unadjusted
from lib.advice.regressions import Sample, cross_fitted, effect_regressions
from lib.advice.scorer import Scorer


@dataclass(frozen=True)
class Estimates:
    """The effects of a feed; see :mod:`lib.advice.effects` for the columns.

    Attributes
    ----------
    overlap
        Posts on either side of each lever's contrast.
    effects
        Of every lever on every activity.
    by_topic
        Within each topic, beside the other topics.
    unadjusted
        A plain comparison of posts.
    scorer
        The draft scorer, its source not named.
    """

    overlap: pd.DataFrame
    effects: pd.DataFrame
    by_topic: pd.DataFrame
    unadjusted: pd.DataFrame
    scorer: Scorer


def estimate(sample: Sample) -> Estimates:
    """Estimate everything.

    Effects in single topics come first: those that differ for certain get an interaction in the regressions that
    everything else is read from.
    """
    sides, predictions = overlap(sample), cross_fitted(sample)
    by_topic = topic_effects(sample, predictions, sides)
    fits = effect_regressions(sample, predictions, interactions(sample, by_topic))
    effects = lever_effects(sample, fits, sides)
    return Estimates(sides, effects, by_topic, unadjusted(sample), make_scorer(sample, fits, effects))
