"""Photos: from an untrusted field to RGB pixels."""

from __future__ import annotations

import binascii
import io
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar
from urllib.parse import unquote

import numpy as np
from PIL import ExifTags, Image, ImageOps
from tqdm import tqdm

T = TypeVar("T")

MAX_BYTES = 32 * 2**20
MAX_PIXELS = 50_000_000  # what the header declares; 50 Mpx are 150 MB of RGB
SEEN_SIDE = 1024  # features and encoders get a larger JPEG at a reduced scale, whose longer side is at least this
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")

# Pillow warns of sizes above its own limit, which is above MAX_PIXELS. As an error, the warning becomes a PhotoError.
warnings.filterwarnings("ignore", module=r"PIL\.")  # of a broken EXIF block, which viewers ignore too
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class PhotoError(ValueError):
    """A photo that can't be used; the message is one of a few short reasons."""


def photo_bytes(field: str) -> bytes:
    """Bytes of a photo from a CSV field.

    The field is base64 in the plain or the URL-safe alphabet, with or without padding. It may be folded into lines,
    stand in quotes, start with ``data:image/...;base64,``, be written as Python's ``b'...'``, have ``\\/`` for ``/`` as
    in JSON, or ``%2B`` for ``+`` as in a link. If every ``+`` became a space, the spaces become ``+`` again, but only
    where that is certain.

    Raises
    ------
    PhotoError
        If the field is not base64, or too large.
    """
    text = field.strip()
    if len(text) > _MAX_CHARACTERS:
        raise PhotoError(f"over {MAX_BYTES >> 20} MiB")
    if text[:1] == "b":
        text = text[1:] if text[1:2] in ("'", '"') and text[-1:] == text[1:2] else text
    for _ in range(3):
        if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
            text = text[1:-1].strip()
    if text[:5].lower() == "data:":
        head, _, text = text.partition(",")
        if not head.lower().endswith(";base64"):
            raise PhotoError("not base64")
        text = text.strip()
    elif text[:8].lower().startswith(("http://", "https://")):
        raise PhotoError("a link, not the photo itself")
    if text[:2] in ("\\x", "0x"):
        raise PhotoError("hexadecimal digits, not base64")
    if "\\" in text:
        text = _ESCAPED.sub(lambda escape: _ESCAPES[escape[0].lower()], text)
    if "%" in text:
        text = unquote(text)
    text = "".join(_LINE_BREAK.split(text)).translate(_URL_SAFE)
    if " " in text:
        text = _without_spaces(text)
    text = text.rstrip("=")
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except ValueError:  # binascii.Error, or a character that is not ASCII
        raise PhotoError("not base64") from None


def _without_spaces(text: str) -> str:
    """Base64 in which spaces stand where a line was folded, or in place of every ``+``.

    Raises
    ------
    PhotoError
        If it isn't certain which; the wrong choice would give wrong pixels.
    """
    lines = text.split(" ")
    width = len(lines[0])
    folded = width % 4 == 0 and all(len(line) == width for line in lines[1:-1]) and len(lines[-1]) <= width
    possible = ["".join(lines)] if folded else []
    # A few spaces can be at equal distances by chance; many show that lines were folded, maybe with + lost as well.
    if "+" not in text and not any(_folded(text, width, len(text) // (width + 1)) for width in range(4, len(text))):
        possible.append("+".join(lines))
    possible = [each for each in possible if _whole(each)]
    if len(possible) == 1:
        return possible[0]
    raise PhotoError("spaces in the base64, where + may have been")


def _folded(text: str, width: int, breaks: int) -> bool:
    """Whether there is a space after each ``width`` characters, and more often than by chance."""
    return text[width] == " " and (breaks > 2 or width in _WIDTHS) and set(text[width :: width + 1]) == {" "}


def _whole(text: str) -> bool:
    """Whether base64 has a length that is possible."""
    return len(text) % 4 == 0 if text.endswith("=") else len(text) % 4 != 1


def decode_photo(data: bytes, side: int | None = None) -> Image.Image:
    """Pixels of a photo as a viewer shows it.

    Of an animation, the first frame is used. The photo is turned by its EXIF orientation, transparent parts are drawn
    over white, and 16-bit and CMYK pixels become 8-bit RGB. Colour profiles are not applied. The size that the header
    declares is checked before anything is decoded.

    Parameters
    ----------
    data : bytes
        Content of a file in one of ``FORMATS``.
    side : int, optional
        The longer side needed, in pixels. A larger JPEG is decoded at 1/2, 1/4 or 1/8 of its size if the result is
        still at least this large, which is several times faster.

    Returns
    -------
    PIL.Image.Image
        Of mode RGB.

    Raises
    ------
    PhotoError
        If `data` isn't such a file, is damaged or cut short, has more than ``MAX_BYTES``, or declares more than
        ``MAX_PIXELS``.
    """
    return _pixels(_open(data), side)


@dataclass(frozen=True)
class OpenPhoto:
    """A decoded photo: its RGB ``pixels``, not to be changed, and its ``width`` and ``height`` as shown, in pixels."""

    pixels: Image.Image
    width: int
    height: int


@lru_cache(maxsize=2)  # the features and the encoders of a draft open the same photo
def open_photo(data: bytes) -> OpenPhoto:
    """A photo as features and encoders see it: pixels decoded for ``SEEN_SIDE``, and the size of the whole photo.

    Raises
    ------
    PhotoError
        See :func:`decode_photo`.
    """
    image = _open(data)
    width, height = image.size
    pixels = _pixels(image, SEEN_SIDE)
    if _orientation(image) in (5, 6, 7, 8):  # lies on its side; asked of a PNG that isn't decoded, it hides damage
        width, height = height, width
    return OpenPhoto(pixels, width, height)


def map_photos(function: Callable[[bytes], T], photos: Sequence[bytes], doing: str) -> Iterator[T]:
    """Yield ``function(photo)`` for each photo, in order. Several threads work, and a progress bar shows ``doing``."""
    with photo_threads() as pool:
        yield from tqdm(pool.map(function, photos), doing, total=len(photos), unit="photo", delay=2, disable=None)


def photo_threads() -> ThreadPoolExecutor:
    """Threads that decode photos: Pillow leaves Python's lock while it decodes."""
    return ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1))


_MAX_CHARACTERS = MAX_BYTES * 4 // 3 + 2**20  # with line breaks and a prefix
_URL_SAFE = str.maketrans("-_", "+/")
_ESCAPES = {"\\/": "/", "\\n": "\n", "\\r": "\r", '\\"': "", "\\u002b": "+", "\\u002f": "/", "\\u003d": "="}
_ESCAPED = re.compile("|".join(map(re.escape, _ESCAPES)), re.IGNORECASE)
_WIDTHS = (60, 64, 72, 76)  # of the lines that encoders write
_LINE_BREAK = re.compile(r"[\r\n\t]+")


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
    except Exception as error:  # on a broken file Pillow's plugins may raise anything
        raise PhotoError(_reason(error)) from error
    image.info.clear()  # else comments and profiles would be saved with the pixels
    return image


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a broken EXIF block: viewers ignore it too
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
