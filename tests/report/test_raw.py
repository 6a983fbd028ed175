import re

import pytest

from lib.report.raw import Html


@pytest.mark.parametrize(
    ("markup", "ticks"),
    [("<p>a</p>", 3), ("<p>`code`</p>", 3), ("<p>```\n</p>", 4), ("``````", 7), ("````\n```", 5)],
)
def test_html_is_a_raw_block_that_its_markup_cannot_close(markup, ticks):
    first, *inside, last = Html(markup)._repr_markdown_().splitlines()
    assert first == "`" * ticks + "{=html}" and last == "`" * ticks
    assert "\n".join(inside) == markup
    assert all(len(run) < ticks for run in re.findall("`+", markup))


def test_a_notebook_finds_no_html_output():
    """With an output of text/html Quarto adds scripts from the net."""
    assert not hasattr(Html("<p></p>"), "_repr_html_") and not hasattr(Html("<p></p>"), "_repr_mimebundle_")
