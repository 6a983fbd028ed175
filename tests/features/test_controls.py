import numpy as np
import pandas as pd
import pytest
from topic_texts import TALK, talk

from lib.features import find_controls, text_features
from lib.features.controls import COMPONENTS, ROWS_PER_COMPONENT


def made(n=700, silent=0.4, **photo):
    """The controls of posts of two topics: some without text, vectors that show the topic, random photos."""
    texts, vector, truth, silent = talk(n, silent=silent)
    vectors = {"text_vector": np.where(silent[:, None], np.nan, vector), "photo_vector": vector}
    names = ["contrast", "sharpness", "flat_area", "text_likeness", "aspect"]
    table = pd.DataFrame(np.random.default_rng(1).random((n, 5)), columns=names).assign(**{"has_photo": 1.0, **photo})
    return find_controls(vectors, texts, {"text": text_features(texts), "photo": table}), truth, silent


def test_controls_follow_the_topics_and_say_what_a_post_lacks():
    controls, truth, silent = made()
    tables = [pd.crosstab(controls.topic[some], truth[some]).to_numpy() for some in (silent, ~silent)]
    assert all(table.max(1).sum() / table.sum() > 0.95 for table in tables)
    for words in controls.words:
        assert set(words) <= set(TALK["football"].split()) or set(words) <= set(TALK["kitchen"].split())
    for columns in (controls.columns, controls.wide, controls.brief, controls.coarse):
        assert len(columns) == len(truth) and np.isfinite(columns).all()
    assert controls.missing.shape[1] >= 1 and (controls.missing[:, 0] == silent).all()


@pytest.mark.parametrize("n", [30, 700])
def test_without_texts_there_is_one_topic(n):
    controls, _, _ = made(n, silent=1.0)
    assert len(controls.words) == 1 and not controls.topic.any()
    assert np.isfinite(controls.columns).all()


def test_strips_and_absent_photos_are_columns_where_posts_differ():
    aspect = np.resize([1.0, 4.0, 0.2, 1.5], 700)
    has_photo = np.resize([1.0, 1.0, 1.0, 0.0], 700)
    controls, _, silent = made(aspect=aspect, has_photo=has_photo)
    expected = np.column_stack([silent, has_photo == 0, aspect > 3, aspect < 1 / 3])
    np.testing.assert_array_equal(controls.missing, expected)


def test_a_post_without_a_vector_is_at_the_mean_of_the_others():
    controls, _, silent = made()
    components = min(COMPONENTS, 700 // ROWS_PER_COMPONENT)
    text = controls.columns[:, :components]
    assert not text[silent].any() and text[~silent].any(1).all()
