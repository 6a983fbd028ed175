import json
from pathlib import Path

import pytest

from lib.models import Interval
from lib.report import own_sentences
from lib.report.numbers import interval, standing
from lib.study import own_models

ROW = {"value": 0.2, "low": 0.1, "high": 0.3, "behind": [0.0, 0.0, 0.0], "milliseconds": 20.0, "cross_fitted": -3.0}
STORED = {
    "command": "python bench/encoders.py",
    "date": "2026-11-26",
    "posts": 4000,
    "rows": [
        ROW | {"name": "efficientnet-lite0"},
        ROW | {"name": "efficientnet-lite1", "behind": [0.02, 0.01, 0.03], "milliseconds": 30.0, "cross_fitted": -2.9},
        ROW | {"name": "efficientnet-lite2", "behind": [-0.02, -0.03, -0.01], "milliseconds": 40.0},
        ROW | {"name": own_models.RANDOM, "behind": [-0.05, -0.06, -0.04]},
    ],
}


@pytest.fixture
def own(small, monkeypatch):
    monkeypatch.setattr(own_models, "LEAST", len(small.posts))
    monkeypatch.setattr(own_sentences, "stored", lambda: STORED)
    return small


def test_few_posts_are_said_to_train_nothing(small):
    for say in (own_sentences.photo, own_sentences.text, own_sentences.fused):
        assert say(small).startswith("Nothing was trained here")
    assert "Nor is there anything" in own_sentences.control(small)


def test_verdicts_follow_the_intervals(own):
    for say, name, over in (
        (own_sentences.photo, own_models.PHOTO, "photo_vector"),
        (own_sentences.text, own_models.TEXT, "text_vector"),
        (own_sentences.fused, own_models.FUSED, "vectors"),
    ):
        found = own_models.gain(own, name, over)
        assert f"is {standing(found)} the regression" in say(own) and interval(found) in say(own)
    assert "TRAIN=full" in own_sentences.photo(own)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.02, 0.04, "is worth that much"), (-0.02, 0.02, "it is not shown"), (-0.001, 0.001, "does not matter here")],
)
def test_what_random_weights_mean_follows_their_interval(own, monkeypatch, low, high, word):
    behind = Interval((low + high) / 2, low, high, 0.95)
    monkeypatch.setattr(own_models, "behind_without_training", lambda study: behind)
    said = own_sentences.control(own)
    assert word in said and interval(behind) in said and "stored" not in said


def test_without_a_measurement_here_the_stored_one_is_said_to_be_stored(own):
    said = own_sentences.control(own)
    assert "stored comparison of @tbl-image-model-family" in said and "0.050 (95 % interval 0.040 to 0.060)" in said


def test_the_stored_comparison_says_where_it_comes_from_and_whether_size_pays(own):
    said = own_sentences.size_pays()
    assert "stored comparison on a simulated feed of 4,000 posts" in said and "`python bench/encoders.py`" in said
    assert "*efficientnet-lite1* is ahead of *efficientnet-lite0*" in said and "1.5 times its cost" in said
    assert "choose *efficientnet-lite1*" in said
    table = own_sentences.family().set_index("name")
    assert table.loc[own_models.RANDOM, ["more", "more_low", "more_high"]].tolist() == [-0.05, -0.06, -0.04]


def test_the_stored_comparison_is_whole():
    file = Path(own_sentences.__file__).with_name("encoders.json")
    of = json.loads(file.read_text("utf-8")) if file.exists() else STORED
    names = {row["name"] for row in of["rows"]}
    assert {"efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2", own_models.RANDOM} <= names
    assert all(row["low"] <= row["value"] <= row["high"] for row in of["rows"])
