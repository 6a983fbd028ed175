"""The chapters themselves: every one executed on a small feed, the whole site crawled, and their contract checked."""

import ast
import importlib
import inspect
import re

import nbformat
import pytest
from barriers import CHROMIUM, barriers, visited
from books import ROOT, copy_project, render
from bs4 import BeautifulSoup
from crawl import crawl
from safetensors.numpy import load_file

from lib.render.portable.qmd import INLINE
from lib.simulation import simulate

CHAPTERS = [ROOT / "index.qmd", *sorted((ROOT / "chapters").glob("[0-9]*.qmd")), ROOT / "explore.qmd"]
RUSSIAN = sorted((ROOT / "ru").glob("*.qmd"))
APPENDICES = sorted((ROOT / "chapters").glob("a*.qmd"))  # they don't depend on the feed
SIMULATED = "nothing here is a finding about VKontakte"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A project with the book on a simulated feed, and what the render said."""
    project = copy_project(tmp_path_factory.mktemp("simulated"))
    return project, render(project, FEED_ROWS="160", PYTHONHASHSEED="0")


@pytest.mark.slow
def test_the_book_on_a_simulated_feed(simulated):
    project, said = simulated
    assert "_book/index.html" in said and "portable" in said and "texts by" in said and "photos by" in said
    site = project / "_book"
    assert crawl(site) == []
    for chapter in RUSSIAN:
        text = (site / chapter.relative_to(ROOT).with_suffix(".html")).read_text(encoding="utf-8")
        assert '<html lang="ru"' in text and "это не выводы о ВКонтакте" in text, chapter
    for chapter in CHAPTERS:
        page = site / chapter.relative_to(ROOT).with_suffix(".html")
        text = page.read_text(encoding="utf-8")
        assert SIMULATED in text, page
        assert not re.search(r"jquery|require(js|\.min\.js)", text, re.I), page
    for page in [*CHAPTERS, *RUSSIAN, *APPENDICES[:1]]:
        written = (site / page.relative_to(ROOT).with_suffix(".ipynb")).read_text(encoding="utf-8")
        assert str(project) not in written and "{=html}" not in written and "`{python}" not in written, page
    assert "a1-regression-guide.html" in (site / "api/lib/betabinomial.html").read_text(encoding="utf-8")
    assert "](chapters/03-image-model.html)" in (site / "llms.txt").read_text(encoding="utf-8")
    executed = [nbformat.read(path, as_version=4) for path in (project / ".portable/executed").rglob("*.ipynb")]
    with_code = [c for c in CHAPTERS + RUSSIAN + APPENDICES if "{python}" in c.read_text(encoding="utf-8")]
    assert sorted(nb.metadata.name for nb in executed) == sorted(str(c.relative_to(ROOT)) for c in with_code)
    cells = [cell for nb in executed for cell in nb.cells if cell.cell_type == "code"]
    # Quarto adds jquery and requirejs, from the net, to a page with an output that is text/html.
    assert [cell.source for cell in cells for o in cell.outputs if "text/html" in o.get("data", {})] == []


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_no_page_keeps_anybody_out(simulated):
    assert barriers(simulated[0] / "_book") == []


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize(
    ("locale", "page", "links", "reached"),
    [
        ("en-GB", "index.html", [], "index.html"),
        ("en-GB", "index.html", ["По-русски"], "ru/index.html"),
        ("ru-RU", "index.html", [], "ru/index.html"),
        ("ru-RU", "index.html", ["In English"], "index.html"),
        ("ru-RU", "chapters/06-author-advice.html", ["По-русски"], "ru/advice.html"),
        ("ru-RU", "ru/advice.html", ["In English"], "chapters/06-author-advice.html"),
        ("ru-RU", "chapters/02-targets.html", ["По-русски"], "ru/index.html"),
    ],
)
def test_a_reader_finds_the_page_in_their_language(simulated, locale, page, links, reached):
    assert visited(simulated[0] / "_book", locale, page, *links) == reached


@pytest.mark.slow
def test_the_book_on_real_posts_without_photos_and_with_idle_activities(project, tmp_path):
    """Also one chapter alone, whose references into the others must still resolve."""
    hostile = "<script>alert(1)</script> @fig-nowhere `{python} 1/0` $x$ ::: {{< include /etc/passwd >}} **b** [a](b)"
    posts = simulate(200, seed=5).posts.assign(photo="", hide=0, open_photo=0)
    posts["text"] = [f"{hostile} {text}" if i % 2 else text for i, text in enumerate(posts["text"])]
    posts.to_csv(tmp_path / "posts.csv", index=False)
    render(project, POSTS=str(tmp_path / "posts.csv"))
    site = project / "_book"
    render(project, "--chapter", "04", POSTS=str(tmp_path / "posts.csv"))
    text = "".join(page.read_text(encoding="utf-8") for page in site.rglob("*.html"))
    assert SIMULATED not in text and "because no post has one: hide and open photo" in text
    assert "alert(1)" in BeautifulSoup(text, "html.parser").get_text()
    assert "<script>alert" not in text and "<strong>b</strong>" not in text and "root:" not in text
    # The hostile text is shown as it stands: what the crawler would take for a leftover is only that.
    assert [p for p in crawl(site) if "nowhere" not in p and "{python} 1/0" not in p and ":::" not in p] == []


@pytest.mark.slow
def test_the_same_feed_gives_the_same_book_to_the_last_digit(simulated, tmp_path):
    """A second render in another folder, with sets and dicts in another order; only measured times may differ."""
    again = copy_project(tmp_path / "project")
    render(again, FEED_ROWS="160", PYTHONHASHSEED="12345")
    first, second = (_outcome(of) for of in (simulated[0], again))
    assert first.keys() == second.keys()
    assert [str(name) for name in first if first[name] != second[name]] == []


def _outcome(project):
    """The files of a book without measured times, and its trees."""
    site = project / "_book"
    found = {path.relative_to(site): _untimed(path) for path in site.rglob("*") if path.is_file()}
    # safetensors writes its header in random order, so the arrays are compared: they hold the trees' own bytes.
    (trees,) = (project / "data/cache").glob("model-trees-*.safetensors")
    return found | {"trees": {name: values.tobytes() for name, values in load_file(trees).items()}}


def _untimed(path):
    """What a file of the site holds: markup without measured times, any other file's bytes."""
    if path.suffix not in (".html", ".ipynb"):
        return path.read_bytes()
    page = BeautifulSoup(path.read_text(encoding="utf-8").replace('\\"', '"'), "html.parser")
    for cell in page.select(".times"):
        cell.clear()
    return str(page)


@pytest.mark.parametrize("chapter", [*CHAPTERS, *RUSSIAN], ids=lambda path: path.stem)
def test_a_chapter_opens_the_study_in_its_first_cell(chapter):
    first = _cells(chapter.read_text(encoding="utf-8"))[0]
    assert first.startswith("#| include: false\n")
    *imports, last = ast.parse(first).body
    assert ast.unparse(last) == "study = open_study()"
    assert all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in imports)


@pytest.mark.parametrize("appendix", APPENDICES, ids=lambda path: path.stem)
def test_an_appendix_does_not_depend_on_the_feed(appendix):
    assert "study" not in "".join(_cells(appendix.read_text(encoding="utf-8")))


def _cells(source):
    return re.findall(r"^```\{python\}\n(.*?)^```$", source, re.S | re.M)


@pytest.mark.parametrize("chapter", [*CHAPTERS, *RUSSIAN, *APPENDICES], ids=lambda path: path.stem)
def test_a_chapter_keeps_the_contract(chapter):
    source = chapter.read_text(encoding="utf-8")
    assert re.match(
        r"---\njupyter: python3\n(code-fold: false\n|lang: ru\n)?---\n\n# .+ \{(#sec-[a-z-]+|\.unnumbered)\}\n", source
    )
    for cell in _cells(source):
        code = [line for line in cell.splitlines() if line and not line.startswith("#|")]
        assert len(code) <= 15, cell
        assert not re.search(r"^\s*(def|class) ", cell, re.M), cell
    labels = re.findall(r"\{#((?:fig|tbl)-[\w-]+)\}", source)
    assert all(label == label.lower() and "_" not in label for label in labels)
    for label in labels:
        assert f"@{label}" in source, f"{label} is not referred to"
    figures = re.findall(r"::: \{#fig-[\w-]+\}(.*?)^:::$", source, re.S | re.M)
    assert all("fig-alt" in figure or "gallery.show" in figure for figure in figures)
    prose = re.sub(r"```.*?```|`\{python\}.*?`|\$\$.*?\$\$|\$.*?\$|^---.*?---", "", source, flags=re.S | re.M)
    typed = re.findall(r"\b\d+\.\d+\b|\b\d+ %(?! interval)", prose)
    assert not [t for t in typed if t not in ("95 %", "50 %", "90 %")], "numbers in prose are computed"
    for expression in INLINE.findall(source):
        assert len(expression) <= 100, expression
        parsed = ast.parse(expression.strip(), mode="eval")
        assert isinstance(parsed.body, ast.Call), expression
        assert sum(isinstance(node, ast.Call) for node in ast.walk(parsed)) == 1, expression
        module, _, function = ast.unparse(parsed.body.func).partition(".")
        said = getattr(importlib.import_module(f"lib.report.{module}"), function)
        assert "None" not in str(inspect.signature(said).return_annotation), f"{expression} may show a bare None"
