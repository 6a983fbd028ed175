"""The book's pages, as Markdown, made into a site by smalldocs."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path

import yaml

from lib.render.portable.project import Book, html_options
from lib.render.portable.qmd import ChapterError

# Keys of the format that are about running code or that smalldocs reads otherwise.
_NOT_ITS_OWN = (
    *("echo", "warning", "include", "output", "eval", "code-fold", "code-summary", "code-overflow"),
    *("fig-width", "fig-height", "fig-dpi", "fig-format", "html-math-method", "embed-resources"),
)
# A formula stands in the Markdown as a number in letters of no script, until the page is HTML.
_OPEN, _CLOSE, _ZERO = "\U000f0000", "\U000f0001", 0xF0010
_MARK = re.compile(f"{_OPEN}([{chr(_ZERO)}-{chr(_ZERO + 9)}]+){_CLOSE}")


def formula_mark(number: int) -> str:
    """What stands for the formula ``book.formulas[number]`` in Markdown; no parser minds it."""
    return _OPEN + "".join(chr(_ZERO + int(digit)) for digit in str(number)) + _CLOSE


def build_site(book: Book, pages: dict[str, str]) -> Path:
    """Write the pages' Markdown under ``.portable/site``, let smalldocs build the site from it, put the formulas in.

    Parameters
    ----------
    pages
        The Markdown of each chapter, by its source.

    Returns
    -------
    Path
        The first page.

    Raises
    ------
    ChapterError
        For a configuration that smalldocs can't read, and links to pages or files that are not there.
    """
    from smalldocs import config as smalldocs_config
    from smalldocs.site import build

    site, output = book.site, _output(book)
    resources = [p.relative_to(site).as_posix() for p in sorted(site.rglob("*")) if p.is_file()]
    for name, text in pages.items():
        page = (site / name).with_suffix(".md")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
        resources += _bring(book, name, text)
    (site / "_quarto.yml").write_text(
        yaml.safe_dump(_site_config(book, output, resources), allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    try:
        built = build(site, quiet=True)
    except (smalldocs_config.ConfigError, smalldocs_config.BuildError) as error:
        raise ChapterError(f"the site can't be built: {error}") from None
    for path in (output / "site_libs" / "themes").rglob("*.css"):  # Bootswatch asks the net for fonts
        path.write_text(
            re.sub(r"@import url\(https?:[^)]*\);?", "", path.read_text(encoding="utf-8")), encoding="utf-8"
        )
    for path in output.rglob("*.html"):
        path.write_text(_with_formulas(book, path.read_text(encoding="utf-8")), encoding="utf-8")
    _plain_search(book, output / "search.json")
    if built.broken:
        lines = (f"{source.replace('.md', '.qmd')}: the link {href} leads nowhere" for source, href in built.broken)
        raise ChapterError("\n".join(dict.fromkeys(lines)))
    return output / "index.html"


def _output(book: Book) -> Path:
    return (book.root / str(book.config.get("project", {}).get("output-dir") or "_book")).resolve()


def _bring(book: Book, name: str, text: str) -> list[str]:
    """Copy the project's files that a page shows or links to beside the pages; their paths."""
    found = []
    for span_text in re.findall(r"\]\(([^()\s]+)\)|\bsrc=\"([^\"]+)\"", text):
        address = (span_text[0] or span_text[1]).split("#")[0].split("?")[0]
        if not address or re.match(r"[a-z]+:|//", address) or address.endswith(".qmd"):
            continue
        path = book.root / address.lstrip("/") if address.startswith("/") else (book.root / name).parent / address
        path = path.resolve()
        if path.is_file() and book.root.resolve() in path.parents:
            relative = path.relative_to(book.root.resolve())
            (book.site / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, book.site / relative)
            found.append(relative.as_posix())
    return found


def _site_config(book: Book, output: Path, resources: list[str]) -> dict:
    """The book's configuration as the one of a website."""
    config, options = book.config, dict(html_options(book.config))
    web = {k: v for k, v in config.get("book", {}).items() if k not in ("chapters", "appendices", "author", "date")}
    sidebar = web.get("sidebar") if isinstance(web.get("sidebar"), dict) else {}
    web["sidebar"] = {"style": "docked", **sidebar, "contents": _contents(config.get("book", {}))}
    web.setdefault("page-navigation", True)
    options = {k: v for k, v in options.items() if k not in _NOT_ITS_OWN}
    options["number-sections"] = False
    options["css"] = [options["css"]] if isinstance(options.get("css"), str) else list(options.get("css") or [])
    files = [*options["css"], *(str(web[k]) for k in ("favicon", "cover-image", "image") if web.get(k))]
    own = config.get("project", {}).get("resources") or []
    for pattern in [own] if isinstance(own, str) else own:
        files += [p.relative_to(book.root).as_posix() for p in book.root.glob(pattern) if p.is_file()]
    for file in files:
        if not (book.root / file).is_file():
            raise ChapterError(f"_quarto.yml names {file}, which is not there")
        (book.site / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(book.root / file, book.site / file)
    return {
        "project": {"type": "website", "output-dir": str(output), "resources": [*resources, *files]},
        "website": web,
        "lang": config.get("lang", "en"),
        "format": {"html": options},
    }


def _contents(book: dict) -> list:
    def entries(chapters: object) -> list:
        out = []
        for entry in chapters or []:
            if isinstance(entry, str):
                out.append(str(Path(entry).with_suffix(".md").as_posix()))
            else:
                part = str(entry.get("part", ""))
                name = {"section": part} if not part.endswith(".qmd") else {"section": part, "href": part[:-4] + ".md"}
                out.append({**name, "contents": entries(entry.get("chapters"))})
        return out

    appendices = entries(book.get("appendices"))
    return entries(book.get("chapters")) + ([{"section": "Appendices", "contents": appendices}] if appendices else [])


def _with_formulas(book: Book, page: str) -> str:
    """Put MathML where the marks are, and the TeX where only text can stand."""

    def as_text(found: re.Match) -> str:
        return _MARK.sub(lambda mark: html.escape(_formula(book, mark)[1]), found[0])

    page = re.sub(r"<title>.*?</title>|\"[^\"<>]*\"", as_text, page, flags=re.S)
    return _MARK.sub(lambda mark: _formula(book, mark)[0], page)


def _plain_search(book: Book, path: Path) -> None:
    if path.exists():
        entries = json.loads(path.read_text(encoding="utf-8"))
        for entry in entries:
            entry.update({k: _MARK.sub(lambda mark: _formula(book, mark)[1], v) for k, v in entry.items()})
        path.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")


def _formula(book: Book, mark: re.Match) -> tuple[str, str]:
    """The MathML and the TeX a mark stands for; nothing for marks that were in the data."""
    number = int("".join(str(ord(letter) - _ZERO) for letter in mark[1]))
    return book.formulas[number] if number < len(book.formulas) else ("", "")
