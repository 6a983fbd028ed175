"""Figures of chapters 3 to 5."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from lib.report.numbers import label_of
from lib.report.style import INK, QUIET, SCALE, say


def plot_intervals(ax: Axes, table: pd.DataFrame, label: str, colour: str = INK, offset: float = 0.0) -> Axes:
    """Points with intervals, one row each, around a line at zero.

    Parameters
    ----------
    table
        Columns ``name``, ``value``, ``low``, ``high``.
    label
        Label of the series in the legend.
    offset
        Vertical shift in rows, for several series on the same axes.
    """
    y = np.arange(len(table)) + offset
    error = np.abs(table[["low", "high"]].to_numpy().T - table["value"].to_numpy())
    ax.axvline(0, color=QUIET, linewidth=1)
    ax.errorbar(table["value"], y, xerr=error, fmt="o", color=colour, markersize=5, capsize=0, linewidth=2, label=label)
    ax.set_yticks(np.arange(len(table)), [label_of(n) for n in table["name"]])
    if not ax.yaxis_inverted():
        ax.invert_yaxis()
    if np.abs(ax.dataLim.intervalx).max() < 1e-6:  # an automatic axis would magnify rounding errors
        ax.set_xlim(-0.05, 0.05)
    return ax


def plot_map(ax: Axes, points: np.ndarray, values: np.ndarray, label: str) -> Axes:
    """Posts as points in the plane, coloured by the rank of a value so that differences of a skewed rate show.

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
    colours = {"c": rank.iloc[order], "cmap": SCALE, "vmin": 0, "vmax": 1}
    drawn = ax.scatter(*points[order].T, **colours, s=7, alpha=0.8, linewidths=0)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    bar = ax.figure.colorbar(drawn, ax=ax, label=label, ticks=[0.05, 0.5, 0.95], shrink=0.8)
    bar.ax.set_yticklabels(["low", "middle", "high"])
    return ax


def plot_curve(ax: Axes, table: pd.DataFrame, label: str) -> Axes:
    """A gain with its interval against a count on a log axis, with a tick at each count.

    Parameters
    ----------
    table
        Columns ``count``, ``value``, ``low``, ``high``.
    label
        Label of the axis of counts.
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
