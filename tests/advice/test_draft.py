import dataclasses
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from advice_world import ConstantModel, make_page, make_sample
from PIL import Image
from scipy.special import expit, logit

from lib.advice import ScorerEffect, advise_draft, draft, estimate
from lib.features import Words, readable_features
from lib.models import DEFAULT_VALUE
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


def test_a_draft_is_forecast_for_its_group(scorer):
    class Grouped(ConstantModel):
        groups: ClassVar = ["Котики 🐈", "Пёсики"]

        def predict(self, posts, readable=None):
            factor = 2 if "group" in posts and posts["group"][0] == "Котики 🐈" else 1
            found = super().predict(posts, readable)
            return dataclasses.replace(found, mean=factor * found.mean)

    whole, own = (advise_draft(scorer, Grouped(), "Наш кот спит.", None, group=of) for of in (None, "Котики 🐈"))
    assert own.forecast["rate"].tolist() == pytest.approx((2 * whole.forecast["rate"]).tolist())
    assert own.tips["like"][0].base == 2 * whole.tips["like"][0].base
    assert own.tips["like"][0].effect == whole.tips["like"][0].effect
    assert (
        "Group: Котики 🐈." in draft_report(own, scorer, "en") and draft_json(own, scorer, "ru")["group"] == own.group
    )
    assert "Group" not in draft_report(whole, scorer, "en") and "group" not in draft_json(whole, scorer, "en")


@pytest.mark.parametrize(
    ("groups", "asked", "says"),
    [
        (
            ["Котики", "Пёсики", "Ёж"],
            "котик",
            "knows 3 groups, and none is called “котик”; near it are “Котики”.",
        ),
        (["Котики"], "\x1b[31m", "called “�[31m”; among them is “Котики”"),
        (["Котики"], "", "called “”; among them is “Котики”"),
        ([], "Котики", "knows no groups"),
    ],
)
def test_an_unknown_group_is_refused_in_one_line_with_near_names(scorer, groups, asked, says):
    model = ConstantModel()
    model.groups = groups
    with pytest.raises(PostsError, match=re.escape(says)) as refused:
        advise_draft(scorer, model, "Кот.", None, group=asked)
    assert str(refused.value).isprintable()


def test_the_page_s_forecast_stands_beside_the_model_s(scorer):
    given = ConstantModel(), "Наш кот спит.", None
    without = advise_draft(scorer, *given)
    assert without.forecast["page"].tolist() == [None, None]
    assert draft_json(without, scorer, "en")["rates"]["like"]["page"] is None
    found = advise_draft(dataclasses.replace(scorer, page=make_page()), *given)
    logits = np.array([logit(0.02) - 0.1 * np.log(4) + 1.0, logit(0.001) - 0.2 * np.log(4)])
    assert found.forecast["page"].tolist() == pytest.approx(expit(logits))
    assert draft_json(found, scorer, "en")["rates"]["like"]["page"] == pytest.approx(expit(logits[0]))
    (line,) = [line for line in draft_report(found, scorer, "en").splitlines() if line.startswith("likes  ")]
    assert line.split()[1] == "100" and float(line.split()[-1]) == pytest.approx(5000 * expit(logits[0]), abs=0.5)


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
    assert found.unlike == ["characters", "emoji"] == draft_json(found, scorer, "en")["unlike"]
    assert "Unlike anything in the feed: characters, emoji." in draft_report(found, scorer, "en")
    assert "Такого в ленте нет: длина текста, эмодзи." in draft_report(found, scorer, "ru")
    assert "Unlike" not in draft_report(advise_draft(scorer, ConstantModel(), "Кот.", None), scorer, "en")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_line_of_a_report_is_in_its_language(scorer, language):
    topics = [scorer.topics[0], *(dataclasses.replace(t, name="12") for t in scorer.topics[1:])]
    numbered = dataclasses.replace(scorer, topics=topics, source="0.csv")
    model = ConstantModel()
    model.label, model.unlike = "0", lambda readable: [["no photo", "hue_x"]]
    found = advise_draft(numbered, model, "Спит. 12", None, value=DEFAULT_VALUE)
    assert any(found.tips.values())
    english, russian = re.compile("[a-zA-Z]{2}"), re.compile("[а-яА-Я]{2}")
    wrong, right = (russian, english) if language == "en" else (english, russian)
    for simulated in (True, False):
        lines = draft_report(dataclasses.replace(found, simulated=simulated), numbered, language)
        lines = lines.replace("0.csv", "0").splitlines()
        assert [line for line in lines if line and (wrong.search(line) or not right.search(line))] == []


def test_a_tip_says_where_it_holds_from_what_to_what_and_how_firm_it_is(scorer):
    found = advise_draft(scorer, ConstantModel(), "Our cat sleeps.", None, "like", {"like": 2.0, "comment": 0.0})
    (tip,) = found.tips["like"]
    says = draft_report(found, scorer, "en")
    assert f"everywhere: likes from 200 to {2e-2 * 1e4 * (1 + tip.effect):.0f} per 10,000 views (+" in says
    assert f"a hidden cause would have to be {tip.times:.1f} times as strong as the topic" in says
    assert f"worth +{1000 * tip.worth.change:.0f} per 1,000 views (95 % interval +" in says
    assert "Expected by the saved model “constant”" in says
    assert "a hidden cause" not in draft_report(
        dataclasses.replace(found, tips={"like": [dataclasses.replace(tip, times=None)]}), scorer, "en"
    )


def test_a_tip_names_the_topics_that_it_is_for(scorer):
    """A question doubles the comments on dogs only, so cats are the topic that differs."""
    known, names = scorer, [topic.name for topic in scorer.topics]
    cats, dogs = names.index("кошки"), names.index("собаки")
    given = {"like": 0.02, "comment": 0.001}, None
    found = {t: draft.draft_tips(known, "comment", t, {"question": 0.0, "folded": 0.0}, *given) for t in (cats, dogs)}
    (tip,) = [tip for tip in found[dogs] if tip.lever == "question"]
    assert tip.scope == "elsewhere" and "question" not in [tip.lever for tip in found[cats]]
    advice = advise_draft(known, ConstantModel(), "Our pet sleeps.", None, "comment")
    for scope, english, russian in (
        ("elsewhere", "outside “кошки”", "вне темы «кошки»"),
        (str(dogs), "in posts about “собаки”", "в теме «собаки»"),
    ):
        placed = dataclasses.replace(advice, tips={"comment": [dataclasses.replace(tip, scope=scope)]})
        assert f"{english}: comments from 10.0 to " in draft_report(placed, known, "en")
        assert f"{russian}: комментариев на 10 000 просмотров" in draft_report(placed, known, "ru")
        assert draft_json(placed, known, "en")["tips"]["comment"][0]["where"] == english


def test_tips_are_ranked_by_their_worth_if_there_is_a_value(scorer):
    """More likes come by a question and, a little, by emoji; comments are unwanted, and a question gives them."""
    plain = {"q": 0.001, "error": 0.01, "robustness": 0.1, "times": 2.0, "state": "estimated", "base": 0.02}
    plain |= {"narrow_low": None, "narrow_high": None, "narrow_error": None, "narrow_q": None}
    rows = [
        ScorerEffect(lever=lever, activity=activity, scope="all", effect=e, low=e - 0.02, high=e + 0.02, **plain)
        for lever, activity, e in (("question", "like", 0.5), ("emoji", "like", 0.1), ("question", "comment", 0.9))
    ]
    simple = dataclasses.replace(scorer, effects=rows)
    given = simple, ConstantModel(), "Our cat sleeps.", None, "like"
    assert [tip.lever for tip in advise_draft(*given).tips["like"]] == ["question", "emoji"]
    valued = advise_draft(*given, {"like": 1.0, "comment": -100.0}).tips["like"]
    assert [tip.lever for tip in valued] == ["emoji", "question"]
    assert valued[0].worth.change == pytest.approx(0.002) and valued[1].worth.high < 0


def test_wrong_arguments_are_refused_before_anything_heavy_is_loaded(tmp_path):
    code = "import sys; from lib.__main__ import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules)"
    for wrong in (["--goal", "fame"], ["--value", "like=x"], ["--value", "like=1,лайки=2"], ["--lang", "fr"]):
        command = [sys.executable, "-c", code, "advise", "--text", "Кот.", *wrong]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and wrong[0] in done.stderr
        heavy = {"torch", "transformers", "catboost", "numba", "sklearn", "scipy", "matplotlib", "lib.advice"}
        assert heavy & set(done.stdout.split()) == set()


def test_an_answer_waits_for_nothing_that_only_fits_models(tmp_path):
    texts = ["the cat sleeps", "the dog runs"] * 9
    np.savez(tmp_path / "words.npz", **Words().fit(texts).arrays())
    code = (
        "import sys; import numpy as np; from lib.advice import advise_draft, load_scorer;"
        "from lib.features import Words; from lib.models import load_model;"
        "from lib.report import draft_json, draft_report;"
        f"print(Words.from_arrays(np.load(sys.argv[1])).transform({texts}).shape, *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "words.npz"], capture_output=True, text=True)
    assert done.stdout.startswith("(18, "), done.stderr
    assert {"torch", "sklearn", "scipy.stats", "matplotlib", "lib.study"} & set(done.stdout.split()) == set()


def test_what_cannot_happen_is_said_and_gets_no_tips(scorer):
    model = ConstantModel()
    possible = draft_report(advise_draft(scorer, model, "Наш кот спит.", None), scorer, "en")
    model.impossible = lambda drafts, readable: np.array([["no photo", ""]], dtype=object)
    found = advise_draft(scorer, model, "Наш кот спит.", None)
    assert found.tips["like"] == [] and found.forecast.loc["like", "rate"] == 0
    assert draft_json(found, scorer, "en")["rates"]["like"]["impossible"] == "no photo"
    assert "nothing to open" in draft_report(found, scorer, "en") and "half get at most" in possible
    assert "нечего открывать" in draft_report(found, scorer, "ru") and "nothing to open" not in possible
