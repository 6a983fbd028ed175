"""The advice held against tests in which authors' habits mislead, and against tests in which they don't."""

import numpy as np
import pandas as pd
import pytest

from lib import betabinomial
from lib.advice import compare_with_tests, comparison_figures, estimate_bias, read_tests
from lib.advice.against import lever_biases, verdicts
from tests.tiny_models import Letters

# The encoder counts а, е and о. None of these words has any, so that vectors don't tell the levers.
SAYS = {
    "number": ("гул", "7"),
    "you": ("дым", "ты"),
    "question": ("зубр", "зубр?"),
    "negative": ("бык", "стыд"),
    "this": ("лифт", "тут"),
    "we": ("тур", "мы"),
    "extreme": ("лук", "всё"),
    "quotation": ("кит", "«кит»"),
}
TRUE = {"question": -0.15, "number": 0.2}
DRAWS = 6


def make_tests(path, habit):
    """900 tests of three arms. With a ``habit``, tests of a higher rate have the words of "you" more often."""
    rng = np.random.default_rng(0)
    test = np.repeat(np.arange(900), 3)
    level = rng.normal(size=900)[test]
    filler = [" ".join(rng.choice(["гора", "море", "поле", "небо", "каравай"], 4)) for _ in test]
    plain = " ".join(old for old, _ in SAYS.values())
    arms = pd.DataFrame({"test": test, "text": [f"{words} {plain}" for words in filler]})
    log_rate = -4 + 0.3 * level
    for lever, (old, new) in SAYS.items():
        has = rng.random(len(arms)) < 1 / (1 + np.exp(0.4 - (habit * level if lever == "you" else 0)))
        arms["text"] = arms["text"].where(~has, arms["text"].str.replace(old, new))
        log_rate = log_rate + TRUE.get(lever, 0.0) * has
    arms["view"] = rng.integers(3000, 5000, len(arms))
    arms["open"] = betabinomial.rvs(arms["view"], np.exp(log_rate), 0.0003, rng)
    arms.to_csv(path, index=False)
    return read_tests(path, keep_mismatches=True)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("against")
    return {
        habit: compare_with_tests(make_tests(folder / f"{habit}.csv", habit), "open", Letters(), DRAWS, dated=False)
        for habit in (0.0, 2.0)
    }


def test_both_sides_find_the_effects_that_are_there(compared):
    for habit, table in compared.items():
        ours = table[table["method"] == "adjusted"]
        assert set(ours["lever"]) >= set(SAYS) and set(ours["draw"]) == set(range(DRAWS))
        for lever, rows in ours.groupby("lever"):
            truth = TRUE.get(lever, 0.0)
            assert rows["truth"].mean() == pytest.approx(truth, abs=3 * rows["truth_error"].mean())
            if lever != "you" or not habit:
                assert rows["log"].mean() == pytest.approx(truth, abs=3 * rows["error"].mean())


def test_a_habit_is_found_as_a_bias_of_its_lever(compared):
    biases = {habit: lever_biases(table[table["method"] == "adjusted"]) for habit, table in compared.items()}
    apart = {habit: table["bias"] / table["error"] for habit, table in biases.items()}
    assert apart[0.0].abs().max() < 3
    assert apart[2.0].idxmax() == "you" and biases[2.0].loc["you", "bias"] > 0.15
    wide, narrow = (estimate_bias(of["bias"], of["error"]).deviation for of in (biases[2.0], biases[0.0]))
    assert wide > 2 * narrow


def test_widened_intervals_hold_more_and_claim_less(compared):
    ours = compared[2.0][compared[2.0]["method"] == "adjusted"]
    narrow, wide = verdicts(ours, False), verdicts(ours, True)
    assert not narrow.loc[narrow["lever"] == "you", "covered"].any()
    assert narrow.loc[narrow["lever"] == "you", "claimed"].all()
    assert not narrow.loc[narrow["lever"] == "you", "confirmed"].all()
    # The other levers are judged with the bias of "you" among those that are known, so their intervals grow.
    others = wide["lever"] != "you"
    assert (wide.loc[others, "width"] > 1.5 * narrow.loc[others, "width"]).all()
    assert wide["claimed"].sum() < narrow["claimed"].sum() and wide.loc[others, "covered"].mean() >= 0.9


def test_figures_are_those_of_the_verdicts(compared):
    figures = comparison_figures(compared[0.0])
    ours = verdicts(compared[0.0].query("method == 'adjusted'"), False)
    assert figures["draws"] == DRAWS and set(figures["methods"]) == {"adjusted", "unadjusted", "double"}
    found = figures["methods"]["adjusted"]["narrow"]
    assert found["coverage"] == ours["covered"].mean() and found["claims"] == ours["claimed"].sum()
    assert found["unconfirmed"] == pytest.approx(1 - ours.loc[ours["claimed"], "confirmed"].mean())
    assert {row["lever"] for row in figures["levers"]} == set(lever_biases(ours).index)
