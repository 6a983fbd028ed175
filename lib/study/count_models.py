"""Count models without features, fitted to a study's counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.betabinomial import Law, fit_laws, replicate, shrink, signal_share
from lib.storage import cached
from lib.study.scores import _key
from lib.study.study import Study


def fitted_laws(study: Study) -> dict[str, list[Law]]:
    """The three laws without features, fitted to each activity's training posts."""
    train = study.split.train
    n = study.views[train]
    return cached(
        "laws",
        _key(study),
        lambda: {a: fit_laws(k, n) for a, k in zip(study.activities, study.counts[train].T, strict=True)},
    )


def law_table(study: Study) -> pd.DataFrame:
    """The laws side by side, a row an activity.

    Columns: ``name``; ``posts`` with at least one, of the training posts; ``mean`` and ``rho`` of the beta-binomial;
    ``signal``, the share of a raw rate's variance that is not noise at the median number of views; ``binomial``,
    ``beta-binomial`` and ``zero-inflated``, log-likelihoods in nats per post; ``zero``, the share of certain zeros.
    """
    rows = []
    n = study.views[study.split.train]
    for activity, laws in fitted_laws(study).items():
        plain, inflated = laws[1], laws[2]
        row = {"name": activity, "posts": study.posts_with_one[activity], "mean": plain.mean, "rho": plain.rho}
        row |= {"signal": signal_share(np.median(n), plain.rho), "zero": inflated.zero}
        rows.append(row | {law.name: law.loglik / len(n) for law in laws})
    return pd.DataFrame(rows)


def replicates(study: Study) -> pd.DataFrame:
    """:func:`lib.betabinomial.count_models.replicate` of every law and activity, with columns ``name`` and ``law`` in front."""
    train = study.split.train
    n = study.views[train]

    def compute() -> pd.DataFrame:
        tables = []
        for activity, laws in fitted_laws(study).items():
            k = study.counts[train, study.column(activity)]
            tables += [replicate(law, k, n).assign(name=activity, law=law.name) for law in laws]
        return pd.concat(tables, ignore_index=True)

    return cached("replicates", _key(study), compute)


def replicate_table(study: Study, statistic: str = "zeros") -> pd.DataFrame:
    """One statistic of the replicates, a row an activity: ``observed``, and each law's range as text."""
    of = replicates(study).query("statistic == @statistic")
    ranges = of.assign(
        span=[f"{100 * low:.1f} to {100 * high:.1f} %" for low, high in zip(of["low"], of["high"], strict=True)]
    )
    table = ranges.pivot(index="name", columns="law", values="span").reindex(study.activities)
    return table.assign(observed=of.groupby("name")["observed"].first()).reset_index()


def shrinkage(study: Study, activity: str) -> pd.DataFrame:
    """Raw and shrunk rates of the training posts: columns ``views``, ``count``, ``raw``, ``shrunk``."""
    train = study.split.train
    k, n = study.counts[train, study.column(activity)], study.views[train]
    shrunk = shrink(k, n, fitted_laws(study)[activity][1])
    return pd.DataFrame({"views": n, "count": k, "raw": k / n, "shrunk": shrunk})
