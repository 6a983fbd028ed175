"""Effects of what an author controls: the change in each rate that goes with a stated change of a post.

Observational, not causal: effects are adjusted for what the post is about, as far as its vectors tell, and for the
other levers; whatever else sets posts apart stays in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import false_discovery_control, norm

from lib import betabinomial

# Fewer posts than this on either side of a change are no comparison.
MIN_POSTS_A_SIDE = 30

# An effect whose q is at most this counts as a discovery.
FALSE_DISCOVERY_RATE = 0.05


@dataclass(frozen=True)
class Lever:
    """Something an author can change.

    Attributes
    ----------
    name
        As readers see it.
    source
        "text" or "photo": which table of readable features ``value`` reads.
    value
        From that table to (n,) floats. A yes-or-no lever gives 0 and 1.
    change
        The stated change in words. For a graded lever it goes from the lower to the upper quartile of ``value``, at
        the places ``{low}`` and ``{high}``; for a yes-or-no lever from 0 to 1.
    shown
        How a graded lever's value reads; None for a yes-or-no lever.
    """

    name: str
    source: str
    value: Callable[[pd.DataFrame], pd.Series]
    change: str
    shown: Callable[[float], str] | None = None


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _from_log2(value: float) -> str:
    return f"{2**value - 1:.0f}"


LEVERS = (
    Lever("question", "text", lambda t: t["question"], "no question → a question"),
    Lever("call to action", "text", lambda t: t["call_to_action"], "no call to action → one"),
    Lever("exclamation", "text", lambda t: t["exclamation"] > 0, "no exclamation mark → one or more"),
    Lever("emoji", "text", lambda t: t["emoji"] > 0, "no emoji → one or more"),
    Lever("hashtag", "text", lambda t: t["hashtags"] > 0, "no hashtag → one or more"),
    Lever("link", "text", lambda t: t["links"] > 0, "no link → one or more"),
    Lever("mention", "text", lambda t: t["mentions"] > 0, "no mention → one or more"),
    Lever("capitals", "text", lambda t: t["capitals"] > 0.3, "few capitals → over 30 %"),
    Lever("length", "text", lambda t: np.log2(1 + t["words"]), "{low} words → {high} words", _from_log2),
    Lever("brightness", "photo", lambda p: p["brightness"], "brightness {low} → {high}", _plain),
    Lever("colour", "photo", lambda p: np.log2(1 + p["colourfulness"]), "colourfulness {low} → {high}", _from_log2),
    Lever("lettering", "photo", lambda p: p["text_likeness"], "lettered share {low} → {high}", _plain),
    Lever("landscape", "photo", lambda p: p["aspect"] > 1.2, "upright photo → landscape"),
)


def lever_table(readable: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The levers' values: (n, levers) float64, NaN where a post lacks the text or the photo."""
    columns = {}
    for lever in LEVERS:
        frame = readable[lever.source]
        columns[lever.name] = lever.value(frame).astype(float).where(frame[f"has_{lever.source}"] == 1)
    return pd.DataFrame(columns)


def effects(
    levers: pd.DataFrame,
    controls: np.ndarray,
    counts: np.ndarray,
    views: np.ndarray,
    activities: list[str],
    level: float = 0.95,
) -> pd.DataFrame:
    """Adjusted effect of every lever on every activity, by beta-binomial regression.

    Parameters
    ----------
    levers
        From :func:`lever_table`.
    controls
        (n, c) what the posts are about, and whether they have a text and a photo: columns to adjust for, without a
        constant.
    counts, views
        (n, a) and (n,).
    level
        Of the intervals.

    Returns
    -------
    A row a lever and activity: ``lever``, ``activity``, ``change`` (in words), ``posts_low`` and ``posts_high`` (how
    many posts stand on either side), ``effect`` (relative change of the mean rate: 0.12 is 12 % more), ``low``,
    ``high``, ``p`` (two-sided), ``q`` (adjusted for the whole table, Benjamini-Hochberg) and ``state``: "estimated",
    "no comparable posts", or the fit's own state where it failed; only the first has numbers.

    The change is averaged over the posts that have the text or the photo; its standard error is by the delta method
    from the sandwich covariance.
    """
    usable, columns, comparisons = [], [], {}
    for lever in LEVERS:
        values = levers[lever.name].to_numpy()
        low, high = _ends(lever, values)
        sides = [int((values <= low).sum()), int((values >= high).sum())]
        comparisons[lever.name] = low, high, sides
        if low < high and min(sides) >= MIN_POSTS_A_SIDE:
            usable.append(lever.name)
            columns.append(np.nan_to_num(values, nan=np.nanmean(values)))
    X = np.column_stack([np.ones(len(views)), *columns, controls])
    rows = []
    for activity, fit in zip(activities, betabinomial.fit_regressions(X, counts, views), strict=True):
        for lever in LEVERS:
            low, high, sides = comparisons[lever.name]
            row = {"lever": lever.name, "activity": activity, "change": _words(lever, low, high)}
            row |= {"posts_low": sides[0], "posts_high": sides[1], "state": "no comparable posts"}
            if lever.name in usable:
                row["state"] = "estimated" if fit.converged else fit.state
            if row["state"] == "estimated":
                at = 1 + usable.index(lever.name)
                present = levers[lever.name].notna().to_numpy()
                log_ratio, error = _log_ratio(X[present], at, low, high, fit)
                ends = log_ratio + norm.ppf([(1 - level) / 2, 0.5, (1 + level) / 2]) * error
                row |= dict(zip(("low", "effect", "high"), np.expm1(ends), strict=True))
                row["p"] = 2 * norm.sf(abs(log_ratio) / error)
            rows.append(row)
    table = pd.DataFrame(rows).reindex(
        columns=["lever", "activity", "change", "posts_low", "posts_high", "effect", "low", "high", "p", "q", "state"]
    )
    known = table["p"].notna()
    table.loc[known, "q"] = false_discovery_control(table.loc[known, "p"])
    return table


def _ends(lever: Lever, values: np.ndarray) -> tuple[float, float]:
    """The two values that the stated change goes between; both NaN where no post has the text or the photo."""
    if np.isnan(values).all():
        return np.nan, np.nan
    return tuple(np.nanquantile(values, [0.25, 0.75])) if lever.shown else (0.0, 1.0)


def _words(lever: Lever, low: float, high: float) -> str:
    return lever.change.format(low=lever.shown(low), high=lever.shown(high)) if lever.shown else lever.change


def _log_ratio(X: np.ndarray, column: int, low: float, high: float, fit) -> tuple[float, float]:
    """Log of the ratio of the mean rates at the two values of a column, and its standard error."""
    means, gradients = [], []
    for value in (low, high):
        at = X.copy()
        at[:, column] = value
        mu = expit(at @ fit.coef)
        means.append(mu.mean())
        gradients.append((mu * (1 - mu)) @ at / len(at) / mu.mean())
    gradient = gradients[1] - gradients[0]
    p = len(fit.coef)
    return float(np.log(means[1] / means[0])), float(np.sqrt(gradient @ fit.cov_robust[:p, :p] @ gradient))
