"""Plants, buildings, machines, clothes and the sky in the photos of the simulated feed.

Each function draws one of them on a canvas, standing at (x, y), `r` high.
"""

from __future__ import annotations

from lib.simulation.drawing.canvas import BRIGHT, INK, Canvas, Colour, dark, light, mix, near


def car(c: Canvas, x: float, y: float, r: float, colour: Colour, dent: float = 0.0) -> None:
    """A car seen from the side, `r` high, facing right; `dent` crumples its nose."""
    glass = (170, 200, 220)
    c.oval(x, y, 1.55 * r, 0.1 * r, dark(c.under(x, y), 0.45))
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
    """A block of flats, or a house if it has a roof; `lit` is the share of windows with light."""
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
    c.oval(x, y, 0.6 * r, 0.06 * r, dark(c.under(x, y), 0.25))
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
    c.oval(x + 0.3 * r, y + 0.02 * r, 1.0 * r, 0.08 * r, dark(c.under(x, y), 0.3))
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
        c.arc(x, y, 1.75 * r, 10, 170, light(colour, 0.5), 0.07 * r, 0.24)


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


def football(c: Canvas, x: float, y: float, r: float) -> None:
    c.ball(x, y, r, r, (240, 240, 238))
    for dx, dy in ((0, 0), (0.6, -0.35), (-0.6, -0.35), (0.4, 0.62), (-0.4, 0.62)):
        c.oval(x + dx * r, y + dy * r, 0.24 * r, 0.22 * r, (34, 34, 40))
