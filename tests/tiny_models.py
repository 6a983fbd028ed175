"""Small encoders, models and items for the tests of everything that embeds."""

import io
import json

import numpy as np
from PIL import Image

from lib.embedding import TextEncoder

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"абвгдежзиклмнопрст", "кот", "пёс", "классифицируй:"]


class Letters(TextEncoder):
    """Counts three vowels, and remembers every batch.

    A batch whose length with padding exceeds ``most`` raises ``error``.
    """

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


def long_tailed(n, seed=0):
    """Distinct texts of 1 to 390 letters, most of them short."""
    rng = np.random.default_rng(seed)
    return ["о" * int(k) + f" {i}" for i, k in enumerate(rng.lognormal(np.log(23), 1.46, n).clip(1, 390))]


def noise(size=(64, 48), mode="RGB", format="JPEG", seed=0, **options):
    """A photo of random pixels, as the bytes of a file."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), dtype=np.uint8))
    image = image.convert(mode) if mode != "P" else image.quantize(16)
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def save_text_model(folder, family="Bert", padding_side="right", **settings):
    """Save a random model of two layers whose tokens are the words of ``VOCABULARY``."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        padding_side=padding_side,
    ).save_pretrained(folder)  # fmt: skip
    settings = {
        "vocab_size": len(VOCABULARY), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 64, "max_position_embeddings": 64, "initializer_range": 0.5, "pad_token_id": 0,
    } | settings  # fmt: skip
    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(**settings)
    model = getattr(transformers, f"{family}Model")(config).eval()
    model.save_pretrained(folder)
    return model


def save_modules(folder, *modules, first="Transformer", home="sentence_transformers.models", **files):
    """Write what sentence-transformers keeps beside a model.

    Each module after the first is its kind and its settings; a setting ``weights`` holds its tensors. Each of ``files``
    is the name of a JSON file in the root, without its ending.
    """
    from safetensors.torch import save_file

    listed = [{"idx": 0, "name": "0", "path": "", "type": f"{home}.{first}"}]
    for i, (kind, settings) in enumerate(modules, 1):
        path = folder / f"{i}_{kind}"
        path.mkdir(exist_ok=True)
        if "weights" in settings:
            save_file(settings["weights"], path / "model.safetensors")
        said = {name: value for name, value in settings.items() if name != "weights"}
        (path / "config.json").write_text(json.dumps(said))
        listed.append({"idx": i, "name": str(i), "path": path.name, "type": f"{home}.{kind}"})
    for name, said in {"modules": listed, **files}.items():
        (folder / f"{name}.json").write_text(json.dumps(said))


def pooled_by_hand(kind, tokens, places):
    """The pooling of the vectors of tokens (t, d) that stand at places (t,), which are counted from 1."""
    return {
        "cls": lambda: tokens[0],
        "max": lambda: tokens.max(0),
        "mean": lambda: tokens.mean(0),
        "mean_sqrt_len_tokens": lambda: tokens.sum(0) / np.sqrt(len(tokens)),
        "weightedmean": lambda: np.average(tokens, axis=0, weights=places),
        "lasttoken": lambda: tokens[-1],
    }[kind]()


def save_photo_model(folder, kind):
    """Save a random vision model for photos of 32 x 32 pixels, with its image processor."""
    import torch
    import transformers

    torch.manual_seed(0)
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    tower = {**size, "image_size": 32, "patch_size": 8}
    if kind == "vit":
        model = transformers.ViTModel(transformers.ViTConfig(**tower))
        processor = transformers.ViTImageProcessorPil(size={"height": 32, "width": 32})
    elif kind == "dinov2":
        model = transformers.Dinov2Model(transformers.Dinov2Config(**tower))
        processor = transformers.BitImageProcessorPil(size={"shortest_edge": 40}, crop_size={"height": 32, "width": 32})
    elif kind == "siglip":
        text = {**size, "vocab_size": 40, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
        model = transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=tower))
        processor = transformers.SiglipImageProcessorPil(size={"height": 32, "width": 32}, resample=2)
    else:
        model = transformers.ResNetModel(
            transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])
        )
        processor = transformers.ViTImageProcessorPil(size={"height": 32, "width": 32})
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model.eval(), processor
