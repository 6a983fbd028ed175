"""Fitted models as flat mappings of name to array: a form that is safe to store and to load, since no code is in it.

Parts of a model are told apart by a prefix, "design/photo vector/mean"; small settings travel as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


class ModelError(ValueError):
    """A saved model that can't be used or written; the message says which, why, and what to do."""


def under(name: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    """The arrays of a part, under its name."""
    return {f"{name}/{key}": values for key, values in arrays.items()}


def part(name: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    """What :func:`under` put there."""
    return {key.removeprefix(f"{name}/"): values for key, values in arrays.items() if key.startswith(f"{name}/")}


def pack(settings: Any) -> np.ndarray:
    """Anything that JSON can hold, as uint8 bytes of it."""
    return np.frombuffer(json.dumps(settings, ensure_ascii=False).encode(), np.uint8)


def unpack(values: np.ndarray) -> Any:
    """What :func:`pack` was given."""
    return json.loads(values.tobytes())
