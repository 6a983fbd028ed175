"""What the pages of both engines get after a render: notebooks, sources, links to them, the library's API, llms.txt."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from lib.render.notebooks import as_notebook
from lib.render.portable.book import executed, open_book
from lib.render.portable.crossref import chapter_title
from lib.render.portable.project import WORK, Book, output_folder, project_folder
from lib.render.portable.source import ChapterError
from lib.render.small_figures import shrink_figures
from lib.storage import checkout, make_folder, write_whole

_MARK = '<nav class="page-links"'
_BY_QUARTO = re.compile(r'<meta name="generator" content="quarto')
_WORDS = {
    "en": ("This chapter elsewhere", "Source", "Notebook with its results", "The library", "Rerun this chapter:"),
    "ru": ("Эта глава в других видах", "Исходный текст", "Блокнот с результатами", "Библиотека", "Пересчитать главу:"),
}


def publish_book(root: Path | None = None, say: Callable[[str], object] = print) -> None:
    """Add to the pages of the last render what Quarto and the portable renderer don't make.

    A page that was rendered gets its executed notebook and its source beside it, and links to them. The portable
    renderer leaves its notebooks; a chapter that Quarto rendered runs again, on kept results. A page that has its links
    is left as it stands. The site gets the library's API under ``api/`` and ``llms.txt``, and figures of fewer bytes.

    Parameters
    ----------
    root
        The project's folder; by default the checkout that contains this package.
    say
        Called with one line for each chapter that ran.

    Raises
    ------
    ChapterError
        If the book can't be read, a cell fails, or pdoc fails.
    FileError
        If a file can't be written.
    """
    book = open_book(project_folder(root))
    root, output = book.root, output_folder(book.root, book.config)
    pages = {nb.metadata.name: (output / nb.metadata.name).with_suffix(".html") for nb in book.chapters}
    texts = {name: page.read_text(encoding="utf-8") for name, page in pages.items() if page.is_file()}
    rendered = [nb for nb in book.chapters if _MARK not in texts.get(nb.metadata.name, _MARK)]
    commands = {nb.metadata.name: _command(nb.metadata.name, list(pages)) for nb in book.chapters}
    new = {nb.metadata.name for nb in rendered}
    for nb in executed(book, [nb for nb in rendered if _BY_QUARTO.search(texts[nb.metadata.name])], say):
        name = nb.metadata.name
        if name not in new:
            continue
        page = pages[name]
        shutil.copyfile(root / name, page.with_suffix(".qmd"))
        ran = not nb.metadata.get("stub") and any(cell.cell_type == "code" for cell in nb.cells)
        if ran:
            write_whole(page.with_suffix(".ipynb"), nbformat.writes(as_notebook(book, nb)).encode())
        links = _links(nb, ran, commands[name])
        write_whole(page, re.sub(r"(?=</main>)", lambda _, links=links: links, texts[name], count=1).encode())
    shrink_figures(output)
    _write_api(book, output / "api")
    write_whole(output / "llms.txt", _llms(book, commands).encode())


def _command(name: str, names: list[str]) -> str:
    """The command that renders one chapter."""
    stem = Path(name).stem
    number = stem.partition("-")[0]
    first = next(other for other in names if Path(other).stem == stem)
    return f"make chapter N={number if number.isdigit() else stem if first == name else name}"


def _links(nb: NotebookNode, ran: bool, command: str) -> str:
    label, source, notebook, library, rerun = _WORDS.get(nb.metadata.front.get("lang"), _WORDS["en"])
    stem, up = Path(nb.metadata.name).stem, "../" * nb.metadata.name.count("/")
    links = {f"{stem}.qmd": source, **({f"{stem}.ipynb": notebook} if ran else {}), f"{up}api/lib.html": library}
    shown = " ".join(f'<a href="{address}">{words}</a>' for address, words in links.items())
    return f'{_MARK} aria-label="{label}">{shown} <span>{rerun} <code>{html.escape(command)}</code></span></nav>\n'


def _write_api(book: Book, folder: Path) -> None:
    """Write the pages of the library's API. They are kept until a module, their template or the settings change."""
    kept = book.root / WORK / "api"
    templates = book.root / "assets" / "api"
    sources = [*(book.root / "lib").rglob("*.py"), *templates.glob("*"), book.root / "_quarto.yml"]
    made = kept / "lib.html"
    if not made.is_file() or made.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        shutil.rmtree(kept, ignore_errors=True)
        make_folder(kept)
        # pdoc describes what is imported, and the regression for scikit-learn is imported when it is asked for.
        code = "import runpy, lib.models; lib.models.BetaBinomialRegressor; runpy.run_module('pdoc', None, '__main__')"
        pdoc = [sys.executable, "-W", "ignore", "-c", code, "lib", "-o", str(kept.resolve()), "-d", "numpy"]
        pdoc += ["--no-show-source", "--no-search", "-t", str(templates.resolve())]
        if url := book.config["book"].get("repo-url"):
            pdoc += ["-e", f"lib={url.rstrip('/')}/blob/main/lib/"]
        # With a fixed seed sets are printed in one order.
        if subprocess.run(pdoc, cwd=checkout(), env={**os.environ, "PYTHONHASHSEED": "0"}).returncode:
            raise ChapterError("pdoc could not write the library's API; its messages are above.")
        for page in kept.rglob("*.html"):  # values by default may be paths of this machine
            page.write_text(page.read_text(encoding="utf-8").replace(f"{checkout()}{os.sep}", ""), encoding="utf-8")
    shutil.copytree(kept, folder, dirs_exist_ok=True)


def _llms(book: Book, commands: dict[str, str]) -> str:
    """The index of the site for language models, in the form of llmstxt.org."""
    about = book.config["book"]
    base = f"{about['site-url'].rstrip('/')}/" if about.get("site-url") else ""
    lines = [f"# {about['title']}", "", f"> {' '.join(about['description'].split())}", "", "## Chapters", ""]
    for nb in book.chapters:
        name = nb.metadata.name
        address = f"{base}{Path(name).with_suffix('.html').as_posix()}"
        lines.append(f"- [{chapter_title(nb)[0]}]({address}): `{commands[name]}` renders it")
    lines += [
        *("", "## Data and code", ""),
        f"- [Results]({base}results.json): the numbers of tables, figures and verdicts",
        f"- [The library]({base}api/lib.html): its API",
    ]
    return "\n".join(lines) + "\n"
