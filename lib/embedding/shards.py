"""Vectors on disk: small files, each written whole or not at all, each named by the digest of its content."""

from __future__ import annotations

import hashlib
import io
import json
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from lib.storage import FileError, digest, make_folder, not_kept, write_whole

PAUSE = 0.5  # seconds between two writes; a killed run loses what came within as long and what waits for the disk
STALE = 600  # seconds after which no running process writes to a partial file any more


class Shards:
    """The vectors of one encoder in one number format.

    A shard is a ``.npy`` table with the columns ``key`` (32 bytes, digest of an item) and ``vector``
    (dim float32). The name of the file is the SHA-256 of its content, so that damage is detected, and two runs that
    compute the same shard write the same file. If the folder can't be written, a warning says so and nothing is kept.
    """

    def __init__(self, folder: Path, dim: int):
        self.folder = folder
        self.row = np.dtype([("key", "V32"), ("vector", "<f4", (dim,))])
        self.manifest = folder / "manifest.json"
        try:
            make_folder(folder)
        except FileError as error:
            not_kept(folder, error)
        with suppress(OSError):
            for partial in folder.glob("*.partial"):
                if time.time() - partial.stat().st_mtime > STALE:
                    partial.unlink(missing_ok=True)

    def empty(self) -> bool:
        """Whether the folder holds no vectors yet."""
        return not any(self.folder.glob("*.npy"))

    def read(self) -> Iterator[tuple[list[bytes], np.ndarray]]:
        """Keys (m,) and vectors (m, dim) of every intact shard; a damaged shard is deleted with a warning."""
        for path in sorted(self.folder.glob("*.npy")):
            data = b""
            with suppress(OSError):
                data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != path.stem:
                warnings.warn(f"{path} is damaged: its vectors are computed again", stacklevel=3)
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                continue
            table = np.load(io.BytesIO(data), allow_pickle=False)
            yield [bytes(key) for key in table["key"]], table["vector"]

    def write(self, keys: list[bytes], *vectors: np.ndarray) -> None:
        """Write a shard.

        Parameters
        ----------
        keys
            m digests of 32 bytes.
        vectors
            One or more arrays (.., dim) float32, of m rows together.
        """
        table = np.empty(len(keys), self.row)
        table["key"] = np.array(keys, "V32")
        np.concatenate(vectors, out=table["vector"])
        buffer = io.BytesIO()
        np.save(buffer, table, allow_pickle=False)
        data = buffer.getvalue()
        self._write(self.folder / f"{hashlib.sha256(data).hexdigest()}.npy", data)

    @contextmanager
    def writer(self) -> Iterator[Callable[[list[bytes], np.ndarray], None]]:
        """A function like :meth:`write` that doesn't wait for the disk and gathers shards for ``PAUSE`` seconds.

        What was gathered is written at the end, also after an error.
        """
        keys: list[bytes] = []
        parts: list[np.ndarray] = []
        last, going = time.monotonic(), None

        def flush() -> None:
            nonlocal last, going
            _ = going and going.result()
            going = thread.submit(self.write, keys.copy(), *parts) if parts else None
            keys.clear(), parts.clear()
            last = time.monotonic()

        def write(more: list[bytes], vectors: np.ndarray) -> None:
            keys.extend(more), parts.append(vectors)
            if time.monotonic() - last >= PAUSE:
                flush()

        with ThreadPoolExecutor(1) as thread:
            try:
                yield write
            finally:
                flush()
                _ = going and going.result()

    def note(self, run: dict[str, Any]) -> None:
        """Write the record of a run into ``manifest.json``; it replaces an earlier record of the same run."""
        others = [other for other in self.runs() if other.get("started") != run["started"]]
        self._write(self.manifest, _manifest([*others, run]))

    def runs(self) -> list[dict[str, Any]]:
        """The records of earlier runs, the latest last; only a finished run has "seconds"."""
        if not self.manifest.exists():
            return []
        try:
            data = self.manifest.read_bytes()
            runs = json.loads(data)["runs"]
            if data == _manifest(runs):
                return runs
        except (OSError, ValueError, KeyError, TypeError):
            pass
        warnings.warn(f"{self.manifest} is damaged: the speeds in it are not used", stacklevel=2)
        return []

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_whole(path, data)
        except FileError as error:
            not_kept(self.folder, error)


def _manifest(runs: list[dict[str, Any]]) -> bytes:
    """The content of ``manifest.json``: the records of runs with their digest, so that damage is detected."""
    return json.dumps({"runs": runs, "digest": digest(json.dumps(runs))}, ensure_ascii=False, indent=1).encode()
