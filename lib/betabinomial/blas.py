"""Threads of a fit: one for BLAS, because the matrices are small, and a core for each of several responses."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

T = TypeVar("T")

_lock = threading.Lock()
_holders = 0
_limiter = None


@cache
def _pools():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread while any fit runs in this process; the last fit to end restores the setting."""
    global _holders, _limiter
    with _lock:
        if _holders == 0:
            _limiter = _pools().limit(limits=1, user_api="blas")
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _limiter.restore_original_limits()


def each_response(fit: Callable[[int], T], number: int) -> list[T]:
    """``fit(j)`` for each of so many responses j, on as many threads as there are cores."""
    with one_blas_thread():
        if number == 1:
            return [fit(0)]
        with ThreadPoolExecutor(min(number, _cores())) as pool:
            return list(pool.map(fit, range(number)))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
