"""Vectors of tables that are too many for memory: rows, skipping, broken tables, engines, and kills."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from tiny_models import Letters

from lib.__main__ import main
from lib.embedding import (
    EngineError,
    embed,
    embed_table,
    embed_tables,
    engines,
    in_processes,
    on_ray,
    photo_encoder,
    text_encoder,
)
from lib.posts import tables
from lib.simulation import write_shards

NAVEC = "navec-sif"


@pytest.fixture(scope="module")
def posts(tmp_path_factory):
    """A folder with six tables of simulated texts."""
    folder = tmp_path_factory.mktemp("posts")
    write_shards(folder, 300, with_photos=False, shards=6)
    return folder


def whole(folder):
    """The vectors of all tables of a folder in one go."""
    texts = pd.concat([pd.read_csv(path, keep_default_na=False)["text"] for path in tables([folder])])
    return embed(texts.tolist(), text_encoder(NAVEC))


def gathered(out):
    (folder,) = out.iterdir()
    return np.concatenate([np.load(path) for path in sorted(folder.glob("*.npy"))])


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_row_of_vectors_for_each_row_of_the_table(tmp_path, ending):
    path = tmp_path / f"posts{ending}"
    texts = ["оса", "", "кот", " ", "оса", ""]
    table = pd.DataFrame({"text": texts, "view": [1, 1, -5, 1, 1, 1]})
    table.to_csv(path, index=False) if ending == ".csv" else table.to_parquet(path)
    receipt = embed_table(path, tmp_path / "out", [Letters()])
    assert (receipt.error, receipt.rows, receipt.new) == ("", 6, 1)
    found = np.load(receipt.files[0])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[[0, 4]], embed(["оса", "оса"], Letters()))
    assert np.isnan(found[[1, 2, 3, 5]]).all()  # empty, or set aside for its views


def test_what_is_there_is_not_computed_again_and_a_changed_table_is(tmp_path):
    path, out = tmp_path / "posts.csv", tmp_path / "out"
    path.write_text("text\nоса\nкот\n", encoding="utf-8")
    first, second = Letters(), Letters()
    assert embed_table(path, out, [first]).new == 1
    again = embed_table(path, out, [second])
    assert (again.new, again.rows) == (0, 2) and not second.batches
    path.write_text("text\nоса\nкот\nлис\n", encoding="utf-8")
    changed = embed_table(path, out, [second])
    assert (changed.new, changed.rows) == (1, 3) and changed.files != again.files and len(list(out.rglob("*.npy"))) == 2


def test_a_table_that_cannot_be_used_does_not_stop_the_others(tmp_path, capsys):
    good, bad, other = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv"))
    good.write_text("text\nоса\n", encoding="utf-8")
    bad.write_text('text\n"оса', encoding="utf-8")
    other.write_text("words\nоса\n", encoding="utf-8")
    assert main(["embed", str(tmp_path), "--out", str(tmp_path / "out"), "--text", NAVEC, "--workers", "1"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith(" s") and "1/3" in said[0]
    assert "b.csv" in said[1] and "c.csv has no column photo or text" in said[2]
    assert said[-1].startswith("2 of 3 tables couldn't be used") and len(said) == 5


def test_a_kind_without_an_item_has_an_empty_file(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("text,photo\nоса,\n", encoding="utf-8")
    receipt = embed_table(path, tmp_path / "out", [Letters(), photo_encoder("thumbnail")])
    assert [len(np.load(file)) for file in receipt.files] == [1, 0] and receipt.rows == 1


def test_processes_give_the_vectors_of_one_go(posts, tmp_path):
    lines = []
    run = partial(in_processes, workers=2)
    assert embed_tables(tables([posts]), tmp_path, [text_encoder(NAVEC)], run, lines.append) == 0
    assert gathered(tmp_path).tobytes() == whole(posts).tobytes()
    assert [line.split("/")[0] for line in lines[:-1]] == list("123456")
    assert lines[-1].startswith("Done: 300 rows, in ")
    lines.clear()
    assert embed_tables(tables([posts]), tmp_path, [text_encoder(NAVEC)], run, lines.append) == 0
    assert all(line.endswith("is there already") for line in lines[:-1])


def test_ray_gives_the_vectors_of_one_go(posts, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="needs the extra cluster")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))  # actors import this file
    run = partial(on_ray, workers=2)
    assert embed_tables(tables([posts]), tmp_path, [text_encoder(NAVEC)], run, print) == 0
    assert gathered(tmp_path).tobytes() == whole(posts).tobytes()
    with pytest.raises(Exception, match="no such shard"):
        list(run(_fails, [1, 2]))


def test_what_is_missing_or_wrong_is_told_in_a_line(monkeypatch, posts, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert (
        main(["embed", str(posts), "--out", str(tmp_path), "--text", NAVEC, "--photo", "none", "--engine", "ray"]) == 1
    )
    assert "pip install -e '.[cluster]'" in capsys.readouterr().err
    assert main(["embed", str(posts), "--out", str(tmp_path), "--text", str(posts)]) == 1
    assert str(posts) in capsys.readouterr().err
    for wrong in (["--address", "auto"], ["--gpus", "1"], ["--text", "none", "--photo", "none"]):
        with pytest.raises(SystemExit):
            main(["embed", str(posts), "--out", str(tmp_path), *wrong])


def _fails(shard):
    raise KeyError("no such shard")


def _dies_once(marks, shard):
    mark = Path(marks) / str(shard)
    if shard == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return shard * shard


def _dies(shard):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_is_replaced_and_an_error_is_raised(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "TRIES", 2)
    assert list(in_processes(partial(_dies_once, str(tmp_path)), range(5), 2)) == [0, 1, 4, 9, 16]
    with pytest.raises(KeyError, match="no such shard"):
        list(in_processes(_fails, range(3), 1))
    with pytest.raises(EngineError, match="died 2 times at 7"):
        list(in_processes(_dies, [7], 1))


def _meets_another(marks, shard):
    """The settings of a process that works beside another one."""
    (Path(marks) / str(os.getpid())).touch()
    while len(list(Path(marks).iterdir())) < 2:
        time.sleep(0.01)
    return os.environ.get("OMP_NUM_THREADS"), joblib.cpu_count()


def test_every_process_has_one_thread(tmp_path):
    assert list(in_processes(partial(_meets_another, str(tmp_path)), range(2), 2)) == [("1", 1)] * 2
    assert "LOKY_MAX_CPU_COUNT" not in os.environ


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_reordered_by_kills(posts, tmp_path):
    """The driver is killed at some moments, its workers end with it, and the next run goes on."""
    command = [sys.executable, "-m", "lib", "embed", str(posts), "--out", str(tmp_path)]
    command += ["--text", NAVEC, "--photo", "none", "--workers", "2"]
    root = Path(__file__).parents[2]
    for wait in (0.5, 2.0, 3.0, 4.0):
        with subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL) as driver:
            time.sleep(wait)
            driver.kill()
    assert not list(tmp_path.rglob("*.npy.tmp"))
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert gathered(tmp_path).tobytes() == whole(posts).tobytes()
