"""From items to vectors: each distinct item is embedded once, in batches, and its vector is kept on disk."""

from __future__ import annotations

import hashlib
import platform
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain, islice
from operator import length_hint
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

from lib.embedding.batches import Batches
from lib.embedding.device import describe
from lib.embedding.encoder import Encoder
from lib.embedding.shards import Shards

SHARD = 256  # items whose vectors are given to the writer together
WINDOW = 8192  # texts that a GPU sorts by their number of tokens, so that most of its batches are full
STEP = 128  # texts of a window that are gathered at once, between two batches of a GPU
FEW = 32  # photos that are read for a GPU at once


def embed(
    items: Sequence[Any],
    encoder: Encoder,
    *,
    device: str = "auto",
    batch_size: int | str = "auto",
    cache: str | Path | None = None,
    exact: bool = False,
) -> np.ndarray:
    """Vectors of texts or photos, one row for each item, in the order of the items.

    Equal items are embedded once. The longest texts come first, so that batches hold little padding; worker threads
    decode photos ahead of the device. On a GPU without vectors on disk, items are read while it computes, some thousand
    texts or some photos ahead: texts are sorted among these, and an item that is refused may be met late. A batch that
    doesn't fit into memory is halved. The grouping of items into batches changes a vector by rounding only
    (``bench/embedding.py`` measures by how much).

    Parameters
    ----------
    items
        Raw texts (str), or photos (the bytes of an image file). None, NaN, empty bytes, and a text that is empty after
        cleaning are absent. Items are fetched when they are needed, so the sequence can be a lazy one.
    encoder
        From :func:`lib.embedding.text_encoder` or :func:`lib.embedding.photo_encoder`.
    device
        "auto" (the variable ``DEVICE``, else CUDA if this machine has it), "cpu", "cuda", "cuda:1"...
    batch_size
        The largest number of items in a batch; with "auto" only the encoder's budget limits a batch.
    cache
        Folder that keeps the vectors. A vector in this folder is not computed again, and a run that was killed
        continues where it stopped, but for the last seconds (:data:`lib.embedding.shards.PAUSE`).
    exact
        Whether a GPU computes in float32, as a CPU does: slower, but the vectors are the same but for rounding, and
        both devices keep them in one place.

    Returns
    -------
    (n, dim) float32. A row is NaN where an item is absent or is a photo that can't be decoded.

    Raises
    ------
    ValueError
        If an item has the wrong type, or an argument is invalid.
    MemoryError
        If a single item, or the model, doesn't fit into the memory of the device. With "auto", a model that doesn't fit
        on a GPU is run on the CPU, with a warning.
    ArithmeticError
        If the encoder returns numbers that aren't finite. A batch that overflows in a GPU's number format is repeated
        in float32, with a warning.
    """
    if batch_size != "auto" and not (isinstance(batch_size, int | np.integer) and batch_size >= 1):
        raise ValueError(f"batch_size must be 'auto' or a whole number from 1, not {batch_size!r}")
    if isinstance(items, str | bytes) or getattr(items, "ndim", 1) != 1:
        raise ValueError("items must be a sequence of texts or photos: put a single item into a list")
    if hasattr(items, "iloc"):  # a Series would be indexed by its labels
        items = list(items)

    out = np.empty((len(items), encoder.dim), np.float32)  # memory comes as it is filled, while a GPU computes
    plan = _Plan(items, encoder)
    wanted, device = device, encoder.device(device)
    dtype = "float32" if exact else encoder.dtype(device)
    store = None if cache is None else _store(encoder, dtype, cache)
    if device != "cpu" and (store is None or store.empty()):
        blocks, done = plan.blocks(), 0
    else:
        block, known = plan.read(len(items)), set()
        for keys, vectors in store.read() if store else ():
            inside = [i for i, key in enumerate(keys) if key in plan.row]
            out[[plan.row[keys[i]] for i in inside]] = vectors[inside]
            known.update(keys[i] for i in inside)
        block = [entry for entry in block if entry[1] not in known]
        blocks, done = [block], len(plan.row) - len(block)
    contents = plan.contents(blocks)
    head = next(contents, None)
    if head is not None:
        try:
            forward = encoder.on(device)  # before the clock starts
        except MemoryError as error:
            if wanted != "auto" or device == "cpu":
                raise
            warnings.warn(f"{error}; computing on the CPU", stacklevel=2)
            del plan, blocks, contents  # which hold contents
            return embed(items, encoder, device="cpu", batch_size=batch_size, cache=cache)
        run = _run(encoder, device, dtype, batch_size, plan.most() - done)
        if store is not None:
            store.note(run)
        most = None if batch_size == "auto" else int(batch_size)
        with tqdm(
            total=plan.most(), initial=done, desc=encoder.name, unit=f" {encoder.kind}s", delay=1, disable=None
        ) as bar:  # fmt: skip
            forward = forward.exact if exact and device != "cpu" else forward
            batches = Batches(forward, run["budget"], most, encoder.pads, 0 if device == "cpu" else encoder.saturation)
            if device != "cpu":  # the first batch takes seconds on a GPU
                sample = encoder.prepare(head)
                _ = [] if sample is None else list(batches.run([sample], [encoder.length(sample)]))
            started, at = time.perf_counter(), 0
            with store.writer() if store else nullcontext() as write:
                for vectors in _windows(chain([head], contents), encoder, batches, device != "cpu", bar.update):
                    keys = plan.order[at : at + len(vectors)]
                    at += len(vectors)
                    bar.total = plan.most()
                    out[[plan.row[key] for key in keys]] = vectors
                    if write is not None:
                        write(keys, vectors)
        if store is not None:
            seconds = round(time.perf_counter() - started, 2)
            store.note(run | {"to_compute": at, "seconds": seconds, "repeated": batches.repeated})
        if batches.repeated:
            warnings.warn(
                f"{batches.repeated} batches of {encoder.kind}s overflowed in {dtype} and were computed in float32",
                stacklevel=2,
            )

    again, first = np.array(plan.copies, int).reshape(-1, 2).T
    out[again] = out[first]
    absent = np.ones(len(items), bool)
    absent[[*plan.row.values(), *again]] = False
    out[absent] = np.nan
    unread = int(np.isnan(out[~absent, 0]).sum())
    if unread:
        warnings.warn(f"{unread} {encoder.kind}s can't be read: their vectors are NaN", stacklevel=2)
    return out


def speed(encoder: Encoder, cache: str | Path, device: str = "auto") -> float | None:
    """Items per second in an encoder's largest recorded run on a device, a GPU of the same name as this machine's.

    Only finished runs of ``SHARD`` items or more count; without such a run the speed is None.
    """
    device = encoder.device(device)
    card, here = describe(device).get("card"), device.split(":")[0]
    runs = _store(encoder, encoder.dtype(device), cache).runs()
    ended = [r for r in runs if r["to_compute"] >= SHARD and r.get("seconds")]
    ended = [r for r in ended if r["device"].split(":")[0] == here and r.get("card") == card]
    largest = max(ended, key=lambda run: run["to_compute"], default=None)
    return largest and largest["to_compute"] / largest["seconds"]


class _Plan:
    """The distinct items of a sequence, in the order in which they are computed.

    Attributes
    ----------
    row
        The first row of each distinct item that was read, by its key, the digest of its content.
    copies
        Each later row of an item, and its first row.
    order
        The keys of the contents that were asked for.
    """

    def __init__(self, items: Sequence[Any], encoder: Encoder):
        self.items, self.encoder = items, encoder
        self.row: dict[bytes, int] = {}
        self.copies: list[tuple[int, int]] = []
        self.order: list[bytes] = []
        self._kept: dict[bytes, bytes] = {}  # contents: of all photos they may be too large for memory
        self._keep = encoder.kind == "text"
        self._left = iter(range(len(items)))

    def most(self) -> int:
        """The number of distinct items that were read, and of all that weren't: there are no more to compute."""
        return len(self.row) + length_hint(self._left)

    def read(self, most: int) -> list[tuple[int, bytes]]:
        """The next ``most`` items that aren't absent or read before: their sizes, negative, and keys.

        Sorted, so the longest come first. Ties are ordered by key: if all are read at once, no bit depends on the
        order of the items.
        """
        new: list[tuple[int, bytes]] = []
        while len(new) < most and (i := next(self._left, None)) is not None:
            content = self.encoder.content(self.items[i])
            if content is None:
                continue
            key = hashlib.sha256(content).digest()
            if key in self.row:
                self.copies.append((i, self.row[key]))
                continue
            self.row[key] = i
            new.append((-len(content), key))
            if self._keep:
                self._kept[key] = content
        return sorted(new)

    def blocks(self) -> Iterator[list[tuple[int, bytes]]]:
        """Items as they come, some at a time, so that a GPU needn't wait until all are read."""
        self._keep = True
        while block := self.read(STEP if self.encoder.kind == "text" else FEW):
            yield block

    def contents(self, blocks: Iterable[list[tuple[int, bytes]]]) -> Iterator[bytes]:
        for block in blocks:
            for _, key in block:
                self.order.append(key)
                yield self._kept.pop(key, None) or self.encoder.content(self.items[self.row[key]])


def _windows(
    contents: Iterable[bytes], encoder: Encoder, batches: Batches, gpu: bool, report: Callable[[int], Any]
) -> Iterator[np.ndarray]:
    """Vectors of contents in order, a window at a time; NaN for contents that can't be read."""
    # Texts are prepared a window at a time, to sort them by their number of tokens; photos just ahead of the device.
    window = WINDOW if gpu and encoder.pads else SHARD
    ahead = window if encoder.kind == "text" else min(SHARD, batches.budget, batches.most or SHARD)
    chunk = min(ahead, STEP)
    workers = max(2, joblib.cpu_count())
    ready: dict[int, np.ndarray] = {}  # vectors by the number of the window
    missing: Counter[int] = Counter()  # how many contents of a window are prepared and have no vector yet
    prepared = given = 0

    def parts(samples: Iterator[Any]) -> Iterator[tuple[list[Any], list[int]]]:
        nonlocal prepared
        while part := list(islice(samples, chunk)):
            absent = [sample is None for sample in part]
            missing.update(((prepared + np.flatnonzero(~np.array(absent))) // window).tolist())
            prepared += len(part)
            report(sum(absent))
            yield part, [0 if sample is None else encoder.length(sample) for sample in part]

    def complete(rows: int) -> Iterator[np.ndarray]:
        """The windows that are done, of at least so many rows."""
        nonlocal given
        while prepared - given * window >= rows and not missing[given]:
            vectors = ready.pop(given) if given in ready else _absent(window, encoder.dim)
            yield vectors[: prepared - given * window]
            given += 1

    with ThreadPoolExecutor(workers) as pool:
        # In groups, two for each worker: to hand over a single text costs as much as to read it.
        size = max(1, min(STEP, ahead // (2 * workers)))
        samples = _ahead(pool, encoder.prepare_all, contents, size, 2 * workers)
        for positions, found in batches.stream(parts(samples), ahead):
            for number in np.unique(positions // window).tolist():
                inside = positions // window == number
                if number not in ready:
                    ready[number] = _absent(window, encoder.dim)
                ready[number][positions[inside] - number * window] = found[inside]
                missing[number] -= int(inside.sum())
            report(len(positions))
            yield from complete(window)
        yield from complete(1)


def _absent(rows: int, dim: int) -> np.ndarray:
    return np.full((rows, dim), np.nan, np.float32)


def _ahead(
    pool: ThreadPoolExecutor, prepare: Callable[[list[bytes]], Any], contents: Iterable[bytes], size: int, groups: int
) -> Iterator[Any]:
    """Prepared contents in order; a worker gets ``size`` contents at a time, and at most so many ``groups`` wait."""
    contents, waiting = iter(contents), deque()
    while group := list(islice(contents, size)):
        waiting.append(pool.submit(prepare, group))
        if len(waiting) > groups:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def _store(encoder: Encoder, dtype: str, cache: str | Path) -> Shards:
    return Shards(Path(cache) / folder_name(encoder, dtype), encoder.dim)


def folder_name(encoder: Encoder, dtype: str) -> str:
    """The name of a folder for an encoder's vectors in a number format: others have others."""
    return f"{encoder.name}-{dtype}-{encoder.fingerprint(dtype)[:12]}".replace("/", "--")


def _run(encoder: Encoder, device: str, dtype: str, batch_size: int | str, count: int) -> dict[str, Any]:
    """The settings and versions of a run, for the manifest."""
    return {
        "started": datetime.now(UTC).isoformat(),
        "encoder": encoder.describe(),
        "device": device,
        "dtype": dtype,
        "batch_size": batch_size,
        "budget": encoder.limit(device),
        "seed": None,  # nothing is drawn at random
        "to_compute": count,
        **describe(device),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in encoder.packages},
    }
