"""Rendering: the book by Quarto where it is installed, else by the portable renderer, to the same addresses.

Read in this order: ``engines`` (which of the two), ``portable`` (the second).

Examples
--------
>>> find_chapter("3", ["index.qmd", "chapters/03-image-model.qmd"])
'chapters/03-image-model.qmd'
"""

from __future__ import annotations

from lib.render.engines import find_chapter, find_quarto, render

__all__ = ["find_chapter", "find_quarto", "render"]
