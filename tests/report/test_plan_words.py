"""The plan of an experiment, its schedule and its outcome, as the command line prints and reads them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from advice_world import make_sample

from lib import betabinomial
from lib.__main__ import main
from lib.advice import LEAST_POSTS_A_SIDE, estimate, make_plan
from lib.advice.scorer import save_scorer
from lib.features import LEVERS
from lib.posts import LANGUAGES
from lib.report import wording
from lib.report.draft_words import WARNING
from lib.report.plan_words import MOST_WEEKS, plan_report
from lib.storage import model_folder


@pytest.fixture(scope="module")
def scorer():
    return dataclasses.replace(estimate(make_sample(1200)).scorer, source="a test", simulated=True)


@pytest.fixture
def said(scorer, tmp_path, monkeypatch, capsys):
    """What ``plan`` prints, with the scorer saved where it looks for it."""
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    save_scorer(scorer, model_folder())

    def run(*arguments, status=0):
        assert main(["plan", *arguments]) == status
        out = capsys.readouterr()
        return out.err if status else out.out

    return run


QUESTION = ["--goal", "like", "--lever", "question"]


def fill(path, ratio):
    """Fill a schedule with results in which the change multiplies the rate."""
    table, rng = pd.read_csv(path), np.random.default_rng(0)
    table["view"] = rng.integers(2000, 30_000, len(table))
    rate = 0.01 * np.where(table["side"] == "with", ratio, 1.0)
    table["like"] = betabinomial.rvs(table["view"].to_numpy(), rate, 0.005, rng)
    table.to_csv(path, index=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_advice_to_an_outcome(said, scorer, language):
    lang = ["--lang", language]
    shown = said(*QUESTION, "--posts-per-week", "20", "--out", "plan.csv", *lang)
    plan = make_plan(scorer, "like", "question", posts_per_week=20)
    assert WARNING[language] in shown and "plan.csv" in shown
    assert wording.percent(plan.effect, language).replace("\u00a0", " ") in shown
    table = pd.read_csv("plan.csv")
    assert list(table) == ["test", "post", "week", "side", "do", "text", "view", "like"]
    assert table[["text", "view", "like"]].isna().all(axis=None)
    assert table["side"].value_counts().to_dict() == {"with": plan.posts, "without": plan.posts}
    do, undo = wording.ways("question", {"question": (0, 1)}, language)
    assert (table["do"] == np.where(table["side"] == "with", do, undo)).all()
    week = table.loc[(table["week"] == 1) & (table["side"] == "with"), "post"]
    assert f" 1: {', '.join(map(str, week))}\n" in shown
    fill("plan.csv", 2.0)
    outcome = said(*QUESTION, "--outcome", "plan.csv", *lang)
    assert WARNING[language] in outcome
    assert {"en": "raises the rate, beyond chance", "ru": "Правка повышает"}[language] in outcome
    assert {"en": "is inside the interval", "ru": "внутри интервала"}[language] in outcome
    other = said(*QUESTION, "--outcome", "plan.csv", "--effect", "900%", *lang)
    assert {"en": "is outside the interval", "ru": "вне интервала"}[language] in other


@pytest.mark.parametrize(("ratio", "verdict"), [(0.4, "lowers the rate, beyond chance"), (1.0, "No effect beyond")])
def test_the_verdict_follows_the_interval(said, ratio, verdict):
    said(*QUESTION, "--out", "plan.csv")
    fill("plan.csv", ratio)
    table = pd.read_csv("plan.csv").astype({"view": object})
    table.loc[:1, "view"] = ""
    table.to_csv("plan.csv", index=False)
    outcome = said(*QUESTION, "--outcome", "plan.csv")
    assert verdict in outcome and "2 posts have no usable result: view is empty (2)" in outcome


def test_goals_levers_and_topics_have_russian_names_too(said):
    english = said("--goal", "comment", "--lever", "question", "--topic", "собаки")
    assert said("--goal", "Комментарии", "--lever", " Вопрос", "--topic", "Собаки") == english
    assert "in posts about “собаки”" in english
    names = {name for wordings in wording.WORDING.values() for name in (wordings.name.en, wordings.name.ru)}
    assert len(wording.LEVER_NAMES) == len({name.casefold() for name in names} | set(LEVERS))


def test_another_seed_draws_another_schedule(said):
    assert said(*QUESTION) == said(*QUESTION, "--seed", "0")
    first, second = (said(*QUESTION, "--seed", seed).partition("Schedule")[2] for seed in "01")
    assert first != second


def test_what_is_doubtful_about_an_estimate_is_said(scorer):
    def report(*arguments, of=scorer, **more):
        return plan_report(make_plan(of, *arguments, **more), of, "en")

    assert "It may be chance" not in report("like", "question")
    assert "speaks against" not in report("like", "question")
    assert "--topic names one" in report("comment", "question") and "--topic" not in report(
        "comment", "question", "собаки"
    )
    rows = [dataclasses.replace(row, activity="like", effect=-0.4, low=-0.6, high=0.1, q=0.5) for row in scorer.effects]
    rows = [row for row in rows if (row.lever, row.scope) == ("question", "all")]
    doubtful = report("like", "question", of=dataclasses.replace(scorer, effects=rows[:1]))
    assert "It may be chance" in doubtful and "speaks against the change" in doubtful
    assert "cautious" not in doubtful and "cautious" in report("like", "question")
    assert "Effect to find: likes −40 %" in report("like", "question", effect=-0.4).replace("\u00a0", " ")


def test_a_long_schedule_is_printed_in_part(scorer):
    plan = make_plan(scorer, "like", "question", posts_per_week=2)
    weeks = plan.schedule["week"].max()
    report = plan_report(plan, scorer, "en")
    assert weeks >= LEAST_POSTS_A_SIDE > MOST_WEEKS
    assert f"  week {MOST_WEEKS}: " in report and f"week {MOST_WEEKS + 1}:" not in report
    assert f"and {weeks - MOST_WEEKS} more weeks" in report
    assert "too few posts to find an effect" in report


def test_a_schedule_is_not_written_over(said):
    said(*QUESTION, "--out", "plan.csv")
    assert "may hold results" in said(*QUESTION, "--out", "plan.csv", status=1)
