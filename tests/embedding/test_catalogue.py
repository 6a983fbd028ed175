import logging

import pytest
from tiny_models import save_text_model

from lib.embedding import hub, packaged, photo_encoder, rivals, text_encoder
from lib.embedding.catalogue import known


@pytest.mark.parametrize("kind", ["text", "photo"])
def test_every_encoder_states_its_licence_and_source(kind):
    names = known(kind)
    assert len(names) == len(set(names)) >= 4
    for name in names[: 2 if kind == "text" else 1]:
        encoder = {"text": text_encoder, "photo": photo_encoder}[kind](name)
        described = encoder.describe()
        assert described["name"] == name and described["kind"] == kind and all(described.values())
        assert described["licence"] in ("MIT", "Apache-2.0")
    for card in hub.CARDS[kind].values():
        assert card.licence in ("MIT", "Apache-2.0") and card.pooling in ("mean", "cls", "pooler")


def test_auto_is_the_packaged_encoder_without_a_gpu(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert [text_encoder().name, photo_encoder().name] == ["use-multilingual-3", "efficientnet-lite0"]


def test_rivals_are_those_that_can_be_reached(tmp_path, monkeypatch, caplog):
    save_text_model(tmp_path / "tiny-bert")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("TEXT_RIVALS", f"someone/model, {tmp_path / 'tiny-bert'},")
    with caplog.at_level(logging.WARNING):
        names = [encoder.name for encoder in rivals("text")]
    assert names == ["use-multilingual-3", "navec-sif", "navec-mean", "tiny-bert"]
    assert "someone/model is left out" in caplog.text
    assert [encoder.name for encoder in rivals("photo")] == ["efficientnet-lite0", "thumbnail"]


def test_slow_encoders_run_only_if_they_are_asked_for_and_installed(monkeypatch, caplog):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setenv("PHOTO_RIVALS", "efficientnet-lite0-random")
    assert [encoder.name for encoder in rivals("photo")][2:] == ["efficientnet-lite0-random"]
    monkeypatch.setattr(packaged.Lite1Photo, "packages", ("no-such-package",))
    monkeypatch.setenv("PHOTO_RIVALS", "efficientnet-lite1")
    assert [encoder.name for encoder in rivals("photo")][2:] == []
    assert "[encoders]' adds it: efficientnet-lite1 is left out" in caplog.text
