"""The portable renderer on a small book: what readers see, and what stops a render."""

from __future__ import annotations

import shutil

import pytest
from bs4 import BeautifulSoup
from crawl import crawl

from lib.render.portable.book import render_portable
from lib.render.portable.qmd import ChapterError


def words(soup: BeautifulSoup) -> str:
    return " ".join(soup.main.get_text().replace("\u00a0", " ").split())


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("index.html", "See Chapter 1, Figure 1.1, Table 2.1 and Section 2.1."),
        ("index.html", "Table 1: A map of the chapters"),
        ("index.html", "As Table 1 shows (see Lee and Räy 2001b, p. 3; Knuth 1984), and as Lee and Räy (2001a) says."),
        ("chapters/01-first.html", "1 First"),
        ("chapters/01-first.html", "Nothing here is real."),
        ("chapters/01-first.html", "The posts number 4000, 2 of them good, at $5 each."),
        ("chapters/01-first.html", "Knuth (1984, p. 3) wrote"),
        ("chapters/01-first.html", "not @fig-this in code"),
        ("chapters/01-first.html", "1.1 Plots with ρ"),
        ("chapters/01-first.html", "Figure 1.1: A line; see Equation 1.1 (and Lee and Räy 2001b)."),
        ("chapters/01-first.html", "Figure 1.2: All 4,000 posts, computed."),
        ("chapters/01-first.html", "Figure 1.3: A picture of ours"),
        ("chapters/01-first.html", "(1.1)"),
        ("chapters/01-first.html", "See Equation 1.1, Figure 1.1, Figure 1.2, 1.1, Fig. 1.3 and Section 1.1."),
        ("chapters/01-first.html", "With Table 1.1 and emphasis."),
        ("chapters/01-first.html", "1.1.1 Deeper"),
        ("chapters/01-first.html", "Table 1.1: A table of numbers"),
        ("chapters/01-first.html", "<script>alert(1)</script>"),
        ("chapters/01-first.html", "item one"),
        ("chapters/01-first.html", "printed True"),
        ("chapters/01-first.html", "How it is drawn"),
        ("chapters/02-second.html", "Back to Figure 1.2 and to Chapter 1."),
        ("chapters/02-second.html", "Table 2.1: Rates of 7 activities."),
        ("chapters/02-second.html", "2.2 Then As Section 2.2 says."),
        ("chapters/02-second.html", "Figure 2.1: A pair for 7 activities. One. in a list Two, bold and slanted."),
        ("references.html", "Knuth, Donald E."),
    ],
)
def test_readers_see(pages, page, text):
    assert text in words(pages[page])


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("chapters/01-first.html", "the setup cell is not shown"),
        ("chapters/01-first.html", "UserWarning"),
        ("chapters/01-first.html", "for word in"),
        ("references.html", "Never cited"),
    ],
)
def test_readers_do_not_see(pages, page, text):
    assert text not in words(pages[page])


def test_pictures_are_files_with_alt_text(project, pages):
    first = pages["chapters/01-first.html"]
    picture = first.select_one("#fig-first-plot img")
    assert picture["alt"] == 'A line that "rises" <fast>.'
    assert (project / "_book/chapters" / picture["src"]).read_bytes().startswith(b"\x89PNG")
    assert first.select_one("#fig-first-plot figcaption a.citation")["href"] == "../references.html#ref-lee2001"
    assert first.select_one("#tbl-first-frame table")
    assert len(first.select(".quarto-layout-cell img")) == 2
    assert [item.get_text() for item in first.select(".panel-tabset .nav-link")] == ["One", "Two"]
    assert first.select_one("details.code-fold summary")


def test_pictures_of_a_figure_stand_side_by_side_with_computed_alt_text(pages):
    pictures = pages["chapters/02-second.html"].select("#fig-second-pair .quarto-layout-cell img")
    assert [picture["alt"] for picture in pictures] == ["3 dots.", "Another."]
    assert {picture["src"] for picture in pictures} == {"../pictures/dot.svg"}


def test_one_chapter_is_rendered_among_the_others(project, tmp_path):
    root = tmp_path / "book"
    shutil.copytree(project, root)
    first, second = root / "_book/chapters/01-first.html", root / "chapters/02-second.qmd"
    before = first.read_text("utf-8")
    second.write_text(second.read_text("utf-8").replace("Back to", "Once more to"), encoding="utf-8")
    render_portable(root, "chapters/02-second.qmd", say=lambda line: None)
    assert "Once more to" in (root / "_book/chapters/02-second.html").read_text("utf-8")
    assert first.read_text("utf-8") == before
    assert crawl(root / "_book") == []


def test_one_chapter_of_a_book_never_rendered(edited):
    root = edited("", "```{python}", "1", "```", chapter="chapters/01-first.qmd")
    page = render_portable(root, "chapters/02-second.qmd", say=lambda line: None)
    assert "not been rendered yet" in (page.parent / "chapters/01-first.html").read_text("utf-8")
    assert crawl(page.parent) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["See @fig-none."], "chapters/02-second.qmd:10: nothing is labelled fig-none"),
        (["", "See [@nobody, p. 3]."], "chapters/02-second.qmd:11: no entry nobody in the bibliography"),
        (
            ["[@tbl-second-rates; @knuth84]"],
            "02-second.qmd:10: a citation and a cross-reference in one pair of brackets",
        ),
        (["![A](x.svg){#fig-first-plot}"], "chapters/02-second.qmd:10: the label fig-first-plot is already used"),
        (["$a \\unknown b$"], "chapters/02-second.qmd:10: the formula a \\unknown b can't be converted"),
        (["[there](nowhere.qmd)"], "chapters/02-second.qmd: the link nowhere.qmd leads nowhere"),
        (["```{python}", "#| label: tbl-second-rates", "1", "```"], "02-second.qmd:10: the label tbl-second-rates is"),
        (["```{python}", "#| labl: x", "1", "```"], "chapters/02-second.qmd:10: unknown cell option 'labl'"),
        (["```{python}", "1"], "chapters/02-second.qmd:10: this code block has no closing"),
        (["`{python} 1 +", "1`"], "chapters/02-second.qmd:10: an inline expression must stand on one line"),
    ],
)
def test_what_the_source_shows_to_be_wrong_stops_the_render(edited, lines, message):
    with pytest.raises(ChapterError) as error:
        render_portable(edited(*lines), say=lambda line: None)
    assert message in str(error.value)
