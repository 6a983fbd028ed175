"""Pictures of the simulated feed, by kind."""

from __future__ import annotations

import io

from PIL import Image

from lib import scenery, things
from lib.canvas import INK, WHITE, Canvas, Colour, dark, light, mix, near, turned
from lib.phrasing import Dice, Writer, capitalised
from lib.things import BRIGHT, CLOTHES

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
_PAPER: list[Colour] = [(246, 240, 228), (250, 248, 244), (236, 226, 210), (228, 234, 236), (244, 226, 226)]
_DEEP: list[Colour] = [
    (38, 50, 84),
    (70, 36, 62),
    (28, 66, 68),
    (48, 46, 54),
    (92, 44, 40),
    (34, 60, 44),
    (62, 52, 96),
    (24, 26, 34),
]


def draw(kind: str, topic: str, theme: str, dice: Dice) -> Image.Image:
    """A picture of at most 256 pixels a side.

    Parameters
    ----------
    kind : str
        One of ``KINDS``; those in ``LETTERED`` have words on them.
    topic, theme : str
        Keys of the phrase book: what is seen, and what the words say.
    dice : Dice
    """
    if kind == "banner":
        width, height = 256, dice.pick([37, 40, 45, 52, 60, 64])
    else:
        width, height = dice.pick(_SIZES[kind])
    return _KINDS[kind](Canvas(width, height, dice), topic, theme)


def jpeg(picture: Image.Image, quality: int = 75) -> bytes:
    """A picture as Pillow saves it."""
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
    # A meme shows what memes show, or what its topic does.
    shown = (topic, theme) if dice.hit(0.7) else ("memes", dice.pick(["work", "home", "study"]))
    if dice.hit(0.3):  # words on white above the picture
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
        paper = near(dice.pick(_PAPER), dice, 8)
        c.fade(light(paper, 0.3), dark(paper, 0.08))
        ink, mark = dark(dice.pick(_DEEP), 0.2), dice.pick(BRIGHT)
        c.rect(0.04, 0.04, c.a - 0.04, 0.96, None, line=mix(paper, ink, 0.4))
    elif style == 1:
        first, second = dice.pick(_DEEP), dice.pick(_DEEP + BRIGHT)
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
    for lines in (3, 4, 5, 6, 8):  # no more lines than have room at their size
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
    colour = near(dice.pick(BRIGHT + _DEEP), dice)
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


def _chart(c: Canvas, topic: str, theme: str) -> Image.Image:
    dice = c.dice
    writer = Writer(topic, theme, dice)
    night = dice.hit(0.25)
    paper, ink = (
        (dark(dice.pick(_DEEP), 0.3), (226, 228, 234)) if night else (light(dice.pick(_PAPER), 0.6), (60, 62, 72))
    )
    c.fade(paper, paper)
    head = dice.pick(BRIGHT)
    rows, size = c.fit(writer.sentence("chart"), "Sans-Bold", c.a - 0.1, 0.075, 1)
    if dice.hit(0.4):
        c.rect(0, 0, c.a, 0.15, head)
        c.text(0.04, 0.075, rows[0], "Sans-Bold", size, WHITE, "lm")
    else:
        c.text(0.04, 0.08, rows[0], "Sans-Bold", size, ink, "lm")
    palette = dice.shuffled(BRIGHT)
    style = dice.whole(0, 3)
    left, right, top, low = 0.12, c.a - 0.06, 0.22, 0.86
    if style in (0, 1):
        for i in range(5):
            y = low - (low - top) * i / 4
            c.stroke([(left, y), (right, y)], mix(paper, ink, 0.2), 0.003)
            c.text(left - 0.015, y, str(i * dice.pick([5, 10, 20, 25])), "Sans", 0.042, mix(paper, ink, 0.7), "rm")
        n = dice.whole(4, 8)
        step = (right - left) / n
        if style == 0:
            for i in range(n):
                x, h = left + step * i, (low - top) * dice.between(0.15, 0.97)
                c.rect(x + 0.16 * step, low - h, x + 0.84 * step, low, palette[0] if i != n - 1 else palette[1])
                c.text(x + step / 2, low + 0.05, f"{10 + 2 * i}", "Sans", 0.045, mix(paper, ink, 0.8))
        else:
            for colour in palette[: dice.whole(1, 3)]:
                points = [(left + step * i, low - (low - top) * dice.between(0.1, 0.95)) for i in range(n + 1)]
                if dice.hit(0.4):
                    c.poly([(left, low), *points, (right, low)], mix(paper, colour, 0.25))
                c.stroke(points, colour, 0.014)
                for x, y in points:
                    c.oval(x, y, 0.014, 0.014, colour)
        c.stroke([(left, top), (left, low), (right, low)], ink, 0.005)
    elif style == 2:
        x, y, r, at = 0.36 * c.a, 0.56, 0.28 * min(1, 1.2 * c.m), dice.whole(0, 90)
        shares = [dice.between(0.5, 2) for _ in range(dice.whole(3, 6))]
        for i, share in enumerate(shares):
            turn = 360 * share / sum(shares)
            c.pie(x, y, r, at, at + turn + 0.5, palette[i])
            at += turn
            ly = 0.32 + 0.1 * i
            c.rect(0.7 * c.a, ly - 0.02, 0.7 * c.a + 0.04, ly + 0.02, palette[i])
            c.text(0.7 * c.a + 0.06, ly, f"{100 * share / sum(shares):.0f} %", "Sans", 0.052, ink, "lm")
        if dice.hit(0.5):
            c.oval(x, y, 0.55 * r, 0.55 * r, paper)
    else:
        n = dice.whole(5, 8)
        step = (0.93 - 0.2) / n
        for i in range(n):
            y = 0.2 + step * i
            c.rect(0.04, y, c.a - 0.04, y + step * 0.92, mix(paper, ink, 0.1 if i % 2 else 0.04))
            c.rect(0.05, y + 0.12 * step, 0.05 + 0.7 * step, y + 0.8 * step, palette[i % 7], 0.01)
            rows, size = c.fit(capitalised(writer.say("item")), "Sans", c.a - 0.26 - step, 0.05, 1)
            c.text(0.07 + step, y + 0.46 * step, rows[0], "Sans", size, ink, "lm")
            c.text(c.a - 0.07, y + 0.46 * step, str(dice.whole(1, 99)), "Sans-Bold", 0.05, ink, "rm")
    return c.finished()


def _screenshot(c: Canvas, topic: str, theme: str) -> Image.Image:
    dice = c.dice
    if topic == "games":
        return _game_screen(Canvas(*dice.pick([(256, 144), (256, 160), (256, 192), (256, 144)]), dice), theme)
    writer = Writer(topic, theme, dice)
    night = dice.hit(0.35)
    paper, ink = (
        ((26, 28, 34), (224, 226, 232))
        if night
        else (dice.pick([(238, 241, 245), (222, 231, 240), (250, 250, 250)]), (40, 42, 50))
    )
    accent = dice.pick(BRIGHT)
    c.fade(paper, paper)
    c.rect(0, 0, c.a, 0.035, dark(accent, 0.25))
    c.text(0.02, 0.018, f"{dice.whole(0, 23)}:{dice.whole(10, 59)}", "Sans", 0.026, WHITE, "lm")
    c.rect(c.a - 0.07, 0.01, c.a - 0.02, 0.026, WHITE)
    c.rect(0, 0.035, c.a, 0.11, accent)
    c.oval(0.05, 0.072, 0.026, 0.026, light(accent, 0.6))
    c.text(
        0.095,
        0.072,
        dice.pick(["Чат", "Лента", "Диалог", "Обсуждение", "Соседи", "Друзья", "Семья"]),
        "Sans-Bold",
        0.034,
        WHITE,
        "lm",
    )
    y = 0.13
    wide = c.a > 0.3
    while y < 0.9:
        said = writer.expand(dice.pick(["{opener}", "{short}", "{question}", "{short}"]))
        rows, size = c.fit(said, "Sans", 0.62 * c.a, 0.034 if wide else 0.026, 4)
        h = 1.3 * size * len(rows) + 0.035
        mine = dice.hit(0.45)
        x = 0.22 * c.a if mine else 0.12 * c.a
        if dice.hit(0.12) and y < 0.6:
            inner = Canvas(120, 90, dice)
            scenery.paint(inner, topic, theme)
            c.paste(inner.finished(), x, y, x + 0.66 * c.a, y + 0.2)
            y += 0.22
            continue
        bubble = mix(paper, accent, 0.3) if mine else (mix(paper, WHITE, 0.14) if night else WHITE)
        c.rect(x, y, x + 0.7 * c.a, y + h, bubble, 0.02)
        if not mine:
            c.oval(0.055 * c.a, y + 0.03, 0.042 * c.a, 0.042 * c.a, dice.pick(BRIGHT))
        for i, row in enumerate(rows):
            c.text(x + 0.035 * c.a, y + 0.018 + size * (0.6 + 1.3 * i), row, "Sans", size, ink, "lm")
        y += h + 0.018
    c.rect(0, 0.925, c.a, 1, mix(paper, ink, 0.1))
    c.rect(0.04 * c.a, 0.94, 0.8 * c.a, 0.985, light(paper, 0.4), 0.02)
    c.oval(0.9 * c.a, 0.962, 0.024, 0.024, accent)
    return c.finished()


def _game_screen(c: Canvas, theme: str) -> Image.Image:
    dice = c.dice
    {"fantasy": scenery.fantasy, "racing": scenery.racing, "space": scenery.space}[theme](c)
    c.rect(0.03, 0.04, 0.5, 0.085, (30, 30, 36), 0.02)
    c.rect(0.035, 0.045, 0.035 + 0.46 * dice.between(0.2, 1), 0.08, (214, 50, 60), 0.02)
    c.rect(0.03, 0.1, 0.4, 0.13, (30, 30, 36), 0.015)
    c.rect(0.035, 0.105, 0.035 + 0.36 * dice.between(0.2, 1), 0.126, (60, 130, 230), 0.015)
    c.text(
        c.a - 0.04, 0.08, f"{dice.whole(100, 99999):06d}", "SansMono-Bold", 0.09, (255, 230, 120), "rm", edge=(0, 0, 0)
    )
    c.text(c.a / 2, 0.08, f"{dice.whole(0, 9)}:{dice.whole(10, 59)}", "SansMono-Bold", 0.08, WHITE, edge=(0, 0, 0))
    x, y = c.a - 0.18, 0.82
    c.oval(x, y, 0.14, 0.14, (20, 28, 30), (230, 230, 220), 0.012)
    for _ in range(6):
        c.oval(x + dice.between(-0.09, 0.09), y + dice.between(-0.09, 0.09), 0.012, 0.012, dice.pick(BRIGHT))
    slots = dice.whole(3, 6)
    for i in range(slots):
        x0 = c.a / 2 + (i - slots / 2) * 0.12 - 0.1
        c.rect(x0, 0.87, x0 + 0.11, 0.98, (30, 32, 40), 0.015, (200, 200, 190))
        c.oval(x0 + 0.055, 0.925, 0.03, 0.03, dice.pick(BRIGHT))
    return c.finished()


def _product(c: Canvas, topic: str, theme: str) -> Image.Image:
    dice = c.dice
    back = dice.pick(
        [WHITE, WHITE, (246, 246, 248), (252, 240, 232), (232, 242, 246), (250, 232, 240), (240, 246, 232)]
    )
    c.fade(WHITE, back)
    x, y, r, colour = c.a / 2, 0.8, 0.6 * c.m, near(dice.pick(BRIGHT + CLOTHES), dice)
    c.glow(x, y, 0.5 * c.m, (196, 196, 200), 0.7)
    dice.pick(_GOODS.get((topic, theme)) or _GOODS.get((topic, "")) or _GOODS["", ""])(c, x, y, r, colour)
    hot = dice.pick([(226, 38, 48), (255, 120, 30), (220, 30, 110), (30, 140, 70)])
    price = (
        f"{dice.whole(1, 99)}{dice.pick(['99', '90', '49', '00'])} ₽"
        if theme != "flat"
        else f"{dice.whole(3, 12)},{dice.whole(1, 9)} млн ₽"
    )
    corner = 0.16 if dice.hit(0.5) else c.a - 0.16
    if dice.hit(0.6):
        star = []
        for i in range(24):
            star += turned([(corner + (0.13 if i % 2 else 0.105), 0.15)], corner, 0.15, 15 * i)
        c.poly(star, hot)
        c.text(corner, 0.15, f"−{dice.whole(1, 7)}0%", "Sans-Bold", 0.075, WHITE)
    c.rect(c.a / 2 - 0.25, 0.86, c.a / 2 + 0.25, 0.965, hot if dice.hit(0.7) else (40, 40, 46), 0.03)
    c.text(c.a / 2, 0.912, price, "Sans-Bold", 0.078, WHITE)
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


def _phone(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.rect(x - 0.26 * r, y - r, x + 0.26 * r, y, (34, 34, 40), 0.06 * r)
    for i in range(6):
        c.rect(
            x - 0.23 * r,
            y - (0.96 - 0.155 * i) * r,
            x + 0.23 * r,
            y - (0.96 - 0.155 * (i + 1)) * r,
            mix(colour, WHITE, i / 8),
        )
    c.oval(x + 0.4 * r, y - 0.3 * r, 0.1 * r, 0.1 * r, light(colour, 0.5))
    c.rect(x + 0.3 * r, y - 0.3 * r, x + 0.5 * r, y, colour, 0.05 * r)


def _kettle(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.oval(x + 0.4 * r, y - 0.45 * r, 0.24 * r, 0.3 * r, None, dark(colour, 0.4), 0.07 * r)
    c.poly(
        [
            (x - 0.3 * r, y - 0.5 * r),
            (x - 0.62 * r, y - 0.72 * r),
            (x - 0.55 * r, y - 0.76 * r),
            (x - 0.25 * r, y - 0.66 * r),
        ],
        dark(colour, 0.15),
    )
    c.poly([(x - 0.26 * r, y - 0.82 * r), (x + 0.26 * r, y - 0.82 * r), (x + 0.44 * r, y), (x - 0.44 * r, y)], colour)
    c.poly(
        [(x + 0.1 * r, y - 0.82 * r), (x + 0.26 * r, y - 0.82 * r), (x + 0.44 * r, y), (x + 0.2 * r, y)],
        dark(colour, 0.15),
    )
    c.oval(x, y - 0.82 * r, 0.26 * r, 0.06 * r, dark(colour, 0.3))
    c.oval(x, y - 0.9 * r, 0.06 * r, 0.06 * r, INK)


def _backpack(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.arc(x, y - 0.92 * r, 0.14 * r, 180, 360, dark(colour, 0.4), 0.05 * r)
    for s in (-1, 1):
        c.rect(
            x + s * 0.42 * r - 0.08 * r,
            y - 0.4 * r,
            x + s * 0.42 * r + 0.08 * r,
            y - 0.04 * r,
            dark(colour, 0.2),
            0.05 * r,
        )
    c.rect(x - 0.42 * r, y - 0.96 * r, x + 0.42 * r, y, colour, 0.24 * r)
    c.rect(x - 0.3 * r, y - 0.46 * r, x + 0.3 * r, y - 0.08 * r, dark(colour, 0.16), 0.08 * r)
    c.stroke([(x - 0.3 * r, y - 0.62 * r), (x + 0.3 * r, y - 0.62 * r)], dark(colour, 0.45), 0.025 * r)
    c.stroke([(x - 0.22 * r, y - 0.34 * r), (x + 0.22 * r, y - 0.34 * r)], light(colour, 0.5), 0.02 * r)


def _handbag(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.arc(x, y - 0.6 * r, 0.26 * r, 180, 360, dark(colour, 0.35), 0.045 * r)
    c.poly([(x - 0.42 * r, y - 0.62 * r), (x + 0.42 * r, y - 0.62 * r), (x + 0.55 * r, y), (x - 0.55 * r, y)], colour)
    c.poly(
        [
            (x - 0.42 * r, y - 0.62 * r),
            (x + 0.42 * r, y - 0.62 * r),
            (x + 0.24 * r, y - 0.3 * r),
            (x - 0.24 * r, y - 0.3 * r),
        ],
        dark(colour, 0.16),
    )
    c.oval(x, y - 0.31 * r, 0.05 * r, 0.05 * r, (236, 200, 100))


def _bowl(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.poly([(x - 0.6 * r, y - 0.36 * r), (x + 0.6 * r, y - 0.36 * r), (x + 0.45 * r, y), (x - 0.45 * r, y)], colour)
    c.oval(x, y - 0.36 * r, 0.6 * r, 0.15 * r, light(colour, 0.3))
    c.oval(x, y - 0.36 * r, 0.52 * r, 0.12 * r, dark(colour, 0.4))
    for _ in range(26):
        c.ball(
            x + c.dice.between(-0.42, 0.42) * r,
            y - c.dice.between(0.36, 0.5) * r,
            0.06 * r,
            0.05 * r,
            near((168, 112, 62), c.dice),
        )


def _pot(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.rect(x - 0.72 * r, y - 0.5 * r, x + 0.72 * r, y - 0.42 * r, INK, 0.04 * r)
    c.rect(x - 0.5 * r, y - 0.62 * r, x + 0.5 * r, y, colour, 0.08 * r)
    c.rect(x + 0.2 * r, y - 0.6 * r, x + 0.5 * r, y - 0.02 * r, dark(colour, 0.14), 0.08 * r)
    c.oval(x, y - 0.63 * r, 0.54 * r, 0.13 * r, light(colour, 0.2))
    c.oval(x, y - 0.78 * r, 0.07 * r, 0.06 * r, INK)


def _gift(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    things.gift(c, x, y, r, colour, c.dice.pick([WHITE, (255, 214, 80), (214, 40, 60)]))


def _model_house(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    things.house(c, x - 0.4 * r, y, 0.8 * r, 0.6 * r, light(colour, 0.5), 0.3, dark(colour, 0.1))


def _pad(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    things.controller(c, x, y - 0.1 * r, 0.62 * r, colour)


def _trainer(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    things.shoe(c, x - 0.2 * r, y - 0.05 * r, 0.62 * r, colour)


def _ball(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    things.football(c, x, y - 0.4 * r, 0.4 * r)


_GOODS = {
    ("", ""): [_gift, _kettle, _backpack, _phone],
    ("adverts", "giveaway"): [_gift, _phone, _gift],
    ("adverts", "shop"): [_kettle, _backpack, _handbag, _phone],
    ("adverts", "flat"): [_model_house],
    ("fashion", "dress"): [things.dress, _handbag],
    ("fashion", "coat"): [things.coat, _handbag],
    ("fashion", "shoes"): [_trainer],
    ("games", ""): [_pad],
    ("pets", ""): [_bowl],
    ("recipes", ""): [_pot, _kettle],
    ("football", ""): [_ball, _trainer],
}
_KINDS = {
    "photo": _photo,
    "portrait": _portrait,
    "meme": _meme,
    "quote": _quote,
    "banner": _banner,
    "chart": _chart,
    "screenshot": _screenshot,
    "product": _product,
    "collage": _collage,
}
