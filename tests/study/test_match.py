import numpy as np
import pytest

from lib.models import make_folds
from lib.study import match, scores

POSTS = 600


def test_a_photo_of_the_topic_matches_and_another_does_not():
    rng = np.random.default_rng(0)
    topic, shown = rng.integers(0, 3, POSTS), rng.integers(0, 3, POSTS)
    shown = np.where(rng.random(POSTS) < 0.7, topic, shown)
    vectors = np.eye(3)[shown] + 0.1 * rng.normal(size=(POSTS, 3))
    found = match.matched(vectors, topic, make_folds(np.arange(POSTS)))
    same = shown == topic
    assert np.isfinite(found.value).all() and found.value[same].min() > 0 > found.value[~same].max()
    assert found.right == pytest.approx(same.mean()) and found.usual == pytest.approx(np.bincount(topic).max() / POSTS)
    assert found.value.min() >= match.LEAST_MATCH


def test_a_post_of_an_unseen_topic_has_no_match():
    topic = np.array([0, 1] * 40 + [2])
    vectors = np.random.default_rng(0).normal(size=(len(topic), 4))
    found = match.matched(vectors, topic, [(np.arange(80), np.arange(80, 81))])
    assert np.isnan(found.value).all() and (found.topic == -1).all()


def test_a_fold_with_one_topic_has_no_match():
    topic = np.array([0] * 40 + [1] * 40)
    vectors = np.random.default_rng(0).normal(size=(len(topic), 4))
    found = match.matched(vectors, topic, [(np.arange(40), np.arange(40, 80))])
    assert np.isnan(found.value).all() and (found.topic == -1).all()


def test_the_match_of_a_post_does_not_depend_on_counts(small, scrambled):
    ours, theirs = match.found(small), match.found(scrambled)
    np.testing.assert_array_equal(ours.topic, theirs.topic)
    np.testing.assert_allclose(ours.value, theirs.value)


def test_columns_of_no_use_change_a_score_little(small):
    best = small.forecast(scores.best(small))
    constant = np.ones((len(small.posts), 1))
    noise = np.column_stack([constant, np.random.default_rng(0).normal(size=len(constant))])
    plain, more = (match.added(small, best, X) for X in (constant, noise))
    assert plain.shape == (len(small.split.test),) and abs((more - plain).mean()) < 0.05


def test_without_photos_nothing_matches(plain):
    assert (match.found(plain).topic == -1).all()
    assert match.effects(plain).empty and match.gain(plain) is None
