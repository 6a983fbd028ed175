"""Read a chapter's .qmd into a notebook, and run the notebook with this Python interpreter.

``read`` fills the notebook with the prose and the cells of the source. ``run`` adds the outputs and the values of the
inline expressions. Each cell of the notebook holds the line at which it begins, and the notebook where each line comes
from, for error messages.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from lib.render.portable.source import ChapterError, Place, read_lines, without_shortcodes
from lib.render.portable.spans import code_blocks, unlike_pandoc

INLINE = re.compile(r"(?<!`)`\{python\}[ \t]([^`]+)`")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
# Quarto runs whatever looks so, even in a comment or in indented code.
_CELL = re.compile(r"^(\s*)(`{3,})\s*\{python\b([ ,][^}]*)?\}\s*$")
_ODD = re.compile(r"^[\s>*+-]*(?:\d+[.)])?\s*(?:`{3,}|~{3,})\s*\{python\b([ ,][^}]*)?\}\s*$")
_ENGINE = re.compile(r"^\{\s*(\w+)\b[^}=]*\}$")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# The options that a cell can have. Quarto ignores a misspelt option silently; here it is an error.
OPTIONS = frozenset(
    "label echo include output warning error eval classes column fig-cap fig-alt fig-align fig-width fig-height"
    " fig-cap-location fig-column tbl-cap tbl-cap-location tbl-column tbl-colwidths layout-ncol layout-nrow code-fold"
    " code-summary code-overflow code-line-numbers html-table-processing".split()
)


def read(path: Path, name: str) -> NotebookNode:
    """Read a .qmd into a notebook, without running it.

    Parameters
    ----------
    path
        The source file, UTF-8.
    name
        The path from the project's root, such as ``chapters/01-eda.qmd``; error messages name it.

    Returns
    -------
    NotebookNode
        ``metadata.front`` holds the front matter. Markdown cells hold the prose. Code cells hold the code; the options
        of their ``#|`` lines are in ``metadata.options``. A cell's ``metadata.line`` is its line, from 1, with the
        included files in their place; :func:`place` says which file and line that is.

    Raises
    ------
    ChapterError
        If the front matter or options are not YAML, an option or a shortcode is unknown, a code block is not closed, an
        included file can't be read, or an inline expression spans two lines (Quarto would print its source).
    """
    lines, places = read_lines(path, name)
    nb = nbformat.v4.new_notebook()
    nb.metadata.name, nb.metadata.places = name, places
    nb.metadata.front, start = _front_matter("\n".join(lines), name)
    without_shortcodes("\n".join(lines[:start]), places)
    at = start
    for first, end in _python_cells(lines, start, places):
        _add_prose(nb, lines[at:first], at)
        nb.cells.append(_cell(lines[first + 1 : end - 1], _CELL.match(lines[first])[1], nb, first + 1))
        at = end
    _add_prose(nb, lines[at:], at)
    return nb


def place(nb: NotebookNode, line: int) -> str:
    """The file and the line of a notebook's line: "chapters/01-eda.qmd:12"."""
    name, row = nb.metadata.places[min(line, len(nb.metadata.places)) - 1]
    return f"{name}:{row}"


def _python_cells(lines: list[str], start: int, places: list[Place]) -> list[tuple[int, int]]:
    """The first line of each cell and the line after its last; checks every other block of code."""
    cells, shown = [], set()
    # For Quarto a cell ends any paragraph, so a blank line is put before each; ``rows`` are the lines of the source.
    rows = [row for row in range(start, len(lines)) for _ in range(2 if _CELL.match(lines[row]) else 1)]
    text = ["" if row == after else lines[row] for row, after in itertools.pairwise([*rows, None])]
    for block in code_blocks("\n".join(text)):
        first, end = rows[block.map[0]], rows[block.map[1] - 1] + 1
        where = "{}:{}".format(*places[first])
        if block.type == "code_block":
            continue
        if end - first < 2 or not re.search(rf"(?:^|[\s>]){block.markup}{block.markup[0]}*\s*$", lines[end - 1]):
            raise ChapterError(f"{where}: this code block has no closing {block.markup}")
        engine = _ENGINE.match(block.info.strip())
        if block.markup[0] == "`" and re.match(r"[^\s{]+\s+[^\s{]", block.info.strip()):
            raise ChapterError(
                f"{where}: for Pandoc this is no code block: what follows {block.markup} must be one word"
            )
        if engine and engine[1] != "python":
            raise ChapterError(f"{where}: the portable renderer runs only {{python}} cells, not {{{engine[1]}}}")
        if engine and _CELL.match(lines[first]):
            cells.append((first, end))
        if block.markup[0] == "`" and (not engine or _CELL.match(lines[first])):
            shown |= set(range(first, end))
    for row in range(start, len(lines)):
        if row not in shown and _ODD.match(lines[row]):
            raise ChapterError(
                "{}:{}: a cell must begin with ```{{python}} on a line of its own,".format(*places[row])
                + " outside of comments, quotes, ~~~ and indented code"
            )
    return cells


def _front_matter(text: str, name: str) -> tuple[dict, int]:
    """The YAML at the top of the file, and its number of lines."""
    found = _FRONT.match(text)
    if not found:
        return {}, 0
    try:
        front = yaml.safe_load(found[1] or "") or {}
    except yaml.YAMLError as error:
        raise ChapterError(f"{name}:1: the front matter is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(front, dict):
        raise ChapterError(f"{name}:1: the front matter must be keys and values")
    return front, found[0].count("\n")


def _add_prose(nb: NotebookNode, lines: list[str], first: int) -> None:
    text = without_shortcodes("\n".join(lines), nb.metadata.places[first:])
    if not text.strip():
        return
    found = unlike_pandoc(text)
    if found:
        raise ChapterError(f"{place(nb, first + found[0] + 1)}: {found[1]}")
    broken = re.search(r"(?<!`)`\{python\}[ \t][^`\n]*\n[^`]*`(?!`)", text)
    if broken:
        line = first + text[: broken.start()].count("\n") + 1
        raise ChapterError(
            f"{place(nb, line)}: an inline expression must stand on one line: {' '.join(broken[0].split())}"
        )
    nb.cells.append(nbformat.v4.new_markdown_cell(text, metadata={"line": first + 1}))


def _cell(lines: list[str], indent: str, nb: NotebookNode, line: int) -> NotebookNode:
    where = place(nb, line)
    lines = [row.removeprefix(indent) for row in lines]
    top = next((i for i, row in enumerate(lines) if not row.startswith("#|")), len(lines))
    try:
        options = yaml.safe_load("\n".join(row[2:].removeprefix(" ") for row in lines[:top])) or {}
    except yaml.YAMLError as error:
        raise ChapterError(f"{where}: the cell's #| options are not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(options, dict):
        raise ChapterError(f"{where}: the cell's #| options must be `key: value`, one on each line")
    for key in options:
        if key not in OPTIONS:
            raise ChapterError(f"{where}: unknown cell option {key!r}; known are {', '.join(sorted(OPTIONS))}")
    for key in ("label", "fig-cap", "fig-alt", "tbl-cap"):
        if isinstance(options.get(key), (list, dict)):
            raise ChapterError(f"{where}: {key} must be one text, in quotes if it holds a colon")
    metadata = {"line": line, "options": options, "indent": indent}
    if options.get("error") is True:
        metadata["tags"] = ["raises-exception"]
    return nbformat.v4.new_code_cell("\n".join(lines[top:]).strip("\n"), metadata=metadata)


def run(
    nb: NotebookNode,
    cwd: Path,
    figures: dict | None = None,
    on_cell: Callable[[], object] = lambda: None,
    evaluate: bool = True,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a notebook's cells and inline expressions in order in a new kernel; the results are added to the notebook.

    Parameters
    ----------
    cwd
        The kernel's working directory.
    figures
        ``fig-width`` and ``fig-height`` in inches, ``fig-dpi`` and ``fig-format`` (png, retina or svg), set before the
        first cell as Quarto does.
    on_cell
        Called after each code cell.
    evaluate
        Whether to run cells that have no ``eval`` option.
    environment
        Variables of the kernel, beside those of this process.

    Raises
    ------
    ChapterError
        If a cell or an expression fails; the message holds the chapter, the line, the cell's label and the traceback.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    client = NotebookClient(
        nb,
        kernel_manager_class=_manager(),
        kernel_name="python3",
        timeout=None,
        coalesce_streams=True,
        record_timing=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(cwd)}},
    )
    complaints: list[str] = []
    with client.setup_kernel(env={**(environment or {}), **os.environ}):
        client.wait_for_reply(client.kc.execute(_setup(figures or {}), silent=True))
        for index, cell in enumerate(nb.cells):
            where = place(nb, cell.metadata.line)
            label = cell.metadata.get("options", {}).get("label")
            try:
                if cell.cell_type == "markdown":
                    complaints += _run_inline(client, cell, nb)
                    continue
                if cell.metadata.options.get("eval", evaluate) and cell.source.strip():
                    client.execute_cell(cell, index)
                on_cell()
            except CellExecutionError as error:
                if error.ename == "KeyboardInterrupt":
                    raise KeyboardInterrupt from None
                trace = _ANSI.sub("", error.traceback)
                raise ChapterError(f"{where}: the cell {label or '(no label)'} failed\n\n{trace}") from None
            except DeadKernelError:
                raise ChapterError(
                    f"{where}: the kernel died in the cell {label or '(no label)'}; is there enough memory?"
                ) from None
    if complaints:
        raise ChapterError("\n".join(complaints))


def _manager() -> type:
    """A kernel manager that starts this interpreter, independently of the kernels registered on the machine."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import default

    class Specs(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    class Manager(AsyncKernelManager):
        @default("kernel_spec_manager")
        def _specs(self) -> KernelSpecManager:
            return Specs(parent=self)

    return Manager


def _setup(figures: dict) -> str:
    """Code that sets the size and the format of figures, as Quarto does before the first cell."""
    size = (figures.get("fig-width", 7), figures.get("fig-height", 5))
    dpi = figures.get("fig-dpi", 96)
    return f"""
try:
    import matplotlib as _mpl
    _mpl.use("module://matplotlib_inline.backend_inline")
    import matplotlib_inline.backend_inline as _inline
    _inline.set_matplotlib_formats({figures.get("fig-format", "retina")!r})
    _mpl.rcParams.update({{"figure.figsize": {size!r}, "figure.dpi": {dpi!r}, "savefig.dpi": {dpi!r}}})
except ImportError:
    pass
"""


def _run_inline(client, cell: NotebookNode, nb: NotebookNode) -> list[str]:
    """Evaluate inline expressions into ``metadata.expressions``; returns a message for each that prints a repr."""
    expressions = list(dict.fromkeys(INLINE.findall(cell.source)))
    if not expressions:
        return []
    asked = {str(i): expression.strip() for i, expression in enumerate(expressions)}
    reply = client.wait_for_reply(client.kc.execute("", silent=True, store_history=False, user_expressions=asked))
    values, complaints = {}, []
    for i, expression in enumerate(expressions):
        result = reply["content"]["user_expressions"][str(i)]
        line = cell.metadata.line + cell.source[: cell.source.index(expression)].count("\n")
        at = f"{place(nb, line)}: the expression `{expression.strip()}`"
        if result["status"] != "ok":
            trace = _ANSI.sub("", "\n".join(result.get("traceback") or [f"{result['ename']}: {result['evalue']}"]))
            raise ChapterError(f"{at} failed\n\n{trace}")
        values[expression] = shown = _shown(result["data"])
        if "text/markdown" not in result["data"] and re.match(r"""['"]|np\.""", shown):
            complaints.append(
                f"{at} would be printed as {shown}: return IPython.display.Markdown, as lib.report.numbers does"
            )
    cell.metadata.expressions = values
    return complaints


def _shown(data: dict) -> str:
    """An inline result as Markdown, as in Quarto: its HTML, else its Markdown, else its repr."""
    return data.get("text/html") or data.get("text/markdown") or data.get("text/plain", "")


def filled(cell: NotebookNode) -> str:
    """The text of a Markdown cell, with its inline expressions replaced by their values if the cell has been run."""
    values = cell.metadata.get("expressions", {})
    return INLINE.sub(lambda found: values.get(found[1], found[0]), cell.source)
