"""Figures of how well a forecast fits, in the style of :mod:`lib.report.style`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from lib.report.numbers import label_of
from lib.report.style import ACCENT, COLOURS, INK, QUIET, percent_axis, say


def plot_pit(ax: Axes, table: pd.DataFrame, activity: str) -> Axes:
    """PIT histogram of an activity, with the 95 % band of a calibrated forecast.

    Parameters
    ----------
    table
        From :func:`lib.study.diagnostics.pit_histogram`.
    """
    of = table[table["name"] == activity]
    ax.axhspan(of["low"].iloc[0], of["high"].iloc[0], color=QUIET, alpha=0.25, linewidth=0)
    ax.bar(of["left"], of["value"], width=1 / len(of), align="edge", color=COLOURS[activity], alpha=0.85)
    ax.axhline(1, color=INK, linewidth=1)
    ax.set_xticks([0, 0.5, 1], ["0", "½", "1"])
    ax.set_title(label_of(activity))
    ax.grid(axis="x", visible=False)
    return ax


def plot_means(ax: Axes, table: pd.DataFrame, activity: str) -> Axes:
    """Observed against predicted rate of an activity on log axes; grey bars are 95 % bands of a calibrated forecast.

    Parameters
    ----------
    table
        From :func:`lib.study.diagnostics.reliability`. A bin with an observed rate of zero is drawn at the lower edge.
    """
    of = table[table["name"] == activity]
    least = of["predicted"].min() / 5
    ends = [of["predicted"].min() / 1.5, of["predicted"].max() * 1.5]
    ax.plot(ends, ends, color=QUIET, linewidth=1)
    ax.vlines(of["predicted"], of["low"].clip(lower=least), of["high"], color=QUIET, alpha=0.35, linewidth=5)
    ax.plot(
        of["predicted"], of["value"].clip(lower=least), "o", color=COLOURS[activity], markersize=5, mec=INK, mew=0.5
    )
    percent_axis(ax, "x")
    percent_axis(ax, "y")
    ax.set_title(label_of(activity))
    return ax


def plot_residuals(ax: Axes, table: pd.DataFrame, activity: str) -> Axes:
    """Observed over predicted rate, one row per group, on a log axis; grey bars are 95 % bands of a right forecast.

    A group outside its bar has a ring.

    Parameters
    ----------
    table
        From :func:`lib.study.diagnostics.residuals`. A ratio beyond a factor of four is drawn at the edge.
    """
    of = table[table["name"] == activity]
    ax.set_title(label_of(activity))
    if of.empty:
        return say(ax, "too few posts")
    ends = of[["low", "value", "high"]].clip(1 / 4, 4).to_numpy(float)
    rows = np.arange(len(of))
    ax.axvline(1, color=INK, linewidth=1)
    ax.hlines(rows, ends[:, 0], ends[:, 2], color=QUIET, alpha=0.35, linewidth=5)
    ax.plot(ends[:, 1], rows, "o", color=COLOURS[activity], markersize=5, mec=INK, mew=0.5)
    outside = ~of["value"].between(of["low"], of["high"]).to_numpy()
    ax.plot(ends[outside, 1], rows[outside], "o", color=ACCENT, markersize=10, fillstyle="none", mew=1.5)
    ax.set_xscale("log")
    ax.set_xlim(0.22, 4.5)
    ax.set_xticks([1 / 4, 1 / 2, 1, 2, 4], ["¼", "½", "1", "2", "4"])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_yticks(rows, of["group"])
    ax.set_ylim(len(of) - 0.5, -0.5)
    return ax
