"""The advice of a small study, as chapter 6 uses it."""

import pandas as pd

from lib.advice import bench_coverage, effect_sample, estimate, load_scorer, save_advice, study_estimates, study_scorer
from lib.study import open_study


def test_the_sample_is_every_post_of_the_study(small):
    sample = effect_sample(small)
    assert len(sample.properties) == len(sample.groups) == len(sample.views) == len(small.posts)
    assert sample.counts.shape == (len(small.posts), len(sample.activities)) and sample.controls is small.controls


def test_the_estimates_are_kept_on_disk(small):
    kept = study_estimates(open_study(rows=len(small.posts)))
    again = estimate(effect_sample(small))
    pd.testing.assert_frame_equal(kept.effects, again.effects)
    assert kept.scorer == again.scorer == study_estimates(small).scorer


def test_what_is_kept_is_what_the_page_has(small, tmp_path):
    kept = load_scorer(save_advice(small, tmp_path).parent)
    assert kept == study_scorer(small)
    assert kept.source == small.source.name and kept.simulated
    assert len(kept.effects) == len(study_estimates(small).effects)


def test_the_committed_figures_are_those_of_many_feeds():
    of = bench_coverage()
    assert of["feeds"] >= 200 and of["posts"] == 4000 and of["command"].startswith("python bench/advice.py")
    assert 0.93 <= of["coverage"] <= 0.97 and of["false_discovery_rate"] <= 0.07
