import json

import numpy as np
import pytest
import safetensors.numpy
from safetensors import safe_open

from lib.embedding import photo_encoder
from lib.models import BASELINE
from lib.models.saved import FILE, load_model, write_model
from lib.storage import ModelError
from lib.study import save_model


@pytest.fixture(scope="module")
def folder(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_model(small, folder)
    return folder


def parts(path):
    with safe_open(path, "numpy") as file:
        return json.loads(file.metadata()["about"]), safetensors.numpy.load_file(path)


def test_percentiles_are_ranks_among_the_test_posts(small, folder):
    model = load_model(folder)
    mean = small.forecast(model.about["forecast"]).mean[small.split.test]
    found = model.percentile(mean)
    ranks = (mean[:, None] > mean).mean(1) + (mean[:, None] == mean).mean(1) / 2
    assert found == pytest.approx(100 * ranks, abs=2)
    assert (model.percentile(np.zeros((1, mean.shape[1]))) == 0).all()
    assert (model.percentile(np.ones((1, mean.shape[1]))) == 100).all()


def test_a_forecast_that_is_the_same_for_all_posts_has_the_percentile_50(small, tmp_path):
    save_model(small, tmp_path, name=BASELINE)
    model = load_model(tmp_path)
    assert (model.percentile(model.predict(small.posts).mean) == 50).all()


def test_a_written_model_is_loaded_with_its_description_and_arrays(folder, tmp_path):
    model = load_model(folder)
    assert write_model(model.about, model.arrays, tmp_path) == tmp_path / FILE
    again = load_model(tmp_path)
    assert again.arrays.keys() == model.arrays.keys()
    assert all(np.array_equal(again.arrays[name], values) for name, values in model.arrays.items())
    added = ("written", "digest")
    assert {k: v for k, v in again.about.items() if k not in added} == {
        k: v for k, v in model.about.items() if k not in added
    }


def damage(path, how):
    about, arrays = parts(path)
    if how == "other encoders":
        about["makers"]["photo_vector"] |= {"name": "another-net", "fingerprint": "0123456789abcdef"}
        write_model(about, arrays, path.parent)
        return
    if how == "a newer format":
        about["format"] += 1
    elif how == "other numbers":
        arrays["quantiles"] = arrays["quantiles"] + 1e-12
    elif how == "another claim":
        about["views"] = 1.0
    elif how == "cut short":
        path.write_bytes(path.read_bytes()[:-100])
        return
    elif how == "another's file":
        safetensors.numpy.save_file(arrays, path)
        return
    elif how == "text":
        path.write_text("no model")
        return
    elif how == "gone":
        path.unlink()
        return
    safetensors.numpy.save_file(arrays, path, {"about": json.dumps(about)})


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("gone", "Run make report first"),
        ("text", "damaged"),
        ("cut short", "damaged"),
        ("another's file", "damaged or is not a saved model"),
        ("other numbers", "differs from what was written"),
        ("another claim", "differs from what was written"),
        ("a newer format", "Update this project"),
        ("other encoders", "another-net"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_one_line(folder, tmp_path, how, says):
    path = tmp_path / FILE
    path.write_bytes((folder / FILE).read_bytes())
    damage(path, how)
    with pytest.raises(ModelError, match=says) as refused:
        load_model(tmp_path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    if how == "other encoders":
        assert photo_encoder().name in str(refused.value) and "make report" in str(refused.value)
