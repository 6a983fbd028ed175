"""What the usual tool says beside the beta-binomial regression: a binomial regression of one activity's counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.betabinomial import fit_regression, logpmf
from lib.posts import MIN_POSTS_WITH_ONE, Split

if TYPE_CHECKING:
    from lib.study.study import Study

TOOLS = ("binomial", "binomial, robust", "beta-binomial")
MOST_VIEWED = 0.1


@dataclass(frozen=True)
class Comparison:
    """A binomial and a beta-binomial regression of the same counts on the same features.

    Attributes
    ----------
    coefficients
        Log odds: ``name`` of the feature, ``tool`` (one of ``TOOLS``), ``value``, and the 95 % interval from ``low`` to
        ``high``. The robust intervals are those of the same binomial coefficients, by a sandwich that is clustered by
        groups of duplicates. Without any feature the one coefficient is that of the constant.
    weights
        Share of the weight of all training posts that the tenth with the most views has, in the binomial and in the
        beta-binomial. The weight of a post of n views is the information about its rate: n, and n / (1 + (n - 1) rho).
    scores
        Log-probability of the count of each test post, in nats: columns "binomial" and "beta-binomial".
    """

    coefficients: pd.DataFrame
    weights: tuple[float, float]
    scores: pd.DataFrame

    def widths(self) -> pd.DataFrame:
        """Widths of the intervals: one row per feature, one column per tool."""
        wide = self.coefficients.assign(width=self.coefficients["high"] - self.coefficients["low"])
        names = self.coefficients["name"].unique()
        return wide.pivot(index="name", columns="tool", values="width").reindex(index=names, columns=list(TOOLS))


def activity(study: Study) -> str:
    """The activity that the most training posts have at least one of."""
    return study.posts_with_one[study.activities].idxmax()


def comparison(study: Study) -> Comparison:
    """Both regressions of the counts of :func:`activity`, fitted to the training posts."""

    def compute() -> Comparison:
        k = study.counts[:, study.column(activity(study))]
        return compare(few_features(study.readable, study.split.train), k, study.views, study.split)

    return study.keep("usual", compare, compute, study.data_key, study.blocks_key("text_features", "photo_features"))


def few_features(readable: Mapping[str, pd.DataFrame], train: np.ndarray) -> pd.DataFrame:
    """A constant and a few readable features of all posts: (n, p) float64.

    A yes-or-no feature that fewer than ``MIN_POSTS_WITH_ONE`` training posts have, or lack, is left out, and so is a
    feature that is a combination of earlier ones in the training posts.

    Parameters
    ----------
    readable
        "text" and "photo": the result of :func:`lib.features.readable_features`.
    train
        Positions of the training posts.
    """
    text, photo = readable["text"], readable["photo"]
    table = pd.DataFrame(
        {
            "constant": 1.0,
            "text twice as long": np.log2(1.0 + text["characters"]),
            "question": text["question"] > 0,
            "exclamation mark": text["exclamation"] > 0,
            "emoji": text["emoji"] > 0,
            "hashtag": text["hashtags"] > 0,
            "link": text["links"] > 0,
            "photo": photo["has_photo"] > 0,
        }
    )
    seen = table.iloc[train]
    flags = [name for name in table if table[name].dtype == bool]
    rare = [name for name in flags if min(seen[name].sum(), (~seen[name]).sum()) < MIN_POSTS_WITH_ONE]
    table = table.drop(columns=rare).astype(float)
    rank = [np.linalg.matrix_rank(table.iloc[train, :j]) for j in range(1, table.shape[1] + 1)]
    return table.loc[:, np.diff(rank, prepend=0) > 0]


def compare(table: pd.DataFrame, k: np.ndarray, n: np.ndarray, split: Split) -> Comparison:
    """Both regressions of counts.

    Parameters
    ----------
    table
        (n, p) features of all posts, of full rank in the training posts; the first is a constant.
    k, n
        (n,) counts and views of all posts.
    split
        Which posts train and which test, and the groups of duplicates.
    """
    import statsmodels.api as sm

    X, train, test = table.to_numpy(), split.train, split.test
    ours = fit_regression(X[train], k[train], n[train])
    model = sm.GLM(np.column_stack([k, n - k])[train], X[train], family=sm.families.Binomial())
    usual = model.fit()
    robust = model.fit(cov_type="cluster", cov_kwds={"groups": split.groups[train]})
    ends = (usual.conf_int(), robust.conf_int(), ours.summary().iloc[: X.shape[1]][["ci_low", "ci_high"]].to_numpy())
    shown = slice(1 if X.shape[1] > 1 else 0, None)
    parts = [
        pd.DataFrame({"name": table.columns, "tool": tool, "value": coef, "low": low, "high": high})[shown]
        for tool, coef, (low, high) in zip(
            TOOLS, (usual.params, robust.params, ours.coef), (e.T for e in ends), strict=True
        )
    ]
    views = np.sort(n[train])[::-1].astype(float)
    most = max(1, round(MOST_VIEWED * len(views)))
    weights = (views, views / (1.0 + (views - 1.0) * ours.rho))
    scores = {
        "binomial": logpmf(k[test], n[test], usual.predict(X[test]), 0.0),
        "beta-binomial": logpmf(k[test], n[test], ours.predict(X[test]), ours.rho),
    }
    return Comparison(
        pd.concat(parts, ignore_index=True),
        tuple(float(w[:most].sum() / w.sum()) for w in weights),
        pd.DataFrame(scores),
    )
