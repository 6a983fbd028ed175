"""Encoders that run a transformers model, from the hub or from a local folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, ClassVar

import joblib
import numpy as np
from PIL import Image

from lib.embedding import hub, modules, pixels
from lib.embedding.encoder import Encoder, Forward, PhotoEncoder, TextEncoder

PROBED = 1024  # tokens of the texts on which a mask is tried: more than the window of local attention
BYTES_A_TOKEN = 40  # of a batch on a GPU, for each number of a hidden state


def _transformers() -> Any:
    """The library, without its warnings and progress bars: whatever makes vectors wrong is an error here."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


class _Hub(Encoder):
    """What the encoders of texts and photos share: they find the model's files and load the model safely."""

    packages = ("transformers", "torch", "tokenizers", "safetensors", "pillow", "numpy")
    tunable = True

    def __init__(self, name: str):
        self.card = hub.card(name, self.kind)
        self.folder, self.revision = hub.locate(self.card)
        self.settings = modules.read_settings(self.folder, self.card.id)
        self.transformer = self.folder / self.settings.transformer
        self.name = next((k for k, c in hub.CARDS[self.kind].items() if c == self.card), self.card.id)
        self.licence = self.card.licence
        self.source = f"model {self.card.id}"
        if self.folder == Path(self.card.id).expanduser():
            self.name = self.folder.name
            self.source = "local folder"
        self.pooling = (self.card.pooling,) if self.card.pooling else self.settings.pooling
        self.steps = self.settings.steps
        if self.card.normalise is not None:
            others = tuple(step for step in self.steps if step.kind != "Normalize")
            self.steps = others + (modules.Step("Normalize"),) * self.card.normalise

    def device(self, wanted: str) -> str:
        from lib.embedding.device import pick

        return pick(wanted)

    def dtype(self, device: str) -> str:
        from lib.embedding.device import number_format

        return number_format(device)

    def code(self) -> list[str]:
        sources = [Path(__file__).with_name(f"{name}.py").read_text("utf-8") for name in ("modules", "pooling")]
        return [*super().code(), *sources, repr((self.card, self.settings))]

    @contextmanager
    def _loading(self, what: str) -> Iterator[None]:
        """Turns whatever a library raises for a broken file into a ValueError of one line."""
        try:
            yield
        except Exception as error:  # the libraries raise their own errors, and Rust code plain Exceptions
            raise ValueError(f"{what} of {self.card.id} can't be loaded: {hub.first_line(error)}") from error

    @cached_property
    def config(self) -> Any:
        with self._loading("the configuration"):
            return _transformers().AutoConfig.from_pretrained(
                self.transformer, local_files_only=True, trust_remote_code=False
            )

    @property
    def part(self) -> Any:
        """The configuration of the model, or of its text or vision part."""
        return getattr(self.config, f"{'vision' if self.kind == 'photo' else 'text'}_config", self.config)

    @cached_property
    def dim(self) -> int:
        width = getattr(self.part, "hidden_size", None) or getattr(self.part, "hidden_sizes", [None])[-1]
        if width is None:
            raise ValueError(f"the configuration of {self.card.id} doesn't say how long the vectors are")
        if self.settings.width not in (None, width):
            modules.refuse(self.card.id, f"it pools vectors of {self.settings.width} numbers, not of {width}")
        width = int(width) * len(self.pooling)
        for step in self.steps:
            if step.takes not in (None, width):
                modules.refuse(self.card.id, f"its {step.kind} ({step.path}) takes {step.takes} numbers, not {width}")
            width = step.gives or width
        return min(width, self.settings.dim or width)

    def network(self) -> Any:
        """The model, or its text or vision part.

        Raises
        ------
        ValueError
            If weights are missing, since transformers would fill them with random numbers.
        """
        import torch

        with self._loading("the weights"), torch.random.fork_rng(devices=[]):
            model, info = _transformers().AutoModel.from_pretrained(
                self.transformer,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
            )
        part = ""
        if self.config.is_encoder_decoder:
            model, part = model.get_encoder(), "encoder."
        elif hasattr(self.config, f"{(side := 'vision' if self.kind == 'photo' else 'text')}_config"):
            model, part = getattr(model, f"{side}_model"), f"{side}_model."
        lacking = [k for k in info["missing_keys"] if k.startswith(part) or not part]
        if self.pooling != ("pooler",):
            lacking = [k for k in lacking if "pooler" not in k]
        if lacking:
            raise ValueError(
                f"{self.card.id} lacks {len(lacking)} of its weights ({sorted(lacking)[0]}...): "
                "its vectors would be partly random"
            )
        return model.eval().requires_grad_(False)

    def layers(self) -> Any:
        """The steps after the pooling, as a torch module."""
        from lib.embedding.pooling import layers

        _ = self.dim  # checks that the steps fit
        return layers(self.folder, self.steps, self.card.id)

    def batch(self, samples: list[np.ndarray]) -> list[Any]:
        """The tensors that ``vectors`` takes, in the memory of this machine, from b samples of ``prepare``."""
        raise NotImplementedError

    def vectors(self, network: Any, layers: Any, *batch: Any) -> Any:
        """Vectors (b, dim) of a batch on the device of a ``network`` and of the ``layers`` after the pooling."""
        raise NotImplementedError

    def pooled(self, output: Any, mask: Any = None) -> Any:
        """The vectors of tokens as one vector (b, width) each; a mask (b, t) marks the tokens that count."""
        import torch

        from lib.embedding.pooling import pool

        hidden = output.last_hidden_state
        if self.pooling == ("pooler",):
            if getattr(output, "pooler_output", None) is None:
                raise ValueError(f"{self.card.id} has no pooler: choose another pooling")
            return output.pooler_output.flatten(1).float()
        if hidden.ndim == 4:  # the feature map of a convolutional network
            return hidden.mean((2, 3)).float()
        mask = torch.ones(hidden.shape[:2], dtype=torch.int64, device=hidden.device) if mask is None else mask
        return torch.cat([pool(kind, hidden.float(), mask) for kind in self.pooling], 1)


class HubText(_Hub, TextEncoder):
    """A text model of the hub. A sample is the token numbers of a text; a batch is padded to its longest sample."""

    budget: ClassVar = {"cpu": 2_048, "cuda": 131_072}  # tokens, padding included
    pads = True
    saturation = 16_384  # tokens: of an H100; smaller cards are full with a quarter of that

    @cached_property
    def tokenizer(self) -> Any:
        with self._loading("the tokenizer"):
            tokenizer = _transformers().AutoTokenizer.from_pretrained(
                self.transformer, local_files_only=True, trust_remote_code=False
            )
        if not tokenizer.is_fast:
            raise ValueError(f"{self.card.id} has no fast tokenizer (tokenizer.json)")
        return tokenizer

    @cached_property
    def prefix(self) -> str:
        """Words that are put before every text."""
        return self.settings.prefix if self.card.prefix is None else self.card.prefix

    @cached_property
    def max_length(self) -> int:
        """The largest number of tokens of a text, special tokens included."""
        said = self.card.max_length or self.settings.max_length or min(self.tokenizer.model_max_length, 512)
        return min(said, self._places() or said)

    def _places(self) -> int | None:
        """The number of positions that a text can fill; None if the model has no limit."""
        import torch

        places = getattr(self.part, "max_position_embeddings", None) or 0
        if places < 1:  # XLNet says -1
            return None
        with torch.device("meta"):  # a model without numbers
            parts = _transformers().AutoModel.from_config(self.config, trust_remote_code=False).modules()
        # RoBERTa and its kin number the positions of tokens from the number of the padding token plus one.
        numbered = (part.padding_idx for part in parts if getattr(part, "position_embeddings", None) is not None
                    and isinstance(getattr(part, "padding_idx", None), int))  # fmt: skip
        return places - 1 - next(numbered, -1)

    @cached_property
    def _fast(self) -> Any:
        """The tokenizer's Rust object, which works in threads of its own without Python's lock."""
        from tokenizers.normalizers import Lowercase, Sequence

        # Set once on the Rust object: transformers sets these at every call, which isn't safe with threads.
        tokenizer = self.tokenizer.backend_tokenizer
        if self.settings.lower_case:
            before = [Lowercase(), tokenizer.normalizer] if tokenizer.normalizer else [Lowercase()]
            tokenizer.normalizer = Sequence(before)
        tokenizer.no_padding()
        if self.max_length <= tokenizer.num_special_tokens_to_add(is_pair=False):
            modules.refuse(self.card.id, f"a text may have {self.max_length} tokens, which special tokens fill")
        tokenizer.enable_truncation(self.max_length, direction=self.tokenizer.truncation_side)
        return tokenizer

    @cached_property
    def _left_out(self) -> int:
        """How many tokens at the start of a text belong to a prompt that isn't pooled."""
        ids = self._fast.encode(self.prefix).ids
        if len(ids) >= self.max_length:
            modules.refuse(self.card.id, f"its prompt fills the {self.max_length} tokens that a text may have")
        if self.settings.include_prompt or not self.prefix:
            return 0
        return len(ids) - (ids[-1] in self.tokenizer.all_special_ids)

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        """What the model reads of a text's tokens: their numbers, and their types where these aren't all zero."""
        typed = "token_type_ids" in self.tokenizer.model_input_names and any(self._fast.encode("a").type_ids)
        return ("ids", "type_ids") if typed else ("ids",)

    def prepare(self, content: bytes) -> np.ndarray:
        """The numbers of a text's tokens, and those of their types where the model has several: (1 or 2, t) int64."""
        return self.prepare_all([content])[0]

    def prepare_all(self, contents: list[bytes]) -> list[np.ndarray]:
        found = self._fast.encode_batch_fast([self.prefix + content.decode() for content in contents])
        rows = [chain.from_iterable(getattr(text, part) for text in found) for part in self._parts]
        numbers = np.stack([np.fromiter(row, np.int64) for row in rows])
        ends = np.cumsum([len(text) for text in found]).tolist()
        return [numbers[:, start:end] for start, end in pairwise([0, *ends])]

    def length(self, sample: np.ndarray) -> int:
        return sample.shape[1]

    def limit(self, device: str) -> int:
        """Some drivers move what doesn't fit to the machine's own memory, ten times slower and without an error."""
        most = super().limit(device)
        if device == "cpu":
            return most
        from lib.embedding.device import room

        width = getattr(self.part, "hidden_size", self.dim)
        return max(self.max_length, min(most, room(device) // (BYTES_A_TOKEN * width)))

    def load(self, device: str) -> Forward:
        from lib.embedding.device import fetch, in_flight, in_formats, inference, send, spread

        layers, network = self.layers().to(device), self.network().to(device)
        ready = device != "cpu" and takes_ready_mask(network, min(self.max_length, PROBED))
        model = in_formats(network, lambda: self.network().to(device), device)
        _ = self._left_out, self.tokenizer  # and what they use, set up before threads use them

        def start(samples: list[np.ndarray], exact: bool = False) -> Callable[[], np.ndarray]:
            given = self.batch(samples, device)
            with inference(device, exact):
                sent = [send(tensor, device) for tensor in given]
                return fetch(self.vectors(model(exact), layers, *sent, ready=ready).float())

        forward = in_flight(start)
        return forward if device != "cpu" else spread(forward)

    def batch(self, samples: list[np.ndarray], device: str = "cpu") -> list[Any]:
        """Which tokens there are, which are pooled, their numbers and maybe types: (b, t) int64 each, for a device.

        Texts are padded on the right whatever the tokenizer's side: no text's vector depends on the texts beside it.
        """
        import torch

        from lib.embedding.device import empty

        shape = len(samples), max(map(self.length, samples))
        given = [empty(shape, torch.int64, device) for _ in range(2 + len(samples[0]))]
        mask, counted, *numbers = (tensor.numpy() for tensor in given)
        inside = np.arange(shape[1]) < np.array([self.length(sample) for sample in samples])[:, None]
        mask[:] = counted[:] = inside
        counted[:, : self._left_out] = 0
        fillers = self.tokenizer.pad_token_id or 0, 0
        for table, filler, row in zip(numbers, fillers, np.concatenate(samples, 1), strict=False):
            table[:] = filler
            table[inside] = row
        return given

    def vectors(self, network: Any, layers: Any, *batch: Any, ready: bool = False) -> Any:
        mask, counted, ids, *types = batch
        typed = {"token_type_ids": types[0]} if types else {}
        seen = mask.bool()[:, None, None] if ready else mask
        return layers(self.pooled(network(input_ids=ids, attention_mask=seen, **typed), counted))[:, : self.dim]


def takes_ready_mask(model: Any, length: int) -> bool:
    """Whether a text model does the same with a bool mask (b, 1, 1, t) as with the usual mask (b, t).

    From the usual mask transformers makes its own by a question whose answer waits for all that a GPU was given. A
    model with causal or local attention needs that. ``length`` is that of the texts that are tried, in tokens.
    """
    import torch

    ids = torch.arange(2 * length, device=model.device).view(2, length) % 3 + 1
    mask = torch.ones_like(ids)
    mask[1, length // 2 :] = 0
    counted = mask.bool()
    try:
        with torch.inference_mode():
            usual, ready = (model(input_ids=ids, attention_mask=m) for m in (mask, counted[:, None, None]))
    except (RuntimeError, ValueError, TypeError, IndexError):
        return False
    return torch.allclose(usual.last_hidden_state[counted], ready.last_hidden_state[counted], atol=1e-3)


class HubPhoto(_Hub, PhotoEncoder):
    """A vision model of the hub, with the resizing, cropping and scaling of its image processor."""

    budget: ClassVar = {"cpu": 4 * joblib.cpu_count(), "cuda": 128}  # photos

    @cached_property
    def recipe(self) -> pixels.Recipe:
        with self._loading("the image processor"):
            processor = _transformers().AutoImageProcessor.from_pretrained(
                self.folder, backend="pil", local_files_only=True, trust_remote_code=False
            )
        return pixels.recipe(processor)

    @property
    def mean(self) -> tuple[float, ...]:
        return self.recipe.mean

    @property
    def std(self) -> tuple[float, ...]:
        return self.recipe.std

    def code(self) -> list[str]:
        return [*super().code(), Path(pixels.__file__).read_text("utf-8")]

    def pixels(self, image: Image.Image) -> np.ndarray:
        return self.recipe(image)

    def batch(self, samples: list[np.ndarray]) -> list[Any]:
        """Photos as the network takes them: (b, 3, height, width) float32."""
        import torch

        mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (self.mean, self.std))
        return [(torch.from_numpy(np.stack(samples)).permute(0, 3, 1, 2).float() - mean) / std]

    def vectors(self, network: Any, layers: Any, *batch: Any) -> Any:
        return layers(self.pooled(network(*batch)))[:, : self.dim]

    @cached_property
    def _layers(self) -> Any:
        return self.layers()

    def pool(self, output: Any) -> Any:
        pooled = self.pooled(output)
        return self._layers.to(pooled.device)(pooled)[:, : self.dim]
