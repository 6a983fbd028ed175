"""From regressions to a draft scorer: the average post of each topic, with level, slopes and their covariance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp

from lib.advice.effects import MIN_POSTS_A_SIDE
from lib.advice.regressions import Regression, Sample, Term
from lib.advice.scorer import ActivityModel, Scorer, ScorerEffect, ScorerLever, ScorerProperty, ScorerTopic, TopicModel
from lib.advice.worth import error_correlation
from lib.betabinomial import fit_rate
from lib.features import LEVERS, PROPERTIES, contrasts

_QUANTILES = 101
_VIEWS = (np.arange(50) + 0.5) / 50
_MOST = 0.999  # a rate or a rho that is not 1 when it is rounded
_FIELDS = [field.name for field in fields(ScorerEffect)]


def make_scorer(
    sample: Sample, fits: list[Regression], effects: pd.DataFrame, influence: Mapping[str, np.ndarray]
) -> Scorer:
    """The draft scorer of a feed. ``source`` and ``simulated`` are not set.

    Parameters
    ----------
    fits, effects
        From :func:`lib.advice.regressions.effect_regressions` and :func:`lib.advice.effects.lever_effects`.
    influence
        Lever to its :func:`lib.advice.worth.influences`.
    """
    topic, names_of, words_of = sample.controls.topic, sample.controls.names, sample.controls.words
    number = np.bincount(topic, minlength=len(words_of))
    kept = [t for t in range(len(number)) if len(number) > 1 and number[t] >= MIN_POSTS_A_SIDE]
    median = sample.properties.median()
    names = [name for name in PROPERTIES if sample.properties[name].notna().any()]
    whole = ~sample.controls.missing.any(1)
    whole = whole if whole.sum() >= MIN_POSTS_A_SIDE else np.ones_like(whole)
    known = [a for a, fit in enumerate(fits) if fit.state == "estimated"]
    activities = {}
    for activity, fit, k in zip(sample.activities, fits, sample.counts.T, strict=True):
        if fit.state == "estimated":
            means = expit(fit.X @ fit.coef)
            activities[activity] = ActivityModel(
                never=fit.never,
                quantiles=rate_quantiles(means),
                topics=[
                    _average(fit, names, topic[fit.rows], t, whole[fit.rows], k[fit.rows], sample.views[fit.rows])
                    for t in (None, *kept)
                ],
            )
    scopes = {str(t): str(at) for at, t in enumerate(kept, 1)}  # topics by their position in the scorer
    effects = effects.assign(scope=effects["scope"].map(lambda scope: scopes.get(scope, scope)))
    return Scorer(
        properties=[
            ScorerProperty(name, PROPERTIES[name].source, PROPERTIES[name].binary, _rounded(median[name], 4))
            for name in names
        ],
        topics=[
            ScorerTopic(-1, "", [], len(sample.views), _views(sample.views)),
            *(
                ScorerTopic(t, names_of[t], list(words_of[t]), int(number[t]), _views(sample.views[topic == t]))
                for t in kept
            ),
        ],
        rule=sample.controls.rule,
        levers=[
            ScorerLever(
                c.lever,
                LEVERS[c.lever].folded,
                {p: [_rounded(v, 6) for v in values] for p, values in c.from_to.items()},
                np.round(error_correlation(influence[c.lever])[np.ix_(known, known)], 3).tolist(),
            )
            for c in contrasts(sample.properties)
            if all(p in names and np.isfinite(values).all() for p, values in c.from_to.items())
        ],
        activities=activities,
        effects=[
            ScorerEffect(*(_rounded(v, 8) if isinstance(v, float) else v for v in row))
            for row in effects[_FIELDS].itertuples(index=False, name=None)
        ],
    )


def _average(
    fit: Regression,
    names: list[str],
    topics: np.ndarray,
    topic: int | None,
    whole: np.ndarray,
    k: np.ndarray,
    n: np.ndarray,
) -> TopicModel:
    """The average post of a topic, or of all topics (None).

    Parameters
    ----------
    names
        The scorer's p properties.
    topics, whole
        (m,) topic of each post of the fit, and whether it has both a text and a photo.
    k, n
        (m,) counts and views of these posts.
    """
    own = np.ones(len(topics), dtype=bool) if topic is None else topics == topic
    counts = fit_rate(k[own], n[own]) if k[own].any() else None
    fitted = counts is not None and counts.converged and counts.mean < _MOST and counts.rho < _MOST
    inside = whole if topic is None else whole & (topics == topic)
    inside = inside if inside.any() else np.ones(len(topics), dtype=bool)
    X = fit.X[inside]
    for at, term in enumerate(fit.terms):  # each column where all properties are 0
        if term.kind == "interaction":
            X[:, at] -= X[:, fit.terms.index(Term("lever", term.prop))] * (topics[inside] == term.topic)
    X[:, [term.kind == "lever" for term in fit.terms]] = 0.0
    eta = X @ fit.coef
    weight = np.exp(eta - logsumexp(eta))
    to_topic = np.zeros((1 + len(names), len(fit.coef)))
    to_topic[0] = weight @ X
    for at, term in enumerate(fit.terms):
        if term.prop in names:
            share = weight @ (topics[inside] == term.topic) if term.kind == "interaction" else 1.0
            to_topic[1 + names.index(term.prop), at] = share
    cov = to_topic @ fit.cov @ to_topic.T
    return TopicModel(
        level=_rounded(logsumexp(eta) - np.log(len(eta)), 6),
        slopes=[_rounded(v, 5) for v in to_topic[1:] @ fit.coef],
        cov=[_rounded(v, 4) for v in cov[np.tril_indices(len(cov))]],
        rate=_rounded(counts.mean, 6) if fitted else None,
        rho=_rounded(counts.rho, 6) if fitted else None,
    )


def _views(views: np.ndarray) -> list[int]:
    return [int(v) for v in np.quantile(views, _VIEWS)]


def rate_quantiles(rates: np.ndarray) -> list[float]:
    """Quantiles of the expected rates (n,) of a feed's posts, for an :class:`lib.advice.scorer.ActivityModel`."""
    return [_rounded(q, 4) for q in np.quantile(rates, np.linspace(0, 1, _QUANTILES))]


def _rounded(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{digits}g}")
