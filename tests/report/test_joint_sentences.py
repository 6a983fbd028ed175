"""Sentences on all activities of a post at once."""

import pandas as pd
import pytest

from lib.models import Interval
from lib.report import joint_sentences
from lib.study import joint, scores


@pytest.fixture
def told(monkeypatch):
    """The sentences for correlations, and for how wide and how right the intervals are."""

    def tell(correlations, held=(0.9, 0.8)):
        monkeypatch.setattr(scores, "best", lambda study: "blend")
        table = pd.DataFrame(correlations).rename_axis("name").reset_index()
        monkeypatch.setattr(joint, "correlations", lambda study, name: table)
        monkeypatch.setattr(joint, "gain_of_dependence", lambda study, name: Interval(0.1, 0.05, 0.2, 0.95))
        row = {"name": "weights", "width": 1.2, "together": held[0], "independent": held[1]}
        monkeypatch.setattr(joint, "conversion_intervals", lambda study, name: pd.DataFrame([row]))
        return joint_sentences.dependence(None), joint_sentences.conversion(None)

    return tell


def test_two_activities_have_one_correlation(told):
    said, _ = told({"like": {"like": 1.0, "open": 0.2}, "open": {"like": 0.2, "open": 1.0}})
    assert "correlate between" in said and said.count("(0.20)") == 1 and "least" not in said


def test_of_three_activities_the_most_and_the_least_correlated_are_named(told):
    names = ("like", "open", "hide")
    values = {("like", "open"): 0.5, ("like", "hide"): -0.1, ("open", "hide"): 0.2}
    table = {a: {b: values.get((a, b), values.get((b, a), 1.0)) for b in names} for a in names}
    said, held = told(table)
    assert "most between like and open (0.50) and least between like and hide (−0.10)" in said
    assert "hold 90 % of the test posts, and not 80 %." in held


def test_intervals_that_hold_the_same_share_are_not_set_against_each_other(told):
    _, held = told({"like": {"like": 1.0, "open": 0.2}, "open": {"like": 0.2, "open": 1.0}}, held=(0.94, 0.94))
    assert held.endswith("hold 94 % of the test posts.")
