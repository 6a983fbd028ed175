import pytest
from hypothesis import settings

from lib.posts import ACTIVITIES
from lib.study import open_study

ROWS = 300

# The same examples in every run, and no folder of found ones.
settings.register_profile("same", derandomize=True, deadline=None, database=None, max_examples=150)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory):
    """A temporary folder for all that the tests write; no variable of the user changes a test."""
    folder = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    patch.setenv("VIEW_TO_ACTION_HOME", str(folder))
    for variable in ("POSTS", "FEED_ROWS", "FEED_WORLD", "TEXT_RIVALS", "PHOTO_RIVALS"):
        patch.delenv(variable, raising=False)
    yield folder
    patch.undo()


@pytest.fixture(scope="session")
def small(home):
    """The study of a small simulated feed, with results that all tests share."""
    return open_study(rows=ROWS)


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
