import numpy as np
import pytest

from lib.models import Forecast
from lib.models.crossfit import cross_fit, make_folds


@pytest.mark.parametrize(("posts", "number"), [(2, 2), (40, 5), (4000, 3)])
def test_each_post_is_held_out_once(posts, number):
    folds = make_folds(np.arange(posts))
    assert len(folds) == number
    assert np.array_equal(np.sort(np.concatenate([held for _, held in folds])), np.arange(posts))
    for fitted, held in folds:
        assert np.array_equal(np.sort(np.concatenate([fitted, held])), np.arange(posts))


def test_a_group_is_in_one_fold():
    groups = np.random.default_rng(0).integers(0, 50, 400)
    for fitted, held in make_folds(groups):
        assert not set(groups[fitted]) & set(groups[held])


def test_forecasts_come_back_in_the_order_of_the_posts():
    folds = make_folds(np.arange(30))
    found = cross_fit(folds, lambda fitted, held: Forecast(held[:, None] / 100, np.array([len(fitted) / 100])))
    assert np.array_equal(found.mean[:, 0], np.arange(30) / 100) and found.rho == pytest.approx(0.24)
