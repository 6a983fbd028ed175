"""Where a forecast is right and where it is wrong: its distribution, its mean by group, single posts.

Everything is of the test posts unless said otherwise. Tables come one row per activity and bin, group or post.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from lib import betabinomial, features
from lib.features import Design
from lib.models import BASELINE
from lib.storage import cached, code_digest, digest
from lib.study import scores
from lib.study.study import Study
from lib.study.topics import open_subject

LEVEL = 0.95  # of bands and intervals
DRAWS = 1000
LEAST_POSTS = 10  # test posts a group must have to be shown
LONGEST_WORD = 14  # letters of a word that can name a topic

_VECTORS = ("photo vector", "text vector")
_COMPONENTS = 30
_CLUSTERS = 8


def pit_histogram(study: Study, name: str, bins: int = 10) -> pd.DataFrame:
    """Histogram of the randomised probability integral transform of each activity; flat if calibrated.

    Returns
    -------
    Columns ``name``; ``left``, the bin's lower end in [0, 1); ``density``, 1 on average; ``low`` and ``high``, between
    which a bin of a calibrated forecast lies with 95 % probability.
    """
    values = scores.pit(study, name)
    posts = len(values)
    low, high = stats.binom.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], posts, 1 / bins) * bins / posts
    tables = []
    for activity, of in zip(study.activities, values.T, strict=True):
        found, edges = np.histogram(of, bins, (0, 1))
        density = found * bins / posts
        tables.append(
            pd.DataFrame({"name": activity, "left": edges[:-1], "density": density, "low": low, "high": high})
        )
    return pd.concat(tables, ignore_index=True)


def reliability(study: Study, name: str, bins: int = 10) -> pd.DataFrame:
    """Predicted against observed rate of each activity, in bins of about equally many posts.

    Posts that are told the same rate fall into one bin, so that there are fewer bins where many are.

    Returns
    -------
    Columns ``name``; ``predicted`` and ``observed``, means over a bin's posts of the rate per view; ``low`` and
    ``high``, between which the observed one lies with 95 % probability if the forecast is right; ``posts``.
    """
    mean = study.forecast(name).mean[study.split.test]
    bins = min(bins, len(mean))
    groups = ((stats.rankdata(mean.astype(np.float32), axis=0) - 0.5) * bins / len(mean)).astype(int)
    return pd.concat([_observed(study, name, groups == group) for group in range(bins)], ignore_index=True)


def residuals(study: Study, name: str, groups: pd.Series) -> pd.DataFrame:
    """Observed rate over predicted rate, by group of posts.

    Both are means over a group's posts, so that every post counts the same whatever its views.

    Parameters
    ----------
    groups
        (n,) categories, one of every post; one that has fewer than ``LEAST_POSTS`` test posts is left out.

    Returns
    -------
    Columns ``name``; ``group``; ``posts``; ``value``, the ratio, 1 where the mean is right; ``low`` and ``high``,
    between which it lies with 95 % probability if the forecast is right.
    """
    of = groups.iloc[study.split.test].to_numpy()
    tables = [pd.DataFrame(columns=["name", "group", "posts", "value", "low", "high"])]
    for group in groups.cat.categories:
        if (of == group).sum() >= LEAST_POSTS:
            found = _observed(study, name, np.tile((of == group)[:, None], len(study.activities)))
            ratios = {"value": found["observed"], "low": found["low"], "high": found["high"]}
            ratios = {column: values / found["predicted"] for column, values in ratios.items()}
            tables.append(pd.DataFrame({"name": found["name"], "group": group, "posts": found["posts"]} | ratios))
    return pd.concat(tables[1:] or tables, ignore_index=True)


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
    found = open_subject(study)
    if len(found.words) > 1:
        names = [_topic_name(k, words) for k, words in enumerate(found.words)]
        return pd.Series(found.topic).map(lambda k: names[k]).astype("category")
    labels = cached("clusters", _key(study), lambda: _clusters(_fused(study)))
    return pd.Series(labels).map(lambda label: f"cluster {label + 1}").astype("category")


def departures(outside: pd.Series) -> tuple[int, int, bool]:
    """How many of so many points leave their 95 % bands, and whether that is more than chance does.

    More is what has a binomial probability under 1 %: strict, because the activities of a post go together.
    """
    missed, total = int(outside.sum()), len(outside)
    return missed, total, bool(stats.binom.sf(missed - 1, total, 1 - LEVEL) < 0.01)


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

        values = _fused(study)[test]
        if len(test) < LEAST_POSTS or not values.any():
            return np.empty((0, 2))
        near = min(30, (len(test) - 1) / 3)
        return TSNE(perplexity=near, init="pca", random_state=0).fit_transform(values)

    points = cached("map-of-both", _key(study), compute)
    return points, test[: len(points)]


def surprises(study: Study, name: str, each: int = 4) -> pd.DataFrame:
    """The posts that a forecast tells best beside no features, then those it tells worst.

    Returns
    -------
    Columns ``post``, its position; ``gain`` in log score, nats summed over the activities; ``activity`` that does most
    for it (or against it) with its rates ``predicted``, ``usual`` (without features) and ``observed``.
    """
    gain = scores.log_scores(study, name) - scores.log_scores(study, BASELINE)
    total = gain.sum(axis=1).sort_values(ascending=False, kind="stable")
    each = min(each, len(total) // 2)
    rows = []
    for post, nats in [*total[:each].items(), *total[-each:].items()]:
        activity = gain.loc[post].idxmax() if nats > 0 else gain.loc[post].idxmin()
        means = {m: study.forecast(m).mean[post, study.column(activity)] for m in (name, BASELINE)}
        row = {"post": post, "gain": nats, "activity": activity, "predicted": means[name], "usual": means[BASELINE]}
        rows.append(row | {"observed": study.rates[activity].iloc[post]})
    return pd.DataFrame(rows)


def _observed(study: Study, name: str, chosen: np.ndarray) -> pd.DataFrame:
    """Mean rate of some of the test posts, (m, a) bool: predicted, observed, and how far chance may take it."""
    test = study.split.test
    mean, rates = study.forecast(name).mean[test], study.rates.to_numpy()[test]
    rows = []
    for a, activity in enumerate(study.activities):
        at = chosen[:, a]
        if not at.any():
            continue
        low, high = np.quantile(_replicates(study, name)[:, at, a].mean(1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        rows.append((activity, mean[at, a].mean(), rates[at, a].mean(), low, high, int(at.sum())))
    return pd.DataFrame(rows, columns=["name", "predicted", "observed", "low", "high", "posts"])


@functools.cache
def _replicates(study: Study, name: str) -> np.ndarray:
    """Rates that the test posts would have if the forecast were right: (``DRAWS``, m, a) float32."""
    test, rng = study.split.test, np.random.default_rng(0)
    rates, views = study.forecast(name)[test], study.views[test][:, None]
    drawn = np.empty((DRAWS, *rates.mean.shape), np.float32)
    for draw in drawn:
        draw[:] = betabinomial.rvs(views, rates.mean, rates.rho, rng) / views
    return drawn


def _topic_name(number: int, words: Sequence[str]) -> str:
    """Two words that aren't forms of one; the number where there are none."""
    short = [word for word in words if len(word) <= LONGEST_WORD]
    return ", ".join([*short[:1], *[w for w in short if w[:4] != short[0][:4]][:1]]) or f"topic {number + 1}"


def _fused(study: Study) -> np.ndarray:
    """Leading components of both vectors of every post, either with the same say: (n, c)."""
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


def _key(study: Study) -> str:
    return digest(study.blocks_key, code_digest("lib.study.diagnostics"))


def map_of(study: Study, block: str) -> tuple[np.ndarray, np.ndarray]:
    """A block of vectors on its first two principal components: points (m, 2), and which posts they are (m,).

    Nothing (m = 0) where fewer than three posts have the block.
    """
    from sklearn.decomposition import PCA

    values = study.blocks[block]
    rows = np.flatnonzero(features.present(values))
    if len(rows) < 3:
        return np.empty((0, 2)), rows[:0]
    return PCA(2, svd_solver="covariance_eigh").fit_transform(values[rows]), rows
