import re

import numpy as np
import pytest

from lib import betabinomial
from lib.features import BLOCKS
from lib.models.boosted import Boosted
from lib.models.forecast import Forecast
from lib.models.neural import Neural
from lib.models.registry import KINDS, MODELS, ModelSpec, fit_model, forecast_posts

POSTS = 120
TRAIN, VALIDATION = np.arange(80), np.arange(80, 110)


@pytest.fixture(scope="module")
def feed():
    """Blocks of noise, counts, views and the true means."""
    rng = np.random.default_rng(0)
    blocks = {block: rng.normal(size=(POSTS, 4)) for block in BLOCKS}
    views = rng.integers(500, 5000, POSTS)
    mean = rng.uniform(0.02, 0.2, (POSTS, 2))
    counts = betabinomial.rvs(views[:, None], mean, 0.01, rng)
    return blocks, counts, views, mean


def members_of(spec, mean):
    """A forecast for each member: the true means, then their square roots, then their squares."""
    powers = (1, 0.5, 2)
    return [Forecast(mean ** powers[i], np.full(2, 0.01)) for i in range(len(spec.members))]


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_model_fits_and_forecasts(spec, feed, monkeypatch):
    monkeypatch.setattr(Boosted, "TREES", 5)
    monkeypatch.setattr(Neural, "EPOCHS", 1)
    blocks, counts, views, mean = feed
    members = members_of(spec, mean)
    model = fit_model(spec, blocks, counts, views, TRAIN, VALIDATION, members)
    assert type(model) is KINDS[spec.kind]
    forecast = forecast_posts(spec, model, blocks, POSTS, members)
    assert forecast.mean.shape == (POSTS, 2) and forecast.rho.shape == (2,)
    assert ((forecast.mean > 0) & (forecast.mean < 1)).all() and ((forecast.rho >= 0) & (forecast.rho < 1)).all()
    if not spec.members:
        # The model needs only its own blocks, and depends on no post but the training and validation posts.
        own = {block: blocks[block] for block in spec.blocks}
        changed = counts.copy()
        changed[110:] = 0
        again = fit_model(spec, own, changed, views, TRAIN, VALIDATION)
        assert np.array_equal(forecast_posts(spec, again, own, POSTS).mean, forecast.mean)


@pytest.mark.parametrize("spec", [spec for spec in MODELS.values() if spec.members], ids=lambda spec: spec.id)
def test_a_blend_uses_its_members_and_is_fitted_to_the_validation_posts_alone(spec, feed):
    _, counts, views, mean = feed
    assert set(spec.members) <= set(MODELS) and spec.id not in spec.members
    members = members_of(spec, mean)
    model = fit_model(spec, {}, counts, views, TRAIN, VALIDATION, members)
    forecast = forecast_posts(spec, model, {}, POSTS, members)
    changed = counts.copy()
    changed[TRAIN] = 0
    again = fit_model(spec, {}, changed, views, TRAIN, VALIDATION, members)
    assert np.array_equal(forecast_posts(spec, again, {}, POSTS, members).mean, forecast.mean)
    other = forecast_posts(spec, model, {}, POSTS, [Forecast(m.mean[::-1], m.rho) for m in members])
    assert other.mean == pytest.approx(forecast.mean[::-1])


def test_ids_are_file_names_and_specifications_survive_as_fields():
    assert len({spec.label for spec in MODELS.values()}) == len(MODELS)
    for name, spec in MODELS.items():
        assert name == spec.id and re.fullmatch(r"[a-z][a-z_]*", name)
        assert set(spec.blocks) <= set(BLOCKS) and spec.kind in KINDS
        assert ModelSpec(**spec.describe()) == spec
