"""The regressions behind the advice: each activity on the levers' properties, adjusted for the controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from lib.betabinomial import RegressionFit, fit_regression
from lib.features import PROPERTIES, Controls

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
        (n,) int labels, equal for posts that repeat one another.
    activities
        Names of the a activities.
    """

    properties: pd.DataFrame
    controls: Controls
    counts: np.ndarray
    views: np.ndarray
    groups: np.ndarray
    activities: list[str]


@dataclass(frozen=True)
class CrossFitted:
    """Cross-fitted predictions from the controls: ``rates`` (n, a), standardised log rates; ``properties`` (n, p)."""

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
        (p,) and (p, p). The covariance is cluster-robust: posts of one group may depend on one another. It is corrected
        for few clusters and many columns.
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
    state: str
    never: dict[str, float]
    aliased: frozenset[str]


def effect_regressions(
    sample: Sample, predictions: CrossFitted | None = None, interactions: Mapping[str, Sequence[Term]] | None = None
) -> list[Regression]:
    """One beta-binomial regression per activity, on the properties of all levers at once.

    An activity can be impossible at a value of a property (nobody opens a photo where there is none). Posts with such a
    value are left out: they hold no information about the other levers, and the maximum of the likelihood would be at
    infinity.

    Parameters
    ----------
    predictions
        From :func:`cross_fitted`; computed here if not given.
    interactions
        Activity to the interactions in its regression.
    """
    predictions = predictions or cross_fitted(sample)
    filled = sample.properties.fillna(sample.properties.mean())
    found = []
    for a, activity in enumerate(sample.activities):
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
        terms = [INTERCEPT, *(Term("lever", p) for p in PROPERTIES if p not in never)]
        terms += (interactions or {}).get(activity, ())
        own = [_column(term, filled, sample) for term in terms]
        adjusted = [sample.controls.columns, sample.controls.missing, predictions.properties, predictions.rates[:, [a]]]
        X = np.column_stack([*own, *adjusted])[rows]
        keep = np.ptp(X, axis=0) > 0
        keep[0] = True
        terms += [CONTROL] * (X.shape[1] - len(terms))
        terms = tuple(term for term, kept in zip(terms, keep, strict=True) if kept)
        fit = fit_regression(X[:, keep], k[rows], n[rows], clusters=sample.groups[rows])
        found.append(with_robust_errors(fit, terms, X[:, keep], np.flatnonzero(rows), sample.groups, never))
    return found


def cross_fitted(sample: Sample) -> CrossFitted:
    """Predict the rates and the levers' properties from the controls alone.

    Each post is predicted by a kernel regression fitted to the posts of the other folds. A regression that includes
    these predictions uses only the part of a lever that the controls don't predict, linearly or not.

    References
    ----------
    Chernozhukov et al. (2018), Double/debiased machine learning for treatment and structural parameters,
    doi:10.1111/ectj.12097.
    """
    rates = np.log((sample.counts + 0.5) / (sample.views[:, None] + 1))
    properties = sample.properties.fillna(sample.properties.mean()).fillna(0.0).to_numpy()
    targets = np.hstack([rates, properties])
    targets = (targets - targets.mean(0)) / np.maximum(targets.std(0), 1e-12)
    folds = GroupKFold(min(_FOLDS, len(np.unique(sample.groups))))
    smooth = make_pipeline(
        Nystroem(gamma=0.25, n_components=min(_LANDMARKS, len(targets) // 2), random_state=0), Ridge(0.1)
    )
    found = cross_val_predict(smooth, sample.controls.wide, targets, cv=folds, groups=sample.groups)
    return CrossFitted(found[:, : rates.shape[1]], found[:, rates.shape[1] :])


def with_robust_errors(
    fit: RegressionFit,
    terms: tuple[Term, ...],
    X: np.ndarray,
    rows: np.ndarray,
    groups: np.ndarray,
    never: dict[str, float],
) -> Regression:
    """A fit as a :class:`Regression`, its cluster-robust covariance corrected for few clusters and many columns.

    Parameters
    ----------
    terms, X, rows, never
        As in :class:`Regression`.
    groups
        (n,) labels of all posts of the sample.
    """
    p, m, clusters = len(fit.coef), len(rows), len(np.unique(groups[rows]))
    cov = np.nan_to_num(fit.cov_robust[:p, :p]) * clusters / max(clusters - 1, 1) * (m - 1) / max(m - p, 1)
    known = np.isfinite(np.diag(fit.cov_robust)[:p]) | fit.aliased
    state = "estimated" if fit.converged and p < m and known.all() else fit.state
    aliased = frozenset(terms[j].prop for j in np.flatnonzero(fit.aliased) if terms[j].kind == "lever")
    return Regression(terms, X, rows, fit.coef, cov, state, never, aliased)


def _column(term: Term, filled: pd.DataFrame, sample: Sample) -> np.ndarray:
    if term.kind == "intercept":
        return np.ones(len(filled))
    values = filled[term.prop].to_numpy()
    if term.kind == "interaction":
        return values * ((sample.controls.topic == term.topic) & sample.properties[term.prop].notna())
    return values
