"""Effects of levers: the change in each rate that goes with the lever's contrast.

The effects are observational, not causal. They are adjusted for the controls and for the other levers. Any other
difference between posts can still bias them. Their intervals allow for such a bias, as large as it was beside
randomised tests (``lib.advice.bias``). The narrow intervals don't.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import scipy
from scipy.special import expit

from lib.advice.bias import NO_BIAS, Bias
from lib.advice.changes import relative_change
from lib.advice.regressions import INTERCEPT, Regression, Sample, Term, with_robust_errors
from lib.advice.sensitivity import robustness, topic_bias
from lib.betabinomial import fit_regressions
from lib.features import LEVERS, Contrast, contrasts
from lib.posts import ACTIVITY

# A contrast needs at least this many posts on either side.
MIN_POSTS_A_SIDE = 30

# Scopes of an effect; the others are the numbers of topics.
ALL, ELSEWHERE = "all", "elsewhere"

# Posts overlap if, by their controls, each side has at least this probability.
MIN_PROPENSITY = 0.05

# An effect whose q is at most this counts as a discovery.
FALSE_DISCOVERY_RATE = 0.05

State = Literal[
    "estimated",
    "no overlap",  # too few posts on one side could, by their controls, be on the other side
    "differs by topic",  # an average over topics that differ
    "never on one side",  # the activity never happens on one side of the contrast
    "can't happen",  # the lever is for posts on which the activity can't happen
    "separated",  # this state and the next ones: a failed fit, see lib.betabinomial.RegressionFit
    "collinear",
    "binomial",
    "rho unidentified",
    "rho one",
    "all zero",
    "all full",
    "not converged",
]

_COLUMNS = [
    *("lever", "activity", "scope", "before", "after", "base", "effect", "low", "high", "error", "p", "q"),
    *("narrow_low", "narrow_high", "narrow_error", "narrow_q", "robustness", "times", "state"),
]
_NARROW = ("low", "high", "error", "q")


def overlap(sample: Sample) -> pd.DataFrame:
    """Count the posts on either side of each lever's contrast that could, by their controls, be on the other side.

    A post counts if a logistic regression of the side on topic and kind of photo gives each side a probability of at
    least ``MIN_PROPENSITY``.

    Returns
    -------
    One row per lever (the index): ``before`` and ``after``, numbers of posts; ``enough``, whether both are at least
    ``MIN_POSTS_A_SIDE``.
    """
    from sklearn.linear_model import LogisticRegression

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


def named_topics(
    sample: Sample, fits: list[Regression], sides: pd.DataFrame, known: Mapping[str, Sequence[Term]] | None = None
) -> dict[str, list[Term]]:
    """The interactions, by activity, of the topics in which the effect of a lever differs from that elsewhere.

    The topics of a lever and an activity are tried one after the other, that furthest from the median post first. Each
    is compared with the mean of the posts outside the topics named so far. It is named if it differs at the level
    ``FALSE_DISCOVERY_RATE`` divided by the number of all comparisons (Bonferroni).

    Parameters
    ----------
    fits, sides
        As for :func:`lever_effects`.
    known
        Interactions of topics that are already named; they stay.
    """
    topic, number = sample.controls.topic, len(sample.controls.words)
    asked = [c for c in contrasts(sample.properties) if sides.loc[c.lever, "enough"]]
    there = {c.lever: [t for t in range(number) if min(_sides(c, topic == t)) >= MIN_POSTS_A_SIDE] for c in asked}
    level = FALSE_DISCOVERY_RATE / max(len(fits) * sum(map(len, there.values())), 1)
    found = {activity: list((known or {}).get(activity, ())) for activity in sample.activities}
    for activity, fit in zip(sample.activities, fits, strict=True):
        for contrast in asked:
            if _state(fit, contrast, activity, sides) != "estimated":
                continue
            named = list(dict.fromkeys(term.topic for term in found[activity] if term.prop in contrast.from_to))
            slopes = np.array([_slope(fit, contrast, t) @ fit.coef for t in range(number)])
            middle = np.median(slopes[topic[contrast.posts]])
            for t in sorted(set(there[contrast.lever]) - set(named), key=lambda t: -abs(slopes[t] - middle)):
                outside = contrast.posts & ~np.isin(topic, [*named, t])
                if not outside.any() or _difference(sample, fit, contrast, t, outside) > level:
                    break
                named.append(t)
            terms = [Term("interaction", prop, t) for t in named for prop in contrast.from_to]
            found[activity] = list(dict.fromkeys([*found[activity], *terms]))
    return found


def lever_effects(
    sample: Sample,
    fits: list[Regression],
    sides: pd.DataFrame,
    named: Mapping[str, Sequence[Term]] | None = None,
    bias: Bias = NO_BIAS,
    level: float = 0.95,
) -> pd.DataFrame:
    """Adjusted effect of every lever on every activity: over the feed, in each named topic, and elsewhere.

    Parameters
    ----------
    fits
        From :func:`lib.advice.regressions.effect_regressions`.
    sides
        From :func:`overlap`.
    named
        From :func:`named_topics`.
    bias
        What intervals, p and q allow for.
    level
        Level of the intervals, in (0, 1).

    Returns
    -------
    One row per lever, activity and scope: ``lever``; ``activity``; ``scope``, which is "all", the number of a named
    topic as text, or "elsewhere", the posts outside all topics named for the lever and the activity; ``before`` and
    ``after``, numbers of posts on either side (in a topic of all posts, else of those that overlap); ``base``, the mean
    rate of the posts of the scope before the contrast; ``effect`` (relative change of this rate: 0.12 is 12 % more),
    ``low``, ``high``; ``error``, the standard error of log(1 + effect); ``p`` (two-sided); ``q`` (p adjusted for the
    whole table by Benjamini & Hochberg); ``narrow_low`` to ``narrow_q``, the same without the bias; ``robustness`` (see
    :func:`lib.advice.sensitivity.robustness`); ``times``, how many times as strong as the topic a hidden cause would
    have to be to explain the effect away (NaN if there is one topic only); ``state``, a :data:`State`. Only rows with
    the states "estimated" and "differs by topic" have numbers.
    The latter have no q, as such an average describes few posts.

    Notes
    -----
    The effect is averaged over the posts that the lever is for. Its standard error follows from the cluster-robust
    covariance by the delta method. Intervals and p use Student's t. The degrees of freedom are the number of posts on
    the smaller side minus one, because a robust covariance of few posts is too small. The bias adds its variance,
    averaged over the distribution of its standard deviation (see :mod:`lib.advice.bias`). The interval of a discovery
    allows for its selection: with R discoveries among m tests, its level is 1 - (1 - level) R / m.

    References
    ----------
    Benjamini & Yekutieli (2005), False discovery rate-adjusted multiple confidence intervals for selected parameters,
    doi:10.1198/016214504000001907.
    """
    rows, topic = [], sample.controls.topic
    for a, (activity, fit) in enumerate(zip(sample.activities, fits, strict=True)):
        for contrast in contrasts(sample.properties):
            own = [str(term.topic) for term in (named or {}).get(activity, ()) if term.prop in contrast.from_to]
            own = list(dict.fromkeys(own))
            state, strength = _state(fit, contrast, activity, sides), topic_bias(sample, contrast, a)
            for scope in (ALL, *own, ELSEWHERE) if own else (ALL,):
                inside = contrast.posts & posts_of(scope, own, topic)
                before, after = sides.loc[contrast.lever, ["before", "after"]]
                if scope != ALL:
                    before, after = _sides(contrast, inside)
                row = {"lever": contrast.lever, "activity": activity, "scope": scope, "before": before, "after": after}
                enough = scope == ALL or min(before, after) >= MIN_POSTS_A_SIDE
                row["state"] = state if enough or state != "estimated" else "no overlap"
                if row["state"] == "estimated":
                    row |= dict(zip(("log", "error", "base"), _log_ratio(sample, fit, contrast, inside), strict=True))
                    row |= {"posts": inside.sum(), "topic_bias": strength}
                    row["state"] = "differs by topic" if scope == ALL and own else "estimated"
                rows.append(row)
    table = pd.DataFrame(rows).reindex(columns=[*_COLUMNS, "log", "posts", "topic_bias"])
    t = table["log"].abs() / table["error"]
    table["robustness"] = robustness(t, table["posts"])
    table["times"] = t / np.sqrt(table["posts"]) / table["topic_bias"].where(table["topic_bias"] > 0)
    narrow = _judged(table, NO_BIAS, level)
    table = _judged(table, bias, level).assign(**{f"narrow_{name}": narrow[name] for name in _NARROW})
    return table[_COLUMNS]


def without_bias(table: pd.DataFrame) -> pd.DataFrame:
    """Effects with the narrow intervals, errors and q in place of those that allow for a bias."""
    return table.assign(**{name: table[f"narrow_{name}"] for name in _NARROW})


def _judged(table: pd.DataFrame, bias: Bias, level: float) -> pd.DataFrame:
    """Effects with p, q, intervals and the error that allows for a bias, from ``log`` ratios and their ``error``."""
    table, df = table.copy(), table[["before", "after"]].min(axis=1) - 1
    known = table["log"].notna()
    log, error, df = table.loc[known, "log"], table.loc[known, "error"], df[known]
    table.loc[known, "p"] = bias.p(log.to_numpy(), error.to_numpy(), df.to_numpy())
    tested = known & (table["state"] == "estimated")
    if tested.any():
        table.loc[tested, "q"] = scipy.stats.false_discovery_control(table.loc[tested, "p"].to_numpy(float))
    selected = table["q"] <= FALSE_DISCOVERY_RATE
    outside = (1 - level) * np.where(selected, selected.sum() / max(tested.sum(), 1), 1.0)[known]
    half = bias.half_width(error.to_numpy(), df.to_numpy(), outside)
    for name, end in (("low", log - half), ("effect", log), ("high", log + half)):
        table.loc[known, name] = np.expm1(end)
    table.loc[known, "error"] = np.hypot(error, bias.deviation)
    return table


def posts_of(scope: str, named: Collection[str], topic: np.ndarray) -> np.ndarray:
    """Which posts, with their topics (n,) int, belong to a scope: (n,) bool.

    ``named`` are the scopes of the topics that are named for the lever and the activity.
    """
    if scope == ALL:
        return np.ones(len(topic), dtype=bool)
    label = topic.astype(str)
    return ~np.isin(label, list(named)) if scope == ELSEWHERE else label == scope


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
                found = with_robust_errors(fit, terms, X, at, {})
                log_ratio, error, _ = _log_ratio(sample, found, contrast, contrast.posts)
                change = relative_change(log_ratio, error, smaller - 1, level)
                rows.append({"lever": contrast.lever, "activity": activity, **change})
    return pd.DataFrame(rows, columns=["lever", "activity", "effect", "low", "high", "p"])


def _sides(contrast: Contrast, inside: np.ndarray) -> tuple[int, int]:
    """Numbers of posts on either side of a contrast among the posts ``inside``, (n,) bool."""
    return int((contrast.before & inside).sum()), int((contrast.after & inside).sum())


def _state(fit: Regression, contrast: Contrast, activity: str, sides: pd.DataFrame) -> State:
    if ACTIVITY[activity].needs == "folded" and LEVERS[contrast.lever].folded is False:
        return "can't happen"
    if not sides.loc[contrast.lever, "enough"]:
        return "no overlap"
    if fit.state != "estimated":
        return fit.state
    if any(p in fit.never for p in contrast.from_to):
        return "never on one side"
    known = all(Term("lever", p) in fit.terms and p not in fit.aliased for p in contrast.from_to)
    return "estimated" if known else "no overlap"


def _slope(fit: Regression, contrast: Contrast, topic: int) -> np.ndarray:
    """(p,) vector whose product with the coefficients is what a topic adds to the change of the linear predictor."""
    slope = np.zeros(len(fit.coef))
    for at, term in enumerate(fit.terms):
        if term.kind == "interaction" and term.topic == topic and term.prop in contrast.from_to:
            low, high = contrast.from_to[term.prop]
            slope[at] = high - low
    return slope


def _difference(sample: Sample, fit: Regression, contrast: Contrast, topic: int, outside: np.ndarray) -> float:
    """The p of the difference between the effect in a topic and the mean effect of the posts ``outside``, (n,) bool."""
    topics, posts = np.unique(sample.controls.topic[outside], return_counts=True)
    elsewhere = posts @ [_slope(fit, contrast, t) for t in topics] / posts.sum()
    apart = _slope(fit, contrast, topic) - elsewhere
    error = np.sqrt(max(apart @ fit.cov @ apart, 1e-24))
    smaller = min(_sides(contrast, sample.controls.topic == topic))
    return float(2 * scipy.stats.t.sf(abs(apart @ fit.coef) / error, smaller - 1))


def _log_ratio(sample: Sample, fit: Regression, contrast: Contrast, over: np.ndarray) -> tuple[float, float, float]:
    """Log ratio of mean rates after and before a contrast over some posts, (n,) bool; its error; the rate before."""
    inside = over[fit.rows]
    topic, X = sample.controls.topic[fit.rows[inside]], fit.X[inside]
    before, means, gradients = X @ fit.coef, [], []
    for side in (0, 1):
        steps = {}  # column to what is added to it
        for at, term in enumerate(fit.terms):
            if term.prop in contrast.from_to:
                step = contrast.from_to[term.prop][side] - X[:, fit.terms.index(Term("lever", term.prop))]
                steps[at] = step * (topic == term.topic) if term.kind == "interaction" else step
        mean = expit(before + sum(fit.coef[at] * step for at, step in steps.items()))
        means.append(mean.mean())
        weight = mean * (1 - mean) / len(X) / means[-1]
        gradients.append(weight @ X)
        for at, step in steps.items():
            gradients[-1][at] += weight @ step
    gradient = gradients[1] - gradients[0]
    return float(np.log(means[1] / means[0])), float(np.sqrt(gradient @ fit.cov @ gradient)), float(means[0])
