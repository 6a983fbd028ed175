import json
import logging
import threading

import pytest
import torch
from tiny_models import save_text_model

from lib.embedding import hub, photo_encoder, text_encoder


class Info:
    sha = "0" * 40
    siblings = ()


@pytest.fixture
def hub_asks(monkeypatch, tmp_path):
    """Replaces the question to the hub; returns the list of models asked for and a setter of the answer."""
    asked, answer = [], [lambda: Info()]
    monkeypatch.setattr(hub, "_silent", [])  # a process remembers a silent hub
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
    assert "out of reach" in caplog.text and "use-multilingual-3 is used instead of bert-base" in caplog.text
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


def test_weights_that_can_run_code_are_refused(tmp_path):
    model = save_text_model(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="safetensors"):
        text_encoder(str(tmp_path))


def test_half_a_download_is_not_a_model(tmp_path):
    save_text_model(tmp_path)
    assert hub.locate(hub.Card(str(tmp_path)))[0] == tmp_path
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="lacks"):
        hub.locate(hub.Card(str(tmp_path)))


@pytest.mark.parametrize(("name", "words"), [("./no-such-folder", "no folder"), ("a/b/c", "neither")])
def test_a_name_that_cannot_be_a_model(name, words):
    with pytest.raises(ValueError, match=words):
        text_encoder(name)
