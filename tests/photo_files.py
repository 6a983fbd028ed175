"""Photos as files, made from nothing, for the tests."""

import io

import numpy as np
from PIL import Image


def encode(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves(size=(64, 48)):
    """A left half in red and a right half in blue: any turn shows."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return image


def blots(seed, size=(96, 64)):
    """Soft blots, different for every seed."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
