import matplotlib.pyplot as plt
import numpy as np
import pytest

from lib.posts import ACTIVITIES
from lib.report import style


@pytest.mark.parametrize(("number", "columns"), [(1, 4), (3, 4), (5, 4), (7, 4), (2, 1)])
def test_a_grid_has_no_empty_panel(number, columns):
    axes = style.grid(number, columns=columns)
    style.name_axes(axes, "x", "y")
    axes[0].figure.canvas.draw()
    assert len(axes) == number == len(axes[0].figure.axes)
    assert axes[0].figure.get_figwidth() == style.WIDTH


def test_for_a_phone_the_same_panels_lie_below_one_another():
    """A figure of several panels kept its width on a phone, and scrolled."""

    @style.both_widths
    def draw(panels):
        shapes.append([np.shape(axes := panels()), np.ravel(axes)[0].get_gridspec().get_geometry()])

    shapes = []
    draw(lambda: style.panels(2, 4, height=4))
    draw(lambda: style.panels(1, 3, height=3, squeeze=False))
    draw(style.panels)
    draw(lambda: style.grid(5))
    assert shapes == [
        *([(2, 4), (2, 4)], [(2, 4), (4, 2)]),
        *([(1, 3), (1, 3)], [(1, 3), (3, 1)]),
        *([(), (1, 1)], [(), (1, 1)]),
        *([(5,), (2, 4)], [(5,), (3, 2)]),
    ]
    sizes = [tuple(plt.figure(number).get_size_inches()) for number in plt.get_fignums()]
    assert sizes[:4] == [(style.WIDTH, 4), (style.NARROW, 8), (style.WIDTH, 3), (style.NARROW, 9)]


def test_words_in_place_of_a_figure_are_said_once():
    said = []
    assert style.both_widths(lambda: said.append(1) or "nothing")() == "nothing" and said == [1]


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (999, "999"), (1000, "1k"), (25_000, "25k"), (7_000_000, "7m")])
def test_round_numbers_are_short_on_an_axis(value, text):
    assert style.short(value) == text


def test_every_activity_has_a_colour_and_the_last_of_a_series_stands_out():
    assert len(set(style.COLOURS.values())) == len(ACTIVITIES)
    for names in ("ab", "abc", "abcd"):
        found = style.series(*names)
        assert [name for name, _ in found] == list(names) and found[-1][1] == style.ACCENT
        assert len({colour for _, colour in found}) == len(names)


def test_an_axis_of_shares_reads_as_percent():
    for log, share, text in ((True, 0.001, "0.1 %"), (False, 0.5, "50 %")):
        ax = style.panels()
        ax.plot([0.001, 0.5], [1, 2])
        style.percent_axis(ax, "x", log=log)
        ax.figure.canvas.draw()
        assert ax.xaxis.get_major_formatter()(share, 0) == text
