"""The house style of the figures. Every plot_* function draws on the Axes it is given and returns them."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from lib.advice import FALSE_DISCOVERY_RATE
from lib.posts import ACTIVITIES
from lib.prose import LABELS

INK, QUIET, ACCENT = "#22303c", "#8895a0", "#c2410c"
COLOURS = dict(zip(ACTIVITIES, sns.color_palette("colorblind", len(ACTIVITIES)).as_hex(), strict=True))
STYLE = {
    **sns.axes_style("whitegrid"),
    "axes.edgecolor": "#c9d1d8",
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e8ecef",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "font.family": "DejaVu Sans",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
WIDTH = 7.6


def figsize(height: float) -> tuple[float, float]:
    """Size in inches of a figure as wide as the text."""
    return WIDTH, height


def panels(rows: int = 1, columns: int = 1, height: float = 3.2, **kwargs) -> np.ndarray | Axes:
    """Axes of a new figure: one, or an array of them. Sets the house style for everything that is drawn on them.

    Parameters
    ----------
    height
        Of the whole figure, in inches.
    kwargs
        Passed to ``plt.subplots``, such as ``sharex``.
    """
    plt.rcParams.update(STYLE)
    return plt.subplots(rows, columns, figsize=figsize(height), layout="constrained", **kwargs)[1]


def label_of(activity: str) -> str:
    """An activity's name as a reader sees it."""
    return LABELS.get(activity, activity)


def plot_counts(ax: Axes, values: pd.Series, colour: str = QUIET) -> Axes:
    """Histogram of counts on a log(1 + count) axis whose ticks are counts; exact zeros get a bar of their own."""
    logs = np.log1p(values.to_numpy(float))
    top = max(logs.max(), 1.0)
    ax.hist(logs[values > 0], bins=np.linspace(np.log(2) - 0.15, top, 36), color=colour, alpha=0.85)
    ax.bar(0, (values == 0).sum(), width=0.3, color=INK)
    powers = range(1, int(top / np.log(10)) + 1)
    ticks = [0, *(10**p for p in powers)] if len(powers) < 4 else [0, *(10**p for p in powers if p % 2 == 0)]
    ax.set_xticks(np.log1p(ticks), [_short(t) for t in ticks])
    ax.set_xlim(-0.3, top * 1.03)
    ax.grid(axis="x", visible=False)
    return ax


def _short(value: int) -> str:
    """A round number as an axis has room for it: 10k, 1m."""
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if value >= size:
            return f"{value // size}{letter}"
    return str(value)


def plot_shares(ax: Axes, values: np.ndarray) -> Axes:
    """Histogram of positive shares on a log axis of percent, with the median marked."""
    shown = values[values > 0]
    ax.hist(shown, bins=np.geomspace(shown.min(), shown.max(), 40), color=QUIET, alpha=0.85)
    ax.axvline(np.median(shown), color=ACCENT, linewidth=1.5)
    percent_axis(ax, "x")
    ax.set_ylabel("posts")
    ax.grid(axis="x", visible=False)
    return ax


def plot_rates(ax: Axes, rates: pd.DataFrame) -> Axes:
    """Boxes of the non-zero rates per activity, on a log axis of percent.

    Parameters
    ----------
    rates
        (n, a) rates per view; columns are activities.
    """
    shown = [rates[a][rates[a] > 0] for a in rates]
    boxes = ax.boxplot(shown, orientation="horizontal", whis=(5, 95), showfliers=False, widths=0.6, patch_artist=True)
    for patch, activity in zip(boxes["boxes"], rates, strict=True):
        patch.set(facecolor=COLOURS[activity], alpha=0.75, edgecolor=INK)
    for line in boxes["medians"]:
        line.set(color=INK, linewidth=2)
    ax.set_yticks(range(1, len(shown) + 1), [label_of(a) for a in rates])
    ax.invert_yaxis()
    percent_axis(ax, "x")
    ax.set_xlabel("actions per view")
    return ax


def series(*names: str) -> list[tuple[str, str]]:
    """Names with a colour each, for two to four series that share axes; the last one stands out."""
    return list(zip(names, [*[QUIET, "#0173b2", "#029e73"][: len(names) - 1], ACCENT], strict=True))


def percent_axis(ax: Axes, which: str, log: bool = True) -> None:
    """Make an axis of shares read as percent."""
    if log:
        (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        axis = ax.xaxis if which == "x" else ax.yaxis
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.10f}".rstrip("0").rstrip(".") + " %"))
        axis.set_minor_formatter(NullFormatter())
    else:
        (ax.xaxis if which == "x" else ax.yaxis).set_major_formatter(PercentFormatter(1, symbol=" %"))


def plot_funnel(ax: Axes, views: np.ndarray, counts: np.ndarray, activity: str, mean: float) -> Axes:
    """Each post's raw rate against its views: what a ratio is worth depends on what it is a ratio of."""
    some = counts > 0
    ax.scatter(views[some], counts[some] / views[some], s=5, alpha=0.35, color=COLOURS[activity], linewidths=0)
    ax.axhline(mean, color=INK, linewidth=1.2)
    ax.set_xscale("log")
    percent_axis(ax, "y")
    ax.set_xlabel("views")
    ax.set_ylabel(f"{label_of(activity)}s per view")
    return ax


def plot_rootogram(ax: Axes, table: pd.DataFrame, colour: str = QUIET) -> Axes:
    """Hanging rootogram: bars of observed frequency hang from the curve of the expected one, on a square-root scale.

    Where a bar's foot misses the line at zero, the law misses the count.

    Parameters
    ----------
    table
        From :func:`lib.laws.rootogram`.
    """
    expected, observed = np.sqrt(table["expected"]), np.sqrt(table["observed"])
    ax.bar(table["count"], observed, bottom=expected - observed, width=0.9, color=colour)
    ax.plot(table["count"], expected, color=ACCENT, marker="o", markersize=3, linewidth=1.2)
    ax.axhline(0, color=INK, linewidth=1)
    ax.set_xlabel("count")
    ax.grid(axis="x", visible=False)
    return ax


def plot_shrinkage(ax: Axes, table: pd.DataFrame, activity: str) -> Axes:
    """Raw against shrunk rate of each post, coloured by its views; a raw rate of zero is at the left edge.

    Parameters
    ----------
    table
        From :func:`lib.results.shrinkage`.
    """
    least = table.loc[table["raw"] > 0, "raw"].min() / 2
    raw = table["raw"].where(table["raw"] > 0, least)
    drawn = ax.scatter(
        raw, table["shrunk"], c=np.log10(table["views"]), cmap="viridis", s=8, alpha=0.7, linewidths=0, rasterized=True
    )
    ends = [least, table["raw"].max()]
    ax.plot(ends, ends, color=QUIET, linewidth=1)
    percent_axis(ax, "x")
    percent_axis(ax, "y")
    ax.set_xlabel(f"raw {label_of(activity)}s per view")
    ax.set_ylabel("shrunk")
    low, high = np.ceil(np.log10(table["views"].min())), np.floor(np.log10(table["views"].max()))
    ticks = np.arange(low, max(high, low) + 1)
    bar = ax.figure.colorbar(drawn, ax=ax, label="views", ticks=ticks)
    bar.ax.set_yticklabels([_short(int(10**t)) for t in ticks])
    return ax


def plot_correlation(ax: Axes, matrix: pd.DataFrame) -> Axes:
    """Heat map of a correlation matrix, with its numbers."""
    names = [label_of(c) for c in matrix]
    sns.heatmap(
        matrix.to_numpy(),
        ax=ax,
        vmin=-1,
        vmax=1,
        cmap="RdBu_r",
        annot=True,
        fmt=".2f",
        annot_kws={"size": 8},
        cbar=False,
        square=True,
        linewidths=0.5,
        xticklabels=names,
        yticklabels=names,
    )
    ax.tick_params(axis="x", rotation=40)
    for tick in ax.get_xticklabels():
        tick.set_horizontalalignment("right")
    return ax


def plot_intervals(ax: Axes, table: pd.DataFrame, label: str, colour: str = INK, offset: float = 0.0) -> Axes:
    """Points with intervals, a row each, around a line at zero.

    Parameters
    ----------
    table
        Columns ``name``, ``value``, ``low``, ``high``.
    label
        Of the series, for the legend.
    offset
        Vertical shift of the series, in rows, where several share the axes.
    """
    y = np.arange(len(table)) + offset
    error = np.abs(table[["low", "high"]].to_numpy().T - table["value"].to_numpy())
    ax.axvline(0, color=QUIET, linewidth=1)
    ax.errorbar(table["value"], y, xerr=error, fmt="o", color=colour, markersize=5, capsize=0, linewidth=2, label=label)
    ax.set_yticks(np.arange(len(table)), [label_of(n) for n in table["name"]])
    if not ax.yaxis_inverted():
        ax.invert_yaxis()
    if np.abs(ax.dataLim.intervalx).max() < 1e-6:  # rounding, which an axis would make a mountain of
        ax.set_xlim(-0.05, 0.05)
    return ax


def plot_effects(ax: Axes, table: pd.DataFrame, activity: str) -> Axes:
    """Forest of relative changes of one activity's rate, a row a lever; discoveries in colour, the rest grey.

    Parameters
    ----------
    table
        From :func:`lib.guidance.effects`, of all activities. Where it has the ``truth``, that is marked.
    """
    shown = table[table["activity"] == activity].reset_index(drop=True)
    colours = np.where(shown["q"] <= FALSE_DISCOVERY_RATE, COLOURS[activity], "#b9c2c9")
    for row, effect in shown.dropna(subset="effect").iterrows():
        ax.plot([1 + effect["low"], 1 + effect["high"]], [row, row], color=colours[row], linewidth=2)
        ax.plot(1 + effect["effect"], row, "o", color=colours[row], markersize=4)
        if "truth" in shown:
            ax.plot(1 + effect["truth"], row, "|", color=INK, markersize=7, markeredgewidth=1.2)
    ax.axvline(1, color=QUIET, linewidth=1)
    ax.set_xscale("log")
    far = np.nanmax([4.0, *(1 + shown["high"])])
    ax.set_xlim(0.3, 1.2 * far)
    ticks = [0.5, 1, 2] if far < 8 else [0.5, 1, 3, 10]
    ax.set_xticks(ticks, [_change(tick) for tick in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(range(len(shown)), shown["name"])
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_title(label_of(activity))
    return ax


def _change(ratio: float) -> str:
    """A ratio of rates as the relative change it is."""
    return "0" if ratio == 1 else f"{100 * (ratio - 1):+.0f} %".replace("-", "−")


def plot_coverage(ax: Axes, table: pd.DataFrame) -> Axes:
    """How often intervals held the truth, a row a lever, beside the band that they should fall in.

    Parameters
    ----------
    table
        ``name``, ``value``; and ``low``, ``high``, what chance allows for in ``value``.
    """
    ax.axvspan(0.93, 0.97, color=QUIET, alpha=0.2, linewidth=0)
    ax.axvline(0.95, color=QUIET, linewidth=1)
    y = np.arange(len(table))
    error = [table["value"] - table["low"], table["high"] - table["value"]]
    ax.errorbar(table["value"], y, xerr=error, fmt="o", color=INK, markersize=4, linewidth=1.5)
    ax.set_yticks(y, table["name"])
    ax.invert_yaxis()
    percent_axis(ax, "x", log=False)
    ax.set_xlabel("of the 95 % intervals held the true effect")
    return ax


def plot_roads(ax: Axes, table: pd.DataFrame) -> Axes:
    """Effects by two roads against each other, on log axes; those further apart than chance allows in colour.

    Parameters
    ----------
    table
        From :func:`lib.guidance.cross_check`.
    """
    ends = [0.4, max(2.5, 1.1 * (1 + table["effect"].max()))]
    ax.plot(ends, ends, color=QUIET, linewidth=1)
    for apart, colour, label in ((False, QUIET, "agree"), (True, ACCENT, "further apart than the intervals allow")):
        some = table[table["apart"] == apart]
        ax.hlines(1 + some["other"], 1 + some["low"], 1 + some["high"], color=colour, linewidth=0.8, alpha=0.5)
        ax.scatter(1 + some["effect"], 1 + some["other"], s=16, color=colour, label=label, zorder=3)
    ticks = [t for t in (0.5, 1, 2, 5, 10, 20) if t < ends[1]]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter(NullFormatter())
    ax.set(xscale="log", yscale="log", xlabel="beta-binomial regression", ylabel="double machine learning")
    names = [_change(tick) for tick in ticks]
    ax.set_xticks(ticks, names)
    ax.set_yticks(ticks, names)
    return ax


def plot_map(ax: Axes, points: np.ndarray, values: np.ndarray, label: str) -> Axes:
    """Posts as points in the plane, coloured by the rank of a value so that a skewed rate still shows.

    Parameters
    ----------
    points
        (n, 2).
    values
        (n,), such as predicted rates.
    """
    if not len(points):
        return say(ax, "too few posts to map")
    rank = pd.Series(values).rank(pct=True)
    order = np.random.default_rng(0).permutation(len(points))
    colours = {"c": rank.iloc[order], "cmap": "viridis", "vmin": 0, "vmax": 1}
    drawn = ax.scatter(*points[order].T, **colours, s=7, alpha=0.8, linewidths=0)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    bar = ax.figure.colorbar(drawn, ax=ax, label=label, ticks=[0.05, 0.5, 0.95], shrink=0.8)
    bar.ax.set_yticklabels(["low", "middle", "high"])
    return ax


def plot_covered(ax: Axes, pixels: np.ndarray, effect: np.ndarray, most: float, title: str) -> Axes:
    """A photo in grey under a map of what its parts do to a predicted rate: red where one raises it, blue lowers.

    Parameters
    ----------
    pixels
        (h, w, 3) uint8.
    effect
        (cells, cells), above zero where a part raises the rate.
    most
        The effect that gets the full colour.
    """
    high, wide = pixels.shape[:2]
    ax.imshow(pixels.mean(2), cmap="gray", vmin=-60, vmax=320)
    ends = (-0.5, wide - 0.5, high - 0.5, -0.5)
    shade = np.clip(np.abs(effect) / most, 0, 1) ** 0.7 * 0.75
    ax.imshow(effect, cmap="RdBu_r", vmin=-most, vmax=most, alpha=shade, extent=ends, interpolation="bilinear")
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.set_title(title)
    return ax


def plot_curve(ax: Axes, table: pd.DataFrame, label: str) -> Axes:
    """A gain along a count on a log axis, with its interval; a tick where each was measured.

    Parameters
    ----------
    table
        Columns ``count``, ``value``, ``low``, ``high``.
    label
        What is counted.
    """
    if table.empty:
        return say(ax, "too few posts")
    ax.fill_between(table["count"], table["low"], table["high"], color="#0173b2", alpha=0.15, linewidth=0)
    ax.plot(table["count"], table["value"], color="#0173b2", marker="o", markersize=5, linewidth=2)
    ax.axhline(0, color=QUIET, linewidth=1)
    ax.set_xscale("log")
    ax.set_xticks(table["count"], [f"{count:,}" for count in table["count"]])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.minorticks_off()
    ax.set_xlabel(label)
    return ax


def say(ax: Axes, words: str) -> Axes:
    """Words in place of a figure that there is nothing for."""
    ax.set(xticks=[], yticks=[])
    ax.text(0.5, 0.5, words, ha="center", va="center", color=QUIET, transform=ax.transAxes)
    return ax


def legend_below(axes: Axes | Sequence[Axes]) -> None:
    """One legend for the whole figure, under its panels."""
    ax = axes if isinstance(axes, Axes) else np.ravel(axes)[0]
    handles, labels = ax.get_legend_handles_labels()
    ax.figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4), frameon=False)
