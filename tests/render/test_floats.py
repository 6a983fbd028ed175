"""Figures and tables with captions."""

from __future__ import annotations

import pytest

from lib.render.portable.crossref import NAMES, Target
from lib.render.portable.floats import floats

TARGETS = {name: Target(name, name[:3], "1.1", "a.qmd", "a.qmd:1") for name in ("fig-a", "tbl-a")}


def test_the_last_paragraph_of_a_figure_is_its_caption():
    text = "::: {#fig-a}\n\nFirst.\n\n```\n:::\n```\n\nThe caption\nin two lines.\n:::\n\nAfter."
    out = floats(text, TARGETS)
    assert "Figure\u00a01.1: The caption in two lines." in out
    parts = ("First.", "<figcaption", "Figure", "</figure>", "After.")
    assert [out.index(part) for part in parts] == sorted(out.index(part) for part in parts)
    bare = floats("::: {#fig-a}\n\nProse.\n\n![](a.png)\n:::", TARGETS)
    assert "Prose." in bare.split("<figcaption")[0]
    assert "Figure\u00a01.1\n" in bare


@pytest.mark.parametrize(
    "text",
    [
        "::: {#tbl-a}\n\n| a |\n|---|\n| 1 |\n\nRates.\n\n:::",
        "::: {#tbl-a}\n\n```{.python .cell-code}\ncode\n```\n\n| a |\n|---|\n| 1 |\n\nRates.\n\n:::",
    ],
)
def test_the_caption_of_a_table_is_above_the_table_and_below_its_code(text):
    table = floats(text, TARGETS)
    assert table.index("Table\u00a01.1: Rates.") < table.index("| a |")
    assert "cell-code" not in table or table.index("cell-code") < table.index("Rates.")


def test_a_markdown_table_and_a_labelled_picture_get_numbers():
    assert "Table\u00a01.1: Rates {#tbl-a}" in floats("| a |\n|---|\n\n: Rates {#tbl-a}", TARGETS)
    picture = floats('![A *plot*](a.png){#fig-a fig-alt="x"}', TARGETS)
    assert '![](a.png){fig-alt="x"}' in picture
    assert picture.index("a.png") < picture.index("Figure\u00a01.1: A *plot*")


def test_a_russian_page_has_russian_names():
    out = floats("::: {#fig-a}\n\n![](a.png)\n\nЧто видно.\n:::", TARGETS, NAMES["ru"])
    assert "Рисунок\u00a01.1: Что видно." in out and NAMES["ru"].keys() == NAMES["en"].keys()
