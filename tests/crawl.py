"""A reader of built sites who clicks everything: what is broken, unfinished or fetched from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

# What a page shows when a step of the rendering has been missed.
LEFTOVERS = {
    "a cross-reference": re.compile(r"(?<![\w.])@(fig|tbl|sec|eq)-\w"),
    "an unresolved reference": re.compile(r"\?@\w|\?\?@"),
    "an inline expression": re.compile(r"\{python\}"),
    "a div fence": re.compile(r"(?m)^\s*:::|:::\s*\{"),
    "an attribute": re.compile(r"\{#(fig|tbl|sec|eq)-|\{\.[a-z]+[-\w]*\}"),
    "a repr": re.compile(r"\bnp\.(float|int|str)\w*\(|<IPython\.|<matplotlib\."),
    "TeX": re.compile(r"\\(begin|frac|mathrm|text|sum|left|alpha|beta|mu|rho)\b|\$\$"),
    "a mark of a formula": re.compile("[\U000f0000-\U000f0020]"),
    "quotes around nothing": re.compile("«\\s*»|“\\s*”|‘\\s*’|''"),
    "a value that isn't there": re.compile(r"\bnan\b|[:(]\s*None\s*[.,;)]|\bNone(?=\s+[A-Z]|\s*$)|\bnot defined %"),
    "one in the plural": re.compile(r"(?<![\d.,])1 (?:effects|feeds|groups|posts|rows|topics|words)\b"),
    "a list of nothing": re.compile(r"(?<!\w)\(\s*\)|[:,;]\s*[.;]|\band \."),
}
FAILURES = re.compile(r"Traceback \(most recent call last\)|\b\w+Warning: ")


def crawl(site: Path) -> list[str]:
    """Read every page of a site and follow every link inside it.

    Returns
    -------
    list of str
        One line for each problem, beginning with its page; empty for a site in order.
    """
    pages = {
        path.resolve(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in site.rglob("*.html")
    }
    if not pages:
        return [f"{site} has no page"]
    anchors = {path: _anchors(soup) for path, soup in pages.items()}
    numbers = {path: _numbers(soup) for path, soup in pages.items()}
    problems = []
    for path, soup in sorted(pages.items()):
        name = path.relative_to(site.resolve()).as_posix()
        written = [] if name.startswith("api/") else [*_words(soup), *_elements(soup)]  # pdoc has its ways
        found = [*written, *_links(path, soup, site.resolve(), anchors, numbers)]
        problems += [f"{name}: {problem}" for problem in dict.fromkeys(found)]
    for path in sorted(site.rglob("*.css")):
        for address in re.findall(
            r"(?:@import\s+|url\()\s*['\"]?((?:https?:)?//[^)'\"\s]+)", path.read_text(encoding="utf-8")
        ):
            problems.append(f"{path.relative_to(site).as_posix()}: fetches {address}")
    return problems


def _anchors(soup: BeautifulSoup) -> Counter:
    return Counter(tag["id"] for tag in soup.find_all(id=True))


def _numbers(soup: BeautifulSoup) -> dict[str, str]:
    """The printed number of each section, by its id."""
    found = {}
    for number in soup.select(".header-section-number"):
        heading = number.find_parent(re.compile("h[1-6]"))
        holder = heading.find_parent("section") if heading is not None else None
        for tag in (heading, holder):
            if tag is not None and tag.get("id"):
                found.setdefault(tag["id"], number.get_text().strip())
    return found


def _words(soup: BeautifulSoup):
    """What is wrong with the text a reader sees; code may hold anything but a failure."""
    body = BeautifulSoup(str(soup.body or soup), "html.parser")
    for tag in body.select("script, style, annotation, #quarto-meta-markdown"):  # the last two are Quarto's, and hidden
        tag.decompose()
    for found in FAILURES.finditer(body.get_text()):
        yield f"a failure or a warning: {_around(found)}"
    for tag in body(["pre", "code"]):
        tag.decompose()
    text = body.get_text()
    for what, pattern in LEFTOVERS.items():
        for found in pattern.finditer(text):
            yield f"{what} is left: {_around(found)}"


def _around(found: re.Match) -> str:
    return repr(found.string[max(0, found.start() - 30) : found.end() + 50])


def _elements(soup: BeautifulSoup):
    for identity, times in _anchors(soup).items():
        if times > 1:
            yield f"the id {identity} stands {times} times"
    for image in soup.find_all("img"):
        if not image.get("alt", "").strip() and image.get("role") != "presentation":
            yield f"a picture without alt text: {image.get('src', '')[:80]}"
    for figure in soup.select("figure.quarto-float"):
        if not figure.find("figcaption"):
            yield "a numbered figure without a caption"
    if soup.select(".cell-output-stderr, .cell-output-error"):
        yield "the output of a cell has errors or warnings"
    if not soup.title or not soup.title.get_text().strip():
        yield "no title"


def _links(path: Path, soup: BeautifulSoup, site: Path, anchors: dict[Path, Counter], numbers: dict[Path, dict]):
    for tag in soup.find_all(["link", "script", "img", "source", "iframe", "video", "audio", "object", "image", "use"]):
        for key in ("href", "src", "data", "xlink:href", "srcset"):
            address = tag.get(key)
            if not address or address.startswith(("data:", "#")):
                continue
            if re.match(r"(https?:)?//", address):
                yield f"<{tag.name}> fetches {address}"
            elif not _file(path, address, site):
                yield f"<{tag.name}> needs {address}, which is not there"
    for style in [*soup.find_all("style"), *soup.select("[style]")]:
        for address in re.findall(r"url\(\s*['\"]?((?:https?:)?//[^)'\"\s]+)", style.get("style") or style.get_text()):
            yield f"a style fetches {address}"
    for tag in soup.find_all("a", href=True):
        address = tag["href"]
        if not address or re.match(r"[a-z][a-z0-9+.-]*:|//", address, re.I):
            continue
        target = _file(path, address, site)
        fragment = unquote(urlsplit(address).fragment)
        if not target:
            yield f"the link {address} leads nowhere"
        elif fragment and target in anchors and not anchors[target][fragment]:
            yield f"the link {address} leads to a page without that place"
        elif said := re.fullmatch(r"(?:Section|Раздел)\s+([\d.]+)", tag.get_text().strip()):
            there = numbers.get(target, {}).get(fragment, said[1])
            if there != said[1]:
                yield f"the link {address} says section {said[1]} and leads to {there}"


def _file(page: Path, address: str, site: Path) -> Path | None:
    """The file an address leads to, None where there is none or it is outside of the site."""
    path = unquote(urlsplit(address).path)
    target = page if not path else ((site / path.lstrip("/")) if path.startswith("/") else page.parent / path).resolve()
    if target.is_dir():
        target /= "index.html"
    return target if target.is_file() and site in target.parents else None
