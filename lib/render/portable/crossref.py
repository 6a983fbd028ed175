"""Labels, their numbers as in a Quarto book (Chapter 2, Section 2.1, Figure 2.1), and the references to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nbformat import NotebookNode

from lib.render.portable.qmd import place
from lib.render.portable.spans import KINDS as KINDS_OF_SPANS
from lib.render.portable.spans import masked

KINDS = {"fig": "Figure", "tbl": "Table", "sec": "Section", "eq": "Equation"}
CHAPTERS = {"ch": "Chapter", "apx": "Appendix"}
# The names of kinds on a page whose front matter sets ``lang``, as Quarto has them.
NAMES = {
    "en": KINDS | CHAPTERS,
    "ru": {
        **{"fig": "Рисунок", "tbl": "Таблица", "sec": "Раздел", "eq": "Уравнение"},
        **{"ch": "Глава", "apx": "Приложение"},
    },
}
_LABEL = re.compile(r"\{(?:[^{}#\n]*[ \t])?#((?:fig|tbl|sec|eq)-[\w:.-]*\w)")
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t]*(?:\{([^{}]*)\})?[ \t]*#*[ \t]*$")
DIV = re.compile(r"^[ \t]*(:{3,})[ \t]*(.*?)[ \t:]*$")
_KEY = r"@(?:\{[^{}\s]+\}|\w(?:[\w:.#$%&+?<>~/-]*\w)?)"
_BARE = re.compile(rf"(?<![\w.@/\\-])(-?)({_KEY})(?:[ \t]+\[([^\[\]@\0]*)\](?![(\[{{\0]))?")
# At the start of a line "[@key]: ..." defines a link; elsewhere the colon is punctuation.
_GROUP = re.compile(r"(?<![\^!\]\\])(?!(?m:^)\[[^\[\]]*\]:)\[([^\[\]]*@[^\[\]]*)\](?![(\[{\0])")
_ITEM = re.compile(rf"^(.*?)(?<![\w.])(-?)({_KEY})(.*)$", re.S)


@dataclass(frozen=True)
class Target:
    """What a reference can lead to.

    ``kind`` is one of KINDS, "ch" for a chapter, or "apx" for an appendix. ``number`` is the printed number ("2.1",
    "2.1 (a)"), "" for none. ``page`` is the chapter's source ("chapters/02-targets.qmd"), ``where`` the label's file
    and line, ``title`` the title of a section, and ``letter`` the mark of a figure or table within another, "(a)".
    """

    label: str
    kind: str
    number: str
    page: str
    where: str
    title: str = ""
    letter: str = ""


class Item(NamedTuple):
    """One reference of a group: ``[see @key, p. 3]`` has the prefix "see" and the suffix ", p. 3".

    ``suppressed`` is whether a minus sign before the key suppresses the author or the kind of target (``-@key``).
    """

    prefix: str
    key: str
    suffix: str
    suppressed: bool


class Heading(NamedTuple):
    """A heading: its ``row`` in the text (from 0), its ``level`` (from 1), its ``title`` and its ``attributes``."""

    row: int
    level: int
    title: str
    attributes: str


def headings(text: str) -> Iterator[Heading]:
    """The headings of a text, without those in code, callouts, tabsets and other divs."""
    depth = 0
    original = text.split("\n")
    for row, line in enumerate(masked(text).split("\n")):
        div = DIV.match(line)
        if div:
            depth += 1 if div[2] else -1
        elif depth <= 0 and (found := _HEADING.match(line)):
            whole = _HEADING.match(original[row]) or found
            yield Heading(row, len(whole[1]), whole[2], whole[3] or "")


def chapter_title(nb: NotebookNode) -> tuple[str, str]:
    """A chapter's title and the attributes of its heading: from the front matter, else from the first heading."""
    first = next((h for h in headings(_prose(nb)) if h.level == 1), None)
    if nb.metadata.front.get("title"):
        return str(nb.metadata.front["title"]), ""
    return (first.title, first.attributes) if first else ("", "")


def chapter_numbers(chapters: Sequence[NotebookNode]) -> list[str]:
    """The number of each chapter and the letter of each appendix, "" for the index and for ``.unnumbered`` ones."""
    numbers, last = [], Counter()
    for nb in chapters:
        _, attributes = chapter_title(nb)
        appendix = bool(nb.metadata.get("appendix"))
        plain = nb.metadata.name.rpartition("/")[2] == "index.qmd" or unnumbered(attributes)
        last[appendix] += not plain
        number = chr(64 + last[appendix]) if appendix else str(last[appendix])
        numbers.append("" if plain else number)
    return numbers


def unnumbered(attributes: str) -> bool:
    """Whether a heading's attributes exclude it from numbering."""
    return ".unnumbered" in attributes.split() or "-" in attributes.split()


class Counters:
    """Counts the sections of a chapter."""

    def __init__(self, chapter: str) -> None:
        self.chapter, self.counts = chapter, [0] * 7

    def next(self, heading: Heading) -> str:
        """The number of the next heading, "" if the heading or its chapter has no number."""
        if heading.level == 1 or not self.chapter or unnumbered(heading.attributes):
            return ""
        self.counts[heading.level] += 1
        self.counts[heading.level + 1 :] = [0] * (6 - heading.level)
        return ".".join([self.chapter, *(str(n) for n in self.counts[2 : heading.level + 1])])


def collect(chapters: Sequence[NotebookNode]) -> tuple[dict[str, Target], list[str]]:
    """Every label of the book with its target, and an error message for each label that occurs twice.

    Labels are read from the sources, so that a chapter rendered alone can refer to the others. A label that code prints
    is found if the source of the cell contains it (``{#fig-x``).
    """
    targets: dict[str, Target] = {}
    problems = []
    for nb, chapter in zip(chapters, chapter_numbers(chapters), strict=True):
        for target in _labels(nb, chapter):
            if target.label in targets:
                first = targets[target.label].where
                problems.append(f"{target.where}: the label {target.label} is already used at {first}")
            else:
                targets[target.label] = target
    return targets, problems


def _prose(nb: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def _labels(nb: NotebookNode, chapter: str) -> Iterator[Target]:
    name, seen, sections = nb.metadata.name, Counter(), Counters(chapter)
    by_row = {}
    chapter_kind = "apx" if nb.metadata.get("appendix") else "ch"
    outer: list[Target | None] = []  # for each open div, the figure or table that it is or lies in
    text, first_rows = [], []
    for cell in nb.cells:
        first_rows.append(len(text))
        if cell.cell_type == "markdown":
            text += cell.source.split("\n")
            continue
        label = str(cell.metadata.options.get("label") or "")
        own = [label] if label.startswith(("fig-", "tbl-")) else []
        text.append("".join(f"{{#{found}}}" for found in [*own, *_LABEL.findall(cell.source)]))
    for heading in headings("\n".join(text)):
        by_row[heading.row] = (heading, sections.next(heading))
    for row, line in enumerate(masked("\n".join(text), ("block", "code", "html", "escape")).split("\n")):
        cell = max((i for i, start in enumerate(first_rows) if start <= row), default=None)
        if cell is None:  # the chapter is empty
            return
        at = nb.cells[cell].metadata.line
        at += row - first_rows[cell] if nb.cells[cell].cell_type == "markdown" else 0
        where, div = place(nb, at), DIV.match(line)
        within = outer[-1] if outer else None
        if div and not div[2]:
            del outer[-1:]
        elif div:
            outer.append(within)
        for label in _LABEL.findall(line):
            kind = label.partition("-")[0]
            if kind == "sec" and row in by_row:
                heading, number = by_row[row]
                whole = heading.level == 1
                kind = chapter_kind if whole else "sec"
                yield Target(label, kind, chapter if whole else number, name, where, heading.title)
            elif within and kind in ("fig", "tbl"):
                seen[within.label] += 1
                letter = f"({chr(96 + seen[within.label])})"
                yield Target(label, kind, f"{within.number} {letter}", name, where, letter=letter)
            else:
                seen[kind] += 1
                number = f"{chapter}.{seen[kind]}" if chapter else str(seen[kind])
                target = Target(label, kind, number, name, where)
                if div and kind in ("fig", "tbl"):
                    outer[-1] = target
                yield target


# ---- references, in prose


def references(text: str, resolve: Callable[[list[Item], bool, int], str]) -> str:
    """Replace each group of references and citations in a text by what ``resolve(items, bracketed, offset)`` returns.

    ``items`` are the references of one group, ``bracketed`` is whether the group is in brackets, and ``offset`` is the
    position in the text at which the group begins.
    """
    plain = masked(text, KINDS_OF_SPANS, "\0")
    out, done, at = [], 0, 0
    while found := _BARE_OR_GROUP.search(plain, at):
        at = found.start() + 1
        end = found.end()
        if plain[found.start()] == "[":
            inner = text[found.start() + 1 : end - 1]
            items = [_item(part) for part in inner.split(";")]
            if not all(items):
                continue
        else:
            bare = _BARE.match(plain, found.start())
            key = bare[2].removeprefix("@").strip("{}")
            if bare[3] and is_label(key):
                end = bare.end(2)
            locator = bare[3] if end == bare.end() else ""
            items = [Item("", key, f", {locator}" if locator else "", bool(bare[1]))]
        out += [text[done : found.start()], resolve(items, plain[found.start()] == "[", found.start())]
        done = at = end
    return "".join([*out, text[done:]])


_BARE_OR_GROUP = re.compile(f"(?:{_GROUP.pattern})|(?:{_BARE.pattern})")


def _item(part: str) -> Item | None:
    found = _ITEM.match(part)
    if not found:
        return None
    return Item(found[1].strip(), found[3].removeprefix("@").strip("{}"), found[4].rstrip(), bool(found[2]))


def is_label(key: str) -> bool:
    """Whether a key is the label of a figure, table, section or equation, and not the key of a publication."""
    return (key[:1].lower() + key[1:]).startswith(tuple(f"{kind}-" for kind in KINDS))


def link(
    items: Iterable[Item], targets: Mapping[str, Target], page: str, names: Mapping[str, str] = NAMES["en"]
) -> str:
    """Links to the targets of a group of references, as Markdown for the page of the chapter ``page``.

    Parameters
    ----------
    names
        The names of the kinds in the page's language.

    Raises
    ------
    KeyError
        If a label is not among the targets.
    """
    links = []
    for item in items:
        target = targets[item.key[:1].lower() + item.key[1:]]
        words = item.prefix or ("" if item.suppressed else names[target.kind])
        shown = "\u00a0".join(part for part in (words, target.number) if part)
        if not target.number and target.title:
            shown = item.prefix or target.title
        where = "" if target.page == page else f"/{target.page}"
        anchor = "" if target.kind in CHAPTERS and where else f"#{target.label}"
        links.append(f"[{shown}]({where}{anchor}){{.quarto-xref}}{item.suffix}")
    return ", ".join(links)
