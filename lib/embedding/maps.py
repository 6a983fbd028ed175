"""Photos for networks that are trained further: pixels, and the feature maps that enter a network's last blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from lib.embedding.encoder import Forward
from lib.embedding.packaged import Lite0Photo, Thumbnail

if TYPE_CHECKING:
    from torch import nn


class Lite0Maps(Lite0Photo):
    """The feature maps of EfficientNet-Lite0 after its first ``BLOCKS`` blocks, one after the other: (192, 7, 7)."""

    name = "efficientnet-lite0-maps"
    BLOCKS = 15  # of 16
    shape = (192, 7, 7)
    dim = 192 * 7 * 7

    def network(self) -> Any:
        return split(super().network(), self.BLOCKS)[0]

    def pool(self, output: Any) -> Any:
        return output.flatten(1)

    def tail(self) -> nn.Sequential:
        """The layers from the maps to the last feature maps, which can be trained."""
        return split(super().network(), self.BLOCKS)[1]


class Lite0Pixels(Lite0Photo):
    """The photos as EfficientNet-Lite0 sees them, for training all of its layers."""

    shape = (3, 224, 224)

    def tail(self) -> nn.Sequential:
        """All layers of the network."""
        return split(super().network(), 0)[1]


class SmallPixels(Thumbnail):
    """The photo resized to 64 x 64 pixels, for a network without any pretrained weights."""

    name = "small-pixels"
    shape = (3, 64, 64)
    dim = 64 * 64 * 3

    def pixels(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image.resize((64, 64), Image.Resampling.BOX))

    def load(self, device: str) -> Forward:
        return lambda samples: super(SmallPixels, self).load(device)([pixels.transpose(2, 0, 1) for pixels in samples])


def split(network: Any, blocks: int) -> tuple[nn.Sequential, nn.Sequential]:
    """An EfficientNet before and after a number of blocks, the latter with gradients."""
    from torch import nn

    first, rest = nn.Sequential(network.stem, *network.blocks[:blocks]), [*network.blocks[blocks:], network.head]
    if blocks == 0:
        first, rest = nn.Sequential(), [network.stem, *rest]
    return first.eval(), nn.Sequential(*rest).requires_grad_(True)
