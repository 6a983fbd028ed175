"""Duplicates: copies are found, photos that only hash alike are not, and groups join through both."""

import io
from functools import partial

import imagehash
import numpy as np
import pytest
from photo_files import blots, encode
from PIL import Image, ImageDraw

from lib.posts.duplicates import HASH_DISTANCE, find_duplicates, near_by_bands, near_pairs

jpeg = partial(encode, kind="JPEG")


def card(text):
    image = Image.new("RGB", (256, 256), "white")
    ImageDraw.Draw(image).text((20, 100), text, fill="black")
    return jpeg(image)


def bag(colour):
    image = Image.new("RGB", (128, 128), "white")
    ImageDraw.Draw(image).polygon([(30, 50), (98, 50), (110, 110), (18, 110)], fill=colour)
    return jpeg(image)


def test_pictures_that_only_hash_alike_are_no_duplicates():
    cards = [card(f"{word} " * 4) for word in ("peace", "house", "dawn", "happiness", "truth")]
    bags = [bag(colour) for colour in ("red", "#404040")]
    for near in (cards, bags):
        hashes = [imagehash.phash(Image.open(io.BytesIO(photo))) for photo in near]
        assert min(a - b for i, a in enumerate(hashes) for b in hashes[:i]) <= HASH_DISTANCE
    plain = [jpeg(Image.new("RGB", (64, 64), colour)) for colour in ("white", "white", "red", "black")]
    found = find_duplicates([""] * 11, cards + bags + plain)
    assert len(np.unique(found.groups())) == 11
    assert found.photo[7:].tolist() == [-1] * 4


@pytest.mark.parametrize(
    "change",
    [
        lambda image: jpeg(image, quality=30),
        lambda image: jpeg(image.resize((48, 32))),
        lambda image: jpeg(image.resize((300, 200), Image.Resampling.BICUBIC)),
        lambda image: jpeg(image.crop((1, 1, 95, 63))),
        lambda image: jpeg(image.point(lambda v: min(255, int(v * 0.9)))),
    ],
    ids=["quality", "halved", "enlarged", "cropped", "darker"],
)
def test_a_copy_is_found_among_strangers(change):
    photos = [jpeg(blots(i)) for i in range(40)] + [change(blots(17))]
    groups = find_duplicates([""] * 41, photos).groups()
    assert len(np.unique(groups)) == 40 and groups[17] == groups[40]


def test_search_for_pairs_equals_the_plain_one_across_blocks():
    """Three copies each of 200 photos: the copies of a photo are so far apart that they lie in different blocks."""
    n = 600
    photos = [jpeg(blots(i % 200), quality=90 - 20 * (i // 200)) for i in range(n)]
    found = find_duplicates([""] * n, photos)
    bits = np.array([imagehash.phash(Image.open(io.BytesIO(photo))).hash.ravel() for photo in photos])
    near = [np.count_nonzero(bits[a] != bits[a + 1 :], axis=1) <= HASH_DISTANCE for a in range(n)]
    expected = {(a, a + 1 + int(b)) for a in range(n) for b in np.flatnonzero(near[a])}
    assert {tuple(pair) for pair in found.alike.tolist()} == expected
    assert len(expected) == 600


def test_bands_find_the_pairs_that_all_comparisons_find():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 3000, dtype=np.uint64)
    hashes[1000:1500] = hashes[:500]
    for i in range(1500, 3000):  # up to ten bits from another one, the first ten bits of a band among them
        flipped = rng.permutation(64)[: rng.integers(0, 11)] if i % 2 else range(i % 60, min(i % 60 + i % 11, 64))
        hashes[i] = hashes[i - 1500] ^ np.bitwise_or.reduce(np.uint64(1) << np.array([*flipped, 0], dtype=np.uint64))
    found = [np.concatenate([np.column_stack(p) for p in near(hashes)]) for near in (near_pairs, near_by_bands)]
    assert len(found[0]) > 1000 and (found[0][:, 0] < found[0][:, 1]).all()
    assert len(set(map(tuple, found[1].tolist()))) == len(found[1])
    assert sorted(map(tuple, found[0].tolist())) == sorted(map(tuple, found[1].tolist()))


def test_groups_join_through_text_and_photo():
    photos = [jpeg(blots(0)), jpeg(blots(0), quality=60), None, jpeg(blots(1)), None]
    texts = ["", "общий для двух постов текст", "общий для двух постов текст", "ещё один совсем другой текст", ""]
    groups = find_duplicates(texts, photos).groups()
    assert groups[0] == groups[1] == groups[2]
    assert len(np.unique(groups)) == 3
    assert len(find_duplicates([], []).groups()) == 0


def test_posts_that_share_with_others_are_marked():
    photos = [jpeg(blots(0)), jpeg(blots(0), quality=60), None, jpeg(blots(1)), None]
    texts = ["", "общий для двух постов текст", "общий для двух постов текст", "ещё один совсем другой текст", ""]
    text, photo = find_duplicates(texts, photos).of(np.array([0, 2, 4]))
    assert text.tolist() == [False, True, True, False, False]
    assert photo.tolist() == [True, True, False, False, False]
