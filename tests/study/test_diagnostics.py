from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lib.models import BASELINE, TRUTH, Forecast, pit
from lib.study import diagnostics, scores
from lib.study.departures import SURE, judge
from lib.study.groups import by_views

TABLES = ("pit", "reliability", "views", "topics", "counts")


def of_test_posts(study, groups):
    return groups.iloc[study.split.test]


def p_values(table):
    found = judge(table)
    return np.array([found.p_farthest, found.p_all, found.p_side])


def test_the_truth_is_not_found_wrong(small):
    found = diagnostics.checks(small, TRUTH)
    for name in TABLES:
        table = getattr(found, name)
        assert set(table["name"]) <= set(small.activities) and (table["low"] <= table["high"]).all()
        assert table.empty or (p_values(table) > SURE).all()


def test_a_forecast_that_is_wrong_is_found_out(small):
    held = small.held_out(TRUTH)
    wrong = replace(held, forecast=Forecast(np.minimum(2 * held.forecast.mean, 0.99), held.forecast.rho))
    values = pit(wrong.counts, wrong.views, wrong.forecast, np.random.default_rng(0))
    table = diagnostics.residuals(wrong, of_test_posts(small, by_views(small)))
    assert np.median(table["value"]) == pytest.approx(0.5, abs=0.15)
    for of in (diagnostics.pit_histogram(values, wrong.activities), table, diagnostics.zeros_and_quantiles(wrong)):
        assert p_values(of)[1:].max() < SURE and judge(of).side == -1
    assert (diagnostics.reliability(wrong).groupby("name")["posts"].sum() == len(small.split.test)).all()


def test_drawn_counts_are_those_of_the_forecast_and_depend_as_the_observed_do(small):
    held = small.held_out(TRUTH)
    twice = replace(held, counts=np.repeat(held.counts[:, :1], 7, axis=1))
    twice = replace(
        twice, forecast=Forecast(np.repeat(held.forecast.mean[:, :1], 7, 1), np.full(7, held.forecast.rho[0]))
    )
    drawn = diagnostics.replicates(twice)
    assert drawn.shape == (diagnostics.DRAWS, len(held.views), 7)
    error = drawn[:, :, 0].std(axis=0) / np.sqrt(diagnostics.DRAWS)
    assert (np.abs(drawn[:, :, 0].mean(axis=0) - held.views * held.forecast.mean[:, 0]) < 5 * error).all()
    ranks = pd.DataFrame(drawn[:, 0]).corr("spearman").to_numpy()
    assert ranks[np.triu_indices(7, 1)].min() > 0.6


def test_bars_of_uniform_values_stay_within_their_bands_as_often_as_said():
    values = np.random.default_rng(5).random((4000, 2))
    table = diagnostics.pit_histogram(values, ["like", "open"])
    drawn = np.vstack(table["drawn"])
    inside = (drawn >= table["low"].to_numpy()[:, None]) & (drawn <= table["high"].to_numpy()[:, None])
    assert inside.mean() == pytest.approx(0.95, abs=0.01)
    assert drawn.mean(axis=1) == pytest.approx(np.ones(20), abs=0.01)
    assert drawn.std(axis=1) == pytest.approx(np.full(20, np.sqrt(0.9 / 400)), rel=0.1)  # binomial of 4,000 and 0.1


def test_a_histogram_counts_every_post_once():
    values = np.array([[0.05, 0.5], [0.15, 0.5], [0.999, 0.5], [0.0, 0.5]])
    table = diagnostics.pit_histogram(values, ["like", "open"], bins=4)
    assert table["value"].tolist() == [3, 0, 0, 1, 0, 0, 4, 0]
    assert table["left"].tolist() == [0, 0.25, 0.5, 0.75] * 2


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
    assert table.empty and list(table)[:6] == ["name", "group", "posts", "value", "low", "high"]
    with pytest.raises(ValueError, match="array"):
        judge(table)


def test_bins_are_of_equally_many_posts_and_hold_their_means(small):
    table = diagnostics.reliability(small.held_out(TRUTH), bins=4)
    test = small.split.test
    for name, of in table.groupby("name"):
        mean = small.forecast(TRUTH).mean[test, small.column(name)]
        tied = len(mean) - len(np.unique(mean.astype(np.float32)))
        assert len(of) == 4 and of["posts"].sum() == len(test) and np.ptp(of["posts"]) <= 1 + 2 * tied
        assert of["predicted"].is_monotonic_increasing and (of["low"] < of["high"]).all()
        for column, values in (("predicted", mean), ("value", small.rates[name].iloc[test])):
            assert np.average(of[column], weights=of["posts"]) == pytest.approx(np.mean(values))


def test_posts_with_equal_forecasts_share_a_bin(plain):
    table = diagnostics.reliability(plain.held_out(BASELINE))
    assert (table.groupby("name").size() == 1).all() and (table["posts"] == len(plain.split.test)).all()


@pytest.mark.parametrize("of", ["small", "plain"])
def test_every_table_can_be_made_of_any_feed(of, request):
    study = request.getfixturevalue(of)
    found = diagnostics.checks(study, scores.best(study))
    for name in TABLES:
        table = getattr(found, name)
        assert set(table["name"]) <= set(study.activities)
        assert all(len(drawn) == diagnostics.DRAWS for drawn in table["drawn"])
    assert (found.views["posts"] >= diagnostics.LEAST_POSTS).all()


def test_zeros_and_quantiles_are_those_of_the_counts(small):
    held = small.held_out(TRUTH)
    table = diagnostics.zeros_and_quantiles(held)
    for a, (_, of) in enumerate(table.groupby("name", sort=False)):
        counts = pd.Series(held.counts[:, a])
        assert of["value"].tolist() == pytest.approx([(counts == 0).mean(), *counts.quantile([0.5, 0.9, 0.99])])
    wide = diagnostics.count_table(table)
    assert wide["name"].tolist() == small.activities and list(wide)[1:] == list(diagnostics.STATISTICS)
    first = table.iloc[0]
    assert wide["zeros"][0] == f"{100 * first.value:.1f} % ({100 * first.low:.1f} to {100 * first.high:.1f} %)"


def test_surprises_run_from_the_best_forecast_to_the_worst(small):
    table = diagnostics.surprises(small, "text", each=2)
    assert table["gain"].is_monotonic_decreasing and len(table) == 4
    gain = (scores.log_scores(small, "text") - scores.log_scores(small, BASELINE)).sum(axis=1)
    assert table["gain"].iloc[[0, -1]].tolist() == [gain.max(), gain.min()]
    assert table["post"].iloc[0] == gain.idxmax()
