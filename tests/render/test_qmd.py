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
    ("text", "message"),
    [
        ("---\na: [\n---\n", "a.qmd:1: the front matter is not YAML"),
        ("---\n- a\n---\n", "a.qmd:1: the front matter must be keys and values"),
        ("A.\n\n```{python}\n#| a: [\n1\n```\n", "a.qmd:3: the cell's #| options are not YAML"),
        ("```{python}\n#| echo\n1\n```\n", "a.qmd:1: the cell's #| options must be"),
        ("```{python}\n#| fig-cap: {a: b}\n1\n```\n", "a.qmd:1: fig-cap must be one text"),
    ],
)
def test_a_source_that_cannot_be_read_is_named(tmp_path, text, message):
    with pytest.raises(ChapterError) as error:
        chapter(tmp_path, text)
    assert message in str(error.value)
