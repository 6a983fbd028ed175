import numpy as np
import pytest
import torch
from tiny_models import pooled_by_hand

from lib.embedding.modules import POOLINGS
from lib.embedding.pooling import pool


@pytest.mark.parametrize("kind", POOLINGS)
def test_tokens_that_do_not_count_do_not_matter(kind):
    hidden = np.random.default_rng(0).normal(size=(3, 6, 4)) - 5
    mask = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0]])
    found = pool(kind, torch.tensor(hidden), torch.tensor(mask)).numpy()
    for vector, tokens, counts in zip(found, hidden, mask, strict=True):
        places = np.flatnonzero(counts)
        np.testing.assert_allclose(vector, pooled_by_hand(kind, tokens[places], places + 1))
