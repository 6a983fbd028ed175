"""Fitted models as flat mappings from names to arrays. Such a mapping holds no code, so loading it is safe.

The name of an array starts with the part of the model it belongs to: "design/photo_vector/mean". Small settings are
stored as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


class ModelError(ValueError):
    """A saved model can't be used or written; the message says which, why, and what to do."""


def under(name: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    """The arrays of a part, with the part's name before theirs: "mean" becomes "design/mean"."""
    return {f"{name}/{key}": values for key, values in arrays.items()}


def part(name: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    """The arrays of a part, by their own names: the inverse of :func:`under`."""
    return {key.removeprefix(f"{name}/"): values for key, values in arrays.items() if key.startswith(f"{name}/")}


def pack(settings: Any) -> np.ndarray:
    """Settings as JSON, in a uint8 array of UTF-8 bytes.

    Raises
    ------
    TypeError
        If JSON can't hold the settings.
    """
    return np.frombuffer(json.dumps(settings, ensure_ascii=False).encode(), np.uint8)


def unpack(values: np.ndarray) -> Any:
    """The settings in an array that :func:`pack` made."""
    return json.loads(values.tobytes())
