"""Charts and screenshots of the simulated feed."""

from __future__ import annotations

from PIL import Image

from lib.simulation.drawing import scenery, scenes_play
from lib.simulation.drawing.canvas import BRIGHT, WHITE, Canvas, Colour, dark, light, mix
from lib.simulation.phrasing import Writer, capitalised

PAPER: list[Colour] = [(246, 240, 228), (250, 248, 244), (236, 226, 210), (228, 234, 236), (244, 226, 226)]


DEEP: list[Colour] = [
    (38, 50, 84),
    (70, 36, 62),
    (28, 66, 68),
    (48, 46, 54),
    (92, 44, 40),
    (34, 60, 44),
    (62, 52, 96),
    (24, 26, 34),
]


def chart(c: Canvas, topic: str, theme: str) -> Image.Image:
    """Draw a chart: bars, lines, a pie or a table."""
    dice = c.dice
    writer = Writer(topic, theme, dice)
    night = dice.hit(0.25)
    paper, ink = (
        (dark(dice.pick(DEEP), 0.3), (226, 228, 234)) if night else (light(dice.pick(PAPER), 0.6), (60, 62, 72))
    )
    c.fade(paper, paper)
    head = dice.pick(BRIGHT)
    rows, size = c.fit(writer.sentence("chart"), "Sans-Bold", c.a - 0.1, 0.075, 1)
    if dice.hit(0.4):
        c.rect(0, 0, c.a, 0.15, head)
        c.text(0.04, 0.075, rows[0], "Sans-Bold", size, WHITE, "lm")
    else:
        c.text(0.04, 0.08, rows[0], "Sans-Bold", size, ink, "lm")
    palette = dice.shuffled(BRIGHT)
    style = dice.whole(0, 3)
    left, right, top, low = 0.12, c.a - 0.06, 0.22, 0.86
    if style in (0, 1):
        for i in range(5):
            y = low - (low - top) * i / 4
            c.stroke([(left, y), (right, y)], mix(paper, ink, 0.2), 0.003)
            c.text(left - 0.015, y, str(i * dice.pick([5, 10, 20, 25])), "Sans", 0.042, mix(paper, ink, 0.7), "rm")
        n = dice.whole(4, 8)
        step = (right - left) / n
        if style == 0:
            for i in range(n):
                x, h = left + step * i, (low - top) * dice.between(0.15, 0.97)
                c.rect(x + 0.16 * step, low - h, x + 0.84 * step, low, palette[0] if i != n - 1 else palette[1])
                c.text(x + step / 2, low + 0.05, f"{10 + 2 * i}", "Sans", 0.045, mix(paper, ink, 0.8))
        else:
            for colour in palette[: dice.whole(1, 3)]:
                points = [(left + step * i, low - (low - top) * dice.between(0.1, 0.95)) for i in range(n + 1)]
                if dice.hit(0.4):
                    c.poly([(left, low), *points, (right, low)], mix(paper, colour, 0.25))
                c.stroke(points, colour, 0.014)
                for x, y in points:
                    c.oval(x, y, 0.014, 0.014, colour)
        c.stroke([(left, top), (left, low), (right, low)], ink, 0.005)
    elif style == 2:
        x, y, r, at = 0.36 * c.a, 0.56, 0.28 * min(1, 1.2 * c.m), dice.whole(0, 90)
        shares = [dice.between(0.5, 2) for _ in range(dice.whole(3, 6))]
        for i, share in enumerate(shares):
            turn = 360 * share / sum(shares)
            c.pie(x, y, r, at, at + turn + 0.5, palette[i])
            at += turn
            ly = 0.32 + 0.1 * i
            c.rect(0.7 * c.a, ly - 0.02, 0.7 * c.a + 0.04, ly + 0.02, palette[i])
            c.text(0.7 * c.a + 0.06, ly, f"{100 * share / sum(shares):.0f} %", "Sans", 0.052, ink, "lm")
        if dice.hit(0.5):
            c.oval(x, y, 0.55 * r, 0.55 * r, paper)
    else:
        n = dice.whole(5, 8)
        step = (0.93 - 0.2) / n
        for i in range(n):
            y = 0.2 + step * i
            c.rect(0.04, y, c.a - 0.04, y + step * 0.92, mix(paper, ink, 0.1 if i % 2 else 0.04))
            c.rect(0.05, y + 0.12 * step, 0.05 + 0.7 * step, y + 0.8 * step, palette[i % 7], 0.01)
            rows, size = c.fit(capitalised(writer.say("item")), "Sans", c.a - 0.26 - step, 0.05, 1)
            c.text(0.07 + step, y + 0.46 * step, rows[0], "Sans", size, ink, "lm")
            c.text(c.a - 0.07, y + 0.46 * step, str(dice.whole(1, 99)), "Sans-Bold", 0.05, ink, "rm")
    return c.finished()


def screenshot(c: Canvas, topic: str, theme: str) -> Image.Image:
    """Draw a screenshot: a chat on a phone, or a game."""
    dice = c.dice
    if topic == "games":
        return _game_screen(Canvas(*dice.pick([(256, 144), (256, 160), (256, 192), (256, 144)]), dice), theme)
    writer = Writer(topic, theme, dice)
    night = dice.hit(0.35)
    paper, ink = (
        ((26, 28, 34), (224, 226, 232))
        if night
        else (dice.pick([(238, 241, 245), (222, 231, 240), (250, 250, 250)]), (40, 42, 50))
    )
    accent = dice.pick(BRIGHT)
    c.fade(paper, paper)
    c.rect(0, 0, c.a, 0.035, dark(accent, 0.25))
    c.text(0.02, 0.018, f"{dice.whole(0, 23)}:{dice.whole(10, 59)}", "Sans", 0.026, WHITE, "lm")
    c.rect(c.a - 0.07, 0.01, c.a - 0.02, 0.026, WHITE)
    c.rect(0, 0.035, c.a, 0.11, accent)
    c.oval(0.05, 0.072, 0.026, 0.026, light(accent, 0.6))
    c.text(
        0.095,
        0.072,
        dice.pick(["Чат", "Лента", "Диалог", "Обсуждение", "Соседи", "Друзья", "Семья"]),
        "Sans-Bold",
        0.034,
        WHITE,
        "lm",
    )
    y = 0.13
    wide = c.a > 0.3
    while y < 0.9:
        said = writer.expand(dice.pick(["{opener}", "{short}", "{question}", "{short}"]))
        rows, size = c.fit(said, "Sans", 0.62 * c.a, 0.034 if wide else 0.026, 4)
        h = 1.3 * size * len(rows) + 0.035
        mine = dice.hit(0.45)
        x = 0.22 * c.a if mine else 0.12 * c.a
        if dice.hit(0.12) and y < 0.6:
            inner = Canvas(120, 90, dice)
            scenery.paint(inner, topic, theme)
            c.paste(inner.finished(), x, y, x + 0.66 * c.a, y + 0.2)
            y += 0.22
            continue
        bubble = mix(paper, accent, 0.3) if mine else (mix(paper, WHITE, 0.14) if night else WHITE)
        c.rect(x, y, x + 0.7 * c.a, y + h, bubble, 0.02)
        if not mine:
            c.oval(0.055 * c.a, y + 0.03, 0.042 * c.a, 0.042 * c.a, dice.pick(BRIGHT))
        for i, row in enumerate(rows):
            c.text(x + 0.035 * c.a, y + 0.018 + size * (0.6 + 1.3 * i), row, "Sans", size, ink, "lm")
        y += h + 0.018
    c.rect(0, 0.925, c.a, 1, mix(paper, ink, 0.1))
    c.rect(0.04 * c.a, 0.94, 0.8 * c.a, 0.985, light(paper, 0.4), 0.02)
    c.oval(0.9 * c.a, 0.962, 0.024, 0.024, accent)
    return c.finished()


def _game_screen(c: Canvas, theme: str) -> Image.Image:
    dice = c.dice
    {"fantasy": scenes_play.fantasy, "racing": scenes_play.racing, "space": scenes_play.space}[theme](c)
    c.rect(0.03, 0.04, 0.5, 0.085, (30, 30, 36), 0.02)
    c.rect(0.035, 0.045, 0.035 + 0.46 * dice.between(0.2, 1), 0.08, (214, 50, 60), 0.02)
    c.rect(0.03, 0.1, 0.4, 0.13, (30, 30, 36), 0.015)
    c.rect(0.035, 0.105, 0.035 + 0.36 * dice.between(0.2, 1), 0.126, (60, 130, 230), 0.015)
    c.text(
        c.a - 0.04, 0.08, f"{dice.whole(100, 99999):06d}", "SansMono-Bold", 0.09, (255, 230, 120), "rm", edge=(0, 0, 0)
    )
    c.text(c.a / 2, 0.08, f"{dice.whole(0, 9)}:{dice.whole(10, 59)}", "SansMono-Bold", 0.08, WHITE, edge=(0, 0, 0))
    x, y = c.a - 0.18, 0.82
    c.oval(x, y, 0.14, 0.14, (20, 28, 30), (230, 230, 220), 0.012)
    for _ in range(6):
        c.oval(x + dice.between(-0.09, 0.09), y + dice.between(-0.09, 0.09), 0.012, 0.012, dice.pick(BRIGHT))
    slots = dice.whole(3, 6)
    for i in range(slots):
        x0 = c.a / 2 + (i - slots / 2) * 0.12 - 0.1
        c.rect(x0, 0.87, x0 + 0.11, 0.98, (30, 32, 40), 0.015, (200, 200, 190))
        c.oval(x0 + 0.055, 0.925, 0.03, 0.03, dice.pick(BRIGHT))
    return c.finished()
