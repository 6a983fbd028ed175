"""What chapter 6 says of the advice of a small study, and of a feed that gives none."""

import pandas as pd
import pytest

from lib.advice import LEAST_POSTS_A_SIDE, bench_coverage, study_estimates
from lib.posts import LANGUAGES
from lib.report import advice_sentences as say
from lib.report import effects
from lib.study import open_study


@pytest.fixture(scope="module")
def bare(small):
    """A real feed without texts and photos: there is nothing to advise on."""
    return open_study(small.posts.assign(photo=None, text=""))


def test_the_lists_say_what_the_table_says(advised):
    found = effects.discoveries(advised)
    english, russian = (say.advice_lists(advised, language) for language in ("en", "ru"))
    assert english.count("\n- ") >= 1 <= len(found) and russian.count("\n- ") == english.count("\n- ")
    verb = "has" if len(found) == 1 else "have"  # of one it was "1 have"
    assert f"{len(found):,} {verb} an answer" in say.lead(advised) or "none has" in say.lead(advised)
    assert say.answered(advised).startswith(f"{len(found)} of ")
    assert "confident answer" in say.misled(advised) and "hold the true effect" in say.coverage_verdict(advised)
    for language in LANGUAGES:
        assert say.topic_lists(advised, language)
    assert "likely" in english and "10,000 views" in english and "everywhere" in english
    assert say.worth_lead(advised) and "hide −20" in say.value_weights(advised)
    assert "hidden cause" in say.sensitivity(advised)


def test_an_experiment_takes_the_posts_of_the_table(advised):
    table, lead = effects.experiments(advised), say.experiment_lead(advised)
    assert f"{table['posts'].min():,} with the change" in lead
    assert (f"{table['posts'].max():,} on either side" in lead) == (table["posts"].nunique() > 1)
    assert f"{LEAST_POSTS_A_SIDE} posts a side" in say.experiment_design()


def test_the_methods_are_compared_in_words(small):
    both = effects.by_both_methods(small)
    assert f"{len(both):,} effect" in say.agreement(small) or both.empty


def test_nothing_is_said_of_discoveries_and_differences_that_there_are_not(small, monkeypatch):
    row = {"effect": 0.1, "other": -0.1, "apart": True, "q": 0.01, "correlation": 0.5, "activity": "like"}
    both = pd.DataFrame([row | {"contrast": "a question"}] * 2)
    for table, told in ((both, True), (both.assign(apart=False, q=0.9), False)):
        monkeypatch.setattr(say, "by_both_methods", lambda _, table=table: table)
        said = say.agreement(small)
        assert ("Of the discoveries 2 of 2 do." in said) == ("disagree on the direction" in said) == told
        assert ("discoveries" in said) == told


def test_the_page_has_the_scorer_of_the_study(small):
    assert "../scorer-data.js" in say.draft_scorer(small).markup


def test_figures_of_many_feeds_in_words(bare):
    of = bench_coverage()
    said = say.coverage_verdict(bare)
    assert f"{of['feeds']:,} simulated feeds" in said and "None" not in said and "true effect (" not in said
    assert of["command"] in say.coverage_source()


def test_feeds_with_fewer_posts_are_told_of(bare, monkeypatch):
    figures = {"discoveries_per_feed": 1.2, "false_discovery_rate": 0.03, "listed": {"coverage": 0.94}}
    fewer = {"feeds": 60, "posts": 300, **figures, "widened": figures | {"discoveries_per_feed": 0.7}}
    monkeypatch.setattr(say, "bench_coverage", lambda: bench_coverage() | {"smaller": [fewer]})
    assert (
        "On 60 feeds of 300 posts 1.2 effects a feed are listed, and 0.70 with the allowance; the intervals of 94 % and"
        " 94 % of them hold the truth, and 3.0 % and 3.0 % are truly zero."
    ) in say.coverage_verdict(bare)


def test_a_feed_without_texts_and_photos_gets_no_advice(bare):
    assert study_estimates(bare).effects["effect"].isna().all()
    assert "no posts to compare" in say.lead(bare)
    assert "nothing to check" in say.agreement(bare)
    assert "no tip to test" in say.experiment_lead(bare)
    assert "No change is known" in say.conflicts_lead(bare) and "too few to tell" in say.topics_named(bare)
    for language, words in (("en", "Nothing to compare with"), ("ru", "Не с чем сравнить")):
        assert words in say.advice_lists(bare, language) and "\n- " not in say.advice_lists(bare, language)
        assert say.topic_lists(bare, language)
    assert say.draft_scorer(bare).markup and say.misled(bare)
