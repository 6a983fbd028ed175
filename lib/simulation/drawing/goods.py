"""Goods for sale in the photos of the simulated feed."""

from __future__ import annotations

from PIL import Image

from lib.simulation.drawing import things
from lib.simulation.drawing.canvas import BRIGHT, CLOTHES, INK, WHITE, Canvas, Colour, dark, light, mix, near, turned


def product(c: Canvas, topic: str, theme: str) -> Image.Image:
    """Something for sale, with its price."""
    dice = c.dice
    back = dice.pick(
        [WHITE, WHITE, (246, 246, 248), (252, 240, 232), (232, 242, 246), (250, 232, 240), (240, 246, 232)]
    )
    c.fade(WHITE, back)
    show = dice.pick(_GOODS.get((topic, theme)) or _GOODS.get((topic, "")) or _GOODS["", ""])
    x, y, r = c.a * dice.between(0.44, 0.56), dice.between(0.76, 0.82), dice.between(0.48, 0.64) * c.m
    colours = dice.shuffled(BRIGHT + CLOTHES)
    c.glow(x, y, 0.5 * c.m, (196, 196, 200), 0.7)
    if dice.hit(0.3):  # the same product in another colour, further back
        show(c, x + dice.pick([-0.24, 0.24]) * c.m, y - 0.05, 0.72 * r, near(colours[1], dice))
    show(c, x, y, r, near(colours[0], dice))
    hot = dice.pick([(226, 38, 48), (255, 120, 30), (220, 30, 110), (30, 140, 70)])
    if theme == "flat":
        price = f"{dice.whole(3, 12)},{dice.whole(1, 9)} млн ₽"
    else:
        price = f"{dice.whole(1, 99)}{dice.pick(['99', '90', '49', '00'])} ₽"
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
