import numpy as np
import pytest

from lib.models import BASELINE, BLEND, load_model
from lib.storage import ModelError
from lib.study import save_model, scores


@pytest.fixture(scope="module")
def folder(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "new"
    save_model(small, folder)
    return folder


def test_the_loaded_model_forecasts_what_the_study_does(small, folder):
    model = load_model(folder)
    test = small.split.test
    ours, theirs = model.predict(small.posts.iloc[test]), small.forecast(scores.best(small))[test]
    # to rounding: a network's products in float32 depend on the number of rows
    assert ours.mean == pytest.approx(theirs.mean, rel=1e-6) and ours.rho == pytest.approx(theirs.rho, rel=1e-6)
    assert model.activities == small.activities
    assert [p.name for p in folder.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("name", [BASELINE, "text", BLEND])
def test_any_forecast_can_be_saved(small, tmp_path, name):
    save_model(small, tmp_path, name=name)
    model = load_model(tmp_path)
    some = small.split.test[:3]
    few = small.posts.iloc[some]
    assert model.about["forecast"] == name
    assert model.predict(few).mean == pytest.approx(small.forecast(name).mean[some], rel=1e-6)


def test_the_file_describes_itself(small, folder):
    model = load_model(folder)
    about = model.about
    assert about["source"] == "a simulated feed of 300 posts" and about["simulated"]
    assert about["training_posts"] == len(small.split.train)
    assert about["views"] == np.median(small.views)
    assert about["makers"]["text_vector"]["name"] == small.encoders["text"].name
    assert about["set_aside"].keys() == set(small.set_aside)
    assert model.arrays["quantiles"].dtype == np.float64


def test_a_folder_that_cannot_be_written_is_named(small, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="can't be written") as refused:
        save_model(small, tmp_path / "file" / "model", name=BASELINE)
    assert str(tmp_path / "file" / "model") in str(refused.value)
