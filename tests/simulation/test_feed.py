"""The simulated feed: its truth is what its counts are drawn from."""

import re

import numpy as np
import pandas as pd
import pytest

from lib.features import text_features
from lib.posts import COLUMNS, counts, read_posts
from lib.simulation import feed, mechanism
from lib.simulation.feed import simulate, write_csv

POSTS = 250


@pytest.fixture(scope="module")
def made():
    return simulate(POSTS, seed=3)


def test_posts_are_what_read_posts_reads_from_the_export(tmp_path, monkeypatch):
    monkeypatch.setattr(feed, "DAMAGED", {"cut short": 0.05, "a page instead": 0.05})
    posts = simulate(100, seed=1).posts
    read = read_posts(write_csv(tmp_path / "posts.csv", 100, seed=1))
    pd.testing.assert_frame_equal(read, posts)
    assert list(posts.columns) == list(COLUMNS)
    for name in ("rejected", "photo_problems"):
        pd.testing.assert_frame_equal(read.attrs[name], posts.attrs[name], check_dtype=False)
    assert set(posts.attrs["photo_problems"]["reason"]) == {"cut short", "not an image"}
    assert posts["photo"].isna().sum() == len(posts.attrs["photo_problems"]) > 3


def test_the_seed_decides_everything(made):
    again, other = simulate(POSTS, seed=3), simulate(POSTS, seed=4)
    pd.testing.assert_frame_equal(made.posts, again.posts)
    assert not made.posts["view"].equals(other.posts["view"])
    assert not made.posts["text"].equals(other.posts["text"])


def test_several_processes_make_the_same_feed_as_one(made, monkeypatch):
    """A new process has other hashes and another order of sets."""
    monkeypatch.setattr(feed, "CHUNK", POSTS // 5)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    pd.testing.assert_frame_equal(simulate(POSTS, seed=3).posts, made.posts)


@pytest.mark.parametrize(
    ("posts", "seed", "says"),
    [*((posts, 0, "at least one post and at most 1,000,000") for posts in (0, -3, 10**12)), (3, -1, "0 or more")],
)
def test_a_feed_has_posts_and_a_seed(posts, seed, says):
    with pytest.raises(ValueError, match=says):
        simulate(posts, seed)


def test_one_post_is_a_feed():
    assert len(simulate(1).posts) == 1


def test_counts_are_possible(made):
    y, views = counts(made.posts), made.posts["view"].to_numpy()
    assert (y >= 0).all() and (y <= views[:, None]).all() and (views >= 1000).all()
    assert y.dtype == views.dtype == np.int64


def test_truth_has_its_shapes(made):
    truth = made.truth
    assert truth.mean.shape == (POSTS, 7) and truth.rho.shape == (7,)
    assert ((truth.mean > 0) & (truth.mean < 1)).all()
    assert truth.topic.shape == truth.theme.shape == truth.kind.shape == (len(truth.levers),) == (POSTS,)
    assert set(truth.effects["lever"]) == set(truth.levers.columns) == set(mechanism.LEVERS)
    assert np.isfinite(truth.levers.to_numpy()).all()
    assert truth.lettering.shape == (POSTS,) and (truth.lettering[truth.kind == "meme"] != "").all()


def test_some_posts_are_reposts(made):
    assert made.posts["photo"].duplicated().any()
    texts = made.posts["text"][text_features(made.posts["text"])["words"] >= 10]
    assert 0 < texts.duplicated().sum() < 0.05 * len(texts)


def test_photos_of_banners_cannot_be_opened(made):
    banner = made.truth.kind == "banner"
    assert banner.any() and (made.posts["open_photo"][banner] == 0).all()
    assert (made.posts["open_photo"][~banner] > 0).mean() > 0.95


def test_no_real_address_is_written(made):
    hosts = {host for text in made.posts["text"] for host in re.findall(r"https?://([^/\s<]+)", text)}
    assert hosts and all(host.endswith(".example") for host in hosts)
