import numpy as np
import pytest

from lib import cache


def test_computed_once_and_again_when_damaged(tmp_path):
    calls = []

    def compute():
        calls.append(1)
        return np.arange(5)

    for _ in range(2):
        assert (cache.cached("x", "k", compute, tmp_path) == np.arange(5)).all()
    assert len(calls) == 1
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert (cache.cached("x", "k", compute, tmp_path) == np.arange(5)).all()
    assert len(calls) == 2


def test_a_failed_computation_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        cache.cached("x", "k", lambda: 1 / 0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_digest_tells_parts_apart():
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest(1) != cache.digest("1")
    assert cache.digest(b"x", "\ud800") == cache.digest(b"x", "\ud800")


def test_code_digest_follows_imports_and_data(tmp_path, monkeypatch):
    sources = {"a": "from lib.b import f\nD = 'd.toml'", "b": "from lib import c", "c": "from lib.p import q", "e": ""}
    (tmp_path / "p").mkdir()
    for name, text in (sources | {"p/__init__": "", "p/q": "x = 1"}).items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "d.toml").write_text("k = 1")
    monkeypatch.setattr(cache, "LIB", tmp_path)

    def now():
        cache.code_digest.cache_clear()
        return cache.code_digest("lib.a")

    before = now()
    (tmp_path / "e.py").write_text("unrelated = 1")
    assert now() == before
    for name, text in {"p/q.py": "x = 2", "d.toml": "k = 2", "b.py": "from lib import c\nf = 1"}.items():
        (tmp_path / name).write_text(text)
        assert now() != before
        before = now()
    cache.code_digest.cache_clear()
