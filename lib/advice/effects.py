"""Effects of levers: the change in each rate that goes with the lever's contrast.

The effects are observational, not causal. They are adjusted for the controls and for the other levers. Any other
difference between posts can still bias them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import false_discovery_control
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression

from lib.advice.regressions import (
    INTERCEPT,
    CrossFitted,
    Regression,
    Sample,
    Term,
    effect_regressions,
    with_robust_errors,
)
from lib.betabinomial import fit_regressions
from lib.features import Contrast, contrasts

# A contrast needs at least this many posts on either side.
MIN_POSTS_A_SIDE = 30

# Posts overlap if, by their controls, each side has at least this probability.
MIN_PROPENSITY = 0.05

# An effect whose q is at most this counts as a discovery.
FALSE_DISCOVERY_RATE = 0.05

State = Literal[
    "estimated",
    "no overlap",  # too few posts on one side could, by their controls, be on the other side
    "never on one side",  # the activity never happens on one side of the contrast
    "separated",  # this state and the next ones: a failed fit, see lib.betabinomial.RegressionFit
    "collinear",
    "binomial",
    "rho unidentified",
    "rho one",
    "all zero",
    "all full",
    "not converged",
]


def overlap(sample: Sample) -> pd.DataFrame:
    """Count the posts on either side of each lever's contrast that could, by their controls, be on the other side.

    A post counts if a logistic regression of the side on topic and kind of photo gives each side a probability of at
    least ``MIN_PROPENSITY``.

    Returns
    -------
    One row per lever (the index): ``before`` and ``after``, numbers of posts; ``enough``, whether both are at least
    ``MIN_POSTS_A_SIDE``.
    """
    rows = {}
    coarse = sample.controls.coarse
    for contrast in contrasts(sample.properties):
        sided = np.flatnonzero(contrast.before ^ contrast.after)
        side = contrast.after[sided]
        if min(side.sum(), (~side).sum()) >= MIN_POSTS_A_SIDE:
            chance = LogisticRegression(max_iter=300).fit(coarse[sided], side).predict_proba(coarse[sided])[:, 1]
            side = side[(chance >= MIN_PROPENSITY) & (chance <= 1 - MIN_PROPENSITY)]
        rows[contrast.lever] = {"before": int((~side).sum()), "after": int(side.sum())}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.assign(enough=table.min(axis=1) >= MIN_POSTS_A_SIDE)


def lever_effects(sample: Sample, fits: list[Regression], sides: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Adjusted effect of every lever on every activity.

    Parameters
    ----------
    fits
        From :func:`lib.advice.regressions.effect_regressions`.
    sides
        From :func:`overlap`.
    level
        Level of the intervals, in (0, 1).

    Returns
    -------
    One row per lever and activity: ``lever``, ``activity``, ``before`` and ``after`` (numbers of posts that overlap, on
    either side), ``effect`` (relative change of the mean rate: 0.12 is 12 % more), ``low``, ``high``, ``p``
    (two-sided), ``q`` (p adjusted for the whole table by Benjamini & Hochberg) and ``state``, a :data:`State`. Only
    rows with the state "estimated" have numbers.

    Notes
    -----
    The effect is averaged over the posts that the lever is for. Its standard error follows from the cluster-robust
    covariance by the delta method. Intervals and p use Student's t. The degrees of freedom are the number of posts on
    the smaller side minus one, because a robust covariance of few posts is too small.
    """
    rows = []
    asked = contrasts(sample.properties)
    for activity, fit in zip(sample.activities, fits, strict=True):
        for contrast in asked:
            row = {"lever": contrast.lever, "activity": activity, **sides.loc[contrast.lever, ["before", "after"]]}
            row["state"] = _state(fit, contrast, sides)
            if row["state"] == "estimated":
                smaller = min(row["before"], row["after"])
                row |= _relative(*_log_ratio(sample, fit, contrast, contrast.posts), level, smaller)
            rows.append(row)
    wanted = ["lever", "activity", "before", "after", "effect", "low", "high", "p", "q", "state"]
    return _with_q(pd.DataFrame(rows)).reindex(columns=wanted)


def topic_effects(sample: Sample, predictions: CrossFitted, sides: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Effects within each topic that has enough posts, and whether they differ from the effects in the other topics.

    Returns
    -------
    One row per lever, activity and topic: ``lever``, ``activity``, ``topic``, ``before``, ``after``, ``effect``,
    ``low``, ``high`` as in :func:`lever_effects`; ``elsewhere``, the effect in the other topics (weighted by
    precision); ``p`` of the difference between the two; ``q``, this p adjusted for the whole table by Benjamini &
    Yekutieli. These p depend on one another, because each topic is compared with the others.
    """
    asked = [c for c in contrasts(sample.properties) if sides.loc[c.lever, "enough"]]
    topic, topics = sample.controls.topic, range(len(sample.controls.words))
    there = {
        (c.lever, t): ((c.before & (topic == t)).sum(), (c.after & (topic == t)).sum()) for c in asked for t in topics
    }
    there = {cell: found for cell, found in there.items() if min(found) >= MIN_POSTS_A_SIDE}
    columns = ["lever", "activity", "topic", "before", "after", "effect", "low", "high", "elsewhere", "p", "q"]
    if len(topics) < 2 or not there:
        return pd.DataFrame(columns=columns)
    by_lever = {contrast.lever: contrast for contrast in asked}
    terms = list(dict.fromkeys(Term("interaction", p, t) for lever, t in there for p in by_lever[lever].from_to))
    fits = effect_regressions(sample, predictions, dict.fromkeys(sample.activities, terms))
    rows = []
    for activity, fit in zip(sample.activities, fits, strict=True):
        for contrast in asked:
            mine = [t for lever, t in there if lever == contrast.lever]
            if len(mine) < 2 or _state(fit, contrast, sides) != "estimated":
                continue
            slopes = np.array([_slope(fit, contrast, t) for t in mine])
            variance = np.einsum("tp,pq,tq->t", slopes, fit.cov, slopes)
            for at, t in enumerate(mine):
                precision = 1 / np.maximum(np.delete(variance, at), 1e-12)
                others = precision @ np.delete(slopes, at, axis=0) / precision.sum()
                apart = slopes[at] - others
                error = np.sqrt(max(apart @ fit.cov @ apart, 1e-24))
                within = contrast.posts & (topic == t)
                row = {"lever": contrast.lever, "activity": activity, "topic": t}
                row |= dict(zip(("before", "after"), there[contrast.lever, t], strict=True))
                smaller = min(there[contrast.lever, t])
                row |= _relative(*_log_ratio(sample, fit, contrast, within), level, smaller)
                row["elsewhere"] = np.expm1(others @ fit.coef)
                row["p"] = 2 * student.sf(abs(apart @ fit.coef) / error, smaller - 1)
                rows.append(row)
    return _with_q(pd.DataFrame(rows), method="by").reindex(columns=columns)


def interactions(sample: Sample, topics: pd.DataFrame) -> dict[str, list[Term]]:
    """The interactions of each activity: one for each discovery (difference of a topic) in :func:`topic_effects`."""
    properties = {contrast.lever: list(contrast.from_to) for contrast in contrasts(sample.properties)}
    found: dict[str, list[Term]] = {}
    for row in topics[topics["q"] <= FALSE_DISCOVERY_RATE].itertuples():
        terms = [Term("interaction", p, row.topic) for p in properties[row.lever]]
        found[row.activity] = list(dict.fromkeys([*found.get(row.activity, ()), *terms]))
    return found


def unadjusted(sample: Sample, level: float = 0.95) -> pd.DataFrame:
    """Unadjusted effects: one regression per lever, without controls and without the other levers.

    Returns
    -------
    ``lever``, ``activity``, ``effect``, ``low``, ``high``, ``p``, as in :func:`lever_effects`.
    """
    rows = []
    for contrast in contrasts(sample.properties):
        at, terms = np.flatnonzero(contrast.posts), (INTERCEPT, *(Term("lever", p) for p in contrast.from_to))
        smaller = min(contrast.before.sum(), contrast.after.sum())
        if smaller < MIN_POSTS_A_SIDE:
            continue
        X = np.column_stack([np.ones(len(at)), sample.properties.loc[contrast.posts, list(contrast.from_to)]])
        fits = fit_regressions(X, sample.counts[at], sample.views[at], clusters=sample.groups[at])
        for activity, fit in zip(sample.activities, fits, strict=True):
            if fit.converged:
                found = with_robust_errors(fit, terms, X, at, sample.groups, {})
                log_ratio = _log_ratio(sample, found, contrast, contrast.posts)
                rows.append({"lever": contrast.lever, "activity": activity, **_relative(*log_ratio, level, smaller)})
    return pd.DataFrame(rows, columns=["lever", "activity", "effect", "low", "high", "p"])


def _state(fit: Regression, contrast: Contrast, sides: pd.DataFrame) -> State:
    if not sides.loc[contrast.lever, "enough"]:
        return "no overlap"
    if fit.state != "estimated":
        return fit.state
    if any(p in fit.never for p in contrast.from_to):
        return "never on one side"
    known = all(Term("lever", p) in fit.terms and p not in fit.aliased for p in contrast.from_to)
    return "estimated" if known else "no overlap"


def _relative(log_ratio: float, error: float, level: float, smaller: int) -> dict[str, float]:
    """Effect, interval and p from the log of a ratio of rates and its standard error; ``smaller`` side in posts."""
    distribution = student(smaller - 1)
    ends = log_ratio + distribution.ppf([(1 - level) / 2, 0.5, (1 + level) / 2]) * error
    found = dict(zip(("low", "effect", "high"), map(float, np.expm1(ends)), strict=True))
    return found | {"p": float(2 * distribution.sf(abs(log_ratio) / error))}


def _with_q(table: pd.DataFrame, method: Literal["bh", "by"] = "bh") -> pd.DataFrame:
    """The table with a column ``q``: p adjusted for the number of tests."""
    table = table.reindex(columns=list(dict.fromkeys([*table.columns, "p", "q"])))
    known = table["p"].notna()
    if known.any():
        table.loc[known, "q"] = false_discovery_control(table.loc[known, "p"], method=method)
    return table


def _slope(fit: Regression, contrast: Contrast, topic: int) -> np.ndarray:
    """(p,) vector whose product with the coefficients is the change of the linear predictor in a topic."""
    slope = np.zeros(len(fit.coef))
    for prop, (low, high) in contrast.from_to.items():
        for term in (Term("lever", prop), Term("interaction", prop, topic)):
            if term in fit.terms:
                slope[fit.terms.index(term)] = high - low
    return slope


def _log_ratio(sample: Sample, fit: Regression, contrast: Contrast, over: np.ndarray) -> tuple[float, float]:
    """Log ratio of the mean rates after and before a contrast over some posts, (n,) bool, and its standard error."""
    inside = over[fit.rows]
    topic = sample.controls.topic[fit.rows[inside]]
    means, gradients = [], []
    for side in (0, 1):
        X = fit.X[inside]
        for at, term in enumerate(fit.terms):
            if term.prop in contrast.from_to:
                X[:, at] = contrast.from_to[term.prop][side]
                if term.kind == "interaction":
                    X[:, at] *= topic == term.topic
        mean = expit(X @ fit.coef)
        means.append(mean.mean())
        gradients.append((mean * (1 - mean)) @ X / len(X) / means[-1])
    gradient = gradients[1] - gradients[0]
    return float(np.log(means[1] / means[0])), float(np.sqrt(gradient @ fit.cov @ gradient))
