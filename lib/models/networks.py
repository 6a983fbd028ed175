"""Networks of our own: towers over photos and words, and a last layer to the logits of all activities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lib.models.pieces import BUCKETS

if TYPE_CHECKING:
    from lib.embedding.transformer import HubPhoto, HubText

WORD = 64  # numbers of a word
HEADS = 4
DROPPED = 0.7  # of the words of a text, in training: a network this free learns texts by heart otherwise


class Towers(nn.Module):
    """Towers side by side, and a last layer from their features to (b, outputs) logits; one input for each tower."""

    def __init__(self, towers: list[nn.Module], outputs: int, dropout: float = 0.5):
        super().__init__()
        self.towers = nn.ModuleList(towers)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(sum(tower.width for tower in towers), outputs)

    def forward(self, *inputs: tuple[Tensor, ...]) -> Tensor:
        found = [tower(*given) for tower, given in zip(self.towers, inputs, strict=True)]
        return self.last(self.dropout(torch.cat(found, 1)))

    def layers(self) -> list[nn.Module]:
        """What starts from random weights, then the pretrained layers from the last to the first."""
        fresh = [tower for tower in self.towers if not tower.pretrained]
        tuned = [layer for tower in self.towers if tower.pretrained for layer in reversed(tower.body)]
        return [nn.ModuleList([self.last, *fresh]), *tuned]


class PhotoTower(nn.Module):
    """The mean feature map of a network over each photo, and whether there is a photo.

    Parameters
    ----------
    body
        Layers from (m, channels, height, width) to (m, width, ...).
    width
        The number of feature maps that the body ends in.
    pretrained
        Whether the body has learnt from other photos.
    """

    def __init__(self, body: nn.Sequential, width: int, pretrained: bool):
        super().__init__()
        self.body, self.width, self.pretrained = body, width + 1, pretrained

    def forward(self, maps: Tensor, has: Tensor) -> Tensor:
        """Features (b, width + 1) of b posts, from the maps of the m posts for which ``has`` (b,) is true."""
        found = torch.zeros(len(has), self.width - 1, device=has.device)
        if len(maps):
            found = found.index_copy(0, has.nonzero()[:, 0], self.body(maps).mean((2, 3)).float())
        return torch.cat([found, has[:, None].float()], 1)


class EncoderTower(nn.Module):
    """The vector of an open model, scaled to unit variance, and whether the post has what the model reads."""

    pretrained = True

    def __init__(self, encoder: HubText | HubPhoto):
        super().__init__()
        self.network, self.after = encoder.network(), encoder.layers()
        self.requires_grad_(True)
        self.width, self._vectors = encoder.dim + 1, encoder.vectors
        lists = [part for part in self.network.modules() if isinstance(part, nn.ModuleList)]
        deep = max(lists, key=len, default=[])  # the layers of a transformer stand in its longest list
        inside = {id(p) for layer in deep for p in layer.parameters()}
        self.body = [nn.ParameterList(p for p in self.parameters() if id(p) not in inside), *deep]

    def forward(self, *given: Tensor) -> Tensor:
        """Features (b, width) of b posts: the last of ``given`` says which have a text or photo, (b,) bool.

        The others are the encoder's ``batch`` of these posts; without such a post there are none.
        """
        *batch, has = given
        found = torch.zeros(len(has), self.width - 1, device=has.device)
        if batch:
            vectors = self._vectors(self.network, self.after, *batch).float()
            scaled = nn.functional.layer_norm(vectors, vectors.shape[1:])
            found = found.index_copy(0, has.nonzero()[:, 0], scaled)
        return torch.cat([found, has[:, None].float()], 1)


def small_body(channels: tuple[int, ...] = (24, 48, 96, 128)) -> nn.Sequential:
    """Convolutions from random weights, each of which halves the side of a small photo."""
    layers, inside = [], 3
    for outside in channels:
        layers += [nn.Conv2d(inside, outside, 3, 2, 1), nn.GroupNorm(8, outside), nn.GELU()]
        inside = outside
    return nn.Sequential(*layers)


class TextTower(nn.Module):
    """Words as the mean of their hashed parts, a convolution over neighbours, and a weighted mean of the words.

    Each of ``HEADS`` heads of attention weighs the words differently. No word is listed anywhere, so an unknown word
    has the vector of its parts, and two words or parts may share a number.

    References
    ----------
    Bojanowski et al. (2017), Enriching word vectors with subword information, doi:10.1162/tacl_a_00051.
    """

    width, pretrained = HEADS * WORD + 3, False

    def __init__(self):
        super().__init__()
        self.parts = nn.EmbeddingBag(BUCKETS, WORD, mode="mean")
        nn.init.normal_(self.parts.weight, std=0.05)  # small beside what training adds
        self.neighbours = nn.Conv1d(WORD, WORD, 3, padding=1)
        self.heads = nn.Linear(WORD, HEADS)

    def forward(self, parts: Tensor, starts: Tensor, words: Tensor, lengths: Tensor) -> Tensor:
        """Features (b, width) of b posts.

        Parameters
        ----------
        parts
            (p,) int64 buckets of the parts of all words.
        starts
            (w,) int64: where each word begins in ``parts``.
        words
            (b,) int64 numbers of words of the posts.
        lengths
            (b, 3) features of the texts' lengths.
        """
        there = torch.arange(max(int(words.max()), 1), device=words.device) < words[:, None]
        seen = there & (torch.rand(there.shape, device=words.device) >= DROPPED) if self.training else there
        found = torch.zeros(*there.shape, WORD, device=words.device)
        found = found.masked_scatter(there[:, :, None], self.parts(parts, starts))
        found = found * seen[:, :, None]
        found = found + nn.functional.gelu(self.neighbours(found.transpose(1, 2)).transpose(1, 2))
        weights = self.heads(found).masked_fill(~seen[:, :, None], -1e4).softmax(1) * seen[:, :, None]
        pooled = torch.einsum("blh,blw->bhw", weights, found).flatten(1)
        return torch.cat([pooled, lengths], 1)
