"""What a cell becomes on its page."""

from __future__ import annotations

import base64

import pytest
from nbformat.v4 import new_code_cell, new_output

from lib.render.portable.cells import cell_markdown

PNG = base64.b64encode(b"\x89PNG not really").decode()


def stream(text: str, name: str = "stdout"):
    return new_output("stream", name=name, text=text)


def shown(data: dict, kind: str = "display_data"):
    return new_output(kind, data=data)


def page(tmp_path, outputs: list, source: str = "x = 1", defaults: dict | None = None, **options) -> str:
    options = {key.replace("_", "-"): value for key, value in options.items()}
    cell = new_code_cell(source, outputs=outputs, metadata={"line": 1, "options": options})
    return cell_markdown(cell, 3, defaults or {}, tmp_path / "files", "a_files")


@pytest.mark.parametrize(
    ("outputs", "options", "there", "absent"),
    [
        ([stream("<b>\x1b[31mred\x1b[0m</b>\n")], {}, ["&lt;b&gt;red&lt;/b&gt;", "x = 1"], ["<b>", "\x1b"]),
        ([stream("oh", "stderr")], {"warning": False}, ["x = 1"], ["oh"]),
        ([stream("oh", "stderr")], {}, ["oh", "cell-output-stderr"], []),
        ([stream("**a**\n")], {"output": "asis", "echo": False}, ["**a**"], ["<pre>", "x = 1"]),
        ([stream("a")], {"output": False}, ["x = 1"], ["<pre>"]),
        ([stream("a")], {"include": False}, [], ["a"]),
        ([shown({"text/plain": "<matplotlib.lines.Line2D>"}, "execute_result")], {}, [], ["matplotlib"]),
        ([shown({"text/plain": "42"}, "execute_result")], {}, ["42"], []),
        ([shown({"text/plain": "x", "text/markdown": "*m*"})], {}, ["*m*"], ["<pre>"]),
        ([shown({"text/plain": "x", "text/html": "<p>h</p>"})], {}, ["```{=html}\n<p>h</p>\n```"], ["<pre>"]),
        ([shown({"text/html": "```"})], {}, ["````{=html}"], []),
        ([new_output("error", ename="KeyError", evalue="'a'")], {}, ["KeyError: &#x27;a&#x27;"], []),
        (
            [stream("a")],
            {"code-fold": True, "code-summary": 'a "b"'},
            ['code-fold="true"', "code-summary=\"a 'b'\""],
            [],
        ),
    ],
)
def test_an_output_is_shown_as_its_options_say(tmp_path, outputs, options, there, absent):
    text = page(tmp_path, outputs, **options)
    for words in there:
        assert words in text
    for words in absent:
        assert words not in text


def test_a_cell_overrides_what_the_project_says(tmp_path):
    assert "x = 1" not in page(tmp_path, [], defaults={"echo": False})
    assert "x = 1" in page(tmp_path, [], defaults={"echo": False}, echo=True)


def test_a_picture_is_a_file_in_a_numbered_figure(tmp_path):
    text = page(tmp_path, [shown({"image/png": PNG})], label="fig-a", fig_cap="A *plot*.", fig_alt='"up" & <on>')
    assert (tmp_path / "files/fig-a-output-1.png").read_bytes() == b"\x89PNG not really"
    assert 'alt="&quot;up&quot; &amp; &lt;on&gt;"' in text
    assert "::::: {#fig-a .quarto-float .float-fig}" in text
    assert text.index("a_files/fig-a-output-1.png") < text.index("A *plot*.")


def test_two_pictures_stand_side_by_side(tmp_path):
    text = page(tmp_path, [shown({"image/png": PNG})] * 2, layout_ncol=2, column="page")
    assert text.index(":::::: {.column-page}") < text.index(":::: {layout-ncol=2}") < text.index("cell-3-output-2.png")
