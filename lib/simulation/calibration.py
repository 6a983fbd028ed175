"""The simulated feed beside the published figures of the original data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib import betabinomial
from lib.features import text_features
from lib.posts import ACTIVITIES, counts, facts
from lib.simulation.feed import Feed, simulate
from lib.simulation.worlds import PLAIN

_QUARTILES = ("25%", "50%", "75%")


def calibration_table(posts: pd.DataFrame) -> pd.DataFrame:
    """Published figures of the original data beside the same figures of a table of posts.

    Parameters
    ----------
    posts : DataFrame
        Posts as `lib.posts.read_posts` or `simulate` returns them. The published figures are of 23,527 posts: maxima
        and standard deviations of fewer posts are smaller.

    Returns
    -------
    DataFrame
        ``name`` of the quantity; ``statistic`` ("50%", "max", or "" if the name is enough); ``published`` and ``here``,
        the two values; ``ratio`` of ``here`` to ``published``, NaN for correlations and for a published zero; ``bar``,
        the requirement for a simulation, or "" if there is none; ``met``, whether the requirement is met, or None if
        there is none.
    """
    published = facts()
    rows: list[tuple] = []
    words = text_features(posts["text"])["words"]
    no_text = published["nulls"]["text"] / published["rows"]
    rows.append(("share of posts without text", "", no_text, float((posts["text"] == "").mean()), "within 0.01"))
    rows.append(("share of posts without photo", "", 0.0, float(posts["photo"].isna().mean()), "within 0.01"))
    rows.append(("words of the longest text", "", 2662, float(words.max()), ""))
    for name, figures in published["describe"].items():
        rows += _described(name, figures, posts[name], "15 % or 1 count")
    views = posts["view"].to_numpy(dtype=float)
    rates = counts(posts) / views[:, None]
    conversion = published["seed_weighted_conversion"]
    weighted = pd.Series(rates @ np.array([conversion["weights"][name] for name in ACTIVITIES]))
    figures = {name: value for name, value in conversion["describe"].items() if name != "count"}
    rows += _described("weighted conversion", figures, weighted, "10 %")
    total, sums, name = rates.sum(1), published["sum_of_activities_over_views"], "sum of activities over views"
    rows += [(name, "min", sums["min"], total.min(), ""), (name, "max", sums["max"], total.max(), "")]
    edges = np.linspace(sums["min"], sums["max"], 11)
    edges[[0, -1]] = -np.inf, np.inf
    for i, share in enumerate(np.array(sums["histogram_10_equal_bins"]) / published["rows"]):
        inside = float(((total >= edges[i]) & (total < edges[i + 1])).mean())
        rows.append((name, f"share in tenth {i + 1} of the range", share, inside, ""))
    for name, largest in _LARGEST_RATES.items():
        rows.append((f"largest rate of {name}", "", largest, rates[:, ACTIVITIES.index(name)].max(), ""))
    matrix = published["pearson_correlation_of_counts"]
    here = posts[matrix["order"]].corr().to_numpy()
    for i, first in enumerate(matrix["order"]):
        for j, second in enumerate(matrix["order"][:i]):
            pair = f"{second} and {first}"
            rows.append((pair, "correlation", matrix["matrix"][i][j], here[i, j], "same sign, within 0.35"))
    table = pd.DataFrame(rows, columns=["name", "statistic", "published", "here", "bar"])
    table["ratio"] = table["here"] / table["published"].where(table["published"] != 0)
    table.loc[table["statistic"] == "correlation", "ratio"] = np.nan
    table["met"] = [_met(row.published, row.here, row.bar) for row in table.itertuples()]
    return table[["name", "statistic", "published", "here", "ratio", "bar", "met"]]


def beside_published(posts: pd.DataFrame) -> pd.DataFrame:
    """Published quartiles of the original data beside the quartiles of a table of posts, with one row per quantity.

    Columns: ``name``; the published ``25%``, ``50%`` and ``75%``; the same of the posts: ``25% here`` and so on.
    """
    quartiles = calibration_table(posts).query("statistic in @_QUARTILES")
    table = quartiles.pivot(index="name", columns="statistic", values=["published", "here"])
    table.columns = [quartile + (" here" if which == "here" else "") for which, quartile in table.columns]
    return table.reindex(quartiles["name"].unique()).reset_index()


def oracle_table(feed: Feed) -> pd.DataFrame:
    """Scores of the true means, which no model can exceed except by chance.

    Returns
    -------
    DataFrame
        One row per activity and one for the sum of all seven: ``activity``; ``r2`` of the rate per view; ``log_score``,
        the mean log score of a post's count in nats (for the sum, the sum of the seven log scores).
    """
    from sklearn.metrics import r2_score

    y, views, truth = counts(feed.posts), feed.posts["view"].to_numpy(), feed.truth
    rates = y / views[:, None]
    scores = betabinomial.logpmf(y, views[:, None], truth.mean, truth.rho).mean(0)
    r2 = [r2_score(rates[:, k], truth.mean[:, k]) for k in range(len(ACTIVITIES))]
    return pd.DataFrame(
        {
            "activity": [*ACTIVITIES, "sum of all"],
            "r2": [*r2, r2_score(rates.sum(1), truth.mean.sum(1))],
            "log_score": [*scores, scores.sum()],
        }
    )


def calibration_report(posts: int = 23_527, seed: int = 0, world: str = PLAIN) -> str:
    """The figures of a newly simulated feed beside the published ones, as text."""
    feed = simulate(posts, seed, world)
    table = calibration_table(feed.posts)
    asked = table["met"].notna()
    lines = [
        f"{posts} simulated posts, seed {seed}, {world} world, beside the {facts()['rows']} posts of the original data",
        "",
        table.assign(met=table["met"].map({True: "yes", False: "NO"}).fillna("")).to_string(
            index=False,
            formatters={
                "published": _number,
                "here": _number,
                "ratio": lambda value: "" if np.isnan(value) else f"{value:.2f}",
            },
        ),
        "",
        f"Met: {int(table.loc[asked, 'met'].sum())} of {int(asked.sum())} figures that have a bar.",
        "",
        "Scores of the true means (the limit for every model):",
        oracle_table(feed).to_string(index=False, float_format=lambda value: f"{value:.3f}"),
    ]
    return "\n".join(lines)


# These values are read off published plots, so they are rounded.
_LARGEST_RATES = {
    "like": 0.33,
    "comment": 0.14,
    "hide": 0.11,
    "expand": 0.74,
    "open_photo": 0.54,
    "open": 0.59,
    "share_to_message": 0.052,
}


def _described(name: str, figures: dict[str, float], values: pd.Series, bar: str) -> list[tuple]:
    own = values.describe()
    return [(name, key, value, own[key], bar if key in _QUARTILES else "") for key, value in figures.items()]


def _met(published: float, here: float, bar: str) -> bool | None:
    off = abs(here - published)
    if bar == "within 0.01":
        return bool(off <= 0.01)
    if bar == "15 % or 1 count":
        return bool(off <= max(0.15 * published, 1))
    if bar == "10 %":
        return bool(off <= 0.1 * published)
    if bar.startswith("same sign"):
        return bool(np.sign(published) == np.sign(here) and off <= 0.35)
    return None


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
