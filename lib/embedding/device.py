"""The device that torch computes on: its choice, its number format, and how batches get there."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    import torch


def pick(wanted: str) -> str:
    """The device for ``wanted``: CUDA or else the CPU for "auto"; any other name is checked and returned.

    Raises
    ------
    ValueError
        If ``wanted`` is not the name of a device, or names a CUDA device that this machine doesn't have.
    """
    if wanted == "auto" and "torch" not in sys.modules and version("torch").endswith("+cpu"):
        return "cpu"  # without the import of torch, which takes seconds
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(wanted).type
    except RuntimeError as error:
        raise ValueError(f"{wanted!r} is not a device: use 'auto', 'cpu', 'cuda' or 'cuda:1'") from error
    if kind not in ("cpu", "cuda"):
        raise ValueError(f"{wanted!r} isn't supported: use 'auto', 'cpu' or 'cuda'")
    if kind == "cuda" and (torch.device(wanted).index or 0) >= torch.cuda.device_count():
        raise ValueError(f"there is no {wanted!r} here, or this build of torch can't use it: use 'cpu'")
    return wanted


def number_format(device: str) -> str:
    """float32 on a CPU (bfloat16 is many times slower on most CPUs), bfloat16 on a GPU, float16 on an older GPU."""
    if device == "cpu":
        return "float32"
    import torch

    with torch.cuda.device(device):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"


@contextmanager
def inference(device: str) -> Iterator[None]:
    """A context without gradients; on CUDA, matrix products and convolutions use the device's number format."""
    import torch

    with torch.inference_mode():
        if device == "cpu":
            yield
        else:
            with torch.autocast("cuda", getattr(torch, number_format(device))):
                yield


def send(batch: torch.Tensor, device: str) -> torch.Tensor:
    """Copy a batch to a device; a GPU reads from pinned memory, and the call doesn't wait for the copy."""
    return batch if device == "cpu" else batch.pin_memory().to(device, non_blocking=True)


def spread(forward: Callable[[list[Any]], np.ndarray]) -> Callable[[list[Any]], np.ndarray]:
    """A forward pass for a CPU: each core computes its own part of a batch, in one thread.

    Threads that share one matrix product wait for each other in a loop. That wastes a quarter of the processor on a
    quiet machine and nine tenths on a busy one. Threads with samples of their own never wait.

    Parameters
    ----------
    forward
        Maps a list of b samples to vectors (b, dim). The libraries it uses must be loaded already: only then can
        their threads be limited.
    """
    libraries = ThreadpoolController()
    cores = joblib.cpu_count()

    def alone() -> None:
        if "torch" in sys.modules:
            # torch sets a thread up at the first call, and would undo the next line
            sys.modules["torch"].get_num_threads()
        libraries.limit(limits=1, user_api="openmp")

    @functools.wraps(forward)
    def spread_forward(samples: list[Any]) -> np.ndarray:
        parts = [samples[i::cores] for i in range(min(cores, len(samples)))]
        with libraries.limit(limits=1, user_api="blas"), ThreadPoolExecutor(len(parts), initializer=alone) as pool:
            found = list(pool.map(forward, parts))
        out = np.empty((len(samples), found[0].shape[1]), np.float32)
        for i, vectors in enumerate(found):
            out[i::cores] = vectors
        return out

    return spread_forward
