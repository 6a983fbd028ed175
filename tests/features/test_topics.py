import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score
from topic_texts import TALK, talk

from lib.features.topics import MIN_WORDS, find_topics
from lib.posts import clean_text
from lib.simulation import simulate


def test_topics_are_found_in_the_words_and_for_silent_posts_in_the_vectors():
    texts, vectors, truth, silent = talk()
    found = find_topics(texts, vectors, vectors)
    topic = found.shares.argmax(1)
    tables = [pd.crosstab(topic[some], truth[some]).to_numpy() for some in (silent, ~silent)]
    assert all(table.max(1).sum() / table.sum() > 0.95 for table in tables)
    for typical in found.words:
        assert set(typical) <= set(TALK["football"].split()) or set(typical) <= set(TALK["kitchen"].split())
    assert len(set(found.names)) == len(found.words) and set(found.names) <= set(" ".join(TALK.values()).split())
    assert found.shares.sum(1) == pytest.approx(1) and np.isin(found.shares[~silent], [0, 1]).all()
    assert [found.rule.topic(text) for text in np.array(texts)[~silent]] == topic[~silent].tolist()


def test_a_short_text_without_known_stems_has_the_topic_of_its_vector():
    texts, vectors, truth, _ = talk(silent=0.0)
    short = np.arange(len(texts)) % 3 == 0
    texts = [f"это №{i}" if s else t for i, (t, s) in enumerate(zip(texts, short, strict=True))]
    assert len(texts[0].split()) < MIN_WORDS
    shares = find_topics(texts, vectors, np.full_like(vectors, np.nan)).shares
    assert pd.crosstab(shares[short].argmax(1), truth[short]).max(axis=1).sum() / short.sum() > 0.95


def test_without_vectors_a_silent_post_has_the_shares_of_the_feed():
    texts, vectors, _, silent = talk()
    shares = find_topics(texts, 0 * vectors, 0 * vectors).shares
    expected = shares[~silent].mean(0)
    np.testing.assert_allclose(shares[silent], np.tile(expected, (silent.sum(), 1)))


@pytest.mark.parametrize("n", [30, 700])
def test_without_texts_there_is_one_topic(n):
    texts, vectors, _, _ = talk(n, silent=1.0)
    found = find_topics(texts, vectors, vectors)
    assert found.shares.shape == (n, 1) and (found.shares == 1).all() and found.words == ((),)
    assert found.names == ("",) and found.rule.topic("матч и мяч") is None


def test_the_topics_of_a_simulated_feed_are_found():
    feed = simulate(600, 9)
    texts = feed.posts["text"].tolist()
    found = find_topics(texts, np.zeros((600, 1)), np.zeros((600, 1)))
    long = np.array([len(clean_text(text).split()) > 12 for text in texts])
    assert adjusted_mutual_info_score(found.shares[long].argmax(1), feed.truth.topic[long]) > 0.9
