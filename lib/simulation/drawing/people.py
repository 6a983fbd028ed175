"""People in the photos of the simulated feed.

Each function draws one of them on a canvas, standing at (x, y), `r` high.
"""

from __future__ import annotations

from lib.simulation.drawing.canvas import BLACK, BRIGHT, CLOTHES, INK, WHITE, Canvas, Colour, dark, light, mix, near

SKINS = [(244, 206, 178), (232, 188, 156), (214, 164, 128), (250, 218, 196), (198, 146, 108)]


HAIRS = [(52, 38, 32), (92, 62, 38), (168, 118, 62), (32, 30, 36), (218, 178, 104), (152, 66, 40), (150, 150, 156)]


def bust(
    c: Canvas, x: float, y: float, r: float, clothes: Colour | None = None, hat: str = "", skin: Colour | None = None
) -> None:
    """A person from the waist up; `hat` is "chef", "helmet", "headset", "cap", "scarf", "beanie" or ""."""
    dice = c.dice
    skin, hair = near(skin or dice.pick(SKINS), dice, 10), near(dice.pick(HAIRS), dice, 12)
    clothes = near(clothes or dice.pick(CLOTHES), dice)
    long_hair = dice.hit(0.5)
    hx, hy = x + dice.between(-0.04, 0.04) * r, y - 0.66 * r
    if long_hair:
        c.oval(hx, hy + 0.1 * r, 0.27 * r, 0.36 * r, dark(hair, 0.1))
    c.poly(
        [
            (x - 0.46 * r, y),
            (x - 0.42 * r, y - 0.22 * r),
            (x - 0.2 * r, y - 0.36 * r),
            (x + 0.2 * r, y - 0.36 * r),
            (x + 0.42 * r, y - 0.22 * r),
            (x + 0.46 * r, y),
        ],
        clothes,
    )
    c.poly(
        [
            (x + 0.12 * r, y - 0.36 * r),
            (x + 0.2 * r, y - 0.36 * r),
            (x + 0.42 * r, y - 0.22 * r),
            (x + 0.46 * r, y),
            (x + 0.2 * r, y),
        ],
        dark(clothes, 0.16),
    )
    c.rect(x - 0.075 * r, y - 0.52 * r, x + 0.075 * r, y - 0.33 * r, dark(skin, 0.14), 0.03 * r)
    c.poly(
        [(x - 0.12 * r, y - 0.37 * r), (x + 0.12 * r, y - 0.37 * r), (x, y - dice.pick([0.2, 0.28]) * r)],
        dice.pick([dark(skin, 0.06), light(clothes, 0.7)]),
    )
    c.ball(hx, hy, 0.19 * r, 0.235 * r, skin)
    c.poly(
        [
            (hx - 0.2 * r, hy - 0.02 * r),
            (hx - 0.2 * r, hy - 0.16 * r),
            (hx - 0.1 * r, hy - 0.27 * r),
            (hx + 0.1 * r, hy - 0.27 * r),
            (hx + 0.2 * r, hy - 0.16 * r),
            (hx + 0.2 * r, hy - 0.02 * r),
            (hx + 0.13 * r, hy - 0.13 * r),
            (hx - dice.between(0.0, 0.12) * r, hy - 0.13 * r),
        ],
        hair,
    )
    for s in (-1, 1):
        c.oval(hx + s * 0.075 * r, hy - 0.005 * r, 0.03 * r, 0.02 * r, WHITE)
        c.oval(hx + s * 0.075 * r, hy - 0.005 * r, 0.017 * r, 0.02 * r, (56, 44, 40))
        c.stroke([(hx + s * 0.04 * r, hy - 0.055 * r), (hx + s * 0.11 * r, hy - 0.06 * r)], dark(hair, 0.1), 0.012 * r)
        c.oval(hx + s * 0.11 * r, hy + 0.07 * r, 0.035 * r, 0.022 * r, mix(skin, (232, 120, 110), 0.4))
    c.stroke([(hx, hy + 0.01 * r), (hx + 0.02 * r, hy + 0.06 * r)], dark(skin, 0.25), 0.012 * r)
    c.arc(hx, hy + dice.between(0.06, 0.09) * r, 0.065 * r, 25, 155, (178, 70, 74), 0.018 * r)
    if dice.hit(0.18):
        for s in (-1, 1):
            c.oval(hx + s * 0.08 * r, hy, 0.06 * r, 0.05 * r, None, INK, 0.01 * r)
    if hat == "chef":
        c.rect(hx - 0.15 * r, hy - 0.32 * r, hx + 0.15 * r, hy - 0.16 * r, (236, 236, 236))
        for dx in (-0.12, 0, 0.12):
            c.ball(hx + dx * r, hy - 0.36 * r, 0.12 * r, 0.1 * r, (250, 250, 250))
    elif hat == "helmet":
        c.pie(hx, hy - 0.06 * r, 0.25 * r, 180, 360, (236, 120, 32))
        c.rect(hx - 0.28 * r, hy - 0.09 * r, hx + 0.28 * r, hy - 0.05 * r, (250, 214, 90), 0.02 * r)
    elif hat == "headset":
        c.arc(hx, hy - 0.02 * r, 0.25 * r, 180, 360, (34, 36, 44), 0.04 * r)
        for s in (-1, 1):
            c.oval(hx + s * 0.22 * r, hy + 0.01 * r, 0.05 * r, 0.085 * r, dice.pick(BRIGHT))
    elif hat in ("cap", "beanie"):
        colour = dice.pick(BRIGHT)
        c.pie(hx, hy - 0.07 * r, 0.22 * r, 180, 360, colour)
        if hat == "cap":
            c.rect(hx, hy - 0.1 * r, hx + 0.34 * r, hy - 0.06 * r, dark(colour), 0.02 * r)
        else:
            c.rect(hx - 0.23 * r, hy - 0.13 * r, hx + 0.23 * r, hy - 0.05 * r, light(colour), 0.03 * r)
    elif hat == "scarf":
        first, second = dice.pick(BRIGHT), dice.pick([WHITE, (250, 220, 80), BLACK])
        for i in range(6):
            c.rect(
                x - 0.24 * r + 0.08 * r * i,
                y - 0.44 * r,
                x - 0.16 * r + 0.08 * r * i,
                y - 0.34 * r,
                first if i % 2 else second,
                0.01,
            )
        c.rect(x + 0.06 * r, y - 0.36 * r, x + 0.16 * r, y, first)
        c.rect(x + 0.06 * r, y - 0.2 * r, x + 0.16 * r, y - 0.1 * r, second)


def figure(
    c: Canvas,
    x: float,
    y: float,
    r: float,
    shirt: Colour,
    legs: Colour,
    skirt: bool = False,
    stride: float = 0.0,
    skin: Colour | None = None,
) -> None:
    """A person from head to foot; `stride` from -1 to 1 makes the person walk or run."""
    skin, hair = skin or c.dice.pick(SKINS), c.dice.pick(HAIRS)
    sway = 0.16 * stride * r
    c.oval(x, y, 0.16 * r, 0.025 * r, dark(c.under(x, y), 0.35))
    for s in (-1, 1):
        c.stroke(
            [(x + s * 0.04 * r, y - 0.45 * r), (x + s * (0.05 * r + sway), y - 0.03 * r)],
            skin if skirt else legs,
            0.07 * r,
        )
        c.oval(x + s * (0.055 * r + sway) + 0.02 * r, y - 0.015 * r, 0.05 * r, 0.025 * r, INK)
        c.stroke(
            [(x + s * 0.1 * r, y - 0.74 * r), (x + s * 0.17 * r - sway * s * 0.6, y - 0.48 * r)],
            dark(shirt, 0.12),
            0.055 * r,
        )
    if skirt:
        c.poly(
            [
                (x - 0.09 * r, y - 0.55 * r),
                (x + 0.09 * r, y - 0.55 * r),
                (x + 0.22 * r, y - 0.2 * r),
                (x - 0.22 * r, y - 0.2 * r),
            ],
            legs,
        )
    c.poly(
        [
            (x - 0.12 * r, y - 0.78 * r),
            (x + 0.12 * r, y - 0.78 * r),
            (x + 0.085 * r, y - 0.42 * r),
            (x - 0.085 * r, y - 0.42 * r),
        ],
        shirt,
    )
    if skirt and c.dice.hit(0.7):
        c.oval(x, y - 0.86 * r, 0.095 * r, 0.13 * r, dark(hair, 0.1))
    c.rect(x - 0.03 * r, y - 0.84 * r, x + 0.03 * r, y - 0.76 * r, dark(skin, 0.12))
    c.oval(x, y - 0.9 * r, 0.07 * r, 0.085 * r, skin)
    c.pie(x, y - 0.91 * r, 0.08 * r, 180, 360, hair)


def crowd(c: Canvas, y0: float, y1: float, r: float, colours: list[Colour]) -> None:
    """Heads and shoulders in rows; nearer rows are larger."""
    dice = c.dice
    y = y0
    while y < y1:
        size = r * (0.6 + 0.8 * (y - y0) / max(y1 - y0, 1e-6))
        x = dice.between(-1, 0) * size
        while x < c.a + size:
            c.oval(x, y + 1.4 * size, 1.1 * size, size, near(dice.pick(colours), dice, 14))
            c.oval(x, y, 0.55 * size, 0.62 * size, near(dice.pick(SKINS), dice, 12))
            c.pie(x, y - 0.08 * size, 0.6 * size, 180, 360, dice.pick(HAIRS))
            x += dice.between(1.8, 2.4) * size
        y += 1.35 * size
