from types import SimpleNamespace

import numpy as np
import pytest

from lib.models import BASELINE, BLEND, BOTH, TREES, TRUTH, VECTORS, log_score
from lib.study import SimulatedFeed, open_study, scores


def test_leaderboard_is_sorted_and_measured_from_the_baseline(small):
    board = scores.leaderboard(small).set_index("name")
    assert set(board.index) == {*small.forecasts, TRUTH}
    assert board["log_score"].is_monotonic_increasing
    shares = ["gap_closed", "gap_low", "gap_high"]
    assert board.loc[BASELINE, ["value", "low", "high", *shares]].tolist() == [0] * 6
    assert board.loc[TRUTH, shares].tolist() == [1, 1, 1]
    assert board.loc[BLEND, "gap_low"] < board.loc[BLEND, "gap_closed"] < board.loc[BLEND, "gap_high"]
    assert board.loc["text", "value"] == pytest.approx(scores.gain(small, "text").value)
    assert (board["low"] <= board["value"]).all() and (board["value"] <= board["high"]).all()


def test_a_feed_without_photos_gains_nothing_on_photos_and_has_no_truth(plain):
    assert plain.forecasts == [BASELINE]
    board = scores.leaderboard(plain)
    assert "gap_closed" not in board and board["name"].tolist() != [] and TRUTH not in set(board["name"])


def test_gain_is_the_mean_of_the_activities_gains(small):
    assert scores.gains(small, "photo")["value"].mean() == pytest.approx(scores.gain(small, "photo").value)


def test_the_best_forecast_is_chosen_by_cross_fitted_scores(small, scrambled):
    held = small.split.train
    of = {m: log_score(small.counts[held], small.views[held], small.forecast(m)[held]).mean() for m in small.forecasts}
    leader = max(of, key=of.get)
    ahead = [log_score(small.counts[held], small.views[held], small.forecast(m)[held]).mean(1) for m in (leader, BLEND)]
    ahead = ahead[0] - ahead[1]
    clear = ahead.mean() > ahead.std(ddof=1) / np.sqrt(len(held))
    assert scores.best(small) == (leader if clear else BLEND)
    assert scores.best(scrambled) == scores.best(small)  # though all counts of its test posts are zero


def test_activities_and_the_runner_up_are_chosen_by_cross_fitted_scores(small, scrambled, plain):
    held = small.split.train
    ours, theirs = (
        log_score(small.counts[held], small.views[held], small.forecast(m)[held]).mean(axis=0)
        for m in ("text", BASELINE)
    )
    names = scores.by_gain(small, "text")
    assert (np.diff((ours - theirs)[[small.column(name) for name in names]]) <= 0).all()
    assert scores.by_gain(scrambled, "text") == names  # though all counts of its test posts are zero
    found = scores.cross_fitted_gains(small, "text")
    first = [name for name in names if name in scores.RESPONSES and found[name] > 0]
    assert first and names[0] not in scores.RESPONSES
    assert scores.featured(small, "text") == [*first, *(name for name in names if name not in first)]
    assert scores.runner_up(small) == scores.cross_fitted(small).drop(scores.best(small)).idxmax()
    assert scores.runner_up(plain) is None and scores.better_alone(plain) == BASELINE
    assert scores.increments(plain).empty


def test_increments_add_up(small):
    alone = scores.better_alone(small)
    assert alone == scores.cross_fitted(small)[["photo", "text"]].idxmax()
    values = scores.increments(small)["value"].tolist()
    assert values[0] + values[1] == pytest.approx(scores.gain(small, BOTH).value)
    assert (
        values[2] + values[5] == pytest.approx(scores.gain(small, BLEND, over=BOTH).value) == pytest.approx(values[4])
    )
    assert values[2] == scores.gain(small, TREES, over=BOTH).value


def test_the_truth_is_calibrated(small):
    values = scores.pit(small, TRUTH)
    assert values.shape == (len(small.split.test), len(small.activities))
    assert ((0 <= values) & (values <= 1)).all()
    table = scores.coverage(small, TRUTH)
    assert table["name"].tolist() == small.activities and (table["50"] <= table["90"]).all()
    assert np.mean(table["50"]) == pytest.approx(0.5, abs=0.07) and np.mean(table["90"]) == pytest.approx(0.9, abs=0.04)


def test_the_regression_on_vectors_is_on_those_that_the_posts_have(small, plain):
    """On a feed of texts alone a regression on both vectors was fitted."""
    assert scores.on_vectors(small) == VECTORS and scores.on_vectors(plain) is None
    assert scores.on_vectors(open_study(small.posts.assign(photo=None))) == "text_vector"


def test_the_kept_figures_of_random_splits_are_those_of_the_default_feed():
    found = scores.repeated_splits(SimpleNamespace(simulated=True, source=SimulatedFeed(4000)))
    assert found["splits"] >= 10 == sum(found["chosen"].values()) and "4000" in found["command"]
    assert 0 < found["differences"]["gap_closed"]["mean"] < 1 and found["differences"]["baseline"]["positive"] == 10
    assert scores.repeated_splits(SimpleNamespace(simulated=False)) is None
