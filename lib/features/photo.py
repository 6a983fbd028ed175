"""Readable features of a photo: what a person can say about a photo without knowing what it shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.ndimage import laplace

from lib.posts import PhotoError, map_photos, open_photo

# Features are measured on a copy whose longer side has at most this many pixels, so that they don't depend on the size
# in which a source stores its photos.
MEASURED_SIDE = 256
CHROMA = 30  # levels: a pixel is coloured if its largest channel exceeds its smallest by more than this

PHOTO_FEATURES = {
    "has_photo": "1 if the post has a photo, else 0 (and every other feature is NaN)",
    "width": "width as displayed, pixels",
    "height": "height as displayed, pixels",
    "aspect": "width / height",
    "log_aspect": "natural logarithm of width / height: 0 for a square, above for landscape",
    "brightness": "mean luma (Rec. 601) over 255, from 0 to 1",
    "contrast": "standard deviation of luma over 255, from 0 to 0.5",
    "colourfulness": "Hasler and Süsstrunk's M3 (2003): 0 for grey, 15 slightly, 59 quite, 109 extremely",
    "sharpness": "ln(1 + variance of the 4-neighbour Laplacian of luma), luma in levels 0-255",
    "flat_area": "share of 8x8 blocks whose luma has a standard deviation under 2 levels",
    "text_likeness": "share of 16x16 blocks that look lettered (see _text_likeness), from 0 to 1",
    "hue_x": "cosine of the dominant hue times its share: 1 all red, -1 all cyan, 0 without colour",
    "hue_y": "sine of the dominant hue times its share: 1 all yellow-green, -1 all blue-violet",
    "hue_share": "share of pixels that are coloured and within 15 degrees of the dominant hue",
    "main_colours": "number of cells of the 8x8x8 RGB cube that hold at least 5 % of the pixels each",
}


def photo_features(photos: Sequence[bytes | None]) -> pd.DataFrame:
    """What a person can say about a photo without knowing what it shows.

    Parameters
    ----------
    photos : sequence of bytes or None
        Image files; None stands for no photo.

    Returns
    -------
    DataFrame of float64, one row per photo. ``PHOTO_FEATURES`` lists the columns with their formulas and units. Without
    a photo, ``has_photo`` is 0 and every other feature is NaN.

    Raises
    ------
    PhotoError
        If a photo can't be decoded; the message has its position.
    """
    photos = list(photos)
    rows = np.full((len(photos), len(PHOTO_FEATURES)), np.nan)
    rows[:, 0] = 0
    present = [i for i, photo in enumerate(photos) if photo is not None]
    measured = map_photos(_measure, [photos[i] for i in present], "Measuring photos")
    for position in present:
        try:
            rows[position] = next(measured)
        except PhotoError as error:
            raise PhotoError(f"photo {position}: {error}") from error
    return pd.DataFrame(rows, columns=list(PHOTO_FEATURES))


def _measure(photo: bytes) -> list[float]:
    """One row of `photo_features`."""
    opened = open_photo(photo)
    width, height, image = opened.width, opened.height, opened.pixels.copy()
    image.thumbnail((MEASURED_SIDE, MEASURED_SIDE))
    rgb = np.ascontiguousarray(np.moveaxis(np.asarray(image), 2, 0), dtype=np.float32)
    luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
    return [
        1.0,
        width,
        height,
        width / height,
        np.log(width / height),
        luma.mean() / 255,
        luma.std() / 255,
        colourfulness(rgb),
        np.log1p(laplace(luma, mode="nearest").var()),
        float(np.mean(_blocks(luma, 8).std(axis=1) < 2)),
        _text_likeness(luma),
        *_hue(rgb),
        float(np.sum(np.bincount(_cells(rgb), minlength=512) >= 0.05 * luma.size)),
    ]


def colourfulness(rgb: np.ndarray) -> float:
    """How colourful pixels (3, height, width) from 0 to 255 are: 0 is grey, 15 slightly, 59 quite, 109 extremely.

    References
    ----------
    Hasler and Süsstrunk (2003), Measuring colourfulness in natural images, doi:10.1117/12.477378: their M3.
    """
    red, green, blue = rgb
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def _blocks(values: np.ndarray, size: int) -> np.ndarray:
    """Non-overlapping blocks as rows, (blocks, size * size); a margin narrower than a block is left out.

    An image that is smaller than a block is padded with its edge pixels.
    """
    height, width = values.shape
    if height < size or width < size:
        values = np.pad(values, ((0, max(0, size - height)), (0, max(0, size - width))), mode="edge")
        height, width = values.shape
    rows, columns = height // size, width // size
    cut = values[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return cut.swapaxes(1, 2).reshape(-1, size * size)


def _text_likeness(luma: np.ndarray) -> float:
    """Share of blocks that look lettered.

    Letters are dark on light or light on dark with few levels between, and have many steep vertical edges. A block
    counts if its range is over 60 levels, at least 65 % of its pixels lie in the outer quarters of that range, and at
    least 10 % of its horizontal steps exceed 40 % of that range. This is a heuristic: foliage, fences and chequered
    cloth may pass, large soft lettering may not. In pairs of crops of a few photographs, the crop with lettering has
    the higher share in 80 % of pairs with one line of white lettering, in 90 % with six lines, and in nearly all with
    cards of text.
    """
    blocks = _blocks(luma, 16)
    low, high = blocks.min(axis=1, keepdims=True), blocks.max(axis=1, keepdims=True)
    span = np.maximum(high - low, 1)
    position = (blocks - low) / span
    extreme = np.mean((position < 0.25) | (position > 0.75), axis=1)
    steps = np.abs(np.diff(position.reshape(-1, 16, 16), axis=2))
    steep = np.mean(steps > 0.4, axis=(1, 2))
    return float(np.mean((span[:, 0] > 60) & (extreme >= 0.65) & (steep >= 0.10)))


def _hue(rgb: np.ndarray) -> tuple[float, float, float]:
    """Dominant hue times its share as (x, y), and the share.

    Only pixels whose chroma (the largest channel minus the smallest) is over ``CHROMA`` are coloured. The dominant hue
    is the middle of the sector, of 12, with the largest total chroma.
    """
    chroma = rgb.max(axis=0) - rgb.min(axis=0)
    coloured = chroma > CHROMA
    if not coloured.any():
        return 0.0, 0.0, 0.0
    red, green, blue = rgb[:, coloured]
    angle = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)
    sector = np.rint(angle / (np.pi / 6)).astype(int) % 12
    best = np.bincount(sector, weights=chroma[coloured], minlength=12).argmax()
    share = float(np.sum(sector == best) / chroma.size)
    return share * np.cos(best * np.pi / 6), share * np.sin(best * np.pi / 6), share


def _cells(rgb: np.ndarray) -> np.ndarray:
    red, green, blue = rgb.astype(np.uint16) >> 5
    return ((red << 6) | (green << 3) | blue).ravel()
