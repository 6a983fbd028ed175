import pytest

from lib.study import open_study

ROWS = 300


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory):
    """Nothing that a test does is written into the checkout, and no variable of the user's decides a test."""
    folder = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    patch.setenv("VIEW_TO_ACTION_HOME", str(folder))
    for variable in ("POSTS", "FEED_ROWS", "TEXT_RIVALS", "PHOTO_RIVALS"):
        patch.delenv(variable, raising=False)
    yield folder
    patch.undo()


@pytest.fixture(scope="session")
def small(home):
    """The study of a small simulated feed, with results that all tests share."""
    return open_study(rows=ROWS)
