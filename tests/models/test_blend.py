import numpy as np
import pytest
from model_world import folds, world
from scipy.special import expit, logit

from lib import betabinomial
from lib.models import scoring
from lib.models.blend import Blend, rho_at, shifted
from lib.models.forecast import Forecast
from lib.models.linear import Linear, Rate


def noisy(truth, scale, seed):
    rng = np.random.default_rng(seed)
    return Forecast(expit(logit(truth.mean) + rng.normal(scale=scale, size=truth.mean.shape)), truth.rho)


def test_a_blend_prefers_the_better_member_and_is_no_worse():
    _, counts, views, truth = world(2000, 4)
    members = [truth, noisy(truth, 1.0, 0)]
    blend = Blend().fit(members, counts, views)
    score = [scoring.log_score(counts, views, f).mean() for f in (blend.predict(members), *members)]
    assert score[0] >= score[1] - 2e-3 > score[2]
    assert blend.weights_[0] == pytest.approx([1, 1], abs=0.1) and blend.slope_ == pytest.approx([1, 1], abs=0.1)


def test_weights_are_a_mixture_that_few_posts_leave_near_equal():
    _, counts, views, truth = world(2000, 4)
    members = [truth, noisy(truth, 0.5, 0), noisy(truth, 0.5, 1)]
    few, many = (Blend().fit([m[:n] for m in members], counts[:n], views[:n]).weights_ for n in (20, 2000))
    for weights in (few, many):
        assert (weights >= 0).all() and weights.sum(0) == pytest.approx([1, 1])
    assert np.abs(few - 1 / 3).max() < np.abs(many - 1 / 3).max()
    equal = Blend(equal=True).fit(members, counts, views)
    assert equal.weights_ == pytest.approx(np.full((3, 2), 1 / 3))


def test_one_model_is_calibrated():
    """A forecast whose logits are spread twice too far, and shifted, is brought back."""
    _, counts, views, truth = world(4000, 4)
    wild = Forecast(expit(2 * logit(truth.mean) + 1.5), truth.rho)
    blend = Blend().fit([wild], counts, views)
    forecast = blend.predict([wild])
    assert blend.slope_ == pytest.approx([0.5, 0.5], abs=0.05) and (blend.dispersion_[1] == 0).all()
    assert forecast.rho == pytest.approx(np.tile(truth.rho, (4000, 1)), rel=0.2)
    lost = scoring.log_score(counts, views, truth) - scoring.log_score(counts, views, forecast)
    assert lost.mean() < 0.005


def spread(n, seed, error):
    """Posts with rates from 1 to 800 in 10,000, and a forecast that is off by random factors."""
    rng = np.random.default_rng(seed)
    logits, views = rng.uniform(-9, -2.5, (n, 1)), rng.integers(1000, 20_000, n)
    counts = betabinomial.rvs(views[:, None], expit(logits + rng.normal(scale=error, size=(n, 1))), 0.004, rng)
    return Forecast(expit(logits), np.array([0.004])), counts, views


def test_rho_grows_with_the_mean_where_the_forecast_is_off_by_factors():
    member, counts, views = spread(2000, 0, 0.7)
    blend = Blend().fit([member], counts, views)
    assert blend.dispersion_[1, 0] < -0.05
    member, counts, views = spread(4000, 1, 0.7)
    forecast, constant = blend.predict([member]), shifted(logit(member.mean[:, 0]), counts[:, 0], views)
    low, high = forecast.mean[:, 0] < 1e-3, forecast.mean[:, 0] > 0.03
    assert forecast.rho[low].mean() < rho_at(0.0, constant.dispersion) < forecast.rho[high].mean()
    plain = Forecast(expit(logit(member.mean) + constant.shift), rho_at(0.0, constant.dispersion))  # fitted to these
    scores = [scoring.log_score(counts, views, of)[:, 0] for of in (forecast, plain)]
    assert scoring.paired_interval(*scores).low > 0


@pytest.mark.parametrize(("posts", "error"), [(2000, 0.0), (25, 0.7)], ids=["no error", "few posts"])
def test_rho_is_one_number_where_that_is_as_good(posts, error):
    member, counts, views = spread(posts, 0, error)
    assert Blend().fit([member], counts, views).dispersion_[1, 0] == 0


def test_no_post_is_in_its_own_cross_fitted_forecast():
    _, counts, views, truth = world(300, 4)
    members = [truth, noisy(truth, 0.5, 0)]
    parts = folds(300)
    before = Blend().cross_fit(members, counts, views, parts)
    held = parts[0][1]
    changed = counts.copy()
    changed[held] = 0
    after = Blend().cross_fit(members, changed, views, parts)
    assert np.array_equal(before.mean[held], after.mean[held])
    assert not np.allclose(before.mean[parts[0][0]], after.mean[parts[0][0]])


def test_a_part_without_one_success_gives_a_finite_forecast():
    rng = np.random.default_rng(0)
    n = rng.integers(1000, 9000, 60)
    member = Forecast(1e-4 * rng.uniform(0.5, 2, (60, 1)), np.array([0.01]))
    forecast = Blend().fit([member], np.zeros((60, 1), int), n).predict([member])
    assert np.isfinite(betabinomial.logpmf(1, n[:, None], forecast.mean, forecast.rho)).all()


@pytest.mark.parametrize("absent", [False, True], ids=["readable block", "absent block"])
def test_a_model_made_from_its_arrays_forecasts_the_same(absent):
    """Design, Rate, Linear and Blend forecast the same to the last bit."""
    features, counts, views, _ = world(200, 5)
    if absent:
        features = {"nobody": np.full((200, 3), np.nan)}
    linear = Linear(components=20).fit(features, counts, views, folds(200))
    rate = Rate().fit(counts, views)
    members = [linear.predict(features), rate.predict(200)]
    blend = Blend().fit(members, counts, views)
    for model, given in ((linear, features), (rate, 200), (blend, members)):
        arrays = model.arrays()
        assert all(isinstance(a, np.ndarray) and a.dtype.kind in "fu" for a in arrays.values())
        again = type(model).from_arrays(arrays)
        assert again.arrays().keys() == arrays.keys()
        assert np.array_equal(again.predict(given).mean, model.predict(given).mean)
        assert np.array_equal(again.predict(given).rho, model.predict(given).rho)
