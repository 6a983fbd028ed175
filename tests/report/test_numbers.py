import pandas as pd
import pytest

from lib.models.forecast import Interval
from lib.report import numbers, tables


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
        (numbers.listed([]), "none"),
        (numbers.listed(["like"]), "like"),
        (numbers.listed(["like", "open_photo", "open"]), "like, open photo and open"),
    ],
)
def test_numbers_as_text(said, expected):
    assert said == expected
    assert said._repr_markdown_() == expected


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.1, 0.2, "better"), (-0.2, -0.1, "worse"), (-0.1, 0.1, "unclear"), (0, 0.1, "unclear")]
)
def test_a_verdict_follows_from_the_interval(low, high, word):
    assert numbers.verdict(Interval((low + high) / 2, low, high, 0.95), "better", "worse", "unclear") == word


def test_table_formats_aligns_and_escapes():
    frame = pd.DataFrame({"name": ["open_photo", "<b>"], "share": [0.1234, float("nan")], "change": [-0.5, 0.25]})
    html = tables.table(frame, {"name": "activity", "share": "of views", "change": "by", "not there": "x"},
                       {"share": "%.1", "change": "+%"}).data  # fmt: skip
    assert "open photo" in html and "&lt;b&gt;" in html and "<b>" not in html
    assert "12.3 %" in html and "–" in html and "−50 %" in html and "+25 %" in html and "not there" not in html
    assert html.count('style="text-align: right"') == 2 * 3
