"""From a photo to the input of a vision model: what the model's image processor does, without torchvision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

MAX_ASPECT = 8  # a longer strip loses its ends before resizing, because the resized strip could fill the memory


@dataclass(frozen=True)
class Recipe:
    """The steps that prepare a photo: resize, crop, scale.

    Attributes
    ----------
    size
        (height, width) in pixels; None for no resizing.
    shortest
        Length of the shorter side after resizing, in pixels; used instead of ``size``.
    resample
        Pillow's number of the filter.
    crop
        (height, width) cut from the middle, padded with black where the photo is smaller; None for no cropping.
    mean, std
        The input of the model is (pixel - mean) / std for each channel, with pixels from 0 to 255.
    """

    size: tuple[int, int] | None
    shortest: int | None
    resample: int
    crop: tuple[int, int] | None
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, image: Image.Image) -> np.ndarray:
        """Pixels (height, width, 3) uint8 of an RGB photo, resized and cropped, not yet scaled."""
        width, height = image.size
        if self.shortest:
            short, long = sorted((width, height))
            if self.crop and long > MAX_ASPECT * short:
                keep = MAX_ASPECT * short
                left, top = max(0, (width - keep) // 2), max(0, (height - keep) // 2)
                image = image.crop((left, top, left + min(width, keep), top + min(height, keep)))
                long = keep
            long = int(self.shortest * long / short)
            size = (self.shortest, long) if width <= height else (long, self.shortest)
            image = image.resize(size, self.resample)
        elif self.size:
            image = image.resize((self.size[1], self.size[0]), self.resample)
        return self._cropped(np.asarray(image)) if self.crop else np.asarray(image)

    def _cropped(self, pixels: np.ndarray) -> np.ndarray:
        out = np.zeros((*self.crop, 3), np.uint8)
        # If an odd number of pixels is left over, a crop starts one pixel earlier: the rule of the image processors.
        source, target = [], []
        for have, want in zip(pixels.shape[:2], self.crop, strict=True):
            start = max(0, (have - want) // 2)
            at = max(0, -((have - want) // 2))
            length = min(have, want)
            source.append(slice(start, start + length))
            target.append(slice(at, at + length))
        out[tuple(target)] = pixels[tuple(source)]
        return out


def recipe(processor: Any) -> Recipe:
    """The recipe of a transformers image processor.

    Raises
    ------
    ValueError
        If the processor does something that a recipe can't express.
    """
    size, crop = (_sides(getattr(processor, name, None)) for name in ("size", "crop_size"))
    scale = processor.rescale_factor if getattr(processor, "do_rescale", False) else 1.0
    normal = getattr(processor, "do_normalize", False)
    mean, std = (processor.image_mean, processor.image_std) if normal else ((0.0,) * 3, (1.0,) * 3)
    shortest = size.get("shortest_edge")
    made = Recipe(
        size=(size["height"], size["width"]) if processor.do_resize and "height" in size else None,
        shortest=shortest if processor.do_resize else None,
        resample=int(processor.resample),
        crop=(crop["height"], crop["width"]) if getattr(processor, "do_center_crop", False) else None,
        mean=tuple(m / scale for m in mean),
        std=tuple(s / scale for s in std),
    )
    rng = np.random.default_rng(0)
    for shape in ((96, 141, 3), (37, 256, 3), (301, 120, 3)):
        image = Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8))
        theirs = np.asarray(processor(image, return_tensors="np")["pixel_values"][0])
        ours = (made(image) - np.array(made.mean)) / np.array(made.std)
        if theirs.shape != (3, *ours.shape[:2]) or np.abs(theirs.transpose(1, 2, 0) - ours).max() > 1e-2:
            raise ValueError(
                f"{type(processor).__name__} prepares photos in a way that isn't supported: "
                "choose a model whose processor resizes, crops and normalises"
            )
    return made


def _sides(size: Any) -> Mapping[str, int]:
    """The sides that are set; a processor keeps them in a mapping or in an object."""
    if not size:
        return {}
    return {key: value for key, value in dict(size).items() if value}
