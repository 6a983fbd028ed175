"""Run the chapters of a book and compose their pages.

A render leaves two folders in ``.portable/``: ``executed`` holds the notebooks after their run, so that one chapter can
be rendered again among the others; ``site`` holds the pages as Markdown, from which smalldocs builds the site.
"""

from __future__ import annotations

import re
import shutil
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode
from tqdm import tqdm

from lib.render.portable import citations, crossref
from lib.render.portable.cells import cell_markdown, raw_html
from lib.render.portable.crossref import Item
from lib.render.portable.floats import floats
from lib.render.portable.maths import mathml
from lib.render.portable.project import FIGURES, Book, chapter_names, read_config
from lib.render.portable.qmd import ChapterError, filled, place, read, run
from lib.render.portable.spans import spans
from lib.render.portable.website import build_site, formula_mark
from lib.storage import digest, make_folder, write_whole

# Of a notebook that runs beside another: on busy cores, linear algebra in several threads is many times slower.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def render_portable(
    root: Path,
    chapter: str | None = None,
    say: Callable[[str], object] = print,
    inputs: Callable[[], str] | None = None,
) -> Path:
    """Render a book or one chapter; the other chapters then keep the results of their last run.

    Parameters
    ----------
    root
        The project's folder, which holds ``_quarto.yml``.
    chapter
        The source of one chapter as ``_quarto.yml`` names it; None for the whole book.
    say
        Called with one line for each chapter that was asked for.
    inputs
        Returns a digest of all that the chapters depend on beside their sources. A chapter whose last run had the same
        source and inputs isn't run again; without a digest, every chapter is.

    Returns
    -------
    Path
        The first page of the book.

    Raises
    ------
    ChapterError
        If a cell fails, a label occurs twice, a reference or citation has no target, or a formula can't be converted.
    """
    book = open_book(root)
    for nb in book.chapters:  # errors that are visible in the sources are reported before any cell runs
        compose(book, nb)
    _stop_on(book.problems)
    wanted = [nb for nb in book.chapters if chapter in (None, nb.metadata.name)]
    book.chapters = executed(book, wanted, say, inputs)
    book.cited.clear()
    book.formulas.clear()
    shutil.rmtree(book.site, ignore_errors=True)
    pages = {nb.metadata.name: "" for nb in book.chapters}
    for nb in sorted(book.chapters, key=_has_references):  # last, when every citation is known
        book.problems = []
        pages[nb.metadata.name] = compose(book, nb)
        if nb.metadata.name in {w.metadata.name for w in wanted}:
            _stop_on(book.problems)
    return build_site(book, pages, whole=chapter is None)


def open_book(root: Path) -> Book:
    """The book of a folder before its chapters run.

    Raises
    ------
    ChapterError
        If the configuration, a chapter or the bibliography can't be read.
    """
    config = read_config(root)
    sources = [read(_source(root, name), name) for name in chapter_names(config)]
    for nb in sources:
        nb.metadata.appendix = nb.metadata.name in chapter_names(config, "appendices")
    book = Book(root, config, sources)
    book.targets, book.problems = crossref.collect(sources)
    book.entries = _bibliography(root, config)
    return book


def _source(root: Path, name: str) -> Path:
    if not (root / name).is_file():
        raise ChapterError(f"_quarto.yml names the chapter {name}, which does not exist")
    return root / name


def _stop_on(problems: Sequence[str]) -> None:
    if problems:
        raise ChapterError("\n".join(dict.fromkeys(problems)))


def _bibliography(root: Path, config: dict) -> dict[str, citations.Entry]:
    files = config.get("bibliography") or []
    try:
        return citations.read_bibliography(root / f for f in ([files] if isinstance(files, str) else files))
    except ValueError as error:
        raise ChapterError(str(error)) from None


def executed(
    book: Book, wanted: list[NotebookNode], say: Callable[[str], object], inputs: Callable[[], str] | None = None
) -> list[NotebookNode]:
    """The chapters after their run, two at a time: those of ``wanted`` run now, the others have their last run.

    With ``inputs``, so have those of ``wanted`` that haven't changed: see :func:`render_portable`.

    A chapter that never ran has the metadata ``stub``.

    Raises
    ------
    ChapterError
        If a cell fails.
    """
    pool, given = ThreadPoolExecutor(max_workers=2), inputs and inputs()
    runs = [pool.submit(_executed, book, nb, nb in wanted, say, given, inputs) for nb in book.chapters]
    try:
        return [run.result() for run in runs]
    finally:
        pool.shutdown(cancel_futures=True)


def _executed(
    book: Book,
    nb: NotebookNode,
    wanted: bool,
    say: Callable[[str], object],
    given: str | None,
    inputs: Callable[[], str] | None,
) -> NotebookNode:
    """The notebook after its run: run now if wanted and changed, else its last run from disk, else marked as a stub."""
    name = nb.metadata.name
    count = sum(cell.cell_type == "code" for cell in nb.cells)
    if not count and not any("`{python}" in cell.source for cell in nb.cells):
        return nb
    defaults, start = book.defaults(nb), time.monotonic()
    key = digest(given, defaults, nb.metadata, [(cell.cell_type, cell.source, cell.metadata) for cell in nb.cells])
    last = _last_run(book, nb) if given or not wanted else None
    if last is not None and (not wanted or last.metadata.get("key") == key):
        if wanted:
            say(f"  {name:<30} as in its last run")
        last.metadata.setdefault("places", nb.metadata.places)
        last.metadata.appendix = nb.metadata.appendix
        return last
    if not wanted:
        nb.metadata.stub = True
        return nb
    in_root = book.config.get("project", {}).get("execute-dir") == "project"
    figures = {k: defaults[k] for k in FIGURES if k in defaults}
    with tqdm(total=count, desc=name, unit="cell", leave=False, disable=None) as bar:
        cwd = book.root if in_root else (book.root / name).parent
        run(nb, cwd, figures, lambda: bar.update(), defaults.get("eval", True) is not False, _ONE_THREAD)
    if inputs and inputs() == given:  # nothing was edited meanwhile
        nb.metadata.key = key
    say(f"  {name:<30} {count:>3} cells {time.monotonic() - start:>7.1f} s")
    make_folder(book.last_run(nb).parent)
    write_whole(book.last_run(nb), nbformat.writes(nb).encode())
    return nb


def _last_run(book: Book, nb: NotebookNode) -> NotebookNode | None:
    """A chapter after its last run; None if it never ran or the file is damaged."""
    try:
        return nbformat.read(book.last_run(nb), as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None


# ---- a notebook into the Markdown of its page


def compose(book: Book, nb: NotebookNode) -> str:
    """A chapter's notebook as Markdown with numbers, links and marks for formulas.

    Errors are added to ``book.problems``.
    """
    name = nb.metadata.name
    names = crossref.NAMES.get(nb.metadata.front.get("lang"), crossref.NAMES["en"])
    defaults = book.defaults(nb)
    href = f"{Path(name).stem}_files/figure-html"
    parts = []
    for number, cell in enumerate(nb.cells, 1):
        if cell.cell_type == "markdown":
            text, step = filled(cell), 1
        else:
            text, step = cell_markdown(cell, number, defaults, book.site / Path(name).parent / href, href), 0

        def at(offset: int, text: str = text, step: int = step, first: int = cell.metadata.line) -> str:
            return place(nb, first + step * text[:offset].count("\n"))

        text = _formulas(book, _for_smalldocs(_raw_inline(_engines(text))), at)
        text = crossref.references(
            text, lambda items, bracketed, offset, at=at: linked(book, items, bracketed, name, names, at(offset))
        )
        parts.append(textwrap.indent(text, cell.metadata.get("indent", "")))
    text = floats("\n\n".join(parts), book.targets, names)
    text = _reference_list(book, text)
    return _numbered(book, nb, text)


def _engines(text: str) -> str:
    """Show ``{{python}}`` at the start of code as ``{python}``: Quarto's way to write about cells."""
    out = []
    for span in spans(text):
        code = span.text
        if span.kind == "block":
            opening = re.match(r"(?P<fence>`{3,})\{(?P<engine>\{+[^.=<\n}]+\}+)\}[ \t]*\n", code)
            code = re.sub(r"(?m)(`{3,}[ \t]*)\{(\{+[^.=<\n}]+\}+)\}", r"\1\2", code)
            if opening:
                indent = re.search(r"[ \t>]*\Z", text[: span.start])[0]
                code = f"`{opening['fence']}markdown\n{indent}{code}\n{indent}`{opening['fence']}"
        elif span.kind == "code":
            code = re.sub(r"\A(`+[ ]?`*)\{(\{+[^<{}\n]+\}+)\}", r"\1\2", code)
        out.append(code)
    return "".join(out)


def _raw_inline(text: str) -> str:
    """Replace raw HTML in a sentence, `<b>x</b>`{=html}, by the HTML alone; raw text of another format is left out."""
    raw = re.compile(r"(`+)(.*)\1\{=(html5?)?\w*\}", re.S)

    def shown(found: re.Match) -> str:
        return found[2] if found[3] else ""

    return "".join(raw.sub(shown, s.text) if s.kind == "code" else s.text for s in spans(text))


def _for_smalldocs(text: str) -> str:
    """What smalldocs reads otherwise than Pandoc: pipes in the code of a table, and attributes in single quotes."""
    delimiter = re.compile(r"^[ ]{0,3}\|?[ ]*:?-+:?[ ]*(?:\|[ ]*:?-+:?[ ]*)*\|?[ ]*$", re.M)
    out = []
    for span in spans(text):
        code = span.text
        if span.kind == "code" and "|" in code:
            start = text.rfind("\n\n", 0, span.start) + 1
            rows = text[start : text.find("\n\n", span.start) % (len(text) + 1)]
            if any("|" in row[0] for row in delimiter.finditer(rows)):
                code = code.replace("|", "\\|")
        elif span.kind == "attributes":
            code = re.sub(r"""(?<==)'([^'"\n]*)'""", r'"\1"', code)
        out.append(code)
    return "".join(out)


def _formulas(book: Book, text: str, at: Callable[[int], str]) -> str:
    """Replace formulas by marks and add their MathML to ``book.formulas``; a formula with a label gets a number."""
    out, skipped = [], 0
    pieces = list(spans(text))
    for i, piece in enumerate(pieces):
        if piece.kind not in ("maths", "display"):
            out.append(piece.text[skipped:])
            skipped = max(0, skipped - len(piece.text))
            continue
        display = piece.kind == "display"
        tex = piece.text.strip("$")
        try:
            markup = f'<span class="math {"display" if display else "inline"}">{mathml(tex, display)}</span>'
        except ValueError as error:
            book.problems.append(f"{at(piece.start)}: {error}")
            continue
        after = "".join(p.text for p in pieces[i + 1 : i + 3])
        label = re.match(r"\s*\{#(eq-[\w:.-]*\w)[^}]*\}", after) if display else None
        if label and label[1] in book.targets:
            number = book.targets[label[1]].number
            markup = f'<span id="{label[1]}" class="equation">{markup}<span class="eq-number">({number})</span></span>'
        book.formulas.append((markup, tex))
        out.append(formula_mark(len(book.formulas) - 1))
        if label:
            skipped = len(label[0])
    return "".join(out)


def linked(book: Book, items: list[Item], bracketed: bool, name: str, names: Mapping[str, str], where: str) -> str:
    """A group of references or citations as Markdown for a chapter's page; errors are added to ``book.problems``."""
    labels = [crossref.is_label(item.key) for item in items]
    for item, label in zip(items, labels, strict=True):
        if label and item.key[:1].lower() + item.key[1:] not in book.targets:
            book.problems.append(f"{where}: nothing is labelled {item.key} (@{item.key})")
            return f"**?@{item.key}**"
        if not label and item.key not in book.entries:
            escape = f"write \\@{item.key} if it is not a citation"
            book.problems.append(f"{where}: no entry {item.key} in the bibliography (@{item.key}); {escape}")
            return f"**{item.key}?**"
    if all(labels):
        return crossref.link(items, book.targets, name, names)
    if any(labels):
        book.problems.append(f"{where}: a citation and a cross-reference in one pair of brackets")
        return ""
    book.cited |= {item.key for item in items}
    return citations.cite(items, bracketed, book.entries, _references_page(book))


def _references_page(book: Book) -> str:
    """The address of the page with the list of references, from the site's root."""
    for nb in book.chapters:
        if _has_references(nb):
            return f"/{nb.metadata.name}"
    return "/references.qmd"


def _has_references(nb: NotebookNode) -> bool:
    return any("#refs" in cell.source for cell in nb.cells)


def _reference_list(book: Book, text: str) -> str:
    """Fill the div ``::: {#refs}``. Its page is composed last, so that every citation is known."""
    return re.sub(
        r"(?m)^:{3,}[ \t]*\{#refs[^}]*\}[ \t]*\n\s*:{3,}[ \t]*$",
        lambda _: raw_html(citations.reference_list(book.entries, book.cited)),
        text,
    )


def _numbered(book: Book, nb: NotebookNode, text: str) -> str:
    """Number the headings and make the chapter's heading the title of the page."""
    number = dict(zip((c.metadata.name for c in book.chapters), crossref.chapter_numbers(book.chapters), strict=True))
    chapter = number[nb.metadata.name]
    lines, counters, title, identity = text.split("\n"), crossref.Counters(chapter), nb.metadata.front.get("title"), ""
    for heading in crossref.headings(text):
        if heading.level == 1 and title is None:
            title = heading.title
            found = re.search(r"#([\w:.-]+)", heading.attributes)
            identity = f"#{found[1]} " if found else ""
            lines[heading.row] = ""
            continue
        section = counters.next(heading)
        if section:
            attributes = f" {{{heading.attributes}}}" if heading.attributes else ""
            mark = f"[{section}]{{.header-section-number}}"
            lines[heading.row] = f"{'#' * heading.level} {mark} {heading.title}{attributes}"
    shown = f"[{title}]{{.chapter-title}}"
    if chapter:
        prefix = f"Appendix {chapter} —" if nb.metadata.appendix else chapter
        shown = f"[{prefix}]{{.chapter-number}} {shown}"
    front = {
        k: v for k, v in nb.metadata.front.items() if k not in ("jupyter", "engine", "execute", "title", "bibliography")
    }
    if nb.metadata.name == "index.qmd" and book.config["book"].get("author"):  # as in Quarto, on the first page
        front.setdefault("author", book.config["book"]["author"])
    front["title"] = f"[{shown}]{{{identity}.quarto-section-identifier}}"
    head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=10**6)
    if nb.metadata.get("stub"):
        lines = [_stub(book, nb.metadata.name)]
    return f"---\n{head}---\n\n" + "\n".join(lines) + "\n"


def _stub(book: Book, name: str) -> str:
    """The text of a chapter that was never run, with an anchor for each of its labels."""
    labels = [t.label for t in book.targets.values() if t.page == name and t.kind not in crossref.CHAPTERS]
    anchors = " ".join(f'<span id="{label}"></span>' for label in labels)
    return (
        f"::: {{.callout-note}}\nThis chapter has not been rendered yet: `make report` renders all.\n:::\n\n{anchors}"
    )
