"""The simulated feed: the truth it states is the truth that made it."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import special

from lib.features.text import text_features
from lib.posts.activities import ACTIVITIES, counts
from lib.posts.read import COLUMNS, read_posts
from lib.simulation import feed, mechanism
from lib.simulation.feed import simulate, write_csv

POSTS = 250


@pytest.fixture(scope="module")
def made():
    return simulate(POSTS, seed=3)


def test_posts_are_what_a_reader_gets(tmp_path, monkeypatch):
    monkeypatch.setattr(feed, "_DAMAGED", {"cut short": 0.05, "a page instead": 0.05})
    posts = simulate(100, seed=1).posts
    read = read_posts(write_csv(tmp_path / "posts.csv", 100, seed=1))
    pd.testing.assert_frame_equal(read, posts)
    assert list(posts.columns) == list(COLUMNS)
    for name in ("rejected", "photo_problems"):
        pd.testing.assert_frame_equal(read.attrs[name], posts.attrs[name], check_dtype=False)
    assert set(posts.attrs["photo_problems"]["reason"]) == {"cut short", "not an image"}
    assert posts["photo"].isna().sum() == len(posts.attrs["photo_problems"]) > 3


def test_seed_decides_everything(made):
    again, other = simulate(POSTS, seed=3), simulate(POSTS, seed=4)
    pd.testing.assert_frame_equal(made.posts, again.posts)
    assert not made.posts["view"].equals(other.posts["view"])
    assert not made.posts["text"].equals(other.posts["text"])


def test_processes_give_what_one_gives(made, monkeypatch):
    """Each worker starts anew, with its own order of sets and its own hashes."""
    monkeypatch.setattr(feed, "_CHUNK", POSTS // 5)
    monkeypatch.setattr(feed.joblib, "cpu_count", lambda: 2)
    pd.testing.assert_frame_equal(simulate(POSTS, seed=3).posts, made.posts)


@pytest.mark.parametrize("posts", [0, -3])
def test_a_feed_has_posts(posts):
    with pytest.raises(ValueError, match="at least one post"):
        simulate(posts)


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


@pytest.mark.parametrize("lever", list(mechanism.LEVERS))
def test_one_unit_of_a_lever_does_what_the_truth_says(made, lever):
    truth = made.truth
    more = truth.levers.copy()
    more[lever] += 1
    moved = special.logit(mechanism.mean_rates(truth.topic, truth.theme, truth.kind, more)) - special.logit(truth.mean)
    expected = np.zeros((POSTS, 7))
    for row in truth.effects.query("lever == @lever").itertuples():
        if row.where in more:
            holds = truth.levers[row.where].to_numpy()
        else:
            holds = np.ones(POSTS) if row.where == "everywhere" else np.isin(truth.topic, row.where.split(", "))
        expected[:, ACTIVITIES.index(row.activity)] += row.effect * holds
    if lever == "folded":  # the other half of what matters only together
        together = truth.effects.query("where == 'folded' and activity == 'expand'")["effect"].item()
        expected[:, ACTIVITIES.index("expand")] += together * truth.levers["lettering"]
    np.testing.assert_allclose(moved, expected, atol=1e-6)


def test_the_truths_an_analyst_could_miss(made):
    effects, levers = made.truth.effects, made.truth.levers
    assert (effects.query("lever == 'hashtags'")["effect"] == 0).all() and levers["hashtags"].mean() > 0.05
    assert effects.query("lever == 'emoji' and activity == 'hide'")["effect"].item() == 0
    adverts = made.truth.topic == "adverts"
    assert levers["emoji"][adverts].mean() > 1.5 * levers["emoji"][~adverts].mean()
    assert mechanism.TOPICS.loc["adverts", "hide"] == mechanism.TOPICS["hide"].max()
    asked = effects.query("lever == 'question' and activity == 'comment'").set_index("where")["effect"]
    assert asked["everywhere"] == 0 and asked["football, games"] > 0.5


def test_counts_are_beta_binomial_and_correlated():
    n, mean, rho = 60_000, 0.02, 0.03
    views = np.full(n, 500)
    y = mechanism.draw_counts(np.full((n, 7), mean), np.full(7, rho), views, np.random.default_rng(1))
    np.testing.assert_allclose(y.mean(0), 500 * mean, rtol=0.03)
    np.testing.assert_allclose(y.var(0), 500 * mean * (1 - mean) * (1 + 499 * rho), rtol=0.06)
    found = pd.DataFrame(y, columns=ACTIVITIES).corr()
    assert found.loc["like", "open"] > 0.5 > found.loc["like", "share_to_message"] > 0.1
    assert found.loc["comment", "share_to_message"] < 0


def test_reposts_are_copies_of_different_exactness(made):
    assert made.posts["photo"].duplicated().any()
    texts = made.posts["text"][text_features(made.posts["text"])["words"] >= 10]
    assert 0 < texts.duplicated().sum() < 0.05 * len(texts)


def test_pictures_of_banners_cannot_be_opened(made):
    banner = made.truth.kind == "banner"
    assert banner.any() and (made.posts["open_photo"][banner] == 0).all()
    assert (made.posts["open_photo"][~banner] > 0).mean() > 0.95


def test_no_real_address_is_written(made):
    hosts = {host for text in made.posts["text"] for host in re.findall(r"https?://([^/\s<]+)", text)}
    assert hosts and all(host.endswith(".example") for host in hosts)
