import hashlib
import os

import numpy as np
import pytest
from tiny_models import Letters, long_tailed

from lib.embedding import embed, shards
from lib.embedding.shards import Shards
from lib.embedding.vectors import SHARD


def test_what_is_written_is_read_back(tmp_path):
    keys = [hashlib.sha256(word).digest() for word in (b"a", b"b", b"c")]
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    store = Shards(tmp_path, 2)
    for _ in range(2):  # the same shard twice is one file
        store.write(keys[:2], vectors[:2])
    store.write(keys[2:], vectors[2:])
    found = {
        key: row.tolist() for read, table in Shards(tmp_path, 2).read() for key, row in zip(read, table, strict=True)
    }
    assert found == dict(zip(keys, vectors.tolist(), strict=True)) and len(list(tmp_path.glob("*.npy"))) == 2


@pytest.mark.parametrize(("pause", "files"), [(0.0, 3), (60.0, 1)])
def test_what_comes_quickly_is_written_together_and_kept_after_an_error(tmp_path, monkeypatch, pause, files):
    monkeypatch.setattr(shards, "PAUSE", pause)
    store = Shards(tmp_path, 1)
    with pytest.raises(KeyboardInterrupt), store.writer() as write:
        for i in range(3):
            write([bytes([i]) * 32], np.full((1, 1), i, np.float32))
        raise KeyboardInterrupt
    assert len(list(tmp_path.glob("*.npy"))) == files
    assert sorted(float(row) for _, table in store.read() for row in table[:, 0]) == [0, 1, 2]


def test_a_run_is_noted_once(tmp_path):
    store = Shards(tmp_path, 2)
    assert store.runs() == []
    for run in ({"started": "1"}, {"started": "2"}, {"started": "1", "seconds": 3.0}):
        store.note(run)
    assert store.runs() == [{"started": "2"}, {"started": "1", "seconds": 3.0}]
    data = store.manifest.read_bytes()
    for at in range(0, len(data), 7):
        store.manifest.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        with pytest.warns(UserWarning, match=r"manifest.json is damaged"):
            assert store.runs() == []


@pytest.mark.parametrize("damage", ["cut", "bit", "empty"])
def test_a_damaged_shard_is_computed_again(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(shards, "PAUSE", 0)
    texts = long_tailed(SHARD + 5)
    first = embed(texts, Letters(), cache=tmp_path)
    shard = max(tmp_path.rglob("*.npy"), key=lambda path: path.stat().st_size)
    data = bytearray(shard.read_bytes())
    data[-1] ^= damage == "bit"
    shard.write_bytes({"cut": data[:-7], "bit": data, "empty": b""}[damage])
    encoder = Letters()
    with pytest.warns(UserWarning, match="damaged"):
        np.testing.assert_array_equal(embed(texts, encoder, cache=tmp_path), first)
    assert len(encoder.seen) == SHARD


def test_what_a_killed_run_left_behind_is_cleared_after_a_while(tmp_path):
    embed(["оса"], Letters(), cache=tmp_path)
    (folder,) = tmp_path.iterdir()
    old, new = folder / "a.partial", folder / "b.partial"
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    embed(["оса"], Letters(), cache=tmp_path)
    assert not old.exists() and new.exists()
