"""Figures of chapters 1 and 2."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from lib.report.numbers import label_of
from lib.report.style import ACCENT, COLOURS, INK, QUIET, SCALE, percent_axis, short


def plot_counts(ax: Axes, values: pd.Series, colour: str = QUIET) -> Axes:
    """Histogram of counts on a log(1 + count) axis whose ticks are counts; zeros have a separate bar."""
    logs = np.log1p(values.to_numpy(float))
    top = max(logs.max(), 1.0)
    ax.hist(logs[values > 0], bins=np.linspace(np.log(2) - 0.15, top, 36), color=colour, alpha=0.85)
    ax.bar(0, (values == 0).sum(), width=0.3, color=INK)
    powers = range(1, int(top / np.log(10)) + 1)
    ticks = [0, *(10**p for p in powers)] if len(powers) < 4 else [0, *(10**p for p in powers if p % 2 == 0)]
    ax.set_xticks(np.log1p(ticks), [short(t) for t in ticks])
    ax.set_xlim(-0.3, top * 1.03)
    ax.grid(axis="x", visible=False)
    return ax


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
    """Box plots of the positive observed rates of each activity, on a log axis of percent.

    Parameters
    ----------
    rates
        (n, a) observed rates; the columns are activities.
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


def plot_funnel(ax: Axes, views: np.ndarray, counts: np.ndarray, activity: str, mean: float) -> Axes:
    """Observed rate of each post against its views, with the mean rate: few views give uncertain rates."""
    some = counts > 0
    ax.scatter(views[some], counts[some] / views[some], s=5, alpha=0.35, color=COLOURS[activity], linewidths=0)
    ax.axhline(mean, color=INK, linewidth=1.2)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(int(value))))
    percent_axis(ax, "y")
    ax.set_xlabel("views")
    ax.set_ylabel(f"{label_of(activity)}s per view")
    return ax


def plot_rootogram(ax: Axes, table: pd.DataFrame, colour: str = QUIET) -> Axes:
    """Hanging rootogram: bars of observed frequencies hang from the curve of expected ones, on a square-root scale.

    Where a bar does not end at zero, observed and expected frequency differ.

    Parameters
    ----------
    table
        From :func:`lib.betabinomial.rootogram`.
    """
    expected, observed = np.sqrt(table["expected"]), np.sqrt(table["observed"])
    ax.bar(table["count"], observed, bottom=expected - observed, width=0.9, color=colour)
    ax.plot(table["count"], expected, color=ACCENT, marker="o", markersize=3, linewidth=1.2)
    ax.axhline(0, color=INK, linewidth=1)
    ax.set_xlabel("count")
    ax.grid(axis="x", visible=False)
    return ax


def plot_shrinkage(ax: Axes, table: pd.DataFrame, activity: str) -> Axes:
    """Shrunk against observed rate of each post, coloured by views. An observed rate of zero is at the left edge.

    Parameters
    ----------
    table
        From :func:`lib.study.count_models.shrinkage`.
    """
    least = table.loc[table["raw"] > 0, "raw"].min() / 2
    raw = table["raw"].where(table["raw"] > 0, least)
    drawn = ax.scatter(
        raw, table["shrunk"], c=np.log10(table["views"]), cmap=SCALE, s=8, alpha=0.7, linewidths=0, rasterized=True
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
    bar.ax.set_yticklabels([short(int(10**t)) for t in ticks])
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
        annot_kws={"size": 9},
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
