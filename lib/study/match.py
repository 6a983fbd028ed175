"""Whether text and photo match: how much more likely a text's topic is, given the photo beside it.

If a photo shows what the text is about, the topic of the text can be predicted from its vector. The match of a post
is log P(topic of the text | photo) - log P(topic of the text), with probabilities of a model that did not see the post.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy
from scipy.special import expit, logit

from lib import betabinomial
from lib.features import Design, present, property_values
from lib.models import Fold, Forecast, Interval, log_score, make_folds, paired_interval
from lib.posts import clean_text
from lib.study import scores

if TYPE_CHECKING:
    from lib.study.study import Study

COMPONENTS = 50
LEAST_POSTS = 30  # of a topic with a text that is recognised and a photo
LEAST_MATCH = -4.0  # a photo makes a topic at most exp(4) times less likely
LEVEL = 0.95

TOPIC, EVERYTHING = "adjusted for topic", "for all controls and levers"


@dataclass(frozen=True)
class Match:
    """How well text and photo of n posts match.

    Attributes
    ----------
    topic
        (n,) int64 topic of the text; -1 for a post without text or photo, with a text whose topic isn't recognised, or
        with a rare topic.
    value
        (n,) float64, in nats: above 0 if the photo makes the text's topic more likely. NaN where there is no topic.
    right, usual
        Share of these posts whose photo has the text's topic as its likeliest, and share of the largest topic.
    """

    topic: np.ndarray
    value: np.ndarray
    right: float
    usual: float


def found(study: Study) -> Match:
    """The match of each post of a study. A test post's is from a model of training posts."""

    def compute() -> Match:
        vectors, rule = study.blocks["photo_vector"], study.controls.rule
        topic = np.full(len(vectors), -1)
        for i in np.flatnonzero(present(vectors)):
            recognised = rule.topic(clean_text(study.posts["text"].iloc[i]))
            topic[i] = -1 if recognised is None else recognised
        names, posts = np.unique(topic, return_counts=True)
        topic[np.isin(topic, names[posts < LEAST_POSTS])] = -1
        train, test = (part[topic[part] >= 0] for part in (study.split.train, study.split.test))
        if len(np.unique(topic[train])) < 2:
            return matched(vectors, topic, [])
        folds = [(train[fit], train[held]) for fit, held in make_folds(study.split.groups[train])]
        return matched(vectors, topic, [*folds, (train, test)])

    key = study.blocks_key("photo_vector", "text_vector", "text_features", "photo_features")
    return study.keep("match", found, compute, key)


def matched(vectors: np.ndarray, topic: np.ndarray, folds: list[Fold]) -> Match:
    """The match of n posts, each from a model of the posts to fit to of the fold that holds it out.

    Parameters
    ----------
    vectors
        (n, dim) of the photos.
    topic
        (n,) int, -1 for posts that no fold has.
    """
    from sklearn.linear_model import LogisticRegression

    value, likeliest = np.full(len(topic), np.nan), np.full(len(topic), -1)
    for fitted, held in folds:
        if not len(held) or len(np.unique(topic[fitted])) < 2:
            continue
        design = Design(COMPONENTS).fit({"photo": vectors[fitted]})
        X, asked = (design.transform({"photo": vectors[at]})[:, 1:] for at in (fitted, held))
        spread = np.sqrt((X**2).sum(axis=1).mean())
        model = LogisticRegression(C=100.0, max_iter=300).fit(X / spread, topic[fitted])
        chance = model.predict_proba(asked / spread)
        likeliest[held] = model.classes_[chance.argmax(axis=1)]
        column = np.searchsorted(model.classes_, topic[held]).clip(max=len(model.classes_) - 1)
        known = model.classes_[column] == topic[held]
        usual = np.bincount(np.searchsorted(model.classes_, topic[fitted])) / len(fitted)
        with np.errstate(divide="ignore"):
            more = np.log(chance[np.arange(len(held)), column]) - np.log(usual[column])
        value[held] = np.where(known, np.maximum(more, LEAST_MATCH), np.nan)
    at = np.isfinite(value)
    if not at.any():
        return Match(np.full(len(topic), -1), value, np.nan, np.nan)
    right = float((likeliest == topic)[at].mean())
    return Match(np.where(at, topic, -1), value, right, float(np.bincount(topic[at]).max() / at.sum()))


def effects(study: Study) -> pd.DataFrame:
    """Beta-binomial regression of each activity on the match, over all posts that have one.

    Returns
    -------
    One row per adjustment and activity: ``adjusted``, ``TOPIC`` or ``EVERYTHING`` (topic, controls and levers of
    :mod:`lib.advice`); ``name`` of the activity;
    ``value``, ``low``, ``high``, the relative change of the rate's odds for one standard deviation of the match more,
    with its 95 % interval by errors that allow for duplicates; ``q``, the p-value after false discovery control over
    the activities. A fit that fails is left out.

    References
    ----------
    Benjamini & Hochberg (1995), Controlling the false discovery rate, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """

    def compute() -> pd.DataFrame:
        of, rows = found(study), []
        at = np.flatnonzero(of.topic >= 0)
        columns = ["adjusted", "name", "value", "low", "high", "q"]
        if not len(at):
            return pd.DataFrame(columns=columns)
        topics = np.eye(of.topic.max() + 1)[of.topic[at]]
        levers = property_values(study.readable).iloc[at]
        levers = (levers - levers.mean()) / levers.std().replace(0, 1)
        more = [study.controls.columns[at], study.controls.missing[at], levers.fillna(0)]
        for adjusted, parts in ((TOPIC, [topics]), (EVERYTHING, [topics, *more])):
            X = np.hstack([np.ones((len(at), 1)), *parts])
            kept = np.flatnonzero(np.ptp(X, axis=0) > 0)[1:]  # one topic is the intercept's
            X = np.column_stack([X[:, 0], X[:, kept], _standard(of.value[at])])
            fits = betabinomial.fit_regressions(X, study.counts[at], study.views[at], clusters=study.split.groups[at])
            known = []
            for activity, fit in zip(study.activities, fits, strict=True):
                if not fit.converged:
                    continue
                last = fit.contrast(np.eye(X.shape[1])[-1], robust=True, small_sample="CR3", level=LEVEL).iloc[0]
                if last["std_err"] > 0:
                    low, value, high = np.expm1(last[["ci_low", "coef", "ci_high"]])
                    row = {"adjusted": adjusted, "name": activity, "value": value, "low": low, "high": high}
                    known.append(row | {"q": last["p"]})
            corrected = scipy.stats.false_discovery_control([row["q"] for row in known] or [1])
            for row, q in zip(known, corrected, strict=False):
                rows.append(row | {"q": q})
        return pd.DataFrame(rows, columns=columns)

    key = study.blocks_key("photo_vector", "text_vector", "text_features", "photo_features")
    return study.keep("match-effects", effects, compute, key)


def gain(study: Study) -> Interval | None:
    """What the match adds to the chosen forecast: gain in log score, nats per test post and activity.

    The match and its absence are added to the forecast's logit by a regression that is fitted to the cross-fitted
    forecasts of the training posts. It is compared with the same regression without them. None if no post has a match
    or a regression fails.
    """

    def compute() -> Interval | None:
        of, best = found(study), study.forecast(scores.best(study))
        if not (of.topic >= 0).any():
            return None
        X = np.column_stack([np.ones(len(of.topic)), of.topic >= 0, np.nan_to_num(_standard(of.value))])
        X = X[:, [0, *(j for j in (1, 2) if np.ptp(X[study.split.train, j]) > 0)]]
        with_match, without = (added(study, best, columns) for columns in (X, X[:, :1]))
        if with_match is None or without is None:
            return None
        return paired_interval(with_match, without)

    key = study.blocks_key("photo_vector", "text_vector", "text_features")
    return study.keep("match-gain", gain, compute, study.model_key(scores.best(study)), key)


def added(study: Study, forecast: Forecast, X: np.ndarray) -> np.ndarray | None:
    """Log score (m,) of test posts, mean over activities, after columns are added to a forecast's logits.

    The regression is fitted to the training posts, whose forecasts are cross-fitted. None if it fails.

    Parameters
    ----------
    X
        (n, p) columns, of which the first is constant.
    """
    train, test = study.split.train, study.split.test
    mean, rho = np.empty((len(test), len(study.activities))), np.empty(len(study.activities))
    logits = logit(forecast.mean)
    for a in range(len(rho)):
        fit = betabinomial.fit_regression(X[train], study.counts[train, a], study.views[train], offset=logits[train, a])
        if not (fit.converged and np.isfinite(fit.rho)):
            return None
        mean[:, a], rho[a] = expit(logits[test, a] + X[test] @ fit.coef), fit.rho
    return log_score(study.counts[test], study.views[test], Forecast(mean, rho)).mean(axis=1)


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - np.nanmean(values)) / max(np.nanstd(values), 1e-12)
