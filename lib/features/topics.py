"""The topics of a feed, found in the words of its texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from lib.posts import clean_text

MAX_TOPICS = 12
TEXTS_PER_TOPIC = 150
WORDS_PER_TOPIC = 100
MIN_WORDS = 8  # the topic of a shorter text is not found in its words

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|@\S+")


def find_topics(
    texts: Sequence[str], with_text: np.ndarray, without_text: np.ndarray
) -> tuple[np.ndarray, tuple[tuple[str, ...], ...]]:
    """Find topics by non-negative matrix factorisation of the texts' TF-IDF weights.

    A text of ``MIN_WORDS`` words or more has one topic. Any other post has a probability for each topic, from a
    logistic regression on the components of its vectors that is fitted to the posts with a known topic.

    Parameters
    ----------
    texts
        n raw texts.
    with_text, without_text
        (n, c) and (n, d) components of the posts' vectors: for posts with a short text, and for posts without a text.

    Returns
    -------
    shares : (n, topics) float64
        Each row sums to one.
    words : tuple of tuples of str
        The typical words of each topic, the most typical first; untrusted text. If the feed has only one topic, one
        empty tuple.

    References
    ----------
    Lee & Seung (1999), Learning the parts of objects by non-negative matrix factorization, doi:10.1038/44565.
    """
    plain = [_ADDRESS.sub(" ", clean_text(text)) for text in texts]
    has_text = np.array([bool(text.strip()) for text in plain])
    known = np.array([len(text.split()) >= MIN_WORDS for text in plain])
    number = min(MAX_TOPICS, int(known.sum()) // TEXTS_PER_TOPIC)
    one_topic = np.ones((len(plain), 1)), ((),)
    if number < 2:
        return one_topic
    vectorizer = TfidfVectorizer(min_df=5, max_df=0.3, sublinear_tf=True, token_pattern=r"(?u)\b[^\W\d_]{3,}\b")
    try:
        weights = vectorizer.fit_transform(plain)
    except ValueError:  # no word occurs in five texts
        return one_topic
    model = NMF(min(number, weights.shape[1]), init="nndsvd", max_iter=400, tol=1e-3, random_state=0)
    amounts = model.fit_transform(weights)
    known &= amounts.any(1)
    label = amounts.argmax(1)
    kept, label[known] = np.unique(label[known], return_inverse=True)
    if len(kept) < 2:
        return one_topic
    terms = vectorizer.get_feature_names_out()
    typical = model.components_**2 / np.maximum(
        model.components_.sum(0), 1e-12
    )  # large in this topic and small in the others
    words = tuple(_typical_words(terms, typical, k) for k in kept)
    shares = np.zeros((len(plain), len(kept)))
    shares[known, label[known]] = 1.0
    for columns, rows in ((with_text, has_text & ~known), (without_text, ~has_text)):
        if not rows.any():
            continue
        spread = np.sqrt((columns[known] ** 2).sum(1).mean())
        if spread > 0:
            guess = LogisticRegression(C=100.0, max_iter=200).fit(columns[known] / spread, label[known])
            shares[rows] = guess.predict_proba(columns[rows] / spread)
        else:  # there are no vectors
            shares[rows] = shares[known].mean(0)
    return shares, words


def _typical_words(terms: np.ndarray, typical: np.ndarray, topic: int) -> tuple[str, ...]:
    """The words that are more typical of this topic than of any other; words of three letters are left out."""
    own = [j for j in np.flatnonzero((typical.argmax(0) == topic) & (typical[topic] > 0)) if len(terms[j]) > 3]
    return tuple(terms[j] for j in sorted(own, key=lambda j: -typical[topic, j])[:WORDS_PER_TOPIC])
