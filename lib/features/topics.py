"""What a post is about, as far as its words and vectors tell: what the effects hold equal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from lib.features.blocks import present
from lib.features.design import Design
from lib.features.levers import STRIP
from lib.posts import clean_text

COMPONENTS = 30
WIDE_COMPONENTS = 60
BRIEF_COMPONENTS = 12
ROWS_PER_COMPONENT = 100
MAX_TOPICS = 12
TEXTS_PER_TOPIC = 150
WORDS_PER_TOPIC = 100

# Fewer words than this don't tell a topic by themselves.
MIN_WORDS = 8

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|@\S+")
# Properties of the pixels that tell the kind of picture (a photo, a quote card, a chart).
_KIND = ("contrast", "sharpness", "flat_area", "text_likeness")


@dataclass(frozen=True)
class Subject:
    """What n posts are about.

    Attributes
    ----------
    topic : (n,) int64
        Number of each post's topic.
    words : tuple of tuples of str
        The words that characterise each topic, the most telling first; untrusted text. Empty if there is one topic.
    columns : (n, c) float64
        To adjust for: leading components of the vectors, shares of the topics, kind of picture.
    missing : (n, m) bool
        Posts without a text, without a photo, with a wide or a tall strip in place of one; what none has is left out.
    wide : (n, w) float64
        More components and the shares of the topics, for a prediction that is not a regression.
    brief : (n, b) float64
        Fewer components, the shares of the topics and the kind of picture, for trees.
    coarse : (n, d) float64
        Topic and kind of picture alone, which tell nothing of a text's length or a photo's light.
    """

    topic: np.ndarray
    words: tuple[tuple[str, ...], ...]
    columns: np.ndarray
    missing: np.ndarray
    wide: np.ndarray
    brief: np.ndarray
    coarse: np.ndarray


def find_subject(vectors: dict[str, np.ndarray], texts: Sequence[str], readable: dict[str, pd.DataFrame]) -> Subject:
    """Topics and columns of a feed.

    Topics are found in the words of the texts by non-negative matrix factorisation of their TF-IDF weights. A post
    with few words or none gets the topics that its vectors make probable.

    Parameters
    ----------
    vectors
        "text vector" and "photo vector", (n, dim) float, rows of NaN where there is none.
    texts
        n raw texts.
    readable
        "text" and "photo": the tables of readable features.

    References
    ----------
    Lee & Seung (1999), Learning the parts of objects by non-negative matrix factorization, doi:10.1038/44565.
    """
    rows = len(texts)
    narrow, wide = (
        [_components({name: v}, min(most, max(1, rows // ROWS_PER_COMPONENT))) for name, v in vectors.items()]
        for most in (COMPONENTS, WIDE_COMPONENTS)
    )
    shares, words = _topics(texts, [np.hstack(wide), wide[-1]])
    photo = readable["photo"]
    kind = photo.loc[:, list(_KIND)]
    kind = ((kind - kind.mean()) / kind.std().replace(0, 1)).fillna(0.0).to_numpy()
    kind = kind[:, kind.std(0) > 0]
    wide_strip, tall_strip = photo["aspect"] > STRIP, photo["aspect"] < 1 / STRIP
    missing = np.column_stack([readable["text"]["has_text"] == 0, photo["has_photo"] == 0, wide_strip, tall_strip])
    wide = [part / np.sqrt(max((part**2).sum(1).mean(), 1e-12)) for part in wide]
    return Subject(
        topic=shares.argmax(1),
        words=words,
        columns=np.hstack([*narrow, shares[:, 1:], kind]),
        missing=missing[:, missing.any(0) & ~missing.all(0)],
        wide=np.hstack([*wide, shares / 2, missing]),
        brief=np.hstack([*(part[:, :BRIEF_COMPONENTS] for part in narrow), shares, kind, missing]),
        coarse=np.hstack([np.eye(shares.shape[1])[shares.argmax(1)][:, 1:], kind, missing]),
    )


def _components(vectors: dict[str, np.ndarray], most: int) -> np.ndarray:
    """Leading components of one kind of vectors, (n, at most ``most``); zeros for a post that has none."""
    columns = Design(most).fit(vectors).transform(vectors)[:, 1:]
    absent = ~present(next(iter(vectors.values())))
    return columns[:, :-1] if absent.any() and not absent.all() else columns


def _topics(texts: Sequence[str], seen: list[np.ndarray]) -> tuple[np.ndarray, tuple[tuple[str, ...], ...]]:
    """Shares of the topics in each post, (n, topics), and the words of each topic.

    ``seen``: components of text and photo together, and of the photo alone.
    """
    plain = [_ADDRESS.sub(" ", clean_text(text)) for text in texts]
    has_text = np.array([bool(text.strip()) for text in plain])
    told = np.array([len(text.split()) >= MIN_WORDS for text in plain])
    number = min(MAX_TOPICS, int(told.sum()) // TEXTS_PER_TOPIC)
    alone = np.ones((len(plain), 1)), ((),)
    if number < 2:
        return alone
    weights = TfidfVectorizer(min_df=5, max_df=0.3, sublinear_tf=True, token_pattern=r"(?u)\b[^\W\d_]{3,}\b")
    try:
        terms = weights.fit_transform(plain)
    except ValueError:  # no word is in five texts
        return alone
    model = NMF(min(number, terms.shape[1]), init="nndsvd", max_iter=400, tol=1e-3)
    amounts = model.fit_transform(terms)
    told &= amounts.any(1)
    label = amounts.argmax(1)
    kept, label[told] = np.unique(label[told], return_inverse=True)
    names = weights.get_feature_names_out()
    telling = model.components_**2 / np.maximum(model.components_.sum(0), 1e-12)  # much here, and little elsewhere
    words = tuple(_own_words(names, telling, k) for k in kept)
    if len(kept) < 2:
        return alone
    shares = np.zeros((len(plain), len(kept)))
    shares[told, label[told]] = 1.0
    for columns, rows in ((seen[0], has_text & ~told), (seen[1], ~has_text)):
        if not rows.any():
            continue
        spread = np.sqrt((columns[told] ** 2).sum(1).mean())
        if spread > 0:
            guess = LogisticRegression(C=100.0, max_iter=200).fit(columns[told] / spread, label[told])
            shares[rows] = guess.predict_proba(columns[rows] / spread)
        else:  # vectors tell nothing: there are none
            shares[rows] = shares[told].mean(0)
    return shares, words


def _own_words(names: np.ndarray, telling: np.ndarray, topic: int) -> tuple[str, ...]:
    """The words that tell more of this topic than of any other, the most telling first; small words name nothing."""
    own = [j for j in np.flatnonzero((telling.argmax(0) == topic) & (telling[topic] > 0)) if len(names[j]) > 3]
    return tuple(names[j] for j in sorted(own, key=lambda j: -telling[topic, j])[:WORDS_PER_TOPIC])
