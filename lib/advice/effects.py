"""Effects of what an author controls: the change in each rate that goes with a stated change of a post.

Observational, not causal: effects are adjusted for what the post is about, as far as its words and vectors tell, and
for the other levers; whatever else sets posts apart stays in them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import false_discovery_control
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression

from lib import betabinomial
from lib.advice.regressions import Posts, Regression, regressions, with_robust_errors
from lib.features import Change, changes

# Fewer comparable posts than this on either side of a change are no comparison.
MIN_POSTS_A_SIDE = 30

# Posts are comparable if, for all their subject tells, they could be on either side: with this probability at least.
MIN_PROPENSITY = 0.05

# An effect whose q is at most this counts as a discovery.
FALSE_DISCOVERY_RATE = 0.05


def comparable(posts: Posts) -> pd.DataFrame:
    """How many comparable posts stand on either side of each lever's change.

    A post is comparable if a logistic regression of the side on topic and kind of picture gives either side a
    probability of at least ``MIN_PROPENSITY``.

    Returns
    -------
    A row a lever (its index): ``before`` and ``after``, and ``enough``, whether both are ``MIN_POSTS_A_SIDE`` or more.
    """
    rows = {}
    coarse = posts.subject.coarse
    for change in changes(posts.columns):
        sided = np.flatnonzero(change.before ^ change.after)
        side = change.after[sided]
        if min(side.sum(), (~side).sum()) >= MIN_POSTS_A_SIDE:
            chance = LogisticRegression(max_iter=300).fit(coarse[sided], side).predict_proba(coarse[sided])[:, 1]
            side = side[(chance >= MIN_PROPENSITY) & (chance <= 1 - MIN_PROPENSITY)]
        rows[change.lever] = {"before": int((~side).sum()), "after": int(side.sum())}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.assign(enough=table.min(axis=1) >= MIN_POSTS_A_SIDE)


def effects(posts: Posts, fits: list[Regression], sides: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Adjusted effect of every lever on every activity.

    Parameters
    ----------
    fits
        From :func:`lib.advice.regressions.regressions`.
    sides
        From :func:`comparable`.
    level
        Of the intervals.

    Returns
    -------
    A row a lever and activity: ``lever``, ``activity``, ``before`` and ``after`` (comparable posts on either side),
    ``effect`` (relative change of the mean rate: 0.12 is 12 % more), ``low``, ``high``, ``p`` (two-sided), ``q``
    (adjusted for the whole table, Benjamini-Hochberg) and ``state``: "estimated"; "no comparable posts"; "never on one
    side" where the activity never happens on one side of a change; or the fit's own state where it failed. Only the
    first has numbers.

    The change is averaged over the posts that it is asked of; its standard error is by the delta method from the
    cluster-robust covariance. Intervals and p are Student's, with as many degrees of freedom as the smaller side has
    posts, less one: a robust covariance of few posts is too sure.
    """
    rows = []
    asked = changes(posts.columns)
    for activity, fit in zip(posts.activities, fits, strict=True):
        for change in asked:
            row = {"lever": change.lever, "activity": activity, **sides.loc[change.lever, ["before", "after"]]}
            row["state"] = _state(fit, change, sides)
            if row["state"] == "estimated":
                row |= _relative(*_log_ratio(posts, fit, change, change.posts), level, min(row["before"], row["after"]))
            rows.append(row)
    wanted = ["lever", "activity", "before", "after", "effect", "low", "high", "p", "q", "state"]
    return _discoveries(pd.DataFrame(rows), "p").reindex(columns=wanted)


def by_topic(posts: Posts, foretold, sides: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Effects within each topic that has comparable posts, and whether they differ from those in the other topics.

    Returns
    -------
    A row a lever, activity and topic: ``lever``, ``activity``, ``topic``, ``before``, ``after``, ``effect``, ``low``,
    ``high`` as in :func:`effects`; ``elsewhere``, the effect in the other topics (weighted by their precision); ``p``
    of the difference and its ``q``, adjusted for the whole table by Benjamini & Yekutieli: a topic is also among the
    others of the other topics, so these p are not independent of one another.
    """
    asked = [c for c in changes(posts.columns) if sides.loc[c.lever, "enough"]]
    topics = range(len(posts.subject.words))
    there = {
        (c.lever, t): ((c.before & (posts.subject.topic == t)).sum(), (c.after & (posts.subject.topic == t)).sum())
        for c in asked
        for t in topics
    }
    there = {cell: found for cell, found in there.items() if min(found) >= MIN_POSTS_A_SIDE}
    columns = ["lever", "activity", "topic", "before", "after", "effect", "low", "high", "elsewhere", "p", "q"]
    if len(topics) < 2 or not there:
        return pd.DataFrame(columns=columns)
    by_lever = {change.lever: change for change in asked}
    pairs = list(dict.fromkeys((c, t) for lever, t in there for c in by_lever[lever].ends))
    rows = []
    for activity, fit in zip(
        posts.activities, regressions(posts, foretold, dict.fromkeys(posts.activities, pairs)), strict=True
    ):
        for change in asked:
            mine = [t for lever, t in there if lever == change.lever]
            if len(mine) < 2 or _state(fit, change, sides) != "estimated":
                continue
            slopes = np.array([_slope(fit, change, t) for t in mine])
            variance = np.einsum("tp,pq,tq->t", slopes, fit.cov, slopes)
            for at, t in enumerate(mine):
                precision = 1 / np.maximum(np.delete(variance, at), 1e-12)
                others = precision @ np.delete(slopes, at, axis=0) / precision.sum()
                apart = slopes[at] - others
                error = np.sqrt(max(apart @ fit.cov @ apart, 1e-24))
                within = change.posts & (posts.subject.topic == t)
                row = {"lever": change.lever, "activity": activity, "topic": t}
                row |= dict(zip(("before", "after"), there[change.lever, t], strict=True))
                smaller = min(there[change.lever, t])
                row |= _relative(*_log_ratio(posts, fit, change, within), level, smaller)
                row["elsewhere"] = np.expm1(others @ fit.coef)
                row["p"] = 2 * student.sf(abs(apart @ fit.coef) / error, smaller - 1)
                rows.append(row)
    return _discoveries(pd.DataFrame(rows), "p", method="by").reindex(columns=columns)


def differing(posts: Posts, topics: pd.DataFrame) -> dict[str, list[tuple[str, int]]]:
    """The cells of :func:`by_topic` whose difference is a discovery, as :func:`lib.advice.regressions.regressions` takes them."""
    columns = {change.lever: list(change.ends) for change in changes(posts.columns)}
    cells: dict[str, list[tuple[str, int]]] = {}
    for row in topics[topics["q"] <= FALSE_DISCOVERY_RATE].itertuples():
        own = cells.setdefault(row.activity, [])
        own += [(c, row.topic) for c in columns[row.lever] if (c, row.topic) not in own]
    return cells


def unadjusted(posts: Posts, level: float = 0.95) -> pd.DataFrame:
    """What a comparison of posts as they are would say: each lever's regression without subject and other levers.

    Returns
    -------
    ``lever``, ``activity``, ``effect``, ``low``, ``high``, as in :func:`effects`.
    """
    rows = []
    for change in changes(posts.columns):
        at, names = np.flatnonzero(change.posts), ["1", *change.ends]
        if min(change.before.sum(), change.after.sum()) < MIN_POSTS_A_SIDE:
            continue
        X = np.column_stack([np.ones(len(at)), posts.columns.loc[change.posts, list(change.ends)]])
        fits = betabinomial.fit_regressions(X, posts.counts[at], posts.views[at], clusters=posts.groups[at])
        for activity, fit in zip(posts.activities, fits, strict=True):
            if fit.converged:
                found = with_robust_errors(fit, names, X, at, posts.groups, {})
                log_ratio = _log_ratio(posts, found, change, change.posts)
                smaller = min(change.before.sum(), change.after.sum())
                rows.append({"lever": change.lever, "activity": activity, **_relative(*log_ratio, level, smaller)})
    return pd.DataFrame(rows, columns=["lever", "activity", "effect", "low", "high", "p"])


def _state(fit: Regression, change: Change, sides: pd.DataFrame) -> str:
    if not sides.loc[change.lever, "enough"]:
        return "no comparable posts"
    if fit.state != "estimated":
        return fit.state
    if any(c in fit.never for c in change.ends):
        return "never on one side"
    return "estimated" if all(c in fit.names and c not in fit.lost for c in change.ends) else "no comparable posts"


def _relative(log_ratio: float, error: float, level: float, smaller: int) -> dict[str, float]:
    """An effect with its interval and p from the logarithm of a ratio of rates, with its smaller side's posts."""
    law = student(smaller - 1)
    ends = log_ratio + law.ppf([(1 - level) / 2, 0.5, (1 + level) / 2]) * error
    found = dict(zip(("low", "effect", "high"), map(float, np.expm1(ends)), strict=True))
    return found | {"p": float(2 * law.sf(abs(log_ratio) / error))}


def _discoveries(table: pd.DataFrame, p: str, method: str = "bh") -> pd.DataFrame:
    """With the column ``q``: p adjusted for the number of questions."""
    table = table.reindex(columns=list(dict.fromkeys([*table.columns, p, "q"])))
    known = table[p].notna()
    if known.any():
        table.loc[known, "q"] = false_discovery_control(table.loc[known, p], method=method)
    return table


def _slope(fit: Regression, change: Change, topic: int) -> np.ndarray:
    """(p,) whose product with the coefficients is the change of the linear predictor in a topic."""
    slope = np.zeros(len(fit.coef))
    for column, (low, high) in change.ends.items():
        slope[fit.names.index(column)] = high - low
        if (column, topic) in fit.names:
            slope[fit.names.index((column, topic))] = high - low
    return slope


def _log_ratio(posts: Posts, fit: Regression, change: Change, over: np.ndarray) -> tuple[float, float]:
    """Log of the ratio of the mean rates after and before a change, over (n,) posts, and its standard error."""
    inside = over[fit.rows]
    topic = posts.subject.topic[fit.rows[inside]]
    means, gradients = [], []
    for end in (0, 1):
        X = fit.X[inside]
        for column, values in change.ends.items():
            for at, name in enumerate(fit.names):
                if name == column:
                    X[:, at] = values[end]
                elif isinstance(name, tuple) and name[0] == column:
                    X[:, at] = values[end] * (topic == name[1])
        mean = expit(X @ fit.coef)
        means.append(mean.mean())
        gradients.append((mean * (1 - mean)) @ X / len(X) / means[-1])
    gradient = gradients[1] - gradients[0]
    return float(np.log(means[1] / means[0])), float(np.sqrt(gradient @ fit.cov @ gradient))
