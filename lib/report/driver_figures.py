"""Whole figures of chapter 5 on what drives a forecast, on the match of text and photo, and on training choices."""

from __future__ import annotations

from lib.report.driver_sentences import label
from lib.report.numbers import label_of
from lib.report.plots_models import plot_intervals
from lib.report.style import (
    ACCENT,
    COLOURS,
    NARROW,
    QUIET,
    both_widths,
    grid,
    legend_below,
    name_axes,
    name_rows,
    panels,
    percent_axis,
    say,
)
from lib.study import Study, importance, match, scores


@both_widths
def by_block(study: Study) -> None:
    """Loss of the chosen forecast without text, photo and each of their blocks, one panel per activity."""
    table = importance.by_block(study)
    axes = grid(len(study.activities) + 1, 5.8, sharex=False)
    for ax, activity in zip(axes, [importance.ALL, *study.activities], strict=True):
        rows = table[table["activity"] == activity]
        (plot_intervals(ax, rows, "loss") if len(rows) else say(ax, "no features")).set_title(label_of(activity))
    name_axes(axes, "loss of log score, nats per post")


@both_widths
def dependence(study: Study) -> None:
    """Partial dependence of the responses of readers on the strongest readable features, one panel per feature."""
    table = importance.curves(study)
    names = list(dict.fromkeys(table["name"]))
    axes = panels(1, max(len(names), 2), height=3.2, sharey=True)
    for ax, name in zip(axes, names, strict=False):
        for activity in scores.RESPONSES:
            of = table[(table["name"] == name) & (table["activity"] == activity)]
            if len(of):
                ax.plot(of["at"], of["ratio"], color=COLOURS[activity], marker="o", markersize=4, linewidth=2)
                ax.lines[-1].set_label(label_of(activity))
        ax.axhline(1, color=QUIET, linewidth=1)
        ax.set_xlabel(label(name))
    for ax in axes[len(names) :]:
        say(ax, "" if names else "no feature").set_axis_off()
    if names:
        name_rows(axes[: len(names)], "predicted rate over usual")
        legend_below(axes)


def match_effects(study: Study) -> None:
    """Change of each rate with the match of text and photo, adjusted in two ways."""
    table, ax = match.effects(study), panels(height=3.4, width=NARROW)
    if table.empty:
        say(ax, "no match is known")
        return
    for adjusted, offset, colour in ((match.TOPIC, -0.12, QUIET), (match.EVERYTHING, 0.12, ACCENT)):
        of = table[table["adjusted"] == adjusted].set_index("name").reindex(study.activities).reset_index()
        plot_intervals(ax, of, adjusted, colour, offset)
    ax.set_xlabel("change of the rate with\none standard deviation more of match")
    percent_axis(ax, "x", log=False)
    legend_below(ax)
