"""Small encoders, models and items for the tests of everything that embeds."""

import io

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


def save_text_model(folder, **settings):
    """Save a random BERT of two layers whose tokens are the words of ``VOCABULARY``."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=64, initializer_range=0.5, **settings,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.BertModel(config).eval()
    model.save_pretrained(folder)
    return model


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
