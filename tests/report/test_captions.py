"""What the captions of figures say was found, on any feed and when little was."""

import pandas as pd
import pytest

from lib.models import BASELINE
from lib.report import captions
from lib.report.numbers import label_of
from lib.study import scores


@pytest.mark.parametrize("of", ["small", "plain"])
def test_a_caption_states_a_finding_the_posts_and_the_level(of, request):
    study = request.getfixturevalue(of)
    tests = f"{len(study.split.test):,} test post"
    shown = [captions.gains(study, "text"), captions.leaderboard(study), captions.sources(study)]
    assert all(tests in said and "95 % interval" in said for said in shown)
    assert f"{len(study.posts):,} posts" in captions.found(study)
    assert ("true effects" in captions.found(study)) == study.simulated
    assert "chance makes" in captions.funnels(study)
    for said in (*shown, captions.steps(study), captions.extremes(study, "text"), captions.strongest(study, "ru")):
        assert said and "nan" not in said and "''" not in said and "None" not in said


def test_a_feed_that_says_nothing_has_no_finding(plain):
    assert captions.gains(plain, "photo").startswith("Without photos there is nothing to gain.")
    assert "no forecast is better" in captions.leaderboard(plain)
    assert "no step" in captions.steps(plain) and "doesn't have both" in captions.sources(plain)
    assert "the same predicted rate" in captions.extremes(plain, BASELINE)
    assert captions.strongest(plain).startswith("No change is both")


def test_the_source_that_is_ahead_is_named(small, monkeypatch):
    table = pd.DataFrame({"name": ["like", "hide", "open"], "low": [0.1, -0.2, -0.1], "high": [0.2, -0.1, 0.1]})
    monkeypatch.setattr(scores, "gains", lambda *_, **__: table)
    assert captions.sources(small).startswith("The text is ahead on like; the photo is ahead on hide. ")
    monkeypatch.setattr(scores, "gains", lambda *_, **__: table[2:])
    assert captions.sources(small).startswith("On no activity is the text or the photo clearly ahead. ")


def test_the_extremes_are_compared_by_what_they_got(small):
    said = captions.extremes(small, "text")
    assert label_of(scores.featured(small, "text")[0]) in said and "The 4 test posts with the highest" in said
