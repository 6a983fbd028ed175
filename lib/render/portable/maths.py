"""TeX formulas as MathML, which browsers show without a script."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_NS = "http://www.w3.org/1998/Math/MathML"
# Commands that latex2mathml does not know, and their equivalents that it knows.
_SAME = (
    (re.compile(r"\\(begin|end)\{(?:aligned|alignedat|split|gathered)\}"), r"\\\1{align*}"),
    (re.compile(r"\\(begin|end)\{equation\*?\}"), ""),
    (re.compile(r"\\sim(?![A-Za-z])"), r"\\thicksim "),
    (re.compile(r"\\bm(?![A-Za-z])"), r"\\boldsymbol"),
    (re.compile(r"\\(?:tfrac|dfrac)(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\arg(?![A-Za-z])"), r"\\operatorname{arg}"),
)
_FUNCTIONS = frozenset("log ln exp sin cos tan max min sup inf arg lim det Pr logit".split())
_BOLD = {"bold": (0x1D400, 0x1D41A, 0x1D6A8, 0x1D6C2), "bold-italic": (0x1D468, 0x1D482, 0x1D71C, 0x1D736)}


def mathml(tex: str, display: bool = False) -> str:
    """A formula as a ``<math>`` element.

    Parameters
    ----------
    tex
        The formula without dollar signs.
    display
        Whether the formula is on a line of its own, and not in a sentence.

    Raises
    ------
    ValueError
        If the formula can't be converted; the message holds the formula and the reason.
    """
    from latex2mathml.converter import convert

    tex = tex.strip()
    source = tex
    for pattern, replacement in _SAME:
        source = pattern.sub(replacement, source)
    try:
        if source.count("{") - source.count(r"\{") != source.count("}") - source.count(r"\}"):
            raise ValueError("the braces do not match")
        root = ET.fromstring(convert(source, display="block" if display else "inline"))
    except ET.ParseError:
        raise ValueError(f"the formula {tex} can't be converted: an & outside of an alignment") from None
    except Exception as error:
        what = str(error) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
        raise ValueError(f"the formula {tex} can't be converted: {what}") from None
    for parent in root.iter():
        _repair(parent, tex)
    ET.register_namespace("", _NS)
    return ET.tostring(root, encoding="unicode")


def _repair(parent: ET.Element, tex: str) -> None:
    """Raise for commands that the converter left unchanged; rewrite bold letters and spaces for browsers."""
    children = list(parent)
    for at, child in enumerate(children):
        text = child.text or ""
        if text.startswith("\\") and len(text) > 1 and not child.tag.endswith("mtext"):
            raise ValueError(f"the formula {tex} can't be converted: {text} is unknown")
        variant = child.get("mathvariant")
        if variant in _BOLD:
            child.text = "".join(_bold(letter, variant) for letter in text)
            del child.attrib["mathvariant"]
        if text in _FUNCTIONS and at + 1 < len(children) and not (children[at + 1].text or "").startswith("("):
            child.set("style", "padding-inline-end: 0.17em")
        if child.tag.endswith("mtd") and child.get("columnalign"):
            child.set("style", f"text-align: {child.attrib.pop('columnalign')}")


def _bold(letter: str, variant: str) -> str:
    """A letter of the mathematical alphabets of Unicode: browsers no longer support mathvariant."""
    upper, lower, greek_upper, greek_lower = _BOLD[variant]
    for first, last, base in (("A", "Z", upper), ("a", "z", lower), ("Α", "Ω", greek_upper), ("α", "ω", greek_lower)):
        if first <= letter <= last:
            return chr(base + ord(letter) - ord(first))
    return letter
