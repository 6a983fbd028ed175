"""An entry of the cache: damage anywhere in its file is noticed."""

import os
import pickle

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open

from lib.storage.entries import read_entry, write_entry

POSTS = pd.DataFrame({"view": [1, 2, 3], "text": pd.Series(["один", "", "три"], dtype="str")})
POSTS["photo"] = pd.Series([b"\xff\xd8" * 40, None, b""], dtype=object)
POSTS.attrs["rejected"] = pd.DataFrame({"row": [7], "reason": ["view is zero"]})
VALUE = (POSTS, {"rates": np.linspace(0, 1, 50), "words": ("один", "два"), "level": 0.95})


@pytest.fixture
def entry(tmp_path):
    path = tmp_path / "posts-k.safetensors"
    write_entry(path, "posts", "k", VALUE)
    return path


def refused(path, name="posts", key="k"):
    try:
        read_entry(path, name, key)
    except Exception:
        return True
    return False


def test_an_entry_says_what_it_is_and_any_reader_of_the_format_opens_it(entry):
    posts, rest = read_entry(entry, "posts", "k")
    pd.testing.assert_frame_equal(posts, POSTS)
    pd.testing.assert_frame_equal(posts.attrs["rejected"], POSTS.attrs["rejected"])
    assert rest["words"] == VALUE[1]["words"] and (rest["rates"] == VALUE[1]["rates"]).all()
    with safe_open(entry, "numpy") as file:
        about = file.metadata()
        assert (about["name"], about["key"], about["format"]) == ("posts", "k", "1") and len(about["checksum"]) == 64
        assert b'"tuple"' in file.get_tensor("tree").tobytes()


def test_every_flipped_bit_is_noticed(entry):
    data = entry.read_bytes()
    head = 8 + int.from_bytes(data[:8], "little")
    rng = np.random.default_rng(13)
    anywhere, in_head = rng.choice(8 * len(data), 300, replace=False), rng.choice(8 * head, 300, replace=False)
    for bit in map(int, [*anywhere, *in_head]):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        entry.write_bytes(damaged)
        assert refused(entry), bit
    entry.write_bytes(data)
    assert not refused(entry)


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 9, 100, -1, -200])
def test_a_file_that_is_cut_is_noticed(entry, keep):
    entry.write_bytes(entry.read_bytes()[:keep])
    assert refused(entry)


@pytest.mark.parametrize("added", [b"\0", b" ", b"more" * 1000])
def test_a_file_that_is_longer_is_noticed(entry, added):
    entry.write_bytes(entry.read_bytes() + added)
    assert refused(entry)


def test_another_entrys_file_is_noticed(entry):
    assert refused(entry, name="split") and refused(entry, key="l")


class Harmful:
    def __reduce__(self):
        return os._exit, (3,)


@pytest.mark.parametrize(
    "content",
    [pickle.dumps(Harmful()), b"", b"{}", b"\0" * 100, b"\xff" * 100, b"\2\0\0\0\0\0\0\0{}", b"[" * 100_000],
    ids=["pickle", "empty", "JSON", "zeros", "ones", "no metadata", "brackets"],
)
def test_what_is_no_entry_is_noticed(entry, content):
    entry.write_bytes(content)
    assert refused(entry)


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    assert all(refused(path) for path in tmp_path.iterdir())
