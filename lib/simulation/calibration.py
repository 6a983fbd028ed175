"""How close the simulated feed comes to the published figures of the original data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib import betabinomial
from lib.features import text_features
from lib.posts import ACTIVITIES, counts, facts
from lib.simulation.feed import Feed, simulate
from lib.study.study import Study

_QUARTILES = ("25%", "50%", "75%")


def calibration_table(posts: pd.DataFrame) -> pd.DataFrame:
    """Published figures of the original data beside the same figures of a table of posts.

    Parameters
    ----------
    posts : DataFrame
        As `lib.posts.read.read_posts` or `lib.simulation.feed.simulate` give it. Figures of 23,527 posts are published:
        maxima and standard deviations of fewer posts are smaller.

    Returns
    -------
    DataFrame
        ``figure``, ``published``, ``simulated``, ``ratio`` (simulated to published; NaN where that is zero,
        and for correlations, whose ratio says little), ``bar`` (what a simulation has to meet, "" where nothing
        is asked of it) and ``met`` (whether it does; None without a bar).
    """
    published = facts()
    shown: list[tuple] = []
    words = text_features(posts["text"])["words"]
    no_text = published["nulls"]["text"] / published["rows"]
    shown.append(("share of posts without text", no_text, float((posts["text"] == "").mean()), "within 0.01"))
    shown.append(("share of posts without photo", 0.0, float(posts["photo"].isna().mean()), "within 0.01"))
    shown.append(("words of the longest text", 2662, float(words.max()), ""))
    for name, figures in published["describe"].items():
        shown += _described(name, figures, posts[name], "15 % or 1 count")
    views = posts["view"].to_numpy(dtype=float)
    rates = counts(posts) / views[:, None]
    conversion = published["seed_weighted_conversion"]
    weighted = pd.Series(rates @ np.array([conversion["weights"][name] for name in ACTIVITIES]))
    figures = {name: value for name, value in conversion["describe"].items() if name != "count"}
    shown += _described("weighted conversion", figures, weighted, "10 %")
    total, sums = rates.sum(1), published["sum_of_activities_over_views"]
    shown.append(("sum of activities over views, min", sums["min"], total.min(), ""))
    shown.append(("sum of activities over views, max", sums["max"], total.max(), ""))
    edges = np.linspace(sums["min"], sums["max"], 11)
    edges[[0, -1]] = -np.inf, np.inf
    for i, share in enumerate(np.array(sums["histogram_10_equal_bins"]) / published["rows"]):
        inside = float(((total >= edges[i]) & (total < edges[i + 1])).mean())
        shown.append((f"sum of activities over views, share in tenth {i + 1} of the range", share, inside, ""))
    for name, largest in _LARGEST_RATES.items():
        shown.append((f"largest rate of {name}", largest, rates[:, ACTIVITIES.index(name)].max(), ""))
    matrix = published["pearson_correlation_of_counts"]
    simulated = posts[matrix["order"]].corr().to_numpy()
    for i, first in enumerate(matrix["order"]):
        for j, second in enumerate(matrix["order"][:i]):
            pair = f"correlation of {second} and {first}"
            shown.append((pair, matrix["matrix"][i][j], simulated[i, j], "same sign, within 0.35"))
    table = pd.DataFrame(shown, columns=["figure", "published", "simulated", "bar"])
    table["ratio"] = table["simulated"] / table["published"].where(table["published"] != 0)
    table.loc[table["figure"].str.startswith("correlation"), "ratio"] = np.nan
    table["met"] = [_met(row.published, row.simulated, row.bar) for row in table.itertuples()]
    return table[["figure", "published", "simulated", "ratio", "bar", "met"]]


def oracle_table(feed: Feed) -> pd.DataFrame:
    """What somebody who knows the true means would score: the limit for every model.

    Returns
    -------
    DataFrame
        One row per activity and one for the sum of all seven: ``activity``, ``r2`` of the rate per view, and
        ``log_score``, the mean log-likelihood of a post's count in nats (of all seven for the sum, taken one by
        one).
    """
    y, views, truth = counts(feed.posts), feed.posts["view"].to_numpy(), feed.truth
    rates = y / views[:, None]
    scores = np.array(
        [betabinomial.logpmf(y[:, k], views, truth.mean[:, k], truth.rho[k]).mean() for k in range(len(ACTIVITIES))]
    )
    r2 = [_r2(rates[:, k], truth.mean[:, k]) for k in range(len(ACTIVITIES))]
    return pd.DataFrame(
        {
            "activity": [*ACTIVITIES, "sum of all"],
            "r2": [*r2, _r2(rates.sum(1), truth.mean.sum(1))],
            "log_score": [*scores, scores.sum()],
        }
    )


def report(posts: int = 23_527, seed: int = 0) -> str:
    """Simulate a feed and set its figures beside the published ones, as text."""
    feed = simulate(posts, seed)
    table = calibration_table(feed.posts)
    asked = table["met"].notna()
    lines = [
        f"{posts} simulated posts, seed {seed}, beside the {facts()['rows']} posts of the original data",
        "",
        table.assign(met=table["met"].map({True: "yes", False: "NO"}).fillna("")).to_string(
            index=False,
            formatters={
                "published": _number,
                "simulated": _number,
                "ratio": lambda value: "" if np.isnan(value) else f"{value:.2f}",
            },
        ),
        "",
        f"Met: {int(table.loc[asked, 'met'].sum())} of {int(asked.sum())} figures of which something is asked.",
        "",
        "What the true means score (the limit for every model):",
        oracle_table(feed).to_string(index=False, float_format=lambda value: f"{value:.3f}"),
    ]
    return "\n".join(lines)


# Read off published plots, hence round.
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
    return [(f"{name}, {key}", value, own[key], bar if key in _QUARTILES else "") for key, value in figures.items()]


def _met(published: float, simulated: float, bar: str) -> bool | None:
    off = abs(simulated - published)
    if bar == "within 0.01":
        return bool(off <= 0.01)
    if bar == "15 % or 1 count":
        return bool(off <= max(0.15 * published, 1))
    if bar == "10 %":
        return bool(off <= 0.1 * published)
    if bar.startswith("same sign"):
        return bool(np.sign(published) == np.sign(simulated) and off <= 0.35)
    return None


def _r2(observed: np.ndarray, predicted: np.ndarray) -> float:
    return float(1 - ((observed - predicted) ** 2).mean() / observed.var())


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def beside_published(study: Study) -> pd.DataFrame:
    """Quartiles of the original data's published figures beside this feed's, a row a figure.

    Columns: ``name``; for each of ``25%``, ``50%``, ``75%`` the published one and, after it with " here", this feed's.
    """
    of = calibration_table(study.posts)
    parts = of["figure"].str.extract(r"^(?P<name>.*), (?P<quartile>25%|50%|75%)$").join(of).dropna(subset="quartile")
    table = parts.pivot(index="name", columns="quartile", values=["published", "simulated"])
    table.columns = [quartile + (" here" if which == "simulated" else "") for which, quartile in table.columns]
    return table.reindex(parts["name"].unique()).reset_index()
