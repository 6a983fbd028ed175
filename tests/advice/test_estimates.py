import pandas as pd
import pytest
from advice_world import make_sample

from lib.advice import estimate
from lib.advice.averages import make_scorer
from lib.advice.bias import known_bias
from lib.advice.effects import lever_effects, named_topics, overlap, unadjusted
from lib.advice.regressions import cross_fitted, effect_regressions


def test_estimate_does_the_steps_one_by_one():
    sample = make_sample(1200)
    found = estimate(sample)
    sides, predictions = overlap(sample), cross_fitted(sample)
    named = named_topics(sample, effect_regressions(sample, predictions), sides)
    assert named["comment"]  # else the order of the steps would not matter
    fits = effect_regressions(sample, predictions, named)
    assert named_topics(sample, fits, sides, named) == named
    effects = lever_effects(sample, fits, sides, named, known_bias(sample.controls.dated))
    for ours, theirs in [
        (found.overlap, sides),
        (found.effects, effects),
        (found.unadjusted, unadjusted(sample)),
    ]:
        pd.testing.assert_frame_equal(ours, theirs)
    assert found.scorer == make_scorer(sample, fits, effects, found.influence)
    assert len(found.scorer.effects) == len(effects)
    assert found.scorer.effects[0].effect == pytest.approx(effects["effect"].iloc[0])
