"""One interface to every encoder."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from PIL import Image

from lib.posts import PhotoError, clean_text, open_photo
from lib.storage import digest

Forward = Callable[[list[Any]], np.ndarray]


class Encoder:
    """One interface to every model. :func:`lib.embedding.vectors.embed` does the batching, caching and resuming.

    Attributes
    ----------
    name
        Short, as readers see it.
    kind
        "text" or "photo".
    dim
        Length of a vector.
    licence
        Of the weights.
    source
        Where the weights come from.
    revision
        Which version of them.
    budget
        Most ``length`` in one batch, padding included, on a CPU and on CUDA.
    pads
        Whether the samples of a batch are padded to the longest of them.
    packages
        Whose versions the manifest records.
    """

    name: str
    kind: ClassVar[str]
    dim: int
    licence: str
    source: str
    revision: str
    budget: dict[str, int]
    pads: bool = False
    packages: tuple[str, ...] = ("numpy",)

    def content(self, item: Any) -> bytes | None:
        """What the encoder reads of an item, and tells it from others by; None where there is nothing."""
        raise NotImplementedError

    def prepare(self, content: bytes) -> Any:
        """Content made ready for a batch; runs in a worker thread. None if it cannot be read."""
        raise NotImplementedError

    def length(self, sample: Any) -> int:
        """Size of a prepared sample, in the unit of ``budget``."""
        return 1

    def device(self, wanted: str) -> str:
        """The device it runs on when ``wanted`` ("auto", "cpu", "cuda", "cuda:1"...) is asked for."""
        return "cpu"

    def dtype(self, device: str) -> str:
        """The number format it computes in."""
        return "float32"

    def on(self, device: str) -> Forward:
        """The model there, loaded once: from a list of samples to vectors (b, dim) float32."""
        loaded = self.__dict__.setdefault("_loaded", {})
        if device not in loaded:
            loaded[device] = self.load(device)
        return loaded[device]

    def load(self, device: str) -> Forward:
        """Load the model there."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Name, kind, dim, licence, source and revision, for a table or a manifest."""
        return {k: getattr(self, k) for k in ("name", "kind", "dim", "licence", "source", "revision")}

    def fingerprint(self, dtype: str | None = None) -> str:
        """Digest of all that the vectors depend on besides the items: weights, number format, code.

        Parameters
        ----------
        dtype
            The number format; unless given, that of the device which "auto" means here.
        """
        return digest(self.describe(), dtype or self.dtype(self.device("auto")), *self.code())

    def code(self) -> list[str]:
        """Source of what makes a vector of an item."""
        return [inspect.getsource(part) for part in type(self).__mro__[:-1]]

    def __repr__(self) -> str:
        return f"<{self.kind} encoder {self.name}: {self.dim} dimensions, {self.licence}, {self.source}>"


def is_missing(item: Any) -> bool:
    """Whether it stands for nothing: None, NaN or pandas' NA."""
    return item is None or (not isinstance(item, str | bytes) and bool(pd.isna(item)))


class TextEncoder(Encoder):
    """Texts are read as :func:`lib.posts.text.clean_text` leaves them."""

    kind = "text"

    def content(self, item: Any) -> bytes | None:
        if is_missing(item):
            return None
        if not isinstance(item, str):
            raise ValueError(f"a text must be a str or None, not {type(item).__name__}: {item!r:.60}")
        return clean_text(item).encode("utf-8", "replace") or None

    def prepare(self, content: bytes) -> Any:
        return content.decode()


class PhotoEncoder(Encoder):
    """Photos are told apart by their bytes. Batches travel as 8-bit pixels and are scaled on the device.

    Attributes
    ----------
    mean, std
        The network gets (pixel - mean) / std, per channel, pixels from 0 to 255.
    """

    kind = "photo"
    mean: Sequence[float]
    std: Sequence[float]

    def content(self, item: Any) -> bytes | None:
        if is_missing(item):
            return None
        if not isinstance(item, bytes):
            raise ValueError(f"a photo must be the bytes of an image file, or None, not {type(item).__name__}")
        return item or None

    def prepare(self, content: bytes) -> np.ndarray | None:
        try:
            return self.pixels(open_photo(content).pixels)
        except PhotoError:
            return None

    def pixels(self, image: Image.Image) -> np.ndarray:
        """What the network sees of an RGB image: (height, width, 3) uint8."""
        raise NotImplementedError

    def network(self) -> Any:
        """A torch module, in evaluation mode, from (b, 3, height, width) to what ``pool`` takes."""
        raise NotImplementedError

    def pool(self, output: Any) -> Any:
        """What the network returns, as vectors (b, dim)."""
        return output

    def code(self) -> list[str]:
        return [*super().code(), inspect.getsource(open_photo)]

    def device(self, wanted: str) -> str:
        from lib.embedding import device

        return device.pick(wanted)

    def dtype(self, device: str) -> str:
        from lib.embedding.device import number_format

        return number_format(device)

    def load(self, device: str) -> Forward:
        import torch

        from lib.embedding.device import inference, send, spread

        model = self.network().to(device, memory_format=torch.channels_last)
        mean, std = (torch.tensor(v, device=device).view(-1, 1, 1) for v in (self.mean, self.std))

        def forward(samples: list[np.ndarray]) -> np.ndarray:
            with inference(device):
                # The permuted view of (b, height, width, 3) is what torch calls channels-last.
                batch = send(torch.from_numpy(np.stack(samples)), device).permute(0, 3, 1, 2)
                return self.pool(model((batch.float() - mean) / std)).float().cpu().numpy()

        return forward if device != "cpu" else spread(forward)
