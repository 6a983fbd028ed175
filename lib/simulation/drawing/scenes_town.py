"""Town scenes of the simulated feed: news, incidents, shops and houses."""

from __future__ import annotations

from lib.simulation.drawing import people, things
from lib.simulation.drawing.backdrops import FLATS, SKIES, street
from lib.simulation.drawing.canvas import BRIGHT, CLOTHES, INK, WHITE, Canvas, dark, light, mix, near, turned


def city(c: Canvas) -> None:
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
        people.figure(
            c,
            dice.between(0, c.a),
            y + dice.between(0.04, 0.12),
            0.24,
            dice.pick(CLOTHES),
            (50, 54, 70),
            stride=dice.between(-0.7, 0.7),
        )


def money(c: Canvas) -> None:
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


def science(c: Canvas) -> None:
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


def crash(c: Canvas) -> None:
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
    for _ in range(dice.whole(0, 3)):
        cx = c.a * dice.between(0.1, 0.9)
        c.poly([(cx - 0.03, y + 0.14), (cx, y + 0.04), (cx + 0.03, y + 0.14)], (240, 120, 40))
        c.rect(cx - 0.016, y + 0.085, cx + 0.016, y + 0.1, WHITE)


def fire(c: Canvas) -> None:
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
        people.figure(
            c, dice.between(0.1, 0.9) * c.a, 0.95, 0.24, (214, 140, 50), (60, 60, 70), stride=dice.between(-0.6, 0.6)
        )


def storm(c: Canvas) -> None:
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


def giveaway(c: Canvas) -> None:
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
            dice.pick([*BRIGHT, WHITE, (255, 220, 90)]),
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


def shopfront(c: Canvas) -> None:
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


def newbuild(c: Canvas) -> None:
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
