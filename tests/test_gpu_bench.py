"""The bench for a GPU: its rows on a CPU with tiny models, and what it says where there is no GPU."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
import gpu


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    settings = {"PHOTOS": 24, "FILES": 4, "TEXTS": 60, "FEW": 60, "ROUNDS": 1, "STEPS": 2, "SIDE": 32}
    settings |= {"LAYERS": {"MiniLM": (24, 1, 12, 0.7)}, "SIZES": ((64, 48),)}
    for name, value in settings.items():
        monkeypatch.setattr(gpu, name, value)


def test_rows_of_photos_are_rates_and_shares_of_them():
    (_, rate, _), *shares = gpu.photo_rows("cpu", "ViT", gpu.PreloadedViT())
    assert rate > 0 and len(shares) == 3 and all(value > 0 and 0.9 <= bar < 1 for _, value, bar in shares)


def test_rows_of_files_hold_the_loop_to_the_slower_of_network_and_decoding():
    (_, read, _), (_, share, bar) = gpu.file_rows("cpu")
    assert read > 0 and share > 0 and bar == 0.9


def test_rows_of_texts_hold_the_vectors_to_those_of_a_cpu(tmp_path):
    rows = {what: value for what, value, _ in gpu.text_rows("cpu", "MiniLM", tmp_path)}
    assert rows["MiniLM, bare, tokens a second"] > 0
    assert rows["MiniLM, least cosine to the CPU's vectors"] == pytest.approx(1)
    assert rows["MiniLM, error downstream over the CPU's"] == 1


def test_rows_of_training_are_speeds_beside_the_cpu():
    rows = list(gpu.training_rows("cpu"))
    assert len(rows) == 4 and all(value > 0 for _, value, _ in rows) and rows[1][1] == 1


def test_time_in_which_several_things_go_on_counts_once():
    parts = [SimpleNamespace(start=a, end=b) for a, b in ((0, 4), (1, 2), (3, 6), (9, 10))]
    assert gpu.union(parts) == 7


def test_worse_vectors_are_worse_downstream():
    rng = np.random.default_rng(0)
    right = rng.normal(size=(400, 5))
    assert gpu.downstream(right + rng.normal(size=right.shape), right) > 1.1 * gpu.downstream(right, right)


def test_without_a_gpu_it_says_so_and_writes_nothing(monkeypatch, capsys):
    monkeypatch.setattr(gpu, "pick", lambda wanted: "cpu")
    monkeypatch.setattr(gpu, "write_whole", None)
    assert gpu.main() == 0 and "no GPU here" in capsys.readouterr().out
