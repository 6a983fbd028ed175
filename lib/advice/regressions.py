"""The regressions behind the advice: each activity on the levers' properties by topic, adjusted for the controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from lib.advice.slopes import fit_pooled
from lib.betabinomial import RegressionFit, fit_regression
from lib.features import PROPERTIES, Controls, contrasts

# A topic has a slope of its own if it has so many posts on either side of a contrast.
MIN_POSTS_IN_TOPIC = 10

# A column is used if so many groups of posts differ from its commonest value; the errors are unknown otherwise.
MIN_CARRIERS = 5
# The controls must leave this share of a property's variance unpredicted. Otherwise no post shows what it does alone.
MIN_UNPREDICTED = 0.01

MIN_CLUSTERS = 30  # groups, such as communities; fewer can't say how far their posts depend on one another

_LANDMARKS = 600
_FOLDS = 5


class Term(NamedTuple):
    """What a column of a regression stands for.

    ``prop`` is the property of a lever or an interaction. ``topic`` is the topic of an interaction.
    """

    kind: Literal["intercept", "lever", "interaction", "control"]
    prop: str = ""
    topic: int | None = None


INTERCEPT, CONTROL = Term("intercept"), Term("control")


@dataclass(frozen=True)
class Sample:
    """The posts that the effects are estimated from: n posts, a activities.

    Attributes
    ----------
    properties
        (n, properties) float64 from :func:`lib.features.property_values`.
    controls
        What the effects are adjusted for.
    counts, views
        (n, a) and (n,) int.
    groups
        (n,) int labels, equal for posts that may depend on one another: posts of one group, such as a community, if
        there are ``MIN_CLUSTERS`` or more, else posts that repeat one another.
    activities
        Names of the a activities.
    repeats
        (n,) int labels, equal for posts that repeat one another; None if these are ``groups``. Cross-fitting keeps
        them together, and may learn a group from its other posts.
    """

    properties: pd.DataFrame
    controls: Controls
    counts: np.ndarray
    views: np.ndarray
    groups: np.ndarray
    activities: list[str]
    repeats: np.ndarray | None = None


@dataclass(frozen=True)
class CrossFitted:
    """Cross-fitted predictions from the controls: ``rates`` (n, a), standardised log rates; ``properties`` (n, p), in
    the units of the properties."""

    rates: np.ndarray
    properties: np.ndarray


@dataclass(frozen=True)
class Regression:
    """The regression of one activity on levers and controls.

    Attributes
    ----------
    terms
        What the p columns of X stand for.
    X
        (m, p) design of the posts that are informative about the activity.
    rows
        (m,) positions of these posts in the sample.
    coef, cov
        (p,) and (p, p). The covariance is cluster-robust: posts of one group may depend on one another. It holds with
        few posts and many columns too, and allows for the shrinkage of interactions.
    rho
        Intra-class correlation.
    state
        "estimated", or the state of a fit that failed.
    never
        Binary properties with a value (0 or 1) at which the activity never happens. These properties are not among
        ``terms``, and posts with this value are not among ``rows``.
    aliased
        Properties of levers whose columns are linear combinations of columns before them.
    """

    terms: tuple[Term, ...]
    X: np.ndarray
    rows: np.ndarray
    coef: np.ndarray
    cov: np.ndarray
    rho: float
    state: str
    never: dict[str, float]
    aliased: frozenset[str]


def effect_regressions(
    sample: Sample, predictions: CrossFitted | None = None, named: Mapping[str, Collection[Term]] | None = None
) -> list[Regression]:
    """One beta-binomial regression per activity, on the properties of all levers at once, with slopes by topic.

    The slope of a property differs between topics by an interaction for each topic. The interactions of a property are
    shrunk towards its mean slope by how much they vary: see :func:`lib.advice.slopes.fit_pooled`. The column of an
    interaction is the property less its prediction from the controls. A topic with too few
    posts on a side of the contrast has the mean slope.

    An activity can be impossible at a value of a property (nobody opens a photo where there is none). Posts with such a
    value are left out: they hold no information about the other levers, and the maximum of the likelihood would be at
    infinity.

    Parameters
    ----------
    predictions
        From :func:`cross_fitted`; computed here if not given.
    named
        Activity to the interactions that are not shrunk, since the topic is known to differ.
    """
    predictions = predictions or cross_fitted(sample)
    return [effect_regression(sample, predictions, a, (named or {}).get(a, ())) for a in sample.activities]


def effect_regression(
    sample: Sample, predictions: CrossFitted, activity: str, named: Collection[Term] = ()
) -> Regression:
    """The regression of one activity, as in :func:`effect_regressions`."""
    a = sample.activities.index(activity)
    filled = sample.properties.fillna(sample.properties.mean())
    k, n = sample.counts[:, a], sample.views
    rows = np.ones(len(n), dtype=bool)
    for absent in sample.controls.missing.T:
        if not k[absent].any():
            rows &= ~absent
    never = {}
    for name in (p for p in PROPERTIES if PROPERTIES[p].binary):
        for value in (0.0, 1.0):
            there = (sample.properties[name] == value).to_numpy()
            if there.any() and not k[there].any():
                rows &= ~there
                never[name] = value
    free = _unpredicted(filled, predictions) >= MIN_UNPREDICTED
    terms = [INTERCEPT, *(Term("lever", p) for p in PROPERTIES if p not in never and free[p])]
    own = [_column(term, filled, predictions, sample) for term in terms]
    controls = sample.controls
    adjusted = [controls.columns, controls.missing, predictions.properties, predictions.rates[:, [a]]]
    X = np.column_stack([*own, *adjusted])[rows]
    keep = np.array([_carriers(column, sample.groups[rows]) >= MIN_CARRIERS for column in X.T])
    keep[0] = True
    terms += [CONTROL] * (X.shape[1] - len(terms))
    terms = tuple(term for term, kept in zip(terms, keep, strict=True) if kept)
    fit = fit_regression(X[:, keep], k[rows], n[rows], clusters=sample.groups[rows])
    mean = with_robust_errors(fit, terms, X[:, keep], np.flatnonzero(rows), never)
    slopes = [
        term for term in _interactions(sample) if Term("lever", term.prop) in terms and term.prop not in mean.aliased
    ]
    # One topic alone tells no variance: the mean slope is its own.
    left = Counter(term.prop for term in slopes if term not in named)
    slopes = [term for term in slopes if term in named or left[term.prop] > 1]
    columns = np.column_stack([mean.X, *(_column(term, filled, predictions, sample)[rows] for term in slopes)])
    return _with_slopes(mean, fit.aliased, slopes, columns, named, sample, k) or mean


def _interactions(sample: Sample) -> list[Term]:
    """The interactions that the feed has enough posts for."""
    topic, topics = sample.controls.topic, range(len(sample.controls.words))
    found = [
        Term("interaction", prop, t)
        for contrast in contrasts(sample.properties)
        for t in (topics if len(topics) > 1 else ())
        if min((contrast.before & (topic == t)).sum(), (contrast.after & (topic == t)).sum()) >= MIN_POSTS_IN_TOPIC
        for prop in contrast.from_to
    ]
    return list(dict.fromkeys(found))


def _with_slopes(
    mean: Regression,
    aliased: np.ndarray,
    slopes: list[Term],
    X: np.ndarray,
    named: Collection[Term],
    sample: Sample,
    k: np.ndarray,
) -> Regression | None:
    """The regression with the columns of interactions (``slopes``) in X; None if the feed has too few posts for it."""
    if mean.state != "estimated" or not slopes or len(mean.rows) <= 2 * X.shape[1]:
        return None
    props = list(dict.fromkeys(term.prop for term in slopes if term not in named))
    own = [-1 if term in named else props.index(term.prop) for term in slopes]
    family = np.r_[np.full(mean.X.shape[1], -1), own].astype(int)
    use = (np.ptp(X, axis=0) > 0) & ~np.r_[aliased, np.zeros(len(slopes), bool)]
    use[0] = True
    try:
        fit = fit_pooled(X[:, use], k[mean.rows], sample.views[mean.rows], sample.groups[mean.rows], family[use])
    except ArithmeticError:
        return None
    coef, cov = np.zeros(len(use)), np.zeros((len(use), len(use)))
    coef[use], cov[np.ix_(use, use)] = fit.coef, fit.cov
    return replace(mean, terms=(*mean.terms, *slopes), X=X, coef=coef, cov=cov)


def cross_fitted(sample: Sample) -> CrossFitted:
    """Predict the rates and the levers' properties from the controls alone.

    Each post is predicted by a kernel regression fitted to the posts of the other folds. A regression that includes
    these predictions uses only the part of a lever that the controls don't predict, linearly or not.

    References
    ----------
    Chernozhukov et al. (2018), Double/debiased machine learning for treatment and structural parameters,
    doi:10.1111/ectj.12097.
    """
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    rates = np.log((sample.counts + 0.5) / (sample.views[:, None] + 1))
    properties = sample.properties.fillna(sample.properties.mean()).fillna(0.0).to_numpy()
    targets = np.hstack([rates, properties])
    middle, spread = targets.mean(0), np.maximum(targets.std(0), 1e-12)
    together = sample.groups if sample.repeats is None else sample.repeats
    folds = GroupKFold(min(_FOLDS, len(np.unique(together))))
    smooth = make_pipeline(
        Nystroem(gamma=0.25, n_components=min(_LANDMARKS, len(targets) // 2), random_state=0), Ridge(0.1)
    )
    found = cross_val_predict(smooth, sample.controls.wide, (targets - middle) / spread, cv=folds, groups=together)
    first = rates.shape[1]
    return CrossFitted(found[:, :first], found[:, first:] * spread[first:] + middle[first:])


def with_robust_errors(
    fit: RegressionFit,
    terms: tuple[Term, ...],
    X: np.ndarray,
    rows: np.ndarray,
    never: dict[str, float],
) -> Regression:
    """A fit as a :class:`Regression` with these attributes; the covariance is by the fits without each cluster."""
    p = len(fit.coef)
    cov = np.nan_to_num(fit.covariance(robust=True, small_sample="CR3")[:p, :p])
    known = np.isfinite(np.diag(fit.cov_robust)[:p]) | fit.aliased
    state = fit.state
    if fit.converged:
        state = "estimated" if p < len(rows) and known.all() else "no overlap"
    aliased = frozenset(terms[j].prop for j in np.flatnonzero(fit.aliased) if terms[j].kind == "lever")
    return Regression(terms, X, rows, fit.coef, cov, fit.rho, state, never, aliased)


def _unpredicted(filled: pd.DataFrame, predictions: CrossFitted) -> pd.Series:
    """The share of each property's variance that its cross-fitted predictions leave; 1 for one that doesn't vary."""
    variance = filled.var()
    return ((filled - predictions.properties).var() / variance).where(variance > 0, 1.0)


def _carriers(column: np.ndarray, groups: np.ndarray) -> int:
    """How many groups of posts have another value than the commonest one."""
    _, at, posts = np.unique(column, return_inverse=True, return_counts=True)
    return len(np.unique(groups[at != posts.argmax()]))


def _column(term: Term, filled: pd.DataFrame, predictions: CrossFitted, sample: Sample) -> np.ndarray:
    if term.kind == "intercept":
        return np.ones(len(filled))
    values = filled[term.prop].to_numpy()
    if term.kind == "interaction":
        # Without the part that the controls predict: the predicted rates already hold what goes with it in a topic.
        unpredicted = values - predictions.properties[:, list(filled).index(term.prop)]
        return unpredicted * ((sample.controls.topic == term.topic) & sample.properties[term.prop].notna())
    return values
