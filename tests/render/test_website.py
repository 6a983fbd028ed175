"""The site that is built from the pages: links, sidebar, and the crawler that checks it."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from crawl import crawl

from lib.render.portable.book import render_portable
from lib.render.portable.qmd import ChapterError


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


def test_the_crawler_takes_what_quarto_hides_for_no_mistake(project, tmp_path):
    site = shutil.copytree(project / "_book", tmp_path / "site")
    (site / "quarto.html").write_text(
        "<title>x</title><body><math><semantics><mi>x</mi><annotation encoding='application/x-tex'>\\mu</annotation>"
        "</semantics></math><div id='quarto-meta-markdown' class='hidden'><span>{#sec-x}</span></div></body>",
        encoding="utf-8",
    )
    assert crawl(site) == []


def test_the_sidebar_numbers_chapters_and_pages_lead_on(pages):
    items = [item.get_text() for item in pages["index.html"].select("#quarto-sidebar .menu-text")]
    assert items == ["A small book", "1 First", "2 Second", "References"]
    assert [a["href"] for a in pages["chapters/01-first.html"].select(".page-navigation a")] == [
        "../index.html",
        "02-second.html",
    ]


def test_the_search_index_has_no_code_and_no_formulas(project):
    entries = json.loads((project / "_book/search.json").read_text("utf-8"))
    assert any("Plots with ρ" in entry["section"] for entry in entries)
    assert [e["text"] for e in entries if re.search(r"\\rho|\bimport |plt\.|[\U000f0000-\U000f0020]", e["text"])] == []
    script = (project / "_book/search-data.js").read_text("utf-8")
    assert json.loads(script.removeprefix("const SEARCH_INDEX = ").rstrip(";\n")) == entries


def test_every_page_ends_with_the_included_file(pages):
    assert all(page.select_one("body > #end") for page in pages.values())


@pytest.mark.parametrize("file", ["book.css", "end.html"])
def test_a_file_that_the_configuration_names_must_exist(edited, file):
    root = edited()
    (root / file).unlink()
    with pytest.raises(ChapterError, match=f"_quarto.yml names {file}, which does not exist"):
        render_portable(root, say=lambda line: None)
