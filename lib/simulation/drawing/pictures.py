"""Photos of the simulated feed, by kind."""

from __future__ import annotations

import io

from PIL import Image

from lib.simulation.drawing import scenery
from lib.simulation.drawing.canvas import BRIGHT, INK, WHITE, Canvas, dark, light, mix, near
from lib.simulation.drawing.goods import product
from lib.simulation.drawing.screens import DEEP, PAPER, chart, screenshot
from lib.simulation.phrasing import Dice, Writer

KINDS = ("photo", "portrait", "meme", "quote", "banner", "chart", "screenshot", "product", "collage")
LETTERED = frozenset({"meme", "quote", "banner", "chart", "screenshot", "product"})


_WIDE = [(256, 256), (256, 192), (256, 170), (256, 144)]
_TALL = [(256, 256), (192, 256), (205, 256), (170, 256), (144, 256)]
_SIZES = {
    "photo": [*_WIDE, *_WIDE, *_TALL, (256, 171), (256, 181), (112, 256)],
    "portrait": [*_TALL, *_TALL, (256, 256), (256, 192)],
    "meme": [(256, 256), (256, 256), (256, 220), (256, 192), (230, 256), (205, 256)],
    "quote": [(256, 256), (256, 256), (256, 192), (205, 256), (256, 144)],
    "chart": [(256, 256), (256, 192), (256, 170), (256, 144), (192, 256)],
    "screenshot": [(144, 256), (118, 256), (144, 256), (128, 256), (192, 256), (64, 256)],
    "product": [(256, 256), (256, 256), (192, 256), (205, 256), (256, 205)],
    "collage": [(256, 256), (256, 256), (256, 192), (192, 256), (256, 128)],
}


def draw(kind: str, topic: str, theme: str, dice: Dice) -> Image.Image:
    """Draw a photo: the first of the two results of :func:`draw_with_words`."""
    return draw_with_words(kind, topic, theme, dice)[0]


def draw_with_words(kind: str, topic: str, theme: str, dice: Dice) -> tuple[Image.Image, str]:
    """Draw a photo of at most 256 pixels a side, and give the words that are on it, with a space between lines.

    Parameters
    ----------
    kind : str
        One of ``KINDS``; the kinds in ``LETTERED`` have words on them.
    topic, theme : str
        Keys of the phrase book: they decide the scene and the words.
    dice : Dice
    """
    if kind == "banner":
        width, height = 256, dice.pick([37, 40, 45, 52, 60, 64])
    else:
        width, height = dice.pick(_SIZES[kind])
    canvas = Canvas(width, height, dice)
    return _KINDS[kind](canvas, topic, theme), " ".join(canvas.words)


def jpeg(picture: Image.Image, quality: int = 75) -> bytes:
    """A JPEG file of an image, as Pillow saves it."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _photo(c: Canvas, topic: str, theme: str) -> Image.Image:
    scenery.paint(c, topic, theme)
    return c.photographed()


def _portrait(c: Canvas, topic: str, theme: str) -> Image.Image:
    scenery.portrait(c, topic, theme)
    return c.photographed()


def _meme(c: Canvas, topic: str, theme: str) -> Image.Image:
    dice = c.dice
    top, bottom = Writer(topic, theme, dice).say("caption").split("|")
    # A meme shows the scene of its topic, or a typical scene of memes.
    shown = (topic, theme) if dice.hit(0.7) else ("memes", dice.pick(["work", "home", "study"]))
    if dice.hit(0.3):  # words on white above the scene
        inner = Canvas(c.width, max(64, int(c.height * 0.72)), dice)
        scenery.paint(inner, *shown)
        c.fade(WHITE, WHITE)
        c.paste(inner.photographed(), 0, 0.28, c.a, 1)
        rows, size = c.fit(f"{top} — {bottom}".capitalize(), "Sans", 0.94 * c.a, 0.1, 2)
        for i, row in enumerate(rows):
            c.text(0.03 * c.a, 0.14 + (i - (len(rows) - 1) / 2) * 1.25 * size, row, "Sans", size, INK, "lm")
        return c.finished()
    scenery.paint(c, *shown)
    c.tint((90, 70, 60), dice.between(0, 0.12))
    for words, y, step in ((top, 0.1, 1), (bottom, 0.9, -1)):
        rows, size = c.fit(words, "Sans-Bold", 0.92 * c.a, dice.between(0.1, 0.125), 2)
        for i, row in enumerate(rows if step > 0 else rows[::-1]):
            c.text(c.a / 2, y + step * i * 1.15 * size, row, "Sans-Bold", size, WHITE, edge=(0, 0, 0))
    return c.finished()


def _quote(c: Canvas, topic: str, theme: str) -> Image.Image:
    dice = c.dice
    writer = Writer(topic, theme, dice)
    words = writer.sentence(dice.pick(["sentences", "sentences", "short", "opener"]))
    style = dice.whole(0, 3)
    if style == 0:
        paper = near(dice.pick(PAPER), dice, 8)
        c.fade(light(paper, 0.3), dark(paper, 0.08))
        ink, mark = dark(dice.pick(DEEP), 0.2), dice.pick(BRIGHT)
        c.rect(0.04, 0.04, c.a - 0.04, 0.96, None, line=mix(paper, ink, 0.4))
    elif style == 1:
        first, second = dice.pick(DEEP), dice.pick(DEEP + BRIGHT)
        c.fade(first, second)
        ink, mark = WHITE, light(second, 0.5)
    elif style == 2:
        scenery.paint(c, topic, theme)
        c.blur(dice.between(4, 8))
        c.tint((16, 18, 30), 0.5)
        ink, mark = (250, 248, 240), (250, 214, 140)
    else:
        paper = light(near(dice.pick(BRIGHT), dice, 30), dice.between(0.5, 0.75))
        c.fade(paper, light(paper, 0.4))
        ink, mark = dark(paper, 0.75), dark(paper, 0.3)
        for _ in range(5):
            c.oval(dice.between(0, c.a), dice.pick([0.02, 0.98]), 0.16, 0.16, dark(paper, 0.06))
    face = dice.pick(["Serif-Italic", "Serif", "Sans", "Serif-Bold", "Sans-Oblique"])
    c.text(0.1 * c.a, 0.17, "“", "Serif-Bold", 0.3, mark)
    size = dice.between(0.085, 0.11)
    for lines in (3, 4, 5, 6, 8):  # more lines only if the words do not fit at this size
        rows, size = c.fit(words, face, 0.8 * c.a, min(size, 0.6 / (1.35 * lines)), lines)
        if not rows[-1].endswith("…"):
            break
    for i, row in enumerate(rows):
        c.text(c.a / 2, 0.5 + (i - (len(rows) - 1) / 2) * 1.35 * size, row, face, size, ink)
    c.rect(c.a / 2 - 0.08, 0.855, c.a / 2 + 0.08, 0.862, mark)
    c.text(c.a / 2, 0.91, "@" + dice.pick(writer.entry("community")), "Sans", 0.05, mix(ink, mark, 0.4))
    return c.finished()


def _banner(c: Canvas, topic: str, theme: str) -> Image.Image:
    dice = c.dice
    writer = Writer(topic, theme, dice)
    colour = near(dice.pick(BRIGHT + DEEP), dice)
    c.fade(light(colour, 0.15), dark(colour, 0.2))
    inner = Canvas(c.height * 2, c.height, dice)
    scenery.paint(inner, topic, theme)
    x = 0.0 if dice.hit(0.5) else c.a - 2
    c.paste(inner.finished(), x, 0, x + 2, 1)
    edge = x + 2 if x == 0 else x
    for i in range(3):
        c.oval(edge + (0.2 - 0.2 * i) * (1 if x == 0 else -1), 0.5, 0.55, 0.9, light(colour, 0.08 * (2 - i)))
    c.rect(*((edge + 0.1, 0, c.a, 1) if x == 0 else (0, 0, edge - 0.1, 1)), colour)
    middle = (edge + c.a) / 2 + 0.1 if x == 0 else edge / 2
    rows, size = c.fit(writer.sentence("short"), "Sans-Bold", c.a - 2.7, 0.3, 2)
    for i, row in enumerate(rows):
        c.text(middle, 0.34 + (i - (len(rows) - 1) / 2) * 1.1 * size, row, "Sans-Bold", size, WHITE)
    button = dice.pick([(255, 214, 60), WHITE, (255, 120, 60)])
    c.rect(middle - 0.75, 0.64, middle + 0.75, 0.92, button, 0.08)
    c.text(
        middle,
        0.78,
        dice.pick(["ПЕРЕЙТИ", "ПОДРОБНЕЕ", "ЧИТАТЬ", "СМОТРЕТЬ", "УЗНАТЬ"]),
        "Sans-Bold",
        0.19,
        dark(colour, 0.5),
    )
    return c.finished()


def _collage(c: Canvas, topic: str, theme: str) -> Image.Image:
    dice = c.dice
    frame = dice.pick([WHITE, WHITE, WHITE, (30, 30, 34)])
    c.fade(frame, frame)
    g = 0.012
    a = c.a
    boxes = dice.pick(
        [
            [(0, 0, a / 2, 0.5), (a / 2, 0, a, 0.5), (0, 0.5, a / 2, 1), (a / 2, 0.5, a, 1)],
            [(0, 0, a / 2, 1), (a / 2, 0, a, 0.5), (a / 2, 0.5, a, 1)],
            [(0, 0, a, 0.6), (0, 0.6, a / 2, 1), (a / 2, 0.6, a, 1)],
            [(0, 0, a / 3, 1), (a / 3, 0, 2 * a / 3, 1), (2 * a / 3, 0, a, 1)],
            [(0, 0, a / 2, 1), (a / 2, 0, a, 1)],
        ]
    )
    for x0, y0, x1, y1 in boxes:
        inner = Canvas(max(40, int((x1 - x0) * c.height)), max(40, int((y1 - y0) * c.height)), dice)
        scenery.paint(inner, topic, theme)
        c.paste(inner.photographed(), x0 + g, y0 + g, x1 - g, y1 - g)
    return c.finished()


_KINDS = {
    "photo": _photo,
    "portrait": _portrait,
    "meme": _meme,
    "quote": _quote,
    "banner": _banner,
    "chart": chart,
    "screenshot": screenshot,
    "product": product,
    "collage": _collage,
}
