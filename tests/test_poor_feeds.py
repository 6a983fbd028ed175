"""Books on feeds that lack something: a reader finds no sentence that a computed case makes silly.

The book on a full feed and the one without photos are read in ``test_chapters``.
"""

import base64

import pandas as pd
import pytest
from books import render
from crawl import crawl

from lib.posts import ACTIVITIES
from lib.simulation import simulate

GROUPS = ["кухня", "котики", "спорт"]
FEEDS = {
    "tiny": lambda posts: posts.head(36),
    "textless": lambda posts: posts.assign(text=""),
    "one activity, groups and dates": lambda posts: posts.assign(
        **dict.fromkeys([name for name in ACTIVITIES if name != "like"], 0),
        group=[GROUPS[i % len(GROUPS)] for i in range(len(posts))],
        time=pd.date_range("2024-01-31", periods=len(posts), freq="31h").astype(str),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("of", FEEDS)
def test_a_book_on_a_poor_feed_has_no_leftovers(of, project, tmp_path):
    posts = FEEDS[of](simulate(120, seed=6).posts)
    posts.assign(photo=[encoded(photo) for photo in posts["photo"]]).to_csv(tmp_path / "posts.csv", index=False)
    render(project, POSTS=str(tmp_path / "posts.csv"))
    assert crawl(project / "_book") == []


def encoded(photo):
    return "" if photo is None else base64.b64encode(photo).decode()
