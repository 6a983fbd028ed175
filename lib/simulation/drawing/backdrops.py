"""Backgrounds for the scenes of the simulated feed."""

from __future__ import annotations

from lib.simulation.drawing import things
from lib.simulation.drawing.canvas import BRIGHT, CLOTHES, WHITE, Canvas, Colour, dark, light, mix, near

# Colour of the sky at the top and at the horizon.
SKIES: dict[str, tuple[Colour, Colour]] = {
    "day": ((86, 156, 226), (206, 230, 246)),
    "dawn": ((122, 140, 196), (250, 206, 176)),
    "sunset": ((72, 60, 118), (252, 150, 84)),
    "grey": ((150, 160, 170), (206, 210, 212)),
    "night": ((14, 20, 48), (44, 58, 104)),
}


GREENS: list[Colour] = [(88, 138, 62), (104, 152, 70), (70, 118, 58), (132, 156, 78), (58, 104, 62)]


WALLS: list[Colour] = [
    (222, 208, 186),
    (196, 210, 204),
    (206, 190, 200),
    (178, 194, 214),
    (232, 218, 160),
    (168, 176, 160),
    (226, 196, 178),
]


FLATS: list[Colour] = [
    (206, 188, 166),
    (178, 168, 164),
    (196, 142, 112),
    (158, 172, 188),
    (222, 214, 200),
    (164, 124, 108),
    (128, 140, 160),
]


def room(c: Canvas) -> float:
    """Draw a room; return the y at which somebody stands on the floor."""
    dice = c.dice
    wall, floor = (
        near(dice.pick(WALLS), dice),
        dice.pick([(150, 108, 72), (176, 136, 96), (120, 96, 84), (196, 180, 164)]),
    )
    edge = dice.between(0.62, 0.72)
    c.fade(light(wall, 0.12), dark(wall, 0.1), 0, edge)
    c.fade(light(floor, 0.1), dark(floor, 0.2), edge, 1)
    for i in range(9):
        x = c.a * (i / 8)
        c.stroke([(c.a / 2 + (x - c.a / 2) * 0.8, edge), (c.a / 2 + (x - c.a / 2) * 1.8, 1)], dark(floor, 0.18), 0.004)
    c.rect(0, edge - 0.025, c.a, edge, light(wall, 0.5))
    corner = dice.between(0.05, 0.2) * c.a if dice.hit(0.5) else dice.between(0.6, 0.75) * c.a
    if dice.hit(0.6):
        top, bottom = SKIES[dice.pick(list(SKIES))]
        w = 0.3 * c.m
        c.rect(corner - 0.02, 0.08, corner + w + 0.02, 0.5, WHITE)
        for i in range(6):
            c.rect(corner, 0.1 + 0.063 * i, corner + w, 0.1 + 0.063 * (i + 1), mix(top, bottom, i / 5))
        c.rect(corner + w / 2 - 0.008, 0.1, corner + w / 2 + 0.008, 0.48, WHITE)
    else:
        c.rect(corner, 0.12, corner + 0.26 * c.m, 0.42, dark(wall, 0.5))
        c.rect(corner + 0.015, 0.135, corner + 0.26 * c.m - 0.015, 0.405, dice.pick(BRIGHT))
        c.oval(corner + 0.13 * c.m, 0.28, 0.07 * c.m, 0.08, light(dice.pick(BRIGHT), 0.4))
    if dice.hit(0.5):
        sofa = dice.pick(CLOTHES)
        x0 = dice.between(-0.1, 0.3) * c.a
        c.rect(x0, edge - 0.24, x0 + 0.75 * c.m, edge + 0.06, dark(sofa, 0.12), 0.05)
        c.rect(x0 + 0.04, edge - 0.06, x0 + 0.71 * c.m, edge + 0.08, sofa, 0.04)
        c.rect(x0 + 0.06, edge - 0.18, x0 + 0.24 * c.m, edge - 0.04, dice.pick(BRIGHT), 0.03)
    elif dice.hit(0.6):
        px = c.a - 0.14
        c.poly(
            [(px - 0.06, edge - 0.1), (px + 0.06, edge - 0.1), (px + 0.045, edge + 0.04), (px - 0.045, edge + 0.04)],
            (182, 98, 66),
        )
        for i in range(7):
            c.curve(
                [
                    (px, edge - 0.1),
                    (px + (i - 3) * 0.03, edge - 0.3),
                    (px + (i - 3) * 0.06, edge - 0.32 + abs(i - 3) * 0.04),
                ],
                near((66, 130, 74), dice),
                0.02,
            )
    if dice.hit(0.6):
        rug = dice.pick(BRIGHT)
        c.oval(c.a / 2, 0.9, 0.42 * c.a, 0.085, dark(rug, 0.3))
        c.oval(c.a / 2, 0.9, 0.36 * c.a, 0.068, light(rug, 0.2))
    return dice.between(0.88, 0.94)


def meadow(c: Canvas, sky: str = "") -> float:
    """Draw grass under a sky; return the y at which somebody stands on the grass."""
    dice = c.dice
    sky = sky or dice.pick(["day", "day", "dawn", "grey", "sunset"])
    line = dice.between(0.5, 0.66)
    c.fade(*SKIES[sky], 0, line + 0.02)
    if sky in ("day", "grey"):
        things.clouds(c, 3)
    green = mix(near(dice.pick(GREENS), dice), SKIES[sky][1], 0.12)
    if dice.hit(0.7):
        c.ridge(line + 0.02, 0.13, mix(green, SKIES[sky][1], 0.45), 7)
    c.fade(light(green, 0.15), dark(green, 0.25), line, 1)
    for _ in range(30):
        x, y = dice.between(0, c.a), dice.between(line + 0.05, 1)
        h = 0.05 * (y - line + 0.2)
        c.stroke([(x, y), (x + dice.between(-0.01, 0.02), y - h)], near(dark(green, 0.12), dice), 0.006)
    if dice.hit(0.5):
        for _ in range(12):
            x, y = dice.between(0, c.a), dice.between(line + 0.1, 1)
            c.oval(x, y, 0.011, 0.011, dice.pick([(250, 222, 70), WHITE, (226, 110, 160)]))
    for _ in range(dice.whole(0, 3)):
        things.tree(c, dice.between(0, c.a), line + dice.between(0.0, 0.06), dice.between(0.25, 0.5), dark(green, 0.1))
    return dice.between(0.86, 0.93)


def street(c: Canvas, sky: str = "", lit: float = 0.15) -> float:
    """Draw a street in front of a row of houses; return the y at which cars stand."""
    dice = c.dice
    sky = sky or dice.pick(["day", "day", "grey", "dawn", "sunset", "night"])
    line = dice.between(0.6, 0.7)
    c.fade(*SKIES[sky], 0, line)
    if sky == "night":
        things.stars(c, 16, 0.3)
        lit = 0.55
    x = -0.05
    while x < c.a:
        w = dice.between(0.16, 0.34)
        wall = mix(near(dice.pick(FLATS), dice), SKIES[sky][0], 0.55 if sky == "night" else 0.12)
        things.house(c, x, line, w, dice.between(0.22, 0.52), wall, lit)
        x += w + dice.between(0, 0.03)
    ground = mix((112, 112, 118), SKIES[sky][0], 0.4 if sky == "night" else 0.1)
    c.fade(light(ground, 0.12), dark(ground, 0.2), line, 1)
    c.rect(0, line, c.a, line + 0.035, light(ground, 0.3))
    for i in range(5):
        c.rect(c.a * (i + 0.2) / 5, 0.9, c.a * (i + 0.7) / 5, 0.915, (232, 232, 226))
    return dice.between(0.8, 0.86)


def table(c: Canvas) -> None:
    dice = c.dice
    cloth, style = (
        dice.pick([(178, 128, 84), (236, 232, 224), (96, 74, 62), (150, 176, 168), (204, 92, 84), (72, 84, 104)]),
        dice.whole(0, 2),
    )
    c.fade(light(cloth, 0.12), dark(cloth, 0.15))
    if style == 0:
        for i in range(7):
            c.stroke([(-0.1, i / 6), (c.a + 0.1, i / 6 + 0.02)], dark(cloth, 0.18), 0.008)
    elif style == 1:
        for i in range(8):
            c.rect(c.a * i / 8, 0, c.a * (i + 0.5) / 8, 1, light(cloth, 0.22))
        for i in range(8):
            c.rect(0, i / 8, c.a, (i + 0.28) / 8, mix(cloth, light(cloth, 0.5), 0.4))
    for side in (-1, 1):
        x = c.a / 2 + side * 0.46 * c.m
        c.stroke([(x, 0.22), (x, 0.8)], (196, 200, 206), 0.022)
        if side < 0:
            for i in (-1, 0, 1):
                c.stroke([(x + i * 0.016, 0.16), (x + i * 0.016, 0.3)], (196, 200, 206), 0.01)
    for _ in range(dice.whole(1, 4)):
        x, y = (
            dice.pick([0.08, 0.92]) * c.a + dice.between(-0.06, 0.06),
            dice.pick([0.1, 0.9]) + dice.between(-0.05, 0.05),
        )
        colour = dice.pick([(214, 52, 40), (240, 200, 60), (96, 150, 60), (150, 60, 100)])
        c.ball(x, y, 0.09, 0.09, colour)
        c.oval(x, y - 0.03, 0.02, 0.02, (70, 110, 50))


def plate(c: Canvas, r: float, colour: Colour = (246, 246, 244)) -> tuple[float, float]:
    x, y = c.a / 2 + c.dice.between(-0.03, 0.03), 0.5 + c.dice.between(-0.03, 0.03)
    c.oval(x + 0.015, y + 0.025, r * 1.02, r * 1.02, (60, 50, 46))
    c.oval(x, y, r, r, colour)
    c.oval(x, y, 0.8 * r, 0.8 * r, dark(colour, 0.07))
    c.oval(x, y, 0.77 * r, 0.77 * r, light(colour, 0.2))
    return x, y
