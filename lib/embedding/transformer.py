"""Encoders that run a transformers model, from the hub or from a local folder."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import joblib
import numpy as np
from PIL import Image

from lib.embedding import hub, pixels
from lib.embedding.encoder import Encoder, Forward, PhotoEncoder, TextEncoder


class _Hub(Encoder):
    """What the encoders of texts and photos share: they find the model's files and load the model safely."""

    packages = ("transformers", "torch", "tokenizers", "safetensors", "pillow", "numpy")

    def __init__(self, name: str):
        self.card = hub.card(name, self.kind)
        self.folder, self.revision = hub.locate(self.card)
        self.name = next((k for k, c in hub.CARDS[self.kind].items() if c == self.card), self.card.id)
        self.licence = self.card.licence
        self.source = f"model {self.card.id}"
        if self.folder == Path(self.card.id).expanduser():
            self.name = self.folder.name
            self.source = "local folder"
        self.pooling = self.card.pooling or self._pooling_of_folder()
        self.normalise = self._normalised() if self.card.normalise is None else self.card.normalise

    def device(self, wanted: str) -> str:
        from lib.embedding.device import pick

        return pick(wanted)

    def dtype(self, device: str) -> str:
        from lib.embedding.device import number_format

        return number_format(device)

    def code(self) -> list[str]:
        return [*super().code(), repr((self.card, self.pooling, self.normalise))]

    @cached_property
    def config(self) -> Any:
        from transformers import AutoConfig

        try:
            return AutoConfig.from_pretrained(self.folder, local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"{self.card.id} isn't a model that transformers can load: {error}") from error

    @cached_property
    def dim(self) -> int:
        config = getattr(self.config, f"{'vision' if self.kind == 'photo' else 'text'}_config", self.config)
        width = getattr(config, "hidden_size", None) or getattr(config, "hidden_sizes", [None])[-1]
        if width is None:
            raise ValueError(f"the configuration of {self.card.id} doesn't say how long the vectors are")
        return int(width)

    def network(self) -> Any:
        """The model, or its text or vision part.

        Raises
        ------
        ValueError
            If weights are missing, since transformers would fill them with random numbers.
        """
        import torch
        from transformers import AutoModel

        with torch.random.fork_rng(devices=[]):
            model, info = AutoModel.from_pretrained(
                self.folder,
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
        if self.pooling != "pooler":
            lacking = [k for k in lacking if "pooler" not in k]
        if lacking:
            raise ValueError(
                f"{self.card.id} lacks {len(lacking)} of its weights ({sorted(lacking)[0]}...): "
                "its vectors would be partly random"
            )
        return model.eval().requires_grad_(False)

    def _pooled(self, output: Any, mask: Any = None) -> Any:
        import torch

        hidden = output.last_hidden_state
        if self.pooling == "pooler":
            if getattr(output, "pooler_output", None) is None:
                raise ValueError(f"{self.card.id} has no pooler: choose another pooling")
            vectors = output.pooler_output.flatten(1)
        elif hidden.ndim == 4:  # the feature map of a convolutional network
            vectors = hidden.mean((2, 3))
        elif self.pooling == "cls":
            vectors = hidden[:, 0]
        elif mask is None:
            vectors = hidden.mean(1)
        else:
            weight = mask[..., None].float()
            vectors = (hidden.float() * weight).sum(1) / weight.sum(1)
        vectors = vectors.float()
        return torch.nn.functional.normalize(vectors) if self.normalise else vectors

    def _pooling_of_folder(self) -> str:
        """The pooling that a sentence-transformers folder asks for, or else the mean."""
        said = self._said("1_Pooling/config.json")
        if said.get("pooling_mode_cls_token") or said.get("pooling_mode") == "cls":
            return "cls"
        return "mean"

    def _normalised(self) -> bool:
        modules = self._said("modules.json")
        return any(str(module.get("type", "")).endswith("Normalize") for module in modules or [])

    def _said(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text("utf-8"))
        except OSError:
            return {}


class HubText(_Hub, TextEncoder):
    """A text model of the hub. A sample is the token numbers of a text; a batch is padded to its longest sample."""

    budget: ClassVar = {"cpu": 2_048, "cuda": 65_536}  # tokens, padding included
    pads = True

    @cached_property
    def tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True, trust_remote_code=False)
        if not tokenizer.is_fast:
            raise ValueError(f"{self.card.id} has no fast tokenizer (tokenizer.json)")
        return tokenizer

    @cached_property
    def max_length(self) -> int:
        """The largest number of tokens of a text, special tokens included."""
        if self.card.max_length:
            return self.card.max_length
        said = self._said("sentence_bert_config.json").get("max_seq_length")
        places = getattr(self.config, "max_position_embeddings", None) or 512
        return int(said or min(self.tokenizer.model_max_length, places, 512))

    @cached_property
    def _encode(self) -> Any:
        # Set once on the Rust object: transformers sets these at every call, which isn't safe with threads.
        tokenizer = self.tokenizer.backend_tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.max_length)
        return tokenizer.encode

    def prepare(self, content: bytes) -> np.ndarray:
        return np.array(self._encode(self.card.prefix + super().prepare(content)).ids, np.int64)

    def length(self, sample: np.ndarray) -> int:
        return len(sample)

    def load(self, device: str) -> Forward:
        import torch

        from lib.embedding.device import inference, send, spread

        model = self.network().to(device)
        _ = self._encode  # set up before threads use it
        pad = self.tokenizer.pad_token_id or 0

        def forward(samples: list[np.ndarray]) -> np.ndarray:
            ids = np.full((len(samples), max(map(len, samples))), pad, np.int64)
            mask = np.zeros(ids.shape, np.int64)
            for row, sample in enumerate(samples):
                ids[row, : len(sample)] = sample
                mask[row, : len(sample)] = 1
            with inference(device):
                ids, mask = (send(torch.from_numpy(a), device) for a in (ids, mask))
                return self._pooled(model(input_ids=ids, attention_mask=mask), mask).float().cpu().numpy()

        return forward if device != "cpu" else spread(forward)


class HubPhoto(_Hub, PhotoEncoder):
    """A vision model of the hub, with the resizing, cropping and scaling of its image processor."""

    budget: ClassVar = {"cpu": 4 * joblib.cpu_count(), "cuda": 128}  # photos

    @cached_property
    def recipe(self) -> pixels.Recipe:
        from transformers import AutoImageProcessor

        processor = AutoImageProcessor.from_pretrained(
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

    def pool(self, output: Any) -> Any:
        return self._pooled(output)
