"""Whole figures of a study: panels, plots and labels in one call."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.betabinomial import rootogram
from lib.models import BOTH
from lib.posts import ACTIVITIES, Language
from lib.report import front_sentences, model_sentences
from lib.report.effects import by_both_methods, coverage_table, discoveries
from lib.report.numbers import label_of
from lib.report.plots_advice import plot_beside, plot_changes, plot_coverage, plot_methods
from lib.report.plots_diagnostics import plot_means, plot_pit, plot_residuals
from lib.report.plots_eda import (
    plot_correlation,
    plot_counts,
    plot_funnel,
    plot_rates,
    plot_rootogram,
    plot_shares,
    plot_shrinkage,
)
from lib.report.plots_models import plot_curve, plot_intervals, plot_map
from lib.report.raw import Html
from lib.report.real_tables import levers
from lib.report.style import (
    COLOURS,
    NARROW,
    QUIET,
    both_widths,
    grid,
    legend_below,
    name_axes,
    name_rows,
    panels,
    say,
    series,
)
from lib.study import Study, ablations, conversions, count_models, errors, groups, scores, usual

GAIN = "gain in log score over no features"


@both_widths
def counts(study: Study) -> None:
    """Histograms of the views and of every activity's counts."""
    axes = panels(2, 4, height=4.2)
    for ax, name in zip(axes.flat, ["view", *ACTIVITIES], strict=True):
        plot_counts(ax, study.posts[name], COLOURS.get(name, QUIET)).set_title(label_of(name))


@both_widths
def rates(study: Study) -> None:
    """Box plots of every activity's rates."""
    plot_rates(panels(height=3.2), study.rates)


def correlation(study: Study) -> None:
    """Rank correlations between the rates of the activities."""
    plot_correlation(panels(height=4.4, width=NARROW), study.rates.corr(method="spearman"))


@both_widths
def funnels(study: Study) -> None:
    """Rate against views, for the most and the least frequent activity."""
    means = count_models.comparison(study).set_index("name")["mean"]
    names = list(dict.fromkeys([count_models.commonest(study), count_models.rarest(study)]))
    for ax, name in zip(panels(1, len(names), height=3.0, squeeze=False)[0], names, strict=True):
        plot_funnel(ax, study.views, study.counts[:, study.column(name)], name, means[name])


@both_widths
def rootograms(study: Study) -> None:
    """The least frequent activity's counts under each count model."""
    name, train = count_models.rarest(study), study.split.train
    k, n = study.counts[train, study.column(name)], study.views[train]
    axes = panels(1, 3, height=2.9, sharey=True)
    for ax, model in zip(axes, count_models.fitted(study)[name], strict=True):
        plot_rootogram(ax, rootogram(model, k, n), COLOURS[name]).set_title(model.name)
    name_rows(axes, "√ posts")


@both_widths
def shrinkage(study: Study) -> None:
    """Shrunk against raw rates of the least frequent activity."""
    name = count_models.rarest(study)
    plot_shrinkage(panels(height=3.4), count_models.shrinkage(study, name), name)


def usual_tool(study: Study) -> None:
    """Coefficients of the binomial regression, with usual and robust intervals, and of the beta-binomial."""
    of = usual.comparison(study).coefficients
    ax = panels(height=1.2 + 0.4 * of["name"].nunique(), width=NARROW)
    for offset, (tool, colour) in zip((-0.2, 0.0, 0.2), series(*usual.TOOLS), strict=True):
        plot_intervals(ax, of[of["tool"] == tool], tool, colour, offset)
    ax.set_xlabel("coefficient, log odds")
    legend_below(ax)


@both_widths
def weighted_conversions(study: Study) -> None:
    """Histograms of the assignment's conversion with either weighting."""
    for ax, weights in zip(panels(1, 2, height=2.6), conversions.WEIGHTS, strict=True):
        plot_shares(ax, conversions.conversion(study, weights)).set_title(weights)


@both_widths
def vector_maps(study: Study, kind: str) -> Html | None:
    """The vectors of "photo" or "text" in the plane, coloured by the predicted rates of the two featured activities."""
    if none := _absent(study, kind):
        return none
    points, rows = groups.map_of(study, f"{kind}_vector")
    mean, activities = study.forecast(kind).mean, scores.featured(study, kind)[:2]
    axes = panels(1, len(activities), height=3.2, squeeze=False)[0]
    for ax, activity in zip(axes, activities, strict=True):
        plot_map(ax, points, mean[:, study.column(activity)][rows], f"predicted {label_of(activity)} rate")


def gains(study: Study, *names: str, height: float = 3.6) -> Html | None:
    """Gain of some forecasts over no features, by activity."""
    if none := _absent(study, names[-1]):
        return none
    ax = panels(height=height, width=NARROW)
    offsets = (np.arange(len(names)) - (len(names) - 1) / 2) * (0.2 if len(names) < 4 else 0.18)
    for offset, (name, colour) in zip(offsets, series(*names), strict=True):
        plot_intervals(ax, scores.gains(study, name), label_of(name), colour, offset)
    ax.set_xlabel(f"{GAIN},\nnats per post")
    legend_below(ax)


def encoders(study: Study, kind: str) -> Html | None:
    """Gain by encoder of "photo" or "text", the best by cross-fitted score first."""
    if none := _absent(study, kind):
        return none
    ax = panels(height=2.6, width=NARROW)
    plot_intervals(ax, ablations.encoder_table(study, kind), "gain")
    ax.set_xlabel(f"{GAIN},\nnats per post and activity")


@both_widths
def choices(study: Study, kind: str) -> Html | None:
    """Gain by number of components of a vector, and by number of training posts."""
    if none := _absent(study, kind):
        return none
    axes = panels(1, 2, height=3.0)
    plot_curve(axes[0], ablations.component_table(study, kind), "components of the vector")
    plot_curve(axes[1], ablations.learning_curve(study, kind), "training posts")
    name_rows(axes, "gain, nats per post and activity")


@both_widths
def few_reliabilities(table: pd.DataFrame) -> Html | None:
    """Observed against predicted rates of up to four activities; from :func:`lib.study.diagnostics.reliability`."""
    names = list(dict.fromkeys(table["name"]))
    if len(table) == len(names):
        return Html("<p><em>Every post has the same forecast.</em></p>")
    axes = panels(1, len(names), height=2.9, squeeze=False)[0]
    for ax, activity in zip(axes, names, strict=True):
        plot_means(ax, table, activity)
    name_axes(axes, "predicted rate", "observed rate")


def leaderboard(study: Study) -> None:
    """Gain of every forecast over no features."""
    ax = panels(height=3.2, width=NARROW)
    plot_intervals(ax, scores.leaderboard(study), "gain")
    ax.set_xlabel(f"{GAIN},\nnats per post and activity")


def steps(study: Study) -> None:
    """Gain of each step, from one source to the blend."""
    ax = panels(height=3.2, width=NARROW)
    plot_intervals(ax, scores.increments(study), "gain of the step")
    ax.set_xlabel("gain in log score,\nnats per post and activity")


@both_widths
def pit(table: pd.DataFrame) -> None:
    """PIT histograms, one panel per activity; from :func:`lib.study.diagnostics.pit_histogram`."""
    names = list(dict.fromkeys(table["name"]))
    axes = grid(len(names))
    for ax, activity in zip(axes, names, strict=True):
        plot_pit(ax, table, activity)
    name_axes(axes, "probability that the forecast gave to no more than the count", "density")


@both_widths
def reliability(table: pd.DataFrame) -> None:
    """Observed against predicted rates, one panel per activity; from :func:`lib.study.diagnostics.reliability`."""
    names = list(dict.fromkeys(table["name"]))
    axes = grid(len(names), sharex=False, sharey=False)
    for ax, activity in zip(axes, names, strict=True):
        plot_means(ax, table, activity)
    name_axes(axes, "predicted rate", "observed rate")


@both_widths
def residuals(table: pd.DataFrame, activities: list[str], height: float, label: str = "") -> None:
    """Observed over predicted rate by group, one panel per activity; from :func:`lib.study.diagnostics.residuals`."""
    axes = grid(len(activities), height)
    for ax, activity in zip(axes, activities, strict=True):
        plot_residuals(ax, table, activity)
    name_axes(axes, "observed over predicted rate", label)


@both_widths
def both_maps(study: Study, name: str) -> None:
    """The test posts in the plane, coloured by predicted and by observed rate."""
    points, rows = groups.map_of_both(study)
    activities = scores.featured(study, name)[:2]
    mean = study.forecast(name).mean[rows]
    axes = panels(len(activities), 2, height=3.1 * len(activities), squeeze=False)
    for (left, right), activity in zip(axes, activities, strict=True):
        plot_map(left, points, mean[:, study.column(activity)], f"predicted {label_of(activity)} rate")
        plot_map(right, points, study.rates[activity].to_numpy()[rows], f"observed {label_of(activity)} rate")


def skill(study: Study) -> None:
    """Gain of the best forecast by kind of post, narrow enough for a phone; a line marks the gain on all posts."""
    table = errors.skill(study, scores.best(study))
    if table.empty:
        say(panels(height=1.0, width=NARROW), "too few posts to tell kinds apart").set_axis_off()
        return
    ways = list(table.groupby("by", sort=False))
    sizes, height = [len(part) + 1 for _, part in ways], 0.8 + 0.23 * (len(table) + 2 * len(ways))
    of = {"sharex": True, "squeeze": False, "gridspec_kw": {"height_ratios": sizes}}
    axes = panels(len(ways), 1, height=height, width=NARROW, **of)[:, 0]
    for ax, (by, part) in zip(axes, ways, strict=True):
        plot_intervals(ax, part, "gain").set_title(by)
        ax.set_ylim(len(part) - 0.4, -0.6)
        ax.axvline(scores.gain(study, scores.best(study)).value, color=QUIET, linestyle=":", linewidth=1)
    axes[-1].set_xlabel("gain over no features, nats")


def found(study: Study, most: int = 25) -> None:
    """The strongest effects beyond chance, narrow enough for a phone."""
    _changes(discoveries(study).head(most), "no effect is beyond chance")


def strongest(study: Study, language: Language = "en") -> None:
    """The strongest sure change for each goal, narrow enough for a phone."""
    nothing = {"en": "no change is sure", "ru": "надёжных правок нет"}[language]
    _changes(front_sentences.strongest_changes(study, language), nothing)


def _absent(study: Study, kind: str) -> Html | None:
    """Words in place of a figure of the photo, the text or both, where a feed has none."""
    needed = [each for each in ("photo", "text") if kind in (each, BOTH)]
    missing = [f"no {each}s" for each in needed if not model_sentences.has(study, each)]
    return Html(f"<p><em>This feed has {' and '.join(missing)}.</em></p>") if missing else None


def _changes(table: pd.DataFrame, nothing: str) -> None:
    ax = panels(height=0.6 + 0.75 * max(len(table), 1), width=NARROW)
    if table.empty:
        say(ax, nothing)
    else:
        plot_changes(ax, table)


@both_widths
def methods(study: Study) -> None:
    """Every effect by double machine learning against the same by the regression."""
    ax = panels(height=4.2)
    plot_methods(ax, by_both_methods(study))
    legend_below(ax)


@both_widths
def coverage() -> None:
    """How often the intervals of each lever held the true effect, on simulated feeds."""
    plot_coverage(panels(height=3.6), coverage_table())


def experiment(study: Study) -> None:
    """Effects of levers on feeds drawn from randomised tests, beside those of the tests."""
    table = levers(study.controls.dated)
    ax = panels(height=1.0 + 0.38 * len(table), width=NARROW)
    plot_beside(ax, table)
    legend_below(ax)
