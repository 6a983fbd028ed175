"""What scenes of the simulated feed are made of: animals, people, plants, food, machines.

Each function draws one thing on a canvas, standing at (x, y), `r` high.
"""

from __future__ import annotations

from lib.canvas import BLACK, INK, WHITE, Canvas, Colour, dark, light, mix, near

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
SKINS = [(244, 206, 178), (232, 188, 156), (214, 164, 128), (250, 218, 196), (198, 146, 108)]
HAIRS = [(52, 38, 32), (92, 62, 38), (168, 118, 62), (32, 30, 36), (218, 178, 104), (152, 66, 40), (150, 150, 156)]
CLOTHES = [
    (196, 52, 62),
    (52, 92, 168),
    (38, 128, 96),
    (232, 172, 52),
    (112, 74, 148),
    (222, 116, 138),
    (60, 62, 74),
    (236, 232, 224),
    (120, 150, 178),
    (146, 92, 60),
]
BRIGHT = [(230, 57, 70), (29, 122, 204), (42, 157, 90), (244, 162, 40), (131, 56, 190), (255, 99, 146), (20, 170, 178)]


def cat(c: Canvas, x: float, y: float, r: float, coat: Colour | None = None) -> None:
    dice = c.dice
    coat = near(coat or dice.pick(COATS), dice)
    eye = dice.pick([(196, 206, 60), (96, 170, 96), (232, 178, 48), (92, 158, 206)])
    side = dice.pick([-1, 1])
    c.oval(x, y, 0.36 * r, 0.045 * r, dark(c_ground(c, x, y), 0.35))
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
    c.oval(x, y, 0.38 * r, 0.045 * r, dark(c_ground(c, x, y), 0.35))
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


def bust(
    c: Canvas, x: float, y: float, r: float, clothes: Colour | None = None, hat: str = "", skin: Colour | None = None
) -> None:
    """A person to the waist; `hat` is "chef", "helmet", "headset", "cap", "scarf", "beanie" or ""."""
    dice = c.dice
    skin, hair = near(skin or dice.pick(SKINS), dice, 10), near(dice.pick(HAIRS), dice, 12)
    clothes = near(clothes or dice.pick(CLOTHES), dice)
    long_hair = dice.hit(0.5)
    hx, hy, hr = x + dice.between(-0.04, 0.04) * r, y - 0.66 * r, 0.2 * r
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
    """A person from head to foot; `stride` from -1 to 1 for one who walks or runs."""
    skin, hair = skin or c.dice.pick(SKINS), c.dice.pick(HAIRS)
    sway = 0.16 * stride * r
    c.oval(x, y, 0.16 * r, 0.025 * r, dark(c_ground(c, x, y), 0.35))
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


def car(c: Canvas, x: float, y: float, r: float, colour: Colour, dent: float = 0.0) -> None:
    """A car seen from the side, `r` high, facing right; `dent` crumples its nose."""
    glass = (170, 200, 220)
    c.oval(x, y, 1.55 * r, 0.1 * r, dark(c_ground(c, x, y), 0.45))
    nose = 1.35 - dent
    c.poly(
        [
            (x - 1.4 * r, y - 0.18 * r),
            (x - 1.38 * r, y - 0.52 * r),
            (x - 0.95 * r, y - 0.6 * r),
            (x - 0.62 * r, y - 0.98 * r),
            (x + 0.4 * r, y - r),
            (x + 0.78 * r, y - 0.6 * r),
            (x + nose * r, y - (0.5 + dent * 0.4) * r),
            (x + (nose + 0.06) * r, y - 0.18 * r),
        ],
        colour,
    )
    c.poly(
        [
            (x - 1.4 * r, y - 0.3 * r),
            (x + nose * r, y - 0.3 * r),
            (x + (nose + 0.06) * r, y - 0.16 * r),
            (x - 1.4 * r, y - 0.16 * r),
        ],
        dark(colour, 0.3),
    )
    c.poly(
        [
            (x - 0.78 * r, y - 0.6 * r),
            (x - 0.54 * r, y - 0.9 * r),
            (x - 0.12 * r, y - 0.92 * r),
            (x - 0.12 * r, y - 0.6 * r),
        ],
        glass,
    )
    c.poly(
        [
            (x - 0.02 * r, y - 0.6 * r),
            (x - 0.02 * r, y - 0.92 * r),
            (x + 0.34 * r, y - 0.92 * r),
            (x + 0.62 * r, y - 0.6 * r),
        ],
        light(glass, 0.2),
    )
    c.oval(x + (nose - 0.06) * r, y - 0.4 * r, 0.09 * r, 0.07 * r, (255, 244, 190))
    c.rect(x - 1.4 * r, y - 0.48 * r, x - 1.3 * r, y - 0.36 * r, (214, 40, 40))
    for wheel in (-0.85, 0.82 - 0.3 * dent):
        c.oval(x + wheel * r, y - 0.15 * r, 0.24 * r, 0.24 * r, (30, 30, 34))
        c.oval(x + wheel * r, y - 0.15 * r, 0.12 * r, 0.12 * r, (176, 178, 184))


def pine(c: Canvas, x: float, y: float, r: float, colour: Colour, snow: bool = False) -> None:
    c.rect(x - 0.03 * r, y - 0.15 * r, x + 0.03 * r, y, (92, 66, 48))
    for i in range(4):
        w, top = (0.3 - 0.06 * i) * r, y - (0.5 + 0.17 * i) * r
        c.poly([(x - w, top + 0.36 * r), (x + w, top + 0.36 * r), (x, top)], dark(colour, 0.05 * i))
        c.poly([(x, top + 0.36 * r), (x + w, top + 0.36 * r), (x, top)], dark(colour, 0.16 + 0.05 * i))
        if snow:
            c.poly([(x - 0.4 * w, top + 0.14 * r), (x + 0.4 * w, top + 0.14 * r), (x, top)], (236, 242, 248))


def tree(c: Canvas, x: float, y: float, r: float, crown: Colour) -> None:
    c.stroke([(x, y), (x, y - 0.55 * r)], (96, 70, 52), 0.06 * r)
    c.stroke([(x, y - 0.35 * r), (x + 0.14 * r, y - 0.55 * r)], (96, 70, 52), 0.035 * r)
    for _ in range(5):
        c.ball(
            x + c.dice.between(-0.2, 0.2) * r,
            y - c.dice.between(0.52, 0.84) * r,
            0.2 * r,
            0.17 * r,
            near(crown, c.dice, 14),
        )


def house(
    c: Canvas, x: float, y: float, w: float, h: float, wall: Colour, lit: float = 0.2, roof: Colour | None = None
) -> None:
    """A block of flats, or with a roof a house; `lit` is the share of windows with light in them."""
    dice = c.dice
    c.rect(x, y - h, x + w, y, wall)
    c.rect(x + 0.72 * w, y - h, x + w, y, dark(wall, 0.14))
    if roof:
        c.poly([(x - 0.06 * w, y - h), (x + 0.5 * w, y - h - 0.38 * w), (x + 1.06 * w, y - h)], roof)
    columns, rows = max(2, min(6, round(w / 0.055))), max(1, min(9, round(h / 0.075)))
    for i in range(columns):
        for j in range(rows):
            wx, wy = x + w * (i + 0.28) / columns, y - h + h * (j + 0.28) / rows
            pane = (255, 224, 138) if dice.hit(lit) else mix(wall, (52, 74, 104), 0.7)
            c.rect(wx, wy, wx + 0.46 * w / columns, wy + 0.46 * h / rows, pane)


def flames(c: Canvas, x: float, y: float, r: float) -> None:
    c.glow(x, y - 0.4 * r, 1.3 * r, (255, 140, 30), 0.9)
    dice = c.dice
    for colour, size in (((222, 60, 24), 1.0), ((250, 138, 30), 0.72), ((255, 214, 84), 0.42)):
        points = [(x - 0.4 * r * size, y)]
        for i in range(5):
            points.append((x + (-0.36 + 0.18 * i) * r * size, y - dice.between(0.55, 1.1) * r * size))
            points.append((x + (-0.27 + 0.18 * i) * r * size, y - dice.between(0.2, 0.4) * r * size))
        c.poly([*points, (x + 0.4 * r * size, y)], colour)


def smoke(c: Canvas, x: float, y: float, r: float, colour: Colour = (70, 68, 72)) -> None:
    drift = c.dice.between(-0.5, 0.5)
    for i in range(7):
        c.glow(
            x + drift * r * i / 4 + c.dice.between(-0.1, 0.1) * r, y - 0.22 * r * i, (0.3 + 0.08 * i) * r, colour, 0.75
        )


def gift(c: Canvas, x: float, y: float, r: float, colour: Colour, ribbon: Colour) -> None:
    c.oval(x, y, 0.6 * r, 0.06 * r, dark(c_ground(c, x, y), 0.25))
    c.rect(x - 0.45 * r, y - 0.66 * r, x + 0.45 * r, y, colour)
    c.rect(x + 0.2 * r, y - 0.66 * r, x + 0.45 * r, y, dark(colour, 0.14))
    c.rect(x - 0.5 * r, y - 0.78 * r, x + 0.5 * r, y - 0.58 * r, light(colour, 0.12), 0.02 * r)
    c.rect(x - 0.08 * r, y - 0.78 * r, x + 0.08 * r, y, ribbon)
    for s in (-1, 1):
        c.oval(x + s * 0.17 * r, y - 0.87 * r, 0.17 * r, 0.1 * r, ribbon)
        c.oval(x + s * 0.17 * r, y - 0.87 * r, 0.08 * r, 0.045 * r, dark(ribbon, 0.25))
    c.oval(x, y - 0.84 * r, 0.07 * r, 0.07 * r, dark(ribbon, 0.1))


def dress(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.arc(x, y - 1.0 * r, 0.05 * r, 180, 90, (120, 120, 126), 0.012 * r)
    c.stroke([(x - 0.2 * r, y - 0.86 * r), (x, y - 0.95 * r), (x + 0.2 * r, y - 0.86 * r)], (150, 110, 74), 0.02 * r)
    c.poly(
        [
            (x - 0.17 * r, y - 0.88 * r),
            (x - 0.06 * r, y - 0.8 * r),
            (x + 0.06 * r, y - 0.8 * r),
            (x + 0.17 * r, y - 0.88 * r),
            (x + 0.12 * r, y - 0.52 * r),
            (x + 0.36 * r, y),
            (x - 0.36 * r, y),
            (x - 0.12 * r, y - 0.52 * r),
        ],
        colour,
    )
    c.poly(
        [
            (x + 0.05 * r, y - 0.8 * r),
            (x + 0.17 * r, y - 0.88 * r),
            (x + 0.12 * r, y - 0.52 * r),
            (x + 0.36 * r, y),
            (x + 0.14 * r, y),
        ],
        dark(colour, 0.15),
    )
    c.rect(x - 0.125 * r, y - 0.55 * r, x + 0.125 * r, y - 0.5 * r, dark(colour, 0.4))
    for i in range(3):
        c.stroke(
            [(x + (i - 1) * 0.08 * r, y - 0.45 * r), (x + (i - 1) * 0.2 * r, y - 0.03 * r)], dark(colour, 0.2), 0.01 * r
        )


def coat(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.arc(x, y - 1.0 * r, 0.05 * r, 180, 90, (120, 120, 126), 0.012 * r)
    for s in (-1, 1):
        c.poly(
            [
                (x + s * 0.2 * r, y - 0.88 * r),
                (x + s * 0.42 * r, y - 0.3 * r),
                (x + s * 0.32 * r, y - 0.26 * r),
                (x + s * 0.18 * r, y - 0.6 * r),
            ],
            dark(colour, 0.1),
        )
    c.poly([(x - 0.22 * r, y - 0.9 * r), (x + 0.22 * r, y - 0.9 * r), (x + 0.3 * r, y), (x - 0.3 * r, y)], colour)
    c.poly([(x - 0.12 * r, y - 0.92 * r), (x + 0.12 * r, y - 0.92 * r), (x, y - 0.62 * r)], dark(colour, 0.45))
    c.stroke([(x, y - 0.62 * r), (x, y)], dark(colour, 0.3), 0.012 * r)
    for i in range(4):
        c.oval(x + 0.06 * r, y - (0.55 - 0.14 * i) * r, 0.02 * r, 0.02 * r, dark(colour, 0.6))
    for s in (-1, 1):
        c.rect(x + s * 0.19 * r - 0.07 * r, y - 0.34 * r, x + s * 0.19 * r + 0.07 * r, y - 0.31 * r, dark(colour, 0.25))


def shoe(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    """A trainer seen from the side."""
    c.oval(x + 0.3 * r, y + 0.02 * r, 1.0 * r, 0.08 * r, dark(c_ground(c, x, y), 0.3))
    c.poly(
        [
            (x - 0.6 * r, y - 0.12 * r),
            (x - 0.58 * r, y - 0.86 * r),
            (x - 0.1 * r, y - 0.86 * r),
            (x + 0.3 * r, y - 0.5 * r),
            (x + 1.0 * r, y - 0.36 * r),
            (x + 1.2 * r, y - 0.12 * r),
        ],
        colour,
    )
    c.poly(
        [(x - 0.58 * r, y - 0.86 * r), (x - 0.1 * r, y - 0.86 * r), (x, y - 0.72 * r), (x - 0.56 * r, y - 0.68 * r)],
        dark(colour, 0.35),
    )
    c.poly(
        [
            (x - 0.5 * r, y - 0.3 * r),
            (x - 0.2 * r, y - 0.62 * r),
            (x - 0.02 * r, y - 0.6 * r),
            (x - 0.3 * r, y - 0.26 * r),
        ],
        dark(colour, 0.25),
    )
    c.rect(x - 0.64 * r, y - 0.15 * r, x + 1.24 * r, y, light(colour, 0.8), 0.07 * r)
    for i in range(4):
        lx, ly = x + (0.06 + 0.13 * i) * r, y - (0.66 - 0.08 * i) * r
        c.stroke([(lx, ly), (lx + 0.16 * r, ly + 0.16 * r)], light(colour, 0.9), 0.035 * r)


def controller(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    for s in (-1, 1):
        c.ball(x + s * 0.62 * r, y - 0.3 * r, 0.3 * r, 0.48 * r, colour)
    c.rect(x - 0.72 * r, y - 0.82 * r, x + 0.72 * r, y - 0.22 * r, colour, 0.26 * r)
    c.rect(x - 0.7 * r, y - 0.8 * r, x + 0.7 * r, y - 0.56 * r, light(colour, 0.14), 0.12 * r)
    c.rect(x - 0.6 * r, y - 0.62 * r, x - 0.26 * r, y - 0.51 * r, INK, 0.02 * r)
    c.rect(x - 0.485 * r, y - 0.74 * r, x - 0.375 * r, y - 0.39 * r, INK, 0.02 * r)
    for i, (dx, dy) in enumerate(((0, -0.15), (0.15, 0), (0, 0.15), (-0.15, 0))):
        c.oval(x + 0.43 * r + dx * r, y - 0.57 * r + dy * r, 0.065 * r, 0.065 * r, BRIGHT[i])
    for s in (-1, 1):
        c.ball(x + s * 0.2 * r, y - 0.3 * r, 0.13 * r, 0.13 * r, (52, 52, 60))


def planet(c: Canvas, x: float, y: float, r: float, colour: Colour, ring: bool) -> None:
    c.glow(x, y, 1.4 * r, light(colour), 0.35)
    if ring:
        c.oval(x, y, 1.75 * r, 0.42 * r, None, light(colour, 0.5), 0.07 * r)
    c.ball(x, y, r, r, colour)
    for i in range(3):
        c.stroke(
            [(x - 0.7 * r, y + (0.3 * i - 0.25) * r), (x + 0.6 * r, y + (0.3 * i - 0.3) * r)],
            light(colour, 0.2),
            0.07 * r,
        )
    if ring:
        c.pen.arc(
            [v * c._k for v in (x - 1.75 * r, y - 0.42 * r, x + 1.75 * r, y + 0.42 * r)],
            10,
            170,
            fill=light(colour, 0.5),
            width=max(2, round(0.07 * r * c._k)),
        )


def stars(c: Canvas, n: int, down_to: float = 1.0) -> None:
    dice = c.dice
    for _ in range(n):
        x, y, r = dice.between(0, c.a), dice.between(0, down_to), dice.pick([0.002, 0.002, 0.003, 0.004, 0.006])
        c.oval(x, y, r, r, mix((255, 255, 255), (170, 196, 255), dice.unit()))


def moon(c: Canvas, x: float, y: float, r: float) -> None:
    c.glow(x, y, 2.4 * r, (240, 236, 200), 0.5)
    c.ball(x, y, r, r, (232, 228, 206))
    for _ in range(5):
        dx, dy, s = c.dice.between(-0.55, 0.55) * r, c.dice.between(-0.55, 0.55) * r, c.dice.between(0.06, 0.2) * r
        c.oval(x + dx, y + dy, s, s, (202, 198, 178))


def clouds(c: Canvas, n: int, colour: Colour = (250, 250, 252)) -> None:
    dice = c.dice
    for _ in range(n):
        x, y, r = dice.between(0, c.a), dice.between(0.05, 0.35), dice.between(0.03, 0.07)
        for i in range(4):
            c.glow(x + (i - 1.5) * r, y + dice.between(-0.3, 0.3) * r, 1.6 * r, colour, 0.9)


def crowd(c: Canvas, y0: float, y1: float, r: float, colours: list[Colour]) -> None:
    """Heads and shoulders in rows, the nearer the larger."""
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


def football(c: Canvas, x: float, y: float, r: float) -> None:
    c.ball(x, y, r, r, (240, 240, 238))
    for dx, dy in ((0, 0), (0.6, -0.35), (-0.6, -0.35), (0.4, 0.62), (-0.4, 0.62)):
        c.oval(x + dx * r, y + dy * r, 0.24 * r, 0.22 * r, (34, 34, 40))


def c_ground(c: Canvas, x: float, y: float) -> Colour:
    """The colour that lies at a point, for a shadow of it."""
    px = min(max(int(x * c._k), 0), c.image.width - 1)
    py = min(max(int(y * c._k), 0), c.image.height - 1)
    return c.image.getpixel((px, py))
