import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from books import copy_project
from hypothesis import settings

from lib.posts import ACTIVITIES
from lib.study import open_study

ROWS = 300

# The same examples in every run, and no folder of found ones.
settings.register_profile("same", derandomize=True, deadline=None, database=None, max_examples=150)
settings.load_profile("same")


def pytest_collection_modifyitems(items):
    """Files with slow tests come first, so that no process ends long after the other."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory):
    """A temporary folder for all that the tests write; no variable of the user changes a test."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "home"  # processes share results
    patch = pytest.MonkeyPatch()
    patch.setenv("VIEW_TO_ACTION_HOME", str(folder))
    for variable in (
        "POSTS",
        "POSTS_GROUP",
        "POSTS_TIME",
        "FEED_ROWS",
        "FEED_WORLD",
        "TEXT_RIVALS",
        "PHOTO_RIVALS",
        "REFERENCE",
        "TRAIN",
        "OCR",
    ):
        patch.delenv(variable, raising=False)
    yield folder
    patch.undo()


@pytest.fixture(autouse=True)
def closed():
    """No test sees a figure of another: which share a process depends on the machine's pace."""
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A copy of the project in which a render leaves no trace in this one."""
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def small(home):
    """The study of a small simulated feed, with results that all tests share."""
    return open_study(rows=ROWS)


@pytest.fixture(scope="session")
def advised(home):
    """The study of a simulated feed with enough posts for tips."""
    return open_study(rows=2 * ROWS)


@pytest.fixture(scope="session")
def plain(small):
    """The study of a real feed without texts and photos: counts and views are all that is known."""
    return open_study(small.posts.assign(photo=None, text=""))


@pytest.fixture(scope="session")
def sparse(small, tmp_path_factory):
    """The study of a file of real posts of counts alone, in which nobody hides a post and five posts have comments."""
    posts = small.posts.assign(photo="", text="", hide=0)
    posts.loc[posts.index[5:], "comment"] = 0
    path = tmp_path_factory.mktemp("posts") / "posts.csv"
    posts.to_csv(path, index=False)
    return open_study(path)


@pytest.fixture(scope="session")
def scrambled(small):
    """The study of the posts of ``small`` as a real feed, with all counts of the test posts set to zero."""
    posts = small.posts.copy()
    posts.loc[posts.index[small.split.test], list(ACTIVITIES)] = 0
    return open_study(posts)


@pytest.fixture(scope="session")
def grouped(small, tmp_path_factory):
    """The study of a file of texts of seven groups with dates; in two groups likes are four times as rare.

    The last group has one post, ten posts have no group, and a few dates are missing or can't be read.
    """
    idle = [activity for activity in ACTIVITIES if activity not in ("like", "comment")]  # the fewer, the faster
    posts = small.posts.assign(photo="", **dict.fromkeys(idle, 0))
    at = np.arange(len(posts))
    names = np.array(["кухня", "<b>котики</b> 🐈 @fig-x", "like", "a|b `{python} 1/0`", "пёс", "🐈"])
    posts["group"] = names[at % 6]
    posts.loc[at < 10, "group"] = ""
    posts.loc[at == 10, "group"] = "один"
    posts.loc[at % 6 < 2, "like"] //= 4
    dates = pd.Timestamp("2024-01-31T22:00") + pd.to_timedelta(at * 31, unit="h")
    posts["time"] = [str(date) for date in dates]
    posts.loc[[20, 21, 22], "time"] = ["", "31.02.2020", "1706738400"]
    path = tmp_path_factory.mktemp("grouped") / "posts.csv"
    posts.to_csv(path, index=False)
    return open_study(path)
