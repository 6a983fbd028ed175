import pandas as pd
import pytest

from lib.models import VECTORS, AutoML, Interval, ReferenceAnswer
from lib.posts import facts
from lib.report import reference_sentences
from lib.report.numbers import label_of
from lib.study import conversions, open_study, scores


@pytest.mark.parametrize(
    ("value", "word"), [(-1.0, "higher than"), (0.0, "not clearly different from"), (1.0, "lower than")]
)
def test_the_words_follow_the_intervals(value, word, small, monkeypatch):
    monkeypatch.setattr(ReferenceAnswer, "QUICK", (3, 32))
    monkeypatch.setattr(conversions, "SMALL", 10)
    interval = Interval(value, value - 0.5, value + 0.5, 0.95)
    monkeypatch.setattr(conversions, "gain", lambda study, name, weights: interval)
    said = reference_sentences.reference(small)
    assert said.count(word) == 4 and label_of(VECTORS) in said and label_of(scores.best(small)) in said


def test_what_is_missing_is_said(small, monkeypatch):
    assert f"{conversions.SMALL:,} posts" in reference_sentences.reference(small)
    assert "automl" not in reference_sentences.reference(small)
    monkeypatch.setattr(conversions, "SMALL", 10)
    monkeypatch.setattr(conversions, "gain", lambda study, name, weights: Interval(0.0, -0.5, 0.5, 0.95))
    monkeypatch.setattr(AutoML, "installed", staticmethod(lambda: False))
    assert "[automl]" in reference_sentences.reference(small)
    monkeypatch.setattr(AutoML, "installed", staticmethod(lambda: True))
    found = reference_sentences.reference(small)
    assert "pip" not in found and f"{AutoML.SECONDS} seconds" in found


def test_the_two_measures_agree_or_not(small, monkeypatch):
    """That they need not agree was said whether or not they did."""
    errors = pd.DataFrame({"name": small.forecasts, conversions.WEIGHTS[0]: 1.0})
    first = scores.leaderboard(small).set_index("name").loc[small.forecasts, "log_score"].idxmax()
    monkeypatch.setattr(conversions, "errors", lambda _: errors)
    errors.loc[errors["name"] == first, conversions.WEIGHTS[0]] = 0.5
    assert f"*{label_of(first)}* has both" in reference_sentences.orders(small)
    errors.loc[errors["name"] == "photo", conversions.WEIGHTS[0]] = 0.1
    assert f"*{label_of('photo')}* the smallest" in reference_sentences.orders(small)


def test_published_errors_are_shown_for_the_original_posts_alone(small, plain):
    rows = facts()["rows"]
    assert "simulated" in reference_sentences.beside_published(small)
    assert f"{rows:,}" in reference_sentences.beside_published(plain)
    posts = plain.posts.copy()
    posts.attrs["rejected"] = pd.DataFrame({"row": range(rows - len(posts))})
    assert "MSE, published" in reference_sentences.beside_published(open_study(posts)).markup
