"""How the loops are compiled.

numba keeps what it compiled by the file of the function alone. So a loop may call others of its own file only, and
take no constant from another: a change there would go unseen. A test holds the files to that.
"""

from __future__ import annotations

from collections.abc import Callable

import numba


def jit(function: Callable, fastmath: tuple[str, ...] = ("contract",)) -> Callable:
    """Compile on first use, once per machine; per process where no cache directory can be written."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": set(fastmath)}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # "no locator available": neither the package nor the home directory is writable
        return numba.njit(**options)(function)


def jit_inline(function: Callable) -> Callable:
    """As `jit`, pasted into its callers, whose loops can then take several rows at a time."""
    return numba.njit(nogil=True, error_model="numpy", fastmath={"contract"}, forceinline=True)(function)


def jit_sums(function: Callable) -> Callable:
    """As `jit`, for plain sums over rows, whose order may be changed to add several at a time."""
    return jit(function, ("contract", "reassoc", "nsz"))
