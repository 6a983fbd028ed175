"""The regressions behind the advice: each activity on the levers, with what the post is about held equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from lib import betabinomial
from lib.features import COLUMNS, Subject

_LANDMARKS = 600
_FOLDS = 5


@dataclass(frozen=True)
class Posts:
    """What the effects are estimated from: n posts, a activities.

    Attributes
    ----------
    columns
        (n, columns) from :func:`lib.features.levers.lever_columns`.
    subject
        What they are about, held equal.
    counts, views
        (n, a) and (n,).
    groups
        (n,) labels, equal for posts that repeat one another.
    activities
        Their names.
    """

    columns: pd.DataFrame
    subject: Subject
    counts: np.ndarray
    views: np.ndarray
    groups: np.ndarray
    activities: list[str]


@dataclass(frozen=True)
class Regression:
    """The regression of one activity on levers and subject.

    Attributes
    ----------
    names
        The p columns of X: "1", a lever's column, a lever's column in one topic (a pair), or "" for the subject's.
    X
        (m, p), of the posts that say something of the activity.
    rows
        (m,) which posts these are.
    coef, cov
        (p,) and (p, p); the covariance allows posts of a group to depend on one another, and for the number of
        columns.
    state
        "estimated", or the state of a fit that failed.
    never
        Binary columns of levers with a side on which the activity never happens, and which side (0 or 1). They are
        not among ``names``, and posts on that side not among ``rows``.
    lost
        Columns of levers that tell nothing that the columns before them don't.
    """

    names: list
    X: np.ndarray
    rows: np.ndarray
    coef: np.ndarray
    cov: np.ndarray
    state: str
    never: dict[str, float]
    lost: frozenset


def regressions(posts: Posts, foretold=None, cells: dict | None = None) -> list[Regression]:
    """One beta-binomial regression an activity, of all levers' columns at once.

    Posts on a side where the activity never happens (no photo, and nobody opens it) say nothing of the other levers
    and are left out: that is where the likelihood goes.

    Parameters
    ----------
    foretold
        From :func:`predicted`, if it is known.
    cells
        Activity to pairs of a column and a topic that get a slope of their own.
    """
    rates, levers = predicted(posts) if foretold is None else foretold
    filled = posts.columns.fillna(posts.columns.mean())
    found = []
    for a, activity in enumerate(posts.activities):
        k, n = posts.counts[:, a], posts.views
        rows = np.ones(len(n), dtype=bool)
        for absent in posts.subject.missing.T:
            if not k[absent].any():
                rows &= ~absent
        never = {}
        for name in (c for c in COLUMNS if COLUMNS[c].binary):
            for side in (0.0, 1.0):
                there = (posts.columns[name] == side).to_numpy()
                if there.any() and not k[there].any():
                    rows &= ~there
                    never[name] = side
        names = ["1", *(c for c in COLUMNS if c not in never), *(cells or {}).get(activity, ())]
        own = [_column(name, filled, posts) for name in names]
        held = [posts.subject.columns, posts.subject.missing, levers, rates[:, [a]]]
        X = np.column_stack([*own, *held])[rows]
        keep = np.ptp(X, axis=0) > 0
        keep[0] = True
        names = [name for name, kept in zip([*names, *[""] * (X.shape[1] - len(names))], keep, strict=True) if kept]
        fit = betabinomial.fit_regression(X[:, keep], k[rows], n[rows], clusters=posts.groups[rows])
        found.append(with_robust_errors(fit, names, X[:, keep], np.flatnonzero(rows), posts.groups, never))
    return found


def predicted(posts: Posts) -> tuple[np.ndarray, np.ndarray]:
    """What the subject alone says of the activities and of the levers' columns: (n, a) and (n, columns).

    Each post is predicted by a kernel regression on posts of other folds, so that no post tells on itself. With these
    beside it a regression leaves of a lever what the subject does not foretell, however it does so.

    References
    ----------
    Chernozhukov et al. (2018), Double/debiased machine learning for treatment and structural parameters,
    doi:10.1111/ectj.12097.
    """
    rates = np.log((posts.counts + 0.5) / (posts.views[:, None] + 1))
    levers = posts.columns.fillna(posts.columns.mean()).fillna(0.0).to_numpy()
    targets = np.hstack([rates, levers])
    targets = (targets - targets.mean(0)) / np.maximum(targets.std(0), 1e-12)
    folds = GroupKFold(min(_FOLDS, len(np.unique(posts.groups))))
    smooth = make_pipeline(
        Nystroem(gamma=0.25, n_components=min(_LANDMARKS, len(targets) // 2), random_state=0), Ridge(0.1)
    )
    found = cross_val_predict(smooth, posts.subject.wide, targets, cv=folds, groups=posts.groups)
    return found[:, : rates.shape[1]], found[:, rates.shape[1] :]


def with_robust_errors(
    fit, names: list, X: np.ndarray, rows: np.ndarray, groups: np.ndarray, never: dict
) -> Regression:
    """A fit as a :class:`Regression`: its cluster-robust covariance, with the factor for few clusters and many columns.

    Parameters
    ----------
    fit : lib.betabinomial.distribution.RegressionFit
    names, X, rows, never
        As in :class:`Regression`.
    groups
        (n,) labels of all posts.
    """
    p, m, clusters = len(fit.coef), len(rows), len(np.unique(groups[rows]))
    cov = np.nan_to_num(fit.cov_robust[:p, :p]) * clusters / max(clusters - 1, 1) * (m - 1) / max(m - p, 1)
    usable = fit.converged and p < m
    state = "estimated" if usable else fit.state
    lost = frozenset(names[j] for j in np.flatnonzero(fit.aliased)) - {""}
    return Regression(names, X, rows, fit.coef, cov, state, never, lost)


def _column(name, filled: pd.DataFrame, posts: Posts) -> np.ndarray:
    if name == "1":
        return np.ones(len(filled))
    if isinstance(name, tuple):
        column, topic = name
        return filled[column].to_numpy() * ((posts.subject.topic == topic) & posts.columns[column].notna())
    return filled[name].to_numpy()
