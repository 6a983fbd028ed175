"""Texts as weighted means of word vectors: no context, but more than ten thousand texts per second."""

from __future__ import annotations

import re
from functools import cached_property
from importlib.metadata import distribution, version
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array

from lib.embedding.encoder import Forward, TextEncoder

RARITY = 1e-3  # a word with this relative frequency gets half the weight of a rare word
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class NavecSif(TextEncoder):
    """Mean of the text's navec word vectors, each weighted by RARITY / (RARITY + frequency of the word).

    navec has 250,000 Russian words and was trained on news. Unknown words are left out; a text without a known word
    gets navec's vector for unknown words. Unlike the paper, this encoder doesn't remove the common direction: that
    direction depends on the corpus, and a vector here depends on its text alone.

    References
    ----------
    Arora, Liang, Ma (2017), A simple but tough-to-beat baseline for sentence embeddings, ICLR.
    https://openreview.net/forum?id=SyK00v5xx
    """

    name = "navec-sif"
    dim = 300
    licence = "MIT"
    source = "package natasha"
    budget: ClassVar = {"cpu": 12_000, "cuda": 12_000}  # characters; more don't fit into the processor's cache
    packages = ("natasha", "navec", "numpy")

    @cached_property
    def revision(self) -> str:
        return version("natasha")

    @cached_property
    def navec(self) -> Any:
        from navec import Navec

        # The file is looked up by name, because importing natasha would load its dictionaries as well.
        files = distribution("natasha").files or []
        path = next((f.locate() for f in files if f.match("emb/navec_*.tar")), None)
        if path is None:
            raise ValueError("the package natasha lacks its word vectors: reinstall it")
        return Navec.load(path)

    @cached_property
    def _weights(self) -> np.ndarray:
        counts = np.array(self.navec.vocab.counts, np.float64)
        return (RARITY / (RARITY + counts / counts.sum())).astype(np.float32)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        marks = ("<unk>", "<pad>")  # not words, even where a text contains these strings
        return {word: i for word, i in self.navec.vocab.word_ids.items() if word not in marks}

    def code(self) -> list[str]:
        return [*super().code(), Path(__file__).read_text("utf-8")]

    def length(self, sample: str) -> int:
        return len(sample)

    def words(self, text: str) -> list[int]:
        """Numbers of the known words of a text in order, or the number of the unknown word if there are none."""
        numbers, found = self._numbers, []
        for part in text.lower().split():
            if part in numbers:  # most words: there is no punctuation to cut off
                found.append(numbers[part])
            else:
                found += [numbers[word] for word in _WORD.findall(part) if word in numbers]
        return found or [self.navec.vocab.unk_id]

    def load(self, device: str) -> Forward:
        pq, weights, _ = self.navec.pq, self._weights, self._numbers
        # Product quantisation: a word's vector is 100 pieces of three numbers, each piece from a list of 256.
        pieces, first = pq.codes.reshape(-1, pq.codes.shape[2]), pq.qdims * pq.codes.shape[1]

        def forward(samples: list[str]) -> np.ndarray:
            texts = list(map(self.words, samples))
            ends = np.cumsum([0, *map(len, texts)])
            words = np.fromiter(chain.from_iterable(texts), np.int64, ends[-1])
            vectors = pieces.take(pq.indexes[words] + first, axis=0, mode="clip").reshape(len(words), self.dim)
            weight = weights[words] / np.repeat(np.diff(ends), np.diff(ends)).astype(np.float32)
            return csr_array((weight, np.arange(len(words)), ends), (len(samples), len(words))) @ vectors

        return forward


class NavecMean(NavecSif):
    """The mean of the word vectors with equal weights, to measure what the weighting is worth."""

    name = "navec-mean"

    @cached_property
    def _weights(self) -> np.ndarray:
        return np.ones(len(self.navec.vocab.counts), np.float32)
