import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lib.embedding import efficientnet


def test_folded_batch_norm_is_batch_norm():
    rng = torch.Generator().manual_seed(1)
    state = {"c.weight": torch.randn(6, 4, 3, 3, generator=rng)}
    for name in ("weight", "bias", "running_mean", "running_var"):
        state[f"n.{name}"] = torch.rand(6, generator=rng) + 0.1
    x = torch.randn(2, 4, 9, 9, generator=rng)
    expected = F.batch_norm(
        F.conv2d(x, state["c.weight"]), state["n.running_mean"], state["n.running_var"],
        state["n.weight"], state["n.bias"], eps=1e-3,
    )  # fmt: skip
    torch.testing.assert_close(F.conv2d(x, *efficientnet.fold(state, "c", "n")), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("side", "kernel", "stride"), [(8, 3, 2), (7, 3, 2), (8, 5, 2), (9, 5, 1)])
def test_padding_is_tensorflow_same(side, kernel, stride):
    """SAME: ceil(side / stride) outputs, and of an odd total of zeros one more after than before."""
    conv = efficientnet.Conv(1, 1, kernel, stride, clip=False)
    torch.nn.init.ones_(conv.weight)
    torch.nn.init.zeros_(conv.bias)
    line = np.arange(1.0, side + 1)
    outputs = -(-side // stride)
    total = max((outputs - 1) * stride + kernel - side, 0)
    padded = np.pad(line, (total // 2, total - total // 2))
    expected = [padded[i * stride : i * stride + kernel].sum() for i in range(outputs)]
    got = conv(torch.tensor(np.outer(line, line), dtype=torch.float32)[None, None]).detach().numpy()[0, 0]
    np.testing.assert_allclose(got, np.outer(expected, expected), rtol=1e-5)


@pytest.mark.parametrize(
    ("width", "depth", "blocks", "last"), [(1.0, 1.0, 16, 320), (1.0, 1.1, 21, 320), (1.1, 1.2, 21, 352)]
)
def test_the_family_has_the_published_shapes(width, depth, blocks, last):
    network = efficientnet.EfficientNetLite(width, depth)
    assert len(network.blocks) == blocks and network.stem.out_channels == 32
    assert network.head.weight.shape[:2] == (1280, last)


def test_random_weights_depend_on_the_seed_alone_and_keep_the_signal():
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    one, again, other = (efficientnet.random(seed)(x) for seed in (0, 0, 1))
    torch.testing.assert_close(one, again, rtol=0, atol=0)
    assert not torch.allclose(one, other)
    assert 0.1 < one.std() < 10 and (one[0] - one[1]).abs().max() > 0.01
