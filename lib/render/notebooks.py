"""Chapters as Jupyter notebooks that a reader can open and run."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from lib.render.engines import find_chapter
from lib.render.portable import crossref
from lib.render.portable.book import executed, linked, open_book
from lib.render.portable.project import Book, project_folder
from lib.render.portable.qmd import filled
from lib.storage import write_whole

# The first cell. Without it a chapter would find ``lib`` only in the project's root, and tables would be raw blocks.
SETUP = """\
# Finds the project from its root, from chapters/ and from the rendered site, and shows tables as HTML.
import sys
from pathlib import Path

above = [Path.cwd(), *Path.cwd().parents]
sys.path[:0] = [str(folder) for folder in above if (folder / "_quarto.yml").is_file()][:1]
html = get_ipython().display_formatter.formatters["text/html"]
html.for_type_by_name("lib.report.raw", "Html", lambda shown: shown.markup)"""
NARROWER = 0.7  # a picture for a phone has less of the width of the one for a desktop
_KERNEL = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}
_RAW = re.compile(r"\A(`{3,})\{=html\}\n(.*)\n\1\s*\Z", re.S)
_FENCE = re.compile(r"(?m)^[ \t]*:{3,}.*\n?")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)\{\.(?:quarto-xref|citation)\}")
_ATTRIBUTES = re.compile(r"(?m)(?:(?<=\S)[ \t]*\{(?:#|fig-)[^{}\n]*\})|(?<=[^\s#])[ \t]+\{\.[\w. -]*\}[ \t]*$")


def as_notebook(book: Book, nb: NotebookNode) -> NotebookNode:
    """A chapter, before or after its run, as a notebook for readers.

    Returns
    -------
    NotebookNode
        The values of inline expressions stand in the prose, and references are words. The metadata holds the kernel's
        name and nothing of the machine. Warnings are left out, and a figure's picture for a phone. Cells whose code the
        page hides are folded.
    """
    defaults = book.defaults(nb)
    cells = [nbformat.v4.new_code_cell(SETUP, metadata={"jupyter": {"source_hidden": True}})]
    if nb.metadata.front.get("title"):
        cells.append(nbformat.v4.new_markdown_cell(f"# {nb.metadata.front['title']}"))
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            text = _prose(book, nb, filled(cell))
            cells += [nbformat.v4.new_markdown_cell(text)] if text else []
            continue
        options = {**defaults, **cell.metadata.options}
        hidden = False in (options.get("echo", True), options.get("include", True))
        metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
        outputs = _once([_output(output) for output in cell.outputs if output.get("name") != "stderr"])
        cells.append(nbformat.v4.new_code_cell(cell.source, metadata=metadata, outputs=outputs))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return nbformat.v4.new_notebook(cells=cells, metadata=_KERNEL)


def write_notebook(chapter: str, root: Path | None = None, say: Callable[[str], object] = print) -> Path:
    """Write a chapter as a notebook beside its source, unless a notebook is there, and return its path.

    The notebook holds the results of the chapter's last run. A chapter that has changed since, or never ran, runs now.

    Parameters
    ----------
    chapter
        A chapter's number or name, as for :func:`lib.render.render`.
    root
        The project's folder; by default the checkout that contains this package.
    say
        Called with a line if the chapter ran.

    Raises
    ------
    ChapterError
        If the book can't be read, it has no such chapter, or a cell fails.
    FileError
        If the notebook can't be written.
    """
    book = open_book(project_folder(root))
    name = find_chapter(chapter, [nb.metadata.name for nb in book.chapters])
    path = (book.root / name).with_suffix(".ipynb")
    if not path.exists():
        (nb,) = book.chapters = [nb for nb in book.chapters if nb.metadata.name == name]
        kept = book.last_run(nb)
        fresh = kept.exists() and kept.stat().st_mtime > (book.root / name).stat().st_mtime
        (nb,) = executed(book, [] if fresh else [nb], say)
        write_whole(path, nbformat.writes(as_notebook(book, nb)).encode())
    return path


def _prose(book: Book, nb: NotebookNode, text: str) -> str:
    name = nb.metadata.name
    names = crossref.NAMES.get(nb.metadata.front.get("lang"), crossref.NAMES["en"])
    text = crossref.references(text, lambda items, bracketed, _: linked(book, items, bracketed, name, names, name))
    return _ATTRIBUTES.sub("", _FENCE.sub("", _LINK.sub(r"\1", text))).strip()


def _once(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs without each picture for a phone, which follows the wide one of the same figure."""
    widths = [_width(output) for output in outputs]
    return [
        output
        for output, before, width in zip(outputs, [0, *widths], widths, strict=False)
        if not 0 < width < NARROWER * before
    ]


def _width(output: NotebookNode) -> int:
    """The pixels from side to side of a PNG; 0 for anything else."""
    picture = base64.b64decode(output.get("data", {}).get("image/png", ""))
    return int.from_bytes(picture[16:20], "big")


def _output(output: NotebookNode) -> NotebookNode:
    """An output without a count, and raw HTML as HTML."""
    output = nbformat.from_dict(output)
    if output.output_type == "execute_result":
        output = nbformat.v4.new_output("display_data", output.data, metadata=output.metadata)
    raw = _RAW.match(output.get("data", {}).get("text/markdown", ""))
    if raw:
        output.data = {"text/html": raw[2]}
    return output
