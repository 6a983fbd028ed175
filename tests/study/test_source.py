from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lib.posts import ACTIVITIES, PostsError
from lib.simulation import simulate, write_csv, write_shards
from lib.study import PostsFile, PostsTable, SimulatedFeed


def changed(posts, column, value):
    posts = posts.copy()
    posts.at[posts.index[1], column] = value
    return posts


def test_a_simulated_feed_knows_its_truth():
    posts, truth = SimulatedFeed(12, seed=3).load()
    feed = simulate(12, seed=3)
    pd.testing.assert_frame_equal(posts, feed.posts)
    assert np.array_equal(truth.mean, feed.truth.mean)
    keys = [SimulatedFeed(*of).key for of in ((12, 3), (12, 3), (12, 4), (13, 3), (12, 3, "mixture"))]
    assert keys[0] == keys[1] and len(set(keys)) == 4
    assert SimulatedFeed(12_000).name == "a simulated feed of 12,000 posts"
    assert SimulatedFeed(12, world="mixture").name == "a simulated feed of 12 posts of the mixture world"
    assert SimulatedFeed(12, 3, "mixture").load()[1].world == "mixture"


def test_a_file_is_known_by_its_content(tmp_path):
    source = PostsFile(write_csv(tmp_path / "posts.csv", 12))
    posts, truth = source.load()
    assert len(posts) == 12 and truth is None and source.name == "posts.csv"
    (tmp_path / "copy.csv").write_bytes(source.path.read_bytes())
    assert PostsFile(tmp_path / "copy.csv").key == source.key
    with open(tmp_path / "copy.csv", "ab") as file:
        file.write(b"\n")
    assert PostsFile(tmp_path / "copy.csv").key != source.key


def test_the_tables_of_a_folder_are_known_by_their_content(tmp_path, monkeypatch):
    write_shards(tmp_path / "posts", 24, with_photos=False, shards=2)
    source = PostsFile(tmp_path / "posts")
    assert len(source.load()[0]) == 24 and source.name == "posts"
    pattern = PostsFile(tmp_path / "posts" / "*.csv")
    monkeypatch.chdir(tmp_path / "posts")
    key = source.key
    assert PostsFile(Path()).key == pattern.key == key and PostsFile(Path()).name == "posts"
    Path("posts-0001.csv").unlink()
    assert source.key == PostsFile(Path("posts-0000.csv")).key != key


def test_the_name_of_a_file_is_without_its_folder_and_can_stand_on_a_page():
    assert PostsFile(Path("/home/somebody/a\n\udcff.csv")).name == "a��.csv"


@pytest.mark.parametrize(
    ("name", "message"),
    [("gone.csv", "no such file"), ("", "neither a table, nor a folder"), ("/dev/zero", "is a pipe or a device")],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, name, message):
    with pytest.raises(PostsError, match=message):
        PostsFile(tmp_path / name).key  # noqa: B018


@pytest.mark.parametrize(
    ("column", "value"), [("view", 10**6), *((a, 10**5) for a in ACTIVITIES), ("text", "!"), ("photo", b"x")]
)
def test_a_table_is_known_by_its_content(column, value):
    posts = simulate(12).posts
    source = PostsTable(posts)
    assert source.load()[0] is posts and source.load()[1] is None
    assert PostsTable(posts.copy()).key == source.key != PostsTable(changed(posts, column, value)).key


def test_a_table_without_photos_has_a_key():
    posts = simulate(12).posts.assign(photo=None, text="")
    assert PostsTable(posts).key != PostsTable(posts.iloc[:11]).key


@pytest.mark.parametrize("dtype", [pd.StringDtype("python"), pd.StringDtype("pyarrow"), "str", object])
def test_a_table_has_one_key_however_pandas_stores_its_texts(dtype):
    posts = simulate(12).posts
    assert PostsTable(posts.assign(text=posts["text"].astype(dtype))).key == PostsTable(posts).key
