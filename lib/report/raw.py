"""HTML for a page: the object that every table, card and panel returns."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Html:
    """Markup that a notebook passes to Quarto or the portable renderer as a raw block.

    The object has no ``text/html`` representation: with such an output Quarto would load jquery and requirejs from the
    internet.
    """

    markup: str

    def _repr_markdown_(self) -> str:
        ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", self.markup)), default=0))
        return f"{ticks}{{=html}}\n{self.markup}\n{ticks}"
