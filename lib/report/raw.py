"""HTML for a page: the one object that every table, card and panel returns."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Html:
    """Markup that a notebook gives to Quarto or the portable renderer as a raw block.

    It has no HTML representation of its own: wherever an output is ``text/html``, Quarto adds jquery and requirejs
    from the net.
    """

    markup: str

    def _repr_markdown_(self) -> str:
        ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", self.markup)), default=0))
        return f"{ticks}{{=html}}\n{self.markup}\n{ticks}"
