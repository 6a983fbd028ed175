import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest
import torch
from tiny_models import noise

from lib.embedding import device, embed, photo_encoder


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
