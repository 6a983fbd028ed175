import numpy as np
import pytest

from lib import betabinomial
from lib.models.fallback import MOST_RHO, pooled, usable


def test_a_regular_fit_is_used_as_it_is():
    k, n = np.array([3, 40, 12, 0]), np.array([100, 1000, 400, 900])
    fit = betabinomial.fit_rate(k, n)
    assert usable(fit) and pooled(k, n) == (fit.mean, fit.rho, False)


@pytest.mark.parametrize(
    ("k", "n", "mean"),
    [([0] * 50, [1000] * 50, 0), ([9] * 50, [9] * 50, 1), ([0, 8] * 25, [8] * 50, 0.5), ([0, 1], [1, 1], 0.5)],
)
def test_counts_without_a_maximum_give_a_rate_inside(k, n, mean):
    found, rho, failed = pooled(np.array(k), np.array(n))
    assert found == pytest.approx(mean, abs=1e-3) and 0 < found < 1 and 0 <= rho <= MOST_RHO and failed
