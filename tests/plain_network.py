"""A small network over the vector of a post, and posts whose rates it can learn."""

import numpy as np
import torch
from model_world import world
from torch import nn

from lib.models.training import Recipe

RECIPE = Recipe(6, batch=32, rate=3e-3)


class Plain(nn.Module):
    """A network over the vector of a post, zero where there is none."""

    def __init__(self, dim, outputs):
        super().__init__()
        self.first, self.dropout, self.last = nn.Linear(dim, 16), nn.Dropout(0.2), nn.Linear(16, outputs)

    def forward(self, x):
        return self.last(self.dropout(torch.tanh(self.first(x))))

    def layers(self):
        return [self.last, self.first]


def posts(n, seed):
    """What makes the network, its inputs, counts, views and the true rates."""
    blocks, counts, views, truth = world(n, seed, dim=20)
    vectors = torch.from_numpy(np.nan_to_num(blocks["photo"]))
    return (lambda: Plain(20, 2)), (lambda rows, training: (vectors[rows],)), counts, views, truth
