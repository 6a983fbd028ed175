import numpy as np
import pandas as pd
import pytest

from lib.models import BASELINE, BOTH, PAGE, Interval
from lib.report import model_sentences
from lib.report.numbers import label_of, pct
from lib.study import scores, trade


def test_the_board_names_the_best_forecast_the_runner_up_and_the_limit(small, plain):
    best = label_of(scores.best(small))
    said = model_sentences.board(small)
    assert f"*{best}*" in said and model_sentences.best(small) == best
    assert f"*{label_of(scores.runner_up(small))}*, which has the highest of the other" in said
    row = scores.leaderboard(small).set_index("name").loc[scores.best(small)]
    share, low, high = (pct(row[column]) for column in ("gap_closed", "gap_low", "gap_high"))
    assert f"the chosen forecast goes {share} (95 % interval {low} to {high}) of the way" in said
    assert "only a simulation could tell" in model_sentences.board(plain)
    said = model_sentences.board(plain)
    assert "the other" not in said and "blend" not in said


def test_a_gap_that_the_posts_don_t_show_is_not_divided_by(small, monkeypatch):
    board = scores.leaderboard(small).assign(gap_closed=np.nan, gap_low=np.nan, gap_high=np.nan)
    monkeypatch.setattr(scores, "leaderboard", lambda _: board)
    assert "so few test posts don't tell" in model_sentences.limit(small)


def test_other_splits_are_of_the_default_feed_alone(small, plain, monkeypatch):
    rows = f"--sizes {len(small.posts)} --seeds 0 --splits 10`"
    assert scores.repeated_splits(small) is None and rows in model_sentences.other_splits(small)
    assert "--sizes --posts posts.csv`" in model_sentences.other_splits(plain)
    row = {"mean": 0.3, "sd": 0.01, "positive": 10}
    of = {BASELINE: row, "trees": row | {"mean": -0.002, "positive": 3}, "gap_closed": row | {"mean": 0.83}}
    of = {"splits": 10, "chosen": {"blend": 9, "trees": 1}, "differences": of, "command": "python b.py", "date": "now"}
    monkeypatch.setattr(scores, "repeated_splits", lambda _: of)
    said = model_sentences.other_splits(small)
    assert f"chooses *{label_of('blend')}* in 9 and *{label_of('trees')}* in 1." in said
    assert f"is 0.30 over {label_of(BASELINE)} (0.010; above zero in 10) and −0.0020 over {label_of('trees')}" in said
    assert "closes 83 % of the gap to the truth, with a standard deviation of 1.0 %" in said and "`python b.py`" in said


def test_the_runner_up_is_not_chosen_by_test_scores(small, monkeypatch):
    """The second of the leaderboard of test scores was compared with the best, whatever cross-fitting says."""
    order = pd.Series({"text": -1.0, "photo": -2.0, BASELINE: -3.0})
    monkeypatch.setattr(scores, "best", lambda _: "text")
    monkeypatch.setattr(scores, "cross_fitted", lambda _: order)
    assert "falls on *text*" in model_sentences.board(small)
    assert "*photo*, which has the highest of the other" in model_sentences.board(small)
    monkeypatch.setattr(scores, "cross_fitted", lambda _: order[["text", BASELINE]])
    assert f"*{label_of(BASELINE)}*, which has the highest of the other" in model_sentences.board(small)


def test_the_mean_gain_does_not_stand_alone(small, plain, monkeypatch):
    names, share = trade.largest_share(small, scores.best(small))
    said = model_sentences.board(small)
    assert f"{label_of(names[0])} and {label_of(names[1])} make {pct(share)}" in said
    assert f"equal shares would be {pct(2 / len(small.activities))}" in said
    assert "there is no gain" in model_sentences.board(plain)
    monkeypatch.setattr(trade, "largest_share", lambda *_: (["like", "open"], 2 / len(small.activities)))
    assert "little of the others" in said and "little of the others" not in model_sentences.board(small)
    monkeypatch.setattr(trade, "largest_share", lambda *_: (small.activities, 1.0))
    assert model_sentences.shares(small) == []


def test_how_activities_are_chosen_follows_the_choice(small, monkeypatch):
    gains = {"like": -0.1, "expand": 0.2}
    monkeypatch.setattr(scores, "cross_fitted_gains", lambda *_: gains)
    assert model_sentences.featured(small, "text") == "expand"
    assert model_sentences.how_featured(small, "text").endswith("largest cross-fitted gain: first expand.")
    gains["like"] = 0.1
    assert model_sentences.featured(small, "text", 2) == "like and expand"
    assert model_sentences.how_featured(small, "text").endswith("it is largest on like.")


def test_what_both_together_add_follows_the_intervals(small, plain, monkeypatch):
    """Text and photo were said to say different things, whatever the figure showed."""
    table = pd.DataFrame({"name": ["like", "open"], "low": [-0.1, 0.1]})
    monkeypatch.setattr(scores, "gains", lambda *_, **__: table)
    assert model_sentences.complementary(small).endswith("alone on open.")
    monkeypatch.setattr(scores, "gains", lambda *_, **__: table[:1])
    assert model_sentences.complementary(small).startswith("On no activity")
    assert "doesn't have both" in model_sentences.complementary(plain)


def test_a_feed_without_photos_is_not_told_their_gain(plain):
    assert "no photos" in model_sentences.photo_lead(plain) and "no photos" in model_sentences.in_index(plain, "photo")
    assert "no texts" in model_sentences.text_lead(plain)
    adds = model_sentences.photo_vector_adds(plain), model_sentences.text_vector_adds(plain)
    assert all(said.startswith("Without ") and "nats" not in said for said in adds)
    assert "means nothing" in model_sentences.how_featured(plain, "photo")


def test_a_forecast_that_ranks_better_is_named_with_both_correlations(small, plain, monkeypatch):
    row = {"name": "hide", "forecast": "network", "theirs": 0.3, "ours": 0.26, "theirs_test": 0.31, "ours_test": 0.25}
    monkeypatch.setattr(trade, "better_ranked", lambda *_: pd.DataFrame([row]))
    said = model_sentences.trade_notes(small)
    assert "*neural network* on hide (0.30 against 0.26; on the test posts 0.31 against 0.25)" in said
    assert f"of {trade.posts_with_half_of_the_views(small)} posts among {len(small.split.test)}" in said
    monkeypatch.setattr(trade, "better_ranked", lambda *_: pd.DataFrame([row])[:0])
    assert "no other forecast ranks the posts clearly better" in model_sentences.trade_notes(plain)


@pytest.mark.parametrize("of", ["small", "plain"])
def test_sentences_can_be_said_of_any_feed(of, request):
    study = request.getfixturevalue(of)
    for sentence in (
        model_sentences.best_gain,
        model_sentences.coverage,
        model_sentences.photo_lead,
        model_sentences.text_lead,
        model_sentences.fusion_lead,
        model_sentences.steps,
        model_sentences.trade_notes,
    ):
        said = sentence(study)
        assert said and "nan" not in said and "not defined" not in said


def test_a_mean_coverage_has_the_worst_beside_it(small):
    table = scores.coverage(small, scores.best(small)).set_index("name")["90"]
    worst = (table - 0.9).abs().idxmax()
    said = model_sentences.coverage(small)
    assert said == f"{pct(table.mean())} (on {label_of(worst)}, the worst, {pct(table[worst])})"


def test_every_activity_has_a_verdict(small, plain):
    said = model_sentences.gains(small, "text")
    assert all(label_of(name) in said for name in small.activities)
    assert model_sentences.gains(plain, "photo") == "Without photos there is no gain on any activity."
    assert model_sentences.gain(small, BOTH, over=BOTH).startswith("0 (95 % interval 0 to 0)")


@pytest.mark.parametrize(
    ("low", "high", "worth", "step"),
    [
        (0.01, 0.2, "worth having", "err in different places"),
        (-0.1, 0.1, "not shown to help", "don't tell"),  # of the step it was "one of them would do"
        (-0.002, 0.003, "not worth having", "one of them would do"),
        (0.001, 0.003, "not worth having", "one of them would do"),  # it was "worth having"
        (-0.2, -0.1, "not worth having", "cost more than they give"),
    ],
)
def test_no_difference_is_only_said_of_a_narrow_interval(low, high, worth, step, small, monkeypatch):
    monkeypatch.setattr(scores, "gain", lambda *_, **__: Interval(np.mean([low, high]), low, high, 0.95))
    assert model_sentences.worth_having(small, "photo") == worth
    assert step in model_sentences.steps(small)
    if step == "don't tell":
        said = model_sentences.photo_vector_adds(small) + model_sentences.fusion_lead(small)
        assert said.count("not clearly better than") == 2 and "no better than" not in said
        assert "not clearly different from the linear model" in model_sentences.steps(small)


def test_the_share_of_the_page_is_of_the_best_forecast_s_gain(small, plain, monkeypatch):
    gains = {PAGE: Interval(0.12, 0.1, 0.14, 0.95), scores.best(small): Interval(0.16, 0.1, 0.2, 0.95)}
    monkeypatch.setattr(scores, "gain", lambda study, name: gains.get(name, Interval(0.0, -0.1, 0.1, 0.95)))
    tests = len(small.split.test)
    assert f"closes 75 % of what the best forecast does, on {tests} posts" in model_sentences.page_share(small, "en")
    assert f"даёт 75 % выигрыша лучшего прогноза (на {tests} постах" in model_sentences.page_share(small, "ru")
    gains[scores.best(small)] = Interval(0.16, -0.1, 0.2, 0.95)
    assert model_sentences.page_share(small, "en") == model_sentences.page_share(plain, "ru") == ""
