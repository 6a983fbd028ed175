"""From items to vectors: each distinct item once, in batches, on a device, kept on disk as it goes."""

from __future__ import annotations

import hashlib
import platform
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

from lib.embedding.encoder import Encoder, Forward
from lib.embedding.shards import Shards

SHARD = 256  # items computed between two writes to disk: what a killed run loses at most
PADDING = 0.1  # most padding in a batch, as a share of it


def embed(
    items: Sequence[Any],
    encoder: Encoder,
    *,
    device: str = "auto",
    batch_size: int | str = "auto",
    cache: str | Path | None = None,
) -> np.ndarray:
    """Vectors of texts or photos, a row an item, in their order.

    Equal items are computed once. Texts go longest first, so that batches hold little padding; photos are
    decoded by worker threads ahead of the device. A batch that doesn't fit into memory is halved. How items
    fall into batches changes a vector by rounding only (see ``bench/embedding.py`` for how much).

    Parameters
    ----------
    items
        Raw texts (str), or photos (the bytes of an image file). None, NaN, a text without a word and empty
        bytes are absent. Any sequence will do; items are fetched when needed, so it can be a lazy one.
    encoder
        From :func:`lib.embedding.catalogue.text_encoder` or :func:`lib.embedding.catalogue.photo_encoder`.
    device
        "auto" (CUDA if there is one), "cpu", "cuda", "cuda:1"...
    batch_size
        Most items in a batch; "auto" leaves it to the encoder's budget of tokens or photos.
    cache
        Folder that keeps the vectors. What is there is not computed again, and a run that was killed goes
        on where it stopped.

    Returns
    -------
    (n, dim) float32. A row of NaN where an item is absent or is a photo that can't be decoded;
    :func:`present` tells which.

    Raises
    ------
    ValueError
        If an item is neither, or an argument makes no sense.
    MemoryError
        If a single item doesn't fit into the memory of the device.
    """
    if batch_size != "auto" and not (isinstance(batch_size, int | np.integer) and batch_size >= 1):
        raise ValueError(f"batch_size must be 'auto' or a whole number from 1, not {batch_size!r}")
    if isinstance(items, str | bytes) or getattr(items, "ndim", 1) != 1:
        raise ValueError("items must be a sequence of texts or photos: put a single one into a list")
    if hasattr(items, "iloc"):  # a Series is indexed by its labels
        items = list(items)

    out = np.full((len(items), encoder.dim), np.nan, np.float32)
    row: dict[bytes, int] = {}  # where each distinct item comes first
    copies: list[tuple[int, int]] = []  # later places of an item, and its first
    sizes: dict[bytes, int] = {}
    kept: dict[bytes, bytes] = {}  # cleaned texts: small, and dearer to clean than to keep; photos aren't
    for i in range(len(items)):
        content = encoder.content(items[i])
        if content is None:
            continue
        key = hashlib.sha256(content).digest()
        if key in row:
            copies.append((i, row[key]))
            continue
        row[key], sizes[key] = i, len(content)
        if encoder.kind == "text":
            kept[key] = content
    device = encoder.device(device)
    dtype = encoder.dtype(device)

    store, todo = None, set(row)
    if cache is not None:
        store = _store(encoder, dtype, cache)
        for keys, vectors in store.read():
            wanted = [i for i, key in enumerate(keys) if key in row]
            out[[row[keys[i]] for i in wanted]] = vectors[wanted]
            todo.difference_update(keys)

    # Longest first. Ties go by key, so that no bit of the result depends on the order of the items.
    plan = sorted(todo, key=lambda key: (-sizes[key], key))
    if plan:
        run = _run(encoder, device, dtype, batch_size, len(plan))
        if store is not None:
            store.note(run)
        most = None if batch_size == "auto" else int(batch_size)
        distinct = (kept.get(key) or encoder.content(items[row[key]]) for key in plan)
        with tqdm(
            total=len(row), initial=len(row) - len(plan), desc=encoder.name, unit=f" {encoder.kind}s",
            delay=1, disable=None,
        ) as bar:  # fmt: skip
            encoder.on(device)  # loaded before the clock starts
            started = time.perf_counter()
            shards = _shards(distinct, len(plan), encoder, device, most, bar.update)
            for start, vectors in zip(range(0, len(plan), SHARD), shards, strict=True):
                keys = plan[start : start + SHARD]
                if store is not None:
                    store.write(keys, vectors)
                out[[row[key] for key in keys]] = vectors
        if store is not None:
            store.note(run | {"seconds": round(time.perf_counter() - started, 2)})

    again, first = np.array(copies, int).reshape(-1, 2).T
    out[again] = out[first]
    unread = int(np.isnan(out[[*row.values(), *again], 0]).sum())
    if unread:
        warnings.warn(f"{unread} {encoder.kind}s can't be read: their vectors are NaN", stacklevel=2)
    return out


def speed(encoder: Encoder, cache: str | Path, device: str = "auto") -> float | None:
    """Items a second in the largest noted run of an encoder that filled a cache; None if all had under ``SHARD``."""
    device = encoder.device(device)
    runs = _store(encoder, encoder.dtype(device), cache).runs()
    ended = [r for r in runs if r["device"] == device and r["to_compute"] >= SHARD and r.get("seconds")]
    largest = max(ended, key=lambda run: run["to_compute"], default=None)
    return largest and largest["to_compute"] / largest["seconds"]


class Batches:
    """Runs samples through a model in batches that fit into memory.

    Parameters
    ----------
    forward
        From a list of samples to vectors (b, dim).
    budget
        Most length in a batch, padding included. Halved each time a batch turns out too large.
    most
        Most samples in a batch, or None.
    pads
        Whether the samples of a batch are padded to the longest. A batch then also ends where more than
        ``PADDING`` of it would be padding.
    """

    def __init__(self, forward: Forward, budget: int, most: int | None = None, pads: bool = True):
        self.forward = forward
        self.budget = budget
        self.most = most
        self.pads = pads

    def run(self, samples: Sequence[Any], lengths: Sequence[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions (b,) and vectors (b, dim), batch by batch; samples that are None are left out."""
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
        """How many of the samples, longest first, make the next batch, and its length with padding."""
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
                raise ArithmeticError("the encoder gave numbers that aren't finite: try device='cpu'")
            return vectors
        # Out of the except block, so that the failed batch is no longer held by the traceback.
        if "torch" in sys.modules and sys.modules["torch"].cuda.is_available():
            sys.modules["torch"].cuda.empty_cache()
        return None


def _out_of_memory(error: Exception) -> bool:
    """torch tells a lack of memory by a RuntimeError: of its allocator, of the CUDA libraries, or of the CPU's."""
    told = ("out of memory", "alloc_failed", "can't allocate memory")
    return isinstance(error, MemoryError) or any(words in str(error).lower() for words in told)


def _shards(
    contents: Iterable[bytes],
    count: int,
    encoder: Encoder,
    device: str,
    most: int | None,
    report: Callable[[int], Any],
) -> Iterator[np.ndarray]:
    """Vectors of ``count`` contents, a shard at a time, in their order; NaN for those that can't be read."""
    batches = Batches(encoder.on(device), encoder.budget[device.split(":")[0]], most, encoder.pads)
    # Texts are prepared a shard at a time, to sort them by their tokens; photos just ahead of the device.
    chunk = SHARD if encoder.kind == "text" else min(SHARD, batches.budget, most or SHARD)
    workers = max(2, joblib.cpu_count())
    with ThreadPoolExecutor(workers) as pool:
        # In groups, two for each worker: handing over a single text costs as much as reading it.
        samples = _ahead(pool, encoder.prepare, contents, chunk, max(1, chunk // (2 * workers)))
        for start in range(0, count, SHARD):
            vectors = np.full((min(SHARD, count - start), encoder.dim), np.nan, np.float32)
            for first in range(0, len(vectors), chunk):
                part = list(islice(samples, min(chunk, len(vectors) - first)))
                lengths = [0 if sample is None else encoder.length(sample) for sample in part]
                for positions, found in batches.run(part, lengths):
                    vectors[first + positions] = found
                    report(len(positions))
            yield vectors


def _ahead(
    pool: ThreadPoolExecutor, prepare: Callable[[bytes], Any], contents: Iterable[bytes], window: int, size: int
) -> Iterator[Any]:
    """Prepared contents in order, ``size`` of them to a worker at a time, with at most ``window`` waiting."""
    contents, waiting = iter(contents), deque()
    while group := list(islice(contents, size)):
        waiting.append(pool.submit(lambda group: [prepare(content) for content in group], group))
        if len(waiting) * size > window:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def _store(encoder: Encoder, dtype: str, cache: str | Path) -> Shards:
    folder = f"{encoder.name}-{dtype}-{encoder.fingerprint(dtype)[:12]}"
    return Shards(Path(cache) / folder.replace("/", "--"), encoder.dim)


def _run(encoder: Encoder, device: str, dtype: str, batch_size: int | str, count: int) -> dict[str, Any]:
    """What a run is made with, for the manifest."""
    return {
        "started": datetime.now(UTC).isoformat(),
        "encoder": encoder.describe(),
        "device": device,
        "dtype": dtype,
        "batch_size": batch_size,
        "budget": encoder.budget[device.split(":")[0]],
        "seed": None,  # nothing is drawn at random
        "to_compute": count,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in encoder.packages},
    }
