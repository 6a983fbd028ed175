import numpy as np
import pytest
from model_world import world

from lib import betabinomial
from lib.models import scoring
from lib.models.forecast import Validation
from lib.models.linear import Linear, Rate


@pytest.fixture(scope="module")
def fitted():
    features, counts, views, _ = world(1500, 0)
    return Linear(components=20).fit(features, counts, views, Validation(*world(300, 1)[:3]))


def test_linear_closes_most_of_the_gap_and_knows_its_spread(fitted):
    features, counts, views, truth = world(3000, 2)
    forecast = fitted.predict(features)
    base = Rate().fit(*world(1500, 0)[1:3]).predict(3000)
    score = [scoring.log_score(counts, views, f) for f in (forecast, base, truth)]
    for a in range(2):
        assert scoring.gap_closed(*(s[:, a] for s in score)) > 0.9
    values = scoring.pit(counts, views, forecast, np.random.default_rng(0))
    assert scoring.coverage(values, 0.9) == pytest.approx(0.9, abs=0.03)


def test_absence_is_information_not_zeros(fitted):
    features, _, _, truth = world(3000, 2)
    absent = np.isnan(features["photo"]).any(1)
    mean = fitted.predict(features).mean[absent]
    assert mean == pytest.approx(truth.mean[absent], rel=0.15)


def test_a_forecast_does_not_depend_on_the_other_posts(fitted):
    features = world(50, 3)[0]
    together = fitted.predict(features).mean
    alone = np.vstack([fitted.predict({"photo": features["photo"][[i]]}).mean for i in range(50)])
    assert alone == pytest.approx(together, rel=1e-6)


def test_the_penalty_is_chosen_on_the_validation_posts():
    """With features of pure noise, the validation posts must choose the strongest penalties."""
    _, counts, views, _ = world(400, 0)
    noise = {"photo": np.random.default_rng(5).normal(size=(400, 100))}
    held = world(200, 1)
    validation = Validation({"photo": np.random.default_rng(6).normal(size=(200, 100))}, *held[1:3])
    model = Linear(100).fit(noise, counts, views, validation)
    assert (model.penalties_ >= 100).all()


@pytest.mark.parametrize("block", [np.full((60, 4), np.nan), np.ones((60, 4))], ids=["absent", "constant"])
def test_useless_blocks_do_no_harm(block):
    rng = np.random.default_rng(0)
    views = np.full(60, 1000)
    counts = betabinomial.rvs(views[:, None], np.full((60, 1), 0.05), 0.01, rng)
    forecast = Linear().fit({"b": block}, counts, views).predict({"b": block})
    assert forecast.mean == pytest.approx(Rate().fit(counts, views).predict(60).mean, rel=0.02)
