"""Boosted trees and the network: what they must find that a linear model can't, and what they share."""

import pickle

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.special import expit

from lib import betabinomial
from lib.models import forecast, linear, scoring
from lib.models.boosted import Boosted, _metric, _objective
from lib.models.forecast import Validation
from lib.models.neural import Neural, loss

RHO = np.array([0.01, 0.03])


def world(n, seed):
    """Posts whose rates hang on a product of features; a quarter have no text, and a rate of their own."""
    rng = np.random.default_rng(seed)
    text, photo = rng.normal(size=(n, 6)), rng.normal(size=(n, 4))
    absent = rng.random(n) < 1 / 4
    both = np.where(absent, 1.0, 0.8 * text[:, 0] * photo[:, 0])
    mean = expit(np.column_stack([-4 + both, -2.5 - both + 0.3 * photo[:, 1]]))
    text[absent] = np.nan
    views = rng.integers(500, 20_000, n)
    counts = betabinomial.rvs(views[:, None], mean, RHO, rng)
    return {"text": text, "photo": photo}, counts, views, forecast.Rates(mean, RHO)


@pytest.fixture(scope="module", params=[Boosted, Neural])
def fitted(request):
    features, counts, views, _ = world(2500, 0)
    return request.param(components=10).fit(features, counts, views, Validation(*world(600, 1)[:3]))


def test_finds_what_is_not_linear_and_knows_its_spread(fitted):
    features, counts, views, truth = world(2000, 2)
    train, held = world(2500, 0), Validation(*world(600, 1)[:3])
    linear = linear.Linear().fit(*train[:3], held).predict(features)
    base = linear.Rate().fit(*train[1:3]).predict(2000)
    rates = fitted.predict(features)
    closed = [
        scoring.gap_closed(*(scoring.log_score(counts, views, r).mean(1) for r in (forecast, base, truth)))
        for forecast in (rates, linear)
    ]
    assert closed[0] > 0.75 > closed[1] + 0.3
    values = scoring.pit(counts, views, rates, np.random.default_rng(0))
    assert scoring.coverage(values, 0.9) == pytest.approx(0.9, abs=0.045)


def test_absence_is_information(fitted):
    features, _, _, truth = world(2000, 2)
    absent = np.isnan(features["text"]).any(1)
    ratio = fitted.predict(features).mean[absent] / truth.mean[absent]
    assert np.exp(np.log(ratio).mean(0)) == pytest.approx(1, abs=0.25)


def test_its_arrays_give_it_back(fitted):
    features = world(100, 3)[0]
    again = type(fitted).from_arrays(fitted.arrays()).predict(features)
    assert np.array_equal(again.mean, fitted.predict(features).mean)
    assert all(isinstance(values, np.ndarray) for values in fitted.arrays().values())
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(features).mean, again.mean)


def test_a_post_alone_gets_what_it_gets_in_company(fitted):
    features = world(40, 3)[0]
    alone = [fitted.predict({name: block[[i]] for name, block in features.items()}).mean for i in range(40)]
    assert np.vstack(alone) == pytest.approx(fitted.predict(features).mean, rel=1e-5)


@pytest.mark.parametrize("member", [Boosted, Neural])
def test_the_same_seed_gives_the_same_model_and_a_feed_without_texts_is_learnt(member, monkeypatch):
    monkeypatch.setattr(Neural, "EPOCHS", 2)
    monkeypatch.setattr(Boosted, "TREES", 20)
    features, counts, views, _ = world(300, 0)
    features["text"] = np.full_like(features["text"], np.nan)
    held = Validation(features, counts, views)
    first, second = (member(seed=3).fit(features, counts, views, held).predict(features) for _ in range(2))
    assert np.array_equal(first.mean, second.mean) and np.isfinite(first.mean).all()


@pytest.mark.parametrize("member", [Boosted, Neural])
def test_without_any_feature_it_is_the_rate(member, monkeypatch):
    monkeypatch.setattr(Neural, "EPOCHS", 2)
    _, counts, views, _ = world(400, 0)
    nothing = {"text": np.full((400, 3), np.nan), "photo": np.full((400, 2), np.nan)}
    model = member().fit(nothing, counts, views, Validation(nothing, counts, views))
    again = type(model).from_arrays(model.arrays()).predict(nothing).mean
    assert again == pytest.approx(linear.Rate().fit(counts, views).predict(400).mean, rel=0.05)


@pytest.mark.parametrize(
    "k, n, mean, rho", [(0, 1000, 0.002, 0.01), (40, 900, 0.02, 0.1), (7_000_000, 7_000_000, 0.9, 0.3)]
)
def test_the_networks_loss_is_the_likelihood(k, n, mean, rho):
    import torch

    def value(mean):
        eta = torch.tensor([[np.log(mean / (1 - mean))]], dtype=torch.float64)
        theta = torch.tensor([np.log((1 - rho) / rho)])
        return -loss(eta, theta, torch.tensor([[float(k)]]), torch.tensor([[float(n)]]).double()).item()

    exact = betabinomial.logpmf(k, n, mean, rho) - betabinomial.logpmf(k, n, mean / 2, rho)
    assert value(mean) - value(mean / 2) == pytest.approx(exact, abs=1e-6)


def test_the_trees_derivatives_are_those_of_the_likelihood():
    rng = np.random.default_rng(0)
    n = rng.integers(100, 5000, 40)
    k, eta, s = np.minimum(rng.integers(0, 60, 40), n), rng.normal(-3, 1.5, 40), 1 / 0.03 - 1
    pairs = _objective(k.astype(float), n.astype(float), s).calc_ders_range(eta, np.arange(40.0), None)

    def score(eta):
        return betabinomial.logpmf(k, n, expit(eta), 1 / (1 + s))

    h = 1e-4
    first = (score(eta + h) - score(eta - h)) / (2 * h)
    second = (score(eta + h) - 2 * score(eta) + score(eta - h)) / h**2
    assert np.array(pairs)[:, 0] == pytest.approx(first, rel=1e-5, abs=1e-6)
    assert np.array(pairs)[:, 1] == pytest.approx(np.minimum(second, -1e-3), rel=1e-3, abs=1e-4)
    total, posts = _metric(k.astype(float), n.astype(float), s).evaluate([eta], np.arange(40.0), None)
    assert (total, posts) == (pytest.approx(score(eta).sum(), rel=1e-9), 40)


@pytest.mark.parametrize("member", [linear.Linear, Boosted, Neural])
def test_what_never_varied_in_training_moves_no_forecast(member, monkeypatch):
    """Neither a constant column, but for rounding, nor a direction that no training post takes."""
    monkeypatch.setattr(Neural, "EPOCHS", 3)
    monkeypatch.setattr(Boosted, "TREES", 20)
    rng = np.random.default_rng(0)
    _, counts, views, _ = world(300, 0)
    narrow, wide = rng.normal(size=(300, 4)), rng.normal(size=(300, 3)) @ rng.normal(size=(3, 90))
    narrow[:, 3] = 1e-9 * rng.normal(size=300)
    features = {"narrow": narrow, "wide": wide}
    model = member().fit(features, counts, views, Validation(features, counts, views))
    unseen = null_space(wide / wide.std(0)) * wide.std(0)[:, None]
    far = {"narrow": narrow + np.array([0, 0, 0, 5.0]), "wide": wide + 5 * unseen @ rng.normal(size=unseen.shape[1])}
    expected = model.predict(features).mean
    assert model.predict(far).mean == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("member", [Boosted, Neural])
def test_counts_without_overdispersion_are_learnt(member, monkeypatch):
    monkeypatch.setattr(Neural, "EPOCHS", 3)
    monkeypatch.setattr(Boosted, "TREES", 20)
    features, _, views, _ = world(300, 0)
    counts = np.column_stack([views // 50, views // 9])  # less spread than a binomial's
    rates = member().fit(features, counts, views, Validation(features, counts, views)).predict(features)
    assert rates.mean == pytest.approx(np.tile([1 / 50, 1 / 9], (300, 1)), rel=0.05)
