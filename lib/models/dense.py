"""The network over features: a file of its own, so that other networks can change without it."""

from __future__ import annotations

import itertools

from torch import nn


class Dense(nn.Sequential):
    """Fully connected layers of these widths between dropouts, and a last layer to the outputs."""

    def __init__(self, widths: list[int], outputs: int, dropout_in: float, dropout: float):
        layers = [nn.Dropout(dropout_in)]
        for before, after in itertools.pairwise(widths):
            layers += [nn.Linear(before, after), nn.GELU(), nn.Dropout(dropout)]
        super().__init__(*layers, nn.Linear(widths[-1], outputs))

    @property
    def last(self) -> nn.Linear:
        return self[-1]

    def layers(self) -> list[nn.Module]:
        return [self]
