import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_models import Letters, long_tailed, noise

import lib
from lib.embedding import PhotoEncoder, embed, photo_encoder, speed
from lib.embedding.shards import Shards
from lib.embedding.vectors import SHARD
from lib.features import present

# ---- rows


@pytest.mark.parametrize(
    ("items", "there"),
    [
        ([], []),
        (["", None, float("nan"), pd.NA, "   ", "<br>"], [0] * 6),
        (["оса", "", "оса", "еее", None, "о"], [1, 0, 1, 1, 0, 1]),
        (pd.Series(["оса", "", "еее"], index=[7, 7, 9]), [1, 0, 1]),
        (("а",), [1]),
    ],
)
def test_rows_follow_the_items(items, there):
    encoder = Letters()
    vectors = embed(items, encoder)
    assert vectors.shape == (len(there), 3) and vectors.dtype == np.float32
    assert present(vectors).tolist() == [bool(t) for t in there]
    assert np.isnan(vectors[~present(vectors)]).all()
    for item, vector in zip(items, vectors, strict=True):
        if not np.isnan(vector[0]):
            assert vector.tolist() == [item.count(c) for c in "аое"]
    assert len(encoder.seen) == len(set(encoder.seen))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"items": "кот"}, "into a list"),
        ({"items": pd.DataFrame({"text": ["кот"]})}, "into a list"),
        ({"items": ["кот"], "batch_size": 0}, "batch_size"),
        ({"items": ["кот"], "batch_size": "big"}, "batch_size"),
        ({"items": ["кот"], "batch_size": 2.5}, "batch_size"),
    ],
)
def test_arguments_that_make_no_sense(arguments, words):
    with pytest.raises(ValueError, match=words):
        embed(encoder=Letters(), **arguments)


@pytest.mark.parametrize("data", [noise((256, 256))[:3000], b"no image", b"\xff\xd8\xff\xe0"])
def test_a_photo_that_cannot_be_decoded_is_absent_with_a_warning(tmp_path, data):
    encoder = photo_encoder("efficientnet-lite0")
    for _ in range(2):  # computed, then from the cache
        with pytest.warns(UserWarning, match="2 photos can't be read"):
            vectors = embed([data, noise(), data, None], encoder, cache=tmp_path)
        assert present(vectors).tolist() == [False, True, False, False]


def test_only_a_few_prepared_photos_wait():
    class Counting(PhotoEncoder):
        name, dim, licence, source, revision, budget = "counting", 1, "MIT", "here", "1", {"cpu": 8}
        waiting, most, lock = 0, 0, threading.Lock()

        def device(self, wanted):
            return "cpu"

        def dtype(self, device):
            return "float32"

        def prepare(self, content):
            with self.lock:
                self.waiting += 1
                self.most = max(self.most, self.waiting)
            return content

        def load(self, device):
            def forward(samples):
                with self.lock:
                    self.waiting -= len(samples)
                return np.array([[len(s)] for s in samples], np.float32)

            return forward

    encoder = Counting()
    embed([b"x" * k for k in range(1, 2000)], encoder)
    assert encoder.most <= 3 * 8 + 1


# ---- on disk


def test_what_is_on_disk_is_not_computed_again(tmp_path):
    texts = long_tailed(2 * SHARD + 10)
    first = embed(texts, Letters(), cache=tmp_path)
    again, more = Letters(), Letters()
    np.testing.assert_array_equal(embed(texts, again, cache=tmp_path), first)
    assert again.batches == []
    np.testing.assert_array_equal(embed(["ещё один", *texts[::-1]], more, cache=str(tmp_path))[:0:-1], first)
    assert more.seen == ["ещё один"]

    (folder,) = tmp_path.iterdir()
    runs = json.loads((folder / "manifest.json").read_text())["runs"]
    assert [run["to_compute"] for run in runs] == [len(texts), 1]
    assert runs[0]["encoder"]["name"] == "letters" and runs[0]["dtype"] == "float32"
    assert runs[0]["versions"]["numpy"] == np.__version__ and runs[0]["seed"] is None
    seconds = runs[0].pop("seconds")
    Shards(folder, Letters().dim).note(runs[0] | {"seconds": 2.0})
    assert seconds >= 0 and speed(Letters(), tmp_path) == len(texts) / 2


def test_a_run_that_was_killed_has_no_speed(tmp_path):
    texts = long_tailed(SHARD)
    encoder = Letters(most=0, error=KeyboardInterrupt())
    assert speed(encoder, tmp_path) is None
    with pytest.raises(KeyboardInterrupt):
        embed(texts, encoder, cache=tmp_path)
    assert speed(encoder, tmp_path) is None


def test_another_encoder_has_another_place(tmp_path):
    class Later(Letters):
        revision = "2"

    embed(["оса"], Letters(), cache=tmp_path)
    later = Later()
    embed(["оса"], later, cache=tmp_path)
    assert later.seen == ["оса"]
    assert len(list(tmp_path.iterdir())) == 2


CHILD = """
import os, signal, sys
import numpy as np
from lib.embedding import TextEncoder, embed, shards, vectors
vectors.SHARD, shards.PAUSE = 16, 0
folder, where, moment = sys.argv[1], sys.argv[2], int(sys.argv[3])
calls = 0

def dies(real):
    def call(*arguments, **options):
        global calls
        calls += 1
        if calls == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call

class Logging(TextEncoder):
    name, dim, licence, source, revision, budget = "logging", 1, "MIT", "here", "1", {"cpu": 400}
    def fingerprint(self, dtype):
        return "0" * 32
    def length(self, sample):
        return len(sample)
    def load(self, device):
        return forward

def forward(samples):
    with open(folder + "/log", "a") as log:
        log.writelines(sample + "\\n" for sample in samples)
    return np.array([[len(sample) / 7] for sample in samples], np.float32)

if where == "batch":
    forward = dies(forward)
else:
    setattr(os, where, dies(getattr(os, where)))
lengths = np.random.default_rng(0).lognormal(3, 1, 160).clip(1, 390)
texts = ["о" * int(k) + f" {i}" for i, k in enumerate(lengths)]
np.save(folder + "/vectors.npy", embed(texts, Logging(), cache=folder + "/cache"))
"""


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    """Killed in a batch, and before and after a file is written out; each run gets a little further."""
    root = Path(lib.__path__[0]).parent
    rng = np.random.default_rng(0)

    def run(folder, where, moment):
        folder.mkdir(exist_ok=True)
        arguments = [sys.executable, "-c", CHILD, str(folder), where, str(moment)]
        return subprocess.run(arguments, check=False, cwd=root).returncode

    assert run(tmp_path / "calm", "batch", -1) == 0
    deaths = [("batch", rng.integers(1, 9)), ("fsync", 3), ("replace", 4)]
    for where, moment in deaths:
        assert run(tmp_path / "killed", where, moment) == -signal.SIGKILL
    assert run(tmp_path / "killed", "batch", -1) == 0

    calm, killed = ((tmp_path / name / "vectors.npy").read_bytes() for name in ("calm", "killed"))
    assert calm == killed
    computed = (tmp_path / "killed/log").read_text().splitlines()
    assert len(set(computed)) == 160
    assert len(computed) <= 160 + len(deaths) * 2 * 16, "only what is computed and what is written are computed twice"
    shards = [sorted(p.name for p in (tmp_path / name).rglob("*.npy")) for name in ("calm", "killed")]
    assert shards[0] == shards[1]
