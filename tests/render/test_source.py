"""Included files and shortcodes."""

from __future__ import annotations

import pytest

from lib.render.portable.qmd import ChapterError, place, read
from lib.render.portable.source import DEEPEST


def book(tmp_path, files: dict[str, str]):
    """The notebook of ``chapters/a.qmd`` of a project with these files."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read(tmp_path / "chapters/a.qmd", "chapters/a.qmd")


def test_included_files_stand_in_their_place_and_lines_keep_their_origin(tmp_path):
    nb = book(
        tmp_path,
        {
            "chapters/a.qmd": "# A\n\n{{< include parts/_one.qmd >}}\nE.\n\n```python\n{{< include '/code.py' >}}\n```",
            "chapters/parts/_one.qmd": "One.\n\n{{< include _two.qmd >}}\nafter two",
            "chapters/parts/_two.qmd": "```{python}\nx = 1\n```\n",
            "code.py": "import os",
        },
    )
    assert [(cell.cell_type, cell.source.strip()) for cell in nb.cells] == [
        ("markdown", "# A\n\nOne."),
        ("code", "x = 1"),
        ("markdown", "after two\n\nE.\n\n```python\nimport os\n\n```"),
    ]
    assert place(nb, nb.cells[1].metadata.line) == "chapters/parts/_two.qmd:1"
    last = nb.cells[2]
    rows = [place(nb, last.metadata.line + row) for row, line in enumerate(last.source.split("\n")) if line.strip()]
    assert rows == [
        "chapters/parts/_one.qmd:4",
        *("chapters/a.qmd:4", "chapters/a.qmd:6", "code.py:1", "chapters/a.qmd:8"),
    ]


DEEP = {f"chapters/{i}.qmd": f"{{{{< include {i + 1}.qmd >}}}}" for i in range(DEEPEST + 1)}


@pytest.mark.parametrize(
    ("text", "files", "message"),
    [
        ("\n{{< include no.qmd >}}", {}, "chapters/a.qmd:2: the included file no.qmd does not exist"),
        ("{{< include a.qmd >}}", {}, "chapters/a.qmd:1: the included file a.qmd includes itself"),
        ("{{< include b.qmd >}}", {"chapters/b.qmd": "\n{{< include a.qmd >}}"}, "b.qmd:2: the included file a.qmd in"),
        ("{{< include 0.qmd >}}", DEEP, "files include one another more than 10 deep"),
        ("{{< include /../x.qmd >}}", {"../x.qmd": ""}, "is outside of the project"),
        ("{{< include b.ipynb >}}", {"chapters/b.ipynb": ""}, "can't include a notebook (b.ipynb)"),
        ("{{< include b.qmd >}}", {"chapters/b.qmd": "---\na: 1\n---\n"}, "a.qmd:1: the included file b.qmd has fro"),
        (
            "{{< include p/b.qmd >}}",
            {"chapters/p/b.qmd": "{{< include c.qmd >}}", "chapters/p/c.qmd": "", "chapters/c.qmd": ""},
            "chapters/p/b.qmd:1: the included file c.qmd could be that beside this file or that beside the chapter",
        ),
        ("{{< include p/b.qmd >}}", {"chapters/p/b.qmd": "\n{{< var x >}}"}, "chapters/p/b.qmd:2: the portable"),
        ("a {{< include b.qmd >}}", {"chapters/b.qmd": ""}, "a.qmd:1: the shortcode include must stand on a line"),
        ("{{< include >}}", {}, "a.qmd:1: the shortcode include must stand on a line of its own, with the path"),
        ("a {{< pagebreak >}}", {}, "a.qmd:1: the shortcode pagebreak must stand on a line of its own"),
        ("---\ntitle: '{{< meta x >}}'\n---\n", {}, "a.qmd:2: the portable renderer does not know the shortcode meta"),
        *(
            (text, {}, f"chapters/a.qmd:{line}: the portable renderer does not know the shortcode {name}: render with")
            for text, line, name in (
                ("\n{{< video https://a.b/c.mp4 >}}", 2, "video"),
                ("{{<video c.mp4>}}", 1, "video"),
                ("{{< video\n c.mp4 >}}", 1, "video"),
                ("A `{{< meta title >}}`.", 1, "meta"),
                ("```\n{{< env X >}}\n```", 2, "env"),
                ("[x]({{< var url >}})", 1, "var"),
                ("- {{< kbd Ctrl-C >}}", 1, "kbd"),
                ("{{{< a >}}} {{< contents b >}}", 1, "contents"),
            )
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_included_or_done_is_refused_by_name(tmp_path, text, files, message):
    with pytest.raises(ChapterError) as error:
        book(tmp_path, {"chapters/a.qmd": text, **files})
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{{< video x >}}} and {{</* var y */>}}", "{{< video x >}} and {{< var y >}}"),
        ("`{{{< meta a >}}}`", "`{{< meta a >}}`"),
        ("{{< pagebreak >}}", '<div style="page-break-after: always;"></div>'),
        ("<!-- {{< video x >}} -->", "<!-- {{< video x >}} -->"),
        ("{{< open and {{ a }}", "{{< open and {{ a }}"),
    ],
)
def test_escaped_shortcodes_are_text(tmp_path, text, shown):
    assert book(tmp_path, {"chapters/a.qmd": text}).cells[0].source == shown


def test_a_source_that_is_not_utf_8_is_named(tmp_path):
    path = tmp_path / "a.qmd"
    path.write_bytes("# A\n\nтекст".encode("cp1251"))
    with pytest.raises(ChapterError, match=r"a.qmd:3: this line is not UTF-8: save the file as UTF-8"):
        read(path, "a.qmd")
