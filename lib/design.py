"""What models are fitted on: blocks of features, and their columns for a regression.

Features are a mapping of block name to an (n, dim) float array; a row of NaN says that the post has none
(no photo, no text). Absence enters the models as an indicator of its own, never as a vector of zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

Features = Mapping[str, np.ndarray]

ROWS_PER_COMPONENT = 5


@dataclass(frozen=True)
class Validation:
    """Posts that tune a model: ``features`` as above, ``counts`` (m, a), ``views`` (m,)."""

    features: Features
    counts: np.ndarray
    views: np.ndarray


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
            present = ~np.isnan(values).any(1)
            if present.sum() < 2:
                continue  # a feed without this block at all
            scaler = StandardScaler().fit(values[present])
            rotation = None
            wanted = min(self.components, max(1, int(present.sum()) // ROWS_PER_COMPONENT))
            if values.shape[1] > wanted:
                rotation = PCA(wanted, svd_solver="covariance_eigh").fit(scaler.transform(values[present]))
            self.blocks_[name] = scaler, rotation, not present.all()
        return self

    def transform(self, features: Features) -> np.ndarray:
        """(n, p) float64 with a leading column of ones."""
        rows = len(next(iter(features.values())))
        columns = [np.ones((rows, 1))]
        for name, (scaler, rotation, has_absent) in self.blocks_.items():
            values = features[name]
            present = ~np.isnan(values).any(1)
            filled = np.zeros((rows, values.shape[1] if rotation is None else rotation.n_components_))
            if present.any():
                block = scaler.transform(values[present])
                filled[present] = block if rotation is None else rotation.transform(block)
            columns.append(filled)
            if has_absent:
                columns.append(~present[:, None] * 1.0)
        return np.hstack(columns)

    def penalties(self) -> np.ndarray:
        """(p,) relative penalty of each column as :func:`lib.betabinomial.fit_regression` takes it.

        That is the ridge penalty on the standardised features: a component is shrunk the more the less of the
        block's variance it carries, with 1 for the block's first component. A block that was not rotated has ones.
        """
        parts = [np.zeros(1)]
        for scaler, rotation, has_absent in self.blocks_.values():
            if rotation is None:
                parts.append(np.ones(scaler.n_features_in_))
            else:
                variance = rotation.explained_variance_
                parts.append(variance[0] / np.maximum(variance, 1e-6 * variance[0]))
            parts.append(np.ones(int(has_absent)))
        return np.concatenate(parts)
