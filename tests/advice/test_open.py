"""The advice of a small study, as chapter 6 uses it."""

import numpy as np
import pandas as pd

from lib.advice import (
    MIN_CLUSTERS,
    bench_coverage,
    effect_sample,
    estimate,
    load_scorer,
    save_advice,
    study_estimates,
    study_scorer,
)
from lib.advice.open import dependent_posts
from lib.study import open_study


def test_the_sample_is_every_post_of_the_study(small):
    sample = effect_sample(small)
    assert len(sample.properties) == len(sample.groups) == len(sample.views) == len(small.posts)
    assert sample.counts.shape == (len(small.posts), len(sample.activities)) and sample.controls is small.controls


def test_posts_of_a_group_depend_on_one_another_where_there_are_enough_groups(small):
    posts, repeats = small.posts[["view"]].copy(), np.arange(len(small.posts)) // 2
    assert dependent_posts(posts, repeats) is repeats
    posts["group"] = [f"g{i % (MIN_CLUSTERS - 1)}" for i in range(len(posts))]
    assert dependent_posts(posts, repeats) is repeats
    posts["group"] = [f"g{i % MIN_CLUSTERS}" if i > 3 else "" for i in range(len(posts))]
    labels = dependent_posts(posts, repeats)
    assert len(np.unique(labels)) == MIN_CLUSTERS + 2 == labels.max() + 1
    assert labels[0] == labels[1] != labels[2] and labels[10] == labels[10 + MIN_CLUSTERS]


def test_the_effects_are_adjusted_for_groups_and_dates(grouped):
    without = open_study(grouped.posts.drop(columns=["group", "time"])).controls
    found = grouped.controls
    added = found.columns.shape[1] - without.columns.shape[1]
    assert added >= 6 + 4 and np.array_equal(found.columns[:, :-added], without.columns)
    assert np.array_equal(found.topic, without.topic)
    assert [
        part.shape[1] - other.shape[1] for part, other in ((found.wide, without.wide), (found.brief, without.brief))
    ] == [added] * 2
    sample = effect_sample(grouped)
    assert sample.groups is sample.repeats and len(study_estimates(grouped).effects)


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
