"""The advice of a small study, as chapter 6 has it."""

import pandas as pd
import pytest

from lib import draft_scorer, guidance, verdicts
from lib.levers import LEVERS


@pytest.fixture(scope="module", autouse=True)
def fresh():
    guidance.posts.cache_clear()
    guidance.estimates.cache_clear()
    yield
    guidance.posts.cache_clear()
    guidance.estimates.cache_clear()


def test_every_lever_and_activity_has_a_row_with_its_truth(small):
    table = guidance.effects(small)
    assert len(table) == len(LEVERS) * len(small.activities)
    assert table["truth"].notna().all() and table["change"].notna().all()
    assert (table["effect"].notna() == (table["state"] == "estimated")).all()


def test_the_lists_say_what_the_table_says(small):
    found = guidance.discoveries(small)
    english, russian = (verdicts.advice_lists(small, language) for language in ("en", "ru"))
    assert english.count("\n- ") >= min(1, len(found)) and russian.count("\n- ") == english.count("\n- ")
    assert f"{len(found):,} have an answer" in verdicts.lead(small) or "none has" in verdicts.lead(small)
    assert "confident answer" in verdicts.misled(small) and "hold the true effect" in verdicts.truth_verdict(small)
    for language in ("en", "ru"):
        assert verdicts.topic_lists(small, language)


def test_the_other_road_is_compared_effect_by_effect(small):
    both = guidance.cross_check(small)
    assert set(both["lever"]) <= set(LEVERS) and both[["effect", "other"]].notna().all().all()
    assert f"{len(both):,} effect" in verdicts.agreement(small) or both.empty


def test_what_is_kept_is_what_the_page_has(small, tmp_path, monkeypatch):
    monkeypatch.setattr(draft_scorer.save, "__defaults__", (tmp_path,))
    kept = draft_scorer.load(guidance.save(small).parent)
    assert kept["source"] == small.source and kept["simulated"]
    assert len(kept["effects"]) == len(guidance.effects(small))
    assert "DraftScorer.start" in guidance.panel(small).data


def test_the_committed_figures_are_those_of_many_feeds():
    of = guidance.coverage()
    assert of["feeds"] >= 200 and of["posts"] == 4000 and of["command"].startswith("python bench/advice.py")
    assert 0.93 <= of["coverage"] <= 0.97 and of["false_discovery_rate"] <= 0.07
    assert set(guidance.coverage_table()["value"].between(0, 1)) == {True}
    assert isinstance(guidance.power_table(), pd.DataFrame)
    assert f"{of['feeds']:,} simulated feeds" in verdicts.coverage_verdict()
