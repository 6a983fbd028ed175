"""Effects within simulated tests whose true effects are known."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, false_discovery_control
from scipy.stats import t as student

from lib import betabinomial
from lib.advice import arm_properties, read_tests, within_test_effects
from lib.advice.within_tests import MIN_TESTS, fit_within

EFFECTS = np.array([-0.1, 0.15, 0.05])


def draw(seed, tests=150, rho=0.0004):
    """Arms of tests: X, k, n, strata, tests; the log rates of tests go with the columns, so only strata tell."""
    rng = np.random.default_rng(seed)
    test = np.repeat(np.arange(tests), rng.integers(2, 7, tests))
    strata = np.unique(2 * test + rng.integers(0, 2, len(test)), return_inverse=True)[1]
    graded = rng.normal(size=len(test)) + rng.normal(size=tests)[test]
    X = np.column_stack([rng.random(len(test)) < 0.15, rng.random(len(test)) < 0.04, graded]).astype(float)
    level = (
        -4.2
        + 0.4 * (np.bincount(test, graded) / np.bincount(test))[test]
        + 0.3 * rng.normal(size=strata.max() + 1)[strata]
    )
    n = np.maximum(20, np.exp(8 + 0.6 * rng.normal(size=len(test)))).astype(int)
    k = betabinomial.rvs(n, np.minimum(np.exp(level + X @ EFFECTS), 0.5), rho, rng)
    return X, k, n, strata, test


def varying(column, strata, test):
    own = np.bincount(strata, column) / np.bincount(strata)
    return len(np.unique(test[np.isin(strata, strata[column != own[strata]])]))


@pytest.mark.parametrize("rho", [0.0, 0.0004, 0.004])
def test_intervals_hold_the_known_effects(rho):
    held, rhos, z = [], [], []
    for seed in range(60):
        X, k, n, strata, test = draw(seed, rho=rho)
        fit = fit_within(X, k, n, strata, test)
        assert fit.converged
        score = (fit.coef - EFFECTS) / np.sqrt(np.diag(fit.cov))
        limits = [student(varying(column, strata, test) - 1).ppf(0.975) for column in X.T]
        held += list(np.abs(score) < limits)
        rhos.append(fit.rho)
        z.append(score)
    low, high = binom.ppf([0.005, 0.995], len(held), 0.95) / len(held)
    assert low <= np.mean(held) <= high
    assert np.abs(np.mean(z, 0)).max() < 3.3 / np.sqrt(len(z))
    assert np.mean(rhos) == pytest.approx(rho, rel=0.15, abs=2e-5)


def test_only_what_differs_within_a_stratum_counts():
    X, k, n, strata, test = draw(0)
    fit = fit_within(X, k, n, strata, test)
    shift = 5.0 * np.random.default_rng(1).normal(size=(strata.max() + 1, X.shape[1]))[strata]
    assert fit_within(X + shift, k, n, strata, test).coef == pytest.approx(fit.coef, rel=1e-6)
    # A stratum of one arm and a stratum without a count tell nothing.
    arms = [X[:3], [9, 0, 0], [50, 60, 70], strata.max() + np.array([1, 2, 2]), [999, 1000, 1000]]
    more = [np.concatenate(both) for both in zip((X, k, n, strata, test), arms, strict=True)]
    assert fit_within(*more).coef == pytest.approx(fit.coef, rel=1e-9)


def test_equal_columns_are_not_told_apart():
    X, k, n, strata, test = draw(0)
    assert not fit_within(X[:, [0, 0]], k, n, strata, test).converged
    assert not fit_within(X[:1], k[:1], n[:1], strata[:1] * 0, test[:1] * 0).converged


SAYS = {"number": ("gamma", "7"), "you": ("delta", "you"), "colon": ("beta", "beta:"), "question": ("zeta", "zeta?")}
PLAIN = "alpha beta gamma delta epsilon zeta"
EFFECTS_OF = {"question": -0.15, "number": 0.2}


@pytest.fixture(scope="module")
def has():
    """Which of four levers each of 1,600 arms has, four arms a test."""
    rng = np.random.default_rng(0)
    return pd.DataFrame({lever: rng.random(1600) < 0.4 for lever in SAYS})


def counts(has, effects, seed=0):
    """Views and counts of arms whose texts have some levers; ``effects`` in log rate."""
    rng = np.random.default_rng(seed)
    view = rng.integers(3000, 5000, len(has))
    level = -4 + 0.5 * rng.normal(size=len(has) // 4)[np.arange(len(has)) // 4]
    slope = pd.Series(effects, dtype=float).reindex(list(SAYS), fill_value=0.0)
    return view, betabinomial.rvs(view, np.exp(level + has.astype(float) @ slope), 0.0003, rng)


@pytest.fixture(scope="module")
def tests(has, tmp_path_factory):
    arms = pd.DataFrame({"test": np.arange(len(has)) // 4, "text": PLAIN})
    for lever, (old, new) in SAYS.items():
        arms["text"] = arms["text"].where(~has[lever], arms["text"].str.replace(old, new))
    arms["view"], arms["open"] = counts(has, EFFECTS_OF)
    arms["like"] = counts(has, {})[1]
    path = tmp_path_factory.mktemp("tests") / "tests.csv"
    arms.to_csv(path, index=False)
    return read_tests(path, keep_mismatches=True)


@pytest.fixture(scope="module")
def properties(tests):
    return arm_properties(tests)


def test_the_effects_of_levers_of_texts(tests, properties):
    found = within_test_effects(tests, properties).set_index(["lever", "activity"])
    assert set(found.index.get_level_values("activity")) == {"like", "open"}
    for lever in SAYS:
        row, truth = found.loc[(lever, "open")], np.expm1(EFFECTS_OF.get(lever, 0.0))
        assert row["low"] < row["effect"] < row["high"]
        assert abs(row["effect"] - truth) < 0.8 * (row["high"] - row["low"])  # three standard errors
        assert 250 < row["tests"] <= 400 and row["tests"] < row["arms"] <= 4 * row["tests"]
    assert set(found.index[found["q"] <= 0.05]) == {(lever, "open") for lever in EFFECTS_OF}
    known = found["p"].notna()
    assert found.loc[known, "q"].to_numpy() == pytest.approx(
        false_discovery_control(found.loc[known, "p"].to_numpy(float))
    )
    assert found.loc[("hashtag", "open"), ["effect", "low", "high", "p", "q"]].isna().all()
    # Some of the tests, found by the index of the arms: too few of them vary.
    few = dataclasses.replace(tests, arms=tests.arms[: 4 * (MIN_TESTS - 1)])
    assert within_test_effects(few, properties)["effect"].isna().all()


def test_false_discoveries_are_few(has, tests, properties):
    false = []
    for seed in range(1, 21):
        view, clicks = counts(has, {"number": 0.3}, seed)
        arms = tests.arms[["test", "text", "photo"]].assign(view=view, open=clicks)
        found = within_test_effects(dataclasses.replace(tests, arms=arms, activities=("open",)), properties)
        listed = found[found["q"] <= 0.2]
        false.append((listed["lever"] != "number").sum() / max(len(listed), 1))
    # Three of the four levers that vary have no effect, so that the rate of false discoveries is 3 / 4 of the bar.
    assert abs(np.mean(false) - 0.15) < 3 * np.std(false) / np.sqrt(len(false))
