"""Every figure is drawn, on a small simulated feed and on a real one without texts and photos."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from lib.report import driver_figures, figures
from lib.report.style import ACCENT, COLOURS, INK, SCALE
from lib.study import diagnostics, groups, open_study, scores


@pytest.fixture(scope="module")
def bare(small):
    return open_study(small.posts.assign(photo=None, text=""))


def residuals(study, grouped):
    held, of = study.held_out("text"), grouped(study).iloc[study.split.test]
    figures.residuals(diagnostics.residuals(held, of), study.activities, height=4)


FIGURES = {
    "counts": figures.counts,
    "rates": figures.rates,
    "correlation": figures.correlation,
    "funnels": figures.funnels,
    "rootograms": figures.rootograms,
    "shrinkage": figures.shrinkage,
    "usual tool": figures.usual_tool,
    "conversions": figures.weighted_conversions,
    "photo map": lambda study: figures.vector_maps(study, "photo"),
    "text map": lambda study: figures.vector_maps(study, "text"),
    "gains": lambda study: figures.gains(study, "photo", "text", "both"),
    "choices": lambda study: figures.choices(study, "text"),
    "few reliabilities": lambda study: figures.few_reliabilities(
        diagnostics.reliability(study.held_out("text")).query("name in @study.activities[:2]")
    ),
    "leaderboard": figures.leaderboard,
    "steps": figures.steps,
    "pit": lambda study: figures.pit(diagnostics.pit_histogram(scores.pit(study, "text"), study.activities)),
    "reliability": lambda study: figures.reliability(diagnostics.reliability(study.held_out("text"))),
    "residuals by views": lambda study: residuals(study, groups.by_views),
    "residuals by topic": lambda study: residuals(study, groups.by_topic),
    "both maps": lambda study: figures.both_maps(study, "text"),
    "found": figures.found,
    "methods": figures.methods,
    "coverage": lambda study: figures.coverage(),
    "by block": driver_figures.by_block,
    "dependence": driver_figures.dependence,
}
TEXT, PHONE = 750, 356  # pixels: at most a figure as wide as the text, and what a phone of 390 pixels leaves for one


@pytest.mark.parametrize("of", ["small", "bare"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_on_any_feed(name, of, request):
    said = FIGURES[name](request.getfixturevalue(of))
    if said is not None:
        assert of == "bare" and ("This feed has no" in said.markup or "same forecast" in said.markup)
        assert not plt.get_fignums()
        return
    drawn = [plt.figure(number) for number in plt.get_fignums()]
    for figure in drawn:
        figure.canvas.draw()
    widths = [round(96 * (figure.get_tightbbox().width + 0.2)) for figure in drawn]
    # book.css knows the picture for the text by a width of 7.. pixels, and the one for a phone by 4..
    assert [str(width)[0] for width in widths] == ["7", "4"][-len(drawn) :] and max(widths) <= TEXT
    letters = [text.get_fontsize() for text in drawn[-1].findobj(Text) if text.get_text() and text.get_visible()]
    assert min(letters) * 96 / 72 * min(1, PHONE / widths[-1]) >= 9


@pytest.mark.parametrize("colour", [*COLOURS.values(), INK, ACCENT, SCALE(0.0), SCALE(1.0)])
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


def test_text_and_photo_are_not_compared_where_a_feed_has_one(small):
    """A regression on text and "no photo" was fitted and shown as both together."""
    texts = open_study(small.posts.assign(photo=None))
    said = figures.gains(texts, "photo", "text", "both")
    assert "This feed has no photos." in said.markup and not plt.get_fignums()
