"""Arbitrary sources: the portable renderer reads a chapter, or says at which line it can't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.render.portable.qmd import ChapterError, place, read

PIECES = """
``` ```` `` ` ~~~ ```{python} ```python ```{r} #|␣label:␣a #|␣x #| `{python}␣x` `{python}␣x `{python}` ---
... a:␣1 a:␣[ -␣x 1.␣y >␣q {{<␣include␣b.qmd␣>}} {{<␣include␣a.qmd␣>}} {{<␣include␣no␣>}}
{{<␣include␣>}} {{<␣video␣x␣>}} {{<␣pagebreak␣>}} {{{<␣var␣x␣>}}} {{</*␣var␣x␣*/>}} {{< >}} {{ }}
<!-- --> <div> </p> :::␣{.x} ::: :::␣{#fig-a} ![a](b␣c.png){#fig-a} [@x;␣@y] @fig-a $$ $a$ |a|b| |-|-|
#␣T␣{#sec-a} \\ &amp; ж
"""
PIECES = [piece.replace("␣", " ") for piece in PIECES.split()]
PIECES += ["---\na: 1\n---", "---\n- 1\n---", "    ", "\t", "  ", *"\0\f\u2028\x85\r\ufeff"]
LINE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=3).map("".join)
SOURCE = st.one_of(st.text(), st.lists(LINE, max_size=14).map("\n".join), st.lists(LINE, max_size=14).map(" \n\n".join))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("fuzz")
    (root / "chapters").mkdir()
    return root


def check(project, source: bytes, included: bytes):
    for name, content in {"a.qmd": source, "b.qmd": included}.items():
        (project / "chapters" / name).write_bytes(content)
    try:
        nb = read(project / "chapters/a.qmd", "chapters/a.qmd")
    except ChapterError as error:
        assert str(error).startswith("chapters/") and "\n" not in str(error)
        return
    lines = [cell.metadata.line for cell in nb.cells]
    assert lines == sorted(set(lines)) and all(place(nb, line).startswith("chapters/") for line in lines)


@given(source=SOURCE, included=SOURCE)
def test_any_source_is_read_or_refused_with_its_line(project, source, included):
    check(project, source.encode("utf-8", "replace"), included.encode("utf-8", "replace"))


@given(source=st.binary(max_size=60), included=st.just(b""))
def test_any_bytes_are_read_or_refused_with_their_line(project, source, included):
    check(project, source, included)
