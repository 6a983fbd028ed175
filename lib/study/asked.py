"""Which slow parts of a report are asked for in full."""

from __future__ import annotations

import os


def in_full(variable: str, does: str) -> bool:
    """Whether an environment variable is "full", which ``does`` what a report leaves out to save time.

    Raises
    ------
    ValueError
        If it is anything else but empty.
    """
    named = os.environ.get(variable, "")
    if named not in ("", "full"):
        raise ValueError(f"{variable}={named}: leave it empty, or {variable}=full {does}")
    return named == "full"
