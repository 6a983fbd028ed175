import matplotlib.pyplot as plt
import pytest

from lib.posts import ACTIVITIES
from lib.report import style


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize(("number", "columns"), [(1, 4), (3, 4), (5, 4), (7, 4), (2, 1)])
def test_a_grid_has_no_empty_panel(number, columns):
    axes = style.grid(number, columns=columns)
    style.name_axes(axes, "x", "y")
    axes[0].figure.canvas.draw()
    assert len(axes) == number == len(axes[0].figure.axes)
    assert axes[0].figure.get_figwidth() == style.WIDTH


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
