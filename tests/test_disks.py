"""A disk that is full or read-only: one line says so, what was there stays, and nothing half-written is left."""

import subprocess
import warnings
from contextlib import suppress

import numpy as np
import pytest
from tiny_models import Letters

from lib.advice.scorer import Scorer, save_scorer
from lib.embedding import embed
from lib.features import TopicRule
from lib.models import write_model
from lib.posts import write_rejected
from lib.render import render
from lib.simulation import write_csv
from lib.storage import FileError, ModelError, cached, write_whole

SAYS = {"full": "the disk is full. Free some space", "read-only": "read-only"}


@pytest.fixture(params=["full", "read-only"])
def disk(request, tmp_path):
    """``disk(folder)`` makes the folder such a disk, with an old file "old", and returns what the errors say."""
    mounts = []

    def make(folder):
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
        if done.returncode:
            pytest.skip("only a user who may mount can make a full disk")
        mounts.append(folder)
        (folder / "site_libs").mkdir()
        (folder / "old").write_bytes(b"old")
        if request.param == "full":
            with suppress(OSError), open(folder / "site_libs" / "rest", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1000))
        else:
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        return SAYS[request.param]

    yield make
    for folder in mounts:
        subprocess.run(["umount", folder], check=True)


def content(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_a_file(disk, tmp_path, small):
    says, here = disk(tmp_path / "disk"), tmp_path / "disk"
    before = content(here)
    writers = {
        "whole": lambda path: write_whole(path, bytes(100_000)),
        "simulate": lambda path: write_csv(path, 3),
        "rejected": lambda path: write_rejected(small.posts, path),
    }
    for name, write in writers.items():
        with pytest.raises(FileError, match=says) as found:
            write(here / name)
        assert str(here / name) in str(found.value) and "\n" not in str(found.value)
    with pytest.raises(FileError, match=says):
        write_whole(here / "old", bytes(100_000))
    assert content(here) == before and (here / "old").read_bytes() == b"old"


def test_the_saved_model_and_the_advice(disk, tmp_path):
    says, here = disk(tmp_path / "disk"), tmp_path / "disk"
    before = content(here)
    for folder in (here, here / "model"):
        with pytest.raises(ModelError, match=rf"The model is not saved: .*{says}.*VIEW_TO_ACTION_HOME"):
            write_model({}, {"a": np.zeros(100_000)}, folder)
        with pytest.raises(ModelError, match=rf"The advice is not saved: .*{says}.*VIEW_TO_ACTION_HOME"):
            save_scorer(Scorer([], [], TopicRule({}, [], 0), [], {}, source="x" * 100_000), folder)
    with suppress(OSError):
        (here / "model").rmdir()
    assert content(here) == before


def test_the_cache_is_done_without(disk, tmp_path):
    says, here = disk(tmp_path / "disk"), tmp_path / "disk"
    before = content(here)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for key in "kl":
            assert (cached("x", key, lambda: np.ones(100_000), here) == 1).all()
    assert len(said) == 1 and says in str(said[0].message) and "keeps no results" in str(said[0].message)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        vectors = embed(["оса", "кот"], Letters(), cache=here / "vectors")
    assert len(said) == 1 and says in str(said[0].message)
    np.testing.assert_array_equal(vectors, embed(["оса", "кот"], Letters()))
    for folder in (*here.glob("vectors/*"), *here.glob("vectors")):
        folder.rmdir()
    assert content(here) == before


@pytest.mark.parametrize("place", ["_book", ".portable"])
def test_the_book(disk, tmp_path, capsys, place):
    (tmp_path / "_quarto.yml").write_text('{"book": {"title": "T", "chapters": ["index.qmd"]}}')
    (tmp_path / "index.qmd").write_text("# Preface\n\nA text.\n")
    assert render(root=tmp_path, engine="portable") == 0
    page = (tmp_path / "_book" / "index.html").read_bytes()
    here = tmp_path / place
    says = disk(here)
    before = content(here)
    capsys.readouterr()
    assert render(root=tmp_path, engine="portable") == 1
    err = capsys.readouterr().err
    assert says in err and "The book could not be rendered" in err and err.count("\n") == 1
    if place == "_book":
        assert content(here) == before and (here / "old").read_bytes() == b"old"
    else:
        assert (tmp_path / "_book" / "index.html").read_bytes() == page
