from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lib.study.groups import LEAST_POSTS, by_topic, by_views, map_of, map_of_both


def of_vectors(values):
    """A real feed of which nothing is known but vectors: no topic is found in its words."""
    return SimpleNamespace(
        simulated=False,
        controls=SimpleNamespace(words=((),)),
        blocks={"photo_vector": values, "text_vector": values},
        blocks_key=lambda *blocks: "",
        keep=lambda name, step, compute, *inputs: compute(),
    )


def test_groups_cover_every_post(small, plain):
    for study in (small, plain):
        for groups in (by_views(study), by_topic(study)):
            assert len(groups) == len(study.posts) and groups.notna().all()
    assert set(by_topic(small)) == set(small.truth.topic)
    assert by_topic(plain).nunique() == 1


def test_classes_of_views_ascend_and_have_enough_test_posts(small):
    groups = by_views(small)
    largest = pd.Series(small.views).groupby(groups, observed=False).max()
    assert largest.is_monotonic_increasing and len(largest) == min(5, len(small.split.test) // (2 * LEAST_POSTS))
    test = groups.iloc[small.split.test].value_counts()
    assert (test >= LEAST_POSTS).all()
    assert by_views(small, bins=1).unique().tolist() == ["any number"]


def test_a_topic_that_was_found_has_its_name():
    controls = SimpleNamespace(words=(("матч",), ()), names=("футбол", ""), topic=np.arange(12) % 2)
    assert by_topic(SimpleNamespace(simulated=False, controls=controls)).head(2).tolist() == ["футбол", "topic 2"]


def test_clusters_are_numbered_by_size():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(c, 0.01, (n, 2)) for c, n in ((0, 5), (5, 30), (9, 15))])
    labels = by_topic(of_vectors(values.astype(np.float32)))
    sizes = labels.value_counts()
    assert sizes.sum() == 50 and set(sizes.index) == {f"cluster {k + 1}" for k in range(len(sizes))}
    assert (np.diff([sizes[f"cluster {k + 1}"] for k in range(len(sizes))]) <= 0).all()


def test_the_map_has_every_test_post_unless_there_are_no_vectors(small, plain):
    points, rows = map_of_both(small)
    assert points.shape == (len(small.split.test), 2) and np.array_equal(rows, small.split.test)
    points, rows = map_of_both(plain)
    assert points.shape == (0, 2) and rows.shape == (0,)


def test_the_map_of_a_block_has_the_posts_that_have_it(small, plain):
    values = small.blocks["photo_vector"]
    points, rows = map_of(small, "photo_vector")
    assert points.shape == (len(rows), 2) and np.array_equal(rows, np.flatnonzero(~np.isnan(values).any(1)))
    assert (points.std(0) > 0).all() and points.mean(0) == pytest.approx(0, abs=1e-4)
    points, rows = map_of(plain, "photo_vector")
    assert points.shape == (0, 2) and rows.shape == (0,)
