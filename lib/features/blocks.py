"""Blocks of features."""

from __future__ import annotations

import numpy as np
import pandas as pd


def present(vectors: np.ndarray) -> np.ndarray:
    """Which rows of vectors (n, dim) belong to an item that is there and could be read: (n,) bool."""
    return ~np.isnan(vectors).any(axis=1)


def as_block(readable: pd.DataFrame, presence: str) -> np.ndarray:
    """Readable features as a block (n, dim) float32: counts on a log scale, NaN where the column ``presence`` is 0."""
    values = readable.drop(columns=presence)
    return np.where(readable[[presence]] == 1, np.sign(values) * np.log1p(values.abs()), np.nan).astype(np.float32)
