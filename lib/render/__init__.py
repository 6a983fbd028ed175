"""Rendering: Quarto or the portable renderer turns the chapters into a site. Both give pages the same addresses.

Read in this order: ``engines`` (which of the two renders, ``render``), ``portable`` (the portable renderer, a package),
``notebooks`` (a chapter as a notebook), ``publish`` (what both engines' sites get after a render) with
``small_figures`` (figures of fewer bytes).

Examples
--------
>>> find_chapter("3", ["index.qmd", "chapters/03-image-model.qmd"])
'chapters/03-image-model.qmd'
"""

from __future__ import annotations

from lib.render.engines import check_chapter, find_chapter, find_quarto, render
from lib.render.notebooks import write_notebook
from lib.render.portable.source import ChapterError
from lib.render.publish import publish_book

__all__ = [
    "ChapterError",
    "check_chapter",
    "find_chapter",
    "find_quarto",
    "publish_book",
    "render",
    "write_notebook",
]
