import dataclasses

import pytest
from advice_world import make_sample

from lib.advice import DEFAULT_VALUE, estimate
from lib.posts import ACTIVITY
from lib.report.panel import page_data, panel
from lib.report.real_sentences import right_about


@pytest.fixture(scope="module")
def scorer():
    return estimate(make_sample(600)).scorer


def test_the_panel_has_the_words_of_both_languages(scorer):
    markup = panel(scorer).markup
    assert "DraftScorer.start" in markup and "{{" not in markup
    assert page_data(scorer)["value"] == {a: DEFAULT_VALUE[a] for a in scorer.activities}
    assert page_data(scorer)["simulated"] is False
    for language, words in page_data(scorer, dated=True)["words"].items():
        assert words["note"].endswith(right_about(True, language))
    for activity in scorer.activities:
        assert ACTIVITY[activity].plural.en in markup and ACTIVITY[activity].plural.ru in markup


def test_hostile_words_stay_text(scorer):
    first, second, *rest = scorer.topics
    hostile = dataclasses.replace(second, name="</script><script>alert(1)", words=["<!--<script>", "{{script}}"])
    markup = panel(dataclasses.replace(scorer, topics=[first, hostile, *rest])).markup
    assert "alert(1)" in markup and markup.count("</script>") == 1 and markup.count("<script") == 1
    assert "<!--" not in markup and "\\u003c/script>\\u003cscript>alert(1)" in markup


def test_a_feed_without_long_texts_has_a_panel():
    sample = make_sample(300)
    properties = sample.properties.assign(folded=sample.properties["folded"] * 0)
    assert "DraftScorer" in panel(estimate(dataclasses.replace(sample, properties=properties)).scorer).markup
