"""Blocks of features as the columns of a regression: scaled, rotated, with absence as a column of its own.

Features are a mapping of block name to an (n, dim) float array; a row of NaN says that the post has none
(no photo, no text). Absence enters the models as an indicator of its own, never as a vector of zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from lib.storage import Arrays, pack, part, under, unpack

Features = Mapping[str, np.ndarray]

ROWS_PER_COMPONENT = 5
CONSTANT = 1e-10  # variance of a feature that counts as none, as a share of the block's largest
LEAST_VARIANCE = 1e-6  # of a component, as a share of the first one's: below is rounding


def present(vectors: np.ndarray) -> np.ndarray:
    """Which rows of vectors (n, dim) belong to an item that is there and could be read: (n,) bool."""
    return ~np.isnan(vectors).any(axis=1)


@dataclass(frozen=True)
class Block:
    """How a block of features becomes columns.

    Attributes
    ----------
    mean, scale
        (dim,) that standardise it.
    axes, variance
        (dim, c) leading principal axes of the standardised block and its variance along them (c,); of no column
        (dim, 0) where it isn't rotated.
    has_absent
        Whether some post lacked it when the design was fitted, so that absence is a column.
    """

    mean: np.ndarray
    scale: np.ndarray
    axes: np.ndarray
    variance: np.ndarray
    has_absent: bool

    @property
    def width(self) -> int:
        """Columns it makes, that of absence aside."""
        return self.axes.shape[1] or len(self.mean)

    def transform(self, values: np.ndarray) -> np.ndarray:
        """(n, dim) features, without NaN, as (n, width) columns."""
        standard = (values - self.mean) / self.scale
        return standard @ self.axes if self.axes.shape[1] else standard


class Design:
    """Turns feature blocks into the columns of a regression.

    A block is standardised, and a wide one rotated onto its leading principal components: ``components`` of them, but
    no more than one per ``ROWS_PER_COMPONENT`` posts that have the block. A post that lacks it gets the block's mean,
    and a 1 in the block's absence column.
    """

    def __init__(self, components: int = 100):
        self.components = components

    def fit(self, features: Features) -> Design:
        self.blocks_ = {}
        for name, values in features.items():
            there = present(values)
            if there.sum() < 2:
                continue  # a feed without this block at all
            scaler = StandardScaler().fit(values[there])
            # What never varied but by rounding says nothing, however far a new post is from it.
            scale = np.where(scaler.var_ > CONSTANT * scaler.var_.max(), scaler.scale_, np.inf)
            axes, variance = np.empty((values.shape[1], 0)), np.empty(0)
            wanted = min(self.components, max(1, int(there.sum()) // ROWS_PER_COMPONENT))
            if values.shape[1] > wanted:
                found = PCA(wanted, svd_solver="covariance_eigh").fit((values[there] - scaler.mean_) / scale)
                axes, variance = found.components_.T, np.maximum(found.explained_variance_, np.finfo(float).tiny)
                kept = variance >= LEAST_VARIANCE * variance[0]
                axes, variance = axes[:, kept], variance[kept]
            self.blocks_[name] = Block(scaler.mean_, scale, axes, variance, not there.all())
        return self

    def transform(self, features: Features) -> np.ndarray:
        """(n, p) float64 with a leading column of ones."""
        rows = len(next(iter(features.values())))
        columns = [np.ones((rows, 1))]
        for name, block in self.blocks_.items():
            values = features[name]
            there = present(values)
            filled = np.zeros((rows, block.width))
            filled[there] = block.transform(values[there])
            columns.append(filled)
            if block.has_absent:
                columns.append(~there[:, None] * 1.0)
        return np.hstack(columns)

    def penalties(self) -> np.ndarray:
        """(p,) relative penalty of each column as :func:`lib.betabinomial.distribution.fit_regression` takes it.

        That is the ridge penalty on the standardised features: a component is shrunk the more the less of the
        block's variance it carries, with 1 for the block's first component. A block that was not rotated has ones.
        """
        parts = [np.zeros(1)]
        for block in self.blocks_.values():
            if len(block.variance):
                parts.append(block.variance[0] / block.variance)
            else:
                parts.append(np.ones(block.width))
            parts.append(np.ones(int(block.has_absent)))
        return np.concatenate(parts)

    def arrays(self) -> Arrays:
        """The fitted design in the form of :mod:`lib.storage.arrays`."""
        absent = {name: block.has_absent for name, block in self.blocks_.items()}
        stored = {"settings": pack({"components": self.components, "has_absent": absent})}
        for name, block in self.blocks_.items():
            stored |= under(name, {key: getattr(block, key) for key in _STORED})
        return stored

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Design:
        """The design that gave these."""
        settings = unpack(arrays["settings"])
        design = cls(settings["components"])
        design.blocks_ = {
            name: Block(*(part(name, arrays)[key] for key in _STORED), has_absent)
            for name, has_absent in settings["has_absent"].items()
        }
        return design


_STORED = ("mean", "scale", "axes", "variance")
