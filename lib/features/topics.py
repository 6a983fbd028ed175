"""The topics of a feed, found in the stems of its texts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from lib.features.topic_names import topic_names
from lib.features.topic_rule import FOLDS, RUN, TopicRule, counter, fit_rule, for_drafts, runs, stem, stems, words
from lib.posts import clean_text

MAX_TOPICS = 12
TEXTS_PER_TOPIC = 30
LEAST_TEXTS = 10
WORDS_PER_TOPIC = 10
MIN_WORDS = RUN  # topics are found in texts with this many words or more
ROUNDS = 3

_NO_RULE = TopicRule({}, [0], 0)


@dataclass(frozen=True)
class Topics:
    """The topics of n texts.

    Attributes
    ----------
    shares : (n, topics) float64
        Each row sums to one. A text that the rule recognises has one topic.
    words : tuple of tuples of str
        The typical words of each topic, the most typical first; untrusted text.
    names : tuple of str
        What each topic is about, in one word; untrusted text. Without topics, one empty name and no words.
    rule : TopicRule
        Gives the topic of any text.
    """

    shares: np.ndarray
    words: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]
    rule: TopicRule


@threadpool_limits.wrap(limits=1)  # on matrices so small, several threads take several times as long
def find_topics(texts: Sequence[str], with_text: np.ndarray, without_text: np.ndarray) -> Topics:
    """Find topics in texts of ``MIN_WORDS`` words or more, and learn the rule that recognises them.

    A non-negative matrix factorisation of the TF-IDF weights of stems gives the first topics. Then each text gets the
    topic that naive Bayes, learnt from the other texts, says; a topic that its own texts don't predict disappears.
    The vectors say which topic a shorter text most likely has, if any topic is more likely than all others together.
    The rule is fitted to all texts with a topic. A post that the rule doesn't recognise has a probability for each
    topic, from a logistic regression on the components of its vectors that is fitted to the recognised posts.

    Parameters
    ----------
    texts
        n raw texts.
    with_text, without_text
        (n, c) and (n, d) components of the posts' vectors: for posts with a text, and for posts without a text.

    References
    ----------
    Lee & Seung (1999), Learning the parts of objects by non-negative matrix factorization, doi:10.1038/44565.
    Nigam, McCallum, Thrun & Mitchell (2000), Text classification from labeled and unlabeled documents using EM,
    doi:10.1023/A:1007692713085.
    """
    plain = [clean_text(text) for text in texts]
    lists = [stems(text) for text in plain]
    has_text = np.array([bool(found) for found in lists])
    long = np.flatnonzero([len(found) >= MIN_WORDS for found in lists])
    label = np.full(len(plain), -1)
    label[long] = _found([lists[i] for i in long])
    if label.max(initial=0) < 1:
        return Topics(np.ones((len(plain), 1)), ((),), ("",), _NO_RULE)
    short = np.setdiff1d(np.flatnonzero(has_text), long)
    guess = _guess(with_text, label, short)
    label[short] = np.where(guess.max(1, initial=0) > 0.5, guess.argmax(1), -1)
    rows = np.flatnonzero(label >= 0)
    labelled = [lists[i] for i in rows], label[rows]
    rule = fit_rule(*labelled)
    typical = _typical_words([words(plain[i]) for i in rows], label[rows])
    names = topic_names([plain[i] for i in rows], label[rows], typical)

    recognised = [rule.topic(text) for text in plain]
    topic = np.array([-1 if found is None else found for found in recognised])
    shares = np.eye(label.max() + 1)[topic]
    for columns, these in ((with_text, has_text & (topic < 0)), (without_text, ~has_text)):
        shares[these] = _guess(columns, np.where(has_text, topic, -1), np.flatnonzero(these), shares.shape[1])
    known = tuple(forms[:WORDS_PER_TOPIC] for forms in typical)
    return Topics(shares, known, names, for_drafts(rule, *labelled))


def _found(lists: list[list[str]]) -> np.ndarray:
    """The topic of each list of stems, -1 for none: (n,) int, numbered from 0 without gaps."""
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfTransformer

    none = np.full(len(lists), -1)
    number = min(MAX_TOPICS, len(lists) // TEXTS_PER_TOPIC)
    if number < 2:
        return none
    try:
        present = counter(min_df=5, max_df=0.3).fit_transform(lists)
    except ValueError:  # no stem occurs in five texts
        return none
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(present)
    model = NMF(min(number, weights.shape[1]), init="nndsvd", max_iter=400, tol=1e-3, random_state=0)
    label = model.fit_transform(weights).argmax(1)
    for again in range(ROUNDS):
        label = _relabelled(lists, label, again)
    large = np.flatnonzero(np.bincount(label) >= LEAST_TEXTS)
    return np.where(np.isin(label, large), np.searchsorted(large, label), -1)


def _relabelled(lists: list[list[str]], label: np.ndarray, seed: int) -> np.ndarray:
    """The topic of each list according to naive Bayes, fitted to the lists of the other folds."""
    from sklearn.model_selection import KFold
    from sklearn.naive_bayes import MultinomialNB

    parts, owner = runs(lists)
    counts = counter().fit_transform(parts)
    whole = counter().fit_transform(lists)
    out = np.empty_like(label)
    for fit, held in KFold(FOLDS, shuffle=True, random_state=seed).split(label):
        inside = np.isin(owner, fit)
        out[held] = MultinomialNB(alpha=0.3).fit(counts[inside], label[owner[inside]]).predict(whole[held])
    return out


def _guess(columns: np.ndarray, label: np.ndarray, rows: np.ndarray, number: int | None = None) -> np.ndarray:
    """Probabilities of the topics, (rows, topics), by a logistic regression of the labels of 0 or more on vectors."""
    from sklearn.linear_model import LogisticRegression

    number = number or label.max() + 1
    known = np.flatnonzero(label >= 0)
    out = np.zeros((len(rows), number))
    found, counts = np.unique(label[known], return_counts=True)
    if not len(rows) or not len(known):
        return out
    spread = np.sqrt((columns[known] ** 2).sum(1).mean())
    if spread > 0 and len(found) > 1:
        model = LogisticRegression(C=100.0, max_iter=200).fit(columns[known] / spread, label[known])
        out[:, found] = model.predict_proba(columns[rows] / spread)
    else:  # there are no vectors
        out[:, found] = counts / counts.sum()
    return out


def _typical_words(lists: list[list[str]], label: np.ndarray) -> tuple[tuple[str, ...], ...]:
    """The words that are more frequent in a topic than in the others, the most typical first; one form of each stem."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for found in lists:
        for word in set(found):
            forms[stem(word)][word] += 1
    counted = counter(min_df=3)
    has = counted.fit_transform([[stem(word) for word in found if len(word) > 3] for found in lists])
    names = counted.get_feature_names_out()
    out = []
    for topic in range(label.max() + 1):
        inside, outside = (np.asarray(has[rows].mean(0)).ravel() for rows in (label == topic, label != topic))
        typical = inside * np.log((inside + 1e-3) / (outside + 1e-3))
        best = [j for j in np.argsort(-typical, kind="stable") if typical[j] > 0]
        out.append(tuple(forms[names[j]].most_common(1)[0][0] for j in best))
    return tuple(out)
