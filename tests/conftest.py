import pytest

from lib.storage import cache
from lib.study import study

ROWS = 300


@pytest.fixture(scope="session")
def small_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def small(small_cache):
    """The study of a small simulated feed, with a cache that the test modules share."""
    patch = pytest.MonkeyPatch()
    for module in (cache, study):
        patch.setattr(module, "CACHE", small_cache)
    for variable in ("POSTS", "FEED_ROWS"):
        patch.delenv(variable, raising=False)
    yield study.open_study(rows=ROWS)
    patch.undo()
