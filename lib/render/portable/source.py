"""A chapter's lines: included files are put in their place, and every other shortcode is done or refused by name."""

from __future__ import annotations

import re
from pathlib import Path

# Quarto's rule: {{< name arguments >}}, also over several lines of a paragraph.
_SHORTCODE = re.compile(r"\{\{<[ \t\n]*(?P<name>[^\s<>{}]*)(?P<rest>(?:(?!\{\{<|\n[ \t]*\n).)*?)>\}\}", re.S)
_ESCAPED = re.compile(r"\{(\{\{<(?:(?!>\}\}\}).)*>\}\})\}|(\{\{<)/\*((?:(?!\*/>\}\}).)*)\*/(>\}\})", re.S)
_INCLUDE = re.compile(r"^\s*\{\{<\s*include\s+(?:\"([^\"]+)\"|'([^']+)'|(\S+))\s*>\}\}\s*$")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_FRONT = re.compile(r"---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.S | re.M)
_PAGE_BREAK = '<div style="page-break-after: always;"></div>'
DEEPEST = 10  # files that may include one another

Place = tuple[str, int]  # the file, from the project's root, and the line in it, from 1


class ChapterError(Exception):
    """A book or chapter that can't be rendered; the message holds the place and the reason."""


def read_lines(path: Path, name: str) -> tuple[list[str], list[Place]]:
    """The lines of a source with the included files in their place, and where each line comes from.

    As in Quarto, an include stands on a line of its own, in prose or in code. Its path is relative to the file that
    includes it, or to the project's root if it begins with a slash. Links and pictures stay relative to the chapter.

    Raises
    ------
    ChapterError
        If a file can't be read, is a notebook, has front matter, or includes itself.
    """
    root = path.parents[name.count("/")].resolve()
    return _read(path, name, root, [(path.resolve(), "")])


def _read(path: Path, name: str, root: Path, within: list[tuple[Path, str]]) -> tuple[list[str], list[Place]]:
    lines, places = [], []
    for number, line in enumerate(_text(path, name).split("\n"), 1):
        found = _INCLUDE.match(line)
        if not found:
            lines.append(line)
            places.append((name, number))
            continue
        asked, where = found[1] or found[2] or found[3], f"{name}:{number}"
        file = _included(asked, where, path, root, within)
        if len(within) > DEEPEST:
            raise ChapterError(f"{where}: files include one another more than {DEEPEST} deep")
        more, from_where = _read(file, file.relative_to(root).as_posix(), root, [*within, (file, where)])
        if _FRONT.match("\n".join(more)):
            raise ChapterError(f"{where}: the included file {asked} has front matter: move it into the chapter")
        blank = 1 if more[-1] else 0  # what follows an included file is a paragraph of its own
        lines += [*more, *[""] * blank]
        places += [*from_where, *from_where[-1:] * blank]
    return lines, places


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        row = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ChapterError(f"{name}:{row}: this line is not UTF-8: save the file as UTF-8") from None


def _included(asked: str, where: str, path: Path, root: Path, within: list[tuple[Path, str]]) -> Path:
    """The file that an include asks for."""
    # Quarto resolves the path of an include in an included file from the chapter's folder.
    folders = [root] if asked.startswith("/") else [path.parent, within[0][0].parent]
    files = list(dict.fromkeys((folder / asked.lstrip("/")).resolve() for folder in folders))
    found = [file for file in files if file.is_file()]
    if not found:
        raise ChapterError(f"{where}: the included file {asked} does not exist")
    if len(found) > 1:
        raise ChapterError(
            f"{where}: the included file {asked} could be that beside this file or that beside the chapter:"
            " write its path from the project's root, with a slash before it"
        )
    if root not in found[0].parents:
        raise ChapterError(f"{where}: the included file {asked} is outside of the project")
    if found[0].suffix == ".ipynb":
        raise ChapterError(f"{where}: the portable renderer can't include a notebook ({asked}): render with Quarto")
    if found[0] in [file for file, _ in within]:
        raise ChapterError(f"{where}: the included file {asked} includes itself")
    return found[0]


def without_shortcodes(text: str, places: list[Place]) -> str:
    """The text with escaped shortcodes, ``{{{< x >}}}``, as the text they show, and page breaks as HTML.

    Raises
    ------
    ChapterError
        If the text has another shortcode, except in an HTML comment.
    """
    hidden = [found.span() for found in _COMMENT.finditer(text)]
    out, at = [], 0
    for found in re.finditer(f"{_ESCAPED.pattern}|{_SHORTCODE.pattern}", text, re.S):
        if any(start <= found.start() < end for start, end in hidden):
            continue
        if found["name"] is None:
            shown = found[1] or found[2] + found[3] + found[4]
        elif found["name"] == "pagebreak" and re.search(r"(?:^|\n)[ \t]*$", text[: found.start()]):
            shown = _PAGE_BREAK
        else:
            name, line = places[text[: found.start()].count("\n")]
            raise ChapterError(f"{name}:{line}: {_refusal(found['name'])}")
        out += [text[at : found.start()], shown]
        at = found.end()
    return "".join([*out, text[at:]])


def _refusal(name: str) -> str:
    if name == "include":
        return "the shortcode include must stand on a line of its own, with the path of a file"
    if name == "pagebreak":
        return "the shortcode pagebreak must stand on a line of its own"
    return (
        f"the portable renderer does not know the shortcode {name or '{{< >}}'}:"
        f" render with Quarto, or write {{{{{{< {name} >}}}}}} to show it as text"
    )
