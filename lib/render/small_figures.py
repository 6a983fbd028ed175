"""Figures of a site in at most 256 colours, which take about a quarter of the bytes."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from lib.storage import write_whole

FIGURES = "*_files/figure-html/*.png"


def shrink_figures(site: Path) -> None:
    """Write every figure of a site anew with a palette. A figure that has one stays as it is.

    Raises
    ------
    FileError
        If a file can't be written.
    """
    for path in sorted(site.rglob(FIGURES)):
        with Image.open(path) as image:
            if image.mode == "P":
                continue
            small = image.convert("RGBA").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
            file = io.BytesIO()
            small.save(file, "PNG", optimize=True, dpi=image.info.get("dpi"))
        write_whole(path, file.getvalue())
