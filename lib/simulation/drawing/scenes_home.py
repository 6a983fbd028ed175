"""Home scenes of the simulated feed: pets, food, clothes, work and school."""

from __future__ import annotations

from lib.simulation.drawing import animals, people, things
from lib.simulation.drawing.backdrops import GREENS, WALLS, meadow, plate, room, table
from lib.simulation.drawing.canvas import BRIGHT, CLOTHES, WHITE, Canvas, Colour, dark, light, near, turned


def pet(draw):
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


def birds(c: Canvas) -> None:
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
        animals.bird(
            c,
            c.a * (0.5 if i == 0 else 0.8) + dice.between(-0.06, 0.06),
            y + 0.02,
            dice.between(0.55, 0.75) * (1 - 0.3 * i) * min(1, 1.2 * c.m),
        )


def pie(c: Canvas) -> None:
    table(c)
    dice = c.dice
    r = 0.4 * c.m
    x, y = plate(c, r)
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


def soup(c: Canvas) -> None:
    table(c)
    dice = c.dice
    r = 0.4 * c.m
    x, y = plate(c, r, near(dice.pick([(246, 246, 244), (70, 96, 130), (206, 120, 80), (240, 226, 196)]), dice, 8))
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


def salad(c: Canvas) -> None:
    table(c)
    dice = c.dice
    r = 0.4 * c.m
    x, y = plate(c, r)
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


def office(c: Canvas) -> None:
    dice = c.dice
    wall = dice.pick(WALLS)
    c.fade(wall, dark(wall, 0.2), 0, 0.75)
    c.rect(0.06, 0.08, 0.3 * c.a, 0.42, (178, 208, 232))
    for i in range(9):
        c.rect(0.06, 0.1 + 0.036 * i, 0.3 * c.a, 0.115 + 0.036 * i, (226, 230, 234))
    people.bust(c, c.a * dice.between(0.42, 0.6), 0.82, 0.68 * min(1, 1.2 * c.m))
    c.fade((172, 130, 90), (120, 86, 60), 0.78, 1)
    x = c.a * dice.between(0.62, 0.8)
    c.rect(x - 0.14, 0.56, x + 0.2, 0.8, (44, 46, 54), 0.015)
    c.rect(x - 0.06, 0.8, x + 0.12, 0.83, (90, 92, 98))
    for i in range(4):
        c.rect(0.06 * c.a, 0.76 - 0.035 * i, 0.06 * c.a + 0.22, 0.785 - 0.035 * i, near((240, 238, 230), dice, 10))
    c.rect(0.36 * c.a, 0.72, 0.36 * c.a + 0.08, 0.82, dice.pick(BRIGHT), 0.01)


def homely(c: Canvas) -> None:
    dice = c.dice
    y = room(c)
    choice = dice.whole(0, 2)
    if choice == 0:
        animals.cat(c, dice.between(0.35, 0.65) * c.a, y, 0.75 * c.m)
    elif choice == 1:
        animals.dog(c, dice.between(0.35, 0.65) * c.a, y, 0.75 * c.m)
    else:
        people.bust(c, dice.between(0.4, 0.6) * c.a, 1.0, 0.8 * min(1, 1.2 * c.m))


def school(c: Canvas) -> None:
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
    people.bust(c, dice.between(0.3, 0.7) * c.a, 1.0, 0.66 * min(1, 1.2 * c.m))
    c.rect(0, 0.94, c.a, 1, (166, 120, 78))


def wardrobe(draw):
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


def shoes(c: Canvas) -> None:
    dice = c.dice
    floor = dice.pick([(214, 196, 172), (186, 188, 194), (96, 88, 92), (176, 148, 120), (226, 208, 210)])
    c.fade(light(floor, 0.3), light(floor, 0.1), 0, 0.5)
    c.fade(floor, dark(floor, 0.2), 0.5, 1)
    colour, r = near(dice.pick([*CLOTHES, (238, 236, 232), (238, 236, 232)]), dice), dice.between(0.28, 0.36) * c.m
    things.shoe(c, c.a / 2 - 0.1 * c.m - 0.3 * r, 0.62, r * 0.92, dark(colour, 0.08))
    things.shoe(c, c.a / 2 + 0.06 * c.m - 0.3 * r, 0.84, r * 1.08, colour)


_STUDIOS: list[Colour] = [
    (226, 216, 206),
    (206, 212, 220),
    (236, 214, 214),
    (214, 224, 208),
    (190, 180, 186),
    (240, 234, 226),
    (150, 156, 170),
]


def model(c: Canvas, theme: str) -> None:
    """A fashion model, from head to foot."""
    dice = c.dice
    tone = dice.pick(_STUDIOS)
    c.fade(tone, dark(tone, 0.18))
    c.oval(c.a / 2, 0.95, 0.7 * c.a, 0.12, light(tone, 0.25))
    shirt, legs = near(dice.pick(CLOTHES), dice), near(dice.pick(CLOTHES), dice)
    for i in range(dice.pick([1, 1, 1, 2]) if c.a > 0.7 else 1):
        x = c.a * (0.5 if not i else 0.8) + dice.between(-0.06, 0.06) * c.a
        size = dice.between(0.84, 0.92)
        people.figure(
            c, x, 0.96, size, shirt, shirt if theme == "dress" else legs, theme == "dress", dice.between(-0.4, 0.5)
        )
        if theme == "coat":
            c.poly(
                [
                    (x - 0.14 * size, 0.96 - 0.79 * size),
                    (x - 0.03, 0.96 - 0.78 * size),
                    (x - 0.05, 0.66),
                    (x - 0.17 * size, 0.66),
                ],
                dark(shirt, 0.25),
            )
            c.poly(
                [
                    (x + 0.14 * size, 0.96 - 0.79 * size),
                    (x + 0.03, 0.96 - 0.78 * size),
                    (x + 0.05, 0.66),
                    (x + 0.17 * size, 0.66),
                ],
                dark(shirt, 0.35),
            )
        if theme == "dress":
            c.rect(x - 0.09 * size, 0.96 - 0.56 * size, x + 0.09 * size, 0.96 - 0.53 * size, dark(shirt, 0.5))
        bag = dice.pick(BRIGHT)
        c.arc(x + 0.2 * size, 0.96 - 0.42 * size, 0.05 * size, 180, 360, dark(bag, 0.4), 0.008)
        c.rect(x + 0.13 * size, 0.96 - 0.42 * size, x + 0.27 * size, 0.96 - 0.31 * size, bag, 0.02)
        shirt, legs = legs, shirt
