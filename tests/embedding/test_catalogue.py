import json
import logging
import threading

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from sklearn.datasets import load_sample_image
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch.nn import functional as F

from lib.embedding import efficientnet, hub, pixels
from lib.embedding.catalogue import known, photo_encoder, text_encoder
from lib.embedding.vectors import embed

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"абвгдежзиклмнопрст", "кот", "пёс", "классифицируй:"]


@pytest.fixture(autouse=True)
def forget_silence(monkeypatch):
    monkeypatch.setattr(hub, "_silent", [])


def save_text_model(folder, **settings):
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


# ---- packaged


@pytest.mark.parametrize("kind", ["text", "photo"])
def test_every_encoder_tells_its_licence_and_source(kind):
    names = known(kind)
    assert len(names) == len(set(names)) >= 4
    for name in names[: 2 if kind == "text" else 1]:
        encoder = {"text": text_encoder, "photo": photo_encoder}[kind](name)
        told = encoder.describe()
        assert told["name"] == name and told["kind"] == kind and all(told.values())
        assert told["licence"] in ("MIT", "Apache-2.0")
    for card in hub.CARDS[kind].values():
        assert card.licence in ("MIT", "Apache-2.0") and card.pooling in ("mean", "cls", "pooler")


@pytest.mark.parametrize("name", ["use-multilingual-3", "navec-sif"])
def test_texts_on_one_subject_are_nearer_than_others(name):
    texts = ["Кот спит на подоконнике", "Наша кошка любит играть", "Курс доллара снова вырос", "Банк повысил ставку"]
    vectors = embed(texts, text_encoder(name))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    assert cosines[0, 1] > max(cosines[0, 2], cosines[1, 3])
    assert cosines[2, 3] > max(cosines[0, 2], cosines[1, 3])


def test_navec_weighs_a_word_by_its_rarity():
    encoder = text_encoder("navec-sif")
    navec = encoder._navec
    counts = np.array(navec.vocab.counts, float)
    weight = {w: 1e-3 / (1e-3 + counts[navec.vocab[w]] / counts.sum()) for w in ("и", "кот")}
    expected = (weight["и"] * navec["и"] + weight["кот"] * navec["кот"]) / 2
    got = embed(["И КОТ", "кот, и щщщщщ", "Zqxw!"], encoder)
    np.testing.assert_allclose(got[0], expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(got[1], expected, rtol=1e-5, atol=1e-7)
    unknown = navec["<unk>"] * encoder._weights[navec.vocab.unk_id]
    np.testing.assert_allclose(got[2], unknown, rtol=1e-5)


@pytest.mark.parametrize(("picture", "imagenet"), [("china.jpg", 442), ("flower.jpg", 985)])
def test_efficientnet_recognises_a_photo(picture, imagenet):
    """442 is the bell cote (the roofs of the Summer Palace), 985 the daisy: the network's own last layer."""
    encoder = photo_encoder("efficientnet-lite0")
    pixels_ = encoder.pixels(Image.fromarray(load_sample_image(picture)))
    features = encoder.on("cpu")([pixels_])[0]
    state = torch.load(encoder.weights, weights_only=True)
    scores = state["_fc.weight"].numpy() @ features + state["_fc.bias"].numpy()
    assert scores.argmax() == imagenet


def test_folded_batch_norm_is_batch_norm():
    rng = torch.Generator().manual_seed(1)
    state = {"c.weight": torch.randn(6, 4, 3, 3, generator=rng)}
    for name in ("weight", "bias", "running_mean", "running_var"):
        state[f"n.{name}"] = torch.rand(6, generator=rng) + 0.1
    x = torch.randn(2, 4, 9, 9, generator=rng)
    expected = F.batch_norm(
        F.conv2d(x, state["c.weight"]), state["n.running_mean"], state["n.running_var"],
        state["n.weight"], state["n.bias"], eps=1e-3,
    )  # fmt: skip
    torch.testing.assert_close(F.conv2d(x, *efficientnet.fold(state, "c", "n")), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("side", "kernel", "stride"), [(8, 3, 2), (7, 3, 2), (8, 5, 2), (9, 5, 1)])
def test_padding_is_tensorflow_same(side, kernel, stride):
    """SAME: ceil(side / stride) outputs, and of an odd total of zeros one more after than before."""
    conv = efficientnet.Conv(1, 1, kernel, stride, clip=False)
    torch.nn.init.ones_(conv.weight)
    torch.nn.init.zeros_(conv.bias)
    line = np.arange(1.0, side + 1)
    outputs = -(-side // stride)
    total = max((outputs - 1) * stride + kernel - side, 0)
    padded = np.pad(line, (total // 2, total - total // 2))
    expected = [padded[i * stride : i * stride + kernel].sum() for i in range(outputs)]
    got = conv(torch.tensor(np.outer(line, line), dtype=torch.float32)[None, None]).detach().numpy()[0, 0]
    np.testing.assert_allclose(got, np.outer(expected, expected), rtol=1e-5)


# ---- models of the hub, here small random ones in a folder


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
@pytest.mark.parametrize("normalise", [False, True])
def test_text_model_is_pooled_as_its_card_says(tmp_path, monkeypatch, pooling, normalise):
    model = save_text_model(tmp_path)
    card = hub.Card(str(tmp_path), pooling=pooling, normalise=normalise, prefix="классифицируй: ", max_length=12)
    monkeypatch.setattr(hub, "card", lambda name, kind: card)
    texts = ["кот", "пёс а б в", "а б в г д е ж з и к л м н о п"]
    got = embed(texts, text_encoder(str(tmp_path)))
    for text, vector in zip(texts, got, strict=True):
        words = ["[CLS]", *f"классифицируй: {text}".split()[:10], "[SEP]"]
        with torch.inference_mode():
            output = model(torch.tensor([[VOCABULARY.index(w) for w in words]]))
        hidden = output.last_hidden_state[0]
        expected = {"mean": hidden.mean(0), "cls": hidden[0], "pooler": output.pooler_output[0]}[pooling].numpy()
        if normalise:
            expected = expected / np.linalg.norm(expected)
        np.testing.assert_allclose(vector, expected, atol=1e-5)


def test_a_folder_of_sentence_transformers_says_how_to_pool(tmp_path):
    save_text_model(tmp_path)
    assert text_encoder(str(tmp_path)).pooling == "mean"
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    (tmp_path / "modules.json").write_text(json.dumps([{"type": "sentence_transformers.models.Normalize"}]))
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 7}))
    encoder = text_encoder(str(tmp_path))
    assert (encoder.pooling, encoder.normalise, encoder.max_length) == ("cls", True, 7)
    assert np.linalg.norm(embed(["а б"], encoder)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", ["vit", "dinov2", "siglip", "resnet"])
def test_photo_model_sees_what_its_processor_makes(tmp_path, kind):
    model, processor = save_photo_model(tmp_path, kind)
    encoder = photo_encoder(str(tmp_path))
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 256, s, dtype=np.uint8)) for s in ((50, 70, 3), (37, 256, 3), (1, 1, 3))]
    theirs = np.stack([processor(i, return_tensors="np")["pixel_values"][0] for i in images])
    ours = np.stack([(encoder.pixels(i) - np.array(encoder.mean)) / np.array(encoder.std) for i in images])
    assert np.abs(ours.transpose(0, 3, 1, 2) - theirs).max() < 1e-2
    with torch.inference_mode():
        part = model.vision_model if kind == "siglip" else model
        hidden = part(torch.tensor(theirs, dtype=torch.float32)).last_hidden_state
    expected = hidden.mean((2, 3)) if kind == "resnet" else hidden.mean(1)
    got = encoder.on("cpu")([encoder.pixels(i) for i in images])
    assert got.shape == (3, encoder.dim)
    np.testing.assert_allclose(got, expected.numpy(), atol=1e-4)


def test_a_long_strip_does_not_fill_the_memory():
    made = pixels.Recipe(None, 256, 3, (224, 224), (0.0,) * 3, (1.0,) * 3)
    assert made(Image.new("RGB", (30_000, 1), "red")).shape == (224, 224, 3)
    assert (made(Image.new("RGB", (1, 30_000), "red"))[0, 0] == (255, 0, 0)).all()


def test_another_kind_of_processor_is_refused():
    with pytest.raises(ValueError, match="isn't supported"):
        pixels.recipe(transformers.ConvNextImageProcessorPil(size={"shortest_edge": 224}))


# ---- safety, and a hub out of reach


def test_a_model_with_weights_missing_is_refused(tmp_path):
    model = save_text_model(tmp_path)
    state = {k: v.clone() for k, v in model.state_dict().items() if "layer.1.attention.self.query" not in k}
    model.save_pretrained(tmp_path, state_dict=state)
    with pytest.raises(ValueError, match="partly random"):
        embed(["кот"], text_encoder(str(tmp_path)))


def test_weights_that_can_run_code_are_refused(tmp_path):
    model = save_text_model(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="safetensors"):
        text_encoder(str(tmp_path))


@pytest.mark.parametrize(("name", "words"), [("./no-such-folder", "no folder"), ("a/b/c", "neither")])
def test_a_name_that_cannot_be_a_model(name, words):
    with pytest.raises(ValueError, match=words):
        text_encoder(name)


class Info:
    sha = "0" * 40
    siblings = ()


@pytest.fixture
def hub_asks(monkeypatch, tmp_path):
    """Replaces the question to the hub; returns the list of models asked for and a setter of the answer."""
    asked, answer = [], [lambda: Info()]
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))

    def model_info(self, model, **_):
        asked.append(model)
        return answer[0]()

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", model_info)
    return asked, answer


def test_a_silent_hub_is_left_after_a_while_with_one_line(hub_asks, monkeypatch, caplog):
    asked, answer = hub_asks
    never = threading.Event()
    answer[0] = never.wait
    monkeypatch.setattr(hub, "PATIENCE", 0.05)
    with caplog.at_level(logging.WARNING):
        assert text_encoder("bert-base-uncased").name == "use-multilingual-3"
    assert len(caplog.records) == 1
    assert "out of reach" in caplog.text and "use-multilingual-3 takes the place of bert-base" in caplog.text
    assert photo_encoder("dinov2-base").name == "efficientnet-lite0"
    assert len(asked) == 1, "the second encoder doesn't wait again"
    never.set()


@pytest.mark.parametrize("offline", [True, False])
def test_offline_settings_are_obeyed(hub_asks, monkeypatch, caplog, offline):
    asked, answer = hub_asks

    def refuse():
        raise ConnectionError("no route to host\nand more lines")

    answer[0] = refuse
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    assert photo_encoder("vit-base-patch16-224").name == "efficientnet-lite0"
    assert len(asked) == (0 if offline else 1)
    assert ("set to offline" if offline else "no route to host)") in caplog.text


def test_a_model_of_the_hub_without_safetensors_is_refused(hub_asks):
    with pytest.raises(ValueError, match="safetensors"):
        text_encoder("someone/old-model")


def test_half_a_download_is_not_a_model(tmp_path):
    save_text_model(tmp_path)
    assert hub._complete(tmp_path)
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert not hub._complete(tmp_path)


def test_changed_weights_are_another_encoder(tmp_path):
    model = save_text_model(tmp_path)
    before = text_encoder(str(tmp_path)).fingerprint("float32")
    assert before == text_encoder(str(tmp_path)).fingerprint("float32")
    assert before != text_encoder(str(tmp_path)).fingerprint("bfloat16")
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[5, 0] += 1
    model.save_pretrained(tmp_path)
    assert before != text_encoder(str(tmp_path)).fingerprint("float32")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("kind", ["text", "photo"])
def test_on_cuda_vectors_are_those_of_the_cpu(tmp_path, kind):
    rng = np.random.default_rng(0)
    if kind == "text":
        save_text_model(tmp_path)
        encoder = text_encoder(str(tmp_path))
        samples = [encoder.prepare(" ".join(rng.choice(list("абвгд"), n)).encode()) for n in (1, 5, 30)]
    else:
        encoder = photo_encoder("efficientnet-lite0")
        samples = [encoder.pixels(Image.fromarray(load_sample_image("flower.jpg")))] * 3
    cpu, cuda = encoder.on("cpu")(samples), encoder.on("cuda")(samples)
    assert encoder.dtype("cuda") in ("bfloat16", "float16")
    cosine = (cpu * cuda).sum(1) / np.linalg.norm(cpu, axis=1) / np.linalg.norm(cuda, axis=1)
    assert cosine.min() > 0.99
