"""What the chapters show of a study's forecasts: gains, leaderboard, calibration, the assignment's measure.

Everything is of the test posts. Tables come one row per activity or forecast.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from lib import embedding, scoring
from lib.cache import cached, code_digest, digest
from lib.calibration import calibration_table
from lib.laws import Law, fit_laws, replicate, shrink, signal_share
from lib.posts import ACTIVITIES, counts
from lib.scoring import Interval
from lib.study import BASELINE, BLEND, BOOSTED, NEURAL, TRUTH, Study


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
    """:func:`lib.laws.replicate` of every law and activity, with columns ``name`` and ``law`` in front."""
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


def conversion_parts(study: Study) -> pd.DataFrame:
    """What the assignment's weighted conversion is made of, a row an activity.

    Columns: ``name``; for each of the two weightings its weight (``weights``), the activity's share of the mean
    conversion (``weights mean``) and its share of the variance over posts, a covariance share (``weights variance``).
    """
    rates = counts(study.posts) / study.views[:, None]
    table = {"name": list(ACTIVITIES)}
    for name in ("weights", "weights_mean"):
        parts = rates * scoring.CONVERSION_WEIGHTS[name]
        whole = parts.sum(1)
        table[name] = scoring.CONVERSION_WEIGHTS[name]
        table[f"{name} mean"] = parts.mean(0) / whole.mean()
        table[f"{name} variance"] = ((parts - parts.mean(0)) * (whole - whole.mean())[:, None]).mean(0) / whole.var()
    return pd.DataFrame(table)


def beside_published(study: Study) -> pd.DataFrame:
    """Quartiles of the original data's published figures beside this feed's, a row a figure.

    Columns: ``name``; for each of ``25%``, ``50%``, ``75%`` the published one and, after it with " here", this feed's.
    """
    of = calibration_table(study.posts)
    parts = of["figure"].str.extract(r"^(?P<name>.*), (?P<quartile>25%|50%|75%)$").join(of).dropna(subset="quartile")
    table = parts.pivot(index="name", columns="quartile", values=["published", "simulated"])
    table.columns = [quartile + (" here" if which == "simulated" else "") for which, quartile in table.columns]
    return table.reindex(parts["name"].unique()).reset_index()


def all_forecasts(study: Study) -> list[str]:
    """The models' forecasts, and the truth where a simulation knows it."""
    return [*study.forecasts, TRUTH] if study.simulated else study.forecasts


@functools.cache
def log_scores(study: Study, name: str) -> pd.DataFrame:
    """Log scores of the test posts under one forecast, in nats: a row a post, a column an activity."""
    test = study.split.test
    scores = scoring.log_score(study.counts[test], study.views[test], study.forecast(name)[test])
    return pd.DataFrame(scores, index=test, columns=study.activities)


def gain(study: Study, name: str, over: str = BASELINE) -> Interval:
    """Log score of one forecast above another's, in nats per post and activity, with a bootstrap interval."""
    ours, theirs = (log_scores(study, m).mean(axis=1).to_numpy() for m in (name, over))
    return scoring.paired_interval(ours, theirs)


@functools.cache
def gains(study: Study, name: str, over: str = BASELINE) -> pd.DataFrame:
    """The same activity by activity: columns ``name``, ``value``, ``low``, ``high`` in nats per post."""
    ours, theirs = log_scores(study, name), log_scores(study, over)
    rows = []
    for activity in study.activities:
        found = scoring.paired_interval(ours[activity].to_numpy(), theirs[activity].to_numpy())
        rows.append({"name": activity} | found.columns())
    return pd.DataFrame(rows)


def by_gain(study: Study, name: str) -> list[str]:
    """The activities, from the one a forecast gains most on over no features to the one it gains least on."""
    return list(gains(study, name).sort_values("value", ascending=False)["name"])


@functools.cache
def leaderboard(study: Study) -> pd.DataFrame:
    """Forecasts in ascending order of log score.

    Columns: ``name``; ``log_score`` in nats per post and activity; ``value``, ``low``, ``high``, the gain over no
    features with its 95 % interval; on simulated posts ``gap_closed``, the share of the way to the truth.
    """
    names = all_forecasts(study)
    mean = {n: log_scores(study, n).mean(axis=1).to_numpy() for n in names}
    rows = []
    for name in names:
        found = scoring.paired_interval(mean[name], mean[BASELINE])
        row = {"name": name, "log_score": mean[name].mean()} | found.columns()
        if study.simulated:
            row["gap_closed"] = scoring.gap_closed(mean[name], mean[BASELINE], mean[TRUTH])
        rows.append(row)
    return pd.DataFrame(rows).sort_values("log_score", kind="stable", ignore_index=True)


def best(study: Study) -> str:
    """The forecast (the truth aside) with the highest log score on the validation posts.

    Chosen there and not on the test posts, so that its test score is not the largest of many by luck.
    """
    held = study.split.validation
    k, n = study.counts[held], study.views[held]
    return max(study.forecasts, key=lambda m: scoring.log_score(k, n, study.forecast(m)[held]).mean())


def increments(study: Study) -> pd.DataFrame:
    """What each step brings over the one before it: columns ``name``, ``value``, ``low``, ``high``, nats per post.

    From the better source alone to both, from a linear model to trees and a network, and on to their blend.
    """
    alone = better_alone(study)
    steps = [
        (f"{alone}, over no features", alone, BASELINE),
        (f"text and photo, over {alone} alone", "photo and text", alone),
        ("boosted trees, over linear", BOOSTED, "photo and text"),
        ("neural network, over linear", NEURAL, "photo and text"),
        ("blend, over linear", BLEND, "photo and text"),
        ("blend, over boosted trees", BLEND, BOOSTED),
        ("blend, over neural network", BLEND, NEURAL),
    ]
    return pd.DataFrame([{"name": name} | gain(study, ours, over).columns() for name, ours, over in steps])


def better_alone(study: Study) -> str:
    """Whichever of photo and text has the higher log score."""
    return max(("photo", "text"), key=lambda m: gain(study, m).value)


@functools.cache
def pit(study: Study, name: str) -> np.ndarray:
    """:func:`lib.scoring.pit` of the test posts under a forecast: (m, a)."""
    test = study.split.test
    return scoring.pit(study.counts[test], study.views[test], study.forecast(name)[test], np.random.default_rng(0))


def coverage(study: Study, name: str) -> pd.DataFrame:
    """Share of counts inside the 50 % and 90 % intervals of a forecast: columns ``name``, ``50``, ``90``."""
    values = pit(study, name)
    inside = {str(level): scoring.coverage(values, level / 100) for level in (50, 90)}
    return pd.DataFrame({"name": study.activities} | inside)


def conversion(study: Study, weights: str) -> np.ndarray:
    """The assignment's weighted conversion of every post: (n,)."""
    return scoring.weighted_conversion(counts(study.posts), study.views, weights)


def map_of(study: Study, block: str) -> tuple[np.ndarray, np.ndarray]:
    """A block of vectors on its first two principal components: points (m, 2), and which posts they are (m,).

    Nothing (m = 0) where fewer than three posts have the block.
    """
    from sklearn.decomposition import PCA

    values = study.blocks[block]
    rows = np.flatnonzero(embedding.present(values))
    if len(rows) < 3:
        return np.empty((0, 2)), rows[:0]
    return PCA(2, svd_solver="covariance_eigh").fit_transform(values[rows]), rows


def _key(study: Study) -> str:
    return digest(study.blocks_key, code_digest("lib.results"))
