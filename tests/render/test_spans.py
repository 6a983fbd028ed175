"""What is prose in Markdown, and what must be left alone."""

from __future__ import annotations

import pytest

from lib.render.portable.spans import masked, spans

PAGE = """Hi `a@b` and $x_1$ cost $5 and $6. [see](http://x.y/@z) \\@no <b title="@q">x</b> <me@x.y>

```python
@decorator $x$
```

::: {#fig-x fig-alt="see @fig-y"}
$$
a = b
$$ {#eq-x}

``x ` @k`` ![cap](a.png){#fig-k} `{python} f("@x")` a < b. https://a.b/@c <!-- @old
note --> last
:::
"""


def test_the_spans_joined_are_the_text_and_tell_prose_from_the_rest():
    found = list(spans(PAGE))
    assert "".join(span.text for span in found) == PAGE
    assert all(PAGE[span.start :].startswith(span.text) for span in found)
    prose = "".join(span.text for span in found if span.kind == "text")
    assert "@" not in prose
    assert "cost $5 and $6." in prose
    assert "a < b." in prose


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("$x$", "maths"),
        ("$a \\$ b$", "maths"),
        ("$ x$", "text"),
        ("$x $", "text"),
        ("$5 to $10", "text"),
        ("$$x\ny$$", "display"),
        ("$$x\n\ny$$", "text"),
        ("~~~\n$x$\n~~~", "block"),
        ("````\n```\n$x$\n```\n````", "block"),
        ("``` $x$```", "code"),
        ("> ```\n> $x$\n> ```", "block"),
        ("[a b]: <x y> '$x$'", "address"),
        ("`$x$`", "code"),
        ("<!-- $x$\n\n$y$ -->", "html"),
        ("a <5 and b> 3", "text"),
        ("::: {.callout-note title='$x$'}", "attributes"),
    ],
)
def test_a_text_of_one_kind(text, kind):
    assert {span.kind for span in spans(text)} == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "A\n\n    $x$",
        "- ```\n  $x$\n  ```",
        "1. a\n\n    ~~~\n    $x$\n    ~~~",
        "[^1]: A\n\n    ```\n    $x$\n    ```",
    ],
)
def test_code_in_lists_notes_and_indented_is_a_block(text):
    assert [span.kind for span in spans(text) if "$x$" in span.text] == ["block"]


def test_masking_keeps_every_line_and_offset():
    hidden = masked(PAGE, ("block", "code", "html"))
    assert len(hidden) == len(PAGE)
    assert [i for i, c in enumerate(hidden) if c == "\n"] == [i for i, c in enumerate(PAGE) if c == "\n"]
    assert "decorator" not in hidden


@pytest.mark.parametrize(
    "text", ["", "\r", "a\r    b\n```\nc\r```\n", "```", "    \n", "\x00\u2028\n\n    x", "[a]: \n> ```\n"]
)
def test_no_character_is_lost(text):
    assert "".join(span.text for span in spans(text)) == text
    assert len(masked(text)) == len(text)
