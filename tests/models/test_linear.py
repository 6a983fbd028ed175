import numpy as np
import pytest
from scipy.special import expit

from lib import betabinomial
from lib.models import blend, forecast, linear, scoring
from lib.models.forecast import Validation


def world(n, seed, dim=300):
    """Posts whose photo vector says something of the rates, and a third without a photo and with a rate of its own."""
    rng = np.random.default_rng(seed)
    loadings = np.random.default_rng(99).normal(size=(5, dim))
    latent = rng.normal(size=(n, 5))
    vector = latent @ loadings + rng.normal(scale=0.5, size=(n, dim))
    absent = rng.random(n) < 1 / 3
    vector[absent] = np.nan
    effect = np.where(absent, 1.0, 0.7 * latent[:, 0])
    mean = expit(np.column_stack([-4 + effect, -2 - effect]))
    views = rng.integers(500, 20_000, n)
    rho = np.array([0.01, 0.03])
    counts = betabinomial.rvs(views[:, None], mean, rho, rng)
    return {"photo": vector.astype(np.float32)}, counts, views, forecast.Rates(mean, rho)


@pytest.fixture(scope="module")
def fitted():
    features, counts, views, _ = world(1500, 0)
    held = Validation(*world(300, 1)[:3])
    return linear.Linear(components=20).fit(features, counts, views, held)


def test_linear_closes_most_of_the_gap_and_knows_its_spread(fitted):
    features, counts, views, truth = world(3000, 2)
    rates = fitted.predict(features)
    base = linear.Rate().fit(*world(1500, 0)[1:3]).predict(3000)
    score = [scoring.log_score(counts, views, r) for r in (rates, base, truth)]
    for a in range(2):
        assert scoring.gap_closed(*(s[:, a] for s in score)) > 0.9
    values = scoring.pit(counts, views, rates, np.random.default_rng(0))
    assert scoring.coverage(values, 0.9) == pytest.approx(0.9, abs=0.03)


def test_absence_is_information_not_zeros(fitted):
    features, _, _, truth = world(3000, 2)
    absent = np.isnan(features["photo"]).any(1)
    mean = fitted.predict(features).mean[absent]
    assert mean == pytest.approx(truth.mean[absent], rel=0.15)


def test_prediction_does_not_depend_on_the_company(fitted):
    features = world(50, 3)[0]
    together = fitted.predict(features).mean
    alone = np.vstack([fitted.predict({"photo": features["photo"][[i]]}).mean for i in range(50)])
    assert alone == pytest.approx(together, rel=1e-6)


def test_penalty_is_chosen_on_the_validation_posts():
    """With features of pure noise, held-out posts must ask for the strongest shrinkage there is."""
    _, counts, views, _ = world(400, 0)
    noise = {"photo": np.random.default_rng(5).normal(size=(400, 100))}
    held = world(200, 1)
    validation = Validation({"photo": np.random.default_rng(6).normal(size=(200, 100))}, *held[1:3])
    model = linear.Linear(100).fit(noise, counts, views, validation)
    assert (model.penalties_ >= 100).all()


@pytest.mark.parametrize("block", [np.full((60, 4), np.nan), np.ones((60, 4))], ids=["nobody has it", "constant"])
def test_useless_blocks_do_no_harm(block):
    rng = np.random.default_rng(0)
    views = np.full(60, 1000)
    counts = betabinomial.rvs(views[:, None], np.full((60, 1), 0.05), 0.01, rng)
    rates = linear.Linear().fit({"b": block}, counts, views).predict({"b": block})
    assert rates.mean == pytest.approx(linear.Rate().fit(counts, views).predict(60).mean, rel=0.02)


def test_blend_is_no_worse_than_its_parts_and_trusts_the_better():
    _, counts, views, truth = world(2000, 4)
    rng = np.random.default_rng(0)
    noisy = forecast.Rates(expit(np.log(truth.mean) + rng.normal(scale=1.0, size=truth.mean.shape)), truth.rho)
    blend = blend.Blend().fit([truth, noisy], counts, views)
    score = [scoring.log_score(counts, views, r).mean() for r in (blend.predict([truth, noisy]), truth, noisy)]
    assert score[0] >= score[1] - 1e-3 > score[2]
    assert blend.coef_[1:] == pytest.approx(np.array([[1, 1], [0, 0]]), abs=0.1)


@pytest.mark.parametrize("absent", [False, True], ids=["readable block", "absent block"])
def test_a_model_survives_as_plain_arrays(fitted, absent):
    """Design, Rate, Linear and Blend, told by their arrays alone, predict the same to the last bit."""
    features, counts, views, _ = world(200, 5)
    if absent:
        features = {"nobody": np.full((200, 3), np.nan)}
        fitted = linear.Linear().fit(features, counts, views)
    rate = linear.Rate().fit(counts, views)
    parts = [fitted.predict(features), rate.predict(200)]
    blend = blend.Blend().fit(parts, counts, views)
    for model, given in ((fitted, features), (rate, 200), (blend, parts)):
        arrays = model.arrays()
        assert all(isinstance(a, np.ndarray) and a.dtype.kind in "fu" for a in arrays.values())
        again = type(model).from_arrays(arrays)
        assert again.arrays().keys() == arrays.keys()
        assert np.array_equal(again.predict(given).mean, model.predict(given).mean)
        assert np.array_equal(again.predict(given).rho, model.predict(given).rho)
