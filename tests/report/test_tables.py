import pandas as pd
import pytest

from lib.report.tables import table

FRAME = pd.DataFrame({"name": ["open_photo", "<b>"], "share": [0.1234, float("nan")], "change": [-0.5, 0.25]})


def test_table_formats_aligns_and_escapes():
    headings = {"name": "activity", "share": "of views", "change": "by", "not there": "x"}
    html = table(FRAME, headings, {"share": "%.1", "change": "+%"}).markup
    assert "open photo" in html and "&lt;b&gt;" in html and "<b>" not in html
    assert "12.3 %" in html and "–" in html and "−50 %" in html and "+25 %" in html and "not there" not in html
    assert html.count('style="text-align: right"') == 2 * 3


@pytest.mark.parametrize(
    ("value", "how", "shown"),
    [
        (1234.5, ",.0f", "1,234"),
        (-0.5, ".2f", "−0.50"),
        (0.12345, "%.2", "12.35 %"),
        (0.012345, "~2", "0.012"),
        (0.00001, "~2", "&lt; 0.0001"),
        (None, "~2", "–"),
        (-0.034, "change", "−3.4\u00a0%"),
        (10.78, "change", "×\u00a011.8"),
    ],
)
def test_a_cell_in_its_format(value, how, shown):
    assert f'right">{shown}</td>' in table(pd.DataFrame({"value": [value]}), {"value": "number"}, {"value": how}).markup


def test_measured_times_are_marked():
    frame = pd.DataFrame({"speed": [12.0], "dim": [3]})
    markup = table(frame, {"speed": "a second", "dim": "numbers"}, {"speed": ",.0f", "dim": ",.0f"}).markup
    assert '<td class="times" style="text-align: right">12</td>' in markup
    assert markup.count('class="times"') == 2


def test_a_long_text_gets_room():
    frame = pd.DataFrame({"what": ["short", "a text that would be one word a line on a phone"], "n": [1, 2]})
    markup = table(frame, {"what": "what", "n": "number"}, {"n": ",.0f"}).markup
    assert markup.count('<td class="long">a text') == markup.count('class="long"') == 1
