"""Outdoor scenes of the simulated feed."""

from __future__ import annotations

from lib.simulation.drawing import people, things
from lib.simulation.drawing.backdrops import GREENS, SKIES, meadow
from lib.simulation.drawing.canvas import BLACK, BRIGHT, CLOTHES, INK, Canvas, dark, light, mix


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
            people.figure(c, fx + s * 0.045, 0.93, 0.32, shade, shade, skirt=s < 0, skin=shade)


def road(c: Canvas) -> None:
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
            people.figure(c, c.a / 2 + 0.06, y, 0.3, dice.pick(CLOTHES), (50, 50, 60), stride=0.5)
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
        x, cup = dice.between(0.25, 0.75) * c.a, dice.pick([*BRIGHT, (240, 236, 228)])
        c.oval(x, 0.9, 0.17, 0.035, dark((176, 156, 134), 0.3))
        c.oval(x + 0.12, 0.78, 0.06, 0.06, None, cup, 0.02)
        c.rect(x - 0.11, 0.68, x + 0.11, 0.9, cup, 0.04)
        c.oval(x, 0.69, 0.11, 0.03, dark(cup, 0.2))
        c.oval(x, 0.695, 0.095, 0.022, (92, 56, 36))
        for s in (-0.04, 0.03):
            c.curve([(x + s, 0.66), (x + s + 0.05, 0.58), (x + s, 0.48)], (236, 236, 240), 0.01)


def mountains(c: Canvas) -> None:
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


def forest(c: Canvas) -> None:
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
        for _i in range(4):
            x = dice.between(0, c.a)
            c.glow(x, 0.1, 0.4, (255, 246, 206), 0.35)


def lake(c: Canvas) -> None:
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
        people.figure(c, x, y + 0.01, 0.16, dice.pick(CLOTHES), INK)
