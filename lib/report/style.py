"""The house style of the figures. Every plot_* function draws on the Axes it is given and returns them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import wraps

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from lib.posts import ACTIVITIES
from lib.report.raw import Html

INK, QUIET, ACCENT = "#22303c", "#8895a0", "#c2410c"
# As seaborn's palette "colorblind", darker: they stand out from white, and turned round from a dark page (book.css).
_PALETTE = ("#0173b2", "#b36b00", "#00805c", "#c44f00", "#b0509f", "#8f5f35", "#6b4fc0")
COLOURS = dict(zip(ACTIVITIES, _PALETTE, strict=True))
# Values from low to high: the part of magma that stands out from both pages too.
SCALE = ListedColormap(colormaps["magma"](np.linspace(0.1, 0.68, 64)))
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
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
}
WIDTH, NARROW = 7.6, 4.4  # inches: as wide as the text, and as a phone
_width = ContextVar("width", default=WIDTH)


def both_widths(draw: Callable[..., Html | None]) -> Callable[..., Html | None]:
    """A figure that is drawn twice: as wide as the text, then for a phone. Each page shows one (book.css).

    Words in place of a figure are returned once.
    """

    @wraps(draw)
    def drawn(*args: object, **kwargs: object) -> Html | None:
        for width in (WIDTH, NARROW):
            before = _width.set(width)
            try:
                said = draw(*args, **kwargs)
            finally:
                _width.reset(before)
            if said is not None:
                break
        return said

    return drawn


def panels(
    rows: int = 1,
    columns: int = 1,
    height: float = 3.2,
    width: float | None = None,
    squeeze: bool = True,
    **kwargs: object,
) -> np.ndarray | Axes:
    """Axes of a new figure, one or an array of them, in the house style.

    For a phone the array is the same, but fewer panels lie side by side.

    Parameters
    ----------
    height, width
        Size of the whole figure, in inches. For a phone the rows keep their height.
    squeeze
        Whether an axis of length one is left out of the array.
    kwargs
        Passed to ``plt.subplots``, such as ``sharex``.
    """
    axes = _axes(rows * columns, columns, height / rows, width or _width.get(), **kwargs).reshape(rows, columns)
    return axes.squeeze()[()] if squeeze else axes


def short(value: int) -> str:
    """A round number in short form for an axis: 10k, 1m."""
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if value >= size:
            return f"{value // size}{letter}"
    return str(value)


def series(*names: str) -> list[tuple[str, str]]:
    """Pairs of name and colour for two to four series on the same axes; the last series stands out."""
    return list(zip(names, [*[QUIET, "#0173b2", "#029e73"][: len(names) - 1], ACCENT], strict=True))


def percent_axis(ax: Axes, which: str, log: bool = True) -> None:
    """Label an axis of shares in percent."""
    if log:
        (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        axis = ax.xaxis if which == "x" else ax.yaxis
        axis.set_major_locator(_Shares(subs=(1, 3)))
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.10f}".rstrip("0").rstrip(".") + " %"))
        axis.set_minor_formatter(NullFormatter())
    else:
        (ax.xaxis if which == "x" else ax.yaxis).set_major_formatter(PercentFormatter(1, symbol=" %"))


class _Shares(LogLocator):
    """Ticks at 1 and 3 of each decade; at 1 alone on a horizontal axis that is too short for the labels of both."""

    LETTER = 7.5  # points: the width of a letter of a label, with its part of the gap to the next label

    def tick_values(self, vmin: float, vmax: float) -> np.ndarray:
        ticks = super().tick_values(vmin, vmax)
        axes = self.axis.axes
        labels = [self.axis.get_major_formatter()(tick) for tick in ticks if vmin <= tick <= vmax]
        long = self.LETTER * sum(map(len, labels)) > axes.bbox.width * 72 / axes.figure.dpi
        return ticks if self.axis is not axes.xaxis or not long else LogLocator().tick_values(vmin, vmax)


def say(ax: Axes, words: str) -> Axes:
    """Write words on the axes where there is nothing to draw."""
    ax.set(xticks=[], yticks=[])
    ax.text(0.5, 0.5, words, ha="center", va="center", color=QUIET, transform=ax.transAxes)
    return ax


def legend_below(axes: Axes | Sequence[Axes]) -> None:
    """Draw one legend for the whole figure, below its panels."""
    ax = axes if isinstance(axes, Axes) else np.ravel(axes)[0]
    handles, labels = ax.get_legend_handles_labels()
    most = 4 if ax.figure.get_figwidth() > NARROW else 3
    ax.figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), most), frameon=False)


def grid(number: int, height: float = 4.2, columns: int = 4, **kwargs: object) -> list[Axes]:
    """Axes of ``number`` small panels. They share both axes unless ``kwargs`` say otherwise.

    Parameters
    ----------
    height
        Height of two rows of panels, in inches; the figure's height is proportional to its number of rows.
    kwargs
        Passed to ``plt.subplots``.
    """
    shared = {"sharex": True, "sharey": True} | kwargs
    least = 1.2 if number <= columns else 1.0
    return list(_axes(number, columns, least * height / 2, _width.get(), **shared))


def _axes(number: int, columns: int, height: float, width: float, **kwargs: object) -> np.ndarray:
    """The axes of panels of a height, none narrower than so many columns make them at the width of the text."""
    plt.rcParams.update(STYLE)
    plt.uninstall_repl_displayhook()  # which draws a figure of a notebook once more before it is shown
    columns = min(number, max(1, int(columns * (width / WIDTH))))
    rows = -(-number // columns)
    size = (width, rows * height)
    axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False, **kwargs)[1].ravel()
    for ax in axes[number:]:
        ax.remove()
    for ax in axes[max(number - columns, 0) : number]:
        ax.tick_params(labelbottom=True)
    return axes[:number]


def name_rows(axes: Sequence[Axes], y: str) -> None:
    """Write the label of the vertical axis before each row of panels."""
    for ax in axes:
        if ax.get_subplotspec().is_first_col():
            ax.set_ylabel(y)


def name_axes(axes: list[Axes], x: str, y: str = "") -> None:
    """Write the axis labels that all panels of a grid share."""
    axes[0].figure.supxlabel(x, fontsize=10)
    axes[0].figure.supylabel(y, fontsize=10)
