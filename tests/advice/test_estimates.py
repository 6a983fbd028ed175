import pandas as pd
import pytest
from advice_world import make_sample

from lib.advice import estimate
from lib.advice.averages import make_scorer
from lib.advice.effects import interactions, lever_effects, overlap, topic_effects, unadjusted
from lib.advice.regressions import cross_fitted, effect_regressions


def test_estimate_does_the_steps_one_by_one():
    sample = make_sample(1200)
    found = estimate(sample)
    sides, predictions = overlap(sample), cross_fitted(sample)
    by_topic = topic_effects(sample, predictions, sides)
    terms = interactions(sample, by_topic)
    fits = effect_regressions(sample, predictions, terms)
    effects = lever_effects(sample, fits, sides)
    assert terms["comment"]  # else the order of the steps would not matter
    for ours, theirs in [
        (found.overlap, sides),
        (found.by_topic, by_topic),
        (found.effects, effects),
        (found.unadjusted, unadjusted(sample)),
    ]:
        pd.testing.assert_frame_equal(ours, theirs)
    assert found.scorer == make_scorer(sample, fits, effects)
    assert len(found.scorer.effects) == len(effects)
    assert found.scorer.effects[0]["effect"] == pytest.approx(effects["effect"].iloc[0])
