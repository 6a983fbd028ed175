"""How much of a GPU the embedding loop uses, how near its vectors are to a CPU's, and what memory it takes.

    python bench/gpu.py        or: make gpu, which runs the tests that need a GPU first

Needs torch and transformers alone: models of the shapes of ViT-B/16, MiniLM and e5-base get random weights, which cost
the same arithmetic. The table goes to ``bench/results/gpu-<card>.json``, whole or not at all; the book quotes it. On a
machine without a GPU it says so and ends. "Bare" is the network alone on inputs that are on the card already.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from embedding import make_texts, save_model  # noqa: E402

from lib.embedding import embed, text_encoder  # noqa: E402
from lib.embedding.device import describe, free_memory, inference, pick  # noqa: E402
from lib.embedding.encoder import PhotoEncoder  # noqa: E402
from lib.storage import make_folder, write_whole  # noqa: E402

PHOTOS, TEXTS, ROUNDS = 20_000, 50_000, 20
SIDE = 224
BARS = {"L4": 0.95, "T4": 0.95, "4090": 0.95}  # of the bare rate of photos; other cards 0.90
LAYERS = {"MiniLM": (384, 6, 0.7), "e5-base": (768, 12, 0.85)}  # width, layers, bar of the bare rate


class Preloaded(PhotoEncoder):
    """ViT-B/16 with random weights, on photos that are decoded already: an item is the number of a photo."""

    name, dim, licence, source, revision = "vit-b-16-random", 768, "none needed", "random weights", "1"
    budget = {"cpu": 8, "cuda": 128}  # noqa: RUF012
    mean = std = (127.5,) * 3
    packages = ("torch", "transformers", "numpy")

    def __init__(self) -> None:
        self.pictures = np.random.default_rng(0).integers(0, 256, (64, SIDE, SIDE, 3), dtype=np.uint8)

    def prepare(self, content: bytes) -> np.ndarray:
        return self.pictures[int(content) % len(self.pictures)]

    def network(self) -> Any:
        import torch
        from transformers import ViTConfig, ViTModel

        torch.manual_seed(0)
        return ViTModel(ViTConfig(image_size=SIDE), add_pooling_layer=False).eval().requires_grad_(False)

    def pool(self, output: Any) -> Any:
        return output.last_hidden_state[:, 0]


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


def bare(network: Any, inputs: dict[str, Any], device: str) -> float:
    """Samples per second of a network on inputs that are on the device."""
    with inference(device):
        return rate(lambda: network(**inputs), len(next(iter(inputs.values()))), device)


def photo_rows(device: str) -> list[list[Any]]:
    """Rows of photos: the bare rate, the loop's share of it without and with a cache, and how full the card is."""
    import torch

    encoder = Preloaded()
    network = encoder.network().to(device, memory_format=torch.channels_last)
    budget = encoder.limit(device)
    rates = {}
    for size in [s for s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512) if s <= 4 * budget]:
        pixels = torch.rand(size, 3, SIDE, SIDE, device=device).contiguous(memory_format=torch.channels_last)
        rates[size] = bare(network, {"pixel_values": pixels}, device)
    del network
    free_memory()
    items = [str(i).encode() for i in range(PHOTOS)]
    alone = rates[budget]
    bar = next((value for name, value in BARS.items() if name in describe(device).get("card", "")), 0.90)
    rows = [["ViT-B/16, bare, photos a second", alone, None]]
    shares = {}
    for name in ("without a cache", "with a cache"):
        with tempfile.TemporaryDirectory() as folder:
            embed(items[:budget], encoder, device=device)
            start = time.perf_counter()
            embed(items, encoder, device=device, cache=folder if name == "with a cache" else None)
            shares[name] = PHOTOS / (time.perf_counter() - start) / alone
    rows.append(["ViT-B/16, loop over bare", shares["without a cache"], bar])
    rows.append(["ViT-B/16, with a cache over without", shares["with a cache"] / shares["without a cache"], 0.97])
    rows.append([f"ViT-B/16, rate at {budget} photos over the best", alone / max(rates.values()), 0.95])
    return rows


def text_rows(device: str, name: str, folder: Path) -> list[list[Any]]:
    """Rows of texts of real lengths: the loop's share of the bare rate by tokens, and the vectors beside a CPU's."""
    import torch

    width, layers, bar = LAYERS[name]
    encoder = text_encoder(str(save_model(folder, width, layers)))
    texts = make_texts(TEXTS)
    tokens = sum(encoder.prepare(text.encode()).shape[1] for text in texts)
    network, length = encoder.network().to(device), 128
    ids = torch.ones(max(1, encoder.limit(device) // length), length, dtype=torch.int64, device=device)
    alone = bare(network, {"input_ids": ids}, device) * length
    del network
    free_memory()
    embed(texts[:500], encoder, device=device)
    start = time.perf_counter()
    embed(texts, encoder, device=device)
    share = tokens / (time.perf_counter() - start) / alone
    some = texts[:1000]
    low, exact, cpu = (embed(some, encoder, **how) for how in (
        {"device": device}, {"device": device, "exact": True}, {"device": "cpu"}
    ))  # fmt: skip
    bar_of_format = {"bfloat16": 0.998, "float16": 0.9999, "float32": 0.99999}[encoder.dtype(device)]
    return [
        [f"{name}, bare, tokens a second", alone, None],
        [f"{name}, loop over bare", share, bar],
        [f"{name}, least cosine to the CPU's vectors", cosine(low, cpu), bar_of_format],
        [f"{name}, the same in float32", cosine(exact, cpu), 0.99999],
        [f"{name}, error downstream over the CPU's", downstream(cpu, cpu) / downstream(low, cpu), 0.99],
    ]


def memory_rows(device: str) -> list[list[Any]]:
    """Rows of memory, in MiB: the most at the budget, and what is left after the encoder is released."""
    import torch

    encoder = Preloaded()
    torch.cuda.reset_peak_memory_stats(device)
    embed([str(i).encode() for i in range(encoder.limit(device))], encoder, device=device)
    most = torch.cuda.max_memory_reserved(device) / 2**20
    encoder.release()
    left = torch.cuda.memory_allocated(device) / 2**20
    return [
        ["ViT-B/16, most memory, MiB", most, None],
        ["ViT-B/16, 64 MiB over what is left after", 64 / max(left, 1), 1],
    ]


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


def main() -> int:
    device = pick("auto")
    if device == "cpu":
        print("There is no GPU here that torch can use: nothing was measured.")
        return 0
    rows = photo_rows(device) + memory_rows(device)
    for name in LAYERS:
        with tempfile.TemporaryDirectory() as folder:
            rows += text_rows(device, name, Path(folder))
    about = describe(device)
    result = {**about, "date": datetime.now(UTC).date().isoformat(), "command": "python bench/gpu.py", "rows": rows}
    path = ROOT / "bench/results" / f"gpu-{str(about['card']).lower().replace(' ', '-')}.json"
    make_folder(path.parent)
    write_whole(path, json.dumps(result, indent=1).encode())
    print(f"{about['card']}, {result['date']}")
    for what, value, bar in rows:
        print(
            f"  {what:<48} {value:>12,.4g}"
            + ("" if bar is None else f"   bar {bar}{'' if value >= bar else '  MISSED'}")
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
