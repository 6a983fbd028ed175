"""What a GPU would do, on machines without one: cards that are full, too old, or overflow."""

import gc
import subprocess
import threading
import time
import warnings
import weakref

import numpy as np
import pytest
import torch
from tiny_models import Letters, long_tailed, noise, save_text_model

from lib.embedding import device, embed, photo_encoder, speed, text_encoder, vectors
from lib.embedding.batches import Batches
from lib.embedding.packaged import Lite0Photo
from lib.embedding.transformer import takes_ready_mask
from lib.features import present
from lib.models.neural import Neural


class OnCard(Letters):
    """Letters on a made-up card."""

    budget = {"cpu": 400, "cuda": 400}  # noqa: RUF012

    def device(self, wanted):
        return "cpu" if wanted == "cpu" else "cuda:0"

    def dtype(self, device):
        return "float32" if device == "cpu" else "bfloat16"


@pytest.fixture
def named(monkeypatch):
    """The name of the made-up card, which a test can change."""
    card = {"card": "Made-up 9000"}
    monkeypatch.setattr(vectors, "describe", lambda device: {} if device == "cpu" else dict(card))
    return card


@pytest.fixture
def cards(monkeypatch):
    """Two made-up cards of which the second has more free memory; the list names those that don't work."""
    broken = []

    def fault(card):
        return "CUDA error: no kernel image is available for execution on the device" if card in broken else ""

    monkeypatch.delenv("DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(device, "_uuid", lambda number: f"id{number}")
    monkeypatch.setattr(device, "_fault", fault)
    said = subprocess.CompletedProcess([], 0, "GPU-id0, 512\nGPU-id1, 70000\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: said)
    device._free_card.cache_clear()
    yield broken
    device._free_card.cache_clear()


def test_auto_takes_the_card_with_most_free_memory(cards):
    assert device.pick("auto") == "cuda:1"


def test_a_card_that_torch_has_no_kernels_for_is_left_alone(cards):
    cards.append("cuda:1")
    with pytest.warns(UserWarning, match=r"cuda:1 doesn't work \(CUDA error: no kernel image"):
        assert device.pick("auto") == "cpu"
    with pytest.raises(ValueError, match="no kernel image"):
        device.pick("cuda:1")


def test_a_device_has_one_name(cards, monkeypatch):
    assert device.pick("cuda") == device.pick("cuda:0") == device.pick(torch.device("cuda")) == "cuda:0"
    assert device.pick("cpu") == device.pick("cpu:0") == device.pick(torch.device("cpu")) == "cpu"
    monkeypatch.setenv("DEVICE", "cuda:0")
    assert device.pick("auto") == "cuda:0" and device.pick("cpu") == "cpu"
    monkeypatch.setenv("DEVICE", "cpu")
    assert device.pick("auto") == "cpu"


def test_without_the_drivers_tool_the_first_card_is_taken(cards, monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("nvidia-smi")

    monkeypatch.setattr(subprocess, "run", missing)
    assert device.pick("auto") == "cuda:0"


def test_what_overflows_is_computed_again_in_float32(named, tmp_path):
    class Low(OnCard):
        def load(self, device):
            right = super().load(device)

            def forward(samples):
                vectors = right(samples).copy()
                vectors[[len(sample) > 300 for sample in samples]] = np.inf
                return vectors

            forward.exact = right
            return forward

    texts = long_tailed(400)
    with pytest.warns(UserWarning, match=r"batches of texts overflowed in bfloat16 and were computed in float32"):
        found = embed(texts, Low(), cache=tmp_path)
    np.testing.assert_array_equal(found, embed(texts, Letters()))
    encoder = Low()
    (run,) = vectors._store(encoder, "bfloat16", tmp_path).runs()
    assert 0 < run["repeated"] < 60 and run["card"] == "Made-up 9000"


@pytest.mark.parametrize(
    "message",
    [
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
        "GET was unable to find an engine to execute this computation",
    ],
)
def test_every_lack_of_memory_is_known_and_the_error_is_kept(message):
    texts = [text for text in long_tailed(300) if len(text) <= 110]
    small = Letters(most=110, error=RuntimeError(message))
    small.budget = {"cpu": 5000}
    np.testing.assert_array_equal(embed(texts, small), embed(texts, Letters()))
    with pytest.raises(MemoryError, match="one item of length 50 ") as found:
        embed(["о" * 50], Letters(most=49, error=RuntimeError(message)))
    assert str(found.value.__cause__) == message


def test_a_network_that_nobody_uses_makes_room(monkeypatch):
    """The forward pass of an encoder and the encoder hold each other: only a collection frees them."""
    monkeypatch.setattr(Lite0Photo, "network", lambda self: torch.nn.Flatten())
    first = Lite0Photo()
    forward = first.on("cpu")
    left = weakref.ref(first)
    gc.disable()
    try:
        del first, forward

        def full(samples):
            if left() is not None:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return np.zeros((len(samples), 1))

        assert len(list(Batches(full, 4).run(["а", "б"], [1, 1]))) >= 1
    finally:
        gc.enable()


@pytest.mark.parametrize("times", [1, 2])
def test_a_network_that_does_not_fit_is_loaded_again_or_refused(times):
    tried = []

    class Large(Letters):
        def load(self, device):
            tried.append(device)
            if len(tried) <= times:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().load(device)

    if times == 1:
        assert present(embed(["кот"], Large())).all()
    else:
        with pytest.raises(MemoryError, match=r"letters doesn't fit into the memory of cpu.*DEVICE=cpu"):
            embed(["кот"], Large())


def test_a_network_that_does_not_fit_on_a_card_runs_on_the_cpu(named):
    class Large(OnCard):
        def load(self, device):
            if device != "cpu":
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().load(device)

    with pytest.warns(UserWarning, match="computing on the CPU"):
        found = embed(["кот"], Large())
    np.testing.assert_array_equal(found, embed(["кот"], Letters()))
    with pytest.raises(MemoryError):
        embed(["кот"], Large(), device="cuda")


def test_a_speed_is_that_of_this_card_and_has_no_warm_up_in_it(named, tmp_path):
    class Slow(OnCard):
        def load(self, device):
            right, first = super().load(device), [True]

            def forward(samples):
                if first.pop() if first else False:
                    time.sleep(1.5)
                return right(samples)

            return forward

    embed(long_tailed(600), Slow(), cache=tmp_path)
    assert speed(Slow(), tmp_path) > 600 / 1.4
    named["card"] = "Another card"
    assert speed(Slow(), tmp_path) is None


def test_the_bar_ends_though_photos_cannot_be_read(monkeypatch):
    bars = []

    class Bar(vectors.tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs | {"disable": True})
            bars.append([self.total, 0])

        def update(self, n=1):
            bars[-1][1] += n

    monkeypatch.setattr(vectors, "tqdm", Bar)
    with pytest.warns(UserWarning, match="1 photos can't be read"):
        embed([noise(), b"no photo"], photo_encoder("thumbnail"))
    assert bars == [[2, 2]]


def test_texts_meet_in_few_batches_on_a_card(named):
    class Wide(OnCard):
        budget = {"cuda": 65_536}  # noqa: RUF012
        saturation = 16_384

    encoder = Wide()
    embed(long_tailed(4000), encoder)
    padded = [len(batch) * max(map(len, batch)) for batch in encoder.batches[1:]]
    assert sum(length < encoder.saturation for length in padded) <= len(padded) / 5
    few = Wide()
    embed(long_tailed(1000), few)
    assert len(few.batches) <= 10


@pytest.fixture
def few_at_once(monkeypatch):
    monkeypatch.setattr(vectors, "WINDOW", 32)
    monkeypatch.setattr(vectors, "STEP", 8)


def test_a_card_begins_before_all_texts_are_read(named, few_at_once, tmp_path):
    class Reading(OnCard):
        read = 0

        def content(self, item):
            self.read += 1
            return super().content(item)

        def load(self, device):
            right = super().load(device)
            self.begun = []

            def forward(samples):
                self.begun.append(self.read)
                return right(samples)

            return forward

    texts = long_tailed(2000)
    items = [*texts[:1000], None, *texts[:300], "", *texts[::-1]]
    encoder = Reading()
    found = embed(items, encoder, cache=tmp_path)
    np.testing.assert_array_equal(found, embed(items, Letters()))
    assert encoder.begun[1] < 1000 < encoder.begun[-1] == len(items)
    assert sorted(encoder.seen[1:]) == sorted(texts)
    (run,) = vectors._store(encoder, "bfloat16", tmp_path).runs()
    assert run["to_compute"] == 2000

    again = Reading()
    np.testing.assert_array_equal(embed([*items, "ещё один"], again, cache=tmp_path)[:-1], found)
    assert set(again.seen) == {"ещё один"}


def test_an_item_of_the_wrong_type_is_refused_while_a_card_computes(named, few_at_once):
    with pytest.raises(ValueError, match="a text must be a str or None, not int: 7"):
        embed([*long_tailed(500), 7, *long_tailed(500, seed=1)], OnCard())


def test_photos_that_cannot_be_read_are_absent_however_many_come_at_once(named):
    class OnlyEven(Letters):
        kind = "photo"
        content = staticmethod(lambda item: item)
        prepare = staticmethod(lambda content: None if len(content) % 2 else content.decode())
        device, dtype = OnCard.device, OnCard.dtype
        budget = {"cuda": 4}  # noqa: RUF012
        pads = False

        def length(self, sample):
            return 1

    mixed = [b"a" * (i + 1) for i in range(81)]
    alone = [b"a" * (2 * i + 1) for i in range(300)] + [b"a" * 2] + [b"a" * (2 * i + 601) for i in range(40)]
    for items, unread in ((mixed, 41), (alone, 340)):
        with pytest.warns(UserWarning, match=f"{unread} photos can't be read"):
            found = embed(items, OnlyEven())
        assert present(found).tolist() == [len(item) % 2 == 0 for item in items]


def test_what_is_gathered_while_batches_are_in_flight_keeps_its_place(named, few_at_once):
    class InFlight(OnCard):
        def load(self, device_):
            right = super().load(device_)

            def start(samples, exact=False):
                found = right(samples)
                return lambda: found

            return device.in_flight(start)

    for count in (1, 31, 200, 1000):
        items = [*long_tailed(count), None, *long_tailed(count // 2)]
        np.testing.assert_array_equal(embed(items, InFlight()), embed(items, Letters()))


def test_texts_that_do_not_fit_while_others_are_read_are_halved_or_refused(named, few_at_once):
    texts = [text for text in long_tailed(500) if len(text) <= 110]
    found = embed(texts, OnCard(most=110, error=RuntimeError("CUDA out of memory")))
    np.testing.assert_array_equal(found, embed(texts, Letters()))
    with pytest.raises(MemoryError, match="one item of length"):
        embed([*texts, "о" * 120], OnCard(most=110))


def test_the_next_batch_begins_before_a_result_is_read():
    began = [threading.Event() for _ in range(5)]

    def start(batch, exact=False):
        number = batch[0]
        began[number].set()

        def read():
            assert number == 4 or began[number + 1].wait(20), "the card waits for the result to be read"
            return np.full((len(batch), 1), number, float)

        return read

    batches = Batches(device.in_flight(start), 2)
    found = {}
    for at, numbers in batches.stream([([i, i], [1, 1]) for i in range(5)]):
        found |= dict(zip(at.tolist(), numbers[:, 0].tolist(), strict=True))
    assert found == {i: i // 2 for i in range(10)}


def test_photos_go_to_a_card_in_batches_of_one_size_and_from_one_thread():
    seen = []

    def start(batch, exact=False):
        seen.append((len(batch), threading.get_ident()))
        found = np.array([[float(sample)] for sample in batch], np.float32)
        return lambda: found

    for count in (1, 10, 13):
        found = np.full(count, np.nan)
        for positions, vectors_ in Batches(device.in_flight(start), 4, pads=False).run(range(count), [1] * count):
            found[positions] = vectors_[:, 0]
        assert found.tolist() == list(range(count))
    assert {size for size, _ in seen} == {4} and len(seen) == 1 + 3 + 4
    assert len({thread for _, thread in seen}) == 1 and seen[0][1] != threading.get_ident()


def test_texts_in_flight_that_do_not_fit_are_halved_until_they_do(monkeypatch):
    monkeypatch.setattr("lib.embedding.batches.free_memory", lambda: None)

    def start(batch, exact=False):
        if max(batch) * len(batch) > 110:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return lambda: np.array([[float(sample)] for sample in batch])

    for seed in range(20):
        lengths = np.random.default_rng(seed).integers(1, 101, 40).tolist()
        found = np.zeros(40)
        for at, numbers in Batches(device.in_flight(start), 1000, saturation=1000).run(lengths, lengths):
            found[at] = numbers[:, 0]
        assert found.tolist() == lengths


def test_a_cpu_fills_no_batch_up_and_starts_none_in_another_thread():
    seen = []

    def start(batch, exact=False):
        seen.append(len(batch))
        return lambda: np.array([[float(sample)] for sample in batch], np.float32)

    forward = device.spread(device.in_flight(start))
    ((_, found),) = Batches(forward, 16, pads=False).run([5], [1])
    assert found.tolist() == [[5]] and seen == [1] and not hasattr(forward, "start")


def test_a_batch_that_is_filled_up_and_does_not_fit_is_halved():
    def start(batch, exact=False):
        if len(batch) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return lambda: np.array([[float(sample)] for sample in batch])

    batches = Batches(device.in_flight(start), 16, pads=False)
    ((at, found),) = batches.run([5], [1])
    assert at.tolist() == [0] and found.tolist() == [[5]] and batches.budget == 2
    batches = Batches(
        device.in_flight(lambda batch: (_ for _ in ()).throw(torch.OutOfMemoryError("CUDA out of memory"))),
        4,
        pads=False,
    )
    with pytest.raises(MemoryError, match="one item of length 1 "):
        list(batches.run([5], [1]))


def test_a_batch_in_flight_that_does_not_fit_is_halved():
    def start(batch, exact=False):
        if len(batch) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return lambda: np.array([[float(sample)] for sample in batch])

    batches = Batches(device.in_flight(start), 16)
    found = {}
    for at, numbers in batches.stream([(list(range(k, k + 16)), [1] * 16) for k in (0, 16, 32)]):
        found |= dict(zip(at.tolist(), numbers[:, 0].tolist(), strict=True))
    assert found == {i: i for i in range(48)} and batches.budget <= 3


def test_a_tokenizer_gets_many_texts_at_once(tmp_path, monkeypatch):
    save_text_model(tmp_path)
    encoder, sizes = text_encoder(str(tmp_path)), []
    prepare = type(encoder).prepare_all
    monkeypatch.setattr(
        type(encoder), "prepare_all", lambda self, contents: sizes.append(len(contents)) or prepare(self, contents)
    )
    embed([f"кот пёс {i}" for i in range(300)], encoder)
    assert max(sizes) >= 32


def test_a_batch_of_texts_is_limited_by_the_memory_that_is_free(tmp_path, monkeypatch):
    save_text_model(tmp_path)
    encoder = text_encoder(str(tmp_path))
    for free, tokens in ((2**30 + 40 * 32 * 5000, 5000), (2**40, encoder.budget["cuda"]), (0, encoder.max_length)):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device, free=free: (free, 2**40))
        assert encoder.limit("cuda:0") == tokens
    assert encoder.limit("cpu") == 2048


@pytest.mark.parametrize(
    ("family", "settings", "ready"),
    [
        ("Bert", {}, True),
        ("XLMRoberta", {}, True),
        ("ModernBert", {"local_attention": 8}, False),
        ("Llama", {}, False),
        ("MPNet", {}, False),
    ],
)
def test_a_mask_asks_the_card_nothing_where_attention_is_whole(tmp_path, family, settings, ready):
    """A tensor on the meta device has no numbers: whoever asks for one fails."""
    save_text_model(tmp_path, family, **settings)
    network = text_encoder(str(tmp_path)).network()
    assert takes_ready_mask(network, 40) == ready
    if ready:
        ids = torch.ones(2, 5, dtype=torch.int64, device="meta")
        network.to("meta")(input_ids=ids, attention_mask=ids.bool()[:, None, None])
        with pytest.raises(RuntimeError):
            network(input_ids=ids, attention_mask=ids)


def test_vectors_are_the_same_under_the_cpus_autocast(tmp_path, monkeypatch):
    """The branch of a card, on the CPU: sending does nothing, and bfloat16 is the CPU's."""
    save_text_model(tmp_path)
    encoder = text_encoder(str(tmp_path))
    samples = [encoder.prepare(text.encode()) for text in ("кот", "пёс а б в", "г д е ж з и к л")]
    right = encoder.on("cpu")(samples)
    monkeypatch.setattr(device, "send", lambda batch, _: batch)
    monkeypatch.setattr(device, "empty", lambda shape, dtype, _: torch.empty(shape, dtype=dtype))

    def inference(_, exact=False):
        return torch.autocast("cpu", torch.bfloat16, enabled=not exact)

    monkeypatch.setattr(device, "inference", inference)
    monkeypatch.setattr(device, "number_format", lambda card: "bfloat16")
    with torch.no_grad():
        low = encoder.load("cpu:0")
        found, exact = low(samples), low.exact(samples)
    np.testing.assert_allclose(exact, right, atol=1e-5)
    cosine = (found * right).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(right, axis=1)
    assert cosine.min() > 0.998 and found.dtype == np.float32 and not np.array_equal(found, right)


def test_a_network_is_trained_without_a_look_at_any_card(monkeypatch):
    def touched(*_):
        raise AssertionError("a card was touched")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state", touched)
    monkeypatch.setattr(Neural, "EPOCHS", 1)
    rng = np.random.default_rng(0)
    counts, views = rng.integers(0, 5, (40, 2)), np.full(40, 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        halves = np.arange(20), np.arange(20, 40)
        Neural().fit({"x": rng.normal(size=(40, 3))}, counts, views, [halves, halves[::-1]])
