"""Labels, numbers and references."""

from __future__ import annotations

import pytest

from lib.render.portable import crossref
from lib.render.portable.crossref import Item, Target
from lib.render.portable.qmd import read


def chapter(tmp_path, name: str, *lines: str):
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return read(path, name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See @fig-x, and (@Fig-y).", "See <fig-x>, and (<Fig-y>)."),
        ("[@fig-a; @fig-b]", "<[fig-a|fig-b]>"),
        ("-@fig-x and [-@fig-x]", "<!fig-x> and <[!fig-x]>"),
        ("[Figs. @fig-a] ok", "<[Figs.+fig-a]> ok"),
        ("[see @a, p. 3; @b]", "<[see+a+, p. 3|b]>"),
        ("so says [@a]: and so on", "so says <[a]>: and so on"),
        ("[@a]: https://x.y", "[<a>]: https://x.y"),
        ("@knuth84 [p. 33] says", "<knuth84+, p. 33> says"),
        ("@fig-x [note]", "<fig-x> [note]"),
        ("[see @fig-x](there.qmd)", "[see <fig-x>](there.qmd)"),
        ("A note^[with @a.]", "A note^[with <a>.]"),
        ("@fig-x's", "<fig-x>'s"),
        ("a “@b”", "a “<b>”"),
        ("me@x.y [a@b] \\@c `@d` <b id='@e'>", "me@x.y [a@b] \\@c `@d` <b id='@e'>"),
    ],
)
def test_references_are_found_in_prose_alone(text, expected):
    def show(items, bracketed, offset):
        shown = "|".join(
            ("!" if i.suppressed else "") + "+".join(p for p in (i.prefix, i.key, i.suffix) if p) for i in items
        )
        return f"<[{shown}]>" if bracketed else f"<{shown}>"

    assert crossref.references(text, show) == expected


def test_a_book_is_numbered_as_quarto_numbers_it(tmp_path):
    book = [
        chapter(tmp_path, "index.qmd", "# Home {#sec-home}", "", "![A](a.png){#fig-home}"),
        chapter(
            tmp_path,
            "one.qmd",
            "---",
            "jupyter: python3",
            "---",
            "# One {#sec-one}",
            "## First {#sec-first}",
            "::: {.callout-note}",
            "## Not a section",
            ":::",
            "```python",
            "## nor this {#sec-code}",
            "```",
            "## Second {.unnumbered #sec-plain}",
            "## Third {#sec-third}",
            "### Inner {#sec-inner}",
            "```{python}",
            "#| label: fig-cell",
            "1",
            "```",
            "::: {#fig-div}",
            "x",
            ":::",
            "```{python}",
            'print(f"::: {{#tbl-printed}}")',
            "```",
            "| a |",
            "|---|",
            "",
            ": Caption {#tbl-md}",
            "",
            "$$x$$ {#eq-one}",
        ),
        chapter(tmp_path, "rest.qmd", "# Rest {.unnumbered}"),
        chapter(tmp_path, "two.qmd", "# Two {#sec-two}"),
    ]
    targets, problems = crossref.collect(book)
    assert problems == []
    assert crossref.chapter_numbers(book) == ["", "1", "", "2"]
    assert {label: (t.kind, t.number) for label, t in targets.items()} == {
        "sec-home": ("ch", ""),
        "fig-home": ("fig", "1"),
        "sec-one": ("ch", "1"),
        "sec-first": ("sec", "1.1"),
        "sec-plain": ("sec", ""),
        "sec-third": ("sec", "1.2"),
        "sec-inner": ("sec", "1.2.1"),
        "fig-cell": ("fig", "1.1"),
        "fig-div": ("fig", "1.2"),
        "tbl-printed": ("tbl", "1.1"),
        "tbl-md": ("tbl", "1.2"),
        "eq-one": ("eq", "1.1"),
        "sec-two": ("ch", "2"),
    }
    assert [targets[label].where for label in ("sec-third", "fig-cell", "eq-one")] == [
        "one.qmd:13",
        "one.qmd:15",
        "one.qmd:30",
    ]


@pytest.mark.parametrize(
    ("item", "page", "expected"),
    [
        (Item("", "fig-a", "", False), "a.qmd", "[Figure\u00a01.1](#fig-a){.quarto-xref}"),
        (Item("", "Fig-a", "", False), "b.qmd", "[Figure\u00a01.1](/a.qmd#fig-a){.quarto-xref}"),
        (Item("", "fig-a", "", True), "a.qmd", "[1.1](#fig-a){.quarto-xref}"),
        (Item("Fig.", "fig-a", "", False), "a.qmd", "[Fig.\u00a01.1](#fig-a){.quarto-xref}"),
        (Item("", "sec-a", "", False), "b.qmd", "[Chapter\u00a01](/a.qmd){.quarto-xref}"),
        (Item("", "sec-home", "", False), "b.qmd", "[Home](/index.qmd){.quarto-xref}"),
    ],
)
def test_a_link_says_what_it_leads_to(item, page, expected):
    targets = {
        "fig-a": Target("fig-a", "fig", "1.1", "a.qmd", "a.qmd:3"),
        "sec-a": Target("sec-a", "ch", "1", "a.qmd", "a.qmd:1", "A"),
        "sec-home": Target("sec-home", "ch", "", "index.qmd", "index.qmd:1", "Home"),
    }
    assert crossref.link([item], targets, page) == expected


def test_an_empty_chapter_has_no_labels(tmp_path):
    assert crossref.collect([chapter(tmp_path, "empty.qmd", "")]) == ({}, [])
