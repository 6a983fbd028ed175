import os
import socket
import subprocess
import sys

import pytest

from lib.storage.files import FileError, check_target, default_output, make_folder, replacing, write_whole


@pytest.mark.parametrize("before", [None, b"a longer text than the new one"])
@pytest.mark.parametrize("name", ["a.bin", "я" * 120 + ".csv", "a" * 250])
def test_a_file_is_written_or_replaced_and_nothing_else_is_left(tmp_path, before, name):
    path = tmp_path / name
    if before is not None:
        path.write_bytes(before)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
@pytest.mark.parametrize("before", [None, b"old"])
@pytest.mark.parametrize("begun", [True, False])
def test_an_error_leaves_the_folder_as_it_was(tmp_path, error, before, begun):
    path = tmp_path / "a.bin"
    if before is not None:
        path.write_bytes(before)
    with pytest.raises(FileError if error is OSError else error), replacing(path) as partial:
        assert partial.parent == tmp_path and partial != path
        if begun:
            partial.write_bytes(b"half")
        raise error
    assert [file.read_bytes() for file in tmp_path.iterdir()] == ([] if before is None else [before])


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a.bin"
    with replacing(path) as one, replacing(path) as two:
        one.write_bytes(b"one")
        two.write_bytes(b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def place(tmp_path):
    """A folder with everything that must not be written."""
    (tmp_path / "in.csv").write_bytes(b"input")
    (tmp_path / "soft").symlink_to("in.csv")
    os.link(tmp_path / "in.csv", tmp_path / "hard")
    (tmp_path / "other.csv").write_bytes(b"other")
    (tmp_path / "away").symlink_to("other.csv")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    (tmp_path / "there").symlink_to("folder")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(os.path.relpath(tmp_path / "socket"))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "says"),
    [
        *((name, "it is the input .*in.csv, which would be lost") for name in ("in.csv", "soft", "hard")),
        *((name, "which would be lost") for name in ("folder/../in.csv", "there/../in.csv")),
        ("away", "it is a link to other.csv"),
        ("dangling", "it is a link to nowhere"),
        ("loop", "it is a link to loop"),
        ("there", "it is a link to folder"),
        *((name, "it is a folder. Name a file") for name in ("folder", ".", "")),
        *((name, "it is a device, a pipe or a socket") for name in ("pipe", "socket", "/dev/null", "/dev/full")),
        ("/dev/stdout", "it is a link to /proc/self/fd/1"),
        ("missing/a.csv", "there is no folder .*missing"),
        ("in.csv/a.csv", "in.csv is not a folder"),
        ("a" * 256, "File name too long"),
        ("/proc/a.csv", "nothing can be created there"),
        ("/sys/a.csv", "can't be written"),
    ],
)
def test_what_must_not_be_written_is_refused_in_one_line(place, name, says):
    def state():
        return sorted((p.name, p.is_symlink() or (p.is_file() and p.read_bytes())) for p in place.iterdir())

    before, target = state(), place / name
    with pytest.raises(FileError, match=says) as found:
        write_whole(target, b"new", [place / "in.csv"])
    assert str(target) in str(found.value) and "\n" not in str(found.value)
    assert state() == before


def test_a_target_is_checked_before_a_long_computation(place):
    check_target(place / "new.csv", [place / "in.csv", place / "missing.csv"])
    check_target(place / "there" / "new.csv")  # a folder may be a link
    with pytest.raises(FileError, match="which would be lost"):
        check_target(str(place / "hard"), [str(place / "in.csv")])
    assert not (place / "new.csv").exists()


FULL = """
import resource, sys
from pathlib import Path
from lib.storage.files import FileError, write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    write_whole(Path(sys.argv[1]), bytes(5000))
except FileError as error:
    print(error)
"""


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True)
    assert (
        done.stdout == f"{path} can't be written: the file would be larger than this system allows. Write elsewhere.\n"
    )
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_the_first_error_is_the_one_that_is_reported(tmp_path):
    with pytest.raises(FileError, match="No such device"), replacing(tmp_path / "a.bin") as partial:
        partial.mkdir()  # the clean-up fails
        raise OSError(19, "No such device")


@pytest.mark.parametrize("name", ["file", "file/a", "file/a/b"])
def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match=r"can't be written: a file is in the place of the folder"):
        make_folder(tmp_path / name)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")


def test_tables_do_not_share_a_default_output(tmp_path):
    names = {
        "posts.csv": "posts.x.csv",
        "posts.2023.csv": "posts.2023.x.csv",
        "posts.2024.csv": "posts.2024.x.csv",
        "posts.v2.csv.gz": "posts.v2.x.csv",
        "Posts.CSV": "Posts.x.csv",
        "feed.zip": "feed.x.csv",
        "feed.2.parquet": "feed.2.x.csv",
        ".hidden.csv": ".hidden.x.csv",
        ".csv": ".csv.x.csv",
        "posts": "posts.x.csv",
        "posts.x.csv": "posts.x.x.csv",
        "posts.json": "posts.json.x.csv",
    }
    assert {name: default_output(name, "x.csv").name for name in names} == names
    assert default_output("2023/posts.csv", "x.csv") != default_output("2024/posts.csv", "x.csv")
    (tmp_path / "stdin").symlink_to("posts.csv")
    assert str(default_output(tmp_path / "stdin", "x.csv")) == "stdin.x.csv"
