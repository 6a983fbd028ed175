import numpy as np
import pytest

from lib import betabinomial as bb


@pytest.fixture(scope="module")
def data():
    """Counts of a zero-inflated beta-binomial, and the three count models fitted to them."""
    rng = np.random.default_rng(0)
    n = rng.integers(1000, 20_000, 3000)
    k = np.where(rng.random(3000) < 0.2, 0, bb.rvs(n, 0.004, 0.002, rng))
    return k, n, bb.fit_count_models(k, n)


def test_count_models_are_nested_and_the_right_one_is_recovered(data):
    k, n, (binomial, plain, inflated) = data
    assert binomial.loglik < plain.loglik < inflated.loglik
    assert inflated.zero == pytest.approx(0.2, abs=0.025)
    assert inflated.mean == pytest.approx(0.004, rel=0.05) and inflated.rho == pytest.approx(0.002, rel=0.12)
    assert binomial.mean == k.sum() / n.sum()


def test_only_the_right_count_model_draws_data_like_the_data(data):
    k, n, fitted = data
    inside = {}
    for model in fitted:
        table = bb.replicate(model, k, n, draws=60)
        inside[model.name] = ((table["low"] <= table["observed"]) & (table["observed"] <= table["high"])).to_numpy()
    assert inside["zero-inflated"].all()
    assert not inside["binomial"].any() and not inside["beta-binomial"][0]


def test_rootogram_expects_what_the_count_model_draws(data):
    k, n, fitted = data
    for model in fitted:
        table = bb.rootogram(model, k, n, largest=400)
        assert table["expected"].sum() == pytest.approx(len(k), rel=0.01)
        drawn = np.bincount(model.draw(n, np.random.default_rng(1)), minlength=401)[:20]
        assert np.abs(drawn - table["expected"][:20]).max() < 5 * np.sqrt(table["expected"][:20].max() + 1)
    assert table["observed"].sum() == (k <= 400).sum() and table["observed"][0] == (k == 0).sum()


def test_shrinkage_is_towards_the_mean_and_strongest_with_few_views():
    model = bb.CountModel("beta-binomial", 0.0, 0.02, 0.01, 0.0)
    shrunk = bb.shrink(np.array([0, 0, 50_000]), np.array([1, 10_000, 1_000_000]), model)
    assert shrunk[0] == pytest.approx(0.02, rel=0.02)
    assert shrunk[1] < 0.001
    assert shrunk[2] == pytest.approx(0.05, rel=1e-3)
    binomial = bb.CountModel("binomial", 0.0, 0.02, 0.0, 0.0)
    assert (bb.shrink(np.array([0, 9]), np.array([10, 10]), binomial) == 0.02).all()


def test_signal_share_is_the_share_of_variance_between_posts():
    rng = np.random.default_rng(3)
    n, rho, mean = 500, 0.01, 0.1
    k = bb.rvs(np.full(200_000, n), mean, rho, rng)
    between = rho * mean * (1 - mean)
    assert bb.signal_share(n, rho) == pytest.approx(between / (k / n).var(), rel=0.02)
