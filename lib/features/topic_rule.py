"""The topic of a text from its stems alone, by arithmetic that a page without encoders can repeat exactly."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import snowballstemmer

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import CountVectorizer

RUN = 8  # words of a piece of text that the rule is fitted to: it is to know the topic of a draft's first words
MOST_STEMS = 1500
LEAST_RUNS = 3
PRECISION = 0.95
FOREIGN = 0.1
FOLDS = 5

_INVERSE_PENALTY = 10.0
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|@\S+")
_WORD = re.compile(r"[a-z]{2,}|[а-яё]{2,}")
_RUSSIAN, _ENGLISH = snowballstemmer.stemmer("russian"), snowballstemmer.stemmer("english")


@dataclass(frozen=True)
class TopicRule:
    """A multinomial linear model of the topic, given which stems a text has.

    The score of a topic is its base plus the sum of its weights over the m known stems of the text, divided by the
    square root of m. The lead of the best topic over the second best counts by the square of the share of the text's
    stems that are known: a text on another subject has some of a topic's words and many that no topic has.
    ``assets/topic-rule.js`` repeats this arithmetic. Sums of whole numbers don't depend on the order of their terms, so
    both give the same score to the last bit.

    Attributes
    ----------
    weights : dict of str to list of int
        Stem to one weight per topic, in hundredths.
    base : list of int
        One per topic, in hundredths.
    margin : int
        The lead must be at least this, in hundredths; else the topic isn't recognised.
    """

    weights: dict[str, list[int]]
    base: list[int]
    margin: int

    def topic(self, text: str) -> int | None:
        """The topic of a cleaned text; None if it isn't recognised."""
        topic, lead = self.lead(stems(text))
        return topic if lead >= self.margin else None

    def lead(self, found: Iterable[str]) -> tuple[int, float]:
        """The topic with the best score of a text with these stems, and its lead; negative if no stem is known."""
        found = set(found)
        rows = [self.weights[stem] for stem in sorted(found & self._known)]
        if not rows:
            return 0, -1.0
        root = sqrt(len(rows))
        scores = [base + sum(column) / root for base, column in zip(self.base, zip(*rows, strict=True), strict=True)]
        best = max(range(len(scores)), key=scores.__getitem__)
        share = len(rows) / len(found)
        return best, (scores[best] - max(score for k, score in enumerate(scores) if k != best)) * share * share

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.weights)


def words(text: str) -> list[str]:
    """The words of a cleaned text in small letters, without web addresses and mentions: Latin or Cyrillic letters."""
    return _WORD.findall(_ADDRESS.sub(" ", text.lower()))


def stems(text: str) -> list[str]:
    """The Snowball stems of the words of a cleaned text."""
    return [stem(word) for word in words(text)]


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """The Snowball stem of a word in small letters: English for Latin letters, Russian for Cyrillic ones.

    References
    ----------
    Porter (1980), An algorithm for suffix stripping, Program 14:130, doi:10.1108/eb046814;
    https://snowballstem.org/algorithms/russian/stemmer.html.
    """
    return (_ENGLISH if word[0] <= "z" else _RUSSIAN).stemWord(word)


def runs(lists: Sequence[Sequence[str]]) -> tuple[list[Sequence[str]], np.ndarray]:
    """Each list of stems cut into runs of ``RUN``, and the list that each run is from."""
    cut = [(found[at : at + RUN], i) for i, found in enumerate(lists) for at in range(0, len(found), RUN)]
    return [part for part, _ in cut], np.array([i for _, i in cut], dtype=np.int64)


def counter(**settings) -> CountVectorizer:
    """Marks which stems a list has."""
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(analyzer=lambda found: found, binary=True, **settings)


def fit_rule(lists: Sequence[Sequence[str]], topic: np.ndarray) -> TopicRule:
    """Fit the rule to runs of ``RUN`` words of texts with known topics.

    The margin is the smallest at which ``PRECISION`` of the recognised beginnings of texts (their first ``RUN`` words,
    and half of these) get the topic of their text. It is chosen by cross-fitting, on the texts with ``RUN`` words or
    more: the topic of a shorter text is less certain.

    Parameters
    ----------
    lists
        n lists of stems; see :func:`stems`.
    topic : (n,) int
        0 or more; every topic up to the largest one occurs.

    Returns
    -------
    TopicRule
        With one topic, or if no stem occurs in ``LEAST_RUNS`` runs, a rule that recognises nothing.
    """
    from sklearn.model_selection import GroupKFold

    number = int(topic.max(initial=0)) + 1
    numbered: dict[tuple[str, ...], int] = {}
    groups = np.array([numbered.setdefault(tuple(found), i) for i, found in enumerate(lists)])  # repeated texts
    everything = np.arange(len(lists))
    leads, right = [], []
    if len(numbered) >= FOLDS:
        for fit, held in GroupKFold(FOLDS).split(everything, groups=groups):
            rule = _fit(lists, topic, fit, number)
            whole = [i for i in held if len(lists[i]) >= RUN]
            for i, size in itertools.product(whole, (RUN // 2, RUN)):
                found, lead = rule.lead(lists[i][:size])
                leads.append(lead)
                right.append(found == topic[i])
    rule = _fit(lists, topic, everything, number)
    return TopicRule(rule.weights, rule.base, _margin(np.array(leads), np.array(right, dtype=bool)))


def for_drafts(rule: TopicRule, lists: Sequence[Sequence[str]], topic: np.ndarray) -> TopicRule:
    """The rule with a margin for drafts, which may be on a subject that no text of the feed is on.

    A rule that was not shown some topics recognises at most ``FOREIGN`` of the texts on them with this margin, by their
    first ``RUN`` words. ``rule``, ``lists`` and ``topic`` are those of :func:`fit_rule`.
    """
    number, leads = len(rule.base), []
    for hidden in np.array_split(np.arange(number), min(FOLDS, number)):
        foreign = np.isin(topic, hidden)
        blind = _fit(lists, topic, np.flatnonzero(~foreign), number)
        leads += [blind.lead(lists[i][:RUN])[1] for i in np.flatnonzero(foreign) if len(lists[i]) >= RUN]
    least = np.quantile(leads, 1 - FOREIGN, method="higher") if leads else 0
    return replace(rule, margin=max(rule.margin, int(least) + 1))


def _fit(lists: Sequence[Sequence[str]], topic: np.ndarray, rows: np.ndarray, number: int) -> TopicRule:
    """The rule without a margin."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import normalize

    parts, owner = runs([lists[i] for i in rows])
    counted = counter(min_df=LEAST_RUNS, max_features=MOST_STEMS)
    try:
        X = normalize(counted.fit_transform(parts).astype(float))
    except ValueError:  # no stem is in enough runs
        return TopicRule({}, [0] * number, 0)
    y = topic[rows][owner]
    if len(np.unique(y)) < 2:
        return TopicRule({}, [0] * number, 0)
    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=300).fit(X, y)
    weights, base = model.coef_, model.intercept_
    if len(weights) == 1:  # of two topics, scikit-learn gives the difference
        weights, base = np.vstack([-weights, weights]) / 2, np.r_[-base, base] / 2
    hundredths = np.zeros((number, X.shape[1]), dtype=np.int64)
    hundredths[model.classes_] = np.rint(100 * weights)
    absent = np.rint(100 * (base.min() - 10))  # a topic without a text in this fold
    bases = np.full(number, absent)
    bases[model.classes_] = np.rint(100 * base)
    names = counted.get_feature_names_out()
    table = {str(name): column for name, column in zip(names, hundredths.T.tolist(), strict=True) if any(column)}
    return TopicRule(table, bases.astype(int).tolist(), 0)


def _margin(leads: np.ndarray, right: np.ndarray) -> int:
    """The smallest margin, in hundredths, at which ``PRECISION`` of the leads that reach it are right."""
    steps = np.unique(np.ceil(leads[leads >= 0])).astype(int)
    for step in steps:
        if right[leads >= step].mean() >= PRECISION:
            return int(step)
    return int(steps[-1]) + 1 if len(steps) else 0
