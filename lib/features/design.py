"""Blocks of features as the columns of a regression: scaled, rotated, with a separate column for absence.

``Features`` map the name of a block to an (n, dim) float array; a row of NaN means that the post has no photo or no
text. The models see absence as a separate indicator, never as a vector of zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from lib.storage import Arrays, pack, part, under, unpack

PHOTO_BLOCKS = ("photo_features", "photo_vector")
TEXT_BLOCKS = ("text_features", "text_vector", "text_words")
CONTEXT_BLOCKS = ("group", "season")
BLOCKS = (*PHOTO_BLOCKS, *TEXT_BLOCKS, *CONTEXT_BLOCKS)
PAGE_BLOCKS = ("page_photo", "page_text", "page_words")  # see lib.features.page
PLAIN = PAGE_BLOCKS[:2]  # never rotated, so that a column comes from one feature
UNBOUNDED = PAGE_BLOCKS[2:]  # never clipped, so that columns are linear in the terms; a row has length 1 at most

Features = Mapping[str, np.ndarray]

ROWS_PER_COMPONENT = 5
CONSTANT = 1e-10  # a feature is constant below this variance, a share of the block's largest variance
LIGHT = {"group": 0.01}  # relative penalty of blocks whose columns are shrunk estimates themselves
LEAST_VARIANCE = 1e-6  # of a component, a share of the first component's variance; less is rounding


def present(vectors: np.ndarray) -> np.ndarray:
    """Which rows of (n, dim) features belong to a text or photo that exists and could be read: (n,) bool."""
    return ~np.isnan(vectors).any(axis=1)


@dataclass(frozen=True)
class Block:
    """How a block of features becomes columns.

    Attributes
    ----------
    mean, scale
        (dim,) mean and scale that standardise the block. The scale of a constant feature is infinite.
    axes, variance
        (dim, c) leading principal axes of the standardised block and its variance (c,) along these axes. A block that
        isn't rotated has c = 0.
    low, high
        (width,) smallest and largest value of each column among the posts that the design was fitted to. A value
        beyond them becomes the nearest of the two, because a model knows nothing there.
    has_absent
        Whether some post lacked the block when the design was fitted; if so, absence is a column.
    """

    mean: np.ndarray
    scale: np.ndarray
    axes: np.ndarray
    variance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    has_absent: bool

    @property
    def width(self) -> int:
        """Number of columns of the block, without the column for absence."""
        return self.axes.shape[1] or len(self.mean)

    def transform(self, values: np.ndarray) -> np.ndarray:
        """(n, dim) features, without NaN, as (n, width) columns."""
        standard = (values - self.mean) / self.scale
        return np.clip(standard @ self.axes if self.axes.shape[1] else standard, self.low, self.high)


class Design:
    """Turns blocks of features into the columns of a regression.

    A block is standardised. A wide block is also rotated onto its leading principal components: ``components`` of them,
    but at most one per ``ROWS_PER_COMPONENT`` posts that have the block. Each column is clipped to the range that the
    posts of the fit have. ``PLAIN`` names blocks that aren't rotated, and ``UNBOUNDED`` those that aren't clipped. A
    post without the block gets the block's mean and a 1 in the block's absence column.
    """

    def __init__(self, components: int = 100):
        self.components = components

    def fit(self, features: Features) -> Design:
        from sklearn.decomposition import PCA
        from sklearn.preprocessing import StandardScaler

        self.blocks_ = {}
        for name, values in features.items():
            there = present(values)
            if there.sum() < 2:
                continue  # almost no post has this block
            scaler = StandardScaler().fit(values[there])
            # A feature that varies by rounding only has no effect, however far from its mean a new post is.
            scale = np.where(scaler.var_ > CONSTANT * scaler.var_.max(), scaler.scale_, np.inf)
            axes, variance = np.empty((values.shape[1], 0)), np.empty(0)
            wanted = min(self.components, max(1, int(there.sum()) // ROWS_PER_COMPONENT))
            if values.shape[1] > wanted and name not in PLAIN:
                solver = "full" if 2 * there.sum() < values.shape[1] else "covariance_eigh"  # whichever is faster
                found = PCA(wanted, svd_solver=solver).fit((values[there] - scaler.mean_) / scale)
                axes, variance = found.components_.T, np.maximum(found.explained_variance_, np.finfo(float).tiny)
                kept = variance >= LEAST_VARIANCE * variance[0]
                axes, variance = axes[:, kept], variance[kept]
            free = Block(scaler.mean_, scale, axes, variance, np.array(-np.inf), np.array(np.inf), not there.all())
            columns = free.transform(values[there])
            seen = replace(free, low=columns.min(0), high=columns.max(0))
            self.blocks_[name] = free if name in UNBOUNDED else seen
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

    def leading(self, components: int) -> np.ndarray:
        """(p,) bool: the columns left if each block has its first ``components`` columns only.

        The column of ones and those for absence are left in any case.
        """
        parts = [np.ones(1, bool)]
        for block in self.blocks_.values():
            parts.append(np.arange(block.width) < components)
            parts.append(np.ones(int(block.has_absent), bool))
        return np.concatenate(parts)

    def penalties(self) -> np.ndarray:
        """(p,) relative penalty of each column, for the parameter ``l2`` of :func:`lib.betabinomial.fit_regression`.

        This is the ridge penalty on the standardised features: a component with less of the block's variance is
        shrunk more. The block's first component has 1, and so has every column of a block that isn't rotated; a block
        in ``LIGHT`` has less.
        """
        parts = [np.zeros(1)]
        for name, block in self.blocks_.items():
            if len(block.variance):
                parts.append(block.variance[0] / block.variance)
            else:
                parts.append(np.full(block.width, LIGHT.get(name, 1.0)))
            parts.append(np.ones(int(block.has_absent)))
        return np.concatenate(parts)

    def arrays(self) -> Arrays:
        """The fitted design as arrays, in the format of :mod:`lib.storage.arrays`."""
        absent = {name: block.has_absent for name, block in self.blocks_.items()}
        stored = {"settings": pack({"components": self.components, "has_absent": absent})}
        for name, block in self.blocks_.items():
            stored |= under(name, {key: getattr(block, key) for key in _STORED})
        return stored

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Design:
        """The design whose :meth:`arrays` these are."""
        settings = unpack(arrays["settings"])
        design = cls(settings["components"])
        design.blocks_ = {
            name: Block(*(part(name, arrays)[key] for key in _STORED), has_absent)
            for name, has_absent in settings["has_absent"].items()
        }
        return design


_STORED = ("mean", "scale", "axes", "variance", "low", "high")
