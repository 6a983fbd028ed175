"""Pictures of the simulated feed."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lib.phrasing import Dice, Writer, caption

KINDS = ("photo", "portrait", "meme", "quote", "banner", "chart", "screenshot", "product", "collage")
LETTERED = frozenset(KINDS) - {"photo", "portrait", "collage"}


def draw(kind: str, topic: str, theme: str, dice: Dice) -> Image.Image:
    width, height = (256, dice.whole(37, 64)) if kind == "banner" else dice.pick([(256, 256), (256, 170), (192, 256)])
    sky = Image.fromarray(np.array([[[dice.whole(0, 255) for _ in "rgb"]] for _ in range(2)], np.uint8)).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    pen = ImageDraw.Draw(sky)
    for _ in range(dice.whole(2, 9)):
        x, y, r = dice.whole(0, width), dice.whole(0, height), dice.whole(5, 90)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(dice.whole(0, 255) for _ in "rgb"))
    if kind in LETTERED:
        words = (
            " ".join(caption(topic, theme, dice)) if kind == "meme" else Writer(topic, theme, dice).sentence("short")
        )
        pen.text((6, 6), words, font=_font("DejaVuSans-Bold", 14), fill="white")
    return sky


def jpeg(picture: Image.Image, quality: int = 75) -> bytes:
    """A picture as Pillow saves it."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
