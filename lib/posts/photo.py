"""Photos: from an untrusted field to RGB pixels."""

from __future__ import annotations

import binascii
import io
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from PIL import ExifTags, Image, ImageOps
from tqdm import tqdm

T = TypeVar("T")

MAX_BYTES = 32 * 2**20
MAX_PIXELS = 50_000_000  # what the header declares; 50 Mpx are 150 MB of RGB
SEEN_SIDE = 1024  # of a larger photo no more is decoded for features and encoders than this side takes
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")

# Pillow warns of sizes beyond its own limit, which is above ours: make that a refusal, not a line of noise.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class PhotoError(ValueError):
    """A photo that can't be used; the message is one of a few short reasons."""


def photo_bytes(field: str) -> bytes:
    """Bytes of a photo from a CSV field.

    Takes base64 in the plain or the URL-safe alphabet, with or without padding, with white space in it,
    after ``data:image/...;base64,`` or written as Python's ``b'...'``.

    Raises
    ------
    PhotoError
        If the field is something else, or too large.
    """
    text = field.strip()
    if text[:2] in ("b'", 'b"') and text[-1:] == text[1]:
        text = text[2:-1]
    if text[:5].lower() == "data:":
        head, _, text = text.partition(",")
        if not head.lower().endswith(";base64"):
            raise PhotoError("not base64")
    elif text[:8].lower().startswith(("http://", "https://")):
        raise PhotoError("a link, not the photo itself")
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        raise PhotoError(f"over {MAX_BYTES >> 20} MiB")
    text = "".join(text.split()).translate(_URL_SAFE).rstrip("=")
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except ValueError:  # binascii.Error is one, and so is a character beyond ASCII
        raise PhotoError("not base64") from None


def decode_photo(data: bytes, side: int | None = None) -> Image.Image:
    """Pixels of a photo as a viewer shows it.

    The first frame of an animation, turned as its EXIF orientation says, transparent parts over white,
    16-bit and CMYK brought to 8-bit RGB. Colour profiles are not applied. The size that the header declares
    is checked before anything is decoded.

    Parameters
    ----------
    data : bytes
        A file of one of ``FORMATS``.
    side : int, optional
        The longer side needed. A larger JPEG is decoded at 1/2, 1/4 or 1/8 of its size where that is still
        at least as large, which is several times faster.

    Returns
    -------
    PIL.Image.Image of mode RGB.

    Raises
    ------
    PhotoError
        If `data` isn't such a file, is cut short, or declares more than ``MAX_PIXELS``.
    """
    return _pixels(_open(data), side)


@dataclass(frozen=True)
class OpenPhoto:
    """A decoded photo: its RGB ``pixels``, not to be changed, and its ``width`` and ``height`` as shown, in pixels."""

    pixels: Image.Image
    width: int
    height: int


@lru_cache(maxsize=2)  # a draft's photo is looked at by several, and opened once
def open_photo(data: bytes) -> OpenPhoto:
    """A photo as features and encoders see it: what :func:`decode_photo` gives for ``SEEN_SIDE``, and its whole size.

    Raises
    ------
    PhotoError
        As :func:`decode_photo`.
    """
    image = _open(data)
    width, height = image.size
    if _orientation(image) in (5, 6, 7, 8):  # lies on its side
        width, height = height, width
    return OpenPhoto(_pixels(image, SEEN_SIDE), width, height)


def map_photos(function: Callable[[bytes], T], photos: Sequence[bytes], doing: str) -> Iterator[T]:
    """``function`` of each photo, in order: several threads work, and a progress bar says what is being done."""
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        yield from tqdm(pool.map(function, photos), doing, total=len(photos), unit="photo", delay=2, disable=None)


_URL_SAFE = str.maketrans("-_", "+/")


def _open(data: bytes) -> Image.Image:
    if len(data) > MAX_BYTES:
        raise PhotoError(f"over {MAX_BYTES >> 20} MiB")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as error:
        raise PhotoError(_reason(error)) from error
    if image.width * image.height > MAX_PIXELS:
        raise PhotoError(_TOO_LARGE)
    return image


def _pixels(image: Image.Image, side: int | None) -> Image.Image:
    try:
        if side is not None:
            scale = side / max(image.size)
            image.draft(None, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        image.load()
        turned = _orientation(image) != 1
        image = _rgb(ImageOps.exif_transpose(image) if turned else image)
    except Exception as error:  # Pillow's plugins raise what they like on a broken file
        raise PhotoError(_reason(error)) from error
    image.info.clear()  # comments and profiles would follow the pixels into whatever is saved from them
    return image


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a broken EXIF block, which viewers pass over too
        return 1


_TOO_LARGE = f"declares more than {MAX_PIXELS // 10**6} million pixels"


def _reason(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return _TOO_LARGE
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image"
    if "truncated" in str(error) or isinstance(error, EOFError):
        return "cut short"
    return "damaged"


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits a pixel; Pillow would clip at 255
        grey = np.asarray(image).astype(np.int64) >> 8
        return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    return image.convert("RGB")
