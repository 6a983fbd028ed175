import pytest

from lib.models import MODELS, Interval
from lib.posts import ACTIVITIES
from lib.report import numbers

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (numbers.pct(0.01934), "1.9 %"),
        (numbers.pct(0.000456), "0.046 %"),
        (numbers.pct(0), "0 %"),
        (numbers.pct(3e-15), "under 0.0001 %"),
        (numbers.pct(1), "100 %"),
        (numbers.pct(0.0999), "10 %"),
        (numbers.number(-0.01534), "−0.015"),
        (numbers.number(1234.5, 2), "1,234"),
        (numbers.number(float("nan")), "not defined"),
        (numbers.factor(0.7), "2.01"),
        (numbers.count(1129, "post"), "1,129 posts"),
        (numbers.count(1, "post"), "1 post"),
        (numbers.count(0, "post"), "no posts"),
        (numbers.count(0), "0"),
        (numbers.count(2, "discovery", "discoveries"), "2 discoveries"),
        (numbers.interval(Interval(0.1234, 0.1, 0.2, 0.95)), "0.12 (95 % interval 0.10 to 0.20)"),
        (numbers.span(["2.3", "3.9"]), "2.3 to 3.9"),
        (numbers.span(["2,3", "2,3"], "ru"), "2,3"),
        (numbers.listed([]), "none"),
        (numbers.listed(["like"]), "like"),
        (numbers.listed(["like", "open_photo", "open"]), "like, open photo and open"),
        (numbers.listed(["photo_vector", "no such name"]), "photo vector and no such name"),
    ],
)
def test_numbers_as_text(said, expected):
    assert said == expected
    assert said._repr_markdown_() == expected


@pytest.mark.parametrize(
    ("value", "decimals", "language", "expected"),
    [
        (1234.5, 1, "en", "1,234.5"),
        (1234.5, 1, "ru", f"1{NBSP}234,5"),
        (-0.05, 2, "en", "−0.05"),
        (-0.05, 2, "ru", "−0,05"),
        (1234567, 0, "ru", f"1{NBSP}234{NBSP}567"),
    ],
)
def test_decimals_in_the_style_of_a_language(value, decimals, language, expected):
    assert numbers.decimal(value, decimals, language) == expected


def test_every_activity_and_model_has_a_label():
    for name in (*ACTIVITIES, *MODELS, "truth", "reference"):
        assert numbers.label_of(name) and "_" not in numbers.label_of(name)


@pytest.mark.parametrize(
    ("low", "high", "word", "stands"),
    [
        (0.1, 0.2, "better", "ahead of"),
        (-0.2, -0.1, "worse", "behind"),
        (0.001, 0.2, "better", "ahead of"),
        (-0.1, 0.1, "unclear", "not clearly different from"),  # it was "level with"
        (0, 0.1, "unclear", "not clearly different from"),
        (-0.006, 0.001, "unclear", "not clearly different from"),
        (-0.005, 0.005, "unclear", "level with"),
        (0.001, 0.003, "better", "level with"),  # it was "ahead of", by less than is worth having
    ],
)
def test_a_verdict_follows_from_the_interval(low, high, word, stands):
    found = Interval((low + high) / 2, low, high, 0.95)
    assert numbers.verdict(found, "better", "worse", "unclear") == word
    assert numbers.standing(found) == stands
    same = stands == "level with"
    assert numbers.verdict(found, "better", "worse", "unclear", "no matter") == ("no matter" if same else word)
