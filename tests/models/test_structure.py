import numpy as np
import pytest

from lib import betabinomial
from lib.features import CONDITIONS
from lib.models import Forecast, make_folds
from lib.models.structure import Structure, cross_fit_structure, find_structure

POSTS, RHO = 500, 0.03
BANNER = CONDITIONS.index("banner")


def feed(banners, rate=(0.03, 0.03), share=0.0, rho=RHO, seed=0):
    """Conditions, counts of two activities and views; the first activity is ``share`` as frequent on a banner."""
    rng = np.random.default_rng(seed)
    met = np.zeros((POSTS, len(CONDITIONS)), bool)
    met[:banners, BANNER] = True
    met[:, CONDITIONS.index("text not folded")] = rng.random(POSTS) < 0.5
    views = rng.integers(1000, 20_000, POSTS)
    mean = np.tile(rate, (POSTS, 1))
    mean[:banners, 0] *= share
    return met, betabinomial.rvs(views[:, None], mean, rho, rng), views


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"banners": 60}, True),
        ({"banners": 25}, True),
        ({"banners": 3}, False),  # by chance, at a tenth of the rate
        ({"banners": 60, "share": 0.05}, False),  # rarer, not impossible
        ({"banners": 60, "rate": (2e-5, 0.03)}, False),  # none would be no surprise
        ({"banners": 20, "rho": 0.6}, False),  # most other posts have none either
        ({"banners": 0}, False),
        ({"banners": POSTS}, False),  # nothing to compare with
    ],
    ids=str,
)
def test_only_what_never_happens_although_it_should_have_is_impossible(given, found):
    met, counts, views = feed(**given)
    structure = find_structure(met, counts, views)
    expected = np.zeros((len(CONDITIONS), 2), bool)
    expected[BANNER, 0] = found
    assert ((structure.mean > 0) == expected).all()
    reasons = structure.reasons(met)
    assert ((reasons == "banner") == np.outer(met[:, BANNER], [found, False])).all()
    assert (reasons[reasons != "banner"] == "").all()


def test_one_action_is_enough_to_be_possible():
    met, counts, views = feed(60)
    counts[7, 0] = 1
    assert not find_structure(met, counts, views).mean.any()


def test_a_zero_costs_nothing_and_a_surprise_is_not_the_end_of_the_world():
    met, counts, views = feed(60)
    forecast = Forecast(np.full((POSTS, 2), 0.02), np.array([0.03, 0.04]))
    found = find_structure(met, counts, views).apply(forecast, met)
    banner = met[:, BANNER]
    assert (found.mean[~banner] == 0.02).all() and (found.rho[~banner] == forecast.rho).all()
    assert (found.mean[banner, 1] == 0.02).all()
    score = betabinomial.logpmf([[0], [1], [300]], views[banner], found.mean[banner, 0], found.rho[banner, 0])
    assert (score[0] > -1e-3).all() and (score[1:] > -30).all()
    assert (found.mean[banner, 0] * views[banner]).max() < 0.05


def test_no_post_is_in_its_own_cross_fitted_structure():
    met, counts, views = feed(60)
    folds, forecast = make_folds(np.arange(POSTS)), Forecast(np.full((POSTS, 2), 0.02), np.array([0.03, 0.04]))
    held = folds[0][1]
    changed = counts.copy()
    changed[held] = views[held, None]
    found, other = (cross_fit_structure(forecast, met, k, views, folds).mean for k in (counts, changed))
    assert (found[held] == other[held]).all() and (found[held][met[held, BANNER], 0] < 1e-4).all()
    rest = np.setdiff1d(np.flatnonzero(met[:, BANNER]), held)
    assert (found[rest, 0] < 1e-4).all() and (other[rest, 0] == 0.02).all()


@pytest.mark.parametrize("mean", [np.full((4, 2), np.nan), np.full((4, 2), 1.5), -np.ones((4, 2)), np.ones(2) / 2])
def test_what_is_no_structure_is_refused(mean):
    with pytest.raises(ValueError, match="structure"):
        Structure(mean, np.zeros_like(mean))
