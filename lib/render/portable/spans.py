"""Separate the prose of a Markdown text from code, maths, HTML, addresses and attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_FENCED = r"(?m:^[ >\t]*(?P<tick>`{3,}|~{3,}))[^\n]*\n(?s:.*?)(?m:^[ >\t]*(?P=tick)[`~]*[ \t]*$)"
# Pandoc's rules: no space follows an opening $; no space precedes a closing $, and no digit follows it.
_PARTS = re.compile(
    rf"""
    (?P<block>{_FENCED})
  | (?P<code>(?<!`)(?P<run>`+)(?!`)(?:(?!\n[ \t]*\n)(?s:.))+?(?<!`)(?P=run)(?!`)(?:\{{=\w+\}})?)
  | (?P<escape>\\[^\w\s])
  | (?P<display>\$\$(?:(?!\n[ \t]*\n)(?s:.))+?\$\$)
  | (?P<maths>(?<!\$)\$(?=[^\s$])(?:\\.|(?!\n[ \t]*\n)[^$\\])*?(?<=\S)\$(?!\d))
  | (?P<html><!--(?s:.*?)-->|</?[A-Za-z][^<>\n]*(?:\n[^<>\n]+)*>|<[a-z]+:[^<>\s]*>)
  | (?P<address>(?<=\])\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+"[^"]*")?\)|\bhttps?://[^\s<>()\]]+)
  | (?P<attributes>\{{(?:[.#:][\w-]|[\w-]+=)[^{{}}\n]*\}}|(?m:^[ \t]*:{{3,}}[^\n]*$))
    """,
    re.X,
)


KINDS = ("block", "code", "escape", "display", "maths", "html", "address", "attributes")


class Span(NamedTuple):
    """A piece of a Markdown text: ``kind`` is "text" or one of KINDS, ``start`` is its offset in the text."""

    kind: str
    text: str
    start: int


def spans(markdown: str) -> Iterator[Span]:
    """Cut a Markdown text into spans; the texts of the spans, joined, are the whole text."""
    at = 0
    for found in _PARTS.finditer(markdown):
        if found.start() > at:
            yield Span("text", markdown[at : found.start()], at)
        yield Span(next(k for k in KINDS if found[k] is not None), found[0], found.start())
        at = found.end()
    if at < len(markdown):
        yield Span("text", markdown[at:], at)


def masked(markdown: str, kinds: tuple[str, ...] = ("block", "code", "html"), fill: str = " ") -> str:
    """The text with the spans of some kinds blanked out; every line and every offset stays the same."""

    def blank(text: str) -> str:
        return "\n".join(fill * len(line) for line in text.split("\n"))

    return "".join(blank(s.text) if s.kind in kinds else s.text for s in spans(markdown))
