"""From items to vectors: each distinct item is embedded once, in batches, and its vector is kept on disk."""

from __future__ import annotations

import hashlib
import platform
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

from lib.embedding.batches import Batches
from lib.embedding.encoder import Encoder
from lib.embedding.shards import Shards

SHARD = 256  # items computed between two writes to disk; a killed run loses at most this many


def embed(
    items: Sequence[Any],
    encoder: Encoder,
    *,
    device: str = "auto",
    batch_size: int | str = "auto",
    cache: str | Path | None = None,
) -> np.ndarray:
    """Vectors of texts or photos, one row for each item, in the order of the items.

    Equal items are embedded once. The longest texts come first, so that batches hold little padding; worker threads
    decode photos ahead of the device. A batch that doesn't fit into memory is halved. The grouping of items into
    batches changes a vector by rounding only (``bench/embedding.py`` measures by how much).

    Parameters
    ----------
    items
        Raw texts (str), or photos (the bytes of an image file). None, NaN, empty bytes, and a text that is empty after
        cleaning are absent. Items are fetched when they are needed, so the sequence can be a lazy one.
    encoder
        From :func:`lib.embedding.text_encoder` or :func:`lib.embedding.photo_encoder`.
    device
        "auto" (CUDA if this machine has it), "cpu", "cuda", "cuda:1"...
    batch_size
        The largest number of items in a batch; with "auto" only the encoder's budget limits a batch.
    cache
        Folder that keeps the vectors. A vector in this folder is not computed again, and a run that was killed
        continues where it stopped.

    Returns
    -------
    (n, dim) float32. A row is NaN where an item is absent or is a photo that can't be decoded.

    Raises
    ------
    ValueError
        If an item has the wrong type, or an argument is invalid.
    MemoryError
        If a single item doesn't fit into the memory of the device.
    ArithmeticError
        If the encoder returns numbers that aren't finite.
    """
    if batch_size != "auto" and not (isinstance(batch_size, int | np.integer) and batch_size >= 1):
        raise ValueError(f"batch_size must be 'auto' or a whole number from 1, not {batch_size!r}")
    if isinstance(items, str | bytes) or getattr(items, "ndim", 1) != 1:
        raise ValueError("items must be a sequence of texts or photos: put a single item into a list")
    if hasattr(items, "iloc"):  # a Series would be indexed by its labels
        items = list(items)

    out = np.full((len(items), encoder.dim), np.nan, np.float32)
    row: dict[bytes, int] = {}  # the first row of each distinct item
    copies: list[tuple[int, int]] = []  # each later row of an item, and the first row
    sizes: dict[bytes, int] = {}
    kept: dict[bytes, bytes] = {}  # cleaned texts only: they are small, and cleaning is slow
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

    # Longest first. Ties are ordered by key, so that no bit of the result depends on the order of the items.
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
            encoder.on(device)  # load the model before the clock starts
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
    """Items per second in an encoder's largest recorded run on a device.

    Only finished runs of ``SHARD`` items or more count; without such a run the speed is None.
    """
    device = encoder.device(device)
    runs = _store(encoder, encoder.dtype(device), cache).runs()
    ended = [r for r in runs if r["device"] == device and r["to_compute"] >= SHARD and r.get("seconds")]
    largest = max(ended, key=lambda run: run["to_compute"], default=None)
    return largest and largest["to_compute"] / largest["seconds"]


def _shards(
    contents: Iterable[bytes],
    count: int,
    encoder: Encoder,
    device: str,
    most: int | None,
    report: Callable[[int], Any],
) -> Iterator[np.ndarray]:
    """Vectors of ``count`` contents in order, one shard at a time; NaN for contents that can't be read."""
    batches = Batches(encoder.on(device), encoder.budget[device.split(":")[0]], most, encoder.pads)
    # Texts are prepared a shard at a time, to sort them by their number of tokens; photos just ahead of the device.
    chunk = SHARD if encoder.kind == "text" else min(SHARD, batches.budget, most or SHARD)
    workers = max(2, joblib.cpu_count())
    with ThreadPoolExecutor(workers) as pool:
        # In groups, two for each worker: to hand over a single text costs as much as to read it.
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
    """Prepared contents in order; a worker gets ``size`` contents at a time, and at most ``window`` of them wait."""
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
    """The settings and versions of a run, for the manifest."""
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
