"""How much of a GPU the embedding loop uses, how near its vectors are to a CPU's, and what memory it takes.

    python bench/gpu.py        or: make gpu, which runs the tests that need a GPU first

Needs torch and transformers alone: models of the shapes of ViT-B/16, EfficientNet-Lite0, MiniLM, e5-base and bge-m3 get
random weights, which cost the same arithmetic. The table goes to ``bench/results/gpu-<card>.json``, whole or not at
all; the book quotes it. On a machine without a GPU it says so and ends. "Bare" is the network alone on inputs that are
on the card already.
"""

from __future__ import annotations

import copy
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from PIL import Image
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from embedding import make_texts, save_model  # noqa: E402

from lib.embedding import embed, text_encoder  # noqa: E402
from lib.embedding.device import describe, free_memory, in_formats, inference, number_format, pick  # noqa: E402
from lib.embedding.encoder import PhotoEncoder  # noqa: E402
from lib.embedding.maps import split  # noqa: E402
from lib.embedding.packaged import RandomLite0Photo  # noqa: E402
from lib.models.networks import PhotoTower, TextTower, Towers  # noqa: E402
from lib.models.pieces import Pieces  # noqa: E402
from lib.models.training import Recipe, fit_network  # noqa: E402
from lib.storage import make_folder, write_whole  # noqa: E402

PHOTOS, FILES, TEXTS, FEW, ROUNDS, STEPS = 20_000, 1_500, 50_000, 200, 20, 40
SIDE = 224
SIZES = ((256, 192), (604, 453), (1280, 960))  # of photos that have to be decoded
SMALLER = ("L4", "T4", "4090")  # cards whose bar is 0.95 of the bare rate of photos, and 0.90 of that of texts
LAYERS = {"MiniLM": (384, 6, 12, 0.7), "e5-base": (768, 12, 12, 0.85), "bge-m3": (1024, 24, 16, 0.9)}

Row = tuple[str, float, float | None]  # what was measured, the value, and the least that it should be


class Preloaded:
    """Photos that are decoded already: an item is the number of a photo."""

    @cached_property
    def pictures(self) -> np.ndarray:
        return np.random.default_rng(0).integers(0, 256, (64, SIDE, SIDE, 3), dtype=np.uint8)

    def prepare(self, content: bytes) -> np.ndarray:
        return self.pictures[int(content) % len(self.pictures)]


class ViT(PhotoEncoder):
    """ViT-B/16 with random weights."""

    name, dim, licence, source, revision = "vit-b-16-random", 768, "none needed", "random weights", "1"
    budget = {"cpu": 8, "cuda": 128}  # noqa: RUF012
    mean = std = (127.5,) * 3
    packages = ("torch", "transformers", "numpy")

    def pixels(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))

    def network(self) -> Any:
        import torch
        from transformers import ViTConfig, ViTModel

        torch.manual_seed(0)
        return ViTModel(ViTConfig(image_size=SIDE), add_pooling_layer=False).eval().requires_grad_(False)

    def pool(self, output: Any) -> Any:
        return output.last_hidden_state[:, 0]


class PreloadedViT(Preloaded, ViT):
    """ViT-B/16 on photos that are decoded already."""


class PreloadedLite0(Preloaded, RandomLite0Photo):
    """EfficientNet-Lite0 on photos that are decoded already."""


def rate(call: Callable[[], Any], items: int, device: str) -> float:
    """Items per second of a call, after five calls that warm the card."""
    import torch

    wait = torch.cuda.synchronize if device != "cpu" else lambda: None
    for _ in range(5):
        call()
    wait()
    start = time.perf_counter()
    for _ in range(ROUNDS):
        call()
    wait()
    return ROUNDS * items / (time.perf_counter() - start)


def speed(encoder: Any, items: list, device: str, cache: str | None = None) -> float:
    """Items per second of the loop, once the model is loaded and warm."""
    embed(items[:200], encoder, device=device)
    start = time.perf_counter()
    embed(items, encoder, device=device, cache=cache)
    return len(items) / (time.perf_counter() - start)


def smaller(device: str) -> bool:
    return any(name in describe(device).get("card", "") for name in SMALLER)


def photo_rows(device: str, name: str, encoder: Any) -> Iterator[Row]:
    """The bare rate, the loop's share of it without and with a cache, and how full the card is."""
    budget = encoder.limit(device)
    rates = bare(encoder, device, [s for s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512) if s <= 4 * budget])
    items, alone = [str(i).encode() for i in range(PHOTOS)], rates[budget]
    without = speed(encoder, items, device)
    with tempfile.TemporaryDirectory() as folder:
        kept = speed(encoder, items, device, folder)
    yield f"{name}, bare, photos a second", alone, None
    yield f"{name}, loop over bare", without / alone, 0.95 if smaller(device) else 0.90
    yield f"{name}, with a cache over without", kept / without, 0.97
    yield f"{name}, rate at {budget} photos over the best", alone / max(rates.values()), 0.95


def file_rows(device: str) -> Iterator[Row]:
    """The loop on JPEG files: its share of what the card or the cores can do, whichever is less."""
    encoder = ViT()
    (alone,) = bare(encoder, device, [encoder.limit(device)]).values()
    for width, height in SIZES:
        files = [jpeg(width, height) + i.to_bytes(4, "little") for i in range(FILES)]
        loop = speed(encoder, files, device)
        with ThreadPoolExecutor(joblib.cpu_count()) as pool:
            start = time.perf_counter()
            list(pool.map(encoder.prepare, files))
        read = len(files) / (time.perf_counter() - start)
        yield f"decoding {width} x {height}, {joblib.cpu_count()} threads, photos a second", read, None
        yield (
            f"ViT-B/16 on {width} x {height}, loop over the slower of card and decoding",
            loop / min(alone, read),
            0.90,
        )


def jpeg(width: int, height: int) -> bytes:
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8))
    file = io.BytesIO()
    small.resize((width, height), Image.Resampling.BICUBIC).save(file, "JPEG", quality=75)
    return file.getvalue()


def bare(encoder: Any, device: str, sizes: Iterable[int]) -> dict[int, float]:
    """Photos per second of a network, by the size of a batch."""
    import torch

    network = encoder.network().to(device, memory_format=torch.channels_last)
    network = in_formats(network, encoder.network, device)(False)
    with inference(device):
        rates = {size: rate(partial(network, random_pixels(size, device)), size, device) for size in sizes}
    del network
    free_memory()
    return rates


def random_pixels(photos: int, device: str) -> Any:
    import torch

    return torch.rand(photos, 3, SIDE, SIDE, device=device).contiguous(memory_format=torch.channels_last)


def text_rows(device: str, name: str, folder: Path) -> Iterator[Row]:
    """The loop's share of the bare rate by tokens, how full the card is, and the vectors beside a CPU's."""
    import torch

    width, layers, heads, bar = LAYERS[name]
    encoder = text_encoder(str(save_model(folder, width, layers, heads)))
    texts = make_texts(TEXTS)
    tokens = sum(sample.shape[1] for sample in encoder.prepare_all([text.encode() for text in texts]))
    network = in_formats(encoder.network().to(device), encoder.network, device)(False)
    length, budget = 128, encoder.limit(device)
    rates = {}
    with inference(device):
        for size in sorted({4_096, encoder.saturation, budget, 2 * budget}):
            ids = torch.ones(size // length, length, dtype=torch.int64, device=device)
            call = partial(network, input_ids=ids, attention_mask=ids.bool()[:, None, None])
            rates[size] = rate(call, ids.numel(), device)
    del network
    free_memory()
    full = max(rates.values())
    share = speed(encoder, texts, device) * tokens / len(texts) / rates[budget]
    low, exact, cpu = (embed(texts[:FEW], encoder, **how) for how in (
        {"device": device}, {"device": device, "exact": True}, {"device": "cpu"}
    ))  # fmt: skip
    bar_of_format = {"bfloat16": 0.998, "float16": 0.9999, "float32": 0.99999}[encoder.dtype(device)]
    yield f"{name}, bare, tokens a second", rates[budget], None
    yield f"{name}, loop over bare", share, 0.90 if smaller(device) else bar
    for size, least in ((encoder.saturation, None), (budget, 0.95)):
        yield f"{name}, rate at {size:,} tokens over the best", rates[size] / full, least
    yield f"{name}, least cosine to the CPU's vectors", cosine(low, cpu), bar_of_format
    yield f"{name}, the same in float32", cosine(exact, cpu), 0.99999
    yield f"{name}, error downstream over the CPU's", downstream(cpu, cpu) / downstream(low, cpu), 0.99


def form_rows(device: str) -> Iterator[Row]:
    """The bare rate in other forms over plain autocast: weights cast once, as the loop does or all, and one launch."""
    import torch

    dtype, shapes = getattr(torch, number_format(device)), {"MiniLM": 65_536, "MiniLM, small batches": 4_096}
    made: list[tuple[str, Any, dict[str, Any]]] = []
    for name, encoder, photos in (("ViT-B/16", ViT(), 128), ("EfficientNet-Lite0", RandomLite0Photo(), 256)):
        pixels = random_pixels(photos, device)
        network = encoder.network().to(device, memory_format=torch.channels_last)
        made.append((name, network, {"x" if photos == 256 else "pixel_values": pixels}))
    with tempfile.TemporaryDirectory() as folder:
        for name, tokens in shapes.items():
            network = text_encoder(str(save_model(Path(folder), *LAYERS["MiniLM"][:3]))).network().to(device)
            ids = torch.ones(tokens // 64, 64, dtype=torch.int64, device=device)
            made.append((name, network, {"input_ids": ids, "attention_mask": ids.bool()[:, None, None]}))
    for name, network, given in made:
        cast, graph = copy.deepcopy(network).to(dtype), torch.cuda.CUDAGraph()
        short = {key: value.to(dtype) if value.is_floating_point() else value for key, value in given.items()}
        with inference(device):
            usual = rate(partial(network, **given), 1, device)
            with torch.cuda.graph(graph):
                network(**given)
            at_once = rate(graph.replay, 1, device)
        with torch.inference_mode():
            shorter = rate(partial(cast, **short), 1, device)
        kept = in_formats(copy.deepcopy(network), lambda: None, device)(False)
        with inference(device):
            as_the_loop = rate(partial(kept, **given), 1, device)
        yield f"{name}, weights of products cast once over autocast", as_the_loop / usual, None
        yield f"{name}, all weights cast, without autocast, over autocast", shorter / usual, None
        yield f"{name}, one launch a batch over many", at_once / usual, None


def card_rows(device: str) -> Iterator[Row]:
    """The share of the time in which the card computes, memory, and what a lack of memory costs."""
    import torch
    from torch.autograd.profiler import DeviceType
    from torch.profiler import ProfilerActivity, profile

    encoder, items = PreloadedViT(), [str(i).encode() for i in range(PHOTOS // 4)]
    start = time.perf_counter()
    embed(items[:1], encoder, device=device)
    yield "ViT-B/16, loading and the first photo, seconds", time.perf_counter() - start, None
    weights = 4 * sum(values.numel() for values in encoder.network().parameters())
    torch.cuda.reset_peak_memory_stats(device)
    right = speed(encoder, items, device)
    most = torch.cuda.max_memory_reserved(device)
    expected = embed(items[:FEW], encoder, device=device)
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        start = time.perf_counter()
        embed(items, encoder, device=device)
        passed = time.perf_counter() - start
    work = [event.time_range for event in seen.events() if event.device_type == DeviceType.CUDA]
    yield "ViT-B/16, share of the time in which the card computes", union(work) / 1e6 / passed, 0.90
    yield "ViT-B/16, most memory, MiB", most / 2**20, None
    encoder.release()
    total = torch.cuda.get_device_properties(device).total_memory
    torch.cuda.set_per_process_memory_fraction((weights + (most - weights) / 4) / total, device)
    try:
        embed(items[:1], encoder, device=device)  # loads the model
        start = time.perf_counter()
        found = embed(items, encoder, device=device)
        passed = time.perf_counter() - start
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)
    yield "ViT-B/16 with a quarter of that memory, least cosine", cosine(found[:FEW], expected), 0.999
    yield "ViT-B/16 with a quarter of that memory, speed over the usual", len(items) / passed / right, 1 / 1.5
    left = []
    for _ in range(2):  # what libraries keep for themselves is there after the first time
        embed(items[:1], encoder, device=device)
        encoder.release()
        left.append(torch.cuda.memory_allocated(device) / 2**20)
    yield "ViT-B/16, 64 MiB over what loading once more leaves", 64 / max(left[1] - left[0], 1), 1


def union(ranges: list) -> float:
    """Microseconds that at least one of the ranges covers."""
    covered, end = 0.0, 0.0
    for part in sorted(ranges, key=lambda part: part.start):
        covered += max(0.0, part.end - max(end, part.start))
        end = max(end, part.end)
    return covered


def training_rows(device: str) -> Iterator[Row]:
    """Training networks of our own: steps a second, and how many times those of the CPU."""
    import torch

    rng, posts = np.random.default_rng(0), 64 * STEPS
    views = rng.integers(1_000, 9_000, posts)
    data = rng.binomial(views[:, None], 0.01, (posts, 7)), views
    pieces, has = Pieces(make_texts(posts)), torch.ones(64, dtype=torch.bool)
    pixels = torch.rand(64, 3, SIDE, SIDE)

    def words(rows: np.ndarray, training: bool) -> tuple:
        return (tuple(torch.from_numpy(values) for values in pieces.of(rows)),)

    for name, build, inputs in (
        ("our text network", lambda: Towers([TextTower()], 7), words),
        (
            "all blocks of EfficientNet-Lite0",
            lambda: Towers([PhotoTower(split(RandomLite0Photo().network(), 0)[1], 1280, True)], 7),
            lambda rows, training: ((pixels[: len(rows)], has[: len(rows)]),),
        ),
    ):
        speeds = {}
        for where in dict.fromkeys((device, "cpu")):
            times: list[float] = []
            report = lambda done, times=times: times.append(time.perf_counter())  # noqa: E731
            steps = STEPS if where != "cpu" else max(2, STEPS // 10)
            fit_network(build, inputs, *data, Recipe(1, 64, most_steps=steps), 0, device=where, report=report)
            speeds[where] = 1 / float(np.median(np.diff(times)[len(times) // 2 :]))
        yield f"{name}, training, steps of 64 posts a second", speeds[device], None
        yield f"{name}, training over that on one core", speeds[device] / speeds["cpu"], None


def cosine(some: np.ndarray, others: np.ndarray) -> float:
    """The least cosine of the rows of two tables."""
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    return float(((some * others).sum(1) / lengths).min())


def downstream(vectors: np.ndarray, right: np.ndarray) -> float:
    """Held-out squared error of a ridge regression on vectors; its target is a noisy sum of the right vectors."""
    from sklearn.linear_model import Ridge

    rng, half = np.random.default_rng(0), len(vectors) // 2
    signal = right @ rng.normal(size=right.shape[1])
    target = (signal - signal.mean()) / signal.std() + rng.normal(size=len(right))
    found = Ridge(1.0).fit(vectors[:half], target[:half]).predict(vectors[half:])
    return float(((found - target[half:]) ** 2).mean())


def every_row(device: str) -> Iterator[Row]:
    yield from photo_rows(device, "ViT-B/16", PreloadedViT())
    yield from photo_rows(device, "EfficientNet-Lite0", PreloadedLite0())
    yield from file_rows(device)
    yield from card_rows(device)
    for name in LAYERS:
        with tempfile.TemporaryDirectory() as folder:
            yield from text_rows(device, name, Path(folder))
    yield from form_rows(device)
    yield from training_rows(device)


def main() -> int:
    device = pick("auto")
    if device == "cpu":
        print("There is no GPU here that torch can use: nothing was measured.")
        return 0
    about = describe(device) | {"cores": joblib.cpu_count()}
    result = {**about, "date": datetime.now(UTC).date().isoformat(), "command": "python bench/gpu.py"}
    print(f"{about['card']}, {result['date']}", flush=True)
    rows = []
    for what, value, bar in every_row(device):
        said = "" if bar is None else f"   bar {bar:.5g}{'' if value >= bar else '  MISSED'}"
        tqdm.write(f"  {what:<72} {value:>12,.4g}{said}")
        rows.append([what, value, bar])
    path = ROOT / "bench/results" / f"gpu-{str(about['card']).lower().replace(' ', '-')}.json"
    make_folder(path.parent)
    write_whole(path, json.dumps(result | {"rows": rows}, indent=1).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
