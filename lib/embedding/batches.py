"""Batches that fit into memory: samples of similar length together; a batch that is too large is halved."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

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
        Whether the samples of a batch are padded to the longest sample. If so, a batch also ends before more than
        ``PADDING`` of the batch would be padding.
    """

    def __init__(self, forward: Forward, budget: int, most: int | None = None, pads: bool = True):
        self.forward = forward
        self.budget = budget
        self.most = most
        self.pads = pads

    def run(self, samples: Sequence[Any], lengths: Sequence[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions (b,) int and vectors (b, dim) of each batch; samples that are None are left out.

        Raises
        ------
        MemoryError
            If a single sample doesn't fit into the memory of the device.
        ArithmeticError
            If a vector isn't finite.
        """
        lengths = np.asarray(lengths)
        left = [i for i in np.argsort(-lengths, kind="stable") if samples[i] is not None]
        while left:
            size, cost = self._next(lengths[left])
            vectors = self._attempt([samples[i] for i in left[:size]])
            if vectors is not None:
                yield np.array(left[:size]), vectors
                left = left[size:]
            elif size > 1:
                self.budget = cost // 2
            else:
                raise MemoryError(
                    f"one item of length {cost} doesn't fit into the memory of the device: "
                    "free some, or choose a smaller encoder or device='cpu'"
                )

    def _next(self, lengths: np.ndarray) -> tuple[int, int]:
        """How many of the samples, longest first, make the next batch, and the length of that batch with padding."""
        real = np.cumsum(lengths)
        whole = lengths[0] * np.arange(1, len(lengths) + 1) if self.pads else real
        fits = (whole <= self.budget) & (real >= (1 - PADDING) * whole)
        size = min(max(1, int(fits.sum())), self.most or len(lengths))
        return size, int(whole[size - 1])

    def _attempt(self, batch: list[Any]) -> np.ndarray | None:
        try:
            vectors = self.forward(batch)
        except (MemoryError, RuntimeError) as error:
            if not _out_of_memory(error):
                raise
        else:
            if not np.isfinite(vectors).all():
                raise ArithmeticError("the encoder returned numbers that aren't finite: try device='cpu'")
            return vectors
        # After the except block, because inside it the traceback still holds the failed batch.
        if "torch" in sys.modules and sys.modules["torch"].cuda.is_available():
            sys.modules["torch"].cuda.empty_cache()
        return None


def _out_of_memory(error: Exception) -> bool:
    """Whether memory ran out: torch raises a RuntimeError then, and the message depends on the allocator."""
    messages = ("out of memory", "alloc_failed", "can't allocate memory")
    return isinstance(error, MemoryError) or any(message in str(error).lower() for message in messages)
