import warnings

import numpy as np
import pytest

from lib.storage import cache
from lib.storage.paths import cache_folder


@pytest.mark.parametrize("damage", ["cut", "bit", "renamed", "folder", "device"])
def test_computed_once_and_again_with_a_warning_when_damaged(tmp_path, damage):
    calls = []

    def compute():
        calls.append(1)
        return np.arange(5)

    for _ in range(2):
        assert (cache.cached("x", "k", compute, tmp_path) == np.arange(5)).all()
    assert len(calls) == 1
    [file] = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[-1] ^= damage == "bit"
    file.write_bytes(data[:-20] if damage == "cut" else data)
    if damage == "renamed":
        cache.cached("x", "l", lambda: np.arange(6), tmp_path)
        (tmp_path / "x-l.safetensors").replace(file)
    elif damage in ("folder", "device"):
        file.unlink()
        file.mkdir() if damage == "folder" else file.symlink_to("/dev/zero")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert (cache.cached("x", "k", compute, tmp_path) == np.arange(5)).all()
    assert len(calls) == 2
    assert "x-k.safetensors" in str(said[0].message) and "damaged" in str(said[0].message)
    assert len(said) == 1 + (damage == "folder")
    if damage != "folder":  # a folder is not removed, so nothing can be kept in its place
        assert (cache.cached("x", "k", compute, tmp_path) == np.arange(5)).all()
        assert len(calls) == 2


def test_what_was_computed_is_what_later_runs_read(tmp_path):
    values = np.arange(12).reshape(3, 4)[:, ::2]
    first, later = (cache.cached("x", "k", lambda: values, tmp_path) for _ in range(2))
    assert first.flags.c_contiguous and first.flags.owndata == later.flags.owndata and first is not values


def test_what_cannot_be_kept_is_named(tmp_path):
    with pytest.raises(TypeError, match=r"builtins.object can't be kept"):
        cache.cached("x", "k", object, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_goes_on_where_nothing_can_be_kept_and_says_so_once(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.warns(UserWarning, match="this run keeps no results.* a file is in the place") as said:
        for key in "kl":
            assert cache.cached("x", key, lambda: 5, tmp_path / "file" / "cache") == 5
    assert len(said) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_results_are_in_the_cache_folder_unless_a_folder_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    assert cache.cached("x", "k", lambda: 1) == 1
    assert [file.name for file in cache_folder().iterdir()] == ["x-k.safetensors"]


def test_a_failed_computation_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        cache.cached("x", "k", lambda: 1 / 0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_digest_depends_on_where_parts_end_and_on_their_types():
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest(1) != cache.digest("1")
    assert cache.digest(b"x", "\ud800") == cache.digest(b"x", "\ud800")


@pytest.fixture
def package(tmp_path):
    """A package in which ``lib.a`` uses ``b``, ``c``, ``d.toml``, ``room.q`` and ``room.s``, and nothing else."""
    modules = {
        "a": "import lib.b\nfrom lib.room import s_face\nD = 'd.toml'",
        "b": "from lib import room as named\nnamed.q_face()\nfrom . import c\nif TYPE_CHECKING:\n from lib.e import x",
        "c": "x = 1",
        "e": "",
        "room/__init__": "from lib.room.q import q as q_face\nfrom lib.room.r import r\nfrom .s import s as s_face",
        "room/q": "from ..c import x\nQ = 'q.json'\ndef q(): ...",
        "room/r": "def r(): ...",
        "room/s": "def s(): ...",
    }
    (tmp_path / "room").mkdir()
    for name, text in (modules | {"__init__": ""}).items():
        (tmp_path / f"{name}.py").write_text(text)
    for data in ("d.toml", "room/q.json", "room/d.toml"):
        (tmp_path / data).write_text("1")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        *((name, True) for name in ("a.py", "b.py", "c.py", "d.toml", "room/q.py", "room/q.json", "room/s.py")),
        *((name, False) for name in ("e.py", "room/r.py", "room/d.toml", "room/__init__.py")),
    ],
)
def test_code_digest_follows_what_a_module_uses_and_nothing_else(package, file, counts):
    before = cache.code_digest("lib.a", package)
    cache.code_digest.cache_clear()
    with open(package / file, "a") as changed:
        changed.write("\n# changed")
    assert (cache.code_digest("lib.a", package) != before) == counts


@pytest.mark.parametrize("source", ["", "from lib.gone import x", "import lib.gone", "from .gone import x"])
def test_code_digest_of_what_is_not_there_raises(tmp_path, source):
    (tmp_path / "__init__.py").write_text("")
    if source:
        (tmp_path / "a.py").write_text(source)
    with pytest.raises(LookupError, match=r"lib\.(a|gone) is not a module"):
        cache.code_digest("lib.a", tmp_path)


def test_code_digest_takes_a_function_for_its_module():
    assert cache.code_digest(cache.cached) == cache.code_digest("lib.storage.cache")
