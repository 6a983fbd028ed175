import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest
import torch
from tiny_models import noise, save_photo_model, save_text_model

from lib.embedding import device, embed, photo_encoder, text_encoder


@pytest.mark.parametrize("wanted", ["gpu", "tpu", "mps", "cuda" if not torch.cuda.is_available() else "xyz"])
def test_a_device_that_is_not_there(wanted):
    with pytest.raises(ValueError, match="cpu"):
        embed([noise()], photo_encoder("efficientnet-lite0"), device=wanted)


@pytest.mark.parametrize(("bf16", "expected"), [(True, "bfloat16"), (False, "float16")])
def test_the_device_that_is_named_is_the_one_that_is_asked(monkeypatch, bf16, expected):
    """A simulated machine with two GPUs: the second one decides on its own number format."""
    current = [0]

    class Device:
        def __init__(self, name):
            self.index = torch.device(name).index or 0

        def __enter__(self):
            current[0] = self.index

        def __exit__(self, *_):
            current[0] = 0

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device", Device)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16 == (current[0] == 1))
    assert device.number_format("cuda:1") == expected != device.number_format("cuda:0")
    assert device.number_format("cpu") == "float32"
    with pytest.raises(ValueError, match="no 'cuda:2' here"):
        device.pick("cuda:2")


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [("text", "bfloat16"), ("text", "float16"), ("vit", "float16"), ("siglip", "bfloat16"), ("packaged", "bfloat16")],
)
def test_weights_that_are_cast_once_give_what_autocast_gives(monkeypatch, tmp_path, kind, numbers):
    monkeypatch.setattr(device, "number_format", lambda card: numbers)
    if kind == "text":
        save_text_model(tmp_path)
        encoder, given = text_encoder(str(tmp_path)), {"input_ids": torch.arange(2, 22).view(2, 10) % 7}
    elif kind == "packaged":
        encoder, given = photo_encoder("efficientnet-lite0"), {"x": torch.randn(2, 3, 64, 64)}
    else:
        save_photo_model(tmp_path, kind)
        encoder, given = photo_encoder(str(tmp_path)), {"pixel_values": torch.randn(2, 3, 32, 32)}
    usual, network = encoder.network(), encoder.network()
    model = device.in_formats(network, encoder.network, "cuda:0")
    with torch.inference_mode(), torch.autocast("cpu", getattr(torch, numbers)):
        before, after = (first(of(**given)) for of in (usual, model(False)))
        assert torch.equal(before, after)
    with torch.inference_mode():
        assert torch.equal(first(usual(**given)), first(model(True)(**given)))
    assert model(False) is network and model(True) is model(True)
    kinds = {values.dtype for values in network.parameters()}
    assert getattr(torch, numbers) in kinds and device.in_formats(usual, encoder.network, "cpu")(True) is usual


def first(output):
    return output if isinstance(output, torch.Tensor) else output.last_hidden_state


def test_a_weight_that_another_part_shares_is_not_cast(monkeypatch):
    monkeypatch.setattr(device, "number_format", lambda card: "bfloat16")
    network = torch.nn.Sequential(torch.nn.Embedding(3, 3), torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    network[1].weight = network[0].weight
    device.in_formats(network, torch.nn.Identity, "cuda:0")
    assert [part.weight.dtype for part in network] == [torch.float32, torch.float32, torch.bfloat16]


@pytest.mark.parametrize("count", [1, 2, 10])
def test_on_a_cpu_each_core_has_its_own_part_and_one_thread(monkeypatch, count):
    monkeypatch.setattr("joblib.cpu_count", lambda: 3)
    seen, before = [], torch.get_num_threads()

    def forward(samples):
        seen.append((len(samples), torch.get_num_threads()))
        return np.array([[sample] for sample in samples], np.float32)

    vectors = device.spread(forward)(list(range(count)))
    assert vectors[:, 0].tolist() == list(range(count))
    assert sorted(seen) == {1: [(1, 1)], 2: [(1, 1)] * 2, 10: [(3, 1), (3, 1), (4, 1)]}[count]
    assert torch.get_num_threads() == before


@pytest.mark.skipif(not version("torch").endswith("+cpu"), reason="needs a build of torch that knows no GPU")
def test_a_packaged_text_encoder_does_not_load_torch():
    code = (
        "import sys; from lib.embedding import embed, text_encoder;"
        "print(embed(['a text'], text_encoder()).shape, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 512) False\n"
