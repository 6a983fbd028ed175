"""A canvas for the photos of the simulated feed: shapes in units of the canvas height, light, and camera effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from lib.simulation.phrasing import Dice

Colour = tuple[int, int, int]
Point = tuple[float, float]

WHITE, BLACK, INK = (255, 255, 255), (0, 0, 0), (38, 36, 44)
CLOTHES: list[Colour] = [
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
BRIGHT: list[Colour] = [
    (230, 57, 70),
    (29, 122, 204),
    (42, 157, 90),
    (244, 162, 40),
    (131, 56, 190),
    (255, 99, 146),
    (20, 170, 178),
]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour `first` with a share of `second`."""
    return tuple(int(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def light(colour: Colour, share: float = 0.3) -> Colour:
    return mix(colour, WHITE, share)


def dark(colour: Colour, share: float = 0.3) -> Colour:
    return mix(colour, BLACK, share)


def near(colour: Colour, dice: Dice, by: int = 18) -> Colour:
    """A random colour close to the given one."""
    return tuple(min(255, max(0, c + dice.whole(-by, by))) for c in colour)


class Canvas:
    """A canvas, drawn at twice the size of the finished image.

    Parameters
    ----------
    width, height : int
        Size of the finished image in pixels.
    dice : Dice

    Attributes
    ----------
    a : float
        Width over height: x runs from 0 to `a`, y from 0 (top) to 1.
    m : float
        The smaller of 1 and `a`: the side of the largest square that fits.
    words : list of str
        What was written on it, line by line.
    """

    def __init__(self, width: int, height: int, dice: Dice):
        self.width, self.height, self.dice = width, height, dice
        self.a = width / height
        self.m = min(1.0, self.a)
        self.words = []
        self._k = 2 * height
        self.image = Image.new("RGB", (2 * width, 2 * height))
        self.pen = ImageDraw.Draw(self.image)

    def _at(self, points: Sequence[Point]) -> list[Point]:
        k = self._k
        return [(x * k, y * k) for x, y in points]

    def fade(self, top: Colour, bottom: Colour, y0: float = 0.0, y1: float = 1.0) -> None:
        """A band across the canvas, with a gradient from one colour to another."""
        first, last = round(y0 * self._k), round(y1 * self._k)
        if last > first:
            strip = Image.fromarray(np.array([[top], [bottom]], np.uint8))
            band = strip.resize((1, last - first), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
            self.image.paste(band.resize((self.image.width, last - first)), (0, first))

    def oval(
        self, x: float, y: float, rx: float, ry: float, fill: Colour | None, line: Colour | None = None, w: float = 0
    ) -> None:
        k = self._k
        box = ((x - rx) * k, (y - ry) * k, (x + rx) * k, (y + ry) * k)
        self.pen.ellipse(box, fill=fill, outline=line, width=max(1, round(w * k)) if line else 0)

    def ball(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """An oval lit from the upper left."""
        for step, tone in enumerate((dark(colour, 0.28), dark(colour, 0.1), colour, light(colour, 0.14))):
            shrink, shift = 1 - 0.2 * step, 0.075 * step
            self.oval(x - shift * rx, y - shift * ry, rx * shrink, ry * shrink, tone)

    def poly(self, points: Sequence[Point], fill: Colour) -> None:
        self.pen.polygon(self._at(points), fill=fill)

    def rect(
        self, x0: float, y0: float, x1: float, y1: float, fill: Colour | None, r: float = 0, line: Colour | None = None
    ) -> None:
        k = self._k
        x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        r = min(r, (x1 - x0) / 2, (y1 - y0) / 2)
        box = (x0 * k, y0 * k, x1 * k, y1 * k)
        if r > 0:
            self.pen.rounded_rectangle(box, r * k, fill=fill, outline=line, width=2 if line else 0)
        else:
            self.pen.rectangle(box, fill=fill, outline=line, width=2 if line else 0)

    def stroke(self, points: Sequence[Point], colour: Colour, w: float) -> None:
        """A line with round ends."""
        width = max(1, round(w * self._k))
        at = self._at(points)
        self.pen.line(at, fill=colour, width=width, joint="curve" if len(at) > 2 and width > 3 else None)
        if width > 3:
            for x, y in (at[0], at[-1]):
                r = width / 2 - 0.5
                self.pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def curve(self, points: Sequence[Point], colour: Colour, w: float) -> None:
        """A quadratic Bézier curve through three control points."""
        (ax, ay), (bx, by), (cx, cy) = points
        steps = [i / 10 for i in range(11)]
        self.stroke(
            [
                (
                    (1 - t) ** 2 * ax + 2 * t * (1 - t) * bx + t * t * cx,
                    (1 - t) ** 2 * ay + 2 * t * (1 - t) * by + t * t * cy,
                )
                for t in steps
            ],
            colour,
            w,
        )

    def arc(
        self, x: float, y: float, r: float, start: float, end: float, colour: Colour, w: float, flat: float = 1.0
    ) -> None:
        """An arc of a circle, or of an oval that is `flat` times as high as wide; degrees from the right."""
        k = self._k
        box = ((x - r) * k, (y - flat * r) * k, (x + r) * k, (y + flat * r) * k)
        self.pen.arc(box, start, end, fill=colour, width=max(1, round(w * k)))

    def pie(self, x: float, y: float, r: float, start: float, end: float, colour: Colour) -> None:
        k = self._k
        self.pen.pieslice(((x - r) * k, (y - r) * k, (x + r) * k, (y + r) * k), start, end, fill=colour)

    def glow(self, x: float, y: float, r: float, colour: Colour, strength: float = 0.8) -> None:
        """Light around a lamp, a fire or the sun."""
        k = self._k
        side = max(2, round(2 * r * k))
        mask = _halo().resize((side, side)).point(lambda v: int(v * strength))
        self.image.paste(colour, (round((x - r) * k), round((y - r) * k)), mask)

    def ridge(self, base: float, height: float, colour: Colour, steps: int, snow: bool = False) -> list[Point]:
        """A line of hills or mountains across the canvas, filled down to the bottom."""
        dice, a = self.dice, self.a
        xs = [a * (i + dice.between(-0.3, 0.3)) / steps for i in range(steps + 1)]
        xs[0], xs[-1] = -0.1, a + 0.1
        top = [(x, base - height * dice.between(0.25, 1.0) * (1 if i % 2 else 0.45)) for i, x in enumerate(xs)]
        self.poly([*top, (a + 0.1, 1.0), (-0.1, 1.0)], colour)
        if snow:
            for (x0, y0), (x1, y1), (x2, y2) in zip(top, top[1:], top[2:], strict=False):
                if y1 < min(y0, y2):
                    left, right = (
                        (x1 + (x0 - x1) * 0.3, y1 + (y0 - y1) * 0.3),
                        (x1 + (x2 - x1) * 0.3, y1 + (y2 - y1) * 0.3),
                    )
                    middle = (x1 + dice.between(-0.01, 0.02), (left[1] + right[1]) / 2 - 0.02)
                    self.poly([(x1, y1), right, middle, left], (244, 248, 252))
                    self.poly([(x1, y1), right, middle], (205, 217, 232))
        return top

    def text(
        self,
        x: float,
        y: float,
        words: str,
        font: str,
        size: float,
        fill: Colour,
        anchor: str = "mm",
        edge: Colour | None = None,
    ) -> None:
        """Words at a point; `size` in units of the height, `edge` the colour of an outline."""
        self.words.append(words)
        pixels = max(8, round(size * self._k))
        self.pen.text(
            (round(x * self._k), round(y * self._k)),
            words,
            font=typeface(font, pixels),
            fill=fill,
            anchor=anchor,
            stroke_width=max(1, pixels // 12) if edge else 0,
            stroke_fill=edge,
        )

    def fit(self, words: str, font: str, width: float, size: float, lines: int) -> tuple[list[str], float]:
        """`words` broken into at most `lines` lines of a width, and the size at which they fit, at most `size`.

        Words that would be too small to read are cut off.
        """
        while True:
            face = typeface(font, max(8, round(size * self._k)))
            rows = _wrapped(words, face, width * self._k)
            fits = len(rows) <= lines and all(face.getlength(row) <= width * self._k for row in rows)
            if fits:
                return rows, size
            if size * self._k <= 15:
                rows = [row[: max(4, int(len(row) * width * self._k / max(face.getlength(row), 1)))] for row in rows]
                return [*rows[: lines - 1], rows[lines - 1] + "…"] if len(rows) > lines else rows, size
            size *= 0.9

    def under(self, x: float, y: float) -> Colour:
        """The colour at a point, for a shadow there."""
        right, low = self.image.width - 1, self.image.height - 1
        return self.image.getpixel((min(max(int(x * self._k), 0), right), min(max(int(y * self._k), 0), low)))

    def blur(self, radius: float) -> None:
        """Blur the image, as if out of focus."""
        self._replace(self.image.filter(ImageFilter.BoxBlur(radius * self._k / 100)))

    def tint(self, colour: Colour, share: float) -> None:
        self._replace(Image.blend(self.image, Image.new("RGB", self.image.size, colour), share))

    def paste(self, picture: Image.Image, x0: float, y0: float, x1: float, y1: float) -> None:
        k = self._k
        box = tuple(round(v * k) for v in (x0, y0, x1, y1))
        self.image.paste(picture.resize((max(1, box[2] - box[0]), max(1, box[3] - box[1]))), box[:2])

    def finished(self) -> Image.Image:
        """The image as drawn."""
        return self.image.reduce(2)

    def photographed(self) -> Image.Image:
        """The image as a camera sees it: uneven light, a colour cast, darker corners, grain."""
        dice = self.dice
        zoom = dice.pick([1.0, 1.0, 0.94, 0.86])
        w, h = self.image.width * zoom, self.image.height * zoom
        x, y = (self.image.width - w) * dice.unit(), (self.image.height - h) * dice.unit()
        picture = self.image.resize((self.width, self.height), Image.Resampling.BOX, (x, y, x + w, y + h))
        cells = [dice.whole(102, 164) for _ in range(16)]
        clouds = Image.fromarray(np.array(cells, np.uint8).reshape(4, 4)).resize(picture.size, Image.Resampling.BICUBIC)
        picture = ImageChops.overlay(picture, Image.merge("RGB", (clouds, clouds, clouds)))
        gain, warmth, gamma = dice.between(0.86, 1.16), dice.between(-0.09, 0.09), dice.between(0.75, 1.25)
        tables = [
            [min(255, int(255 * (v / 255) ** gamma * gain * channel)) for v in range(256)]
            for channel in (1 + warmth, 1.0, 1 - warmth)
        ]
        picture = picture.point([value for table in tables for value in table])
        if dice.hit(0.6):
            picture = ImageChops.multiply(picture, _corners(picture.size))
        x, y = dice.whole(0, 255), dice.whole(0, 255)
        grain = _grain().crop((x, y, x + picture.width, y + picture.height))
        return ImageChops.add(picture, grain, 1, -128) if dice.hit(0.75) else picture

    def _replace(self, image: Image.Image) -> None:
        self.image = image
        self.pen = ImageDraw.Draw(image)


@cache
def typeface(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A face of the DejaVu family that comes with matplotlib. System fonts are not used: they differ by machine."""
    import matplotlib

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"DejaVu{name}.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _wrapped(words: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    rows = [""]
    for word in words.split():
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and face.getlength(longer) > width:
            rows.append(word)
        else:
            rows[-1] = longer
    return rows


@cache
def _halo() -> Image.Image:
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    return Image.fromarray((255 * np.clip(1 - np.sqrt(x * x + y * y), 0, 1) ** 2).astype(np.uint8))


@cache
def _corners(size: tuple[int, int]) -> Image.Image:
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    shade = Image.fromarray((255 * (1 - 0.17 * (x * x + y * y))).astype(np.uint8))
    return Image.merge("RGB", (shade, shade, shade))


@cache
def _grain() -> Image.Image:
    noise = np.random.default_rng(1).integers(-5, 6, (512, 512, 2)).sum(2) + 128
    shade = Image.fromarray(noise.astype(np.uint8))
    return Image.merge("RGB", (shade, shade, shade))


def turned(points: Sequence[Point], x: float, y: float, degrees: float) -> list[Point]:
    """Points rotated about (x, y)."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(x + (px - x) * c - (py - y) * s, y + (px - x) * s + (py - y) * c) for px, py in points]
