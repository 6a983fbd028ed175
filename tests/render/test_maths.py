"""Formulas as MathML."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from lib.render.portable.maths import mathml


def words(markup: str) -> str:
    return "".join(ET.fromstring(markup).itertext())


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\alpha = \mu(1-\rho)/\rho", "α=μ(1−ρ)/ρ"),
        (r"y \sim \text{Beta-binomial}(n)", "y∼Beta-binomial(n)"),
        (r"\begin{aligned} a &= b \\ c &< d \end{aligned}", "a=bc<d"),
        (r"\mathbf{x}^\top \boldsymbol\beta", "𝐱⊤𝜷"),
        (r"\sum_{i=1}^n \log p_i", "∑i=1nlogpi"),
        (r"\operatorname{logit}(p), \arg\max_x", "logit(p),argmaxx"),
        (r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}", "{1x>00else"),
        (r"100\,\%", "100%"),
    ],
)
def test_a_formula_reads_as_written(tex, text):
    assert words(mathml(tex)) == text


def test_display_and_inline_differ_and_rows_are_aligned():
    assert 'display="block"' in mathml("x", display=True)
    assert 'display="inline"' in mathml("x")
    cells = re.findall(r"text-align: (\w+)", mathml(r"\begin{aligned} a &= b \end{aligned}", display=True))
    assert cells == ["right", "left"]


@pytest.mark.parametrize(
    ("tex", "why"),
    [
        (r"\unknown{x}", r"\unknown is unknown"),
        ("{a", "braces"),
        ("a & b", "an & outside"),
        (r"\left( a", "can't be converted"),
    ],
)
def test_a_formula_that_cannot_be_read_is_named(tex, why):
    with pytest.raises(ValueError) as error:
        mathml(tex)
    assert f"the formula {tex} can't be converted" in str(error.value)
    assert why in str(error.value)
