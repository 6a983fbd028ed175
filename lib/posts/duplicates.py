"""Duplicate posts: the same text, or a photo that looks the same."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import imagehash
import numpy as np
from PIL import Image

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

# Above this number of photos, near hashes are found by bands.
MANY = 100_000

_SIDE = 32
_BLOCK = 256
_WIDE_BLOCK = 2**12


@dataclass(frozen=True)
class Duplicates:
    """Which posts share a text or a photo.

    Attributes
    ----------
    text : (n,) int64
        Number of the post's text among the distinct texts; -1 for a short text or none.
    photo : (n,) int64
        Number of the post's photo among the distinct photos (by thumbnail); -1 for a plain photo or none.
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
        from scipy.sparse import coo_array  # slow to import, and needed here only
        from scipy.sparse.csgraph import connected_components

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
    finder = DuplicateFinder()
    distinct = list(dict.fromkeys(photo for photo in photos if photo is not None))
    sketches = dict(zip(distinct, map_photos(sketch, distinct, "Comparing photos"), strict=True))
    for raw, photo in zip(texts, photos, strict=True):
        finder.add(clean_text(raw), sketches.get(photo))
    return finder.find()


class Sketch(NamedTuple):
    """What is compared of a photo: the bytes of its thumbnail (32, 32, 3), its perceptual hash, whether it is plain."""

    thumbnail: bytes
    hash: int
    plain: bool


def sketch(photo: bytes) -> Sketch:
    """The sketch of a photo.

    Raises
    ------
    PhotoError
        If the photo can't be decoded.
    """
    image = decode_photo(photo, side=4 * _SIDE).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    plain = np.asarray(image).reshape(-1, 3).std(axis=0).max() < PLAIN
    bits = imagehash.phash(image, hash_size=8).hash
    return Sketch(image.tobytes(), int(np.packbits(bits.ravel()).view(np.uint64)[0]), bool(plain))


class DuplicateFinder:
    """Collects posts one at a time and finds their duplicates. A post takes 3.5 KB, whatever its text and photo."""

    def __init__(self) -> None:
        self._texts: dict[bytes, int] = {}
        self._thumbnails: dict[bytes, int] = {}
        self._hashes, self._text, self._photo = array("Q"), array("q"), array("q")

    def add(self, text: str, look: Sketch | None) -> None:
        """Add a post with its cleaned text and the sketch of its photo; None if it has none."""
        key = _text_key(text)
        self._text.append(-1 if key is None else self._texts.setdefault(key, len(self._texts)))
        if look is None or look.plain:
            self._photo.append(-1)
            return
        self._photo.append(self._thumbnails.setdefault(look.thumbnail, len(self._thumbnails)))
        if len(self._thumbnails) > len(self._hashes):
            self._hashes.append(look.hash)

    def find(self) -> Duplicates:
        """The duplicates of all posts added."""
        alike = _alike(list(self._thumbnails), np.array(self._hashes, dtype=np.uint64))
        return Duplicates(np.array(self._text, dtype=np.int64), np.array(self._photo, dtype=np.int64), alike)


def _text_key(cleaned: str) -> bytes | None:
    text = " ".join(cleaned.split())
    if len(text) < MIN_TEXT:
        return None
    return hashlib.blake2b(text.casefold().encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _alike(thumbnails: list[bytes], hashes: np.ndarray) -> np.ndarray:
    """Pairs (m, 2) of photos, the smaller number first, that pass both tests."""
    near = near_by_bands if len(hashes) > MANY else near_pairs
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    for left, right in near(hashes):
        for part in range(0, len(left), _BLOCK):
            a, b = left[part : part + _BLOCK], right[part : part + _BLOCK]
            same = np.sum(_standard(thumbnails, a) * _standard(thumbnails, b), axis=1) >= MIN_CORRELATION
            pairs.append(np.column_stack([a[same], b[same]]))
    return np.concatenate(pairs)


def near_pairs(hashes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of two hashes that differ in at most ``HASH_DISTANCE`` bits, the smaller first, some pairs at a time.

    All pairs are tested, in blocks whose memory doesn't grow with the number of hashes.
    """
    for start in range(0, len(hashes), _BLOCK):
        for other in range(start, len(hashes), _WIDE_BLOCK):
            block, rest = hashes[start : start + _BLOCK], hashes[other : other + _WIDE_BLOCK]
            left, right = np.nonzero(np.bitwise_count(block[:, None] ^ rest[None, :]) <= HASH_DISTANCE)
            left, right = left + start, right + other
            yield left[left < right], right[left < right]


def near_by_bands(hashes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """As :func:`near_pairs`: the same pairs in another order, by a fourteenth of the comparisons.

    The 64 bits are cut into one more band than bits may differ, so two near hashes have a band in common (pigeonhole
    principle). Only hashes with a band in common are compared, and none is missed.
    """
    masks = _bands()
    for band, mask in enumerate(masks):
        order = np.argsort(hashes & mask, kind="stable")
        values = (hashes & mask)[order]
        ends = np.flatnonzero(np.append(values[1:] != values[:-1], True)) + 1
        for start, end in zip(np.append(0, ends[:-1]), ends, strict=True):
            members = order[start:end]
            for a, b in near_pairs(hashes[members]) if end - start > 1 else ():
                left, right = members[a], members[b]
                differ = hashes[left] ^ hashes[right]
                new = np.ones(len(left), dtype=bool)
                for before in masks[:band]:  # the pair was found there
                    new &= (differ & before) != 0
                yield left[new], right[new]


def _bands() -> list[np.uint64]:
    ends = np.linspace(0, 64, HASH_DISTANCE + 2).astype(int).tolist()
    return [np.uint64((1 << end) - (1 << start)) for start, end in pairwise(ends)]


def _standard(thumbnails: list[bytes], which: np.ndarray) -> np.ndarray:
    data = b"".join([thumbnails[i] for i in which])
    centred = np.frombuffer(data, dtype=np.uint8).reshape(len(which), _SIDE * _SIDE, 3).astype(np.float32)
    centred -= centred.mean(axis=1, keepdims=True)
    centred = centred.reshape(len(which), -1)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)
