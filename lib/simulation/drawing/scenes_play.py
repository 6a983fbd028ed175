"""Scenes of the simulated feed about football, games and stars."""

from __future__ import annotations

from itertools import pairwise

from lib.simulation.drawing import people, things
from lib.simulation.drawing.backdrops import SKIES
from lib.simulation.drawing.canvas import BRIGHT, WHITE, Canvas, dark, light, mix, near, turned


def match(c: Canvas) -> None:
    dice = c.dice
    night = dice.hit(0.4)
    c.fade(*SKIES["night" if night else dice.pick(["day", "grey", "sunset"])], 0, 0.2)
    home, away = dice.pick(BRIGHT), dice.pick([WHITE, (30, 34, 60), (250, 214, 60), (120, 190, 230)])
    c.rect(0, 0.1, c.a, 0.4, (56, 58, 70))
    people.crowd(c, 0.13, 0.34, 0.022, [home, away, (90, 90, 100), (200, 200, 200)])
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
        people.figure(c, x, y, 0.26 + 0.5 * (y - 0.5), shirt, dark(shirt, 0.5), stride=dice.between(-1, 1))
    things.football(c, dice.between(0.2, 0.8) * c.a, dice.between(0.75, 0.94), 0.028)


def fans(c: Canvas) -> None:
    dice = c.dice
    colours = [dice.pick(BRIGHT), dice.pick(BRIGHT), WHITE]
    c.fade((40, 44, 66), dark(colours[0], 0.3))
    people.crowd(c, 0.2, 0.95, dice.between(0.06, 0.1), [colours[0], colours[0], colours[1], (70, 70, 84)])
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
    people.figure(c, hx, 0.96, 0.34, (150, 156, 170), (80, 80, 94), stride=0.4)
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
            near(dice.pick([*BRIGHT, (200, 160, 120), (120, 150, 170)]), dice, 25),
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


def setup(c: Canvas, screen) -> None:
    """A desk with a screen that shows a game."""
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


def gaming(game):
    def scene(c: Canvas) -> None:
        setup(c, game) if c.dice.hit(0.5) else game(c)

    return scene


def zodiac(c: Canvas) -> None:
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
    for first, second in pairwise(points):
        c.stroke([first, second], (150, 160, 220), 0.005)
    if dice.hit(0.6):
        c.stroke([points[2], (points[2][0] + 0.1, dice.between(0.1, 0.9))], (150, 160, 220), 0.005)
    for x, y in points:
        c.glow(x, y, 0.07, (230, 230, 255), 0.9)
        c.oval(x, y, 0.013, 0.013, WHITE)


def lunar(c: Canvas) -> None:
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
