from copy import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from lib.models import TRUTH, Forecast, HeldOut
from lib.report import check_sentences, style
from lib.report.numbers import number
from lib.report.plots_diagnostics import plot_residuals
from lib.study import Study, departures, diagnostics, scores, trade

DRAWS = 1 + 0.1 * np.random.default_rng(0).normal(size=(70, diagnostics.DRAWS))
ACTIVITIES = ["like", "comment", "hide", "expand", "open_photo", "open", "share_to_message"]


def points(values, **columns):
    """A table of points of which 0.1 is the standard deviation and 1 the mean of the drawn values."""
    names, many = np.resize(ACTIVITIES, len(values)), len(values)
    table = {"name": names, "group": [f"topic {i // 7}" for i in range(many)], "posts": 20, "predicted": 0.02}
    table |= {"value": values, "low": 0.8, "high": 1.2, "drawn": list(DRAWS[:many]), "weight": 1}
    return pd.DataFrame(table | columns)


def usual():
    return 1 + 0.05 * np.random.default_rng(1).uniform(-1, 1, 70)


@pytest.mark.parametrize(("slope", "found"), [(0.0, None), (-0.2, (0.004, 0.009)), (0.2, (0.009, 0.004))])
def test_rho_is_said_to_depend_on_the_rate_where_the_model_has_it(small, monkeypatch, slope, found):
    fitted, mean = small.fitted("text"), np.tile(np.linspace(0.002, 0.2, 11)[:, None], 7)
    model = copy(fitted.model)
    model.dispersion_ = np.tile([[5.0], [0.0]], 7)
    model.dispersion_[1, 5] = slope
    monkeypatch.setattr(scores, "best", lambda *_: "text")
    monkeypatch.setattr(Study, "fitted", lambda *_: replace(fitted, model=model))
    held = HeldOut(small.activities, mean, mean, Forecast(mean, np.zeros(7)))
    monkeypatch.setattr(Study, "held_out", lambda *_: held)
    said = check_sentences.rho(small)
    assert ("one rho for each activity:" in said) == (found is None)
    assert ("off by a factor" in said) == (slope < 0)
    if found:
        low, high = (number(1 / (1 + np.exp(5 + slope * logit(q)))) for q in np.quantile(mean[:, 0], (0.1, 0.9)))
        assert f"on open (from {low} to {high}):" in said


def test_one_group_far_out_is_named_with_its_size():
    """One point in seventy outside was "no more than chance may do"."""
    values, groups = usual(), ["<b>quotes</b>" if i == 5 else "recipes" for i in range(70)]
    values[5] = 0.27
    said = check_sentences.residuals(points(values, group=groups))
    assert "Of 70 points, 1 lies outside the grey bars (0 above, 1 below), where chance puts about 4" in said
    assert "Chance doesn't explain the largest departure (p = 0.001)" in said and "to one side" not in said
    assert "”: their rate of open is 0.27 of the predicted one, where 0.80 to 1.2 would be usual" in said
    assert "quotes" in said and "<b>" not in said
    assert "Chance explains" in check_sentences.residuals(points(usual()))


def test_a_class_of_views_is_named_as_one():
    said = check_sentences.residuals(points(usual(), group="up to 4,331"), check_sentences.VIEWS)
    assert "Farthest out are posts with up to 4,331 views" in said


@pytest.mark.parametrize(("sentence", "noun"), [(check_sentences.reliability, "points"), (check_sentences.pit, "bars")])
@pytest.mark.parametrize("out", [8, 9])
def test_points_to_one_side_are_said_to_be(sentence, noun, out):
    """Eight of seventy were "no more than chance may do"; of nine it wasn't said that all lie above."""
    said = sentence(points(np.where(np.arange(70) < out, 1.21, usual())))
    assert f"Of 70 {noun}, {out} lie outside" in said and f"({out} above, 0 below)" in said
    assert "Chance doesn't explain their lying to one side" in said and "lie above" in said
    mixed = sentence(points(np.where(np.arange(70) < out, 1 + 0.21 * (-1.0) ** np.arange(70), usual())))
    assert f"Of 70 {noun}, {out} lie outside" in mixed and "on the whole" not in mixed


def test_the_activity_to_one_side_is_named():
    said = check_sentences.reliability(points(np.where(np.resize(ACTIVITIES, 70) == "hide", 0.85, usual())))
    assert "Of 70 points, none lie outside" in said
    assert "The observations of hide lie below the predicted rates on the whole" in said


def test_counts_that_the_forecast_could_not_have_made_are_named():
    """Three quarters of the statistics in range, or 96 %: the share alone says nothing of the zeros of one activity."""
    statistic = np.repeat(list(diagnostics.STATISTICS), 7)
    table = points(usual()[:28], statistic=statistic)
    assert "in 100 %" in check_sentences.counts(table) and "None is farther out" in check_sentences.counts(table)
    table.loc[3, "value"] = 0.4
    said = check_sentences.counts(table)
    assert "in 96 %; a perfect forecast would reach about 90 %" in said
    assert "the share of posts without any expand (40 % where 80 % to 120 % would be usual)" in said


def test_counts_that_depart_together_are_named_though_no_value_is_far_out(wrong):
    """Four statistics of an activity out of range, each by little: "none is farther out", and no takeaway."""
    table = diagnostics.checks().counts
    table["value"] = np.where(table["name"] == "hide", 1.3, usual()[:28])
    said = check_sentences.counts(table)
    assert "None is farther out than chance puts one.\nChance doesn't explain how far out those of hide are" in said
    assert check_sentences.faults(wrong).splitlines()[-1] == (
        "- Don't use it for the share of posts without any hide: 130 % where 80 % to 120 % would be usual."
    )


def test_every_activity_whose_counts_are_wrong_is_in_the_takeaways(wrong):
    """The list ended after three statistics, which could be of one activity."""
    table = diagnostics.checks().counts
    table["value"] = np.where(np.isin(table["name"], ["like", "comment", "open", "expand"]), 0.3, usual()[:28])
    said = [line for line in check_sentences.faults(wrong).splitlines() if "quantile" in line or "without any" in line]
    assert len(said) == 4 and all(sum(name in line for line in said) == 1 for name in ("like", "comment", "expand"))


@pytest.fixture
def wrong(monkeypatch):
    """A study whose best forecast is wrong in every way that a check can find, each in one place."""
    quotes, hides = usual(), usual()
    quotes[5] = 0.27
    hides[np.resize(ACTIVITIES, 70) == "hide"] = 0.85
    counts = points(usual()[:28], statistic=np.repeat(list(diagnostics.STATISTICS), 7))
    counts.loc[3, "value"] = 0.4
    tables = points(usual()), points(hides), points(usual()), points(quotes, group="quotes"), counts
    monkeypatch.setattr(diagnostics, "checks", lambda *_: diagnostics.Checks(*tables))
    slopes = pd.DataFrame({"name": ACTIVITIES, "intercept": 0.0, "intercept_error": 0.1, "slope": 1.0})
    slopes = slopes.assign(slope_error=0.03, p=0.5)
    slopes.loc[2, ["slope", "p"]] = 0.85, 1e-5
    monkeypatch.setattr(trade, "calibration", lambda *_: (slopes, 0.003))
    monkeypatch.setattr(scores, "best", lambda *_: "blend")
    shares = [0.91, 0.92, 0.92, 0.91, 0.92, 0.82, 0.91]
    covered = pd.DataFrame({"name": ACTIVITIES, "50": 0.5, "90": shares})
    monkeypatch.setattr(scores, "coverage", lambda *_: covered)
    return SimpleNamespace(split=SimpleNamespace(test=np.arange(400)), activities=ACTIVITIES)


def test_the_takeaways_say_what_not_to_use_the_forecast_for(wrong):
    """They did not mention any of this."""
    said = check_sentences.faults(wrong).splitlines()
    assert said == [
        "- Don't use it for the rate of open on posts in “quotes”: the observed rate is 0.27 of the predicted one.",
        "- Its rates of hide are too high on the whole (by predicted rate).",
        "- Mind that on hide predicted rates differ too much from post to post: the slope is 0.85.",
        "- Don't use its 90 % intervals for open: they hold 82 %.",
        "- Don't use it for the share of posts without any expand: 40 % where 80 % to 120 % would be usual.",
    ]


def test_the_worst_activity_stands_beside_the_mean(wrong):
    """A mean of 90 % was all that was said, with 82 % on one activity."""
    said = check_sentences.worst_coverage(wrong).splitlines()
    assert said[0].startswith(
        "The 90 % intervals hold 90 % on average and 82 % on open, the activity farthest off: more"
    )
    assert "no more than chance explains" in said[1]


def test_a_slope_that_is_off_has_a_consequence(wrong):
    said = check_sentences.calibration(wrong)
    assert "slope 1 more than chance explains (Wald test, p = 0.003)" in said
    assert "On hide predicted rates differ too much from post to post: the slope is 0.85." in said


def test_a_level_that_is_off_is_a_factor(wrong, monkeypatch):
    slopes = trade.calibration()[0].assign(p=0.5)
    slopes.loc[0, ["intercept", "p"]] = np.log(1.5), 1e-6
    monkeypatch.setattr(trade, "calibration", lambda *_: (slopes, 0.2))
    said = check_sentences.calibration(wrong)
    assert "no more than chance explains" in said and "On like the odds are 1.5 times those predicted." in said
    monkeypatch.setattr(trade, "calibration", lambda *_: (slopes.assign(p=np.nan), np.nan))
    assert "nothing can be said" in check_sentences.calibration(wrong)


@pytest.mark.parametrize("of", ["small", "plain"])
def test_sentences_can_be_said_of_any_feed(of, request):
    study = request.getfixturevalue(of)
    found = diagnostics.checks(study, scores.best(study))
    said = [
        check_sentences.pit(found.pit),
        check_sentences.reliability(found.reliability),
        check_sentences.residuals(found.views, check_sentences.VIEWS),
        check_sentences.residuals(found.topics),
        check_sentences.counts(found.counts),
        check_sentences.worst_coverage(study),
        check_sentences.calibration(study),
        check_sentences.rho(study),
        check_sentences.faults(study),
        check_sentences.grouping(study),
    ]
    assert all(text and "nan" not in text and "not defined" not in text for text in said)
    assert all(line.startswith("- ") for line in check_sentences.faults(study).splitlines())


def test_of_the_truth_nothing_is_found_wrong(small, monkeypatch):
    monkeypatch.setattr(scores, "best", lambda *_: TRUTH)
    said = check_sentences.faults(small)
    assert said.startswith(f"- No check found it wrong by more than chance on {len(small.split.test)} test posts")
    assert departures.covered(small, TRUTH, 90).low < 0.9


def test_too_few_posts_are_said_to_be(small):
    groups = pd.Series(np.arange(len(small.posts)) // 3, dtype="category")
    table = diagnostics.residuals(small.held_out("text"), groups.iloc[small.split.test])
    assert table.empty and "too few" in check_sentences.residuals(table)
    ax = plot_residuals(style.grid(1)[0], table, "like")
    assert ax.texts[0].get_text() == "too few posts"


def test_groups_are_topics_or_clusters(small, plain):
    assert "simulation's own" in check_sentences.grouping(small)
    assert "cluster" in check_sentences.grouping(plain)
    found = SimpleNamespace(simulated=False, controls=SimpleNamespace(words=(("мука",), ("гол",))))
    assert "words" in check_sentences.grouping(found)
