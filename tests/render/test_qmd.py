"""A chapter's source: read into a notebook, and run."""

from __future__ import annotations

import pytest

from lib.render.portable.qmd import ChapterError, filled, read, run

SOURCE = """---
jupyter: python3
---

# A title

```{python}
#| label: sums
#| echo: false
x = 40
print(x)
```

There are `{python} x + 2` posts, not `x`.

```python
not_run()
```

1. In a list:

   ```{python}
   x += 1
   ```
"""


def chapter(tmp_path, text: str):
    path = tmp_path / "a.qmd"
    path.write_text(text, encoding="utf-8")
    return read(path, "a.qmd")


def test_a_source_is_read_into_prose_and_cells_with_their_lines(tmp_path):
    nb = chapter(tmp_path, SOURCE)
    assert nb.metadata.front == {"jupyter": "python3"}
    assert [(cell.cell_type, cell.metadata.line) for cell in nb.cells] == [
        ("markdown", 4),
        ("code", 7),
        ("markdown", 13),
        ("code", 22),
    ]
    assert nb.cells[1].source == "x = 40\nprint(x)"
    assert nb.cells[1].metadata.options == {"label": "sums", "echo": False}
    assert "not_run()" in nb.cells[2].source
    assert (nb.cells[3].source, nb.cells[3].metadata.indent) == ("x += 1", "   ")
    windows = chapter(tmp_path, "\ufeff" + SOURCE.replace("\n", "\r\n"))
    assert [(c.source, c.metadata) for c in windows.cells] == [(c.source, c.metadata) for c in nb.cells]


def test_a_run_fills_in_outputs_and_inline_values(tmp_path):
    nb = chapter(tmp_path, SOURCE)
    cells = []
    run(nb, tmp_path, on_cell=lambda: cells.append(1))
    assert nb.cells[1].outputs[0].text == "40\n"
    assert "There are 42 posts, not `x`." in filled(nb.cells[2])
    assert len(cells) == 2


@pytest.mark.parametrize(
    "text",
    [
        "``` x```y``` is code.",
        "Text\n``` x``y``` is code, and ````a ``` b````.",
        "````markdown\n```{python}\n1\n```\n````",
        "```{{python}}\n1\n```",
        "- a\n\n  ~~~\n  ```\n  ~~~\n- ```python\n  x\n  ```",
        "> ```\n> x\n> ```",
        "A.\n\n    ```\n    x",
        "# A\n\n- a\n  - b\n\nB\n---\n\n| a |\n| - |\n| 1 |\n\n---\n\n<div>\n\n*a*\n\n</div>\n\n<pre>\n*a*\n</pre>",
        "::: {.callout-note}\n## B\ntext\n:::",
    ],
)
def test_what_looks_like_a_cell_or_a_fence_and_is_none_stays_prose(tmp_path, text):
    nb = chapter(tmp_path, text + "\n\n```{python}\n1\n```\n")
    assert [(cell.cell_type, cell.source.strip()) for cell in nb.cells] == [("markdown", text), ("code", "1")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\na: [\n---\n", "a.qmd:1: the front matter is not YAML"),
        ("---\n- a\n---\n", "a.qmd:1: the front matter must be keys and values"),
        ("A.\n\n```{python}\n#| a: [\n1\n```\n", "a.qmd:3: the cell's #| options are not YAML"),
        ("```{python}\n#| echo\n1\n```\n", "a.qmd:1: the cell's #| options must be"),
        ("```{python}\n#| fig-cap: {a: b}\n1\n```\n", "a.qmd:1: fig-cap must be one text"),
        ("- a\n- ```\n  x\n", "a.qmd:2: this code block has no closing ```"),
        ("~~~~\nx\n~~~\n", "a.qmd:1: this code block has no closing ~~~~"),
        ("```{r}\n1\n```\n", "a.qmd:1: the portable renderer runs only {python} cells, not {r}"),
        ("``` two words\nx\n```\n", "a.qmd:1: for Pandoc this is no code block: what follows ``` must be one word"),
        *(
            (
                text,
                f"a.qmd:{line}: a cell must begin with ```{{python}} on a line of its own, outside of comments, quotes",
            )
            for text, line in (
                ("<!--\n```{python}\n1\n```\n-->\n", 2),
                ("> ```{python}\n> 1\n> ```\n", 1),
                ("- ```{python}\n  1\n  ```\n", 1),
                ("~~~{python}\n1\n~~~\n", 1),
                ("~~~\n```{python}\n1\n```\n~~~\n", 2),
                ("A.\n\n    ```{python}\n    1\n    ```\n", 3),
            )
        ),
        *(
            (f"A.\n\nText\n{begins}\n", f"a.qmd:4: an empty line must stand before this {kind}: Pandoc takes it")
            for begins, kind in (("## B", "heading"), ("> b", "quote"), ("- b", "list"), ("1. b", "list"))
        ),
        ("A.\n\n+---+\n| a |\n+---+\n", "a.qmd:3: the portable renderer does not know tables with + at the corners"),
        ("A.\n\n a   b\n--- ---\n 1   2\n", "a.qmd:4: the portable renderer does not know tables without pipes"),
        ("A.\n\n| a line\n| block\n", "a.qmd:3: the portable renderer does not know line blocks"),
        ("<div>\n*a*\n</div>\n", "a.qmd:2: an empty line must part Markdown from the HTML tag above"),
    ],
)
def test_a_source_that_cannot_be_read_is_named(tmp_path, text, message):
    with pytest.raises(ChapterError) as error:
        chapter(tmp_path, text)
    assert message in str(error.value)
