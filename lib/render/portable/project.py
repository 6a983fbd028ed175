"""A book: its folder, its configuration and its chapters as notebooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml
from nbformat import NotebookNode

from lib.render.portable import citations
from lib.render.portable.crossref import Target
from lib.render.portable.qmd import ChapterError
from lib.storage import checkout

WORK = ".portable"
EXECUTE = ("echo", "warning", "include", "output", "eval", "code-fold", "code-summary", "code-overflow")
FIGURES = ("fig-width", "fig-height", "fig-dpi", "fig-format")


@dataclass
class Book:
    """A book and the state of its rendering.

    ``root`` is the project's folder, ``config`` the content of ``_quarto.yml``, ``chapters`` the notebooks in order.
    ``targets`` maps labels to targets, ``entries`` maps keys of the bibliography to publications, ``cited`` holds the
    keys that are cited, ``formulas`` the MathML and the TeX of each formula, and ``problems`` the error messages.
    """

    root: Path
    config: dict
    chapters: list[NotebookNode]
    targets: dict[str, Target] = field(default_factory=dict)
    entries: dict[str, citations.Entry] = field(default_factory=dict)
    cited: set[str] = field(default_factory=set)
    formulas: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def site(self) -> Path:
        """The folder of the pages as Markdown, from which smalldocs builds the site."""
        return self.root / WORK / "site"

    def last_run(self, nb: NotebookNode) -> Path:
        """The file of a chapter after its last run; it may not exist."""
        return self.root / WORK / "executed" / Path(nb.metadata.name).with_suffix(".ipynb")

    def defaults(self, nb: NotebookNode) -> dict:
        """The options that the project and a chapter's front matter set for every cell."""
        front = nb.metadata.front
        layers = [
            self.config.get("execute"),
            html_options(self.config),
            front,
            front.get("execute"),
            html_options(front),
        ]
        known = (*EXECUTE, *FIGURES)
        return {k: v for layer in layers for k, v in (layer or {}).items() if k in known}


def project_folder(root: Path | None = None) -> Path:
    """A folder, by default the checkout that contains this package.

    Raises
    ------
    ChapterError
        If no folder is given and there is no checkout.
    """
    found = root or checkout()
    if found is None:
        raise ChapterError("There is no book: this package was installed without the project around it.")
    return found


def read_config(root: Path) -> dict:
    """The content of a project's ``_quarto.yml``.

    Raises
    ------
    ChapterError
        If the file does not exist, is not YAML, or names no chapters.
    """
    try:
        config = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ChapterError(f"{root} has no _quarto.yml") from None
    except yaml.YAMLError as error:
        raise ChapterError(f"_quarto.yml is not YAML: {' '.join(str(error).split())}") from None
    if not chapter_names(config):
        raise ChapterError("_quarto.yml names no chapters under `book:`")
    return config


def output_folder(root: Path, config: dict) -> Path:
    """The folder of the rendered site."""
    return root / str(config.get("project", {}).get("output-dir") or "_book")


def render_commands(config: dict, when: str) -> list[str]:
    """The commands of a project that run before or after a render: ``when`` is "pre-render" or "post-render"."""
    commands = config.get("project", {}).get(when) or []
    return [commands] if isinstance(commands, str) else commands


def chapter_names(config: dict, part: str | None = None) -> list[str]:
    """The sources of a book's chapters in order, including those in parts; ``part`` "appendices" gives these alone."""

    def flat(entries: object) -> list[str]:
        names = []
        for entry in entries or []:
            if isinstance(entry, str):
                names.append(entry)
            elif isinstance(entry, dict):
                part = entry.get("part")
                names += [part] if isinstance(part, str) and part.endswith(".qmd") else []
                names += flat(entry.get("chapters"))
        return names

    book = (config or {}).get("book") or {}
    return flat(book.get(part)) if part else flat(book.get("chapters")) + flat(book.get("appendices"))


def html_options(options: dict) -> dict:
    """The options under ``format: html:`` of a configuration or a front matter."""
    formats = options.get("format")
    html = formats.get("html") if isinstance(formats, dict) else None
    return html if isinstance(html, dict) else {}
