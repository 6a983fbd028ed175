"""The interface of every encoder, and what all text encoders and all photo encoders share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from PIL import Image

from lib.embedding.device import free_memory, out_of_memory
from lib.posts import PhotoError, clean_bytes, open_photo
from lib.storage import code_digest, digest

# Maps a list of b samples to vectors (b, dim) float32. On a GPU it is of :func:`lib.embedding.device.in_flight`.
Forward = Callable[[list[Any]], np.ndarray]


class Encoder:
    """The interface of every encoder. :func:`lib.embedding.embed` does the batching, caching and resuming.

    Attributes
    ----------
    name
        Short name, shown to readers.
    kind
        "text" or "photo".
    dim
        Length of a vector.
    licence
        Licence of the weights.
    source
        Where the weights come from.
    revision
        Version of the weights.
    budget
        The largest total ``length`` of a batch, padding included, by device: "cpu" and "cuda".
    pads
        Whether the samples of a batch are padded to the longest sample.
    saturation
        The length of a batch below which a GPU idles.
    packages
        Packages whose versions the manifest records.
    tunable
        Whether the weights can be trained further: see :class:`lib.embedding.transformer.HubText`.
    """

    name: str
    kind: ClassVar[str]
    dim: int
    licence: str
    source: str
    revision: str
    budget: dict[str, int]
    pads: bool = False
    saturation: int = 0
    packages: tuple[str, ...] = ("numpy",)
    tunable: ClassVar[bool] = False

    def content(self, item: Any) -> bytes | None:
        """The bytes that the encoder reads of an item, equal for equal items; None if the item is absent."""
        raise NotImplementedError

    def prepare(self, content: bytes) -> Any:
        """A sample: content made ready for a batch, in a worker thread. None if the content can't be read."""
        raise NotImplementedError

    def prepare_all(self, contents: list[bytes]) -> list[Any]:
        """The samples of several contents."""
        return [self.prepare(content) for content in contents]

    def length(self, sample: Any) -> int:
        """Length of a prepared sample, in the unit of ``budget``."""
        return 1

    def limit(self, device: str) -> int:
        """The largest total length of a batch on a device, as it is now."""
        return self.budget[device.split(":")[0]]

    def device(self, wanted: str) -> str:
        """The device that the encoder runs on if the caller wants "auto", "cpu", "cuda", "cuda:1"..."""
        return "cpu"

    def dtype(self, device: str) -> str:
        """The number format of the computation on a device."""
        return "float32"

    def on(self, device: str) -> Forward:
        """The model on a device, loaded once: it maps a list of b samples to vectors (b, dim) float32.

        Raises
        ------
        MemoryError
            If it doesn't fit into the memory of the device, also after networks that nobody uses are given back.
        """
        loaded = self.__dict__.setdefault("_loaded", {})
        if device not in loaded:
            loaded[device] = self._loaded_or_refused(device)
        return loaded[device]

    def _loaded_or_refused(self, device: str) -> Forward:
        for _ in range(2):
            try:
                return self.load(device)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                failed = error.with_traceback(None)  # which holds what was loaded
            free_memory()
        raise MemoryError(
            f"{self.name} doesn't fit into the memory of {device}: "
            "free some, choose a smaller encoder, or compute on the CPU (device='cpu', DEVICE=cpu)"
        ) from failed

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_loaded"}  # another process loads it

    def release(self) -> None:
        """Give back the memory of the model; the next use loads it again."""
        self.__dict__.pop("_loaded", None)
        free_memory()

    def load(self, device: str) -> Forward:
        """Load the model onto a device."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Name, kind, dim, licence, source and revision, for a table or a manifest."""
        return {k: getattr(self, k) for k in ("name", "kind", "dim", "licence", "source", "revision")}

    def fingerprint(self, dtype: str | None = None) -> str:
        """Digest of everything besides the items that the vectors depend on: weights, number format, code.

        Parameters
        ----------
        dtype
            The number format; by default that of the device that "auto" stands for on this machine.
        """
        return digest(self.describe(), dtype or self.dtype(self.device("auto")), *self.code())

    def code(self) -> list[str]:
        """The code that turns an item into a vector, as source text or as a digest."""
        return [inspect.getsource(part) for part in type(self).__mro__[:-1]]

    def __repr__(self) -> str:
        return f"<{self.kind} encoder {self.name}: {self.dim} dimensions, {self.licence}, {self.source}>"


def is_missing(item: Any) -> bool:
    """Whether an item is None, NaN or pandas' NA."""
    return item is None or (not isinstance(item, str | bytes) and bool(pd.isna(item)))


class TextEncoder(Encoder):
    """An encoder of texts. It reads a text as :func:`lib.posts.clean_text` returns it."""

    kind = "text"

    def content(self, item: Any) -> bytes | None:
        if is_missing(item):
            return None
        if not isinstance(item, str):
            raise ValueError(f"a text must be a str or None, not {type(item).__name__}: {item!r:.60}")
        return clean_bytes(item) or None

    def prepare(self, content: bytes) -> Any:
        return content.decode()


class PhotoEncoder(Encoder):
    """An encoder of photos. Batches go to the device as 8-bit pixels and are scaled there.

    Attributes
    ----------
    mean, std
        The input of the network is (pixel - mean) / std for each channel, with pixels from 0 to 255.
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
        """The input of the network, before scaling, for an RGB photo: (height, width, 3) uint8."""
        raise NotImplementedError

    def network(self) -> Any:
        """A torch module in evaluation mode: it maps (b, 3, height, width) to the input of ``pool``."""
        raise NotImplementedError

    def pool(self, output: Any) -> Any:
        """Vectors (b, dim) from the output of the network."""
        return output

    def code(self) -> list[str]:
        return [*super().code(), code_digest(open_photo)]

    def device(self, wanted: str) -> str:
        from lib.embedding import device

        return device.pick(wanted)

    def dtype(self, device: str) -> str:
        from lib.embedding.device import number_format

        return number_format(device)

    def load(self, device: str) -> Forward:
        import torch

        from lib.embedding.device import empty, fetch, in_flight, in_formats, inference, send, spread

        def again() -> Any:
            return self.network().to(device, memory_format=torch.channels_last)

        model = in_formats(again(), again, device)
        mean, std = (torch.tensor(v, device=device).view(-1, 1, 1) for v in (self.mean, self.std))

        def start(samples: list[np.ndarray], exact: bool = False) -> Callable[[], np.ndarray]:
            batch = empty((len(samples), *samples[0].shape), torch.uint8, device)
            np.stack(samples, out=batch.numpy())
            with inference(device, exact):
                # The permuted view of (b, height, width, 3) is what torch calls channels-last.
                pixels = send(batch, device).permute(0, 3, 1, 2).float()
                return fetch(self.pool(model(exact)((pixels - mean) / std)).float())

        forward = in_flight(start)
        return forward if device != "cpu" else spread(forward)
