"""Figures of chapter 6."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from lib.advice import FALSE_DISCOVERY_RATE
from lib.report.numbers import label_of
from lib.report.style import ACCENT, COLOURS, INK, QUIET, percent_axis


def plot_effects(ax: Axes, table: pd.DataFrame, activity: str) -> Axes:
    """Forest plot of the effects on one activity, one row per lever; discoveries in colour.

    A hollow point is an average over topics that differ.

    Parameters
    ----------
    table
        From :func:`lib.report.effects.averages`, of all activities. A column ``truth`` is marked by upright strokes.
    """
    shown = table[table["activity"] == activity].reset_index(drop=True)
    found = (shown["q"] <= FALSE_DISCOVERY_RATE) | (shown["state"] == "differs by topic")
    colours = np.where(found, COLOURS[activity], "#b9c2c9")
    for row, effect in shown.dropna(subset="effect").iterrows():
        ax.plot([1 + effect["low"], 1 + effect["high"]], [row, row], color=colours[row], linewidth=2)
        hollow = "white" if effect["state"] == "differs by topic" else colours[row]
        ax.plot(1 + effect["effect"], row, "o", color=colours[row], markerfacecolor=hollow, markersize=4)
        if "truth" in shown:
            ax.plot(1 + effect["truth"], row, "|", color=INK, markersize=7, markeredgewidth=1.2)
    ax.axvline(1, color=QUIET, linewidth=1)
    ax.set_xscale("log")
    far = np.nanmax([4.0, *(1 + shown["high"])])
    ax.set_xlim(0.3, 1.2 * far)
    ticks = [0.5, 1, 2] if far < 8 else [1, 10]
    ax.set_xticks(ticks, [_change(tick) for tick in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(range(len(shown)), shown["name"])
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_title(label_of(activity))
    return ax


def plot_strongest(ax: Axes, table: pd.DataFrame) -> Axes:
    """The strongest change for each goal, one row each: with its words above its interval.

    Parameters
    ----------
    table
        From :func:`lib.report.front_sentences.strongest_changes`.
    """
    ends = 1 + table[["low", "high"]]
    for row, change in table.iterrows():
        colour = COLOURS[change["goal"]]
        ax.plot(ends.loc[row], [row, row], color=colour, linewidth=3)
        ax.plot(1 + change["effect"], row, "o", color=colour, markersize=7)
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
    percent_axis(ax, "x", log=False)
    ax.set_xlabel("of the 95 % intervals held the true effect")
    return ax


def plot_methods(ax: Axes, table: pd.DataFrame) -> Axes:
    """Effects by two methods against each other, on log axes; effects that differ significantly in colour.

    Parameters
    ----------
    table
        From :func:`lib.report.effects.by_both_methods`.
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
