import dataclasses
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from advice_world import ConstantModel, make_sample
from PIL import Image

from lib.__main__ import main
from lib.advice import advise_draft, draft, estimate
from lib.advice.scorer import save_scorer
from lib.features import readable_features
from lib.posts import PostsError
from lib.report import draft_json, draft_report


@pytest.fixture(scope="module")
def scorer():
    return dataclasses.replace(estimate(make_sample(1200)).scorer, source="a test", simulated=True)


@pytest.fixture
def photo(tmp_path):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "PNG")
    (tmp_path / "photo.png").write_bytes(out.getvalue())
    return tmp_path / "photo.png"


def test_a_draft_gets_the_tips_that_apply_to_it(scorer):
    plain = advise_draft(scorer, ConstantModel(), "Наш кот спит.", None)
    assert [tip.lever for tip in plain.tips["like"]] == ["question"] and plain.topic == "кошки"
    assert advise_draft(scorer, ConstantModel(), "Наш кот спит?", None).tips["like"] == []
    assert set(plain.forecast.index) == {"like", "comment"} and plain.simulated and plain.views == 5000
    assert plain.source == "a test"
    like = plain.forecast.loc["like"]
    assert like["rate"] == 0.02 and like["low"] < 100 < like["high"] and like["percentile"] == 50
    assert list(advise_draft(scorer, ConstantModel(), "Кот.", None, "comment").tips) == ["comment"]


def test_the_topic_is_what_the_rule_says(scorer):
    texts = {"Коты &amp; котики!": "кошки", "Наш пёс.": "собаки", "Кот и пёс.": "", "Доброе утро": ""}
    for text, topic in texts.items():
        assert advise_draft(scorer, ConstantModel(), text, None).topic == topic
    few = dataclasses.replace(scorer, topics=[*scorer.topics[:1], *scorer.topics[2:]])
    assert [few.topic(text) for text in ("кот", "пёс", "")] == [0, 1, 0]  # cats are too few to have estimates


def test_features_are_computed_once(scorer, photo, monkeypatch):
    """The tips and the forecast use the same tables."""
    computed = []

    def counted(posts):
        computed.append(readable_features(posts))
        return computed[-1]

    monkeypatch.setattr(draft, "readable_features", counted)
    model = ConstantModel()
    advise_draft(scorer, model, "Наш кот спит.", photo)
    assert len(computed) == len(model.given) == 1 and model.given[0] is computed[0]


@pytest.mark.parametrize(
    ("text", "content", "goal", "says"),
    [
        (" <br> ", None, None, "nothing to score"),
        ("", "none.jpg", None, "No such file"),
        ("", b"not a photo", None, "not an image"),
        ("Кот.", None, "fame", "like, comment"),
    ],
)
def test_a_draft_that_cannot_be_used_is_refused_in_one_line(scorer, tmp_path, text, content, goal, says):
    path = None if content is None else tmp_path / "none.jpg"
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(PostsError, match=says) as refusal:
        advise_draft(scorer, ConstantModel(), text, path, goal)
    assert "\n" not in str(refusal.value)


def test_a_photo_that_is_not_a_file_of_bounded_size_is_not_read(scorer, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(3 * 2**30)  # takes no room on the disk
    for photo, says in (
        (Path("/dev/zero"), "is not a file"),
        (tmp_path / "pipe", "is not a file"),
        (tmp_path, "is not a file"),
        (tmp_path / "large.png", "over 32 MiB"),
    ):
        with pytest.raises(PostsError, match=says) as refusal:
            advise_draft(scorer, ConstantModel(), "", photo)
        assert str(photo) in str(refusal.value) and "\n" not in str(refusal.value)


def test_what_is_unlike_the_feed_is_said(scorer, capsys):
    model = ConstantModel()
    model.unlike = lambda readable: [["characters", "emoji"]]
    found = advise_draft(scorer, model, "Кот.", None)
    assert found.unlike == ["characters", "emoji"] == draft_json(found, scorer)["unlike"]
    assert "Unlike anything in the feed: characters, emoji." in draft_report(found, scorer)
    assert "Unlike" not in draft_report(advise_draft(scorer, ConstantModel(), "Кот.", None), scorer)


def test_what_cannot_happen_is_said_and_gets_no_tips(scorer):
    model = ConstantModel()
    possible = draft_report(advise_draft(scorer, model, "Наш кот спит.", None), scorer)
    model.impossible = lambda drafts, readable: np.array([["no photo", ""]], dtype=object)
    found = advise_draft(scorer, model, "Наш кот спит.", None)
    assert found.tips["like"] == [] and found.forecast.loc["like", "rate"] == 0
    assert draft_json(found, scorer)["rates"]["like"]["impossible"] == "no photo"
    lines = draft_report(found, scorer).splitlines()
    assert [line.split() for line in lines if "no photo" in line] == [
        ["likes", "0", "can't", "happen:", "no", "photo"],
        ["can't", "happen:", "no", "photo"],
    ]
    assert "no photo" not in possible and "half at most" in possible


def test_the_command_line(scorer, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    assert main(["advise", "--text", "Кот."]) == 1
    assert "make report first" in capsys.readouterr().err
    save_scorer(scorer)
    monkeypatch.setattr("lib.models.load_model", ConstantModel)
    with pytest.raises(SystemExit) as stop:
        main(["advise", "--text", " <br> "])
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert "nothing to score" in err and err.count("\n") == 1
    assert main(["advise", "--text", "Наш кот спит.", "--goal", "like"]) == 0
    out = capsys.readouterr().out
    assert "Ask the reader a question" in out and "nothing here is a finding" in out and "More comments" not in out
    assert main(["advise", "--text", "Наш кот спит.", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rates"]["like"]["rate"] > 0
