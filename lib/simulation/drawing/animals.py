"""Animals in the photos of the simulated feed.

Each function draws one of them on a canvas, standing at (x, y), `r` high.
"""

from __future__ import annotations

from lib.simulation.drawing.canvas import BLACK, BRIGHT, WHITE, Canvas, Colour, dark, light, near

COATS = [
    (226, 138, 62),
    (92, 88, 92),
    (58, 50, 48),
    (214, 196, 170),
    (150, 146, 150),
    (236, 230, 222),
    (142, 98, 62),
    (188, 120, 70),
]


def cat(c: Canvas, x: float, y: float, r: float, coat: Colour | None = None) -> None:
    dice = c.dice
    coat = near(coat or dice.pick(COATS), dice)
    eye = dice.pick([(196, 206, 60), (96, 170, 96), (232, 178, 48), (92, 158, 206)])
    side = dice.pick([-1, 1])
    c.oval(x, y, 0.36 * r, 0.045 * r, dark(c.under(x, y), 0.35))
    c.curve(
        [
            (x + side * 0.2 * r, y - 0.05 * r),
            (x + side * 0.62 * r, y - 0.06 * r),
            (x + side * 0.46 * r, y - dice.between(0.3, 0.6) * r),
        ],
        dark(coat, 0.15),
        0.075 * r,
    )
    c.ball(x, y - 0.3 * r, 0.27 * r, 0.31 * r, coat)
    chest = light(coat, 0.55) if dice.hit(0.6) else coat
    c.oval(x, y - 0.28 * r, 0.12 * r, 0.2 * r, chest)
    for paw in (-0.1, 0.1):
        c.oval(x + paw * r, y - 0.04 * r, 0.075 * r, 0.05 * r, light(coat, 0.3))
    cat_face(c, x + dice.between(-0.05, 0.05) * r, y - 0.72 * r, 0.25 * r, coat, eye)


def cat_face(c: Canvas, x: float, y: float, r: float, coat: Colour, eye: Colour) -> None:
    dice = c.dice
    for s in (-1, 1):
        c.poly(
            [(x + s * 0.95 * r, y - 0.2 * r), (x + s * 0.82 * r, y - 1.25 * r), (x + s * 0.2 * r, y - 0.72 * r)],
            dark(coat, 0.18),
        )
        c.poly(
            [(x + s * 0.82 * r, y - 0.35 * r), (x + s * 0.76 * r, y - 1.0 * r), (x + s * 0.34 * r, y - 0.66 * r)],
            (236, 170, 168),
        )
    c.ball(x, y, r, 0.86 * r, coat)
    if dice.hit(0.55):
        for i in (-1, 0, 1):
            c.stroke([(x + i * 0.2 * r, y - 0.78 * r), (x + i * 0.16 * r, y - 0.46 * r)], dark(coat, 0.4), 0.08 * r)
    for s in (-1, 1):
        c.oval(x + s * 0.38 * r, y - 0.12 * r, 0.2 * r, 0.19 * r, eye)
        c.oval(x + s * 0.38 * r, y - 0.12 * r, dice.pick([0.06, 0.13]) * r, 0.17 * r, BLACK)
        c.oval(x + s * 0.38 * r - 0.06 * r, y - 0.19 * r, 0.04 * r, 0.04 * r, WHITE)
        c.oval(x + s * 0.15 * r, y + 0.34 * r, 0.2 * r, 0.16 * r, light(coat, 0.6))
        for tilt in (-0.1, 0.06):
            c.stroke(
                [(x + s * 0.3 * r, y + 0.34 * r), (x + s * 1.25 * r, y + (0.3 + tilt) * r)], light(coat, 0.75), 0.02 * r
            )
    c.poly([(x - 0.1 * r, y + 0.16 * r), (x + 0.1 * r, y + 0.16 * r), (x, y + 0.28 * r)], (214, 120, 124))


def dog(c: Canvas, x: float, y: float, r: float) -> None:
    dice = c.dice
    coat = near(dice.pick(COATS), dice)
    ear = dark(coat, 0.4) if dice.hit(0.7) else light(coat, 0.3)
    c.oval(x, y, 0.38 * r, 0.045 * r, dark(c.under(x, y), 0.35))
    side = dice.pick([-1, 1])
    c.curve(
        [(x + side * 0.2 * r, y - 0.2 * r), (x + side * 0.45 * r, y - 0.2 * r), (x + side * 0.48 * r, y - 0.5 * r)],
        coat,
        0.07 * r,
    )
    c.ball(x, y - 0.3 * r, 0.26 * r, 0.32 * r, coat)
    for s in (-1, 1):
        c.rect(x + s * 0.13 * r - 0.06 * r, y - 0.3 * r, x + s * 0.13 * r + 0.06 * r, y - 0.02 * r, coat, 0.05 * r)
        c.oval(x + s * 0.13 * r, y - 0.03 * r, 0.085 * r, 0.05 * r, light(coat, 0.25))
    c.rect(x - 0.17 * r, y - 0.56 * r, x + 0.17 * r, y - 0.5 * r, dice.pick(BRIGHT), 0.03 * r)
    dog_face(c, x, y - 0.74 * r, 0.24 * r, coat, ear)


def dog_face(c: Canvas, x: float, y: float, r: float, coat: Colour, ear: Colour) -> None:
    c.ball(x, y, 0.9 * r, 0.95 * r, coat)
    for s in (-1, 1):
        c.oval(x + s * 0.88 * r, y + 0.06 * r, 0.28 * r, 0.72 * r, ear)
        c.oval(x + s * 0.36 * r, y - 0.18 * r, 0.14 * r, 0.16 * r, WHITE)
        c.oval(x + s * 0.36 * r, y - 0.16 * r, 0.1 * r, 0.12 * r, (48, 30, 22))
        c.oval(x + s * 0.33 * r, y - 0.2 * r, 0.035 * r, 0.035 * r, WHITE)
    if c.dice.hit(0.6):
        c.oval(x, y + 0.86 * r, 0.15 * r, 0.3 * r, (232, 104, 116))
    c.ball(x, y + 0.42 * r, 0.48 * r, 0.4 * r, light(coat, 0.5))
    c.ball(x, y + 0.2 * r, 0.18 * r, 0.13 * r, (40, 34, 36))


def bird(c: Canvas, x: float, y: float, r: float) -> None:
    dice = c.dice
    body, wing = dice.pick(
        [
            ((74, 176, 84), (40, 120, 190)),
            ((240, 204, 62), (226, 150, 40)),
            ((216, 60, 52), (40, 96, 178)),
            ((84, 84, 96), (40, 40, 50)),
            ((236, 236, 230), (160, 150, 140)),
            ((92, 168, 214), (60, 110, 170)),
        ]
    )
    s = dice.pick([-1, 1])
    c.poly(
        [
            (x - s * 0.1 * r, y - 0.2 * r),
            (x - s * 0.34 * r, y + 0.28 * r),
            (x - s * 0.12 * r, y + 0.26 * r),
            (x + s * 0.06 * r, y - 0.1 * r),
        ],
        dark(wing, 0.2),
    )
    c.ball(x, y - 0.32 * r, 0.22 * r, 0.34 * r, body)
    c.ball(x + s * 0.05 * r, y - 0.72 * r, 0.18 * r, 0.18 * r, light(body, 0.1))
    c.oval(x - s * 0.09 * r, y - 0.28 * r, 0.13 * r, 0.27 * r, wing)
    c.oval(x - s * 0.09 * r, y - 0.36 * r, 0.1 * r, 0.15 * r, light(wing, 0.2))
    c.poly(
        [(x + s * 0.19 * r, y - 0.8 * r), (x + s * 0.36 * r, y - 0.7 * r), (x + s * 0.19 * r, y - 0.62 * r)],
        dice.pick([(240, 160, 40), (70, 66, 70)]),
    )
    c.oval(x + s * 0.1 * r, y - 0.76 * r, 0.05 * r, 0.05 * r, WHITE)
    c.oval(x + s * 0.11 * r, y - 0.76 * r, 0.03 * r, 0.03 * r, BLACK)
