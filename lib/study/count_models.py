"""Count models without features, fitted to a study's training posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.betabinomial import CountModel, fit_count_models, replicate, shrink, signal_share

if TYPE_CHECKING:
    from lib.study.study import Study


def fitted(study: Study) -> dict[str, list[CountModel]]:
    """The three count models of each activity: binomial, beta-binomial, zero-inflated."""
    train = study.split.train
    n = study.views[train]

    def compute() -> dict[str, list[CountModel]]:
        return {a: fit_count_models(k, n) for a, k in zip(study.activities, study.counts[train].T, strict=True)}

    return study.keep("count-models", fit_count_models, compute, study.data_key)


def comparison(study: Study) -> pd.DataFrame:
    """The count models side by side, one row per activity.

    Columns: ``name``; ``posts``, the number of training posts with at least one; ``mean`` and ``rho`` of the
    beta-binomial; ``signal``, the share of a raw rate's variance that is not noise at the median number of views;
    ``zero``, the share of certain zeros; ``binomial``, ``beta-binomial`` and ``zero-inflated``, log-likelihoods in nats
    per post.
    """
    rows = []
    train = study.split.train
    n, posts = study.views[train], (study.counts[train] > 0).sum(0)
    for activity, models in fitted(study).items():
        plain, inflated = models[1], models[2]
        row = {"name": activity, "posts": posts[study.column(activity)], "mean": plain.mean, "rho": plain.rho}
        row |= {"signal": signal_share(np.median(n), plain.rho), "zero": inflated.zero}
        rows.append(row | {model.name: model.loglik / len(n) for model in models})
    return pd.DataFrame(rows)


def commonest(study: Study) -> str:
    """The activity with the highest mean rate."""
    return comparison(study).set_index("name")["mean"].idxmax()


def rarest(study: Study) -> str:
    """The activity with the lowest mean rate."""
    return comparison(study).set_index("name")["mean"].idxmin()


def replicates(study: Study) -> pd.DataFrame:
    """:func:`lib.betabinomial.replicate` of every activity (``name``) and count model (``model``)."""
    train = study.split.train
    n = study.views[train]

    def compute() -> pd.DataFrame:
        tables = []
        for activity, models in fitted(study).items():
            k = study.counts[train, study.column(activity)]
            tables += [replicate(model, k, n).assign(name=activity, model=model.name) for model in models]
        return pd.concat(tables, ignore_index=True)

    return study.keep("replicates", replicate, compute, study.data_key)


def replicate_table(study: Study, statistic: str = "zeros") -> pd.DataFrame:
    """One statistic of the replicates, one row per activity: ``observed``, and each model's range as text."""
    of = replicates(study).query("statistic == @statistic")
    ranges = of.assign(
        span=[f"{100 * low:.1f} to {100 * high:.1f} %" for low, high in zip(of["low"], of["high"], strict=True)]
    )
    table = ranges.pivot(index="name", columns="model", values="span").reindex(study.activities)
    return table.assign(observed=of.groupby("name")["observed"].first()).reset_index()


def shrinkage(study: Study, activity: str) -> pd.DataFrame:
    """Raw and shrunk observed rates of the training posts: columns ``views``, ``count``, ``raw``, ``shrunk``."""
    train = study.split.train
    k, n = study.counts[train, study.column(activity)], study.views[train]
    shrunk = shrink(k, n, fitted(study)[activity][1])
    return pd.DataFrame({"views": n, "count": k, "raw": k / n, "shrunk": shrunk})
