import json

import numpy as np
import pytest
import safetensors.numpy
from safetensors import safe_open

from lib.embedding import photo_encoder
from lib.models import BASELINE, BLEND
from lib.models.saved import MODEL_FILE, load_model, write_model
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
    assert write_model(model.about, model.arrays, tmp_path) == tmp_path / MODEL_FILE
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
    path = tmp_path / MODEL_FILE
    path.write_bytes((folder / MODEL_FILE).read_bytes())
    damage(path, how)
    with pytest.raises(ModelError, match=says) as refused:
        load_model(tmp_path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    if how == "other encoders":
        assert photo_encoder().name in str(refused.value) and "make report" in str(refused.value)


GARBAGE = [None, [], {}, "text", "", float("nan"), float("inf"), -1, 1e300, True, {"a": 1}, [["b"]]]
FIELDS = ["forecast", "models", "groups", "activities", "set_aside", "views", "ranges", "makers", "source", "simulated"]
# What a field may be as well: then the forecast is the same.
HARMLESS = {
    ("groups", "[]"),
    ("set_aside", "{}"),
    ("ranges", "{}"),
    ("source", "'text'"),
    ("source", "''"),
    ("simulated", "True"),
}


@pytest.fixture(scope="module")
def blend(small, tmp_path_factory):
    """A saved model with a part of every kind."""
    folder = tmp_path_factory.mktemp("blend")
    save_model(small, folder, BLEND)
    return folder


def refused(about, arrays, folder):
    """The message with which a file is refused whose digest is right."""
    path = write_model(about, arrays, folder)
    with pytest.raises(ModelError, match=r"is damaged: .*Run make report again") as refusal:
        load_model(folder)
    assert str(path) in str(refusal.value) and "\n" not in str(refusal.value) and len(str(refusal.value)) < 400
    return str(refusal.value)


@pytest.mark.parametrize("field", [*FIELDS, "training_posts"])
def test_a_description_that_is_garbage_is_refused_in_one_line(blend, tmp_path, field):
    about, arrays = parts(blend / MODEL_FILE)
    for value in GARBAGE:
        if (field, repr(value)) not in HARMLESS | {("training_posts", "-1")}:
            refused(about | {field: value}, arrays, tmp_path)
    assert field in refused({key: value for key, value in about.items() if key != field}, arrays, tmp_path)


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        ("both", "kind", "Pickle"),
        ("both", "kind", "Blend"),
        ("both", "kind", 3),
        ("both", "blocks", ["photo_vector"]),
        ("both", "blocks", []),
        ("both", "blocks", ["smell"]),
        ("both", "blocks", "text_words"),
        ("blend", "members", ["blend"]),
        ("blend", "members", ["another"]),
        ("blend", "members", ["both"]),
        ("blend", "members", []),
        ("trees", "kind", "Neural"),
        ("network", "kind", "Boosted"),
        ("trees", "label", None),
    ],
)
def test_a_model_of_an_unknown_make_is_refused_in_one_line(blend, tmp_path, model, field, value):
    about, arrays = parts(blend / MODEL_FILE)
    about["models"][model][field] = value
    refused(about, arrays, tmp_path)


@pytest.mark.parametrize("part", ["forecast", "label", "blocks", "activities", "ranges", "makers"])
def test_a_description_of_which_a_part_is_garbage_is_refused_in_one_line(blend, tmp_path, part):
    about, arrays = parts(blend / MODEL_FILE)
    changed = {
        "forecast": {"forecast": "both "},
        "label": {"models": about["models"] | {"both": {"id": "both"}}},
        "blocks": {"models": about["models"] | {"both": None}},
        "activities": {"activities": about["activities"][:-1]},
        "ranges": {"ranges": {"text": {"smell": [0, 1]}}},
        "makers": {"makers": about["makers"] | {"text_words": {"name": "x"}}},
    }
    refused(about | changed[part], arrays, tmp_path)


DAMAGES = {
    "gone": None,
    "not a number": lambda values: np.full_like(values, np.nan),
    "infinite": lambda values: np.full_like(values, -np.inf),
    "half": lambda values: values[: len(values) // 2].copy(),
    "empty": lambda values: values[:0],
    "one number": lambda values: values.ravel()[0],
    "text": lambda values: np.frombuffer(b"some text that was no number", np.uint8),
    "three times": lambda values: np.stack([values] * 3),
}
# Arrays of each kind. With another shape, those of the second group still give rates, or aren't used in a forecast.
DECISIVE = (
    "both/coef both/design/settings both/design/photo_vector/axes words/terms words/idf blend/dispersion blend/weights"
)
DECISIVE = [*DECISIVE.split(), "network/network/0/4.weight", "network/network/2/10.bias"]
OTHERS = "both/dispersion both/design/text_features/scale both/design/photo_vector/mean network/spread trees/start"
OTHERS = [
    *OTHERS.split(),
    "both/structure/mean",
    "blend/structure/rho",
    "trees/blend/weights",
    "trees/trees",
    "trees/trees/0",
    "words/axes",
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_arrays_that_are_garbage_are_refused_in_one_line_or_give_rates(blend, tmp_path, damage):
    about, arrays = parts(blend / MODEL_FILE)
    for name in (*DECISIVE, *OTHERS):
        if damage in ("not a number", "infinite") and arrays[name].dtype.kind != "f":
            continue
        changed = {key: values for key, values in arrays.items() if key != name}
        if DAMAGES[damage]:
            changed[name] = DAMAGES[damage](arrays[name])
        if name in DECISIVE or damage in ("gone", "not a number", "infinite"):
            refused(about, changed, tmp_path)
            continue
        write_model(about, changed, tmp_path)
        try:
            load_model(tmp_path)
        except ModelError as refusal:
            assert "is damaged: " in str(refusal) and "\n" not in str(refusal)
