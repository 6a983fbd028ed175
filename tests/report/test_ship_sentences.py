import pandas as pd
import pytest

from lib.models import Interval
from lib.report import check_sentences, ship_sentences
from lib.report.numbers import Text, label_of
from lib.study import errors, scores


def test_the_chosen_forecast_is_shipped_with_its_cost_and_limits(small):
    said = ship_sentences.ship(small)
    assert f"- *Ship* the forecast *{label_of(scores.best(small))}*" in said and "*Cost of a post*" in said
    assert 9 <= len(said.splitlines()) <= 12 and all(line.startswith("- *") for line in said.splitlines())
    assert "these are simulated" in said


def test_a_feed_without_a_gain_ships_the_base_rate(small, plain, monkeypatch):
    assert "*Ship* the base rate" in ship_sentences.ship(plain) and "simulated" not in ship_sentences.ship(plain)
    monkeypatch.setattr(scores, "gain", lambda *_, **__: Interval(0.1, -0.1, 0.3, 0.95))
    said = ship_sentences.ship(small)
    assert "*Ship* the base rate" in said and "the gain of *" in said and "*Evidence*" not in said


@pytest.mark.parametrize(
    ("found", "said"),
    [("- A fault.\n- Another.", "2 lines in @sec-fusion-takeaways"), ("- No check found it wrong.", "no check found")],
)
def test_faults_are_counted(small, monkeypatch, found, said):
    monkeypatch.setattr(check_sentences, "faults", lambda _: Text(found))
    assert said in ship_sentences.ship(small)


def test_a_new_topic_is_a_limit_if_it_costs(small, monkeypatch):
    row = {"name": "news", "known": 0.4, "value": 0.1, "low": 0.0, "lost_low": 0.2}
    monkeypatch.setattr(errors, "new_topics", lambda _: pd.DataFrame([row]))
    assert (
        "*Expect less* on a new topic: on “news” a regression on the vectors gains 0.40 nats on average if it knows"
        in ship_sentences.ship(small)
    )
    monkeypatch.setattr(errors, "new_topics", lambda _: pd.DataFrame([row | {"lost_low": -0.2}]))
    assert "on a new topic" not in ship_sentences.ship(small)
