"""Groups of posts: by views, by what they are about; and maps of posts in the plane."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.features import Design, present
from lib.study.diagnostics import LEAST_POSTS

if TYPE_CHECKING:
    from lib.study.study import Study

LONGEST_WORD = 14  # letters of a word that can name a topic

_VECTORS = ("photo_vector", "text_vector")
_COMPONENTS = 30
_CLUSTERS = 8


def by_views(study: Study, bins: int = 5) -> pd.Series:
    """Every post's class of views, from few to many, in ``bins`` classes of about as many posts: (n,) categories.

    There are fewer classes where a class would have too few test posts to be shown.
    """
    views = pd.Series(study.views)
    bins = max(1, min(bins, len(study.split.test) // (2 * LEAST_POSTS)))
    edges = np.unique(views.quantile(np.arange(1, bins) / bins).round().astype(int))
    between = [f"{low + 1:,}–{high:,}" for low, high in itertools.pairwise(edges)]
    names = [f"up to {edges[0]:,}", *between, f"over {edges[-1]:,}"] if len(edges) else ["any number"]
    return pd.cut(views, [-np.inf, *edges, np.inf], labels=names)


def by_topic(study: Study) -> pd.Series:
    """What every post is about, (n,) categories.

    The topic where a simulation knows it; else one found in the words, named by them; else a cluster of vectors.
    """
    if study.simulated:
        return pd.Series(study.truth.topic, dtype="category")
    found = study.controls
    if len(found.words) > 1:
        names = [topic_name(k, words) for k, words in enumerate(found.words)]
        return pd.Series(found.topic).map(lambda k: names[k]).astype("category")
    labels = study.keep("clusters", by_topic, lambda: _clusters(_both_vectors(study)), study.blocks_key(*_VECTORS))
    return pd.Series(labels).map(lambda label: f"cluster {label + 1}").astype("category")


def map_of(study: Study, block: str) -> tuple[np.ndarray, np.ndarray]:
    """A block of vectors on its first two principal components: points (m, 2), and which posts they are (m,).

    Nothing (m = 0) where fewer than three posts have the block.
    """
    from sklearn.decomposition import PCA

    values = study.blocks[block]
    rows = np.flatnonzero(present(values))
    if len(rows) < 3:
        return np.empty((0, 2)), rows[:0]
    return PCA(2, svd_solver="covariance_eigh").fit_transform(values[rows]), rows


def map_of_both(study: Study) -> tuple[np.ndarray, np.ndarray]:
    """The test posts in the plane, like ones near each other: points (m, 2), and which posts they are (m,).

    What is alike in photo and text together is put near by t-SNE. Nothing (m = 0) where there are no vectors, or too
    few posts.

    References
    ----------
    van der Maaten & Hinton (2008), Visualizing data using t-SNE, JMLR 9:2579.
    """
    test = study.split.test

    def compute() -> np.ndarray:
        from sklearn.manifold import TSNE

        values = _both_vectors(study)[test]
        if len(test) < LEAST_POSTS or not values.any():
            return np.empty((0, 2))
        near = min(30, (len(test) - 1) / 3)
        return TSNE(perplexity=near, init="pca", random_state=0).fit_transform(values)

    points = study.keep("map-of-both", map_of_both, compute, study.blocks_key(*_VECTORS))
    return points, test[: len(points)]


def topic_name(number: int, words: Sequence[str]) -> str:
    """Two words that aren't forms of one; the number where there are none."""
    short = [word for word in words if len(word) <= LONGEST_WORD]
    return ", ".join([*short[:1], *[w for w in short if w[:4] != short[0][:4]][:1]]) or f"topic {number + 1}"


def _both_vectors(study: Study) -> np.ndarray:
    """Leading components of both vectors of every post, of equal weight: (n, c)."""
    parts = []
    for block in _VECTORS:
        vectors = {block: study.blocks[block]}
        columns = Design(_COMPONENTS).fit(vectors).transform(vectors)[:, 1:]
        parts.append(columns / np.sqrt(max((columns**2).sum(1).mean(), 1e-12)))
    return np.hstack(parts)


def _clusters(values: np.ndarray) -> np.ndarray:
    """Numbers of the k-means clusters, the largest first: (n,)."""
    from sklearn.cluster import KMeans

    if not values.any():
        return np.zeros(len(values), int)
    found = KMeans(min(_CLUSTERS, len(values)), n_init=4, random_state=0).fit_predict(values)
    return np.argsort(np.argsort(-np.bincount(found), kind="stable"), kind="stable")[found]
