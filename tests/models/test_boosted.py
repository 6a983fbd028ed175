import numpy as np
import pytest
from model_world import folds, world
from scipy.special import expit

from lib import betabinomial
from lib.models.boosted import Boosted, _Metric, _Objective


def test_the_objective_and_the_metric_are_those_of_the_likelihood():
    rng = np.random.default_rng(0)
    n = rng.integers(100, 5000, 40)
    k, eta, s = np.minimum(rng.integers(0, 60, 40), n), rng.normal(-3, 1.5, 40), 1 / rng.uniform(0.01, 0.2, 40) - 1
    pairs = _Objective(k.astype(float), n.astype(float), s).calc_ders_range(eta, np.arange(40.0), None)

    def score(eta):
        return betabinomial.logpmf(k, n, expit(eta), 1 / (1 + s))

    h = 1e-4
    first = (score(eta + h) - score(eta - h)) / (2 * h)
    second = (score(eta + h) - 2 * score(eta) + score(eta - h)) / h**2
    assert np.array(pairs)[:, 0] == pytest.approx(first, rel=1e-5, abs=1e-6)
    assert np.array(pairs)[:, 1] == pytest.approx(np.minimum(second, -1e-3), rel=1e-3, abs=1e-4)
    grown_on, held = (_Metric(k.astype(float), n.astype(float), s, of) for of in (None, np.arange(40)))
    assert grown_on.evaluate([eta], np.arange(40.0), None) == (0, 40)
    total, posts = held.evaluate([eta], np.arange(40.0), None)
    assert (total, posts) == (pytest.approx(score(eta).sum(), rel=1e-9), 40)


def test_two_fits_give_the_same_trees_to_the_last_byte():
    blocks, counts, views, _ = world(60, seed=0, dim=5)
    first, second = (Boosted(components=5).fit(blocks, counts, views, folds(60)).arrays() for _ in range(2))
    assert first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)
