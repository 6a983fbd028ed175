"""Scenes of the simulated feed, one for each theme of the phrase book."""

from __future__ import annotations

from lib import things
from lib.canvas import BLACK, INK, WHITE, Canvas, Colour, dark, light, mix, near, turned
from lib.things import BRIGHT, CLOTHES, SKINS

# Sky above, sky at the horizon, how much of the light is left.
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


def paint(c: Canvas, topic: str, theme: str) -> None:
    """Fill a canvas with the scene of a theme."""
    _SCENES[topic, theme](c)


def room(c: Canvas) -> float:
    """A room; the height at which somebody stands on its floor."""
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
    """Grass under a sky; where somebody stands on it."""
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
    """A street before a row of houses; where cars stand."""
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


def _pet(draw):
    def scene(c: Canvas) -> None:
        dice = c.dice
        y = room(c) if dice.hit(0.6) else meadow(c)
        size = dice.between(0.55, 0.82) * min(1, 1.15 * c.m)
        if dice.hit(0.18):
            draw(c, 0.3 * c.a, y, 0.75 * size)
            draw(c, 0.7 * c.a, y, size * dice.between(0.6, 0.85))
        else:
            draw(c, dice.between(0.38, 0.62) * c.a, y, size)
        if dice.hit(0.3):
            c.ball(dice.between(0.1, 0.9) * c.a, y, 0.045, 0.045, dice.pick(BRIGHT))

    return scene


def _birds(c: Canvas) -> None:
    dice = c.dice
    green = near(dice.pick(GREENS), dice)
    c.fade(light(green, 0.55), dark(green, 0.1))
    for _ in range(16):
        c.glow(dice.between(0, c.a), dice.between(0, 1), dice.between(0.1, 0.3), near(green, dice, 50), 0.6)
    c.blur(3)
    y = dice.between(0.68, 0.8)
    c.curve([(-0.05, y + 0.06), (c.a / 2, y - 0.02), (c.a + 0.05, y + dice.between(-0.1, 0.1))], (104, 78, 58), 0.035)
    for _ in range(6):
        x = dice.between(0, c.a)
        c.oval(x, y - dice.between(-0.05, 0.08), 0.05, 0.022, near(green, dice))
    for i in range(dice.pick([1, 1, 1, 2])):
        things.bird(
            c,
            c.a * (0.5 if i == 0 else 0.8) + dice.between(-0.06, 0.06),
            y + 0.02,
            dice.between(0.55, 0.75) * (1 - 0.3 * i) * min(1, 1.2 * c.m),
        )


def _city(c: Canvas) -> None:
    dice = c.dice
    if dice.hit(0.45):  # a bridge
        sky = dice.pick(list(SKIES))
        c.fade(*SKIES[sky], 0, 0.62)
        for i in range(9):
            h = dice.between(0.06, 0.26)
            x = c.a * i / 8 - 0.05
            c.rect(x, 0.6 - h, x + c.a / 9, 0.62, mix(dice.pick(FLATS), SKIES[sky][1], 0.5))
        c.fade(mix(SKIES[sky][1], (50, 90, 130), 0.4), (36, 64, 100), 0.6, 1)
        steel = dice.pick([(176, 60, 50), (210, 214, 220), (70, 84, 100), (52, 120, 110)])
        for t in (0.28, 0.72):
            c.rect(t * c.a - 0.018, 0.16, t * c.a + 0.018, 0.78, steel)
            for i in range(1, 8):
                for s in (-1, 1):
                    c.stroke([(t * c.a, 0.17), (t * c.a + s * i * 0.03 * c.a, 0.56)], light(steel, 0.35), 0.004)
        c.rect(-0.1, 0.55, c.a + 0.1, 0.595, dark(steel, 0.35))
        for i in range(8):
            c.rect(
                dice.between(0, c.a), 0.66 + 0.04 * i, dice.between(0, c.a), 0.665 + 0.04 * i, light(SKIES[sky][1], 0.2)
            )
        return
    y = street(c)
    x = dice.between(0.3, 0.6) * c.a
    if dice.hit(0.5):  # a tram
        colour = dice.pick(BRIGHT)
        w = 0.34 * min(c.a, 1.6)
        c.rect(x - w, y - 0.26, x + w, y, colour, 0.03)
        c.rect(x - w, y - 0.06, x + w, y - 0.01, WHITE)
        for i in range(6):
            c.rect(
                x - w + 0.03 + i * w / 3.1,
                y - 0.22,
                x - w + 0.01 + (i + 0.8) * w / 3.1,
                y - 0.11,
                (190, 216, 232),
                0.01,
            )
        c.stroke([(x, y - 0.26), (x + 0.06, y - 0.34), (x, y - 0.4)], INK, 0.008)
        c.stroke([(-0.1, y - 0.4), (c.a + 0.1, y - 0.41)], INK, 0.005)
    else:  # a crane over a building site
        c.stroke([(x, 0.68), (x, 0.1)], (236, 186, 40), 0.028)
        c.stroke([(x - 0.2 * c.m, 0.13), (x + 0.45 * c.m, 0.1)], (236, 186, 40), 0.022)
        c.stroke([(x + 0.35 * c.m, 0.1), (x + 0.35 * c.m, 0.34)], INK, 0.005)
        c.rect(x + 0.3 * c.m, 0.34, x + 0.4 * c.m, 0.38, (150, 150, 154))
    for _ in range(dice.whole(1, 4)):
        things.figure(
            c,
            dice.between(0, c.a),
            y + dice.between(0.04, 0.12),
            0.24,
            dice.pick(CLOTHES),
            (50, 54, 70),
            stride=dice.between(-0.7, 0.7),
        )


def _money(c: Canvas) -> None:
    dice = c.dice
    if dice.hit(0.5):
        c.fade(*SKIES[dice.pick(["day", "grey", "dawn"])], 0, 0.75)
        things.clouds(c, 2)
        c.fade((150, 156, 140), (110, 112, 108), 0.74, 1)
        stone, x, w = (
            dice.pick([(226, 214, 190), (210, 206, 200), (236, 222, 170), (200, 206, 214)]),
            c.a / 2,
            0.36 * c.a,
        )
        c.rect(x - w, 0.38, x + w, 0.78, stone)
        c.poly([(x - 0.6 * w, 0.38), (x, 0.2), (x + 0.6 * w, 0.38)], dark(stone, 0.14))
        for i in range(6):
            cx = x + (i - 2.5) * w / 3.2
            c.rect(cx - 0.016, 0.4, cx + 0.016, 0.76, light(stone, 0.4))
        for side in (-0.82, 0.82):
            c.rect(x + side * w - 0.04, 0.46, x + side * w + 0.04, 0.62, (78, 96, 120))
        c.stroke([(x, 0.2), (x, 0.06)], INK, 0.008)
        c.poly([(x, 0.06), (x + 0.16, 0.08), (x, 0.13)], dice.pick(BRIGHT))
        for i in range(3):
            c.rect(x - w - 0.03 * i, 0.76 + 0.025 * i, x + w + 0.03 * i, 0.79 + 0.025 * i, dark(stone, 0.08 * i))
    else:
        table = dice.pick([(126, 88, 60), (60, 72, 88), (198, 190, 176), (80, 60, 52)])
        c.fade(light(table, 0.15), dark(table, 0.25))
        for _ in range(dice.whole(2, 5)):
            x, y, note = (
                dice.between(0.1, 0.9) * c.a,
                dice.between(0.15, 0.8),
                dice.pick([(150, 190, 170), (214, 160, 140), (160, 170, 214)]),
            )
            turn = dice.between(-50, 50)
            c.poly(
                turned(
                    [(x - 0.25, y - 0.1), (x + 0.25, y - 0.1), (x + 0.25, y + 0.1), (x - 0.25, y + 0.1)], x, y, turn
                ),
                dark(note, 0.2),
            )
            c.poly(
                turned(
                    [(x - 0.235, y - 0.085), (x + 0.235, y - 0.085), (x + 0.235, y + 0.085), (x - 0.235, y + 0.085)],
                    x,
                    y,
                    turn,
                ),
                note,
            )
            c.oval(x, y, 0.05, 0.05, light(note, 0.4))
        for _ in range(dice.whole(2, 4)):
            x, y = dice.between(0.15, 0.85) * c.a, dice.between(0.6, 0.92)
            for i in range(dice.whole(2, 8)):
                c.oval(x, y - 0.03 * i, 0.085, 0.04, (150, 110, 30))
                c.oval(x, y - 0.03 * i - 0.012, 0.085, 0.04, (236, 196, 84))


def _science(c: Canvas) -> None:
    dice = c.dice
    c.fade(*SKIES[dice.pick(["night", "night", "sunset", "dawn"])])
    things.stars(c, 50, 0.6)
    c.ridge(0.82, 0.16, (28, 34, 52), 6)
    x = dice.between(0.35, 0.65) * c.a
    if dice.hit(0.5):
        c.poly([(x - 0.06, 0.2), (x + 0.02, 0.12), (x + 0.3, -0.1), (x + 0.4, -0.1)], (70, 80, 120))
        c.rect(x - 0.26 * c.m, 0.56, x + 0.26 * c.m, 0.88, (214, 216, 222))
        c.pie(x, 0.56, 0.26 * c.m, 180, 360, (186, 190, 200))
        c.poly([(x - 0.05, 0.56), (x + 0.03, 0.56), (x + 0.1, 0.34), (x + 0.03, 0.31)], (30, 36, 60))
        c.rect(x - 0.05, 0.72, x + 0.05, 0.88, (70, 80, 100))
    else:
        c.stroke([(x, 0.9), (x, 0.55)], (170, 174, 182), 0.05)
        c.stroke([(x - 0.14, 0.9), (x, 0.62), (x + 0.14, 0.9)], (150, 154, 164), 0.025)
        c.poly(
            turned(
                [(x - 0.34 * c.m, 0.4), (x + 0.34 * c.m, 0.4), (x + 0.16 * c.m, 0.58), (x - 0.16 * c.m, 0.58)],
                x,
                0.5,
                dice.between(-30, 30),
            ),
            (222, 224, 230),
        )
        c.oval(x, 0.38, 0.33 * c.m, 0.07, (190, 194, 204))
        c.stroke([(x, 0.4), (x, 0.24)], (120, 124, 134), 0.012)


def _table(c: Canvas) -> None:
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


def _plate(c: Canvas, r: float, colour: Colour = (246, 246, 244)) -> tuple[float, float]:
    x, y = c.a / 2 + c.dice.between(-0.03, 0.03), 0.5 + c.dice.between(-0.03, 0.03)
    c.oval(x + 0.015, y + 0.025, r * 1.02, r * 1.02, (60, 50, 46))
    c.oval(x, y, r, r, colour)
    c.oval(x, y, 0.8 * r, 0.8 * r, dark(colour, 0.07))
    c.oval(x, y, 0.77 * r, 0.77 * r, light(colour, 0.2))
    return x, y


def _pie(c: Canvas) -> None:
    _table(c)
    dice = c.dice
    r = 0.4 * c.m
    x, y = _plate(c, r)
    crust, filling = (
        near((206, 148, 78), dice),
        dice.pick([(168, 52, 50), (230, 178, 70), (120, 60, 90), (240, 224, 180)]),
    )
    c.oval(x, y, 0.74 * r, 0.74 * r, dark(crust, 0.2))
    c.oval(x, y, 0.7 * r, 0.7 * r, crust)
    c.oval(x, y, 0.58 * r, 0.58 * r, filling)
    style = dice.whole(0, 2)
    if style == 0:
        for i in range(-3, 4):
            h = (0.34 - (0.15 * i) ** 2) ** 0.5 * r
            c.stroke([(x + 0.15 * i * r, y - h), (x + 0.15 * i * r, y + h)], light(crust, 0.12), 0.045 * r)
            c.stroke([(x - h, y + 0.15 * i * r), (x + h, y + 0.15 * i * r)], crust, 0.045 * r)
    elif style == 1:
        for i in range(14):
            px, py = turned([(x + 0.48 * r, y)], x, y, i * 360 / 14)[0]
            c.ball(px, py, 0.085 * r, 0.085 * r, WHITE if i % 2 else (208, 40, 50))
        c.ball(x, y, 0.14 * r, 0.14 * r, (208, 40, 50))
    else:
        for _ in range(26):
            px, py = turned([(x + dice.between(0, 0.52) * r, y)], x, y, dice.between(0, 360))[0]
            c.pie(px, py, 0.09 * r, dice.whole(0, 180), dice.whole(200, 360), light(filling, 0.45))
    if dice.hit(0.6):
        start = dice.whole(0, 320)
        c.pie(x, y, 0.75 * r, start, start + 40, (250, 249, 246))


def _soup(c: Canvas) -> None:
    _table(c)
    dice = c.dice
    r = 0.4 * c.m
    x, y = _plate(c, r, near(dice.pick([(246, 246, 244), (70, 96, 130), (206, 120, 80), (240, 226, 196)]), dice, 8))
    broth = near(dice.pick([(176, 36, 44), (222, 170, 72), (206, 120, 48), (238, 216, 150), (130, 150, 70)]), dice)
    c.oval(x, y, 0.74 * r, 0.74 * r, dark(broth, 0.25))
    c.oval(x, y, 0.71 * r, 0.71 * r, broth)
    for _ in range(dice.whole(10, 24)):
        px, py = turned([(x + dice.between(0, 0.6) * r, y)], x, y, dice.between(0, 360))[0]
        c.oval(
            px,
            py,
            dice.between(0.02, 0.07) * r,
            dice.between(0.02, 0.06) * r,
            dice.pick([light(broth, 0.4), dark(broth, 0.2), (236, 140, 50), (240, 232, 200)]),
        )
    if dice.hit(0.65):
        c.ball(x + dice.between(-0.1, 0.1) * r, y, 0.2 * r, 0.15 * r, (250, 248, 242))
    for _ in range(14):
        px, py = turned([(x + dice.between(0, 0.55) * r, y)], x, y, dice.between(0, 360))[0]
        c.stroke([(px, py), (px + 0.05 * r, py - 0.04 * r)], (64, 126, 52), 0.02 * r)


def _salad(c: Canvas) -> None:
    _table(c)
    dice = c.dice
    r = 0.4 * c.m
    x, y = _plate(c, r)
    for i in range(60):
        px, py = turned([(x + dice.between(0, 0.62) * r, y)], x, y, dice.between(0, 360))[0]
        if i < 26:
            c.oval(
                px,
                py,
                dice.between(0.08, 0.18) * r,
                dice.between(0.06, 0.12) * r,
                near(dice.pick([(96, 158, 60), (140, 186, 84), (66, 124, 52)]), dice),
            )
        else:
            colour = near(
                dice.pick(
                    [(214, 56, 44), (240, 200, 80), (170, 60, 110), (244, 240, 226), (236, 140, 60), (40, 36, 48)]
                ),
                dice,
                8,
            )
            size = dice.between(0.04, 0.085) * r
            if i % 3:
                c.ball(px, py, size, size, colour)
            else:
                c.poly(
                    turned(
                        [
                            (px - size, py - size),
                            (px + size, py - size),
                            (px + size, py + size),
                            (px - size, py + size),
                        ],
                        px,
                        py,
                        dice.between(0, 90),
                    ),
                    colour,
                )


def _match(c: Canvas) -> None:
    dice = c.dice
    night = dice.hit(0.4)
    c.fade(*SKIES["night" if night else dice.pick(["day", "grey", "sunset"])], 0, 0.2)
    home, away = dice.pick(BRIGHT), dice.pick([WHITE, (30, 34, 60), (250, 214, 60), (120, 190, 230)])
    c.rect(0, 0.1, c.a, 0.4, (56, 58, 70))
    things.crowd(c, 0.13, 0.34, 0.022, [home, away, (90, 90, 100), (200, 200, 200)])
    if night:
        for x in (0.08, 0.92):
            c.glow(x * c.a, 0.06, 0.2, (255, 255, 230), 0.9)
    for i in range(4):
        c.rect(c.a * i / 4, 0.36, c.a * (i + 0.96) / 4, 0.42, dice.pick(BRIGHT))
    grass = near((70, 146, 62), dice, 14)
    for i in range(8):
        y0, y1 = 0.42 + 0.58 * (i / 8) ** 1.5, 0.42 + 0.58 * ((i + 1) / 8) ** 1.5
        c.rect(0, y0, c.a, y1, light(grass, 0.1) if i % 2 else dark(grass, 0.06))
    c.stroke([(-0.1, 0.46), (c.a + 0.1, 0.46)], (236, 242, 232), 0.008)
    if dice.hit(0.55):
        x, w = dice.between(0.3, 0.7) * c.a, 0.22
        for i in range(8):
            c.stroke([(x - w + w * i / 3.5, 0.26), (x - w + w * i / 3.5, 0.46)], (214, 218, 222), 0.003)
            c.stroke([(x - w, 0.26 + 0.025 * i), (x + w, 0.26 + 0.025 * i)], (214, 218, 222), 0.003)
        c.stroke([(x - w, 0.46), (x - w, 0.25), (x + w, 0.25), (x + w, 0.46)], WHITE, 0.014)
    else:
        c.oval(c.a / 2, 0.74, 0.3, 0.14, None, (236, 242, 232), 0.01)
    spots = sorted((dice.between(0.55, 0.98), dice.between(0.05, 0.95) * c.a) for _ in range(dice.whole(3, 7)))
    for i, (y, x) in enumerate(spots):
        shirt = home if i % 2 else away
        things.figure(c, x, y, 0.26 + 0.5 * (y - 0.5), shirt, dark(shirt, 0.5), stride=dice.between(-1, 1))
    things.football(c, dice.between(0.2, 0.8) * c.a, dice.between(0.75, 0.94), 0.028)


def _fans(c: Canvas) -> None:
    dice = c.dice
    colours = [dice.pick(BRIGHT), dice.pick(BRIGHT), WHITE]
    c.fade((40, 44, 66), dark(colours[0], 0.3))
    things.crowd(c, 0.2, 0.95, dice.between(0.06, 0.1), [colours[0], colours[0], colours[1], (70, 70, 84)])
    for _ in range(dice.whole(2, 4)):
        x, y = dice.between(0.05, 0.8) * c.a, dice.between(0.12, 0.4)
        c.stroke([(x, y + 0.4), (x, y - 0.06)], (120, 90, 60), 0.012)
        for i in range(3):
            c.poly(
                [
                    (x, y - 0.05 + 0.06 * i),
                    (x + 0.28, y - 0.03 + 0.06 * i),
                    (x + 0.28, y + 0.03 + 0.06 * i),
                    (x, y + 0.01 + 0.06 * i),
                ],
                colours[i],
            )
    if dice.hit(0.6):
        things.smoke(c, dice.between(0.2, 0.8) * c.a, 0.7, 0.4, light(colours[0], 0.3))


def fantasy(c: Canvas) -> None:
    dice = c.dice
    top, bottom = dice.pick(
        [
            ((60, 40, 100), (226, 130, 150)),
            ((20, 50, 80), (100, 190, 190)),
            ((50, 24, 40), (230, 96, 60)),
            ((80, 130, 190), (220, 230, 210)),
        ]
    )
    c.fade(top, bottom, 0, 0.85)
    if dice.hit(0.6):
        things.moon(c, dice.between(0.15, 0.85) * c.a, 0.2, 0.09)
    c.ridge(0.75, 0.3, mix(bottom, top, 0.5), 6)
    x, stone = dice.between(0.4, 0.7) * c.a, mix((96, 92, 110), top, 0.3)
    for dx, w, h in (
        (-0.22, 0.07, 0.36),
        (0.0, 0.1, 0.52),
        (0.22, 0.07, 0.42),
        (-0.11, 0.09, 0.26),
        (0.11, 0.09, 0.28),
    ):
        dx, w = dx * c.m, w * c.m
        c.rect(x + dx - w, 0.78 - h, x + dx + w, 0.8, dark(stone, abs(dx)))
        if w < 0.09 * c.m or dx == 0:
            c.poly(
                [(x + dx - 1.2 * w, 0.78 - h), (x + dx, 0.6 - h), (x + dx + 1.2 * w, 0.78 - h)],
                dice.pick([(150, 50, 60), (60, 80, 140), (60, 110, 90)]),
            )
        for i in range(2):
            c.rect(x + dx - 0.014, 0.84 - h + 0.1 * i, x + dx + 0.014, 0.88 - h + 0.1 * i, (255, 222, 130))
    c.ridge(0.92, 0.14, dark(mix(stone, (50, 100, 60), 0.6), 0.3), 5)
    hx = dice.between(0.15, 0.3) * c.a
    things.figure(c, hx, 0.96, 0.34, (150, 156, 170), (80, 80, 94), stride=0.4)
    c.stroke([(hx + 0.05, 0.82), (hx + 0.2, 0.62)], (220, 226, 236), 0.014)
    c.poly([(hx - 0.03, 0.7), (hx - 0.14, 0.92), (hx + 0.01, 0.9)], dice.pick(BRIGHT))
    if dice.hit(0.5):
        dx, dy = dice.between(0.2, 0.5) * c.a, 0.2
        c.curve([(dx - 0.2, dy + 0.04), (dx - 0.06, dy - 0.06), (dx + 0.1, dy)], (30, 26, 36), 0.04)
        for s in (-1, 1):
            c.poly(
                [
                    (dx - 0.06, dy),
                    (dx - 0.02 + s * 0.1, dy - 0.16),
                    (dx + 0.03 + s * 0.12, dy - 0.02),
                    (dx + 0.02, dy + 0.02),
                ],
                (40, 34, 48),
            )


def racing(c: Canvas) -> None:
    dice = c.dice
    top, bottom = dice.pick(
        [
            ((24, 10, 60), (250, 90, 140)),
            ((10, 30, 70), (255, 170, 80)),
            ((90, 160, 230), (230, 240, 250)),
            ((12, 14, 30), (60, 50, 120)),
        ]
    )
    c.fade(top, bottom, 0, 0.5)
    c.oval(c.a / 2, 0.42, 0.18 * c.m, 0.18 * c.m, mix(bottom, (255, 240, 180), 0.7))
    c.ridge(0.5, 0.16, mix(top, bottom, 0.3), 9)
    land = dice.pick([(60, 110, 60), (170, 140, 90), (50, 30, 80), (226, 232, 240)])
    c.fade(land, dark(land, 0.3), 0.5, 1)
    bend = dice.between(-0.2, 0.2)
    for i in range(9):
        v0, v1 = (i / 9) ** 2, ((i + 1) / 9) ** 2
        y0, y1 = 0.5 + 0.5 * v0, 0.5 + 0.5 * v1
        x0, x1 = c.a / 2 + bend * (1 - v0), c.a / 2 + bend * (1 - v1)
        for scale, colour in (
            (1.16, (230, 60, 60) if i % 2 else WHITE),
            (1.0, (70, 70, 80) if i % 2 else (76, 76, 86)),
            (0.05, WHITE if i % 2 else (76, 76, 86)),
        ):
            w0, w1 = (0.02 + 0.6 * v0) * scale * c.m, (0.02 + 0.6 * v1) * scale * c.m
            c.poly([(x0 - w0, y0), (x0 + w0, y0), (x1 + w1, y1), (x1 - w1, y1)], colour)
    for _ in range(dice.whole(1, 2)):
        x, y, r, body = (
            c.a / 2 + dice.between(-0.28, 0.28) * c.m,
            dice.between(0.78, 0.94),
            dice.between(0.14, 0.24),
            dice.pick(BRIGHT),
        )
        c.oval(x, y, 1.1 * r, 0.12 * r, (30, 30, 36))
        for s in (-1, 1):
            c.rect(x + s * 0.7 * r - 0.16 * r, y - 0.3 * r, x + s * 0.7 * r + 0.16 * r, y, (24, 24, 28), 0.02)
        c.poly(
            [
                (x - 0.9 * r, y - 0.1 * r),
                (x - 0.85 * r, y - 0.5 * r),
                (x + 0.85 * r, y - 0.5 * r),
                (x + 0.9 * r, y - 0.1 * r),
            ],
            body,
        )
        c.poly(
            [
                (x - 0.7 * r, y - 0.5 * r),
                (x - 0.5 * r, y - 0.85 * r),
                (x + 0.5 * r, y - 0.85 * r),
                (x + 0.7 * r, y - 0.5 * r),
            ],
            dark(body, 0.2),
        )
        c.poly(
            [
                (x - 0.55 * r, y - 0.52 * r),
                (x - 0.42 * r, y - 0.78 * r),
                (x + 0.42 * r, y - 0.78 * r),
                (x + 0.55 * r, y - 0.52 * r),
            ],
            (40, 52, 70),
        )
        for s in (-1, 1):
            c.glow(x + s * 0.62 * r, y - 0.36 * r, 0.3 * r, (255, 40, 40), 0.9)
            c.rect(x + s * 0.62 * r - 0.14 * r, y - 0.42 * r, x + s * 0.62 * r + 0.14 * r, y - 0.32 * r, (255, 90, 80))


def space(c: Canvas) -> None:
    dice = c.dice
    c.fade((8, 8, 26), dice.pick([(40, 20, 70), (16, 40, 74), (60, 20, 50)]))
    for _ in range(4):
        c.glow(
            dice.between(0, c.a),
            dice.between(0, 1),
            dice.between(0.3, 0.6),
            dice.pick([(90, 50, 150), (40, 90, 150), (150, 60, 110)]),
            0.55,
        )
    things.stars(c, 70)
    for i in range(dice.whole(1, 3)):
        things.planet(
            c,
            dice.between(0.1, 0.9) * c.a,
            dice.between(0.15, 0.7),
            dice.between(0.08, 0.24) / (1 + 0.6 * i) * c.m,
            near(dice.pick(BRIGHT + [(200, 160, 120), (120, 150, 170)]), dice, 25),
            dice.hit(0.5),
        )
    x, y = dice.between(0.25, 0.75) * c.a, dice.between(0.6, 0.85)
    hull, turn = dice.pick([(220, 224, 230), (200, 80, 70), (90, 200, 190)]), dice.between(-50, 50)
    c.poly(turned([(x - 0.05, y + 0.14), (x, y + 0.28), (x + 0.05, y + 0.14)], x, y, turn), (255, 170, 60))
    c.poly(
        turned([(x - 0.13, y + 0.16), (x - 0.04, y), (x + 0.04, y), (x + 0.13, y + 0.16)], x, y, turn), dark(hull, 0.4)
    )
    c.poly(
        turned(
            [(x - 0.055, y + 0.15), (x - 0.06, y - 0.05), (x, y - 0.2), (x + 0.06, y - 0.05), (x + 0.055, y + 0.15)],
            x,
            y,
            turn,
        ),
        hull,
    )
    wx, wy = turned([(x, y - 0.04)], x, y, turn)[0]
    c.oval(wx, wy, 0.026, 0.026, (80, 150, 220))


def _setup(c: Canvas, screen) -> None:
    """A desk with a screen on which a game is played."""
    dice = c.dice
    neon = dice.pick(BRIGHT)
    c.fade(dark(neon, 0.75), dark(neon, 0.88))
    c.glow(c.a / 2, 0.4, 0.7, neon, 0.6)
    x0, x1 = c.a / 2 - 0.4 * c.m, c.a / 2 + 0.4 * c.m
    inner = Canvas(160, 96, dice)
    screen(inner)
    c.rect(x0 - 0.02, 0.14, x1 + 0.02, 0.64, (20, 20, 24), 0.02)
    c.paste(inner.finished(), x0, 0.16, x1, 0.62)
    c.rect(c.a / 2 - 0.03, 0.64, c.a / 2 + 0.03, 0.74, (30, 30, 34))
    c.fade((58, 46, 42), (30, 24, 24), 0.74, 1)
    things.controller(
        c, c.a / 2 + dice.between(-0.15, 0.15), 0.94, 0.17 * c.m, dice.pick([(40, 40, 48), (232, 232, 236), neon])
    )


def _gaming(game):
    def scene(c: Canvas) -> None:
        _setup(c, game) if c.dice.hit(0.5) else game(c)

    return scene


def _zodiac(c: Canvas) -> None:
    dice = c.dice
    c.fade((10, 10, 38), dice.pick([(60, 36, 110), (24, 56, 110), (90, 40, 90), (20, 70, 90)]))
    for _ in range(3):
        c.glow(
            dice.between(0, c.a),
            dice.between(0, 1),
            0.5,
            dice.pick([(110, 70, 170), (60, 90, 180), (170, 90, 150)]),
            0.5,
        )
    things.stars(c, 60)
    if dice.hit(0.4):
        for r in (0.44, 0.34):
            c.oval(c.a / 2, 0.5, r * c.m, r * c.m, None, (222, 190, 110), 0.006)
        for i in range(12):
            c.stroke(
                turned([(c.a / 2 + 0.34 * c.m, 0.5), (c.a / 2 + 0.44 * c.m, 0.5)], c.a / 2, 0.5, 30 * i),
                (222, 190, 110),
                0.006,
            )
    points = [(c.a * (0.15 + 0.7 * i / 5) + dice.between(-0.06, 0.06), dice.between(0.2, 0.8)) for i in range(6)]
    for first, second in zip(points, points[1:], strict=False):
        c.stroke([first, second], (150, 160, 220), 0.005)
    if dice.hit(0.6):
        c.stroke([points[2], (points[2][0] + 0.1, dice.between(0.1, 0.9))], (150, 160, 220), 0.005)
    for x, y in points:
        c.glow(x, y, 0.07, (230, 230, 255), 0.9)
        c.oval(x, y, 0.013, 0.013, WHITE)


def _lunar(c: Canvas) -> None:
    dice = c.dice
    c.fade((14, 14, 44), dice.pick([(70, 60, 120), (40, 70, 120), (110, 60, 100)]))
    things.stars(c, 45, 0.7)
    x, y, r = dice.between(0.3, 0.7) * c.a, dice.between(0.28, 0.45), dice.between(0.14, 0.24) * c.m
    things.moon(c, x, y, r)
    if dice.hit(0.45):
        c.oval(x + dice.pick([-1, 1]) * 0.42 * r, y - 0.1 * r, 0.9 * r, 0.9 * r, (24, 24, 60))
    if dice.hit(0.5):
        c.fade((36, 40, 90), (16, 18, 44), 0.75, 1)
        for i in range(9):
            w = dice.between(0.02, 0.16)
            c.rect(x - w, 0.77 + 0.024 * i, x + w, 0.776 + 0.024 * i, (214, 210, 190))
    else:
        c.ridge(0.88, 0.2, (20, 18, 40), 6)


def _office(c: Canvas) -> None:
    dice = c.dice
    wall = dice.pick(WALLS)
    c.fade(wall, dark(wall, 0.2), 0, 0.75)
    c.rect(0.06, 0.08, 0.3 * c.a, 0.42, (178, 208, 232))
    for i in range(9):
        c.rect(0.06, 0.1 + 0.036 * i, 0.3 * c.a, 0.115 + 0.036 * i, (226, 230, 234))
    things.bust(c, c.a * dice.between(0.42, 0.6), 0.82, 0.68 * min(1, 1.2 * c.m))
    c.fade((172, 130, 90), (120, 86, 60), 0.78, 1)
    x = c.a * dice.between(0.62, 0.8)
    c.rect(x - 0.14, 0.56, x + 0.2, 0.8, (44, 46, 54), 0.015)
    c.rect(x - 0.06, 0.8, x + 0.12, 0.83, (90, 92, 98))
    for i in range(4):
        c.rect(0.06 * c.a, 0.76 - 0.035 * i, 0.06 * c.a + 0.22, 0.785 - 0.035 * i, near((240, 238, 230), dice, 10))
    c.rect(0.36 * c.a, 0.72, 0.36 * c.a + 0.08, 0.82, dice.pick(BRIGHT), 0.01)


def _homely(c: Canvas) -> None:
    dice = c.dice
    y = room(c)
    choice = dice.whole(0, 2)
    if choice == 0:
        things.cat(c, dice.between(0.35, 0.65) * c.a, y, 0.75 * c.m)
    elif choice == 1:
        things.dog(c, dice.between(0.35, 0.65) * c.a, y, 0.75 * c.m)
    else:
        things.bust(c, dice.between(0.4, 0.6) * c.a, 1.0, 0.8 * min(1, 1.2 * c.m))


def _school(c: Canvas) -> None:
    dice = c.dice
    c.fade((222, 214, 196), (196, 184, 162))
    board = dice.pick([(40, 84, 66), (52, 60, 70), (240, 242, 240)])
    chalk = (60, 60, 80) if board[0] > 200 else (236, 238, 232)
    c.rect(0.06 * c.a, 0.08, 0.94 * c.a, 0.62, (140, 98, 60))
    c.rect(0.08 * c.a, 0.1, 0.92 * c.a, 0.6, board)
    for i in range(4):
        y = 0.18 + 0.1 * i
        c.text(
            dice.between(0.2, 0.7) * c.a,
            y,
            dice.pick(
                [
                    "x² + 2x = 15",
                    "2 + 2 = 4",
                    "∫ f(x) dx",
                    "a² + b² = c²",
                    "y = kx + b",
                    "E = mc²",
                    "sin²x + cos²x = 1",
                    "H₂O",
                    "∑ 1/n²",
                ]
            ),
            "Sans-Oblique",
            0.07,
            chalk,
        )
    things.bust(c, dice.between(0.3, 0.7) * c.a, 1.0, 0.66 * min(1, 1.2 * c.m))
    c.rect(0, 0.94, c.a, 1, (166, 120, 78))


def _wardrobe(draw):
    def scene(c: Canvas) -> None:
        dice = c.dice
        wall = dice.pick([(236, 228, 222), (222, 206, 206), (206, 214, 216), (196, 182, 170), (70, 66, 74)])
        c.fade(light(wall, 0.2), dark(wall, 0.12))
        c.fade(dark(wall, 0.22), dark(wall, 0.3), 0.88, 1)
        c.stroke([(-0.1, 0.1), (c.a + 0.1, 0.1)], (176, 140, 96), 0.02)
        count = dice.pick([1, 1, 2]) if c.a < 0.9 else dice.pick([1, 2, 3])
        for i in range(count):
            draw(c, c.a * (i + 0.5 + dice.between(-0.08, 0.08)) / count, 0.88, 0.74, near(dice.pick(CLOTHES), dice))

    return scene


def _shoes(c: Canvas) -> None:
    dice = c.dice
    floor = dice.pick([(214, 196, 172), (186, 188, 194), (96, 88, 92), (176, 148, 120), (226, 208, 210)])
    c.fade(light(floor, 0.3), light(floor, 0.1), 0, 0.5)
    c.fade(floor, dark(floor, 0.2), 0.5, 1)
    colour, r = near(dice.pick([*CLOTHES, (238, 236, 232), (238, 236, 232)]), dice), dice.between(0.28, 0.36) * c.m
    things.shoe(c, c.a / 2 - 0.1 * c.m - 0.3 * r, 0.62, r * 0.92, dark(colour, 0.08))
    things.shoe(c, c.a / 2 + 0.06 * c.m - 0.3 * r, 0.84, r * 1.08, colour)


def _crash(c: Canvas) -> None:
    dice = c.dice
    y = street(c)
    x, r = c.a * dice.between(0.42, 0.58), 0.17 * min(1.2, c.a)
    c.stroke([(x - 0.5, y + 0.1), (x - 0.1, y + 0.02)], (60, 60, 64), 0.012)
    things.car(c, x - 1.4 * r, y, r, near(dice.pick(CLOTHES), dice), dice.between(0.15, 0.4))
    c.poly(
        turned(
            [
                (x + 0.1 * r, y - 0.1 * r),
                (x + 0.2 * r, y - 0.9 * r),
                (x + 1.5 * r, y - 1.0 * r),
                (x + 2.2 * r, y - 0.5 * r),
                (x + 2.2 * r, y - 0.05 * r),
            ],
            x + r,
            y,
            dice.between(-8, 8),
        ),
        near(dice.pick(BRIGHT), dice),
    )
    c.poly(
        [
            (x + 0.5 * r, y - 0.55 * r),
            (x + 0.6 * r, y - 0.85 * r),
            (x + 1.3 * r, y - 0.88 * r),
            (x + 1.6 * r, y - 0.55 * r),
        ],
        (70, 84, 100),
    )
    for wheel in (0.6, 1.8):
        c.oval(x + wheel * r, y - 0.12 * r, 0.22 * r, 0.22 * r, (28, 28, 32))
    for _ in range(14):
        px, py = x + dice.between(-0.5, 0.5) * r, y + dice.between(-0.1, 0.5) * r
        c.poly([(px, py), (px + 0.02, py + 0.012), (px + 0.005, py + 0.02)], dice.pick([(210, 226, 236), (60, 60, 66)]))
    things.smoke(c, x, y - 0.6 * r, 0.9 * r, (196, 196, 200))
    for i, colour in enumerate(((60, 110, 255), (255, 50, 50))):
        if dice.hit(0.7):
            c.glow(c.a * (0.08 + 0.84 * i), 0.55, 0.28, colour, 0.9)
    for i in range(dice.whole(0, 3)):
        cx = c.a * dice.between(0.1, 0.9)
        c.poly([(cx - 0.03, y + 0.14), (cx, y + 0.04), (cx + 0.03, y + 0.14)], (240, 120, 40))
        c.rect(cx - 0.016, y + 0.085, cx + 0.016, y + 0.1, WHITE)


def _fire(c: Canvas) -> None:
    dice = c.dice
    sky = SKIES[dice.pick(["night", "grey", "sunset", "day"])]
    c.fade(*sky, 0, 0.8)
    c.fade((92, 92, 96), (60, 60, 66), 0.78, 1)
    x, w, h = dice.between(0.15, 0.35) * c.a, dice.between(0.4, 0.6) * c.a, dice.between(0.35, 0.5)
    things.smoke(c, x + w / 2, 0.82 - h, 0.5)
    things.house(c, x, 0.8, w, h, near(dice.pick(FLATS), dice), 0.25, dice.pick([None, (120, 70, 60)]))
    for _ in range(dice.whole(1, 4)):
        things.flames(c, x + dice.between(0.15, 0.85) * w, 0.8 - dice.between(0.2, 1.0) * h, dice.between(0.14, 0.3))
    ex = dice.pick([0.02, 0.62]) * c.a
    c.rect(ex, 0.74, ex + 0.36 * c.m, 0.9, (206, 36, 36), 0.015)
    c.rect(ex, 0.83, ex + 0.36 * c.m, 0.85, WHITE)
    c.rect(ex + 0.26 * c.m, 0.76, ex + 0.34 * c.m, 0.82, (180, 210, 230))
    for i in (0.07, 0.28):
        c.oval(ex + i * c.m, 0.9, 0.035, 0.035, INK)
    c.glow(ex + 0.18 * c.m, 0.73, 0.12, (70, 120, 255), 0.95)
    for _ in range(dice.whole(0, 3)):
        things.figure(
            c, dice.between(0.1, 0.9) * c.a, 0.95, 0.24, (214, 140, 50), (60, 60, 70), stride=dice.between(-0.6, 0.6)
        )


def _storm(c: Canvas) -> None:
    dice = c.dice
    snow = dice.hit(0.5)
    y = street(c, "grey", 0.3)
    c.tint((120, 128, 140), 0.25)
    if snow:
        c.fade((226, 232, 238), (200, 208, 218), 0.72, 1)
        things.car(c, dice.between(0.3, 0.7) * c.a, 0.86, 0.2 * c.m, dice.pick(CLOTHES))
        c.oval(c.a / 2, 0.97, 0.6 * c.a, 0.14, (238, 242, 246))
        for _ in range(90):
            r = dice.between(0.003, 0.013)
            c.oval(dice.between(0, c.a), dice.between(0, 1), r, r, (250, 252, 255))
    else:
        x = dice.between(0.15, 0.5) * c.a
        things.car(c, x + 0.2, y, 0.18 * c.m, dice.pick(CLOTHES))
        c.stroke([(x - 0.3, y + 0.06), (x + 0.55, y - 0.2)], (92, 68, 50), 0.05)
        for _ in range(10):
            c.ball(
                x + 0.5 + dice.between(-0.18, 0.2),
                y - 0.2 + dice.between(-0.16, 0.14),
                0.09,
                0.07,
                near((74, 112, 62), dice),
            )
        for _ in range(60):
            px, py = dice.between(0, c.a), dice.between(0, 1)
            c.stroke([(px, py), (px - 0.02, py + 0.06)], (196, 206, 218), 0.003)


def seaside(c: Canvas) -> None:
    dice = c.dice
    top, bottom = dice.pick(
        [
            ((60, 50, 110), (255, 150, 90)),
            ((40, 90, 150), (250, 210, 160)),
            ((110, 60, 110), (250, 130, 130)),
            ((30, 40, 80), (230, 120, 70)),
        ]
    )
    line = dice.between(0.5, 0.62)
    c.fade(top, bottom, 0, line)
    x = dice.between(0.25, 0.75) * c.a
    c.glow(x, line - 0.08, 0.5, (255, 230, 170), 0.8)
    c.oval(x, line - 0.06, 0.075, 0.075, (255, 240, 200))
    c.fade(mix(bottom, (40, 60, 90), 0.35), mix(top, (20, 30, 50), 0.5), line, 1)
    for i in range(12):
        w = dice.between(0.02, 0.16)
        c.rect(x - w, line + 0.02 + 0.028 * i, x + w, line + 0.026 + 0.028 * i, light(bottom, 0.4))
    c.poly(
        [(-0.1, 1), (-0.1, 0.92), (c.a / 2, dice.between(0.85, 0.92)), (c.a + 0.1, 0.95), (c.a + 0.1, 1)],
        dark(mix(top, BLACK, 0.5), 0.2),
    )
    if dice.hit(0.65):
        fx = dice.between(0.3, 0.7) * c.a
        shade = dark(top, 0.75)
        for s in (-1, 1) if dice.hit(0.7) else (1,):
            things.figure(c, fx + s * 0.045, 0.93, 0.32, shade, shade, skirt=s < 0, skin=shade)


def _road(c: Canvas) -> None:
    dice = c.dice
    if dice.hit(0.5):
        y = meadow(c, dice.pick(["sunset", "dawn", "grey", "day"]))
        line = 0.6
        c.poly(
            [(c.a / 2 - 0.012, line), (c.a / 2 + 0.012, line), (c.a / 2 + 0.42, 1), (c.a / 2 - 0.42, 1)],
            (104, 104, 112),
        )
        for i in range(6):
            v0, v1 = line + 0.4 * (i / 6) ** 1.6, line + 0.4 * ((i + 0.5) / 6) ** 1.6
            w = 0.012 * (v1 - line) / 0.4 + 0.002
            c.poly([(c.a / 2 - w, v0), (c.a / 2 + w, v0), (c.a / 2 + w, v1), (c.a / 2 - w, v1)], (236, 232, 220))
        if dice.hit(0.5):
            things.figure(c, c.a / 2 + 0.06, y, 0.3, dice.pick(CLOTHES), (50, 50, 60), stride=0.5)
    else:  # a window, rain, a cup
        glass = dice.pick([(110, 130, 150), (90, 100, 130), (140, 150, 150), (60, 70, 100)])
        c.fade(light(glass, 0.3), dark(glass, 0.2), 0, 0.76)
        for _ in range(12):
            c.glow(
                dice.between(0, c.a),
                dice.between(0.1, 0.7),
                dice.between(0.06, 0.16),
                dice.pick([(255, 214, 140), (200, 220, 250), (120, 170, 140)]),
                0.5,
            )
        for _ in range(30):
            x, y = dice.between(0, c.a), dice.between(0, 0.72)
            c.stroke([(x, y), (x, y + dice.between(0.01, 0.08))], light(glass, 0.55), 0.006)
        c.rect(c.a / 2 - 0.014, 0, c.a / 2 + 0.014, 0.76, (230, 226, 218))
        c.fade((214, 200, 180), (176, 156, 134), 0.76, 1)
        x, cup = dice.between(0.25, 0.75) * c.a, dice.pick(BRIGHT + [(240, 236, 228)])
        c.oval(x, 0.9, 0.17, 0.035, dark((176, 156, 134), 0.3))
        c.oval(x + 0.12, 0.78, 0.06, 0.06, None, cup, 0.02)
        c.rect(x - 0.11, 0.68, x + 0.11, 0.9, cup, 0.04)
        c.oval(x, 0.69, 0.11, 0.03, dark(cup, 0.2))
        c.oval(x, 0.695, 0.095, 0.022, (92, 56, 36))
        for s in (-0.04, 0.03):
            c.curve([(x + s, 0.66), (x + s + 0.05, 0.58), (x + s, 0.48)], (236, 236, 240), 0.01)


def _giveaway(c: Canvas) -> None:
    dice = c.dice
    back = near(dice.pick(BRIGHT), dice)
    c.fade(light(back, 0.5), back)
    for _ in range(40):
        x, y = dice.between(0, c.a), dice.between(0, 1)
        c.poly(
            turned(
                [(x - 0.012, y - 0.02), (x + 0.012, y - 0.02), (x + 0.012, y + 0.02), (x - 0.012, y + 0.02)],
                x,
                y,
                dice.between(0, 90),
            ),
            dice.pick(BRIGHT + [WHITE, (255, 220, 90)]),
        )
    boxes = dice.whole(1, 3)
    for i in range(boxes):
        things.gift(
            c,
            c.a * (i + 0.5) / boxes,
            0.9,
            (0.72 if boxes == 1 else 0.46) * c.m * dice.between(0.8, 1),
            dice.pick(BRIGHT),
            dice.pick([WHITE, (255, 214, 80), (214, 40, 60)]),
        )


def _shopfront(c: Canvas) -> None:
    dice = c.dice
    c.fade(*SKIES["day"], 0, 0.2)
    wall, awning = dice.pick(FLATS), dice.pick(BRIGHT)
    c.rect(0, 0.1, c.a, 0.86, wall)
    c.fade((170, 168, 164), (140, 138, 136), 0.86, 1)
    c.rect(0.06 * c.a, 0.42, 0.94 * c.a, 0.84, (70, 92, 110))
    c.rect(0.06 * c.a, 0.42, 0.94 * c.a, 0.84, None, line=WHITE)
    for row in (0.6, 0.8):
        c.rect(0.06 * c.a, row, 0.94 * c.a, row + 0.012, (196, 160, 120))
        for i in range(7):
            x = c.a * (0.12 + 0.76 * i / 6)
            if dice.hit(0.8):
                h = dice.between(0.06, 0.14)
                c.rect(x - 0.03, row - h, x + 0.03, row, near(dice.pick(BRIGHT), dice), dice.pick([0, 0.02]))
    c.rect(0.44 * c.a, 0.42, 0.58 * c.a, 0.86, (60, 46, 40))
    c.rect(0.46 * c.a, 0.46, 0.56 * c.a, 0.72, (160, 190, 206))
    stripes = 10
    for i in range(stripes):
        x0, x1 = c.a * (0.03 + 0.94 * i / stripes), c.a * (0.03 + 0.94 * (i + 1) / stripes)
        c.poly([(x0 + 0.01, 0.28), (x1 + 0.01, 0.28), (x1, 0.42), (x0, 0.42)], awning if i % 2 else WHITE)
        c.pie((x0 + x1) / 2, 0.42, (x1 - x0) / 2, 0, 180, awning if i % 2 else WHITE)
    c.rect(0.2 * c.a, 0.13, 0.8 * c.a, 0.25, dark(awning, 0.5), 0.02)
    c.text(
        0.5 * c.a,
        0.19,
        dice.pick(["МАГАЗИН", "ПОДАРКИ", "ПЕКАРНЯ", "ОБУВЬ", "УЮТ", "ЦВЕТЫ", "ДОМ"]),
        "Sans-Bold",
        0.085,
        WHITE,
    )


def _newbuild(c: Canvas) -> None:
    dice = c.dice
    c.fade((90, 170, 240), (222, 240, 250), 0, 0.8)
    things.clouds(c, 3)
    for i in range(dice.whole(1, 3)):
        w = dice.between(0.24, 0.36) * c.m
        x = c.a * (0.2 + 0.3 * i) - w / 3
        wall = dice.pick([(246, 244, 238), (250, 226, 170), (240, 170, 110), (190, 214, 226)])
        things.house(c, x, 0.82, w, dice.between(0.45, 0.7), wall, 0.1)
        c.rect(x + 0.4 * w, 0.3, x + 0.5 * w, 0.82, dice.pick(BRIGHT))
    c.fade((140, 190, 90), (96, 150, 70), 0.8, 1)
    for _ in range(5):
        things.tree(c, dice.between(0, c.a), dice.between(0.86, 0.96), 0.2, (90, 160, 70))
    c.poly([(c.a * 0.4, 1), (c.a * 0.48, 0.82), (c.a * 0.52, 0.82), (c.a * 0.66, 1)], (206, 200, 190))


def _mountains(c: Canvas) -> None:
    dice = c.dice
    sky = dice.pick(["day", "dawn", "sunset", "day", "grey"])
    c.fade(*SKIES[sky], 0, 0.8)
    things.clouds(c, dice.whole(0, 3))
    haze = SKIES[sky][1]
    rock = dice.pick([(96, 108, 134), (122, 112, 110), (84, 104, 116)])
    c.ridge(0.62, 0.32, mix(rock, haze, 0.5), dice.whole(5, 8), True)
    c.ridge(0.76, 0.42, mix(rock, haze, 0.18), dice.whole(4, 7), dice.hit(0.8))
    green = mix(dice.pick(GREENS), haze, 0.12)
    c.ridge(0.88, 0.14, dark(green, 0.15), 7)
    if dice.hit(0.5):
        c.fade(mix(haze, (70, 130, 160), 0.5), (40, 80, 110), 0.86, 1)
        for _ in range(8):
            x, y = dice.between(0, c.a), dice.between(0.88, 0.99)
            c.rect(x, y, x + dice.between(0.05, 0.2), y + 0.004, light(haze, 0.2))
    else:
        c.fade(green, dark(green, 0.3), 0.87, 1)
    for _ in range(dice.whole(2, 9)):
        x = dice.between(0, c.a)
        things.pine(c, x, dice.between(0.88, 0.99), dice.between(0.14, 0.3), dark(green, 0.3))


def _forest(c: Canvas) -> None:
    dice = c.dice
    autumn, winter = dice.hit(0.35), dice.hit(0.25)
    mist = dice.pick([(206, 216, 206), (236, 222, 190), (190, 204, 214)])
    c.fade(light(mist, 0.3), mist, 0, 0.8)
    ground = (226, 232, 238) if winter else (150, 104, 50) if autumn else (84, 110, 58)
    for layer in range(4):
        share, base = 0.72 - 0.22 * layer, 0.6 + 0.11 * layer
        c.fade(mix(ground, mist, share * 0.7), mix(ground, mist, share * 0.5), base - 0.02, 1)
        for _ in range(8 - layer):
            x, r = dice.between(-0.05, c.a + 0.05), dice.between(0.4, 0.6) + 0.12 * layer
            if autumn and dice.hit(0.7):
                things.tree(
                    c, x, base + 0.02, r, mix(dice.pick([(222, 140, 40), (206, 84, 40), (236, 190, 60)]), mist, share)
                )
            elif dice.hit(0.25):
                c.stroke(
                    [(x, base + 0.02), (x + dice.between(-0.02, 0.02), -0.05)],
                    mix((236, 234, 228), mist, share),
                    0.02 + 0.008 * layer,
                )
                for _ in range(5):
                    y = dice.between(0.05, base)
                    c.rect(x - 0.01, y, x + 0.006, y + 0.008, mix((40, 40, 40), mist, share))
            else:
                things.pine(c, x, base + 0.03, r, mix((44, 84, 58), mist, share), winter)
    if dice.hit(0.5):
        c.poly(
            [(c.a * 0.45, 0.72), (c.a * 0.5, 0.72), (c.a * 0.75, 1), (c.a * 0.3, 1)], mix(ground, (190, 160, 120), 0.6)
        )
    if dice.hit(0.5):
        for i in range(4):
            x = dice.between(0, c.a)
            c.glow(x, 0.1, 0.4, (255, 246, 206), 0.35)


def _lake(c: Canvas) -> None:
    dice = c.dice
    sky = dice.pick(["day", "dawn", "sunset", "grey"])
    top, low = SKIES[sky]
    line = dice.between(0.46, 0.58)
    c.fade(top, low, 0, line)
    things.clouds(c, dice.whole(0, 3))
    shore = mix(dice.pick(GREENS), low, 0.3)
    c.ridge(line, 0.16, mix(shore, low, 0.4), 7)
    for _ in range(14):
        things.pine(c, dice.between(0, c.a), line + 0.005, dice.between(0.08, 0.2), dark(shore, 0.25))
    c.fade(mix(low, (50, 90, 120), 0.3), mix(top, (20, 50, 70), 0.5), line, 1)
    for _ in range(18):
        x = dice.between(0, c.a)
        h = dice.between(0.03, 0.15)
        c.poly([(x - 0.03, line), (x + 0.03, line), (x, line + h)], mix(dark(shore, 0.3), top, 0.35))
    for _ in range(14):
        x, y = dice.between(-0.1, c.a), dice.between(line + 0.03, 0.98)
        c.rect(x, y, x + dice.between(0.06, 0.3), y + 0.004, light(low, 0.25))
    for _ in range(dice.whole(0, 16)):
        x = dice.pick([0.08, 0.9]) * c.a + dice.between(-0.1, 0.1)
        c.curve([(x, 1.0), (x, 0.85), (x + dice.between(-0.05, 0.05), dice.between(0.62, 0.8))], (96, 110, 56), 0.008)
    if dice.hit(0.35):
        x, y = dice.between(0.3, 0.7) * c.a, dice.between(line + 0.12, 0.8)
        c.poly(
            [(x - 0.15, y), (x + 0.15, y), (x + 0.1, y + 0.05), (x - 0.1, y + 0.05)],
            dice.pick([(150, 90, 54), (200, 60, 50), (230, 230, 226)]),
        )
        things.figure(c, x, y + 0.01, 0.16, dice.pick(CLOTHES), INK)


def portrait(c: Canvas, topic: str, theme: str) -> None:
    """Somebody close, before the scene of a theme out of focus."""
    dice = c.dice
    paint(c, topic, theme)
    c.blur(dice.between(2.5, 5))
    c.tint(dice.pick([WHITE, (250, 240, 224), (40, 44, 60)]), dice.between(0.08, 0.22))
    hat = dice.pick(_HATS.get(topic, ["", "", "cap", "beanie"]))
    size = dice.between(0.92, 1.12) * min(1, 1.15 * c.m)
    if dice.hit(0.12) and c.a > 0.9:
        things.bust(c, 0.3 * c.a, 1.02, size * 0.9, hat=dice.pick(_HATS.get(topic, [""])))
        things.bust(c, 0.7 * c.a, 1.02, size * 0.95, hat=hat, skin=dice.pick(SKINS))
    else:
        things.bust(c, dice.between(0.42, 0.58) * c.a, 1.02, size, hat=hat)


_HATS = {
    "recipes": ["chef"],
    "football": ["scarf", "scarf", "cap", ""],
    "games": ["headset"],
    "incidents": ["helmet"],
    "news": ["", "", "helmet"],
    "nature": ["beanie", "cap"],
    "fashion": ["", "", "", "beanie"],
    "horoscopes": [""],
}
_SCENES = {
    ("pets", "cat"): _pet(things.cat),
    ("pets", "dog"): _pet(things.dog),
    ("pets", "bird"): _birds,
    ("news", "city"): _city,
    ("news", "money"): _money,
    ("news", "science"): _science,
    ("recipes", "pie"): _pie,
    ("recipes", "soup"): _soup,
    ("recipes", "salad"): _salad,
    ("football", "match"): _match,
    ("football", "fans"): _fans,
    ("games", "fantasy"): _gaming(fantasy),
    ("games", "racing"): _gaming(racing),
    ("games", "space"): _gaming(space),
    ("horoscopes", "stars"): _zodiac,
    ("horoscopes", "moon"): _lunar,
    ("memes", "work"): _office,
    ("memes", "home"): _homely,
    ("memes", "study"): _school,
    ("fashion", "dress"): _wardrobe(things.dress),
    ("fashion", "coat"): _wardrobe(things.coat),
    ("fashion", "shoes"): _shoes,
    ("incidents", "crash"): _crash,
    ("incidents", "fire"): _fire,
    ("incidents", "storm"): _storm,
    ("quotes", "love"): seaside,
    ("quotes", "life"): _road,
    ("adverts", "giveaway"): _giveaway,
    ("adverts", "shop"): _shopfront,
    ("adverts", "flat"): _newbuild,
    ("nature", "mountains"): _mountains,
    ("nature", "forest"): _forest,
    ("nature", "lake"): _lake,
}
