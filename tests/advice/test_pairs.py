"""Which of two texts wins, learnt from simulated tests whose rates are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lib import betabinomial
from lib.advice import CALLED, cross_fitted_pairs, fit_pair_model, read_tests, score_pairs
from tests.tiny_models import Letters

TESTS, DEVIATION, SLOPE = 300, 0.15, 0.3


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Tests of four arms, the last a repetition of the first; a question and the letter «о» raise the rate."""
    rng = np.random.default_rng(0)
    rows = []
    for test in range(TESTS):
        for _ in range(3):
            question, letters = int(rng.random() < 0.5), int(rng.integers(0, 4))
            text = " ".join(rng.choice(list("бвгдж"), 6)) + " " + "о" * letters + "?" * question
            rows.append((test, text, SLOPE * question + SLOPE / 2 * letters + DEVIATION * rng.normal()))
        rows.append(rows[-3])
    arms = pd.DataFrame(rows, columns=["test", "text", "log_rate"])
    arms["view"] = rng.integers(3000, 6000, len(arms))
    level = -4 + 0.5 * rng.normal(size=TESTS)[arms["test"]]
    arms["open"] = betabinomial.rvs(arms["view"], np.exp(level + arms["log_rate"]), 0.0003, rng)
    path = tmp_path_factory.mktemp("pairs") / "tests.csv"
    arms.to_csv(path, index=False)
    return read_tests(path, keep_mismatches=True), arms


@pytest.fixture(scope="module")
def pairs(world):
    return cross_fitted_pairs(world[0], "open", Letters())


def test_the_better_text_is_named_as_often_as_stated(world, pairs):
    log_rate = world[1]["log_rate"].to_numpy()
    better = log_rate[pairs["first"]] > log_rate[pairs["second"]]
    for stated, right in (("probability", better), ("wins", pairs["won"])):
        sure = np.maximum(pairs[stated], 1 - pairs[stated])
        named = (pairs[stated] > 0.5) == right
        assert named.mean() > 0.7
        for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 1.0)):
            of = (sure >= low) & (sure <= high)
            # Two and a half standard errors; four arms make at most five pairs that depend on one another.
            assert of.sum() > 50
            assert abs(named[of].mean() - sure[of].mean()) < 2.5 * np.sqrt(0.25 * 2 / of.sum())
    gain = pairs["score"] - pairs["level"]
    assert gain.mean() > 3 * gain.std() / np.sqrt(len(pairs) / 5)
    assert (pairs["wins"] - 0.5).abs().le((pairs["probability"] - 0.5).abs()).all()  # views add noise


def test_the_parts_of_the_model_are_those_of_the_world(world):
    tests = world[0]
    model = fit_pair_model(tests, "open", Letters())
    assert model.rho == pytest.approx(0.0003, abs=0.0002)
    assert np.sqrt(model.deviation) == pytest.approx(DEVIATION, rel=0.35)
    assert 0.8 < model.slope <= 1.0
    first, second = ["б в г оо?", "б в г", "б в г", ""], ["б в г", "б в г оо?", "б в г", ""]
    mean, _ = model.log_ratio(first, second)
    assert mean[0] == pytest.approx(2 * SLOPE, abs=0.15)
    p = model.probability(first, second)
    assert p[0] == pytest.approx(1 - p[1]) and p[2] == p[3] == 0.5
    calls = [model.call(a, b) for a, b in zip(first, second, strict=True)]
    assert p[0] > CALLED and calls == ["first", "second", "too close to call", "too close to call"]


def test_nothing_is_learnt_from_chance(world):
    tests, arms = world
    rng = np.random.default_rng(1)
    luck = tests.arms.assign(open=rng.binomial(arms["view"], 0.02))
    model = fit_pair_model(type(tests)(luck, ("open",), tests.set_aside, tests.assignment), "open", Letters())
    pairs = score_pairs(model, tests, "open")
    assert np.abs(pairs["wins"] - 0.5).max() < 0.15


def test_a_few_tests_are_refused(world):
    tests = world[0]
    few = type(tests)(tests.arms[:32], ("open",), tests.set_aside, tests.assignment)
    with pytest.raises(ValueError, match="Only 8 tests compare texts; 10 are needed"):
        fit_pair_model(few, "open", Letters())


def test_a_fold_that_compares_no_texts_is_passed_over(world):
    """Of one fold's tests all vary the photo alone."""
    tests = world[0]
    first = tests.arms.groupby("test")["text"].transform("first")
    compare = tests.arms["test"].factorize()[0] % 5 < 4
    found = cross_fitted_pairs(
        replace(tests, arms=tests.arms.assign(text=tests.arms["text"].where(compare, first))), "open", Letters()
    )
    assert len(found) > TESTS
