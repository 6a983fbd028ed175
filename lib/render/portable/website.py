"""Build a site from the book's pages with smalldocs."""

from __future__ import annotations

import glob
import html
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

import yaml

from lib.render.portable.project import Book, html_options, output_folder
from lib.render.portable.qmd import ChapterError
from lib.storage import make_folder

# Options of the format that concern the run of the code, or that smalldocs reads differently.
_NOT_ITS_OWN = (
    *("echo", "warning", "include", "output", "eval", "code-fold", "code-summary", "code-overflow"),
    *("fig-width", "fig-height", "fig-dpi", "fig-format", "html-math-method", "embed-resources"),
)
_INCLUDES = {"include-in-header", "include-before-body", "include-after-body"}
# In Markdown a formula is replaced by a mark: its number, written in private-use characters. The built page then gets
# the MathML.
_OPEN, _CLOSE, _ZERO = "\U000f0000", "\U000f0001", 0xF0010
_MARK = re.compile(f"{_OPEN}([{chr(_ZERO)}-{chr(_ZERO + 9)}]+){_CLOSE}")
_FENCE = re.compile(r"^[ >]*(`{3,}|~{3,}) *([^`\n]*)\n(.*?)^[ >]*\1 *$", re.M | re.S)

# The mark that replaces the braces of {{< in Markdown, so that smalldocs takes nothing for a shortcode.
_BRACES = "\U000f0002"


def formula_mark(number: int) -> str:
    """The mark that replaces the formula ``book.formulas[number]`` in Markdown; parsers take it for plain text."""
    return _OPEN + "".join(chr(_ZERO + int(digit)) for digit in str(number)) + _CLOSE


def build_site(book: Book, pages: dict[str, str], whole: bool = True) -> Path:
    """Write the pages under ``.portable/site``, build the site from them with smalldocs, and insert the formulas.

    Parameters
    ----------
    pages
        From a chapter's source to the Markdown of its page.
    whole
        Whether to remove what an earlier render left and the site lacks.

    Returns
    -------
    Path
        The first page of the site.

    Raises
    ------
    ChapterError
        If smalldocs can't build from the configuration, or a link leads to a page or file that does not exist.
    """
    from smalldocs import config as smalldocs_config
    from smalldocs.site import Site

    site, output = book.site, output_folder(book.root, book.config).resolve()
    built_in = site.with_name("built")
    resources = [p.relative_to(site).as_posix() for p in sorted(site.rglob("*")) if p.is_file()]
    for name, text in pages.items():
        page = (site / name).with_suffix(".md")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text.replace("{{<", f"{_BRACES}<"), encoding="utf-8")
        resources += _copy_linked(book, name, text)
    (site / "_quarto.yml").write_text(
        yaml.safe_dump(_site_config(book, output, resources), allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    try:
        built = Site(smalldocs_config.load(site), quiet=True)
        built.check_output()
        built.out = built_in  # the build empties its folder first, and can fail afterwards
        shutil.rmtree(built_in, ignore_errors=True)
        built.build()
    except (smalldocs_config.ConfigError, smalldocs_config.BuildError) as error:
        raise ChapterError(f"the site can't be built: {error}") from None
    for path in (built_in / "site_libs" / "themes").rglob("*.css"):  # Bootswatch loads fonts from the net
        path.write_text(
            re.sub(r"@import url\(https?:[^)]*\);?", "", path.read_text(encoding="utf-8")), encoding="utf-8"
        )
    repository = re.escape(str(book.config["book"].get("repo-url", "")).rstrip("/"))
    for path in built_in.rglob("*.html"):
        page = _with_formulas(book, path.read_text(encoding="utf-8"))
        if repository:  # the sources lie there, not the Markdown of the pages
            page = re.sub(rf'("{repository}/(?:blob|edit)/[^"]*)\.md"', r'\1.qmd"', page)
        path.write_text(page, encoding="utf-8")
    _write_search(book, built_in, pages.values())
    _replace_content(output, built_in, whole)
    if built.broken:
        lines = (f"{source.replace('.md', '.qmd')}: the link {href} leads nowhere" for source, href in built.broken)
        raise ChapterError("\n".join(dict.fromkeys(lines)))
    return output / "index.html"


def _replace_content(folder: Path, new: Path, whole: bool) -> None:
    """Move what is in ``new`` into ``folder``, in place of what is there; after an error the old content is there.

    Unless ``whole``, what ``new`` lacks stays.
    """
    make_folder(folder)
    arrived = folder / ".new"  # on the same disk as the folder, which another disk may hold
    shutil.rmtree(arrived, ignore_errors=True)
    try:
        for path in [new, *sorted(new.rglob("*"))]:
            to = arrived / path.relative_to(new)
            to.mkdir() if path.is_dir() else shutil.move(path, to)
        for old in [path for path in folder.iterdir() if path != arrived and (whole or (arrived / path.name).exists())]:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
        for path in list(arrived.iterdir()):
            path.rename(folder / path.name)
    finally:
        shutil.rmtree(arrived, ignore_errors=True)
        shutil.rmtree(new, ignore_errors=True)


def _copy_linked(book: Book, name: str, text: str) -> list[str]:
    """Copy the files of the project that a page shows or links to into the site's folder; returns their paths."""
    from smalldocs.markdown import render

    found, addresses = [], []
    page = render(text, {"link": lambda address, _: addresses.append(address) or address})
    addresses += [html.unescape(a or b) for a, b in re.findall(r"\b(?:src|href)=(?:\"([^\"]+)\"|'([^']+)')", page)]
    for address in dict.fromkeys(addresses):
        address = unquote(re.split("[#?]", address)[0])
        if not address or re.match(r"[a-z]+:|//", address) or address.endswith(".qmd"):
            continue
        path = book.root / address.lstrip("/") if address.startswith("/") else (book.root / name).parent / address
        path = path.resolve()
        if path.is_file() and book.root.resolve() in path.parents:
            relative = path.relative_to(book.root.resolve())
            (book.site / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, book.site / relative)
            found.append(glob.escape(relative.as_posix()))  # smalldocs takes the paths for patterns
    return found


def _site_config(book: Book, output: Path, resources: list[str]) -> dict:
    """The book's configuration as that of a website."""
    config, options = book.config, dict(html_options(book.config))
    web = {k: v for k, v in config.get("book", {}).items() if k not in ("chapters", "appendices", "author", "date")}
    sidebar = web.get("sidebar") if isinstance(web.get("sidebar"), dict) else {}
    web["sidebar"] = {"style": "docked", **sidebar, "contents": _contents(config.get("book", {}))}
    web.setdefault("page-navigation", True)
    options = {k: v for k, v in options.items() if k not in _NOT_ITS_OWN}
    options["number-sections"] = False
    options["css"] = _listed(options.get("css"))
    for key in _INCLUDES & options.keys():
        options[key] = [_included(book, entry) for entry in _listed(options[key])]
    files = [*options["css"], *(str(web[k]) for k in ("favicon", "cover-image", "image") if web.get(k))]
    for pattern in _listed(config.get("project", {}).get("resources")):
        files += [p.relative_to(book.root).as_posix() for p in book.root.glob(pattern) if p.is_file()]
    for file in files:
        _check_there(book, file)
        (book.site / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(book.root / file, book.site / file)
    return {
        "project": {"type": "website", "output-dir": str(output), "resources": [*resources, *files]},
        "website": web,
        "lang": config.get("lang", "en"),
        "format": {"html": options},
    }


def _included(book: Book, entry: object) -> object:
    """An entry of an option ``include-...``, with the text of a file in its place: the file is no part of the site."""
    if not isinstance(entry, str):
        return entry
    _check_there(book, entry)
    return {"text": (book.root / entry).read_text(encoding="utf-8")}


def _check_there(book: Book, file: str) -> None:
    if not (book.root / file).is_file():
        raise ChapterError(f"_quarto.yml names {file}, which does not exist")


def _listed(value: object) -> list:
    """The items of an option that may be one item, a list or nothing."""
    return value if isinstance(value, list) else [value] if value else []


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
    """Replace the marks by MathML, or by TeX in titles and attributes, which can hold only text."""

    def as_text(found: re.Match) -> str:
        return _MARK.sub(lambda mark: html.escape(_formula(book, mark)[1]), found[0])

    page = page.replace(_BRACES, "{{")
    page = re.sub(r"<title>.*?</title>|\"[^\"<>]*\"", as_text, page, flags=re.S)
    return _MARK.sub(lambda mark: _formula(book, mark)[0], page)


def _write_search(book: Book, built_in: Path, pages: Iterable[str]) -> None:
    """Take code and formulas out of the texts of the search index, and write it as a script, which opens from a disk.

    Of a formula in a title the letters stay.
    """
    path = built_in / "search.json"
    if not path.exists():
        return
    fences = [found for text in pages for found in _FENCE.finditer(text)]
    code = {" ".join(found[3].split()) for found in fences if not found[2].startswith("{=")}
    entries = json.loads(path.read_text(encoding="utf-8"))
    for entry in entries:
        for key, value in entry.items():
            kept = (lambda _: "") if key == "text" else (lambda mark: _letters(_formula(book, mark)[0]))
            entry[key] = _MARK.sub(kept, value).replace(_BRACES, "{{")
        for part in code:
            entry["text"] = entry["text"].replace(part, "")
    index = json.dumps(entries, ensure_ascii=False)
    path.write_text(index, encoding="utf-8")
    (built_in / "search-data.js").write_text(f"const SEARCH_INDEX = {index};\n", encoding="utf-8")


def _letters(mathml: str) -> str:
    return html.unescape(re.sub(r"<annotation.*?</annotation>|<[^>]*>", "", mathml, flags=re.S))


def _formula(book: Book, mark: re.Match) -> tuple[str, str]:
    """The MathML and the TeX of a mark; empty for a mark that came from the data."""
    number = int("".join(str(ord(letter) - _ZERO) for letter in mark[1]))
    return book.formulas[number] if number < len(book.formulas) else ("", "")
