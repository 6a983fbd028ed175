import numpy as np
import pandas as pd
import pytest

from lib.report import error_sentences
from lib.study import ablations, errors, scores
from lib.study.ablations import Trial


def kind(name, value, p, more):
    row = {"by": errors.TOPIC, "name": name, "posts": 20, "value": value, "low": value - 0.1, "high": value + 0.1}
    return row | {"p": p, "more": more, "left": value}


def test_kinds_are_named_if_they_differ_by_more_than_chance(small, plain, monkeypatch):
    rows = [kind("pets", 0.3, 0.001, 0.2), kind("games", -0.2, 0.001, -0.3), kind("<b>", 0.1, 0.2, 0.01)]
    monkeypatch.setattr(errors, "skill", lambda *_: pd.DataFrame(rows))
    said = error_sentences.kinds(small)
    assert (
        "It does harm to posts in “games”." in said and "clearly less than on other posts on posts in “games”." in said
    )
    assert "clearly more than on other posts on posts in “pets”." in said and "<b>" not in said
    monkeypatch.setattr(errors, "skill", lambda *_: pd.DataFrame(rows[2:]))
    said = error_sentences.kinds(small)
    assert (
        "harm to none of 1 kind of posts" in said
        and "No kind differs" in said
        and "”: 0.10 nats" in said
        and "<b>" not in said
    )
    monkeypatch.setattr(errors, "skill", lambda *_: pd.DataFrame(rows[:0]))
    assert "too few test posts" in error_sentences.kinds(small)
    assert "no gain that could differ" in error_sentences.kinds(plain)


@pytest.mark.parametrize(
    ("low", "lost_low", "said"),
    [
        (-0.1, 0.1, ["loses on “news”.", "On “news” it is then not clearly better"]),
        (0.1, 0.1, ["loses on “news”."]),
        (0.1, -0.1, ["It isn't clear that the regression loses"]),
        (-0.1, -0.1, ["It isn't clear that the regression loses"]),
    ],
)
def test_new_topics_follow_the_intervals(small, monkeypatch, low, lost_low, said):
    row = {"name": "news", "posts": 20, "value": 0.2, "low": low, "high": 0.3, "known": 0.4}
    row |= {"lost": 0.2, "lost_low": lost_low, "lost_high": 0.3}
    monkeypatch.setattr(errors, "new_topics", lambda _: pd.DataFrame([row]))
    lines = error_sentences.new_topics(small).splitlines()
    assert len(lines) == len(said) and all(part in line for part, line in zip(said, lines, strict=True))


def test_a_feed_without_features_fails_nowhere(plain):
    assert "can't be tried" in error_sentences.new_topics(plain)
    assert "On no test post" in error_sentences.misses(plain)
    assert "no learning curve" in error_sentences.help_next(plain)


def test_misses_say_what_they_have_in_common(small, monkeypatch):
    said = error_sentences.misses(small)
    assert f"The {len(errors.misses(small, scores.best(small)))} posts with the largest losses" in said
    row = {"by": errors.TEXT, "name": "no words", "among": 9, "usual": 2.0, "p": 1e-6}
    monkeypatch.setattr(errors, "in_common", lambda *_: pd.DataFrame([row, row | {"name": "over 9 words", "p": 0.5}]))
    said = error_sentences.misses(small)
    assert "They have in common: posts of no words 9 times (usual: 2.0)." in said and "over 9 words" not in said
    monkeypatch.setattr(errors, "in_common", lambda *_: pd.DataFrame([row | {"p": 0.2}]))
    assert "nothing in common beyond chance" in error_sentences.misses(small)


@pytest.mark.parametrize(
    ("more", "noise", "said"),
    [(0.5, 0, "more posts come first"), (0.0, 0, "better features come before"), (0.0, 1, "don't tell whether")],
)
def test_what_would_help_follows_the_learning_curves(small, monkeypatch, more, noise, said):
    scored, moved = np.random.default_rng(0).normal(size=(2, 50))
    trials = {100: Trial(0.0, scored), 200: Trial(0.0, scored + more + noise * moved)}
    monkeypatch.setattr(ablations, "by_posts", lambda *_: trials)
    lines = error_sentences.help_next(small)
    assert said in lines and "From 100 to 200 training posts" in lines
