"""Citations in the author-year style and the list of references, from BibTeX files."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lib.render.portable.crossref import Item
from lib.render.portable.maths import mathml


@dataclass(frozen=True)
class Entry:
    """A publication.

    ``authors`` are as a citation shows them ("Lee and Ray", "Lee et al."). ``year`` has a letter if two works share
    authors and year. ``order`` is the key for sorting. ``text`` is the reference as HTML.
    """

    authors: str
    year: str
    order: tuple
    text: str


def read_bibliography(paths: Iterable[Path]) -> dict[str, Entry]:
    """Read BibTeX files.

    Returns
    -------
    dict
        From key to entry, in the order of the list of references.

    Raises
    ------
    ValueError
        If a file does not exist or is not BibTeX, or an entry has no author, editor or title, or can't be formatted.
    """
    from pybtex.database import BibliographyData, PybtexError, parse_file
    from pybtex.plugin import find_plugin
    from pybtex.richtext import Text

    data = BibliographyData()
    for path in paths:
        if not path.is_file():
            raise ValueError(f"the bibliography {path.name} does not exist")
        try:
            data.add_entries(parse_file(str(path), bib_format="bibtex").entries.items())
        except PybtexError as error:
            raise ValueError(f"the bibliography {path.name} can't be read: {error}") from None
    style = find_plugin("pybtex.style.formatting", "unsrt")(name_style="lastfirst")
    found: dict[str, Entry] = {}
    for key, entry in data.entries.items():
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [str(Text.from_latex(" ".join([*p.prelast_names, *p.last_names]))) for p in people]
        if not names and "title" not in entry.fields:
            raise ValueError(f"the bibliography's entry {key} has neither author nor title")
        cited = _cited(names) if names else str(Text.from_latex(entry.fields["title"]))
        year = str(entry.fields.get("year") or "n.d.")
        try:
            text = next(iter(style.format_entries([entry]))).text.render_as("html").replace("\n", " ")
            text = re.sub(r"\$([^$]+)\$", lambda tex: mathml(html.unescape(tex[1])), text)
        except Exception as error:
            raise ValueError(f"the bibliography's entry {key} can't be formatted: {error}") from None
        title = str(entry.fields.get("title", "")).casefold()
        found[key] = Entry(cited, year, (tuple(n.casefold() for n in names) or (cited,), year, title), text)
    return _lettered(dict(sorted(found.items(), key=lambda item: item[1].order)))


def _cited(names: list[str]) -> str:
    if len(names) > 3:
        return f"{names[0]} et al."
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _lettered(entries: dict[str, Entry]) -> dict[str, Entry]:
    """Add letters, 2001a and 2001b, where the same authors published twice in a year."""
    same: dict[tuple[str, str], list[str]] = {}
    for key, entry in entries.items():
        same.setdefault((entry.authors, entry.year), []).append(key)
    for keys in same.values():
        for letter, key in zip("abcdefghijklmnopqrstuvwxyz", keys, strict=False) if len(keys) > 1 else ():
            entry = entries[key]
            entries[key] = Entry(entry.authors, entry.year + letter, entry.order, entry.text)
    return entries


def cite(items: Iterable[Item], bracketed: bool, entries: dict[str, Entry], page: str) -> str:
    """A citation as Markdown: "(Lee and Ray 2001, p. 3; Sims 1999)" in brackets, "Lee and Ray (2001)" in a sentence.

    Parameters
    ----------
    page
        The address of the page with the list of references.

    Raises
    ------
    KeyError
        If a key is not in the bibliography.
    """
    parts = []
    for item in items:
        entry = entries[item.key]
        where = f"{page}#ref-{item.key}"
        prefix = f"{item.prefix} " if item.prefix else ""
        if bracketed:
            words = entry.year if item.suppressed else f"{entry.authors} {entry.year}"
            parts.append(f"{prefix}[{words}]({where}){{.citation}}{item.suffix}")
        elif item.suppressed:
            parts.append(f"([{entry.year}]({where}){{.citation}}{item.suffix})")
        else:
            parts.append(f"{prefix}{entry.authors} ([{entry.year}]({where}){{.citation}}{item.suffix})")
    return f"({'; '.join(parts)})" if bracketed else " ".join(parts)


def reference_list(entries: dict[str, Entry], used: Iterable[str]) -> str:
    """The list of the cited publications as HTML, with an anchor for each."""
    used = set(used)
    rows = []
    for key, entry in entries.items():
        if key in used:
            text = entry.text
            if entry.year[:-1].isdigit() and entry.year[-1].isalpha():
                text = re.sub(rf"\b{entry.year[:-1]}\b(?!.*\b{entry.year[:-1]}\b)", entry.year, text, flags=re.S)
            rows.append(f'<div id="ref-{key}" class="csl-entry" role="listitem">{text}</div>')
    return '<div id="refs" class="references csl-bib-body" role="list">\n' + "\n".join(rows) + "\n</div>"
