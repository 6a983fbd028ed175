from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lib.models import BASELINE, TRUTH, Forecast, pit
from lib.study import diagnostics, scores
from lib.study.groups import by_topic, by_views


def outside(table, value):
    return (table[value] < table["low"]) | (table[value] > table["high"])


def of_test_posts(study, groups):
    return groups.iloc[study.split.test]


def test_the_truth_stays_within_its_bands(small):
    """What made the counts leaves about one band in twenty, far fewer than a forecast that is plainly wrong."""
    held = small.held_out(TRUTH)
    tables = [
        (diagnostics.pit_histogram(scores.pit(small, TRUTH), small.activities), "density"),
        (diagnostics.reliability(held), "observed"),
        (diagnostics.residuals(held, of_test_posts(small, by_views(small))), "value"),
    ]
    for table, value in tables:
        assert table["name"].unique().tolist() == small.activities
        assert outside(table, value).mean() < 0.2
        assert not diagnostics.departures(outside(table, value))[2]


def test_a_forecast_that_is_wrong_is_found_out(small):
    held = small.held_out(TRUTH)
    wrong = replace(held, forecast=Forecast(np.minimum(2 * held.forecast.mean, 0.99), held.forecast.rho))
    values = pit(wrong.counts, wrong.views, wrong.forecast, np.random.default_rng(0))
    table = diagnostics.pit_histogram(values, wrong.activities)
    assert diagnostics.departures(outside(table, "density"))[2]
    ratio = diagnostics.residuals(wrong, of_test_posts(small, by_views(small)))["value"]
    assert np.median(ratio) == pytest.approx(0.5, abs=0.15)
    assert (diagnostics.reliability(wrong).groupby("name")["posts"].sum() == len(small.split.test)).all()


def test_a_histogram_counts_every_post_once():
    values = np.array([[0.05, 0.5], [0.15, 0.5], [0.999, 0.5], [0.0, 0.5]])
    table = diagnostics.pit_histogram(values, ["like", "open"], bins=4)
    assert table["density"].tolist() == [3, 0, 0, 1, 0, 0, 4, 0]
    assert table["left"].tolist() == [0, 0.25, 0.5, 0.75] * 2


@pytest.mark.parametrize(("missed", "total", "more"), [(0, 70, False), (4, 70, False), (10, 70, True), (1, 1, False)])
def test_departures_are_more_than_chance_from_a_probability_of_one_percent(missed, total, more):
    found = diagnostics.departures(pd.Series(np.arange(total) < missed))
    assert found == (missed, total, more)


def test_residuals_are_ratios_of_mean_rates(small):
    views = by_views(small)
    table = diagnostics.residuals(small.held_out("text"), of_test_posts(small, views))
    test = small.split.test
    row = table.iloc[-1]
    at = test[(views.iloc[test] == row["group"]).to_numpy()]
    a = small.column(row["name"])
    assert row["posts"] == len(at)
    assert row["value"] == pytest.approx(small.rates.iloc[at, a].mean() / small.forecast("text").mean[at, a].mean())
    assert (table["low"] < 1).all() and (table["high"] > 1).all()


def test_groups_of_too_few_posts_are_left_out(small):
    groups = pd.Series(np.arange(len(small.posts)) // 3, dtype="category")
    table = diagnostics.residuals(small.held_out("text"), of_test_posts(small, groups))
    assert table.empty and list(table) == ["name", "group", "posts", "value", "low", "high"]


def test_bins_are_of_equally_many_posts_and_hold_their_means(small):
    table = diagnostics.reliability(small.held_out(TRUTH), bins=4)
    test = small.split.test
    for name, of in table.groupby("name"):
        mean = small.forecast(TRUTH).mean[test, small.column(name)]
        tied = len(mean) - len(np.unique(mean.astype(np.float32)))
        assert len(of) == 4 and of["posts"].sum() == len(test) and np.ptp(of["posts"]) <= 1 + 2 * tied
        assert of["predicted"].is_monotonic_increasing and (of["low"] < of["high"]).all()
        for column, values in (("predicted", mean), ("observed", small.rates[name].iloc[test])):
            assert np.average(of[column], weights=of["posts"]) == pytest.approx(np.mean(values))


def test_posts_with_equal_forecasts_share_a_bin(plain):
    table = diagnostics.reliability(plain.held_out(BASELINE))
    assert (table.groupby("name").size() == 1).all() and (table["posts"] == len(plain.split.test)).all()


@pytest.mark.parametrize("of", ["small", "plain"])
def test_every_table_can_be_made_of_any_feed(of, request):
    study = request.getfixturevalue(of)
    held = study.held_out(scores.best(study))
    for groups in (by_views(study), by_topic(study)):
        table = diagnostics.residuals(held, of_test_posts(study, groups))
        assert set(table["name"]) <= set(study.activities) and (table["posts"] >= diagnostics.LEAST_POSTS).all()


def test_surprises_run_from_the_best_forecast_to_the_worst(small):
    table = diagnostics.surprises(small, "text", each=2)
    assert table["gain"].is_monotonic_decreasing and len(table) == 4
    gain = (scores.log_scores(small, "text") - scores.log_scores(small, BASELINE)).sum(axis=1)
    assert table["gain"].iloc[[0, -1]].tolist() == [gain.max(), gain.min()]
    assert table["post"].iloc[0] == gain.idxmax()
