import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from lib.embedding import device, vectors
from lib.embedding.catalogue import photo_encoder, text_encoder
from lib.embedding.encoder import PhotoEncoder, TextEncoder
from lib.embedding.packaged import Lite0Photo
from lib.embedding.vectors import SHARD, Batches, embed
from lib.features.blocks import present


class Letters(TextEncoder):
    """Counts vowels, and keeps every batch it was given."""

    name = "letters"
    dim = 3
    licence = "MIT"
    source = "here"
    revision = "1"
    budget = {"cpu": 400}  # noqa: RUF012
    pads = True

    def __init__(self, most=None, error=None):
        self.batches = []
        self.most, self.error = most, error

    def length(self, sample):
        return len(sample)

    def load(self, device):
        def forward(samples):
            if self.most is not None and len(samples) * max(map(len, samples)) > self.most:
                raise self.error or MemoryError()
            self.batches.append(samples)
            return np.array([[s.count(c) for c in "аое"] for s in samples], np.float32)

        return forward

    @property
    def seen(self):
        return [s for batch in self.batches for s in batch]


def picture(size=(64, 48), mode="RGB", format="JPEG", seed=0, **options):
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), dtype=np.uint8))
    image = image.convert(mode) if mode != "P" else image.quantize(16)
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


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


def test_texts_that_read_the_same_are_one():
    encoder = Letters()
    vectors = embed(["кот &amp; пёс", "кот & пёс", "кот <b>&</b> пёс", "\ud800кот & пёс"], encoder)
    assert encoder.seen == ["кот & пёс"] and present(vectors).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"items": "кот"}, "into a list"),
        ({"items": pd.DataFrame({"text": ["кот"]})}, "into a list"),
        ({"items": [b"jpeg"]}, "must be a str"),
        ({"items": ["кот"], "batch_size": 0}, "batch_size"),
        ({"items": ["кот"], "batch_size": "big"}, "batch_size"),
        ({"items": ["кот"], "batch_size": 2.5}, "batch_size"),
    ],
)
def test_arguments_that_make_no_sense(arguments, words):
    with pytest.raises(ValueError, match=words):
        embed(encoder=Letters(), **arguments)


@pytest.mark.parametrize("wanted", ["gpu", "tpu", "mps", "cuda" if not torch.cuda.is_available() else "xyz"])
def test_a_device_that_is_not_there(wanted):
    with pytest.raises(ValueError, match="cpu"):
        embed([picture()], photo_encoder("efficientnet-lite0"), device=wanted)
    with pytest.raises(ValueError, match="must be the bytes"):
        embed(["text"], photo_encoder("efficientnet-lite0"))


@pytest.mark.parametrize(("bf16", "expected"), [(True, "bfloat16"), (False, "float16")])
def test_the_device_that_is_named_is_the_one_that_is_asked(monkeypatch, bf16, expected):
    """A machine of two GPUs, made up: the second one decides on its own number format."""
    current = [0]

    class Device:
        def __init__(self, name):
            self.index = torch.device(name).index or 0

        def __enter__(self):
            current[0] = self.index

        def __exit__(self, *_):
            current[0] = 0

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device", Device)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16 == (current[0] == 1))
    assert device.pick("auto") == "cuda" and device.pick("cuda:1") == "cuda:1"
    assert device.number_format("cuda:1") == expected != device.number_format("cuda")
    assert device.number_format("cpu") == "float32"
    with pytest.raises(ValueError, match="no 'cuda:2' here"):
        device.pick("cuda:2")


# ---- batches


def long_tailed(n, seed=0):
    rng = np.random.default_rng(seed)
    return ["о" * int(k) + f" {i}" for i, k in enumerate(rng.lognormal(np.log(23), 1.46, n).clip(1, 390))]


def test_batches_hold_little_padding_and_keep_to_the_budget():
    encoder = Letters()
    embed(long_tailed(3 * SHARD), encoder)
    padded = [len(b) * max(map(len, b)) for b in encoder.batches]
    assert max(padded) <= 400
    assert sum(map(len, encoder.seen)) >= 0.9 * sum(padded)
    assert len(encoder.batches[0][0]) == max(map(len, encoder.seen)), "longest first"


def test_batch_size_is_the_most_items_in_a_batch():
    encoder = Letters()
    embed(long_tailed(100), encoder, batch_size=3)
    assert max(map(len, encoder.batches)) == 3


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of"),
        torch.AcceleratorError("CUDA error: out of memory", 2),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
    ids=["python", "CPU", "CUDA", "driver", "cuBLAS"],
)
def test_a_batch_that_does_not_fit_is_halved(error):
    texts = long_tailed(300)
    small = Letters(most=110, error=error)
    small.budget = {"cpu": 5000}
    texts = [t for t in texts if len(t) <= 110]
    np.testing.assert_array_equal(embed(texts, small), embed(texts, Letters()))
    assert sorted(small.seen) == sorted(texts)


def test_photos_that_do_not_fit_are_halved_and_what_fitted_is_kept():
    """A network as on a small GPU: more than three photos at once are too many. Each photo is computed once."""
    sizes = []

    class Small(Lite0Photo):
        def load(self, device):
            def forward(samples):
                if len(samples) > 3:
                    raise torch.OutOfMemoryError("CUDA out of memory.")
                sizes.append(len(samples))
                return np.stack([np.resize(sample, self.dim) for sample in samples]).astype(np.float32)

            return forward

    encoder = Small()
    encoder.budget = {"cpu": 16}
    photos = [picture(seed=i) for i in range(20)]
    vectors = embed(photos, encoder)
    assert sum(sizes) == 20 and max(sizes) == 2 and present(vectors).all()
    np.testing.assert_array_equal(vectors, [np.resize(encoder.prepare(p), encoder.dim) for p in photos])


def test_one_item_that_does_not_fit_is_an_error():
    with pytest.raises(MemoryError, match="one item of length 50 "):
        embed(["о" * 50], Letters(most=49))


def test_other_errors_are_not_swallowed():
    def fail(samples):
        raise RuntimeError("shapes don't match")

    with pytest.raises(RuntimeError, match="shapes"):
        list(Batches(fail, 10).run(["а"], [1]))
    with pytest.raises(ArithmeticError, match="finite"):
        list(Batches(lambda s: np.full((1, 3), np.inf), 10).run(["а"], [1]))


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


@pytest.mark.parametrize("count", [1, 2, 10])
def test_on_a_cpu_each_core_has_its_own_part_and_one_thread(monkeypatch, count):
    monkeypatch.setattr("joblib.cpu_count", lambda: 3)
    seen, before = [], torch.get_num_threads()

    def forward(samples):
        seen.append((len(samples), torch.get_num_threads()))
        return np.array([[sample] for sample in samples], np.float32)

    vectors = device.spread(forward)(list(range(count)))
    assert vectors[:, 0].tolist() == list(range(count))
    assert sorted(seen) == {1: [(1, 1)], 2: [(1, 1)] * 2, 10: [(3, 1), (3, 1), (4, 1)]}[count]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("name", "tolerance"), [("use-multilingual-3", 2e-6), ("navec-sif", 0), ("efficientnet-lite0", 1e-4)]
)
def test_batches_change_vectors_by_rounding_only(name, tolerance):
    if name == "efficientnet-lite0":
        encoder, items = photo_encoder(name), [picture(seed=i) for i in range(8)]
    else:
        encoder, items = text_encoder(name), ["погода хорошая " * int(k) for k in np.arange(1, 40, 5)]
    one, many = embed(items, encoder, batch_size=1), embed(items, encoder, batch_size=8)
    assert np.abs(one - many).max() <= tolerance
    np.testing.assert_array_equal(many, embed(items[::-1], encoder, batch_size=8)[::-1])


# ---- hostile items


@pytest.mark.parametrize(
    "data",
    [
        picture((1, 1)),
        picture((256, 37)),
        picture((37, 256), "L"),
        picture(mode="CMYK"),
        picture(mode="P", format="PNG"),
        picture(mode="RGBA", format="PNG"),
        picture(format="GIF", mode="P", save_all=True, append_images=[Image.new("P", (64, 48))] * 3),
    ],
    ids=["one pixel", "banner", "grey", "CMYK", "palette", "alpha", "animation"],
)
def test_any_photo_gets_a_vector(data):
    vectors = embed([data, picture(seed=5)], photo_encoder("efficientnet-lite0"))
    assert present(vectors).all()
    assert np.abs(vectors[0] - vectors[1]).max() > 0.1


@pytest.mark.parametrize("data", [picture((256, 256))[:3000], b"no image", b"\xff\xd8\xff\xe0"])
def test_a_photo_that_cannot_be_decoded_is_absent_and_told(tmp_path, data):
    encoder = photo_encoder("efficientnet-lite0")
    for _ in range(2):  # computed, then from the cache
        with pytest.warns(UserWarning, match="2 photos can't be read"):
            vectors = embed([data, picture(), data, None], encoder, cache=tmp_path)
        assert present(vectors).tolist() == [False, True, False, False]


@pytest.mark.parametrize("name", ["use-multilingual-3", "navec-sif"])
def test_any_text_gets_a_vector(name):
    texts = ["слово " * 20_000, "x" * 50_000, "🤷🏽‍♀️", "а\ud83d", "!", "\u200bкот", "中文", "\x00а"]
    vectors = embed(texts, text_encoder(name))
    assert present(vectors).all() and (np.abs(vectors).max(1) > 0).all()


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
    (folder / "manifest.json").write_text(json.dumps({"runs": [*runs, runs[0] | {"seconds": 2.0}]}))
    assert seconds >= 0 and vectors.speed(Letters(), tmp_path) == len(texts) / 2


def test_a_run_that_was_killed_tells_no_speed(tmp_path):
    def die(samples):
        raise KeyboardInterrupt

    encoder = Letters()
    encoder._loaded = {"cpu": die}
    assert vectors.speed(encoder, tmp_path) is None
    with pytest.raises(KeyboardInterrupt):
        embed(["оса"], encoder, cache=tmp_path)
    assert vectors.speed(encoder, tmp_path) is None


def test_another_encoder_has_another_place(tmp_path):
    class Later(Letters):
        revision = "2"

    embed(["оса"], Letters(), cache=tmp_path)
    later = Later()
    embed(["оса"], later, cache=tmp_path)
    assert later.seen == ["оса"]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut", "bit", "empty"])
def test_a_damaged_shard_is_computed_again(tmp_path, damage):
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


CHILD = """
import os, signal, sys
import numpy as np
from lib import device, embedding
from lib.encoders import TextEncoder
embedding.SHARD = 16
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
np.save(folder + "/vectors.npy", embedding.embed(texts, Logging(), cache=folder + "/cache"))
"""


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    """Killed in a batch, and before and after a file is written out; each run gets a little further."""
    root = Path(vectors.__file__).parents[1]
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
    assert len(computed) <= 160 + len(deaths) * 16, "only the shard in flight is computed twice"
    shards = [sorted(p.name for p in (tmp_path / name).rglob("*.npy")) for name in ("calm", "killed")]
    assert shards[0] == shards[1]


def test_what_a_killed_run_left_behind_is_cleared_after_a_while(tmp_path):
    embed(["оса"], Letters(), cache=tmp_path)
    (folder,) = tmp_path.iterdir()
    old, new = folder / "a.partial", folder / "b.partial"
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    embed(["оса"], Letters(), cache=tmp_path)
    assert not old.exists() and new.exists()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_cuda_a_batch_that_does_not_fit_is_halved(monkeypatch):
    encoder = photo_encoder("efficientnet-lite0")
    photos = [picture(seed=i) for i in range(64)]
    expected = embed(photos, encoder, device="cuda", batch_size=8)
    forward, sizes = encoder.on("cuda"), []
    encoder._loaded["cuda"] = lambda samples: (sizes.append(len(samples)), forward(samples))[1]
    torch.cuda.empty_cache()
    room = torch.cuda.memory_reserved() + 128 * 2**20  # 64 photos want about three times that
    torch.cuda.set_per_process_memory_fraction(room / torch.cuda.get_device_properties(0).total_memory)
    try:
        got = embed(photos, encoder, device="cuda", batch_size=64)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert sizes[0] == 64 > sizes[-1]
    np.testing.assert_allclose(got, expected, atol=0.1)
