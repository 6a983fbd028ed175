"""Batches that fit into memory: samples of similar length together; a batch that is too large is halved."""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from lib.embedding.device import free_memory, out_of_memory
from lib.embedding.encoder import Forward

PADDING = 0.05  # the largest share of a batch that may be padding
AHEAD = 3  # full batches that a GPU computes, or that wait for it
MOST_AHEAD = 24  # batches, where they are smaller


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
        ``saturation`` also ends before more than ``PADDING`` of it would be padding. If not, and on a GPU, all samples
        have length 1, and a batch is filled up with its last sample.
    saturation
        The length of a batch below which the device idles, so that padding costs nothing.

    Attributes
    ----------
    repeated
        The number of batches that overflowed in the device's number format and were repeated in float32.
    """

    def __init__(self, forward: Forward, budget: int, most: int | None = None, pads: bool = True, saturation: int = 0):
        self.forward = forward
        self._on_card = hasattr(forward, "start")
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
        return self.stream([(samples, lengths)])

    def stream(
        self, parts: Iterable[tuple[Sequence[Any], Sequence[int]]], window: int = 1
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The same for samples and lengths that come in parts; positions count on from part to part.

        Parts are gathered to windows of at least so many samples, and samples meet in a batch within a window only. On
        a GPU a thread stacks and starts the next batches while the card computes, and the result of a batch is read
        only then; parts are gathered between two batches. It is one thread for all calls, and photos come in batches of
        one size, since cuDNN makes a plan for each thread and each size: 60 ms a layer on an H100. ::

            thread   stack 1, start 1, stack 2, start 2, stack 3, ...
            card                       compute 1,        compute 2, ...
            caller                               gather, read 1,   gather, read 2, ...
        """
        parts = iter(parts)
        samples: list[Any] = []  # of the next window
        costs: list[int] = []  # their lengths
        waiting: dict[int, Any] = {}  # samples by position
        left = lengths = np.array([], int)  # positions in a window and their lengths, longest first
        going: deque[tuple[np.ndarray, np.ndarray, int, Callable[[], np.ndarray]]] = deque()
        under_way = 0  # the total length of what is going

        def gather() -> bool:
            """Add a part to the next window, unless it is full or there is none."""
            if len(samples) >= window or (part := next(parts, None)) is None:
                return False
            samples.extend(part[0]), costs.extend(part[1])
            return True

        def windows() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            seen = 0
            while gather() or samples:
                while gather():
                    pass
                order = [i for i in np.argsort(-np.array(costs), kind="stable").tolist() if samples[i] is not None]
                at, long = np.array(order, int) + seen, np.array(costs)[order]
                waiting.update(zip(at.tolist(), [samples[i] for i in order], strict=True))
                seen += len(samples)
                samples.clear(), costs.clear()
                if order:
                    yield at, long

        coming = windows()
        while True:
            while not going or (self._on_card and under_way < AHEAD * self.budget and len(going) < MOST_AHEAD):
                if not left.size:
                    left, lengths = next(coming, (left, lengths))
                    total = lengths.sum()  # of the window
                if not left.size:
                    break
                size, cost = self._next(lengths)
                read = self._start([waiting[i] for i in left[:size].tolist()], cost)
                going.append((left[:size], lengths[:size], cost, read))
                under_way += cost
                left, lengths = left[size:], lengths[size:]
            if not going:
                return
            begun = total - lengths.sum()
            while self._on_card and len(samples) * total < window * begun and gather():
                pass  # the next window grows as this one shrinks, so that no batch waits long
            batch, sizes, cost, read = going.popleft()
            under_way -= cost
            found = self._attempt([waiting[i] for i in batch.tolist()], read)
            if not isinstance(found, Exception):
                yield batch, found
                for i in batch.tolist():
                    del waiting[i]
            elif cost > sizes[0]:
                self.budget = min(self.budget, cost // 2)
                left, lengths = np.concatenate([batch, left]), np.concatenate([sizes, lengths])
                order = np.lexsort((left, -lengths))
                left, lengths = left[order], lengths[order]
            else:
                raise MemoryError(
                    f"one item of length {cost} doesn't fit into the memory of the device: "
                    "free some, choose a smaller encoder, or compute on the CPU (device='cpu', DEVICE=cpu)"
                ) from found

    def _start(self, batch: list[Any], cost: int) -> Callable[[], np.ndarray]:
        """Begin a batch, on a GPU in the thread; returns what reads the result."""
        if not self._on_card:
            return lambda: self.forward(batch)
        more = [] if self.pads else batch[-1:] * (cost - len(batch))
        begun = _launcher().submit(self.forward.start, [*batch, *more])
        return lambda: begun.result()()[: len(batch)]

    def _next(self, lengths: np.ndarray) -> tuple[int, int]:
        """How many of the samples, longest first, make the next batch, and its length with all that fills it."""
        real = np.cumsum(lengths)
        whole = lengths[0] * np.arange(1, len(lengths) + 1) if self.pads else real
        fits = (whole <= self.budget) & ((real >= (1 - PADDING) * whole) | (whole < self.saturation + lengths[0]))
        size = min(max(1, int(fits.sum())), self.most or len(lengths))
        if self._on_card and not self.pads:
            return size, min(self.budget, self.most or self.budget)
        return size, int(whole[size - 1])

    def _attempt(self, batch: list[Any], read: Callable[[], np.ndarray]) -> np.ndarray | Exception:
        """The vectors of a batch, or the error that says that the batch doesn't fit."""
        try:
            return self._finite(batch, read())
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            failed = error.with_traceback(None)  # which holds the failed batch
        free_memory()
        return failed

    def _finite(self, batch: list[Any], vectors: np.ndarray) -> np.ndarray:
        if np.isfinite(vectors).all():
            return vectors
        exact = getattr(self.forward, "exact", None)
        vectors = vectors if exact is None else exact(batch)
        if not np.isfinite(vectors).all():
            raise ArithmeticError("the encoder returned numbers that aren't finite, in float32 too")
        self.repeated += 1
        return vectors


@functools.cache
def _launcher() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "launcher")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_launcher.cache_clear)  # a child has no such thread
