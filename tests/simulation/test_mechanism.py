"""The mechanism does what its table of true effects says."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from lib.posts import ACTIVITIES
from lib.simulation import mechanism, simulate

POSTS = 250


@pytest.fixture(scope="module")
def truth():
    return simulate(POSTS, seed=3).truth


@pytest.mark.parametrize("lever", list(mechanism.LEVERS))
def test_one_unit_of_a_lever_has_the_effects_of_the_table(truth, lever):
    more = truth.levers.copy()
    more[lever] += 1
    difference = special.logit(mechanism.mean_rates(truth.topic, truth.theme, truth.kind, more)) - special.logit(
        truth.mean
    )
    expected = np.zeros((POSTS, 7))
    for row in truth.effects.query("lever == @lever").itertuples():
        if row.where in more:
            holds = truth.levers[row.where].to_numpy()
        else:
            holds = np.ones(POSTS) if row.where == "everywhere" else np.isin(truth.topic, row.where.split(", "))
        expected[:, ACTIVITIES.index(row.activity)] += row.effect * holds
    if lever == "folded":  # the interaction with lettering is listed under lettering
        together = truth.effects.query("where == 'folded' and activity == 'expand'")["effect"].item()
        expected[:, ACTIVITIES.index("expand")] += together * truth.levers["lettering"]
    np.testing.assert_allclose(difference, expected, atol=1e-6)


def test_some_true_effects_are_easy_to_miss(truth):
    effects, levers = truth.effects, truth.levers
    assert (effects.query("lever == 'hashtags'")["effect"] == 0).all() and levers["hashtags"].mean() > 0.05
    assert effects.query("lever == 'emoji' and activity == 'hide'")["effect"].item() == 0
    adverts = truth.topic == "adverts"
    assert levers["emoji"][adverts].mean() > 1.5 * levers["emoji"][~adverts].mean()
    assert mechanism.TOPICS.loc["adverts", "hide"] == mechanism.TOPICS["hide"].max()
    asked = effects.query("lever == 'question' and activity == 'comment'").set_index("where")["effect"]
    assert asked["everywhere"] == 0 and asked["football, games"] > 0.5


def test_counts_are_beta_binomial_and_correlated():
    n, mean, rho = 60_000, 0.02, 0.03
    views = np.full(n, 500)
    y = mechanism.draw_counts(np.full((n, 7), mean), np.full(7, rho), views, np.random.default_rng(1))
    np.testing.assert_allclose(y.mean(0), 500 * mean, rtol=0.03)
    np.testing.assert_allclose(y.var(0), 500 * mean * (1 - mean) * (1 + 499 * rho), rtol=0.06)
    found = pd.DataFrame(y, columns=ACTIVITIES).corr()
    assert found.loc["like", "open"] > 0.5 > found.loc["like", "share_to_message"] > 0.1
    assert found.loc["comment", "share_to_message"] < 0
