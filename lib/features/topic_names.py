"""A name for each topic: one noun, in the form that a dictionary gives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.metadata import distribution
from typing import Any

import numpy as np

from lib.embedding import text_encoder
from lib.features.topic_rule import stem, words

LEAST_SHARE = 0.02  # of a topic's texts must have a hashtag that names it
CANDIDATES = 15
NEAREST_OF = 5
FORM_SHARE = 0.1  # of a stem's uses

_TAG = re.compile(r"#([a-zа-яё]{3,})(?![\w-])")


def topic_names(texts: Sequence[str], topic: np.ndarray, typical: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """A name for each topic, different from the others.

    The candidates are the hashtags of the topic, because with a hashtag an author says what a post is about. If no
    frequent hashtag is a Russian noun in the nominative, they are the typical words that are one, in the singular. Of
    the first ``NEAREST_OF`` candidates, the name is the one that is nearest in meaning to the others. Without
    candidates, as in other languages, it is the most typical word that isn't an English function word.

    Parameters
    ----------
    texts, topic
        n cleaned texts and their topics.
    typical
        The typical words of each topic, the most typical first.

    Returns
    -------
    tuple of str
        Untrusted text. "" where a topic has no such word.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    tags = [set(_TAG.findall(text.lower())) for text in texts]
    used = Counter(tag for found in tags for tag in found)
    forms: dict[str, Counter[str]] = {}
    for text in texts:
        for word in set(words(text)):
            forms.setdefault(stem(word), Counter())[word] += 1
    names: list[str] = []
    for k, own in enumerate(typical):
        here = Counter(tag for i in np.flatnonzero(topic == k) for tag in tags[i])
        least = max(2, LEAST_SHARE * np.sum(topic == k))
        labels = [tag for tag, n in here.most_common(CANDIDATES) if n >= least and n > used[tag] / 2]
        labels = [tag for tag in labels if here[tag] >= here[labels[0]] / 2]
        seen = [forms[stem(word)] for word in own[:CANDIDATES]]
        # A rare form of a stem is often a form of another word: «дорога» beside «дорогие».
        first = [form for counts in seen for form, n in counts.most_common() if n >= FORM_SHARE * counts.total()]
        taken = ENGLISH_STOP_WORDS.union(names)
        nouns = [word for word in _nouns(labels, ("Sing", "Plur")) if word not in taken]
        nouns = nouns or [word for word in _nouns(first, ("Sing",)) if word not in taken]
        names.append(_central(nouns[:NEAREST_OF]) if nouns else next((word for word in own if word not in taken), ""))
    return tuple(names)


def _nouns(found: Sequence[str], numbers: Sequence[str]) -> list[str]:
    """The Russian nouns in the nominative; a word that the vectors don't know is left out."""
    known = [word for word in found if word in _vectors()]
    marks = [marked.tokens[0] for marked in _tagger().map([[word] for word in known])]
    return [
        word
        for word, mark in zip(known, marks, strict=True)
        if mark.pos == "NOUN" and mark.feats.get("Case") == "Nom" and mark.feats.get("Number") in numbers
    ]


def _central(nouns: Sequence[str]) -> str:
    """The noun whose word vector is nearest to those of the others."""
    vectors = np.array([_vectors()[noun] for noun in nouns])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return nouns[int((vectors @ vectors.sum(0)).argmax())]


@cache
def _vectors() -> Any:
    return text_encoder("navec-sif").navec


@cache
def _tagger() -> Any:
    """The part of speech, case and number of Russian words, by the model that comes with natasha."""
    from slovnet import Morph

    files = distribution("natasha").files or []
    path = next(f.locate() for f in files if f.match("model/slovnet_morph_*.tar"))
    tagger = Morph.load(str(path))
    tagger.navec(_vectors())
    return tagger
