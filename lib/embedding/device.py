"""The device torch computes on: choosing it, its number format, and moving batches there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import joblib
import numpy as np
import torch
from threadpoolctl import ThreadpoolController


def pick(wanted: str) -> str:
    """ "auto" is CUDA where there is one, else the CPU; anything else is checked and kept.

    Raises
    ------
    ValueError
        If it is no device, or CUDA is asked for and not there.
    """
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(wanted).type
    except RuntimeError as error:
        raise ValueError(f"{wanted!r} is no device: use 'auto', 'cpu', 'cuda' or 'cuda:1'") from error
    if kind not in ("cpu", "cuda"):
        raise ValueError(f"{wanted!r} isn't supported: use 'auto', 'cpu' or 'cuda'")
    if kind == "cuda" and (torch.device(wanted).index or 0) >= torch.cuda.device_count():
        raise ValueError(f"there is no {wanted!r} here, or this build of torch can't use it: use 'cpu'")
    return wanted


def number_format(device: str) -> str:
    """float32 on a CPU (bfloat16 is many times slower on most), else bfloat16, or float16 on older GPUs."""
    if device == "cpu":
        return "float32"
    with torch.cuda.device(device):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"


@contextmanager
def inference(device: str) -> Iterator[None]:
    """No gradients; on CUDA, matrix products and convolutions in the device's number format."""
    with torch.inference_mode():
        if device == "cpu":
            yield
        else:
            with torch.autocast("cuda", getattr(torch, number_format(device))):
                yield


def send(batch: torch.Tensor, device: str) -> torch.Tensor:
    """Move a batch there; to a GPU from pinned memory, without waiting."""
    return batch if device == "cpu" else batch.pin_memory().to(device, non_blocking=True)


def spread(forward: Callable[[list[Any]], np.ndarray]) -> Callable[[list[Any]], np.ndarray]:
    """On a CPU: run a batch in parts side by side, a thread a core.

    Threads that share one matrix product wait for each other in a loop. That costs a quarter of a quiet
    machine and nine tenths of a busy one; threads that have their own samples never wait.

    Parameters
    ----------
    forward
        From a list of samples to vectors (b, dim). Its libraries must be loaded by now.
    """
    libraries = ThreadpoolController()
    cores = joblib.cpu_count()

    def alone() -> None:
        torch.get_num_threads()  # torch sets a thread up at its first call, and would undo the next line
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
