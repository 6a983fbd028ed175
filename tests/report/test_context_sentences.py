"""Sentences and sections on groups and dates."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from lib.report import context_sentences
from lib.study import open_study

SECTIONS = (
    context_sentences.communities,
    context_sentences.members,
    context_sentences.other_splits,
    context_sentences.adjusted,
)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_a_feed_without_groups_and_dates_has_no_such_section(section, plain):
    assert section(plain) is None
    assert "community, date, author and audience" in context_sentences.limits(plain)


def test_the_groups_are_shown_as_text(grouped):
    said = context_sentences.communities(grouped)
    cells = [cell.get_text() for cell in BeautifulSoup(said, "html.parser").find_all("td")]
    assert {"“<b>котики</b> 🐈 @fig-x”", "“like”", "“a|b `{python} 1/0`”", "“один”", "Monday", "2024"} <= set(cells)
    assert "The posts are of 7 groups; the largest has" in said and "Of 10 posts the group isn't known" in said
    assert "Among the groups of 30 posts or more, rates differ: like" in said or "likes from" in said
    assert "Of 2 posts the date isn't known" in said and "<b>котики" not in said
    assert "looked at author and audience:" in context_sentences.limits(grouped)


def test_chapter_5_says_what_telling_groups_apart_is_worth(grouped):
    said = context_sentences.other_splits(grouped)
    assert "One rate for each group and activity" in said and "whole groups" in said and "the last in time" in said
    assert "group alone" in said and "known" in context_sentences.members(grouped)


def test_chapter_6_says_why_groups_are_no_clusters(grouped):
    said = context_sentences.adjusted(grouped)
    assert "adjusted for the group and date of a post" in said and "30 groups are needed, and there are 7" in said
    many = open_study(
        grouped.posts.assign(group=[f"g{i % 40}" for i in range(len(grouped.posts))]).drop(columns="time")
    )
    assert "may depend on one another: there are 40 groups" in context_sentences.adjusted(many)


@pytest.mark.parametrize(
    ("change", "says", "not_said"),
    [
        ({"group": "one"}, "With one group there is nothing to compare", "tells groups apart"),
        ({"time": pd.NaT}, "7 groups", "published"),
        ({"group": ""}, "published from", "group"),
        ({"time": pd.Timestamp("2024-01-01")}, "Monday", "6 to 11 h"),
    ],
)
def test_a_section_says_what_there_is(grouped, change, says, not_said):
    said = context_sentences.communities(open_study(grouped.posts.assign(**change)))
    assert says in said and not_said not in said
