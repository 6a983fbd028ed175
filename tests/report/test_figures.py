"""Every figure is drawn, on a small simulated feed and on a real one without texts and photos."""

import matplotlib.pyplot as plt
import pytest

from lib.report import effects, figures
from lib.report.plots_advice import plot_coverage, plot_methods
from lib.report.plots_eda import plot_correlation, plot_rates, plot_shrinkage
from lib.report.style import panels
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
