from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lib.models import BASELINE, BOTH
from lib.report import model_sentences, style
from lib.report.numbers import label_of, pct
from lib.report.plots_diagnostics import plot_residuals
from lib.study import diagnostics, scores
from lib.study.groups import by_topic, by_views


def residuals(study, groups, name):
    return diagnostics.residuals(study.held_out(name), groups.iloc[study.split.test])


def test_the_board_names_the_best_forecast_and_the_limit(small, plain):
    best = label_of(scores.best(small))
    assert f"*{best}*" in model_sentences.board(small) and model_sentences.best(small) == best
    closed = scores.leaderboard(small).set_index("name").loc[scores.best(small), "gap_closed"]
    assert f"{pct(closed)} of the way" in model_sentences.board(small)
    assert "only a simulation could tell" in model_sentences.board(plain)


@pytest.mark.parametrize("of", ["small", "plain"])
def test_sentences_can_be_said_of_any_feed(of, request):
    study = request.getfixturevalue(of)
    name = scores.best(study)
    pit = diagnostics.pit_histogram(scores.pit(study, name), study.activities)
    assert "bars" in model_sentences.pit(pit)
    assert "points" in model_sentences.reliability(diagnostics.reliability(study.held_out(name)))
    for groups in (by_views(study), by_topic(study)):
        table = residuals(study, groups, name)
        assert "points" in model_sentences.residuals(table) or table.empty
    assert model_sentences.grouping(study)
    for sentence in (
        model_sentences.best_gain,
        model_sentences.coverage,
        model_sentences.photo_lead,
        model_sentences.text_lead,
        model_sentences.fusion_lead,
        model_sentences.photo_vector_adds,
        model_sentences.text_vector_adds,
        model_sentences.steps,
    ):
        said = sentence(study)
        assert said and "nan" not in said and "not defined" not in said


def test_every_activity_has_a_verdict(small, plain):
    said = model_sentences.gains(small, "text")
    assert all(label_of(name) in said for name in small.activities)
    assert model_sentences.strongest(small, "text") == label_of(scores.by_gain(small, "text")[0])
    said = model_sentences.gains(plain, "photo")
    assert said.startswith("There is no evidence of a gain on") and "\n" not in said
    assert model_sentences.worth_having(plain, BASELINE) == "not shown to help"
    assert model_sentences.gain(small, BOTH, over=BOTH).startswith("0 (95 % interval 0 to 0)")


@pytest.mark.parametrize(("outside", "words"), [(0, "none lie"), (1, "1 lies"), (30, "30 lie")])
def test_departures_are_compared_with_chance(outside, words):
    density = np.where(np.arange(100) < outside, 3.0, 1.0)
    said = model_sentences.pit(pd.DataFrame({"density": density, "low": 0.5, "high": 1.5}))
    assert f"Of 100 bars, {words} outside" in said
    assert ("more than chance does" in said) == (outside == 30)


def test_the_farthest_group_is_named_as_text():
    row = {"name": "like", "group": "<b>cats</b>", "posts": 20, "value": 3.0, "low": 0.8, "high": 1.2}
    table = pd.DataFrame([row, row | {"group": "dogs", "value": 1.1}])
    said = model_sentences.residuals(table)
    assert "cats" in said and "dogs" not in said and "<b>" not in said and "3.0 times" in said


def test_too_few_posts_are_said_to_be(small):
    groups = pd.Series(np.arange(len(small.posts)) // 3, dtype="category")
    table = residuals(small, groups, "text")
    assert table.empty and "too few" in model_sentences.residuals(table)
    ax = plot_residuals(style.grid(1)[0], table, "like")
    assert ax.texts[0].get_text() == "too few posts"
    plt.close("all")


def test_groups_are_topics_or_clusters(small, plain):
    assert "simulation's own" in model_sentences.grouping(small)
    assert "cluster" in model_sentences.grouping(plain)
    found = SimpleNamespace(simulated=False, controls=SimpleNamespace(words=(("мука",), ("гол",))))
    assert "words" in model_sentences.grouping(found)
