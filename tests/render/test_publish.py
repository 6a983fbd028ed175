"""What pages get after a render: links, notebooks, sources, API pages and an index for language models."""

from __future__ import annotations

import re
import shutil

import nbformat
import pytest
from bs4 import BeautifulSoup
from crawl import crawl

from lib.render import publish_book
from lib.render.portable.book import render_portable


def with_api(root):
    """Pages of an API that are newer than everything: pdoc takes long."""
    (root / ".portable/api").mkdir()
    (root / ".portable/api/lib.html").write_text("<title>lib</title>", encoding="utf-8")


@pytest.fixture
def published(project, tmp_path, monkeypatch):
    """A copy of the rendered small book with what is added."""
    root = shutil.copytree(project, tmp_path / "book")
    monkeypatch.setenv("BOOK_ROOT", str(root))
    with_api(root)
    ran = []
    publish_book(root, ran.append)
    assert ran == []  # the portable renderer has left its notebooks
    return root


def test_every_page_links_its_source_its_notebook_and_its_command(published):
    site = published / "_book"
    assert crawl(site) == []
    for name, command in {"index": "index", "chapters/01-first": "01", "chapters/02-second": "02"}.items():
        links = BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser").select_one("main .page-links")
        stem = name.rpartition("/")[2]
        assert links.code.get_text() == f"make chapter N={command}"
        assert [a["href"] for a in links.select("a")][:-1] == [f"{stem}.qmd"] + [f"{stem}.ipynb"] * (name != "index")
        assert (site / f"{name}.qmd").read_bytes() == (published / f"{name}.qmd").read_bytes()
    nbformat.validate(nbformat.read(site / "chapters/01-first.ipynb", as_version=4))


def test_a_page_that_quarto_made_gets_a_notebook_of_its_own_run(published):
    page = published / "_book/chapters/02-second.html"
    text = re.sub(r'<nav class="page-links".*?</nav>', "", page.read_text("utf-8"), flags=re.S)
    page.write_text(text.replace('content="smalldocs', 'content="quarto-1.10.18" data-was="'), encoding="utf-8")
    page.with_suffix(".ipynb").unlink()
    shutil.rmtree(published / ".portable/executed")
    ran = []
    publish_book(published, ran.append)
    assert len(ran) == 1 and "chapters/02-second.qmd" in ran[0]
    assert page.with_suffix(".ipynb").is_file() and 'class="page-links"' in page.read_text("utf-8")


def test_a_second_run_changes_nothing(published):
    before = {path: path.read_bytes() for path in (published / "_book").rglob("*") if path.is_file()}
    publish_book(published)
    assert {path: path.read_bytes() for path in (published / "_book").rglob("*") if path.is_file()} == before


def test_the_keys_of_the_configuration_that_name_the_site_are_honoured(edited):
    root = edited()
    config, site = root / "_quarto.yml", root / "_book"
    render_portable(root, say=lambda line: None)
    page = (site / "chapters/02-second.html").read_text("utf-8")
    assert "og:" not in page and "/blob/" not in page and not (site / "sitemap.xml").exists()
    keys = (
        "book:\n  site-url: https://site.example/book/\n  repo-url: https://repo.example/book\n  open-graph: true\n"
        "  repo-actions: [source]\n  author: A. Writer\n"
    )
    config.write_text(config.read_text("utf-8").replace("book:\n", keys, 1), encoding="utf-8")
    render_portable(root, say=lambda line: None)
    with_api(root)
    publish_book(root)
    page = (site / "chapters/02-second.html").read_text("utf-8")
    assert 'href="https://repo.example/book/blob/main/chapters/02-second.qmd"' in page
    assert 'property="og:title"' in page
    assert "A. Writer" in (site / "index.html").read_text("utf-8")
    assert "https://site.example/book/chapters/02-second.html" in (site / "sitemap.xml").read_text("utf-8")
    llms = (site / "llms.txt").read_text("utf-8").splitlines()
    assert llms[:3] == ["# A small book", "", "> Of two chapters."]
    assert "- [Second](https://site.example/book/chapters/02-second.html): `make chapter N=02` renders it" in llms
