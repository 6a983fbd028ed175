"""Numbered figures and tables with captions, from labelled divs, pictures and Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lib.render.portable.crossref import DIV, NAMES, Target
from lib.render.portable.spans import masked

_FLOAT = re.compile(r"\{[^}]*#((?:fig|tbl)-[\w:.-]*\w)|\.float-(fig|tbl)\b")
_LAYOUT = re.compile(r"\s+layout(?:-ncol|-nrow)?=(?:\"[^\"]*\"|[^\s}]+)")
_ADDRESS = r"<[^<>]*>(?:\s+\"[^\"]*\")?|[^()]*(?:\([^()]*\)[^()]*)*"
_IMAGE = re.compile(rf"^!\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(({_ADDRESS})\)\{{([^{{}}]*#fig-[^{{}}]*)\}}[ \t]*$")


def floats(text: str, targets: Mapping[str, Target], names: Mapping[str, str] = NAMES["en"]) -> str:
    """Turn labelled divs into numbered figures and tables; the last paragraph of the div is the caption."""
    lines = _image_floats(text).split("\n")
    plain = masked("\n".join(lines), ("block",), "`").split("\n")
    stack: list[tuple[int, str, str] | None] = []
    insert: dict[int, list[str]] = {}
    drop: set[int] = set()
    for row, line in enumerate(plain):
        div = DIV.match(line)
        if not div:
            continue
        if div[2]:
            found = _FLOAT.search(lines[row])
            stack.append((row, found[1] or "", found[2] or found[1][:3]) if found else None)
        elif stack and (opened := stack.pop()):
            start, label, kind = opened
            first, last = _last_paragraph(plain, start, row)
            caption = " ".join(lines[first:last]).strip()
            drop |= set(range(first, last))
            if label in targets:
                caption = _numbered(caption, names[kind], targets[label])
            top, bottom = _figure(caption, kind, label)
            layout = _LAYOUT.search(lines[start])
            if layout:
                lines[start] = lines[start].replace(layout[0], "")
                top, bottom = [*top, "", f":::::: {{{layout[0].strip()}}}"], ["::::::", "", *bottom]
            insert.setdefault(_after_code(lines, start), []).extend(["", *top, ""])
            insert.setdefault(row - 1, []).extend(["", *bottom, ""])
            lines[start] = _styled(lines[start], kind)
    out = []
    for row, line in enumerate(lines):
        if row not in drop:
            out.append(line)
        out += insert.get(row, [])
    return _table_captions("\n".join(out), targets, names)


def _numbered(caption: str, name: str, target: Target) -> str:
    if target.letter:
        return f"\\{target.letter} {caption}".strip()  # without the backslash "(a)" would begin a list
    name = f"{name}\u00a0{target.number}"
    return f"{name}: {caption}" if caption else name


def _after_code(lines: Sequence[str], start: int) -> int:
    """The row after which a figure begins. Code at the start of the div stays above the caption of a table."""
    row = start + 1
    while row < len(lines) and not lines[row].strip():
        row += 1
    fence = re.match(r"\s*(`{3,})\{\.python \.cell-code", lines[row]) if row < len(lines) else None
    if not fence:
        return start
    return next(i for i in range(row + 1, len(lines)) if lines[i].strip() == fence[1])


def _image_floats(text: str) -> str:
    """Rewrite a labelled picture on a line of its own, ``![caption](file){#fig-x}``, as a div."""
    out = []
    for line, plain in zip(text.split("\n"), masked(text).split("\n"), strict=True):
        found = _IMAGE.match(line) if plain.startswith("![") else None
        if not found:
            out.append(line)
            continue
        label = re.search(r"#(fig-[\w:.-]*\w)", found[3])[0]
        rest = found[3].replace(label, "").strip()
        picture = f"![]({found[2]})" + (f"{{{rest}}}" if rest else "")
        out += ["", f"::::: {{{label}}}", "", picture, "", found[1], "", ":::::", ""]
    return "\n".join(out)


def _last_paragraph(plain: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """The rows of the last paragraph of a div; an empty range if the div ends with something else."""
    last = end
    while last > start + 1 and not plain[last - 1].strip():
        last -= 1
    first = last
    while first > start + 1 and plain[first - 1].strip() and not DIV.match(plain[first - 1]):
        first -= 1
    block = plain[first:last]
    if not block or re.match(r"^\s*(`+$|[|!<#>]|[-*+] |\d+[.)] |: )", block[0]) or first == start + 1 == last:
        return end, end
    return first, last


def _figure(caption: str, kind: str, label: str) -> tuple[list[str], list[str]]:
    """The opening and the closing lines of a figure. A table's caption is above the table, a figure's below."""

    def raw(markup: str) -> list[str]:
        return ["```{=html}", markup, "```"]

    opening = raw(f'<figure class="quarto-float quarto-float-{kind} figure">')
    closing = raw("</figure>")
    if caption:
        identity = f' id="{label}-caption"' if label else ""
        words = raw(f'<figcaption class="quarto-float-caption quarto-float-{kind}"{identity}>')
        words += ["", caption, "", *raw("</figcaption>")]
        opening, closing = ([*opening, "", *words], closing) if kind == "tbl" else (opening, [*words, "", *closing])
    return opening, closing


def _styled(fence: str, kind: str) -> str:
    style = ".quarto-figure .quarto-figure-center" if kind == "fig" else ".quarto-table"
    if ".quarto-float" not in fence:
        style = f".quarto-float {style}"
    return re.sub(r"\}[ \t:]*$", f" {style} .anchored}}", fence)


def _table_captions(text: str, targets: Mapping[str, Target], names: Mapping[str, str]) -> str:
    """Number the captions of Markdown tables, ``: caption {#tbl-x}``."""

    def numbered(found: re.Match) -> str:
        target = targets.get(found[3])
        return found[1] + _numbered(found[2], names["tbl"], target) if target else found[0]

    pattern = re.compile(r"(?m)^([ ]{0,3}(?:[Tt]able)?:[ \t]+)(\S[^\n]*\{[^{}\n]*#(tbl-[\w:.-]*\w)[^{}\n]*\})[ \t]*$")
    return pattern.sub(numbered, text)
