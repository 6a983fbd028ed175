"""Words of a text and their parts as hashed numbers, for a network of our own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from zlib import crc32

import numpy as np

from lib.posts import clean_text

BUCKETS = 2**15
MOST_WORDS = 96  # of a text; the rest isn't read
PARTS = (3, 4, 5)  # lengths of the parts of a word, in characters
_WORD = re.compile(r"\w+|[^\w\s]")


class Pieces:
    """The words of n texts as buckets of their parts.

    Attributes
    ----------
    lengths
        (n, 3) float32: log(1 + number) of the words, characters and line breaks of each text.
    """

    def __init__(self, texts: Iterable[str]):
        cleaned = [clean_text(text) for text in texts]
        words = [_WORD.findall(text.lower()) for text in cleaned]
        self._parts = [[parts(word) for word in of[:MOST_WORDS]] for of in words]
        sizes = [(len(of), len(text), text.count("\n")) for of, text in zip(words, cleaned, strict=True)]
        self.lengths = np.log1p(np.array(sizes, np.float32).reshape(-1, 3))

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Parts, starts, words and lengths of some texts: the inputs of :class:`lib.models.networks.TextTower`."""
        found = [self._parts[row] for row in rows]
        words = list(chain.from_iterable(found))
        starts = np.cumsum([0, *map(len, words)])[:-1]
        flat = np.fromiter(chain.from_iterable(words), np.int64)
        return flat, starts.astype(np.int64), np.array([len(text) for text in found], np.int64), self.lengths[rows]


@lru_cache(maxsize=2**17)
def parts(word: str) -> tuple[int, ...]:
    """Buckets of a word and of its runs of ``PARTS`` characters, with marks for its ends."""
    marked = f"<{word}>"
    runs = (marked[i : i + size] for size in PARTS if size < len(marked) for i in range(len(marked) - size + 1))
    return tuple(crc32(part.encode("utf-8", "replace")) % BUCKETS for part in (marked, *runs))
