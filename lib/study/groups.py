"""Groups of posts, by views, topic and kind of photo, and maps of posts in the plane."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.features import Design, present

if TYPE_CHECKING:
    from lib.study.study import Study

LEAST_POSTS = 10  # posts that a group must have to be shown

_VECTORS = ("photo_vector", "text_vector")
_COMPONENTS = 30
_CLUSTERS = 8
_CHUNK = 500  # test posts that are compared with all training posts at a time


def by_views(study: Study, bins: int = 5) -> pd.Series:
    """The class of views of each post, from few to many: (n,) categories, ``bins`` classes of about equal size.

    There are fewer classes if a class would have too few test posts to be shown.
    """
    views = pd.Series(study.views)
    bins = max(1, min(bins, len(study.split.test) // (2 * LEAST_POSTS)))
    edges = np.unique(views.quantile(np.arange(1, bins) / bins).round().astype(int))
    between = [f"{low + 1:,}–{high:,}" for low, high in itertools.pairwise(edges)]
    names = [f"up to {edges[0]:,}", *between, f"over {edges[-1]:,}"] if len(edges) else ["any number"]
    return pd.cut(views, [-np.inf, *edges, np.inf], labels=names)


def by_topic(study: Study) -> pd.Series:
    """The topic of each post: (n,) categories.

    It is the true topic on simulated posts; else a topic found in the texts, with its name; else, if only
    one topic is found, a cluster of the vectors.
    """
    if study.simulated:
        return pd.Series(study.truth.topic, dtype="category")
    found = study.controls
    if len(found.words) > 1:
        names = [name or f"topic {k + 1}" for k, name in enumerate(found.names)]
        return pd.Series(found.topic).map(lambda k: names[k]).astype("category")
    labels = study.keep("clusters", by_topic, lambda: _clusters(_vectors(study, _VECTORS)), study.blocks_key(*_VECTORS))
    return pd.Series(labels).map(lambda label: f"cluster {label + 1}").astype("category")


def map_of(study: Study, block: str) -> tuple[np.ndarray, np.ndarray]:
    """A block of vectors on its first two principal components: points (m, 2), and the positions of their posts (m,).

    There are no points (m = 0) if fewer than three posts have the block.
    """
    from sklearn.decomposition import PCA

    values = study.blocks[block]
    rows = np.flatnonzero(present(values))
    if len(rows) < 3:
        return np.empty((0, 2)), rows[:0]
    return PCA(2, svd_solver="covariance_eigh").fit_transform(values[rows]), rows


def map_of_both(study: Study) -> tuple[np.ndarray, np.ndarray]:
    """A map of the test posts by t-SNE of both vectors: points (m, 2), and the positions of their posts (m,).

    Posts that are alike in photo and text together lie near each other. There are no points (m = 0) if there are no
    vectors or too few posts.

    References
    ----------
    van der Maaten & Hinton (2008), Visualizing data using t-SNE, JMLR 9:2579.
    """
    test = study.split.test

    def compute() -> np.ndarray:
        from sklearn.manifold import TSNE

        values = _vectors(study, _VECTORS)[test]
        if len(test) < LEAST_POSTS or not values.any():
            return np.empty((0, 2))
        near = min(30, (len(test) - 1) / 3)
        return TSNE(perplexity=near, init="pca", random_state=0).fit_transform(values)

    points = study.keep("map-of-both", map_of_both, compute, study.blocks_key(*_VECTORS))
    return points, test[: len(points)]


def by_photo(study: Study) -> pd.Series:
    """The kind of the photo of each post: (n,) categories.

    It is the true kind on simulated posts, else a cluster of the photo's vector.
    """
    if study.simulated:
        found = pd.Series(study.truth.kind)
    else:
        block = "photo_vector"
        labels = study.keep(
            "photo-clusters", by_photo, lambda: _clusters(_vectors(study, [block])), study.blocks_key(block)
        )
        found = pd.Series(labels).map(lambda label: f"photo cluster {label + 1}")
    return found.where(study.readable["photo"]["has_photo"].to_numpy() > 0, "no photo").astype("category")


def nearest_cosine(study: Study) -> np.ndarray:
    """The largest cosine of each test post with a training post, by both vectors with equal weight: (m,)."""
    unit = _vectors(study, _VECTORS)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    train, test = unit[study.split.train], unit[study.split.test]
    return np.concatenate([(test[at : at + _CHUNK] @ train.T).max(axis=1) for at in range(0, len(test), _CHUNK)])


def _vectors(study: Study, blocks: Sequence[str]) -> np.ndarray:
    """Leading components of the vectors of each post, all blocks with equal weight: (n, c)."""
    parts = []
    for block in blocks:
        vectors = {block: study.blocks[block]}
        columns = Design(_COMPONENTS).fit(vectors).transform(vectors)[:, 1:]
        parts.append(columns / np.sqrt(max((columns**2).sum(1).mean(), 1e-12)))
    return np.hstack(parts)


def _clusters(values: np.ndarray) -> np.ndarray:
    """The k-means cluster of each post, numbered from the largest: (n,)."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if not values.any():
        return np.zeros(len(values), int)
    with threadpool_limits(1):  # the order in which several threads add up a cluster's mean changes its last digits
        found = KMeans(min(_CLUSTERS, len(values)), n_init=4, random_state=0).fit_predict(values)
    return np.argsort(np.argsort(-np.bincount(found), kind="stable"), kind="stable")[found]
