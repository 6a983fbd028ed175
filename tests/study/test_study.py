from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from lib.embedding import photo_encoder, text_encoder
from lib.models import BASELINE, BLEND, MODELS, TRUTH
from lib.posts import ACTIVITIES, PostsError, counts
from lib.study import PostsFile, PostsTable, SimulatedFeed, open_study, scores


@pytest.mark.parametrize(
    ("variables", "arguments", "source"),
    [
        ({}, {}, SimulatedFeed(4000)),
        ({}, {"rows": 50}, SimulatedFeed(50)),
        ({"FEED_ROWS": "60"}, {}, SimulatedFeed(60)),
        ({"FEED_ROWS": "60"}, {"rows": 50}, SimulatedFeed(50)),
        ({"FEED_ROWS": "60", "FEED_WORLD": "mixture"}, {}, SimulatedFeed(60, world="mixture")),
        ({"POSTS": "a.csv", "FEED_ROWS": "60"}, {}, PostsFile(Path("a.csv"))),
        ({"POSTS": "a.csv"}, {"rows": 50}, SimulatedFeed(50)),
        ({"POSTS": "a.csv"}, {"posts": "b.csv"}, PostsFile(Path("b.csv"))),
        ({"POSTS": ""}, {}, SimulatedFeed(4000)),
    ],
)
def test_the_posts_are_those_that_are_asked_for(monkeypatch, variables, arguments, source):
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    opened = open_study(**arguments).source
    assert opened == source


def test_the_original_table_is_opened_if_it_is_there(monkeypatch, tmp_path):
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    path = tmp_path / "data" / "post2ctr_dataset.csv"
    path.parent.mkdir()
    path.write_text("")
    assert open_study().source == PostsFile(path)
    assert open_study(rows=50).source == SimulatedFeed(50)


def test_a_bad_number_of_posts_is_refused(monkeypatch):
    monkeypatch.setenv("FEED_ROWS", "many")
    with pytest.raises(PostsError, match=r"FEED_ROWS=many: .* whole number"):
        open_study()
    with pytest.raises(ValueError, match="at least one post"):
        open_study(rows=0).posts  # noqa: B018


def test_a_study_takes_its_posts_encoders_and_folder_from_the_caller(small, tmp_path):
    encoders = {"text": text_encoder("navec-sif"), "photo": photo_encoder("thumbnail")}
    study = open_study(small.posts, encoders=encoders, folder=tmp_path)
    assert isinstance(study.source, PostsTable) and not study.simulated and study.truth is None
    assert study.posts is small.posts
    assert study.blocks["text_vector"].shape == (len(study.posts), encoders["text"].dim)
    assert study.blocks["photo_vector"].shape == (len(study.posts), encoders["photo"].dim)
    assert study.vectors.parent == tmp_path and list(tmp_path.glob("text-features-*"))
    assert not list(tmp_path.glob("posts-*"))  # a table in memory needs no copy on disk
    keys = study.blocks_key("text_features"), study.blocks_key("text_vector"), study.model_key("text")
    other = open_study(small.posts, encoders=encoders | {"text": small.encoders["text"]}, folder=tmp_path)
    others = other.blocks_key("text_features"), other.blocks_key("text_vector"), other.model_key("text")
    assert [a == b for a, b in zip(keys, others, strict=True)] == [True, False, False]


def test_each_post_is_in_one_part_and_the_test_part_is_the_agreed_one(small):
    split, n = small.split, len(small.posts)
    parts = [split.train, split.test, split.removed]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    assert np.array_equal(split.test, train_test_split(range(n), test_size=0.2, random_state=42)[1])


def test_counts_and_rates_are_those_of_the_modelled_activities(small, sparse):
    for study in (small, sparse):
        assert [ACTIVITIES[column] for column in study.columns] == study.activities
        assert sorted(study.activities + study.set_aside) == sorted(ACTIVITIES)
        for activity in study.activities:
            column = study.counts[:, study.column(activity)]
            assert np.array_equal(column, study.posts[activity])
            assert np.array_equal(study.rates[activity], column / study.posts["view"])
    assert np.array_equal(small.counts, counts(small.posts))


def test_a_real_feed_has_no_truth_and_sets_aside_what_never_happens(sparse):
    assert not sparse.simulated and sparse.truth is None
    assert sparse.set_aside == ["comment", "hide"]
    assert sparse.counts.shape[1] == len(sparse.activities) == 5
    assert np.isnan(sparse.blocks["photo_vector"]).all()


def test_forecasts_are_of_every_post(small):
    n, a = len(small.posts), len(small.activities)
    assert small.forecasts == [name for name in MODELS if not scores.knows_context(name)]
    for name in (*small.forecasts, TRUTH):
        forecast = small.forecast(name)
        assert forecast.mean.shape == (n, a) and np.isfinite(forecast.mean).all()
        assert ((forecast.mean > 0) & (forecast.mean < 1)).all() and forecast.rho.shape in ((a,), (n, a))
    with pytest.raises(ValueError, match="photo_vector"):
        small.forecast("nonsense")


def test_held_out_posts_are_the_test_posts(small):
    held, test = small.held_out("text"), small.split.test
    assert held.activities == small.activities
    assert np.array_equal(held.counts, small.counts[test]) and np.array_equal(held.views, small.views[test])
    assert np.array_equal(held.forecast.mean, small.forecast("text").mean[test])


def test_test_counts_do_not_touch_the_forecasts(small, scrambled):
    """A study of the same posts whose test posts have other counts forecasts the same."""
    for name in (BASELINE, "text", BLEND):
        assert np.array_equal(scrambled.forecast(name).mean, small.forecast(name).mean)
    assert not np.allclose(scores.log_scores(scrambled, "text"), scores.log_scores(small, "text"))


def test_a_second_study_reads_what_the_first_left(small):
    small.forecast("photo")
    before = {f: f.stat().st_mtime_ns for f in small.folder.rglob("*") if f.is_file()}
    again = open_study(rows=len(small.posts))
    assert np.array_equal(again.forecast("photo").mean, small.forecast("photo").mean)
    pd.testing.assert_frame_equal(again.posts, small.posts)
    assert {f: f.stat().st_mtime_ns for f in small.folder.rglob("*") if f.is_file()} == before
