"""Chapters as notebooks: what a reader sees, that nothing of this machine is in them, and that they run."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from lib.render import write_notebook
from lib.render.notebooks import as_notebook
from lib.render.portable.book import executed, open_book
from lib.render.portable.qmd import ChapterError


@pytest.fixture(autouse=True)
def library(monkeypatch):
    """Kernels find the library, which the small book doesn't hold."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.fixture(scope="module")
def notebooks(project):
    """The notebooks of the small book after its run, by chapter."""
    book = open_book(project)
    return {nb.metadata.name: as_notebook(book, nb) for nb in executed(book, [], print)}


def test_a_notebook_has_the_values_in_its_prose_and_its_outputs(notebooks):
    nb = notebooks["chapters/01-first.qmd"]
    nbformat.validate(nb)
    prose = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    assert prose.startswith("# First\n")
    for left in ("{python}", ":::", "on @fig-", "@sec-", "{#"):
        assert left not in prose, left
    kinds = {kind for cell in nb.cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert "image/png" in kinds
    assert "Figure\u00a01.2" in "\n".join(cell.source for cell in notebooks["chapters/02-second.qmd"].cells)


def test_a_notebook_holds_nothing_of_the_machine_that_ran_it(project, notebooks):
    for nb in notebooks.values():
        assert set(nb.metadata) == {"kernelspec", "language_info"}
        assert nb.metadata.kernelspec.name == "python3"
        written = nbformat.writes(nb)
        assert str(project) not in written and "/site-packages/" not in written
        cells = [cell for cell in nb.cells if cell.cell_type == "code"]
        assert all(set(cell.metadata) <= {"jupyter"} and cell.execution_count is None for cell in cells)
        assert [o for cell in cells for o in cell.outputs if o.get("name") == "stderr"] == []


def test_a_raw_block_is_html_in_a_notebook(edited):
    lines = ["```{python}", "from lib.report.raw import Html", "Html('<b>bold</b>')", "```"]
    root = edited(*lines)
    book = open_book(root)
    chapter = next(nb for nb in book.chapters if nb.metadata.name == "chapters/02-second.qmd")
    (ran,) = (nb for nb in executed(book, [chapter], lambda line: None) if nb is chapter)
    shown = as_notebook(book, ran).cells[-1].outputs
    assert [output.data for output in shown] == [{"text/html": "<b>bold</b>"}]


def test_a_notebook_runs_from_the_root_and_from_folders_within(edited):
    root = edited("```{python}", "import helper", "print(helper.WORD)", "```")
    (root / "helper.py").write_text("WORD = 'found'\n", encoding="utf-8")
    path = write_notebook("02", root, lambda line: None)
    assert path == root / "chapters/02-second.ipynb"
    for folder in (".", "chapters", "_book/chapters"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        nb = nbformat.read(path, as_version=4)
        assert nb.cells[-1].outputs[0].text == "found\n"  # of the run that wrote it
        nb.cells[-1].outputs = []
        NotebookClient(nb, resources={"metadata": {"path": str(root / folder)}}).execute()
        assert nb.cells[-1].outputs[0].text == "found\n", folder


def test_a_notebook_that_is_there_stays(edited):
    root = edited()
    (root / "chapters/02-second.ipynb").write_text("mine", encoding="utf-8")
    assert write_notebook("2", root).read_text(encoding="utf-8") == "mine"
    with pytest.raises(ChapterError, match="no chapter '9'"):
        write_notebook("9", root)


def test_a_figure_of_two_widths_stands_in_a_notebook_once(edited):
    draw = "for width in (7.6, 4.4, 7.6, 7.6): plt.figure(figsize=(width, 1)); plt.plot([0, 1]); plt.show()"
    root = edited("```{python}", "import matplotlib.pyplot as plt", draw, "```")
    book = open_book(root)
    chapter = next(nb for nb in book.chapters if nb.metadata.name == "chapters/02-second.qmd")
    (ran,) = (nb for nb in executed(book, [chapter], lambda line: None) if nb is chapter)
    shown, drawn = as_notebook(book, ran).cells[-1].outputs, ran.cells[-1].outputs
    assert [output.data["image/png"] for output in shown] == [drawn[i].data["image/png"] for i in (0, 2, 3)]
