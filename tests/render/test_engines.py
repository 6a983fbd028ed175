"""The portable renderer on a small book: what readers see, and what stops a render."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from crawl import crawl

from lib.render import engines
from lib.render import engines as render_module
from lib.render.engines import find_chapter, render
from lib.render.portable.book import render_portable
from lib.render.portable.qmd import ChapterError

BOOK = Path(__file__).parent / "book"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The small book, rendered once."""
    root = tmp_path_factory.mktemp("project") / "book"
    shutil.copytree(BOOK, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOOK_ROOT", str(root))
        render_portable(root, say=lambda line: None)
    return root


@pytest.fixture(scope="module")
def pages(project):
    names = ("index.html", "chapters/01-first.html", "chapters/02-second.html", "references.html")
    return {name: BeautifulSoup((project / "_book" / name).read_text("utf-8"), "html.parser") for name in names}


@pytest.fixture
def copy(tmp_path):
    """The book with nothing to run, to be broken."""
    root = tmp_path / "book"
    shutil.copytree(BOOK, root)
    (root / "chapters/01-first.qmd").write_text(
        "# First {#sec-first}\n\n![A](../pictures/dot.svg){#fig-first-plot fig-alt=a}\n\n"
        "![B](../pictures/dot.svg){#fig-first-computed fig-alt=b}\n",
        encoding="utf-8",
    )
    (root / "chapters/02-second.qmd").write_text(
        "# Second {#sec-second}\n\n## Why {#sec-second-why}\n\n| a |\n|---|\n| 1 |\n\n: Rates {#tbl-second-rates}\n",
        encoding="utf-8",
    )
    return root


def edit(root: Path, name: str, *lines: str) -> None:
    path = root / name
    path.write_text("\n".join([path.read_text("utf-8").rstrip("\n"), *lines, ""]), encoding="utf-8")


def words(soup: BeautifulSoup) -> str:
    return " ".join(soup.main.get_text().replace("\u00a0", " ").split())


def test_a_reader_who_clicks_everything_finds_nothing_broken(project):
    assert crawl(project / "_book") == []


def test_the_crawler_sees_what_is_broken(project, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(project / "_book", site)
    (site / "bad.html").write_text(
        "<title>x</title><body><p>See @fig-x and `{python} y`, ?@tbl-z</p><a href='none.html'></a>"
        "<a href='index.html#no'></a>"
        "<img src='https://cdn.example/x.png'><b id=a></b><b id=a></b><pre>Traceback (most recent call last)</pre>"
        "<p>\n::: {.callout}</p>",
        encoding="utf-8",
    )
    found = "\n".join(crawl(site))
    expected = (
        "cross-reference",
        "unresolved",
        "inline",
        "nowhere",
        "without that place",
        "fetches",
        "2 times",
        "failure",
    )
    for what in (*expected, "alt text", "div fence"):
        assert what in found, what
    assert all(line.startswith("bad.html") for line in found.splitlines())


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


def test_pictures_are_files_with_alt_text_and_tables_scroll(project, pages):
    first = pages["chapters/01-first.html"]
    picture = first.select_one("#fig-first-plot img")
    assert picture["alt"] == 'A line that "rises" <fast>.'
    assert (project / "_book/chapters" / picture["src"]).read_bytes().startswith(b"\x89PNG")
    assert first.select_one("#fig-first-plot figcaption a.citation")["href"] == "../references.html#ref-lee2001"
    assert first.select_one("#tbl-first-frame .sd-table table.table")
    assert len(first.select(".quarto-layout-cell img")) == 2
    assert [item.get_text() for item in first.select(".panel-tabset .nav-link")] == ["One", "Two"]
    assert first.select_one("details.code-fold summary")


def test_pictures_of_a_figure_stand_side_by_side_with_computed_alt_text(pages):
    pictures = pages["chapters/02-second.html"].select("#fig-second-pair .quarto-layout-cell img")
    assert [picture["alt"] for picture in pictures] == ["3 dots.", "Another."]
    assert {picture["src"] for picture in pictures} == {"../pictures/dot.svg"}


def test_the_sidebar_numbers_chapters_and_pages_lead_on(pages):
    items = [item.get_text() for item in pages["index.html"].select("#quarto-sidebar .menu-text")]
    assert items == ["A small book", "1 First", "2 Second", "References"]
    assert [a["href"] for a in pages["chapters/01-first.html"].select(".page-navigation a")] == [
        "../index.html",
        "02-second.html",
    ]


def test_one_chapter_is_rendered_among_the_others(project):
    first = project / "_book/chapters/01-first.html"
    second = project / "chapters/02-second.qmd"
    before, source = first.read_text("utf-8"), second.read_text("utf-8")
    second.write_text(source.replace("Back to", "Once more to"), encoding="utf-8")
    try:
        render_portable(project, "chapters/02-second.qmd", say=lambda line: None)
        assert "Once more to" in (project / "_book/chapters/02-second.html").read_text("utf-8")
        assert first.read_text("utf-8") == before
        assert crawl(project / "_book") == []
    finally:
        second.write_text(source, encoding="utf-8")


def test_one_chapter_of_a_book_never_rendered(copy):
    edit(copy, "chapters/01-first.qmd", "", "```{python}", "1", "```")
    page = render_portable(copy, "chapters/02-second.qmd", say=lambda line: None)
    assert "not been rendered yet" in (page.parent / "chapters/01-first.html").read_text("utf-8")
    assert crawl(page.parent) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["See @fig-none."], "chapters/02-second.qmd:10: nothing is labelled fig-none"),
        (["", "See [@nobody, p. 3]."], "chapters/02-second.qmd:11: no entry nobody in the bibliography"),
        (["![A](x.svg){#fig-first-plot}"], "chapters/02-second.qmd:10: the label fig-first-plot is already used"),
        (["$a \\unknown b$"], "chapters/02-second.qmd:10: the formula a \\unknown b can't be converted"),
        (["[there](nowhere.qmd)"], "chapters/02-second.qmd: the link nowhere.qmd leads nowhere"),
        (["```{python}", "#| label: tbl-second-rates", "1", "```"], "02-second.qmd:10: the label tbl-second-rates is"),
        (["```{python}", "#| labl: x", "1", "```"], "chapters/02-second.qmd:10: unknown cell option 'labl'"),
        (["```{python}", "1"], "chapters/02-second.qmd:10: this code block has no closing"),
        (["`{python} 1 +", "1`"], "chapters/02-second.qmd:10: an inline expression must stand on one line"),
    ],
)
def test_what_the_source_shows_to_be_wrong_stops_the_render(copy, lines, message):
    edit(copy, "chapters/02-second.qmd", *lines)
    with pytest.raises(ChapterError) as error:
        render_portable(copy, say=lambda line: None)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["```{python}", "#| label: sums", "x = 1", "x / 0", "```"],
            ["chapters/02-second.qmd:10: the cell sums failed", "ZeroDivisionError", "x / 0"],
        ),
        (
            ["", "A `{python} missing` one."],
            ["chapters/02-second.qmd:11: the expression `missing` failed", "NameError"],
        ),
        (["A `{python} 'text'` one."], ["chapters/02-second.qmd:10: the expression `'text'` would be printed"]),
    ],
)
def test_a_failing_cell_stops_the_render_and_says_where(copy, lines, expected, capsys):
    edit(copy, "chapters/02-second.qmd", *lines)
    assert render("02", root=copy, engine="portable") == 1
    printed = capsys.readouterr().err
    for text in expected:
        assert text in printed
    assert "\x1b[" not in printed
    assert not (copy / "_book").exists()


@pytest.mark.parametrize("asked", ["3", "03", "03-image-model", "chapters/03-image-model.qmd", "03-image-model.qmd"])
def test_a_chapter_is_found_by_number_or_name(asked):
    assert find_chapter(asked, ["index.qmd", "chapters/03-image-model.qmd"]) == "chapters/03-image-model.qmd"


@pytest.mark.parametrize("asked", ["", "9", "image"])
def test_a_chapter_nobody_knows_lists_those_there_are(asked):
    with pytest.raises(ChapterError, match="index, 03-image-model"):
        find_chapter(asked, ["index.qmd", "chapters/03-image-model.qmd"])


def quarto_in(folder: Path, monkeypatch, script: str) -> None:
    folder.mkdir()
    program = folder / "quarto"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_quarto_is_used_where_it_is_on_the_path(copy, tmp_path, monkeypatch, capfd):
    quarto_in(tmp_path / "bin", monkeypatch, 'echo "$PWD|$@|$QUARTO_PYTHON"')
    assert render("02", encoders="texts by words", root=copy) == 0
    printed = capfd.readouterr().out
    assert f"{copy}|render chapters/02-second.qmd|{engines.sys.executable}" in printed
    assert "Made by Quarto" in printed
    assert "texts by words" in printed
    quarto_in(tmp_path / "failing", monkeypatch, "exit 7")
    assert render(root=copy) == 7


def test_a_failed_download_of_quarto_is_remembered(tmp_path, monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(engines.sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(render_module, "_quietly", lambda command, seconds: calls.append(command))
    assert engines.find_quarto() is None
    assert engines.find_quarto() is None
    assert len(calls) == 1
    assert capsys.readouterr().out.count("trying to get it") == 1


def test_a_command_that_hangs_is_ended():
    assert engines._quietly(["sleep", "60"], 0.2) is False
    assert engines._quietly(["true"], 30) is True
