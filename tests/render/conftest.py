"""A small book: rendered once, and without code for tests that break it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from lib.render.portable.book import render_portable

BOOK = Path(__file__).parent / "book"
FIRST = """# First {#sec-first}

![A](../pictures/dot.svg){#fig-first-plot fig-alt=a}

![B](../pictures/dot.svg){#fig-first-computed fig-alt=b}
"""
SECOND = """# Second {#sec-second}

## Why {#sec-second-why}

| a |
|---|
| 1 |

: Rates {#tbl-second-rates}
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """The folder of the small book after a render. Tests only read it."""
    root = tmp_path_factory.mktemp("project") / "book"
    shutil.copytree(BOOK, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOOK_ROOT", str(root))
        render_portable(root, say=lambda line: None)
    return root


@pytest.fixture(scope="session")
def pages(project) -> dict[str, BeautifulSoup]:
    names = ("index.html", "chapters/01-first.html", "chapters/02-second.html", "references.html")
    return {name: BeautifulSoup((project / "_book" / name).read_text("utf-8"), "html.parser") for name in names}


@pytest.fixture
def edited(tmp_path) -> Callable[..., Path]:
    """``edited(*lines)`` is a copy of the book without code, with lines added to a chapter, the second by default."""

    def copy(*lines: str, chapter: str = "chapters/02-second.qmd") -> Path:
        root = tmp_path / "book"
        shutil.copytree(BOOK, root)
        (root / "chapters/01-first.qmd").write_text(FIRST, encoding="utf-8")
        (root / "chapters/02-second.qmd").write_text(SECOND, encoding="utf-8")
        with (root / chapter).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        return root

    return copy
