import numpy as np
import pytest
from page_code import in_node, needs_node
from scipy.special import betainc, betaincinv

from lib.advice import CALLED, WINNER, call, win_probability

CASES = [(0.01, 0.012, 0.03), (0.001, 0.002, 0.001), (0.0001, 0.0003, 0.003), (0.3, 0.35, 0.06), (0.3, 0.31, 0.0001)]
CASES += [(0.5, 0.9, 0.3), (0.02, 0.05, 0.5), (5e-5, 2e-4, 0.01), (0.01, 0.0101, 1e-5), (1e-6, 0.9, 0.02)]


PAIRS = [((first, second), (rho, of * rho)) for first, second, rho in CASES for of in (1, 0.6)]


@pytest.mark.parametrize(("means", "rhos"), PAIRS)
def test_the_probability_is_the_integral_over_both_rates(means, rhos):
    """The mean of the second's distribution function at 100,000 quantiles of the first."""
    (first, second), (size, other) = means, [(1 - rho) / rho for rho in rhos]
    rates = betaincinv(first * size, (1 - first) * size, (np.arange(100_000) + 0.5) / 100_000)
    expected = betainc(second * other, (1 - second) * other, rates).mean()
    assert win_probability(means, rhos) == pytest.approx(expected, abs=1e-5)
    assert win_probability(means[::-1], rhos[::-1]) == pytest.approx(1 - win_probability(means, rhos), abs=1e-12)


EDGES = [((a, b), (rho, rho)) for a, b, rho in ((0.02, 0.02, 0.01), (0, 0, 0.01), (0.02, 0.01, 0), (0.01, 0.02, 0))]
EDGES.append(((0, 0.01), (0.1, 0.2)))


def test_edges():
    assert [win_probability(*pair) for pair in EDGES] == [0.5, 0.5, 1, 0, 0]
    assert [call(p) for p in (CALLED, 0.5, 1 - CALLED)] == ["first", "too close to call", "second"]


@needs_node
def test_the_page_gives_the_same_probability():
    asked = [*PAIRS, *EDGES]
    each = "given.asked.map((pair) => DraftForecast.winProbability(given.winner, ...pair))"
    found = in_node(each, {"winner": WINNER, "asked": asked})
    calls = in_node("given.p.map((p) => DraftForecast.call(given.winner, p))", {"winner": WINNER, "p": found})
    ours = [win_probability(*pair) for pair in asked]
    assert found == pytest.approx(ours, abs=1e-9) and calls == [call(p) for p in ours]
