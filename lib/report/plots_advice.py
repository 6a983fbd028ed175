"""Figures of chapter 6."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, PercentFormatter

from lib.report.style import ACCENT, COLOURS, INK, QUIET


def plot_changes(ax: Axes, table: pd.DataFrame) -> Axes:
    """Relative changes of rates on one log axis, a row each: its words above its interval.

    Parameters
    ----------
    table
        From :func:`lib.report.front_sentences.strongest_changes` or :func:`lib.report.effects.discoveries`. Columns
        ``narrow_low`` and ``narrow_high`` make the part of the interval that is not the allowance for a bias thick; a
        column ``truth`` is marked by upright strokes.
    """
    ends = 1 + table[["low", "high"]]
    thin = "narrow_low" in table
    for row, change in table.iterrows():
        colour = COLOURS[change["activity"]]
        ax.plot(ends.loc[row], [row, row], color=colour, linewidth=1.2 if thin else 3)
        if thin:
            ax.plot(1 + change[["narrow_low", "narrow_high"]].astype(float), [row, row], color=colour, linewidth=3)
        ax.plot(1 + change["effect"], row, "o", color=colour, markersize=6)
        if "truth" in table:
            ax.plot(1 + change["truth"], row, "|", color=INK, markersize=9, markeredgewidth=1.4)
        at = (0, row - 0.12)
        ax.annotate(textwrap.fill(change["words"], 54), at, xycoords=("axes fraction", "data"), va="bottom", fontsize=9)
    ax.axvline(1, color=QUIET, linewidth=1)
    ax.set_xscale("log")
    ticks = [
        tick for tick in (0.25, 0.5, 1, 2, 4, 8, 16) if min(ends.min().min(), 1) / 1.4 <= tick <= ends.max().max() * 1.4
    ]
    ax.set_xticks(ticks, [_change(tick) for tick in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks([])
    ax.set_ylim(len(table) - 0.7, -0.9)
    ax.grid(visible=False, axis="y")
    return ax


def _change(ratio: float) -> str:
    """A ratio of rates as a relative change in percent."""
    return "0" if ratio == 1 else f"{100 * (ratio - 1):+.0f} %".replace("-", "−")


def plot_coverage(ax: Axes, table: pd.DataFrame) -> Axes:
    """How often 95 % intervals contained the truth, one row per lever, with a band from 93 to 97 %.

    Parameters
    ----------
    table
        From :func:`lib.report.effects.coverage_table`.
    """
    ax.axvspan(0.93, 0.97, color=QUIET, alpha=0.2, linewidth=0)
    ax.axvline(0.95, color=QUIET, linewidth=1)
    y = np.arange(len(table))
    error = [table["value"] - table["low"], table["high"] - table["value"]]
    ax.errorbar(table["value"], y, xerr=error, fmt="o", color=INK, markersize=4, linewidth=1.5)
    ax.set_yticks(y, table["name"])
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    ax.set_xlabel("of the 95 % intervals held the true effect")
    return ax


def plot_methods(ax: Axes, table: pd.DataFrame) -> Axes:
    """Effects by two methods against each other, on log axes; effects that differ significantly in colour.

    The axes show the middle of the effects; one beyond them is a triangle at the edge.

    Parameters
    ----------
    table
        From :func:`lib.report.effects.by_both_methods`.
    """
    ratios = 1 + table[["effect", "other"]]
    far = np.exp(np.log(ratios.clip(lower=0.01)).abs().max(axis=1).quantile(0.95)) if len(table) else 1.0
    ends = [1 / max(1.5, 1.1 * far), max(1.5, 1.1 * far)]
    x, y = (ratios[column].clip(*ends) for column in ratios)
    beyond = (ratios < ends[0]).any(axis=1) | (ratios > ends[1]).any(axis=1)
    ax.plot(ends, ends, color=QUIET, linewidth=1)
    for apart, colour, label in ((False, QUIET, "agree"), (True, ACCENT, "further apart than the intervals allow")):
        some = table["apart"] == apart
        of = table[some & ~beyond]
        ax.hlines(1 + of["other"], 1 + of["low"], 1 + of["high"], color=colour, linewidth=0.8, alpha=0.5)
        ax.scatter(x[some & ~beyond], y[some & ~beyond], s=16, color=colour, label=label, zorder=3)
        ax.scatter(x[some & beyond], y[some & beyond], s=30, marker="^", color=colour, zorder=3)
    ticks = [t for t in (0.2, 0.5, 0.7, 0.8, 1, 1.25, 1.5, 2, 5) if ends[0] <= t <= ends[1]]
    wide = (ends[0] / 1.04, ends[1] * 1.04)
    ax.set(xscale="log", yscale="log", xlim=wide, ylim=wide)
    ax.set(xlabel="beta-binomial regression", ylabel="double machine learning")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter(NullFormatter())
    names = [_change(tick) for tick in ticks]
    ax.set_xticks(ticks, names)
    ax.set_yticks(ticks, names)
    return ax


def plot_beside(ax: Axes, table: pd.DataFrame) -> Axes:
    """Effects on posts as they are beside those of an experiment, two points per lever on a log axis.

    The interval of a feed is thick without an allowance for a bias and thin with it.

    Parameters
    ----------
    table
        From :func:`lib.report.real_tables.levers`.
    """
    y = np.arange(len(table))
    for of, prefixes, at, colour, label in (
        ("truth", ["truth_"], y - 0.16, INK, "experiment"),
        ("effect", ["", "narrow_"], y + 0.16, ACCENT, "posts as they are"),
    ):
        for prefix, width in zip(prefixes, (1.2, 3) if len(prefixes) > 1 else (2,), strict=True):
            ax.hlines(at, 1 + table[f"{prefix}low"], 1 + table[f"{prefix}high"], color=colour, linewidth=width)
        ax.plot(1 + table[of], at, "o", color=colour, markersize=5, label=label)
    ax.axvline(1, color=QUIET, linewidth=1)
    ax.set_xscale("log")
    ends = 1 + table[["low", "high", "truth_low", "truth_high"]]
    ticks = [tick for tick in (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.7, 2) if _inside(tick, ends)]
    ax.set_xticks(ticks, [_change(tick) for tick in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(y, table["name"])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlabel("change of the rate")
    return ax


def _inside(tick: float, ends: pd.DataFrame) -> bool:
    return bool(ends.min().min() * 0.97 <= tick <= ends.max().max() * 1.03)
