"""Separate the prose of a Markdown text from code, maths, HTML, addresses and attributes."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Pandoc's rules: no space follows an opening $; no space precedes a closing $, and no digit follows it.
_PARTS = re.compile(
    r"""
    (?P<code>(?<!`)(?P<run>`+)(?!`)(?:(?!\n[ \t]*\n)(?s:.))+?(?<!`)(?P=run)(?!`)(?:\{=\w+\})?)
  | (?P<escape>\\[^\w\s])
  | (?P<display>\$\$(?:(?!\n[ \t]*\n)(?s:.))+?\$\$)
  | (?P<maths>(?<!\$)\$(?=[^\s$])(?:\\.|(?!\n[ \t]*\n)[^$\\])*?(?<=\S)\$(?!\d))
  | (?P<html><!--(?s:.*?)-->|</?[A-Za-z][^<>\n]*(?:\n[^<>\n]+)*>|<[a-z]+:[^<>\s]*>)
  | (?P<address>(?<=\])\((?:<[^<>\n]*>|[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)|\bhttps?://[^\s<>()\]]+
      |(?m:^[ ]{0,3}\[[^\[\]\n^@][^\[\]\n@]*\]:[ \t]+[^\n]+$))
  | (?P<attributes>\{(?:[.#:][\w-]|[\w-]+=)[^{}\n]*\}|(?m:^[ \t]*:{3,}[^\n]*$))
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
    starts = [0, *accumulate(len(line) + 1 for line in markdown.split("\n"))]
    at = 0
    for block in code_blocks(markdown):
        start, end = starts[block.map[0]], starts[block.map[1]] - 1
        # Text that is indented at the top may go on with a list that began before a cell: it counts as prose.
        if start >= at and (block.type == "fence" or markdown[:start].strip()):
            yield from _inline(markdown, at, start)
            yield Span("block", markdown[start:end], start)
            at = end
    yield from _inline(markdown, at, len(markdown))


def code_blocks(markdown: str) -> list[Token]:
    """The blocks of code in order, in lists and quotes too: tokens of the type "fence" or "code_block".

    ``map`` holds a block's first line, from 0, and the line after its last; ``info`` what follows an opening fence.
    """
    if not re.search(r"```|~~~|^(?: {4}|\t)", markdown, re.M):
        return []
    return [token for token in _blocks(markdown) if token.type in ("fence", "code_block")]


_ODD = (
    (
        re.compile(r"^\s*\+(?:[-=:]+\+)+\s*$"),
        "the portable renderer does not know tables with + at the corners: use pipes",
    ),
    (re.compile(r"^\s*-{2,}(?: +-{2,})+\s*$"), "the portable renderer does not know tables without pipes: use pipes"),
)
_BEGINS = {
    "heading_open": "heading",
    "blockquote_open": "quote",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
}


def unlike_pandoc(markdown: str) -> tuple[int, str] | None:
    """The first place, a row from 0, at which smalldocs and Pandoc read a text differently, and what to write."""
    for row, line in enumerate(masked(markdown, ("block", "html", "display")).split("\n")):
        for pattern, advice in _ODD:
            if pattern.match(line):
                return row, advice
    lines, depth, ends = markdown.split("\n"), 0, -1
    for token in _blocks(markdown):
        begins = _BEGINS.get(token.type)
        if begins and not depth and token.map[0] == ends and token.markup not in ("=", "-" * bool(begins == "heading")):
            return ends, f"an empty line must stand before this {begins}: Pandoc takes it for the paragraph above"
        if token.type == "paragraph_open" and not depth:
            ends = token.map[1]
            block = [line.strip() for line in lines[token.map[0] : ends]]
            if all(line.startswith("| ") and set(line) - set("|:- ") for line in block):
                return token.map[0], "the portable renderer does not know line blocks: end a line with a backslash"
        depth += token.nesting * token.type.startswith(("bullet_list", "ordered_list", "blockquote", "dl_"))
        if token.type == "html_block" and not re.match(r"\s*<(?:!--|pre|script|style|textarea)", token.content, re.I):
            for row in range(*token.map):
                if "<" not in lines[row] and re.search(r"[*_`@$\[]", lines[row]):
                    return row, "an empty line must part Markdown from the HTML tag above"
    return None


def _blocks(markdown: str) -> list[Token]:
    return _parser().parse(markdown.replace("\r", " "))  # a lone \r would count as the end of a line


@functools.cache
def _parser() -> MarkdownIt:
    """The rules for blocks by which smalldocs reads the page."""
    from smalldocs.markdown import make_parser

    parser = make_parser()
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _inline(markdown: str, at: int, end: int) -> Iterator[Span]:
    for found in _PARTS.finditer(markdown, at, end):
        if found.start() > at:
            yield Span("text", markdown[at : found.start()], at)
        yield Span(next(k for k in KINDS[1:] if found[k] is not None), found[0], found.start())
        at = found.end()
    if at < end:
        yield Span("text", markdown[at:end], at)


def masked(markdown: str, kinds: tuple[str, ...] = ("block", "code", "html"), fill: str = " ") -> str:
    """The text with the spans of some kinds blanked out; every line and every offset stays the same."""

    def blank(text: str) -> str:
        return "\n".join(fill * len(line) for line in text.split("\n"))

    return "".join(blank(s.text) if s.kind in kinds else s.text for s in spans(markdown))
