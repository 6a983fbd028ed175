"""Properties that the boosted trees and the network share: they learn what a linear model can't."""

import pickle

import numpy as np
import pytest
from model_world import folds
from scipy.linalg import null_space
from scipy.special import expit

from lib import betabinomial
from lib.models import scoring
from lib.models.boosted import Boosted
from lib.models.forecast import Forecast
from lib.models.linear import Linear, Rate
from lib.models.neural import Neural

RHO = np.array([0.01, 0.03])


def world(n, seed):
    """Posts whose rates depend on a product of features. A quarter have no text, and a rate of their own."""
    rng = np.random.default_rng(seed)
    text, photo = rng.normal(size=(n, 6)), rng.normal(size=(n, 4))
    absent = rng.random(n) < 1 / 4
    both = np.where(absent, 1.0, 0.8 * text[:, 0] * photo[:, 0])
    mean = expit(np.column_stack([-4 + both, -2.5 - both + 0.3 * photo[:, 1]]))
    text[absent] = np.nan
    views = rng.integers(500, 20_000, n)
    counts = betabinomial.rvs(views[:, None], mean, RHO, rng)
    return {"text": text, "photo": photo}, counts, views, Forecast(mean, RHO)


@pytest.fixture(scope="module", params=[Boosted, Neural])
def fitted(request):
    features, counts, views, _ = world(2500, 0)
    return request.param(components=10).fit(features, counts, views, folds(2500))


def test_it_learns_an_interaction_and_knows_its_spread(fitted):
    features, counts, views, truth = world(2000, 2)
    train = world(2500, 0)[:3]
    forecast, linear = fitted.predict(features), Linear().fit(*train, folds(2500)).predict(features)
    base = Rate().fit(*train[1:]).predict(2000)
    closed = [
        scoring.gap_closed(*(scoring.log_score(counts, views, f).mean(1) for f in (by, base, truth))).value
        for by in (forecast, linear)
    ]
    assert closed[0] > 0.75 > closed[1] + 0.3
    values = scoring.pit(counts, views, forecast, np.random.default_rng(0))
    assert scoring.coverage(values, 0.9) == pytest.approx(0.9, abs=0.045)


def test_cross_fitted_scores_foretell_those_of_new_posts(fitted):
    """The scores of the posts that a model was fitted to are better."""
    own, new = world(2500, 0), world(2000, 2)
    inside, crossed, outside = (
        scoring.log_score(*posts[1:3], forecast).mean()
        for posts, forecast in (
            (own, fitted.predict(own[0])),
            (own, fitted.cross_fitted_),
            (new, fitted.predict(new[0])),
        )
    )
    limit = [scoring.log_score(*posts[1:]).mean() for posts in (own, new)]
    assert abs((crossed - limit[0]) - (outside - limit[1])) < 0.03 < inside - crossed


def test_absence_is_information(fitted):
    features, _, _, truth = world(2000, 2)
    absent = np.isnan(features["text"]).any(1)
    ratio = fitted.predict(features).mean[absent] / truth.mean[absent]
    assert np.exp(np.log(ratio).mean(0)) == pytest.approx(1, abs=0.25)


def test_a_model_made_from_its_arrays_forecasts_the_same(fitted):
    features = world(100, 3)[0]
    again = type(fitted).from_arrays(fitted.arrays()).predict(features)
    assert np.array_equal(again.mean, fitted.predict(features).mean)
    assert all(isinstance(values, np.ndarray) for values in fitted.arrays().values())
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(features).mean, again.mean)


def test_a_forecast_does_not_depend_on_the_other_posts(fitted):
    features = world(40, 3)[0]
    alone = [fitted.predict({name: block[[i]] for name, block in features.items()}).mean for i in range(40)]
    assert np.vstack(alone) == pytest.approx(fitted.predict(features).mean, rel=1e-5)


@pytest.mark.parametrize("member", [Boosted, Neural])
def test_the_same_seed_gives_the_same_model_of_a_feed_without_texts(member, monkeypatch):
    monkeypatch.setattr(Neural, "EPOCHS", 2)
    monkeypatch.setattr(Boosted, "MOST_TREES", 20)
    features, counts, views, _ = world(300, 0)
    features["text"] = np.full_like(features["text"], np.nan)
    first, second = (member(seed=3).fit(features, counts, views, folds(300)).predict(features) for _ in range(2))
    assert np.array_equal(first.mean, second.mean) and np.isfinite(first.mean).all()


@pytest.mark.parametrize("member", [Boosted, Neural])
def test_without_any_feature_it_forecasts_the_rate(member, monkeypatch):
    monkeypatch.setattr(Neural, "EPOCHS", 2)
    _, counts, views, _ = world(400, 0)
    nothing = {"text": np.full((400, 3), np.nan), "photo": np.full((400, 2), np.nan)}
    model = member().fit(nothing, counts, views, folds(400))
    again = type(model).from_arrays(model.arrays()).predict(nothing).mean
    assert again == pytest.approx(Rate().fit(counts, views).predict(400).mean, rel=0.05)


@pytest.mark.parametrize("member", [Linear, Boosted, Neural])
def test_what_never_varied_in_training_changes_no_forecast(member, monkeypatch):
    """Neither a column that is constant up to rounding, nor a direction without variance in the training posts."""
    monkeypatch.setattr(Neural, "EPOCHS", 3)
    monkeypatch.setattr(Boosted, "MOST_TREES", 20)
    rng = np.random.default_rng(0)
    _, counts, views, _ = world(300, 0)
    narrow, wide = rng.normal(size=(300, 4)), rng.normal(size=(300, 3)) @ rng.normal(size=(3, 90))
    narrow[:, 3] = 1e-9 * rng.normal(size=300)
    features = {"narrow": narrow, "wide": wide}
    model = member().fit(features, counts, views, folds(300))
    unseen = null_space(wide / wide.std(0)) * wide.std(0)[:, None]
    far = {"narrow": narrow + np.array([0, 0, 0, 5.0]), "wide": wide + 5 * unseen @ rng.normal(size=unseen.shape[1])}
    expected = model.predict(features).mean
    assert model.predict(far).mean == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("member", [Boosted, Neural])
def test_counts_without_overdispersion_are_learnt(member, monkeypatch):
    monkeypatch.setattr(Neural, "EPOCHS", 3)
    monkeypatch.setattr(Boosted, "MOST_TREES", 20)
    features, _, views, _ = world(300, 0)
    counts = np.column_stack([views // 50, views // 9])  # less variance than binomial counts
    forecast = member().fit(features, counts, views, folds(300)).predict(features)
    assert forecast.mean == pytest.approx(np.tile([1 / 50, 1 / 9], (300, 1)), rel=0.05)


def test_each_network_sees_half_as_many_components():
    rng, (_, counts, views, _) = np.random.default_rng(0), world(300, 0)
    model = Neural(components=10)
    model.EPOCHS = 1
    model.fit({"text": rng.normal(size=(300, 40)), "photo": rng.normal(size=(300, 3))}, counts, views, folds(300))
    assert [weights["1.weight"].shape[1] for weights in model.weights_] == [10 + 3, 5 + 3, 2 + 2]
