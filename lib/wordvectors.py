"""Texts as weighted means of word vectors: no context, but fifteen hundred texts a second and core."""

from __future__ import annotations

import re
from functools import cached_property
from importlib.metadata import distribution, version
from typing import Any, ClassVar

import numpy as np

from lib.encoders import Forward, TextEncoder

RARITY = 1e-3  # a word this frequent gets half the weight of a rare one
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class NavecSif(TextEncoder):
    """Mean of the text's navec word vectors, each weighted by RARITY / (RARITY + frequency of the word).

    250,000 Russian words, trained on news. Words it doesn't know are left out; a text without a known word
    gets the vector that navec keeps for unknown words. Unlike the paper we don't remove the common
    direction: that depends on the corpus, and a vector here depends on its text alone.

    References
    ----------
    Arora, Liang, Ma (2017), A simple but tough-to-beat baseline for sentence embeddings, ICLR.
    https://openreview.net/forum?id=SyK00v5xx
    """

    name = "navec-sif"
    dim = 300
    licence = "MIT"
    source = "package natasha"
    budget: ClassVar = {"cpu": 2_000, "cuda": 20_000}  # words; more spill out of the cache
    packages = ("natasha", "navec", "numpy")

    @cached_property
    def revision(self) -> str:
        return version("natasha")

    @cached_property
    def _navec(self) -> Any:
        from navec import Navec

        # The file is looked up by name: importing natasha would load its dictionaries as well.
        files = distribution("natasha").files or []
        path = next((f.locate() for f in files if f.match("emb/navec_*.tar")), None)
        if path is None:
            raise ValueError("the package natasha lacks its word vectors: reinstall it")
        return Navec.load(path)

    @cached_property
    def _weights(self) -> np.ndarray:
        counts = np.array(self._navec.vocab.counts, np.float64)
        return (RARITY / (RARITY + counts / counts.sum())).astype(np.float32)

    def prepare(self, content: bytes) -> np.ndarray:
        vocab = self._navec.vocab
        words = _WORD.findall(super().prepare(content).lower())
        known = [vocab.word_ids[word] for word in words if word in vocab.word_ids]
        return np.array(known or [vocab.unk_id])

    def length(self, sample: np.ndarray) -> int:
        return len(sample)

    def load(self, device: str) -> Forward:
        pq, weights = self._navec.pq, self._weights

        def forward(samples: list[np.ndarray]) -> np.ndarray:
            words = np.concatenate(samples)
            starts = np.cumsum([0, *map(len, samples[:-1])])
            vectors = pq.codes[pq.qdims, pq.indexes[words]].reshape(len(words), self.dim)
            total = np.add.reduceat(vectors * weights[words, None], starts)
            return total / np.array([[len(sample)] for sample in samples], np.float32)

        return forward
