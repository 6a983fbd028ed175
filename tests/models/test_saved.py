import json

import numpy as np
import pytest
import safetensors.numpy
from safetensors import safe_open

from lib.embedding import catalogue
from lib.models import saved
from lib.models.registry import BASELINE, BLEND
from lib.study import save, scores
from lib.study import scores as results


@pytest.fixture(scope="module")
def folder(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "new"
    save.save_model(small, folder)
    return folder


def parts(path):
    with safe_open(path, "numpy") as file:
        return json.loads(file.metadata()["about"]), safetensors.numpy.load_file(path)


def test_the_loaded_model_forecasts_what_the_study_does(small, folder):
    model = saved.load_model(folder)
    ours, theirs = model.predict(small.posts), small.forecast(scores.best(small))
    assert ours.mean == pytest.approx(theirs.mean, rel=1e-9) and ours.rho == pytest.approx(theirs.rho, rel=1e-9)
    assert model.activities == small.activities
    assert [p.name for p in folder.iterdir()] == [saved.FILE]


@pytest.mark.parametrize("name", [BASELINE, "text", BLEND])
def test_whichever_forecast_is_best_can_be_kept(small, tmp_path, monkeypatch, name):
    monkeypatch.setattr(results, "best", lambda study: name)
    save.save_model(small, tmp_path)
    model = saved.load_model(tmp_path)
    few = small.posts.iloc[[5, 250, 17]]
    assert model.about["forecast"] == name
    assert model.predict(few).mean == pytest.approx(small.forecast(name).mean[[5, 250, 17]], rel=1e-6)


def test_percentiles_are_ranks_among_the_test_posts(small, folder):
    model = saved.load_model(folder)
    mean = small.forecast(model.about["forecast"]).mean[small.split.test]
    found = model.percentile(mean)
    ranks = (mean[:, None] > mean).mean(1) + (mean[:, None] == mean).mean(1) / 2
    assert found == pytest.approx(100 * ranks, abs=2)
    assert (model.percentile(np.zeros((1, mean.shape[1]))) == 0).all()
    assert (model.percentile(np.ones((1, mean.shape[1]))) == 100).all()


def test_a_forecast_that_is_the_same_for_all_is_in_the_middle(small, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "best", lambda study: BASELINE)
    save.save_model(small, tmp_path)
    model = saved.load_model(tmp_path)
    assert (model.percentile(model.predict(small.posts).mean) == 50).all()


def test_the_file_says_what_it_is(small, folder):
    about, arrays = parts(folder / saved.FILE)
    assert about["source"] == "a simulated feed of 300 posts" and about["simulated"]
    assert about["training_posts"] == len(small.split.train)
    assert about["views"] == np.median(small.views)
    assert about["made_with"]["text vector"]["name"] == small.text_encoder.name
    assert about["set_aside"].keys() == set(small.set_aside)
    assert arrays["quantiles"].dtype == np.float64


def damage(path, how):
    about, arrays = parts(path)
    if how == "a newer format":
        about["format"] += 1
    elif how == "other encoders":
        about["made_with"]["photo vector"] |= {"name": "another-net", "fingerprint": "0123456789abcdef"}
        about["digest"] = saved._digest(about, arrays)
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
        ("another's file", "damaged or no model"),
        ("other numbers", "not as it was written"),
        ("another claim", "not as it was written"),
        ("a newer format", "Update this project"),
        ("other encoders", "another-net"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_one_line(folder, tmp_path, how, says):
    path = tmp_path / saved.FILE
    path.write_bytes((folder / saved.FILE).read_bytes())
    damage(path, how)
    with pytest.raises(saved.ModelError, match=says) as refused:
        saved.load_model(tmp_path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    if how == "other encoders":
        assert catalogue.photo_encoder().name in str(refused.value) and "make report" in str(refused.value)


def test_a_folder_that_cannot_be_written_is_named(small, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(saved.ModelError, match="can't be written"):
        save.save_model(small, tmp_path / "file" / "model")
