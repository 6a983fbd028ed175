import json

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_models import VOCABULARY, pooled_by_hand, save_modules, save_photo_model, save_text_model

from lib.embedding import embed, hub, photo_encoder, text_encoder
from lib.embedding.modules import POOLINGS


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
@pytest.mark.parametrize("normalise", [False, True])
def test_text_model_is_pooled_as_its_card_says(tmp_path, monkeypatch, pooling, normalise):
    model = save_text_model(tmp_path)
    card = hub.Card(str(tmp_path), pooling=pooling, normalise=normalise, prefix="классифицируй: ", max_length=12)
    monkeypatch.setitem(hub.CARDS["text"], "tiny-bert", card)
    texts = ["кот", "пёс а б в", "а б в г д е ж з и к л м н о п"]
    got = embed(texts, text_encoder("tiny-bert"))
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
    assert text_encoder(str(tmp_path)).pooling == ("mean",)
    pooling = ("Pooling", {"pooling_mode_cls_token": True})
    save_modules(tmp_path, pooling, ("Normalize", {}), sentence_bert_config={"max_seq_length": 7})
    encoder = text_encoder(str(tmp_path))
    assert (encoder.pooling, [step.kind for step in encoder.steps]) == (("cls",), ["Normalize"])
    assert encoder.max_length == 7
    assert np.linalg.norm(embed(["а б"], encoder)) == pytest.approx(1, abs=1e-6)


TEXTS = ["кот", "пёс а б в", "а б в г д е ж з и к л м н о п", "Кот"]
DENSE = {
    "in_features": 64, "out_features": 5, "bias": True,
    "activation_function": "torch.nn.modules.activation.Tanh",
    "weights": {
        "linear.weight": torch.randn(5, 64, generator=torch.Generator().manual_seed(1)) / 8,
        "linear.bias": torch.arange(5.0),
    },
}  # fmt: skip
NORM = {"dimension": 5, "weights": {"norm.weight": torch.arange(1.0, 6), "norm.bias": torch.ones(5)}}
FAMILIES = {
    "Bert": {},
    "Roberta": {"max_position_embeddings": 65},
    "Llama": {"padding_side": "left"},  # reads from left to right only
    "XLMRoberta": {"padding_side": "left", "max_position_embeddings": 66, "pad_token_id": 1},
}


def hidden_states(model, words):
    """The vectors of the tokens of one text, without padding."""
    ids = [VOCABULARY.index(w) if w in VOCABULARY else 1 for w in ["[CLS]", *words, "[SEP]"]]
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).last_hidden_state[0]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_model_of_sentence_transformers_is_followed(tmp_path, family, pooling):
    model = save_text_model(tmp_path, family, **FAMILIES[family])
    save_modules(tmp_path, ("Pooling", {"pooling_mode": pooling}), ("Normalize", {}))
    for text, vector in zip(TEXTS, embed(TEXTS, text_encoder(str(tmp_path))), strict=True):
        hidden = hidden_states(model, text.split())
        expected = pooled_by_hand(pooling, hidden.numpy(), np.arange(1, len(hidden) + 1))
        np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)


def test_layers_prompt_case_and_length_are_followed_together(tmp_path):
    model = save_text_model(tmp_path)
    save_modules(
        tmp_path,
        ("Pooling", {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True, "include_prompt": False}),
        ("Dense", DENSE),
        ("Dropout", {"dropout": 0.5}),
        ("LayerNorm", NORM),
        ("Normalize", {}),
        sentence_bert_config={"max_seq_length": 12, "do_lower_case": True},
        config_sentence_transformers={
            "prompts": {"a": "КЛАССИФИЦИРУЙ: ", "b": "no"}, "default_prompt_name": "a", "truncate_dim": 4
        },
    )  # fmt: skip
    encoder = text_encoder(str(tmp_path))
    assert encoder.dim == 4
    for text, vector in zip(TEXTS, embed(TEXTS, encoder), strict=True):
        hidden = hidden_states(model, f"классифицируй: {text.lower()}".split()[:10])[2:]  # without [CLS] and the prompt
        vectors = torch.cat([hidden[0], hidden.mean(0)])
        dense = torch.tanh(DENSE["weights"]["linear.weight"] @ vectors + DENSE["weights"]["linear.bias"])
        normed = (dense - dense.mean()) / (dense.var(correction=0) + 1e-5).sqrt()
        expected = normed * NORM["weights"]["norm.weight"] + NORM["weights"]["norm.bias"]
        np.testing.assert_allclose(vector, (expected / expected.norm())[:4], atol=1e-5)


def test_a_transformer_in_a_folder_of_its_own(tmp_path):
    (tmp_path / "0_Transformer").mkdir()
    model = save_text_model(tmp_path / "0_Transformer")
    save_modules(tmp_path, ("Pooling", {}))
    modules = json.loads((tmp_path / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    np.testing.assert_allclose(
        embed(["кот"], text_encoder(str(tmp_path)))[0], hidden_states(model, ["кот"]).mean(0), atol=1e-5
    )


@pytest.mark.parametrize("said", [None, 64, 512])
@pytest.mark.parametrize(
    ("family", "settings", "places"),
    [
        ("Bert", {}, 64),
        ("Roberta", {"pad_token_id": 0}, 63),
        ("XLMRoberta", {"pad_token_id": 1}, 62),
        ("Camembert", {"pad_token_id": 1}, 62),
        ("MPNet", {"pad_token_id": 1}, 62),
        ("Electra", {"embedding_size": 32}, 64),
        ("DistilBert", {"dim": 32, "n_layers": 1, "n_heads": 4}, 64),
        ("Llama", {}, 64),
    ],
)
def test_a_long_text_fills_the_positions_of_its_model(tmp_path, family, settings, places, said):
    model = save_text_model(tmp_path, family, **settings)
    save_modules(tmp_path, ("Pooling", {}), sentence_bert_config={"max_seq_length": said})
    encoder = text_encoder(str(tmp_path))
    assert encoder.max_length == places
    words = ["кот", "пёс", "а"] * 100
    expected = hidden_states(model, words[: places - 2]).mean(0)
    np.testing.assert_allclose(embed([" ".join(words)], encoder)[0], expected, atol=1e-5)


@pytest.mark.parametrize("include", [False, True])
def test_a_prompt_that_fills_a_text_is_refused(tmp_path, include):
    save_text_model(tmp_path)
    prompts = {"prompts": {"a": "а б в г д "}, "default_prompt_name": "a"}
    pooling = ("Pooling", {"include_prompt": include})
    save_modules(tmp_path, pooling, sentence_bert_config={"max_seq_length": 6}, config_sentence_transformers=prompts)
    with pytest.raises(ValueError, match="prompt fills the 6 tokens"):
        embed(["кот"], text_encoder(str(tmp_path)))


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


def test_a_model_with_weights_missing_is_refused(tmp_path):
    model = save_text_model(tmp_path)
    state = {k: v.clone() for k, v in model.state_dict().items() if "layer.1.attention.self.query" not in k}
    model.save_pretrained(tmp_path, state_dict=state)
    with pytest.raises(ValueError, match="partly random"):
        embed(["кот"], text_encoder(str(tmp_path)))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("model.safetensors", b"junk" * 100, "the weights of"),
        ("config.json", b'{"model_type": "nonsense"}', "the configuration of"),
        ("config.json", b"{", "config.json can't be read"),
        ("tokenizer.json", b"{", "the tokenizer of"),
        ("model.safetensors.index.json", b"[", "index.json can't be read"),
    ],
)
def test_a_broken_file_is_named_in_one_line(tmp_path, name, content, says):
    save_text_model(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=says) as refusal:
        embed(["кот"], text_encoder(str(tmp_path)))
    assert str(tmp_path) in str(refusal.value) and "\n" not in str(refusal.value)


def test_nothing_is_printed_while_a_model_is_loaded(tmp_path, capfd):
    save_text_model(tmp_path)
    capfd.readouterr()
    embed(["кот"], text_encoder(str(tmp_path)))
    assert capfd.readouterr() == ("", "")


def test_changed_weights_are_another_encoder(tmp_path):
    model = save_text_model(tmp_path)
    before = text_encoder(str(tmp_path)).fingerprint("float32")
    assert before == text_encoder(str(tmp_path)).fingerprint("float32")
    assert before != text_encoder(str(tmp_path)).fingerprint("bfloat16")
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[5, 0] += 1
    model.save_pretrained(tmp_path)
    assert before != text_encoder(str(tmp_path)).fingerprint("float32")
