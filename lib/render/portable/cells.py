"""What a code cell becomes on its page: its code, and its outputs as Markdown and as files beside the page."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
# Quarto's order for pages of HTML.
_PREFERRED = ("text/html", "text/markdown", *_IMAGES, "text/latex", "text/plain")
# A plot's return value, which notebooks echo and nobody reads.
_ECHO = re.compile(r"(\[?<(matplotlib|seaborn|Axes|Figure)|Text\()")


def cell_markdown(cell: NotebookNode, number: int, defaults: Mapping[str, object], folder: Path, href: str) -> str:
    """A code cell as Markdown: its code, then its outputs, in a figure or table with a caption where it has a label.

    Parameters
    ----------
    cell
        From ``qmd.read``, run or not.
    number
        Names the files of a cell without a label.
    defaults
        What the project and the front matter say of every cell (``echo``, ``warning``, ``code-fold``, ...).
    folder
        Where pictures are written; made when there is one.
    href
        How the page calls that folder.
    """
    options = {**defaults, **cell.metadata.options}
    if options.get("include") is False:
        return ""
    label = str(options.get("label") or "")
    kind = label[:3] if label.startswith(("fig-", "tbl-")) else ""
    parts = []
    if options.get("echo", True) is not False and cell.source.strip():
        parts.append(_code(cell.source, options))
    if options.get("output", True) is not False:
        name = re.sub(r"[^\w-]", "-", label) if label else f"cell-{number}"
        shown = _outputs(cell, options, name, folder, href)
        caption = options.get(f"{kind}-cap") if kind else options.get("fig-cap") or options.get("tbl-cap")
        if kind or (caption and shown):
            kind = kind or ("fig" if options.get("fig-cap") else "tbl")
            identity = f"#{label} " if label else ""
            shown = [f"::::: {{{identity}.quarto-float .float-{kind}}}", *shown, str(caption or ""), ":::::"]
        column = options.get("column") or options.get(f"{kind or 'fig'}-column")
        if column and shown:
            shown = [f":::::: {{.column-{column}}}", *shown, "::::::"]
        parts += shown
    return "\n\n".join(part for part in parts if part) + "\n"


def raw_html(text: str) -> str:
    """HTML as a block that Markdown passes through as it is."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks}{{=html}}\n{text}\n{ticks}"


def _code(source: str, options: Mapping[str, object]) -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", source)), default=0))
    attributes = ""
    for key in ("code-fold", "code-summary", "code-overflow", "code-line-numbers"):
        if options.get(key) is not None:
            value = str(options[key]).replace('"', "'")
            attributes += f' {key}="{value.lower() if isinstance(options[key], bool) else value}"'
    return f"{ticks}{{.python .cell-code{attributes}}}\n{source}\n{ticks}"


def _outputs(cell: NotebookNode, options: Mapping[str, object], name: str, folder: Path, href: str) -> list[str]:
    """Each output as a block of Markdown, side by side where the cell asks for it."""
    asis = options.get("output") == "asis"
    outputs = [o for o in cell.get("outputs", []) if not _silent(o, options)]
    blocks = []
    for number, output in enumerate(outputs, 1):
        if output.output_type == "stream":
            if asis and output.name == "stdout":
                blocks.append(output.text.strip("\n"))
            else:
                blocks.append(_text(output.text, f"cell-output-{output.name}"))
            continue
        if output.output_type == "error":
            blocks.append(_text(f"{output.ename}: {output.evalue}", "cell-output-error"))
            continue
        mime = next((m for m in _PREFERRED if m in output.data), None)
        if mime is None:
            continue
        data = output.data[mime]
        if mime in _IMAGES:
            blocks.append(_image(output, mime, options, f"{name}-output-{number}", folder, href))
        elif mime == "text/html":
            blocks.append(raw_html(_readable_table(data)))
        elif mime == "text/plain":
            blocks.append(_text(data, "cell-output-display"))
        else:
            blocks.append(data)
    columns = str(options.get("layout-ncol") or "")
    if columns and len(blocks) > 1:
        blocks = [f":::: {{layout-ncol={columns}}}", *blocks, "::::"]
    return blocks


def _silent(output: NotebookNode, options: Mapping[str, object]) -> bool:
    if output.output_type == "stream":
        return output.name == "stderr" and options.get("warning", True) is False
    return (
        output.output_type == "execute_result"
        and set(output.data) == {"text/plain"}
        and _ECHO.match(output.data["text/plain"]) is not None
    )


def _text(text: str, style: str) -> str:
    text = html.escape(_ANSI.sub("", text).rstrip("\n"))
    return raw_html(f'<div class="cell-output {style}"><pre><code>{text}</code></pre></div>')


def _image(output: NotebookNode, mime: str, options: Mapping[str, object], name: str, folder: Path, href: str) -> str:
    """Write a picture to a file and show it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{name}.{_IMAGES[mime]}"
    data = output.data[mime]
    if mime == "image/svg+xml":
        (folder / file).write_text(data, encoding="utf-8")
    else:
        (folder / file).write_bytes(base64.b64decode(data))
    size = output.get("metadata", {}).get(mime) or {}
    attributes = "".join(f' {key}="{int(size[key])}"' for key in ("width", "height") if key in size)
    alt = html.escape(str(options.get("fig-alt") or ""))
    return raw_html(f'<img src="{href}/{file}" alt="{alt}"{attributes} class="img-fluid figure-img">')


def _readable_table(markup: str) -> str:
    """Bootstrap's classes for a plain table, and a box in which a wide one scrolls."""

    def styled(tag: re.Match) -> str:
        attributes = re.sub(r'\s+border="\d+"', "", tag[1])
        classes = re.search(r'class="([^"]*)"', attributes)
        have = classes[1].split() if classes else []
        if "table" in have:
            return f"<table{attributes}>"
        wanted = " ".join([*have, "table", "table-sm", "table-striped", "small"])
        plain = attributes.replace(classes[0], "").rstrip() if classes else attributes
        return f'<table{plain} class="{wanted}">'

    if "<table" not in markup:
        return markup
    markup = re.sub(
        r"<style scoped>.*?</style>\n?", "", markup, flags=re.S
    )  # pandas' own, which would reach every table
    tables = re.sub(r"<table\b([^>]*)>", styled, markup)
    return f'<div class="sd-table">\n{tables}\n</div>'
