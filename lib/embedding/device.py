"""The device that torch computes on: its choice, its number format, and how batches get there."""

from __future__ import annotations

import functools
import gc
import os
import subprocess
import sys
import warnings
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


def pick(wanted: str | torch.device) -> str:
    """The device for ``wanted`` under its one name: "cpu", or "cuda:" and the number of the card.

    "auto" stands for the device that the variable ``DEVICE`` names; without the variable for the CUDA card with most
    free memory, if there is one that works, else for the CPU.

    Raises
    ------
    ValueError
        If ``wanted`` is not the name of a device, or names a CUDA card that is not there or doesn't work.
    """
    wanted = str(wanted)
    if wanted == "auto":
        wanted = os.environ.get("DEVICE") or "auto"
    if wanted == "cpu" or (wanted == "auto" and "torch" not in sys.modules and version("torch").endswith("+cpu")):
        return "cpu"  # without the import of torch, which takes seconds
    import torch

    if wanted == "auto":
        return _free_card() if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ValueError(f"{wanted!r} is not a device: use 'auto', 'cpu', 'cuda' or 'cuda:1'") from error
    if device.type == "cpu":
        return "cpu"
    if device.type != "cuda":
        raise ValueError(f"{wanted!r} isn't supported, only CUDA cards are: use 'auto', 'cpu' or 'cuda'")
    if not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"there is no {wanted!r} here, or this build of torch can't use it: use 'cpu'")
    card = f"cuda:{torch.cuda.current_device() if device.index is None else device.index}"
    fault = _fault(card)
    if fault:
        raise ValueError(f"{card!r} doesn't work ({fault}): use 'cpu'")
    return card


@functools.cache  # a run stays on its card, however full the card gets
def _free_card() -> str:
    """The CUDA card with most free memory; the CPU, with a warning, if this card doesn't work."""
    import torch

    free = _free_memory()
    numbers = range(torch.cuda.device_count())
    card = f"cuda:{max(numbers, key=lambda i: free.get(_uuid(i), 0))}"
    fault = _fault(card)
    if fault:
        warnings.warn(f"the GPU {card} doesn't work ({fault}): computing on the CPU", stacklevel=3)
    return "cpu" if fault else card


def _uuid(number: int) -> str:
    import torch

    return str(getattr(torch.cuda.get_device_properties(number), "uuid", number))


def _free_memory() -> dict[str, int]:
    """Free memory by the cards' UUIDs, in MiB, from the driver's tool: torch would open a context on each card."""
    try:
        command = ["nvidia-smi", "--query-gpu=uuid,memory.free", "--format=csv,noheader,nounits"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    rows = [line.split(",") for line in said.splitlines()]
    return {row[0].strip().removeprefix("GPU-"): int(row[1]) for row in rows if row[1:] and row[1].strip().isdigit()}


@functools.cache
def _fault(card: str) -> str:
    """Why a card can't compute, such as a build of torch that has no kernels for it; "" if it can."""
    import torch

    try:
        torch.ones(8, 8, device=card).mm(torch.ones(8, 8, device=card)).sum().item()
    except RuntimeError as error:
        return str(error).strip().partition("\n")[0]
    return ""


def describe(device: str) -> dict[str, str | int]:
    """Facts about a CUDA card for the record of a run: name, capability, memory in bytes, CUDA; {} for the CPU."""
    if device == "cpu":
        return {}
    import torch

    card = torch.cuda.get_device_properties(device)
    capability = f"{card.major}.{card.minor}"
    return {"card": card.name, "capability": capability, "memory": card.total_memory, "cuda": torch.version.cuda}


def room(device: str) -> int:
    """Bytes of a card's memory that are free, less a gigabyte for others."""
    import torch

    return max(0, torch.cuda.mem_get_info(device)[0] - 2**30)


def number_format(device: str) -> str:
    """float32 on a CPU (bfloat16 is many times slower on most CPUs), bfloat16 on a GPU, float16 on an older GPU."""
    if device == "cpu":
        return "float32"
    import torch

    with torch.cuda.device(device):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: torch raises a RuntimeError then, and the message depends on the library that failed.

    A library may also fail for another reason with one of these messages; a smaller batch then fails too.
    """
    return isinstance(error, MemoryError) or any(message in str(error).lower() for message in _NO_MEMORY)


_NO_MEMORY = (
    *("out of memory", "alloc_failed", "allocation_failed", "can't allocate memory"),
    *("cublas_status_not_initialized", "cudnn_status_not_initialized", "cudnn_status_not_supported"),
    "unable to find an engine to execute this computation",
)


def free_memory() -> None:
    """Give back what networks that nobody uses hold; torch itself doesn't, even when memory runs out."""
    gc.collect()
    if "torch" in sys.modules and sys.modules["torch"].cuda.is_available():
        sys.modules["torch"].cuda.empty_cache()


@contextmanager
def inference(device: str, exact: bool = False) -> Iterator[None]:
    """A context without gradients; on CUDA, matrix products and convolutions use the device's number format.

    If ``exact``, they use float32, and no shorter format within it. Attention isn't left to cuDNN, which makes a new
    plan for each new shape of a batch: 45 ms on an H100, and texts come in many shapes.
    """
    import torch

    if device == "cpu":
        with torch.inference_mode():
            yield
        return
    from torch.nn.attention import SDPBackend, sdpa_kernel

    kernels = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    if exact:
        numbers = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    else:
        numbers = torch.autocast("cuda", getattr(torch, number_format(device)))
    with torch.inference_mode(), sdpa_kernel(kernels), numbers:
        yield


def in_formats(network: torch.nn.Module, again: Callable[[], torch.nn.Module], device: str) -> Callable[[bool], Any]:
    """The network for a pass of :func:`inference`, by its argument ``exact``.

    On a card the weights of matrix products and convolutions are cast to the card's number format here: autocast would
    cast them in each pass, to the same numbers. The first exact pass loads the network ``again``.
    """
    if device == "cpu":
        return lambda exact: network
    import torch

    cast = torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d
    parts = [*network.modules()]
    shared = {id(values) for part in parts if not isinstance(part, cast) for values in part.parameters(recurse=False)}
    for part in parts:
        if isinstance(part, cast) and not shared & {*map(id, part.parameters())}:
            part.to(getattr(torch, number_format(device)))
    whole = functools.cache(again)
    return lambda exact: whole() if exact else network


def empty(shape: tuple[int, ...], dtype: torch.dtype, device: str) -> torch.Tensor:
    """A batch to be filled and sent to a device: a GPU reads from pinned memory, which torch uses again and again."""
    import torch

    return torch.empty(shape, dtype=dtype, pin_memory=device != "cpu")


def send(batch: torch.Tensor, device: str) -> torch.Tensor:
    """Copy a batch of :func:`empty` to a device; the call doesn't wait for the copy."""
    return batch if device == "cpu" else batch.to(device, non_blocking=True)


def fetch(result: torch.Tensor) -> Callable[[], np.ndarray]:
    """Begin to copy a result from a card; returns what waits for the copy and gives the array."""
    import torch

    if result.device.type == "cpu":
        return result.numpy
    copy = torch.empty(result.shape, dtype=result.dtype, pin_memory=True)
    copy.copy_(result, non_blocking=True)
    done = torch.cuda.Event()
    done.record(torch.cuda.current_stream(result.device))

    def read() -> np.ndarray:
        done.synchronize()
        return copy.numpy()

    return read


def in_flight(start: Callable[..., Callable[[], np.ndarray]]) -> Callable[[list[Any]], np.ndarray]:
    """A forward pass for a GPU from a function that starts one and returns what reads its result.

    The attribute ``start`` is that function, and ``exact`` the forward pass in float32.
    """

    def forward(samples: list[Any]) -> np.ndarray:
        return start(samples)()

    forward.start = start
    forward.exact = lambda samples: start(samples, exact=True)()
    return forward


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

    @functools.wraps(forward, updated=())  # without what starts a batch on a card
    def spread_forward(samples: list[Any]) -> np.ndarray:
        parts = [samples[i::cores] for i in range(min(cores, len(samples)))]
        with libraries.limit(limits=1, user_api="blas"), ThreadPoolExecutor(len(parts), initializer=alone) as pool:
            found = list(pool.map(forward, parts))
        out = np.empty((len(samples), found[0].shape[1]), np.float32)
        for i, vectors in enumerate(found):
            out[i::cores] = vectors
        return out

    return spread_forward
