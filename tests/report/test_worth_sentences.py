import numpy as np
import pandas as pd
import pytest

from lib.models import BASELINE, BLEND, TRUTH
from lib.report import worth_sentences
from lib.study import scores, worth


def test_evidence_is_said_in_views(small, plain, monkeypatch):
    name = scores.best(small)
    table = worth.evidence_table(small, name).set_index(["forecast", "name"])
    said, rows = worth_sentences.evidence(small), worth_sentences.evidence_rows(small).set_index("name")
    whole = worth_sentences.views(table.loc[(name, worth.ALL)])
    assert f"as much as the first {whole} of a post" in said and rows.loc[worth.ALL, "ours"] == whole
    assert worth_sentences.views(table.loc[(TRUTH, worth.ALL)]) in said
    assert "no view" in worth_sentences.evidence(plain)
    assert worth_sentences.evidence_rows(plain)["ours"].str.startswith("0 views (0 to 0").all()


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (47.3, 42.1, 51.9, "47 views (42 to 52)"),
        (0.4, 0, 2.5, "under 1 view (0 to 2.5)"),
        (np.inf, 800, np.inf, "over 1,000 views (800 to over 1,000)"),
    ],
)
def test_a_number_of_views_may_have_no_end(value, low, high, said):
    assert worth_sentences.views(pd.Series({"value": value, "low": low, "high": high, "most": 1000.0})) == said


@pytest.mark.parametrize(("low", "high", "word"), [(0.8, 0.9, "above"), (0.3, 0.5, "below"), (0.6, 0.8, "not clearly")])
def test_an_order_is_above_chance_if_its_interval_is(small, monkeypatch, low, high, word):
    rows = [(BASELINE, 0.7, 0.6, 0.8, 1.0), (BLEND, 0.75, low, high, 2.0), (TRUTH, 0.9, 0.8, 0.95, 3.0)]
    table = pd.DataFrame(rows, columns=["name", "value", "low", "high", "first"])
    monkeypatch.setattr(worth, "order_table", lambda _: table)
    monkeypatch.setattr(scores, "best", lambda _: BLEND)
    said = worth_sentences.order(small)
    assert f"), {word}" in said and "no order gets all of it" in said
    monkeypatch.setattr(scores, "best", lambda _: BASELINE)
    assert "orders nothing" in worth_sentences.order(small)


@pytest.mark.parametrize(("low", "word"), [(0.06, "more than"), (0.04, "not clearly more than")])
def test_hides_are_compared_with_views(small, plain, monkeypatch, low, word):
    row = {"share": 0.05, "forecast": BLEND, "posts": 3, "hides": 0.1, "low": low, "high": 0.2, "likes": 0.01}
    monkeypatch.setattr(scores, "best", lambda _: BLEND)
    monkeypatch.setattr(worth, "held_back", lambda *_: pd.DataFrame([row | {"views": 0.05}]))
    assert f", {word} their 5.0 % of the views, and 1.0 % of all likes" in worth_sentences.hides(small)
    monkeypatch.undo()
    assert "no forecast of hides" in worth_sentences.hides(plain)


def test_a_cost_that_is_not_known_is_not_made_up(small, monkeypatch):
    row = {"name": BLEND, "milliseconds": 36.0, "megabytes": 70.0, "dollars": 0.0005}
    monkeypatch.setattr(worth, "costs", lambda _: pd.DataFrame([row]))
    said = worth_sentences.cost(small, BLEND)
    assert '<span class="times">36 milliseconds</span>' in said and '<span class="times">0.50 dollars</span>' in said
    monkeypatch.setattr(worth, "costs", lambda _: pd.DataFrame([row | {"milliseconds": np.nan, "dollars": np.nan}]))
    assert "not known here" in worth_sentences.cost(small, BLEND) and "70 MB" in worth_sentences.cost(small, BLEND)
