import json

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_models import VOCABULARY, save_photo_model, save_text_model

from lib.embedding import embed, hub, photo_encoder, text_encoder


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


def test_a_model_with_weights_missing_is_refused(tmp_path):
    model = save_text_model(tmp_path)
    state = {k: v.clone() for k, v in model.state_dict().items() if "layer.1.attention.self.query" not in k}
    model.save_pretrained(tmp_path, state_dict=state)
    with pytest.raises(ValueError, match="partly random"):
        embed(["кот"], text_encoder(str(tmp_path)))


def test_changed_weights_are_another_encoder(tmp_path):
    model = save_text_model(tmp_path)
    before = text_encoder(str(tmp_path)).fingerprint("float32")
    assert before == text_encoder(str(tmp_path)).fingerprint("float32")
    assert before != text_encoder(str(tmp_path)).fingerprint("bfloat16")
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[5, 0] += 1
    model.save_pretrained(tmp_path)
    assert before != text_encoder(str(tmp_path)).fingerprint("float32")
