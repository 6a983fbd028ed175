import numpy as np
import pandas as pd
import pytest

from lib.models.reference import CONVERSION_WEIGHTS
from lib.models.registry import BASELINE, BLEND, TRUTH
from lib.posts.activities import ACTIVITIES
from lib.report import sentences
from lib.storage import cache, paths
from lib.study import conversions, scores, study
from lib.study.study import open_study


def test_forecasts_are_of_every_post_and_fitted_on_none_of_the_test_posts(small):
    n, a = len(small.posts), len(small.activities)
    for name in (*small.forecasts, TRUTH):
        rates = small.forecast(name)
        assert rates.mean.shape == (n, a) and np.isfinite(rates.mean).all()
        assert ((rates.mean > 0) & (rates.mean < 1)).all() and rates.rho.shape == (a,)
    with pytest.raises(ValueError, match="photo and text"):
        small.forecast("nonsense")


def test_test_counts_do_not_touch_the_forecasts(small, tmp_path, monkeypatch):
    """Another study of the same posts, but with the test posts' counts scrambled, forecasts the same."""
    for module in (cache, study):
        monkeypatch.setattr(module, "CACHE", tmp_path)
    other = study.Study(None, small.rows)
    scrambled = small.counts.copy()
    scrambled[small.split.test] = 0
    known = {name: getattr(small, name) for name in ("blocks", "split", "posts", "posts_with_one")}
    other.__dict__.update(known, counts=scrambled, key="scrambled", blocks_key="scrambled")
    for name in (BASELINE, "text", BLEND):
        assert np.array_equal(other.forecast(name).mean, small.forecast(name).mean)


def test_leaderboard_is_sorted_and_measured_from_the_baseline(small):
    board = scores.leaderboard(small).set_index("name")
    assert board["log_score"].is_monotonic_increasing
    assert board.loc[BASELINE, ["value", "low", "high", "gap_closed"]].tolist() == [0, 0, 0, 0]
    assert board.loc[TRUTH, "gap_closed"] == 1
    assert board.loc["text", "value"] == pytest.approx(scores.gain(small, "text").value)
    assert (board["low"] <= board["value"]).all() and (board["value"] <= board["high"]).all()


def test_gain_is_the_mean_of_the_activities_gains(small):
    assert scores.gains(small, "photo")["value"].mean() == pytest.approx(scores.gain(small, "photo").value)
    assert scores.by_gain(small, "text")[0] == scores.gains(small, "text").set_index("name")["value"].idxmax()


def test_conversion_errors_have_every_weighting(small):
    table = conversions.errors(small).set_index("name")
    assert set(CONVERSION_WEIGHTS) < set(table)
    assert table.loc[TRUTH, "sum"] < table.loc[BASELINE, "sum"]
    assert table.loc[TRUTH, "r2"] > 0 >= table.loc[BASELINE, "r2"] - 0.05


def test_a_second_study_reads_what_the_first_left(small):
    before = {f: f.stat().st_mtime_ns for f in paths.CACHE.rglob("*") if f.is_file()}
    again = open_study(rows=small.rows)
    assert np.array_equal(again.forecast("photo").mean, small.forecast("photo").mean)
    pd.testing.assert_frame_equal(again.posts, small.posts)
    assert {f: f.stat().st_mtime_ns for f in paths.CACHE.rglob("*") if f.is_file()} == before


def test_sentences_say_what_the_data_say(small):
    assert "not a finding" in sentences.banner(small) or "nothing here is a finding" in sentences.banner(small)
    assert all(name in sentences.activities(small).replace(" ", "_") for name in ACTIVITIES if name in small.activities)
    assert f"{len(small.split.test):,}" in sentences.split(small)
    assert small.text_encoder.name in sentences.encoder(small, "text")
    assert scores.best(small) in sentences.board(small)


def test_a_real_feed_has_no_truth_and_sets_aside_what_never_happens(small, tmp_path):
    posts = small.posts.drop(columns="photo").assign(photo="", hide=0)
    posts.loc[posts.index[5:], "comment"] = 0
    path = tmp_path / "posts.csv"
    posts.to_csv(path, index=False)
    real = open_study(path)
    assert not real.simulated and real.truth is None and sentences.banner(real) is None
    assert real.set_aside == ["comment", "hide"]
    assert real.counts.shape[1] == len(real.activities) == 5
    assert "never has one: hide" in sentences.activities(real) and "have one: comment" in sentences.activities(real)
    assert np.isnan(real.blocks["photo vector"]).all()
    assert scores.gain(real, "photo").value == pytest.approx(0, abs=1e-6)
    assert "gap_closed" not in scores.leaderboard(real)
    assert conversions.errors(real)["weights"].notna().all()
