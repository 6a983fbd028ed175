from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lib.models import Copula, Forecast, HeldOut
from lib.study import departures, diagnostics, scores
from lib.study.departures import SURE, judge

ACTIVITIES = ["like", "comment", "hide", "expand", "open_photo", "open", "share_to_message"]


def called_more_than_chance(table):
    """The rule before: only the number of points outside their bands counted."""
    outside = ((table["value"] < table["low"]) | (table["value"] > table["high"])).sum()
    return bool(stats.binom.sf(outside - 1, len(table), 0.05) < 0.01)


def points(z, drawn, activities=ACTIVITIES):
    """A table of points that lie ``z`` standard deviations of 0.1 from 1, with drawn values of the same kind."""
    names = np.resize(activities, len(z))
    band = 1.96 * 0.1
    columns = {"name": names, "value": 1 + 0.1 * z, "low": 1 - band, "high": 1 + band}
    return pd.DataFrame(columns | {"drawn": list(1 + 0.1 * drawn), "weight": 1})


def noise(size, seed, shared=0.0):
    """(size, DRAWS) normal values of which each draw shares a part."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(1, diagnostics.DRAWS)), rng.normal(size=(size, diagnostics.DRAWS))
    return np.sqrt(shared) * parts[0] + np.sqrt(1 - shared) * parts[1]


def test_one_point_far_out_of_seventy_is_found():
    z = np.clip(noise(70, 1)[:, 0], -1.9, 1.9)
    z[33] = -6
    table = points(z, noise(70, 2))
    found = judge(table)
    assert not called_more_than_chance(table)
    assert (found.above, found.below, found.points) == (0, 1, 70)
    assert found.p_farthest < SURE and found.farthest == 33 and found.out == [33]
    assert found.p_side > SURE  # one point is no side
    assert found.activities == {table["name"][33]: 33}


def test_an_activity_whose_points_depart_together_is_found_though_none_is_far_out():
    z = np.where(np.resize(ACTIVITIES, 70) == "hide", 2.3, 0.5) * (-1.0) ** (np.arange(70) // 7)
    found = judge(points(z, noise(70, 2)))
    assert not found.out and list(found.activities) == ["hide"]


@pytest.mark.parametrize("out", [8, 9])
def test_points_to_one_side_are_found_and_as_many_to_both_are_not(out):
    """The rule before could not tell one from the other, and called eight of seventy chance."""
    z = np.where(np.arange(70) < out, 2.1, 0.4 * noise(70, 1)[:, 0].clip(-2, 2))
    table = points(z, noise(70, 2))
    found = judge(table)
    assert called_more_than_chance(table) == (out == 9)
    assert (found.above, found.below) == (out, 0)
    assert found.p_side < SURE and (found.activity, found.side) == ("", 1)
    assert found.p_farthest > SURE and not found.out
    mixed = points(np.where(np.arange(70) % 2, 1, -1) * z, noise(70, 2))
    assert called_more_than_chance(mixed) == (out == 9) and judge(mixed).p_side > SURE


def test_the_activity_that_lies_to_one_side_is_named():
    z = np.where(np.resize(ACTIVITIES, 70) == "hide", -1.5, 0.5 * noise(70, 3)[:, 0])
    table = points(z, noise(70, 4))
    found = judge(table)
    assert not called_more_than_chance(table)
    assert (found.activity, found.side) == ("hide", -1) and found.p_side < SURE


def test_points_that_go_together_are_no_side():
    """Nine points out to one side are chance where all points of a data set move together."""
    z = np.where(np.arange(70) < 9, 2.1, 1.2)
    assert judge(points(z, noise(70, 2))).p_side < SURE
    assert judge(points(z, noise(70, 2, shared=0.8))).p_side > 0.05


@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_a_right_forecast_is_called_wrong_as_often_as_said(shared):
    found, named = [], 0
    for seed in range(200):
        drawn = noise(21, seed, shared)
        of = judge(points(drawn[:, 0], drawn[:, 1:]))
        found.append([of.p_farthest, of.p_all, of.p_side])
        named += bool(of.activities)
    called = (np.array(found) < 0.1).mean(axis=0)
    assert named <= 8  # 1 % of 200, and 4 standard errors
    assert (called > 0.04).all() and (called < 0.17).all()  # 0.1, within 3 standard errors of 200


def test_a_value_that_no_drawn_data_set_has_is_out():
    table = points(np.array([0.0, 1.0]), np.zeros((2, diagnostics.DRAWS)))
    assert judge(table).p_farthest < SURE and judge(table).out == [1]
    assert judge(table.iloc[:1]).p_farthest == 1


def test_the_topic_quotes_is_found_among_seventy_groups():
    """Posts of one of ten topics are opened at 0.27 of the predicted rate; all else is right."""
    rng = np.random.default_rng(2)
    views, topic = rng.integers(50, 3000, 600), rng.integers(0, 10, 600)
    mean = np.exp(rng.normal(np.log([0.02, 0.001, 0.002, 0.02, 0.03, 0.05, 0.001]), 0.5, (600, 7)))
    rho = np.array([0.02, 0.01, 0.01, 0.03, 0.05, 0.05, 0.01])
    true = np.where((np.arange(7) == 5) & (topic == 3)[:, None], 0.27, 1) * mean
    counts = Copula(0.5 + 0.5 * np.eye(7)).draw(views, Forecast(true, rho), draws=20, seed=0)[0]
    held = HeldOut(ACTIVITIES, counts, views, Forecast(mean, rho))
    groups = pd.Series(topic).map(lambda t: "quotes" if t == 3 else f"topic {t}").astype("category")
    table = diagnostics.residuals(held, groups)
    found = judge(table)
    assert len(table) == 70 and not called_more_than_chance(table)
    most = table.iloc[found.farthest]
    assert (most["name"], most["group"]) == ("open", "quotes") and found.out == [found.farthest]
    assert found.p_farthest < SURE and most["value"] == pytest.approx(0.27, abs=0.1)
    assert 0.4 < most["low"] < 0.8 and 1.2 < most["high"] < 1.8


def test_a_slope_of_the_pit_is_found_though_its_bars_are_within_their_bands():
    """Every forecast is too low by a little: the bars rise, none far."""
    values = np.random.default_rng(7).random((600, 7)) ** 0.93
    table = diagnostics.pit_histogram(values, ACTIVITIES)
    found = judge(table)
    assert not called_more_than_chance(table)
    assert found.p_side < SURE and found.side == 1


def test_the_worst_coverage_is_held_against_the_band_of_the_worst(monkeypatch):
    """On average 90 % of 400 counts are inside, on one of seven activities 82 %: the mean alone sees nothing."""
    shares = [0.91, 0.92, 0.82, 0.91, 0.92, 0.91, 0.91]
    monkeypatch.setattr(scores, "coverage", lambda *_: pd.DataFrame({"name": ACTIVITIES, "90": shares}))
    found = departures.covered(SimpleNamespace(split=SimpleNamespace(test=np.arange(400))), "any", 90)
    assert found.mean == pytest.approx(0.9) and (found.activity, found.worst) == ("hide", 0.82)
    assert found.worst < found.low < 0.9 < found.high
    drawn = np.random.default_rng(0).binomial(400, 0.9, (20_000, 7)) / 400
    inside = ((drawn >= found.low) & (drawn <= found.high)).all(axis=1).mean()
    assert inside == pytest.approx(0.955, abs=0.02)
