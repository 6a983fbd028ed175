"""Decorators that compile the loops.

numba's cache on disk is keyed by the file of the function alone. A compiled function may therefore call functions and
use constants of its own file only, because numba would not notice a change in another file.
A test enforces this rule.
"""

from __future__ import annotations

from collections.abc import Callable

import numba


def jit(function: Callable, fastmath: tuple[str, ...] = ("contract",)) -> Callable:
    """Compile on first use, once per machine, or once per process if no cache directory can be written."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": set(fastmath)}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # "no locator available": neither the package nor the home directory is writable
        return numba.njit(**options)(function)


def jit_inline(function: Callable) -> Callable:
    """Compile as `jit` and inline into every caller, so that the caller's loops can be vectorised."""
    return numba.njit(nogil=True, error_model="numpy", fastmath={"contract"}, forceinline=True)(function)


def jit_sums(function: Callable) -> Callable:
    """Compile as `jit`, for plain sums over rows; the compiler may reorder the terms to vectorise the sum."""
    return jit(function, ("contract", "reassoc", "nsz"))
