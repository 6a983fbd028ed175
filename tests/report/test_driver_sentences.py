import pandas as pd
import pytest

from lib.report import driver_figures, driver_sentences, match_sentences
from lib.study import importance, match


@pytest.mark.parametrize("of", ["small", "sparse", "plain"])
def test_every_sentence_can_be_said_of_any_feed(of, request):
    study = request.getfixturevalue(of)
    said = [
        driver_sentences.block_caption(study),
        driver_sentences.blocks(study),
        driver_sentences.features(study),
        driver_sentences.curves(study),
        driver_sentences.agrees(study),
        match_sentences.measured(study),
        match_sentences.effects(study),
        match_sentences.gain(study),
    ]
    assert all(said) and not any("nan" in text or "not defined" in text for text in said)
    assert ("built into the simulation" in match_sentences.effects(study)) == (of == "small")
    driver_sentences.feature_table(study)
    for figure in (driver_figures.by_block, driver_figures.dependence, driver_figures.match_effects):
        figure(study)


def levers(study, monkeypatch, rows):
    """An agreement of made-up effects: (q, effect, moved, plain, state)."""
    names = ("narrow_q", "effect", "moved", "plain", "state")
    table = pd.DataFrame(rows, columns=names).assign(lever=[f"lever {i}" for i in range(len(rows))], activity="like")
    effects = table[["lever", "activity", "narrow_q", "effect", "state"]].assign(name="a lever", contrast="a → b")
    monkeypatch.setattr(driver_sentences, "averages", lambda study: effects)
    monkeypatch.setattr(importance, "by_lever", lambda study: table[["lever", "activity", "moved"]])
    plain = pd.DataFrame({"lever": table["lever"], "activity": "like", "effect": table["plain"]})
    estimates = type("Estimates", (), {"unadjusted": plain})
    monkeypatch.setattr(driver_sentences, "study_estimates", lambda study: estimates)
    return driver_sentences.agreement(study)


@pytest.mark.parametrize(
    ("row", "verdict", "why"),
    [
        ((0.01, 0.5, 0.2, 0.4, "estimated"), driver_sentences.AGREES, ""),
        ((0.01, 0.5, -0.2, -0.4, "estimated"), driver_sentences.AGAINST, driver_sentences.SAME_AS_PLAIN),
        ((0.01, 0.5, -0.2, 0.4, "estimated"), driver_sentences.AGAINST, driver_sentences.OTHERWISE),
        ((0.01, 0.5, 0.001, 0.4, "estimated"), driver_sentences.AGAINST, driver_sentences.UNUSED),
        ((0.5, 0.1, 0.2, 0.4, "estimated"), driver_sentences.ALONE, driver_sentences.UNSURE),
        ((0.5, -0.1, 0.2, 0.4, "estimated"), driver_sentences.ALONE, driver_sentences.SAME_AS_PLAIN),
        ((float("nan"), float("nan"), 0.2, 0.4, "differs by topic"), driver_sentences.ALONE, driver_sentences.BY_TOPIC),
        ((float("nan"), float("nan"), 0.2, 0.4, "can't happen"), None, None),
        ((0.5, 0.1, 0.01, 0.4, "estimated"), None, None),
    ],
)
def test_a_lever_is_judged_by_effect_forecast_and_difference(small, monkeypatch, row, verdict, why):
    table = levers(small, monkeypatch, [row])
    found = table[["verdict", "why"]].to_numpy().tolist()
    assert found == ([] if verdict is None else [[verdict, why]])
    said = driver_sentences.agrees(small)
    assert verdict is None or why in said


@pytest.mark.parametrize(
    ("plain", "full", "says"),
    [
        (0.01, 0.01, "beyond what else is known"),
        (0.01, 0.5, "not the match itself"),
        (0.5, 0.5, "no evidence that readers act on the match"),
    ],
)
def test_the_verdict_on_the_match_follows_the_numbers(small, monkeypatch, plain, full, says):
    rows = [(match.TOPIC, "like", 0.1, 0.0, 0.2, plain), (match.EVERYTHING, "like", 0.1, 0.0, 0.2, full)]
    table = pd.DataFrame(rows, columns=["adjusted", "name", "value", "low", "high", "q"])
    monkeypatch.setattr(match, "effects", lambda study: table)
    assert says in match_sentences.effects(small)
    assert ("error of the method" in match_sentences.effects(small)) == (full < 0.05)
