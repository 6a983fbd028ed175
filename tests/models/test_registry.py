import re

import numpy as np
import pytest

from lib import betabinomial
from lib.features import BLOCKS, PAGE_BLOCKS
from lib.models.boosted import Boosted
from lib.models.crossfit import make_folds
from lib.models.forecast import Forecast
from lib.models.neural import Neural
from lib.models.registry import KINDS, MODELS, ModelSpec, fit_model, forecast_posts

POSTS = 120
FOLDS = make_folds(np.arange(POSTS))


@pytest.fixture(scope="module")
def feed():
    """Blocks of noise, counts, views and the true means."""
    rng = np.random.default_rng(0)
    blocks = {block: rng.normal(size=(POSTS, 20)) for block in (*BLOCKS, *PAGE_BLOCKS)}
    blocks["group"] = (np.arange(POSTS) % 7)[:, None].astype(float)
    blocks["group"][:10] = np.nan
    views = rng.integers(500, 5000, POSTS)
    mean = rng.uniform(0.02, 0.2, (POSTS, 2))
    counts = betabinomial.rvs(views[:, None], mean, 0.01, rng)
    return blocks, counts, views, mean


def members_of(spec, mean):
    """A forecast for each member: the true means, then powers of them."""
    return [Forecast(mean**power, np.full(2, 0.01)) for power in (1, 0.5, 2, 0.8, 1.2)[: len(spec.others)]]


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_model_fits_and_forecasts(spec, feed, monkeypatch):
    monkeypatch.setattr(Boosted, "MOST_TREES", 5)
    monkeypatch.setattr(Neural, "EPOCHS", 1)
    blocks, counts, views, mean = feed
    members = members_of(spec, mean)
    fitted = fit_model(spec, blocks, counts, views, FOLDS, members)
    assert type(fitted.model) is KINDS[spec.kind]
    found = forecast_posts(spec, fitted.model, fitted.structure, blocks, POSTS, members)
    for forecast in (found, fitted.cross_fitted):
        assert forecast.mean.shape == (POSTS, 2) and np.broadcast_to(forecast.rho, (POSTS, 2)).shape == (POSTS, 2)
        assert ((forecast.mean > 0) & (forecast.mean < 1)).all() and ((forecast.rho >= 0) & (forecast.rho < 1)).all()


@pytest.mark.parametrize("name", ["baseline", "blend"])
def test_no_post_is_in_its_own_cross_fitted_forecast(name, feed):
    blocks, counts, views, mean = feed
    changed, held = counts.copy(), FOLDS[0][1]
    changed[held] = 0
    found = [
        fit_model(MODELS[name], blocks, k, views, FOLDS, members_of(MODELS[name], mean)).cross_fitted.mean
        for k in (counts, changed)
    ]
    assert np.array_equal(found[0][held], found[1][held]) and not np.allclose(*found)


@pytest.mark.parametrize("spec", [spec for spec in MODELS.values() if spec.kind == "Blend"], ids=lambda spec: spec.id)
def test_a_blend_uses_its_members(spec, feed):
    blocks, counts, views, mean = feed
    blocks = blocks | {"group": np.ones((POSTS, 1))}
    assert set(spec.members) <= set(MODELS) and spec.id not in spec.members
    members = members_of(spec, mean)
    fitted = fit_model(spec, blocks, counts, views, FOLDS, members)
    forecast, other = (
        forecast_posts(spec, fitted.model, fitted.structure, blocks, POSTS, given)
        for given in (members, [Forecast(m.mean[::-1], m.rho) for m in members])
    )
    assert other.mean == pytest.approx(forecast.mean[::-1])


def test_ids_are_file_names_and_specifications_survive_as_fields():
    assert len({spec.label for spec in MODELS.values()}) == len(MODELS)
    for name, spec in MODELS.items():
        assert name == spec.id and re.fullmatch(r"[a-z][a-z_]*", name)
        assert set(spec.blocks) <= {*BLOCKS, *PAGE_BLOCKS} and spec.kind in KINDS
        assert ModelSpec(**spec.describe()) == spec


@pytest.mark.parametrize("spec", [spec for spec in MODELS.values() if spec.whole], ids=lambda spec: spec.id)
def test_posts_of_no_known_group_have_the_forecast_of_the_whole(spec, feed, monkeypatch):
    monkeypatch.setattr(Boosted, "MOST_TREES", 5)
    monkeypatch.setattr(Neural, "EPOCHS", 1)
    blocks, counts, views, mean = feed
    others = [*members_of(spec, mean)[:-1], Forecast(mean / 2, np.full((POSTS, 2), 0.3))]
    fitted = fit_model(spec, blocks, counts, views, FOLDS, others)
    for found in (fitted.cross_fitted, forecast_posts(spec, fitted.model, fitted.structure, blocks, POSTS, others)):
        assert np.array_equal(found.mean[:10], mean[:10] / 2) and (found.rho[:10] == 0.3).all()
        assert not np.isclose(found.mean[10:], mean[10:] / 2).all() and (found.rho[10:] != 0.3).all()
