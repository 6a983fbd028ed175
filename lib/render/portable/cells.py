"""Code cells as Markdown: the code, the outputs, and pictures as files beside the page."""

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
# The value of a plotting call, which notebooks echo and readers don't need.
_ECHO = re.compile(r"(\[?<(matplotlib|seaborn|Axes|Figure)|Text\()")


def cell_markdown(cell: NotebookNode, number: int, defaults: Mapping[str, object], folder: Path, href: str) -> str:
    """A code cell as Markdown: its code, then its outputs; a labelled cell's outputs become a figure or a table.

    Parameters
    ----------
    cell
        A code cell of a notebook from ``qmd.read``, before or after its run.
    number
        The cell's position in the notebook, which names the files of a cell without a label.
    defaults
        Options of the project and the front matter (``echo``, ``warning``, ``code-fold``, ...); the cell's win.
    folder
        Where pictures are written; it is created for the first picture.
    href
        The address of that folder, relative to the page.
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
    """HTML as a raw block, which Markdown passes through unchanged."""
    ticks = _fence(text)
    return f"{ticks}{{=html}}\n{text}\n{ticks}"


def _fence(text: str) -> str:
    """Enough backticks to enclose a text that may hold backticks itself."""
    return "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))


def _code(source: str, options: Mapping[str, object]) -> str:
    ticks = _fence(source)
    attributes = ""
    for key in ("code-fold", "code-summary", "code-overflow", "code-line-numbers"):
        if options.get(key) is not None:
            value = str(options[key]).replace('"', "'")
            attributes += f' {key}="{value.lower() if isinstance(options[key], bool) else value}"'
    return f"{ticks}{{.python .cell-code{attributes}}}\n{source}\n{ticks}"


def _outputs(cell: NotebookNode, options: Mapping[str, object], name: str, folder: Path, href: str) -> list[str]:
    """The outputs as blocks of Markdown, side by side if the cell has ``layout-ncol``."""
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
            blocks.append(raw_html(data))
        elif mime == "text/plain":
            blocks.append(_text(data, "cell-output-display"))
        else:
            blocks.append(data)
    columns = str(options.get("layout-ncol") or "")
    if columns and len(blocks) > 1:
        blocks = [f":::: {{layout-ncol={columns}}}", *blocks, "::::"]
    return blocks


def _silent(output: NotebookNode, options: Mapping[str, object]) -> bool:
    """Whether an output is left out: a warning that is switched off, or the echoed value of a plotting call."""
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
    """Write a picture to a file; returns the ``<img>`` that shows it."""
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
    return raw_html(f'<img src="{href}/{file}" alt="{alt}"{attributes} class="img-fluid figure-img" loading="lazy">')
