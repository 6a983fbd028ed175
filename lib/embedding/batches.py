"""Batches that fit into memory: samples of similar length together; a batch that is too large is halved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from lib.embedding.device import free_memory, out_of_memory
from lib.embedding.encoder import Forward

PADDING = 0.1  # the largest share of a batch that may be padding


class Batches:
    """Runs samples through a model in batches that fit into memory.

    Parameters
    ----------
    forward
        Maps a list of b samples to vectors (b, dim).
    budget
        The largest total length of a batch, padding included. The budget is lowered to half the length of each batch
        that doesn't fit.
    most
        The largest number of samples in a batch, or None for no such limit.
    pads
        Whether the samples of a batch are padded to the longest sample. If so, a batch that is longer than
        ``saturation`` also ends before more than ``PADDING`` of it would be padding.
    saturation
        The length of a batch below which the device idles, so that padding costs nothing.

    Attributes
    ----------
    repeated
        The number of batches that overflowed in the device's number format and were repeated in float32.
    """

    def __init__(self, forward: Forward, budget: int, most: int | None = None, pads: bool = True, saturation: int = 0):
        self.forward = forward
        self.budget = budget
        self.most = most
        self.pads = pads
        self.saturation = saturation
        self.repeated = 0

    def run(self, samples: Sequence[Any], lengths: Sequence[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions (b,) int and vectors (b, dim) of each batch; samples that are None are left out.

        Raises
        ------
        MemoryError
            If a single sample doesn't fit into the memory of the device.
        ArithmeticError
            If a vector isn't finite in float32 either.
        """
        lengths = np.asarray(lengths)
        left = [i for i in np.argsort(-lengths, kind="stable") if samples[i] is not None]
        while left:
            size, cost = self._next(lengths[left])
            found = self._attempt([samples[i] for i in left[:size]])
            if not isinstance(found, Exception):
                yield np.array(left[:size]), found
                left = left[size:]
            elif size > 1:
                self.budget = cost // 2
            else:
                raise MemoryError(
                    f"one item of length {cost} doesn't fit into the memory of the device: "
                    "free some, choose a smaller encoder, or compute on the CPU (device='cpu', DEVICE=cpu)"
                ) from found

    def _next(self, lengths: np.ndarray) -> tuple[int, int]:
        """How many of the samples, longest first, make the next batch, and the length of that batch with padding."""
        real = np.cumsum(lengths)
        whole = lengths[0] * np.arange(1, len(lengths) + 1) if self.pads else real
        fits = (whole <= self.budget) & ((real >= (1 - PADDING) * whole) | (whole < self.saturation + lengths[0]))
        size = min(max(1, int(fits.sum())), self.most or len(lengths))
        return size, int(whole[size - 1])

    def _attempt(self, batch: list[Any]) -> np.ndarray | Exception:
        """The vectors of a batch, or the error that says that the batch doesn't fit."""
        try:
            return self._finite(batch)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            failed = error.with_traceback(None)  # which holds the failed batch
        free_memory()
        return failed

    def _finite(self, batch: list[Any]) -> np.ndarray:
        vectors = self.forward(batch)
        if np.isfinite(vectors).all():
            return vectors
        exact = getattr(self.forward, "exact", None)
        vectors = vectors if exact is None else exact(batch)
        if not np.isfinite(vectors).all():
            raise ArithmeticError("the encoder returned numbers that aren't finite, in float32 too")
        self.repeated += 1
        return vectors
