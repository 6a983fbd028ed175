"""How large the bias of effects is, and intervals that allow for it, against draws whose bias is known."""

import numpy as np
import pytest
from scipy.stats import t as student

from lib.advice import NO_BIAS, estimate_bias


def drawn(rng, deviation, levers=10):
    """What was found for some levers whose biases are known: differences and their errors."""
    errors = rng.uniform(0.02, 0.05, levers)
    return deviation * rng.normal(size=levers) + errors * rng.normal(size=levers), errors


def test_without_a_bias_all_is_as_before():
    log, error, df = np.array([0.1, -0.3]), np.array([0.05, 0.1]), np.array([9, 200])
    assert NO_BIAS.p(log, error, df) == pytest.approx(2 * student.sf(np.abs(log) / error, df))
    outside = np.array([0.05, 0.01])
    assert NO_BIAS.half_width(error, df, outside) == pytest.approx(student.isf(outside / 2, df) * error)
    assert NO_BIAS.deviation == 0


def test_an_interval_ends_where_p_says():
    bias = estimate_bias(*drawn(np.random.default_rng(0), 0.05))
    error, df, outside = np.array([0.001, 0.04, 0.2]), np.array([30, 500, 30]), np.array([0.05, 0.05, 0.001])
    half = bias.half_width(error, df, outside)
    assert bias.p(half, error, df) == pytest.approx(outside)
    assert (half > NO_BIAS.half_width(error, df, outside)).all()


@pytest.mark.parametrize("deviation", [0.0, 0.03, 0.08])
def test_intervals_hold_effects_with_a_bias(deviation):
    rng = np.random.default_rng(1)
    held, narrow = [], []
    for _ in range(150):
        bias = estimate_bias(*drawn(rng, deviation))
        error, df, outside = np.full(5, 0.03), np.full(5, 400), np.full(5, 0.05)
        apart = deviation * rng.normal(size=5) + error * rng.normal(size=5)
        held.append(np.abs(apart) < bias.half_width(error, df, outside))
        narrow.append(np.abs(apart) < NO_BIAS.half_width(error, df, outside))
    low, high = (0.95, 1.0) if deviation == 0 else (0.93, 0.985)
    assert low <= np.mean(held) <= high
    assert deviation == 0 or np.mean(narrow) < 0.85


def test_more_levers_tell_the_deviation_more_exactly():
    found = [estimate_bias(*drawn(np.random.default_rng(2), 0.05, levers)) for levers in (5, 500)]
    spread = [np.sqrt(of.weights @ (of.deviations - of.weights @ of.deviations) ** 2) for of in found]
    assert found[1].deviation == pytest.approx(0.05, rel=0.1) and spread[1] < spread[0] / 3
