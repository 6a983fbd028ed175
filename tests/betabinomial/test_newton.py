import numpy as np
import pytest
from betabinomial_data import simulated

from lib.betabinomial import design, newton


@pytest.mark.parametrize("columns", [3, design.WIDE])
@pytest.mark.parametrize("s", [0.3, 43.0, 1750.0, 1e6])
def test_gradient_and_hessian_against_differences_away_from_the_optimum(s, columns):
    rng = np.random.default_rng(2)
    X, k, n = simulated(rows=301)
    X = np.column_stack([X, rng.normal(size=(301, columns - 3))])
    weight = rng.random(301)
    Z = np.column_stack([np.ones(301), X[:, 1]])
    penalty = np.append([0.0, 3.0, 5.0], np.zeros(columns - 3))
    offset = rng.normal(size=301)
    problem = newton.Problem(X.T.copy(), Z.T.copy(), k.astype(float), n, weight, penalty, offset)
    point = np.concatenate([[-3.0, 0.1, 0.4], 0.02 * rng.normal(size=columns - 3), [np.log(s), 0.2]])
    _, gradient, information = problem.evaluate(point)
    for j, step in enumerate(np.eye(point.size) * 1e-4):
        above, below = problem.evaluate(point + step), problem.evaluate(point - step)
        assert (above[0] - below[0]) / 2e-4 == pytest.approx(gradient[j], rel=1e-5, abs=1e-4)
        np.testing.assert_allclose((above[1] - below[1]) / -2e-4, information[j], rtol=1e-5, atol=1e-3)
