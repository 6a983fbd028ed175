import numpy as np
import pytest

from lib.storage.arrays import pack, part, under, unpack


def test_parts_of_a_model_are_kept_apart_by_their_names():
    inner = {"mean": np.array([1.0, 2.0]), "scale": np.array([3.0])}
    model = under("design", under("photo", inner)) | under("design2", {"mean": np.zeros(2)})
    assert list(model) == ["design/photo/mean", "design/photo/scale", "design2/mean"]
    assert part("photo", part("design", model)) == inner
    assert part("photo", model) == part("des", model) == {}


@pytest.mark.parametrize("settings", [None, True, 0.1, "слово \ud7ff 😀", [], {"a": [1, {"б": None}]}])
def test_settings_survive_a_file_of_arrays_without_pickle(tmp_path, settings):
    values = pack(settings)
    assert values.dtype == np.uint8 and values.ndim == 1
    np.savez(tmp_path / "a.npz", settings=values)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert unpack(file["settings"]) == settings


@pytest.mark.parametrize("settings", [{1, 2}, np.arange(3), object()])
def test_what_json_cannot_hold_is_refused(settings):
    with pytest.raises(TypeError):
        pack(settings)
