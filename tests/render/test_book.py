"""The portable renderer on a small book: what readers see, and what stops a render."""

from __future__ import annotations

import re
import shutil
from urllib.parse import quote

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


def test_a_chapter_that_has_not_changed_is_not_run_again(edited, tmp_path):
    count = (
        f"runs = Path({str(tmp_path / 'runs')!r}); runs.write_text((runs.read_text() if runs.exists() else '') + 'x')"
    )
    root = edited("```{python}", f"from pathlib import Path; {count}; print('run', runs.read_text())", "```")
    chapter = "chapters/02-second.qmd"

    def runs(inputs=None, name=None):
        said = []
        render_portable(root, name, said.append, inputs and (lambda: inputs))
        page = (root / "_book" / chapter).with_suffix(".html").read_text("utf-8")
        done = (tmp_path / "runs").read_text()
        assert re.search(rf"run {done}\b", page)
        return len(done), [line.split(maxsplit=1)[1] for line in said if chapter in line]

    assert runs("a")[0] == 1
    assert runs("a") == (1, ["as in its last run"])
    assert runs("b")[0] == 2  # other posts, settings or code
    with (root / chapter).open("a", encoding="utf-8") as file:
        file.write("\nMore.\n")
    assert runs("b")[0] == 3 and runs("b")[0] == 3
    assert runs("b", chapter)[0] == 3
    assert runs()[0] == 4 and runs(name=chapter)[0] == 5
    edits = iter("cdefgh")
    render_portable(root, chapter, lambda line: None, lambda: next(edits))  # edited while it ran
    assert runs("c")[0] == 7
    (root / ".portable/executed/chapters/02-second.ipynb").write_text("{")
    assert runs("c")[0] == 8


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


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["", "{{{< video x >}}} `{{{< meta y >}}}`"], "{{< video x >}} {{< meta y >}}"),
        (["", "{{ a }} and `{{python}} x` and `a {{b}}`"], "{{ a }} and {python} x and a {{b}}"),
        (["", "```{{python}}", "1", "```"], "```{python} 1 ```"),
        (["", "````", "```{{python}}", "````"], "```{python}"),
        (["", "``` x```y``` is code."], "xy``` is code."),
        (["", "| a | b |", "|---|---|", "| `x|y` | `c\\|d` |"], "a b x|y c\\|d"),
        (["", "`<i>x</i>`{=html}`\\LaTeX`{=latex} end"], "x end"),
        (["", "Text.", "", "    @nobody $x", "", "- ```", "  @nobody", "  ```"], "Text. @nobody $x @nobody"),
    ],
)
def test_code_and_braces_are_shown_as_quarto_shows_them(edited, lines, text):
    page = render_portable(edited(*lines), say=lambda line: None).parent / "chapters/02-second.html"
    assert text in words(BeautifulSoup(page.read_text("utf-8"), "html.parser"))


@pytest.mark.parametrize(
    "name", ["b c.svg", "кот.svg", "a[1] (2).svg", "it's.svg", 'q"q.svg', "100% & +.svg", "a#b.svg"]
)
@pytest.mark.parametrize(
    "written",
    [
        "![A](<../pictures/{plain}>)",
        "![A](../pictures/{quoted})",
        "![A](../pictures/{quoted} 'A title'){{width=50%}}",
        "![A][picture]\n\n[picture]: ../pictures/{quoted}",
        "[A](../pictures/{quoted})",
        "<img src='../pictures/{quoted}' alt='A'>",
        "![A *b*](<../pictures/{plain}>){{#fig-second-x fig-alt='b'}}",
    ],
)
def test_pictures_of_any_name_are_copied_and_shown(edited, name, written):
    plain = name.replace("%", "%25").replace("#", "%23")
    root = edited("", written.format(plain=plain, quoted=quote(name)))
    shutil.copy(root / "pictures/dot.svg", root / "pictures" / name)
    page = render_portable(root, say=lambda line: None).parent
    assert (page / "pictures" / name).is_file()
    assert crawl(page) == []


def test_figures_in_a_labelled_figure_are_lettered(edited):
    root = edited(
        "",
        "::: {#fig-second-both layout-ncol=2}",
        "",
        "![One](../pictures/dot.svg){#fig-second-one fig-alt=a}",
        "",
        "![](/pictures/dot.svg){#fig-second-two fig-alt=b}",
        "",
        "![Plain](/pictures/dot.svg)",
        "",
        "Both.",
        ":::",
        "",
        "![After](../pictures/dot.svg){#fig-second-after fig-alt=c}",
        "",
        "See @fig-second-both, @fig-second-one, [-@fig-second-two; @fig-second-after].",
    )
    page = render_portable(root, say=lambda line: None).parent / "chapters/02-second.html"
    text = words(BeautifulSoup(page.read_text("utf-8"), "html.parser"))
    assert "(a) One (b) Plain Figure 2.1: Both. Figure 2.2: After" in text
    assert "See Figure 2.1, Figure 2.1 (a), 2.1 (b), Figure 2.2." in text
    assert crawl(page.parent.parent) == []


def test_what_only_an_appendix_cites_is_in_the_references_before_it(edited):
    root = edited()
    config = root / "_quarto.yml"
    config.write_text(config.read_text("utf-8").replace("book:\n", "book:\n  appendices: [more.qmd]\n"), "utf-8")
    (root / "more.qmd").write_text("# More\n\nAs in @unused.\n", "utf-8")
    site = render_portable(root, say=lambda line: None).parent
    assert "Never cited" in (site / "references.html").read_text("utf-8")
    assert crawl(site) == []


def test_appendices_are_lettered(edited):
    root = edited("", "See @sec-more, @sec-more-deep, @fig-more, @tbl-more, @eq-more and @sec-rest.")
    config = root / "_quarto.yml"
    config.write_text(
        config.read_text("utf-8").replace("book:\n", "book:\n  appendices: [more.qmd, plain.qmd, rest.qmd]\n"), "utf-8"
    )
    more = [
        "# More {#sec-more}",
        "## Deep {#sec-more-deep}",
        "![A](pictures/dot.svg){#fig-more fig-alt=a}",
        "| a |\n|---|\n| 1 |\n\n: B {#tbl-more}",
        "$$x$$ {#eq-more}",
    ]
    (root / "more.qmd").write_text("\n\n".join(more), "utf-8")
    (root / "plain.qmd").write_text("# Plain {.unnumbered}\n", "utf-8")
    (root / "rest.qmd").write_text("# The rest {#sec-rest}\n", "utf-8")
    site = render_portable(root, say=lambda line: None).parent
    pages = {
        name: BeautifulSoup((site / name).read_text("utf-8"), "html.parser") for name in ("more.html", "rest.html")
    }
    assert "Appendix A — More" in words(pages["more.html"]) and "Appendix B — The rest" in words(pages["rest.html"])
    assert all(text in words(pages["more.html"]) for text in ("A.1 Deep", "Figure A.1: A", "Table A.1: B", "(A.1)"))
    second = BeautifulSoup((site / "chapters/02-second.html").read_text("utf-8"), "html.parser")
    assert "See Appendix A, Section A.1, Figure A.1, Table A.1, Equation A.1 and Appendix B." in words(second)
    assert crawl(site) == []
