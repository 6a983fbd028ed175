"""What the embedding loop promises, measured in one run.

Memory; speed compared with bare forward passes and with one item at a time, as the reference answer embeds; tolerance;
hostile items; a silent hub; kills.

    python bench/embedding.py [--texts 400] [--photos 400] [--kills 20] [--model FOLDER]

FOLDER has a text model for transformers. Without a folder, a model of MiniLM's shape (6 layers of 384) with random
weights is used: it costs the same arithmetic. Timings are the best of three rounds in turn. If the machine has other
work, look at the ratios of processor time. Made-up cards, which only wait, show how busy the loop keeps a GPU.
"""

from __future__ import annotations

import argparse
import functools
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lib.embedding import PhotoEncoder, embed, photo_encoder, text_encoder  # noqa: E402
from lib.embedding.device import in_flight  # noqa: E402
from lib.embedding.packaged import Lite0Photo  # noqa: E402
from lib.embedding.shards import PAUSE  # noqa: E402
from lib.embedding.transformer import HubText  # noqa: E402
from lib.embedding.vectors import SHARD  # noqa: E402
from lib.features import present  # noqa: E402

WORDS = (
    "кот собака утро вечер новости город сегодня рецепт пирог яблоки матч победа сборная игра персонаж гороскоп неделя "
    "картинка платье осень авария дорога цитата жизнь скидка природа лес река море друзья лето работа музыка фильм"
).split()


def make_texts(n: int, seed: int = 0) -> list[str]:
    """Distinct texts with a median of 23 words and 10 % above 150."""
    rng = np.random.default_rng(seed)
    lengths = rng.lognormal(np.log(23), np.log(150 / 23) / 1.2816, n).clip(1, 2_662).astype(int)
    return [" ".join([*rng.choice(WORDS, k), str(i)]) for i, k in enumerate(lengths)]


class Photos:
    """``n`` distinct JPEG files of 256 x 192 pixels, made on request, so that they take no memory."""

    def __init__(self, n: int, seed: int = 0):
        self.n, self.files = n, []
        rng = np.random.default_rng(seed)
        for _ in range(16):
            small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
            image = small.resize((256, 192), Image.Resampling.BICUBIC)
            ImageDraw.Draw(image).text((20, 80), "view to action", fill="white")
            file = io.BytesIO()
            image.save(file, "JPEG", quality=75)
            self.files.append(file.getvalue())

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> bytes:
        if not 0 <= i < self.n:
            raise IndexError(i)
        return self.files[i % len(self.files)] + i.to_bytes(4, "little")  # bytes after the end of the image are ignored


def save_model(folder: Path, width: int = 384, layers: int = 6, heads: int = 12) -> Path:
    """A text model with random weights, by default of MiniLM's shape, whose tokens are whole words."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]").save_pretrained(folder)
    torch.manual_seed(0)
    shape = {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 4 * width,
    }
    transformers.BertModel(transformers.BertConfig(vocab_size=30_522, **shape)).save_pretrained(folder)
    return folder


def best(rounds: int, **ways) -> dict[str, np.ndarray]:
    """Seconds by the clock and of the processor for each way; each is the least of ``rounds`` rounds, taken in turn."""
    seconds = {name: np.full(2, np.inf) for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = np.array([time.perf_counter(), time.process_time()])
            way()
            taken = np.array([time.perf_counter(), time.process_time()]) - started
            seconds[name] = np.minimum(seconds[name], taken)
    return seconds


def recorded(encoder, items, device: str) -> list[list]:
    """The batches that the loop makes of the items."""
    batches, forward = [], encoder.on(device)
    with mock.patch.object(encoder, "on", lambda _: lambda samples: batches.append(samples) or forward(samples)):
        embed(items, encoder, device=device)
    return batches


def compare(encoder, items, device: str) -> None:
    """The loop, the forward passes alone on the loop's batches, and one item at a time."""
    batches = recorded(encoder, items, device)
    forward = encoder.on(device)
    plain = getattr(forward, "__wrapped__", forward)  # all threads on one item, as torch works by default
    lengths = [[encoder.length(sample) for sample in batch] for batch in batches]
    real = sum(map(sum, lengths)) / sum(len(batch) * max(batch) for batch in lengths)
    seconds = best(
        3,
        loop=lambda: embed(items, encoder, device=device),
        bare=lambda: [forward(batch) for batch in batches],
        prepare=lambda: [encoder.prepare(encoder.content(items[i])) for i in range(len(items))],
        single=lambda: [plain([encoder.prepare(encoder.content(items[i]))]) for i in range(len(items))],
    )
    rate = {way: len(items) / clock for way, (clock, _) in seconds.items()}
    seconds["both"] = seconds["bare"] + seconds["prepare"]
    shares = {}
    for way in ("bare", "both", "single"):
        clock, processor = seconds[way] / seconds["loop"]
        shares[way] = f"{clock:.2f} by the clock" + (f", {processor:.2f} of the processor" if device == "cpu" else "")
    print(
        f"{encoder.name:18.18} on {device}: loop {rate['loop']:.1f}/s; against bare forward {rate['bare']:.1f}/s: "
        f"{shares['bare']}; against that and what comes before it, one after the other: {shares['both']}; "
        f"against one at a time {rate['single']:.1f}/s: {shares['single']}"
        + (f", {real:.1%} of the padded tokens real" if encoder.pads else ""),
        flush=True,
    )


def graph(items) -> None:
    """EfficientNet-Lite0 by OpenVINO and by torch, on pixels that are decoded already."""
    encoder = Lite0Photo()
    samples = [encoder.prepare(items[i]) for i in range(len(items))]
    ways = {"openvino": encoder.load("cpu"), "torch": PhotoEncoder.load(encoder, "cpu")}
    batch, vectors = encoder.limit("cpu"), {}

    def run(name: str) -> None:
        vectors[name] = np.vstack([ways[name](samples[i : i + batch]) for i in range(0, len(samples), batch)])

    seconds = best(3, **{name: functools.partial(run, name) for name in ways})
    (clock, processor), rate = seconds["torch"] / seconds["openvino"], len(samples) / seconds["openvino"][0]
    off, largest = np.abs(vectors["openvino"] - vectors["torch"]).max(), np.abs(vectors["torch"]).max()
    print(f"{encoder.name} by OpenVINO: {rate:.1f}/s, {clock:.2f} times torch by the clock (bar 2), {processor:.2f} of "
          f"the processor; vectors differ by up to {off:.1e} of {largest:.1f} (bar 1e-4)", flush=True)  # fmt: skip


class Clock:
    """A made-up card: it takes some time for what is started, one after the other, and needs no core."""

    def __init__(self):
        self.free = 0.0  # when all that was started is computed

    def start(self, seconds: float, found: np.ndarray) -> Callable[[], np.ndarray]:
        self.free = done = max(time.perf_counter(), self.free) + seconds

        def read() -> np.ndarray:
            time.sleep(max(0.0, done - time.perf_counter()))
            return found

        return read


class PhotoCard(Lite0Photo):
    """A made-up card on photos that are decoded already."""

    budget = {"cuda": 128}  # noqa: RUF012

    def __init__(self, milliseconds: float):
        self.seconds = milliseconds / 1000
        self.pictures = np.random.default_rng(0).integers(0, 256, (128, 224, 224, 3), dtype=np.uint8)

    def device(self, wanted):
        return "cuda:0"

    def dtype(self, device):
        return "bfloat16"

    def prepare(self, content):
        return self.pictures[int(content) % len(self.pictures)]

    def load(self, device):
        clock, pinned = Clock(), np.empty((self.budget["cuda"], *self.pictures[0].shape), np.uint8)

        def start(samples, exact=False):
            np.stack(samples, out=pinned[: len(samples)])  # torch uses pinned memory again and again
            return clock.start(self.seconds * len(samples), np.zeros((len(samples), self.dim), np.float32))

        return in_flight(start)


class TextCard(HubText):
    """A made-up card that takes its time by padded tokens and has so many operations to start.

    ``ready`` are the samples of contents that needn't be read by the tokenizer.
    """

    def __init__(self, folder: Path, microseconds: float, operations: int):
        super().__init__(str(folder))
        self.seconds, self.operations, self.ready = microseconds / 1e6, operations, {}

    def device(self, wanted):
        return "cuda:0"

    def dtype(self, device):
        return "bfloat16"

    def limit(self, device):
        return self.budget["cuda"]

    def prepare_all(self, contents):
        return [self.ready[c] for c in contents] if self.ready else super().prepare_all(contents)

    def load(self, device):
        import torch

        clock, one = Clock(), torch.zeros(1)

        def start(samples, exact=False):
            for _ in range(self.operations):
                one.add_(1)
            padded = len(samples) * max(map(self.length, samples))
            return clock.start(self.seconds * padded, np.zeros((len(samples), self.dim), np.float32))

        return in_flight(start)


def busy(encoder, items: Sequence, seconds: float, kept: bool) -> float:
    """The share of the time of :func:`embed` in which a card that needs so many seconds computes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch("lib.embedding.vectors.describe", lambda _: {"card": "made up"}),
    ):
        embed(items[:1], encoder)  # what is imported and loaded at first
        started = time.perf_counter()
        embed(items, encoder, cache=folder if kept else None)
        return seconds / (time.perf_counter() - started)


def made_up_cards(minilm: Path) -> None:
    """How busy the loop keeps cards of known speeds, with a cache and without."""
    for name, milliseconds, bar in (("H100", 0.1, 0.90), ("L4", 0.7, 0.95), ("T4", 1.6, 0.95)):
        photos = max(5_000, round(4_000 / milliseconds))
        items = [str(i).encode() for i in range(photos)]
        shares = [busy(PhotoCard(milliseconds), items, photos * milliseconds / 1000, kept) for kept in (False, True)]
        print(f"a made-up {name} ({milliseconds} ms a photo): busy for {shares[0]:.2f} of the time (bar {bar}),"
              f" with a cache {shares[1]:.2f}", flush=True)  # fmt: skip
    # An H100 takes 22 million operations a token at 170 TFLOP/s, and 606 million at 340.
    texts = make_texts(200_000)
    for name, microseconds, operations, share, bar in (("MiniLM", 0.13, 113, 1, 0.7), ("bge-m3", 1.8, 391, 5, 0.9)):
        items = texts[::share]
        encoder = TextCard(minilm, microseconds, operations)
        contents = [encoder.content(text) for text in items]
        samples = encoder.prepare_all(contents)
        seconds = sum(sample.shape[1] for sample in samples) * microseconds / 1e6  # without padding
        read = busy(encoder, items, seconds, False)
        encoder.ready = dict(zip(contents, samples, strict=True))
        shares = [busy(encoder, items, seconds, kept) for kept in (False, True)]
        print(f"a made-up H100 on {name} ({microseconds} µs a token): busy for {shares[0]:.2f} of the time with tokens "
              f"that are there (bar {bar}), with a cache {shares[1]:.2f}, with this machine's tokenizer {read:.2f}",
              flush=True)  # fmt: skip


def hostile() -> None:
    """Items that break loops: each gets a vector or a row of NaN, in its place."""
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8))

    def file(picture: Image.Image, **options) -> bytes:
        out = io.BytesIO()
        picture.save(out, **{"format": "JPEG", **options})
        return out.getvalue()

    whole = file(image)
    more = [Image.new("P", (64, 48))] * 3
    photos = {
        "JPEG": whole,
        "no photo": None,
        "one pixel": file(image.resize((1, 1))),
        "256 x 37": file(image.resize((256, 37))),
        "CMYK": file(image.convert("CMYK")),
        "palette": file(image.quantize(16), format="PNG"),
        "animation": file(image.quantize(16), format="GIF", save_all=True, append_images=more),
        "cut JPEG": whole[: len(whole) // 2],
        "the JPEG again": whole,
    }
    texts = {
        "text": "Кот спит",
        "no text": "",
        "None": None,
        "20,000 words": "слово " * 20_000,
        "half a pair": "а\ud83d",
        "spaces": " \u200b ",
        "the text again": "Кот спит",
    }
    for encoder, items in ((photo_encoder("efficientnet-lite0"), photos), (text_encoder("use-multilingual-3"), texts)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            vectors = embed(list(items.values()), encoder, device="cpu")
        got = dict(zip(items, present(vectors), strict=True))
        same = (vectors[0] == vectors[list(items).index(f"the {next(iter(items))} again")]).all()
        print(f"{encoder.name}: vectors for {', '.join(k for k, there in got.items() if there)}; NaN for "
              f"{', '.join(k for k, there in got.items() if not there)}; equal items have {'one' if same else 'OTHER'} "
              "vector", flush=True)  # fmt: skip


def tolerance(encoder, items) -> None:
    """How much a vector depends on its batch."""
    one, many = (embed(items, encoder, batch_size=size) for size in (1, 64))
    scale = np.linalg.norm(many, axis=1).mean()
    print(f"{encoder.name:22.22} batches of 1 and of 64 differ by at most {np.abs(one - many).max():.1e} "
          f"in vectors of length {scale:.3g}", flush=True)  # fmt: skip


MEMORY = """
import resource, sys
import numpy as np
from bench.embedding import Photos
from lib.embedding import embed, photo_encoder
from lib.embedding.packaged import Lite0Photo

class Light(Lite0Photo):
    name, dim = "light", 3
    def load(self, device):
        return lambda samples: np.stack(samples).mean((1, 2), dtype=np.float32)

encoder = Light() if sys.argv[2] == "light" else photo_encoder("efficientnet-lite0")
n = int(sys.argv[1])
vectors = embed(Photos(n), encoder, device="cpu")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, vectors.nbytes / 2**20)
"""


def memory(kind: str, counts: tuple[int, ...]) -> None:
    """Peak memory of a process that embeds so many photos, in all and without the vectors."""
    for n in counts:
        out = subprocess.run(
            [sys.executable, "-c", MEMORY, str(n), kind], cwd=ROOT, capture_output=True, text=True, check=True
        )
        peak, result = map(float, out.stdout.split())
        print(f"{n:6} photos, {kind:18}: peak {peak:5.0f} MiB, {peak - result:5.0f} without the {result:.0f} MiB of "
              "vectors", flush=True)  # fmt: skip


RUN = """
import sys
from bench.embedding import make_texts
from lib.embedding import embed, text_encoder
import numpy as np

folder = sys.argv[1]
encoder = text_encoder("use-multilingual-3")
forward = encoder.on("cpu")
def logged(samples):
    with open(folder + "/log", "a") as log:
        log.writelines(sample.split()[-1] + "\\n" for sample in samples)
    return forward(samples)
encoder.on = lambda device: logged
np.save(folder + "/vectors.npy", embed(make_texts(6000), encoder, cache=folder + "/cache"))
"""


def kills(times: int) -> None:
    """Kill a run again and again; the vectors must equal those of an undisturbed run."""
    rng = np.random.default_rng()
    with tempfile.TemporaryDirectory() as folder:
        calm, killed = (Path(folder) / name for name in ("calm", "killed"))
        calm.mkdir(), killed.mkdir()

        def start(where: Path) -> subprocess.Popen:
            return subprocess.Popen([sys.executable, "-c", RUN, str(where)], cwd=ROOT)

        started = time.perf_counter()
        start(calm).wait()
        whole = time.perf_counter() - started
        done = 0
        for _ in range(times):
            child = start(killed)
            try:
                child.wait(rng.uniform(0.1, 1.0) * max(6.0, whole / 8))
                break
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
                done += 1
        start(killed).wait()
        same = (calm / "vectors.npy").read_bytes() == (killed / "vectors.npy").read_bytes()
        log = (killed / "log").read_text().split()
        most = done * (2 * SHARD + PAUSE * len(set(log)) / whole)
        print(f"killed {done} times at random moments: {'the same bytes' if same else 'OTHER VECTORS'}; "
              f"{len(log) - len(set(log))} of {len(set(log))} texts computed twice, some {most:.0f} could be",
              flush=True)  # fmt: skip


def silent_hub() -> None:
    """How long loading takes with a hub that accepts connections but never answers, and with the hub set to offline."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        code = (
            "import time; from lib.embedding import device, photo_encoder, text_encoder; started = time.time(); "
            "a = text_encoder('bert-base-uncased'); b = photo_encoder('dinov2-base'); "
            "print(f'{time.time() - started:.1f} s, then {a.name} and {b.name}')"
        )
        environment = {**os.environ, "HF_ENDPOINT": address, "HF_HUB_CACHE": tempfile.gettempdir() + "/none"}
        for offline in ("", "1"):
            environment |= {"NO_PROXY": "127.0.0.1", "HF_HUB_OFFLINE": offline, "TRANSFORMERS_OFFLINE": ""}
            out = subprocess.run(
                [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
            )
            case = "set to offline" if offline else "a silent hub"
            print(f"{case}: {out.stdout.strip()}\n{out.stderr.strip()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=400)
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--model", help="folder of a text model")
    parser.add_argument("--whole", action="store_true", help="measure memory with the real network too (slow)")
    arguments = parser.parse_args()
    # First, while this process is small: on Linux a child's peak memory starts from its parent's.
    memory("light", (2_000, 20_000))
    if arguments.whole:
        memory("efficientnet-lite0", (2_000, 20_000))
    import torch

    with tempfile.TemporaryDirectory() as folder:
        texts, photos = make_texts(arguments.texts), Photos(arguments.photos)
        words = [len(text.split()) for text in texts]
        print(f"{len(texts)} texts, median {np.median(words):.0f} words, {np.mean(np.array(words) > 150):.0%} over "
              f"150; {len(photos)} photos; {torch.get_num_threads()} threads of torch")  # fmt: skip
        shaped = save_model(Path(folder) / "minilm-shaped")
        bert = text_encoder(arguments.model or str(shaped))
        encoders = (
            [bert, *map(text_encoder, ("use-multilingual-3", "navec-sif"))],
            [photo_encoder("efficientnet-lite0")],
        )
        for group, items in zip(encoders, (texts, photos), strict=True):
            for encoder in group:
                # Word vectors of four hundred texts take only ten milliseconds.
                compare(encoder, make_texts(10 * len(items)) if encoder.name == "navec-sif" else items, "cpu")
                if torch.cuda.is_available() and encoder.device("cuda") != "cpu":
                    compare(encoder, items, "cuda")
        graph(photos)
        made_up_cards(shaped)
        for group, items in zip(encoders, (texts[:100], [photos[i] for i in range(min(64, len(photos)))]), strict=True):
            for encoder in group:
                tolerance(encoder, items)
    hostile()
    silent_hub()
    kills(arguments.kills)


if __name__ == "__main__":
    main()
