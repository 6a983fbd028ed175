"""Partially pooled rates of groups."""

import numpy as np
import pytest
from model_world import folds
from scipy.special import expit, logit

from lib import betabinomial
from lib.models.grouped import Grouped, _effects
from lib.storage.arrays import part, under

RHO = 0.02


def world(sizes, spread, seed=0):
    """Posts of groups of these sizes: positions of the groups, counts (n, 1), views and true logits of the groups."""
    rng = np.random.default_rng(seed)
    group, views = np.repeat(np.arange(len(sizes)), sizes), rng.integers(500, 5000, np.sum(sizes))
    truth = -4 + spread * rng.normal(size=len(sizes))
    return group, betabinomial.rvs(views, expit(truth[group]), RHO, rng)[:, None], views, truth


def block(group):
    return {"group": np.asarray(group, np.float32)[:, None]}


def test_large_groups_get_their_own_rate_and_small_ones_stay_near_the_whole():
    group, counts, views, truth = world([300] * 8 + [2] * 30, 0.8)
    found = _effects(group, counts[:, 0], views, 38)
    plain = [betabinomial.fit_rate(counts[group == g, 0], views[group == g]).mean for g in range(8)]
    assert found[:8] == pytest.approx(logit(plain), abs=0.1) and found[:8] == pytest.approx(truth[:8], abs=0.2)
    error, level = found[8:38] - truth[8:], found[38]
    own = np.array([(counts[group == g, 0].sum() + 0.5) / (views[group == g].sum() + 1) for g in range(8, 38)])
    assert np.sqrt(np.mean(error**2)) < min(np.std(truth), np.sqrt(np.mean((logit(own) - truth[8:]) ** 2)))
    assert np.std(found[8:38]) < np.std(truth[8:]) and level == pytest.approx(found[:38].mean())


def test_groups_that_do_not_differ_are_pooled():
    group, counts, views, _ = world([40] * 12, 0.0)
    assert np.std(_effects(group, counts[:, 0], views, 12)[:12]) < 0.05


def test_a_larger_spread_is_found_from_the_posts_of_many_groups():
    group, counts, views, truth = world([20] * 60, 1.2)
    found = _effects(group, counts[:, 0], views, 60)[:60]
    assert np.std(found) == pytest.approx(np.std(truth), rel=0.15)


def test_a_model_forecasts_groups_and_is_the_same_from_its_arrays():
    group, counts, views, truth = world([100, 100, 100, 1, 1], 1.0)
    given = group.astype(float)
    given[:20] = np.nan
    model = Grouped().fit(block(given), counts, views, folds(len(group)))
    assert model.cross_fitted_.mean.shape == counts.shape and not model.blend_.fell_back_.any()
    asked = block([0, 1, 2, 3, np.nan])
    mean = model.predict(asked).mean[:, 0]
    assert logit(mean[:3]) == pytest.approx(truth[:3], abs=0.3)
    assert mean.min() < mean[4] < mean.max()  # of no group
    again = Grouped.from_arrays(part("m", under("m", model.arrays())))
    assert np.array_equal(again.predict(asked).mean, model.predict(asked).mean)
