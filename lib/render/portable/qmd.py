"""Read a chapter's .qmd into a notebook, and run the notebook with this Python interpreter.

``read`` fills the notebook with the prose and the cells of the source. ``run`` adds the outputs and the values of the
inline expressions. Each cell of the notebook holds the line of the source at which it begins, for error messages.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

INLINE = re.compile(r"(?<!`)`\{python\}[ \t]([^`]+)`")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_OPEN = re.compile(r"^(\s*)(`{3,}|~{3,})(.*)$")
_PYTHON = re.compile(r"^\{python\b([ ,][^}]*)?\}\s*$")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# The options that a cell can have. Quarto ignores a misspelt option silently; here it is an error.
OPTIONS = frozenset(
    "label echo include output warning error eval classes column fig-cap fig-alt fig-align fig-width fig-height"
    " fig-cap-location fig-column tbl-cap tbl-cap-location tbl-column tbl-colwidths layout-ncol layout-nrow code-fold"
    " code-summary code-overflow code-line-numbers html-table-processing".split()
)


class ChapterError(Exception):
    """A book or chapter that can't be rendered; the message holds the place and the reason."""


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
        of their ``#|`` lines are in ``metadata.options``. A cell's ``metadata.line`` is its line of the source, from 1.

    Raises
    ------
    ChapterError
        If the front matter or options are not YAML, an option is unknown, a code block is not closed, or an inline
        expression spans two lines (Quarto would print its source).
    """
    text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    nb = nbformat.v4.new_notebook()
    nb.metadata.name = name
    nb.metadata.front, start = _front_matter(text, name)
    lines = text.split("\n")
    prose: list[str] = []
    first = i = start
    while i < len(lines):
        fence = _OPEN.match(lines[i])
        if not fence:
            prose.append(lines[i])
            i += 1
            continue
        close = re.compile(rf"^\s*{fence[2][0]}{{{len(fence[2])},}}\s*$")
        end = next((k for k in range(i + 1, len(lines)) if close.match(lines[k])), None)
        if end is None:
            raise ChapterError(f"{name}:{i + 1}: this code block has no closing {fence[2]}")
        if _PYTHON.match(fence[3].strip()):
            _add_prose(nb, prose, first)
            nb.cells.append(_cell(lines[i + 1 : end], fence[1], name, i + 1))
            prose, first = [], end + 1
        else:
            prose += lines[i : end + 1]
        i = end + 1
    _add_prose(nb, prose, first)
    return nb


def _front_matter(text: str, name: str) -> tuple[dict, int]:
    """The YAML at the top of the file, and its number of lines."""
    found = _FRONT.match(text)
    if not found:
        return {}, 0
    try:
        front = yaml.safe_load(found[1] or "") or {}
    except yaml.YAMLError as error:
        raise ChapterError(f"{name}:1: the front matter is not YAML: {error}") from None
    if not isinstance(front, dict):
        raise ChapterError(f"{name}:1: the front matter must be keys and values")
    return front, found[0].count("\n")


def _add_prose(nb: NotebookNode, lines: list[str], first: int) -> None:
    text = "\n".join(lines)
    if not text.strip():
        return
    broken = re.search(r"(?<!`)`\{python\}[ \t][^`\n]*\n[^`]*`(?!`)", text)
    if broken:
        line = first + text[: broken.start()].count("\n") + 1
        raise ChapterError(f"{nb.metadata.name}:{line}: an inline expression must stand on one line: {broken[0]}")
    nb.cells.append(nbformat.v4.new_markdown_cell(text, metadata={"line": first + 1}))


def _cell(lines: list[str], indent: str, name: str, line: int) -> NotebookNode:
    lines = [row.removeprefix(indent) for row in lines]
    top = next((i for i, row in enumerate(lines) if not row.startswith("#|")), len(lines))
    try:
        options = yaml.safe_load("\n".join(row[2:].removeprefix(" ") for row in lines[:top])) or {}
    except yaml.YAMLError as error:
        raise ChapterError(f"{name}:{line}: the cell's #| options are not YAML: {error}") from None
    if not isinstance(options, dict):
        raise ChapterError(f"{name}:{line}: the cell's #| options must be `key: value`, one on each line")
    for key in options:
        if key not in OPTIONS:
            raise ChapterError(f"{name}:{line}: unknown cell option {key!r}; known are {', '.join(sorted(OPTIONS))}")
    for key in ("label", "fig-cap", "fig-alt", "tbl-cap"):
        if isinstance(options.get(key), (list, dict)):
            raise ChapterError(f"{name}:{line}: {key} must be one text, in quotes if it holds a colon")
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
    with client.setup_kernel():
        client.wait_for_reply(client.kc.execute(_setup(figures or {}), silent=True))
        for index, cell in enumerate(nb.cells):
            where = f"{nb.metadata.name}:{cell.metadata.line}"
            label = cell.metadata.get("options", {}).get("label")
            try:
                if cell.cell_type == "markdown":
                    complaints += _run_inline(client, cell, where)
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


def _run_inline(client, cell: NotebookNode, where: str) -> list[str]:
    """Evaluate inline expressions into ``metadata.expressions``; returns a message for each that prints a repr."""
    expressions = list(dict.fromkeys(INLINE.findall(cell.source)))
    if not expressions:
        return []
    asked = {str(i): expression.strip() for i, expression in enumerate(expressions)}
    reply = client.wait_for_reply(client.kc.execute("", silent=True, store_history=False, user_expressions=asked))
    values, complaints = {}, []
    for i, expression in enumerate(expressions):
        result = reply["content"]["user_expressions"][str(i)]
        line = int(where.rpartition(":")[2]) + cell.source[: cell.source.index(expression)].count("\n")
        at = f"{where.rpartition(':')[0]}:{line}: the expression `{expression.strip()}`"
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
