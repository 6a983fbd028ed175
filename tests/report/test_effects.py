"""The advice of a small study, as chapter 6 has it."""

import pandas as pd
import pytest

from lib.advice import open, scorer
from lib.features.levers import LEVERS
from lib.report import advice_sentences, effects


@pytest.fixture(scope="module", autouse=True)
def fresh():
    open.posts.cache_clear()
    open.estimates.cache_clear()
    yield
    open.posts.cache_clear()
    open.estimates.cache_clear()


def test_every_lever_and_activity_has_a_row_with_its_truth(small):
    table = effects.effects(small)
    assert len(table) == len(LEVERS) * len(small.activities)
    assert table["truth"].notna().all() and table["change"].notna().all()
    assert (table["effect"].notna() == (table["state"] == "estimated")).all()


def test_the_lists_say_what_the_table_says(small):
    found = effects.discoveries(small)
    english, russian = (advice_sentences.advice_lists(small, language) for language in ("en", "ru"))
    assert english.count("\n- ") >= min(1, len(found)) and russian.count("\n- ") == english.count("\n- ")
    assert f"{len(found):,} have an answer" in advice_sentences.lead(small) or "none has" in advice_sentences.lead(small)
    assert "confident answer" in advice_sentences.misled(small) and "hold the true effect" in advice_sentences.truth_verdict(small)
    for language in ("en", "ru"):
        assert advice_sentences.topic_lists(small, language)


def test_the_other_road_is_compared_effect_by_effect(small):
    both = effects.cross_check(small)
    assert set(both["lever"]) <= set(LEVERS) and both[["effect", "other"]].notna().all().all()
    assert f"{len(both):,} effect" in advice_sentences.agreement(small) or both.empty


def test_what_is_kept_is_what_the_page_has(small, tmp_path, monkeypatch):
    monkeypatch.setattr(scorer.save, "__defaults__", (tmp_path,))
    kept = scorer.load(open.save(small).parent)
    assert kept["source"] == small.source and kept["simulated"]
    assert len(kept["effects"]) == len(effects.effects(small))
    assert "DraftScorer.start" in effects.panel(small).data


def test_the_committed_figures_are_those_of_many_feeds():
    of = open.coverage()
    assert of["feeds"] >= 200 and of["posts"] == 4000 and of["command"].startswith("python bench/advice.py")
    assert 0.93 <= of["coverage"] <= 0.97 and of["false_discovery_rate"] <= 0.07
    assert set(effects.coverage_table()["value"].between(0, 1)) == {True}
    assert isinstance(effects.power_table(), pd.DataFrame)
    assert f"{of['feeds']:,} simulated feeds" in advice_sentences.coverage_verdict()
