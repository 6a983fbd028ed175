"""One function over many shards, in order: in processes of this machine, or on a Ray cluster.

A function and its shards go to the workers, and results come back, so all three must be small and picklable: paths and
receipts, not posts or vectors. A worker computes in one thread. If a worker dies, its shards are given to another; an
exception of the function is raised.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

import joblib


class EngineError(ValueError):
    """The workers can't do their work; the message says why and what to do."""


TRIES = 3  # how often a shard may be under way when a worker dies

# Of libraries that start a thread for each core, and of joblib, which counts the cores.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT", "NUMBA_NUM_THREADS"), "1"
)


def in_processes(work: Callable[[Any], Any], shards: Sequence[Any], workers: int | None = None) -> Iterator[Any]:
    """The results of ``work`` for each shard, in order.

    Parameters
    ----------
    workers
        Number of processes; by default one for each core.

    Raises
    ------
    EngineError
        If processes died ``TRIES`` times without a result in between: too little memory is the usual cause.
    """
    left, tries = list(shards), TRIES
    while left:
        pool = ProcessPoolExecutor(workers or joblib.cpu_count(), _Spawned(), _end_with_parent)
        try:
            for result in pool.map(work, tuple(left)):
                yield result
                del left[0]
                tries = TRIES
        except BrokenProcessPool:
            tries -= 1
            if not tries:
                message = (
                    f"processes died {TRIES} times at {left[0]}: there may be too little memory, try fewer workers"
                )
                raise EngineError(message) from None
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes that are started inside have one thread."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


class _Spawned(SpawnContext):
    """Processes with one thread each, whenever the pool starts them."""

    class Process(SpawnProcess):
        def start(self) -> None:
            with _one_thread():
                super().start()


def _end_with_parent() -> None:
    """A process ends when the one that started it does."""

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def on_ray(
    work: Callable[[Any], Any],
    shards: Sequence[Any],
    workers: int | None = None,
    address: str | None = None,
    gpus: float = 0,
) -> Iterator[Any]:
    """As :func:`in_processes`, by Ray Data: one actor for each worker. Needs the extra ``cluster``.

    Parameters
    ----------
    address
        Of a running cluster, such as "auto" or "ray://head:10001"; by default a cluster of this machine's cores, which
        ends with the last result.
    gpus
        GPUs of each actor.

    Raises
    ------
    EngineError
        If Ray isn't installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        from ray.data import ActorPoolStrategy, DataContext
    except ImportError as error:
        raise EngineError(f"{error}; pip install -e '.[cluster]' adds Ray") from None
    ours = not ray.is_initialized()
    if ours and address:
        ray.init(address, log_to_driver=False, runtime_env={"env_vars": _ONE_THREAD})
    elif ours:  # Ray doesn't start workers with a runtime environment where the path of Python has a space
        with _one_thread():
            ray.init(log_to_driver=False, include_dashboard=False)
    DataContext.get_current().enable_progress_bars = False
    workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    packed = [{"at": at, "shard": pickle.dumps(shard)} for at, shard in enumerate(shards)]
    try:
        # An actor takes half a processor: if actors took all, the tasks that read would wait for them for ever.
        rows = ray.data.from_items(packed, override_num_blocks=max(1, len(packed))).map(
            _Actor,
            fn_constructor_args=(pickle.dumps(work),),
            compute=ActorPoolStrategy(size=min(workers, max(1, len(packed)))),
            num_cpus=0.5,
            **({"num_gpus": gpus} if gpus else {}),
        )
        ready: dict[int, Any] = {}
        given = 0
        for row in rows.iter_rows():
            ready[row["at"]] = row["result"]
            while given in ready:
                yield pickle.loads(ready.pop(given))
                given += 1
    finally:
        if ours:
            ray.shutdown()


class _Actor:
    def __init__(self, work: bytes):
        self.work = pickle.loads(work)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"at": row["at"], "result": pickle.dumps(self.work(pickle.loads(row["shard"])))}
