"""The search of the portable engine's pages, run in node."""

import pytest
from page_code import in_node, needs_node

from lib.report.panel import data_script

INDEX = [
    {"href": "one", "title": "Targets", "section": "Likelihood", "text": "The likelihood of the counts."},
    {"href": "two", "title": "Advice", "section": "Likes", "text": "Which change brings likes, and in which topic."},
    {"href": "three", "title": "Советы", "section": "", "text": "О футболе и ещё о матчах."},
    {"href": "four", "title": "Text", "section": "", "text": "Likes, likes and hides."},
]


@needs_node
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("likes", ["two", "four"]),  # smalldocs' own search finds the likelihood too
        ("like hide", ["four"]),
        ("футбол", ["three"]),  # it finds none of these three
        ("матч еще", ["three"]),
        ("ФУТБОЛЕ", ["three"]),
        ("topi", ["two"]),
        ("likeli", ["one", "two", "four"]),
        ("zebra", []),
        (" .,", []),
    ],
)
def test_sections_are_found_by_their_words(query, found):
    scripts = data_script(["topic-rule.js", "search.js"], "SEARCH_INDEX", INDEX)
    assert [entry["href"] for entry in in_node("SiteSearch.search(given, 9)", query, scripts)] == found
