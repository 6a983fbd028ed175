import numpy as np
import pandas as pd
import pytest
from topic_texts import TALK, talk

from lib.features.topics import MIN_WORDS, find_topics


def test_topics_are_found_in_the_words_and_for_silent_posts_in_the_vectors():
    texts, vectors, truth, silent = talk()
    shares, words = find_topics(texts, vectors, vectors)
    topic = shares.argmax(1)
    tables = [pd.crosstab(topic[some], truth[some]).to_numpy() for some in (silent, ~silent)]
    assert all(table.max(1).sum() / table.sum() > 0.95 for table in tables)
    for typical in words:
        assert set(typical) <= set(TALK["football"].split()) or set(typical) <= set(TALK["kitchen"].split())
    assert shares.sum(1) == pytest.approx(1) and np.isin(shares[~silent], [0, 1]).all()


def test_a_short_text_has_the_topic_of_its_vector():
    texts, vectors, truth, _ = talk(silent=0.0)
    short = np.arange(len(texts)) % 3 == 0
    texts = [" ".join(t.split()[: MIN_WORDS // 2]) if s else t for t, s in zip(texts, short, strict=True)]
    shares, _ = find_topics(texts, vectors, np.full_like(vectors, np.nan))
    assert pd.crosstab(shares[short].argmax(1), truth[short]).max(axis=1).sum() / short.sum() > 0.95


def test_without_vectors_a_silent_post_has_the_shares_of_the_feed():
    texts, vectors, _, silent = talk()
    shares, _ = find_topics(texts, 0 * vectors, 0 * vectors)
    expected = shares[~silent].mean(0)
    np.testing.assert_allclose(shares[silent], np.tile(expected, (silent.sum(), 1)))


@pytest.mark.parametrize("n", [30, 700])
def test_without_texts_there_is_one_topic(n):
    texts, vectors, _, _ = talk(n, silent=1.0)
    shares, words = find_topics(texts, vectors, vectors)
    assert shares.shape == (n, 1) and (shares == 1).all() and words == ((),)
