"""Duplicate posts: the same text, or a photo that looks the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import imagehash
import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lib.posts.photo import decode_photo, map_photos
from lib.posts.text import clean_text

# Shorter texts ("Good morning!") are equal by chance.
MIN_TEXT = 20
# Measured on 300 of 600 video covers. Copies were recompressed at quality 30 or 60, resized to 50-150 %, changed in
# brightness, contrast or colour by 10-20 %, or cropped by one pixel on each side. For each change, at least 99.7 % of
# the copies are at most 6 bits from the original and correlate with it at 0.98 or more. Retouched reposts of drawings
# are at most 8 bits apart. The nearest of the 179,700 pairs of different covers are 10 bits apart.
HASH_DISTANCE = 8
# By the hash alone, a third of all pairs of quote cards on one plain background would be copies, and so would a shoe in
# two colours. The 32x32 colour thumbnails of such pairs never correlated above 0.974. A copy in black and white isn't
# found; a photo with another small caption is.
MIN_CORRELATION = 0.98
# A photo is plain if the standard deviation of each channel is below this many levels of 255. Equal plain photos don't
# make two posts duplicates.
PLAIN = 2.0

_SIDE = 32
_BLOCK = 512


@dataclass(frozen=True)
class Duplicates:
    """Which posts share a text or a photo.

    Attributes
    ----------
    text : (n,) int64
        Number of the post's text among the distinct texts; -1 for a short text or none.
    photo : (n,) int64
        Number of the post's photo among the distinct photos (by bytes); -1 for a plain photo or none.
    alike : (pairs, 2) int64
        Numbers of two distinct photos that look the same, the smaller one first.
    """

    text: np.ndarray
    photo: np.ndarray
    alike: np.ndarray

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Two boolean masks (n,): posts that share a text with the posts at `rows`, and posts that share a photo.

        The posts at `rows` are themselves True if they have a text or photo to compare.
        """
        photos = self.photo[rows]
        left, right = self.alike[:, 0], self.alike[:, 1]
        photos = np.concatenate([photos, right[np.isin(left, photos)], left[np.isin(right, photos)]])
        return (
            (self.text >= 0) & np.isin(self.text, self.text[rows]),
            (self.photo >= 0) & np.isin(self.photo, photos),
        )

    def groups(self) -> np.ndarray:
        """Labels (n,) int64: posts that are connected through shared texts and photos have the same label."""
        n, texts = len(self.text), int(self.text.max(initial=-1)) + 1
        photos = int(self.photo.max(initial=-1)) + 1
        with_text, with_photo = np.flatnonzero(self.text >= 0), np.flatnonzero(self.photo >= 0)
        left = np.concatenate([with_text, with_photo, n + texts + self.alike[:, 0]])
        right = np.concatenate(
            [n + self.text[with_text], n + texts + self.photo[with_photo], n + texts + self.alike[:, 1]]
        )
        nodes = n + texts + photos
        graph = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(nodes, nodes))
        return np.unique(connected_components(graph, directed=False)[1][:n], return_inverse=True)[1]


def find_duplicates(texts: Sequence[str], photos: Sequence[bytes | None]) -> Duplicates:
    """Find posts with the same text or a photo that looks the same.

    Texts are cleaned first. Two texts are the same if they have at least ``MIN_TEXT`` characters and are equal apart
    from case and white space. Two photos look the same if their bytes are equal, or if their 64-bit perceptual hashes
    differ in at most ``HASH_DISTANCE`` bits and their 32x32 colour thumbnails correlate at ``MIN_CORRELATION`` or
    more. Plain photos are left out.

    Parameters
    ----------
    texts : sequence of str
        Raw texts, n.
    photos : sequence of bytes or None
        Photos, n.

    Raises
    ------
    PhotoError
        If a photo can't be decoded.
    """
    text, photo = _number([_text_key(raw) for raw in texts]), _number([_photo_key(p) for p in photos])
    distinct = [photos[i] for i in _first(photo)]
    thumbnails, hashes = _look(distinct)
    plain = np.array([t.std(axis=0).max() < PLAIN for t in thumbnails], dtype=bool)
    alike = _alike(thumbnails, hashes, np.flatnonzero(~plain))
    photo[(photo >= 0) & plain[photo] if len(plain) else np.zeros(len(photo), dtype=bool)] = -1
    return Duplicates(text, photo, alike)


def _text_key(raw: str) -> str | None:
    text = " ".join(clean_text(raw).split())
    return text.casefold() if len(text) >= MIN_TEXT else None


def _photo_key(photo: bytes | None) -> bytes | None:
    return None if photo is None else hashlib.blake2b(photo, digest_size=16).digest()


def _number(keys: Sequence[str | bytes | None]) -> np.ndarray:
    """Number of each key in order of first appearance; -1 for None."""
    seen: dict[str | bytes, int] = {}
    return np.array([-1 if key is None else seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)


def _first(numbers: np.ndarray) -> np.ndarray:
    """The position at which each number from 0 appears first."""
    values, first = np.unique(numbers, return_index=True)
    return first[values >= 0]


def _look(photos: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Thumbnails (photos, 32 * 32, 3) uint8 and perceptual hashes (photos,) uint64."""
    thumbnails = np.zeros((len(photos), _SIDE * _SIDE, 3), dtype=np.uint8)
    hashes = np.zeros(len(photos), dtype=np.uint64)
    for i, (thumbnail, bits) in enumerate(map_photos(_sketch, photos, "Comparing photos")):
        thumbnails[i], hashes[i] = thumbnail, bits
    return thumbnails, hashes


def _sketch(photo: bytes) -> tuple[np.ndarray, np.uint64]:
    image = decode_photo(photo, side=4 * _SIDE).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    bits = imagehash.phash(image, hash_size=8).hash
    return np.asarray(image).reshape(-1, 3), np.packbits(bits.ravel()).view(np.uint64)[0]


def _alike(thumbnails: np.ndarray, hashes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Pairs (m, 2) of `rows`, the smaller first, that pass both tests. Blocks save memory; all pairs are tested."""
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    for start in range(0, len(rows), _BLOCK):
        block, rest = rows[start : start + _BLOCK], rows[start:]
        near = np.bitwise_count(hashes[block, None] ^ hashes[None, rest]) <= HASH_DISTANCE
        left, right = np.nonzero(np.triu(near, k=1))
        for part in range(0, len(left), _BLOCK):
            a, b = block[left[part : part + _BLOCK]], rest[right[part : part + _BLOCK]]
            same = np.sum(_standard(thumbnails[a]) * _standard(thumbnails[b]), axis=1) >= MIN_CORRELATION
            pairs.append(np.column_stack([a[same], b[same]]))
    return np.concatenate(pairs)


def _standard(thumbnails: np.ndarray) -> np.ndarray:
    centred = thumbnails.astype(np.float32)
    centred -= centred.mean(axis=1, keepdims=True)
    centred = centred.reshape(len(thumbnails), -1)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)
