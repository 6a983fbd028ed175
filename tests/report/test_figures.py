"""Every figure is drawn, on a small simulated feed and on a real one without texts and photos."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from lib.report import effects, figures
from lib.report.plots_advice import plot_coverage, plot_methods
from lib.report.plots_eda import plot_correlation, plot_rates, plot_shrinkage
from lib.report.style import ACCENT, COLOURS, INK, panels
from lib.study import count_models, diagnostics, groups, open_study, scores


@pytest.fixture(scope="module")
def bare(small):
    return open_study(small.posts.assign(photo=None, text=""))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def residuals(study, grouped):
    held, of = study.held_out("text"), grouped(study).iloc[study.split.test]
    figures.residuals(diagnostics.residuals(held, of), study.activities, height=4)


FIGURES = {
    "counts": figures.counts,
    "rates": lambda study: plot_rates(panels(), study.rates),
    "correlation": lambda study: plot_correlation(panels(), study.rates.corr()),
    "funnels": figures.funnels,
    "rootograms": figures.rootograms,
    "shrinkage": lambda study: plot_shrinkage(panels(), count_models.shrinkage(study, study.activities[0]), "like"),
    "usual tool": figures.usual_tool,
    "conversions": figures.weighted_conversions,
    "photo map": lambda study: figures.vector_maps(study, "photo"),
    "text map": lambda study: figures.vector_maps(study, "text"),
    "gains": lambda study: figures.gains(study, "photo", "text", "both"),
    "choices": lambda study: figures.choices(study, "text"),
    "few reliabilities": lambda study: figures.few_reliabilities(
        diagnostics.reliability(study.held_out("text")).query("name in @study.activities[:2]")
    ),
    "covered photos": lambda study: figures.covered_photos(study, study.activities[0]),
    "leaderboard": figures.leaderboard,
    "steps": figures.steps,
    "pit": lambda study: figures.pit(diagnostics.pit_histogram(scores.pit(study, "text"), study.activities)),
    "reliability": lambda study: figures.reliability(diagnostics.reliability(study.held_out("text"))),
    "residuals by views": lambda study: residuals(study, groups.by_views),
    "residuals by topic": lambda study: residuals(study, groups.by_topic),
    "both maps": lambda study: figures.both_maps(study, "text"),
    "found": figures.found,
    "methods": lambda study: plot_methods(panels(), effects.by_both_methods(study)),
    "coverage": lambda study: plot_coverage(panels(), effects.coverage_table()),
}


@pytest.mark.parametrize("of", ["small", "bare"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_on_any_feed(name, of, request):
    FIGURES[name](request.getfixturevalue(of))
    assert plt.get_fignums()
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()


@pytest.mark.parametrize("colour", [*COLOURS.values(), INK, ACCENT])
def test_a_colour_stands_out_on_a_light_and_on_a_dark_page(colour):
    rgb = np.array(to_rgb(colour))
    assert contrast(rgb, np.ones(3)) >= 3
    # The filters of book.css, after the Filter Effects specification: invert, then turn the hue by half a circle.
    luma = np.array([0.213, 0.715, 0.072])
    turned = np.clip((2 * np.outer(np.ones(3), luma) - np.eye(3)) @ (1 - rgb), 0, 1)
    assert contrast(turned, np.full(3, 0x22 / 255)) >= 3


def contrast(one, other):
    """The contrast of two colours by the Web Content Accessibility Guidelines."""
    light = [
        np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722] for c in (one, other)
    ]
    return (max(light) + 0.05) / (min(light) + 0.05)
