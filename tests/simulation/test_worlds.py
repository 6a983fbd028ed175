"""Each world breaks the assumption that it says it breaks, and no other; the plain world is what it always was."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from lib.features import contrasts, property_values, readable_features
from lib.posts import ACTIVITIES, counts
from lib.simulation import PLAIN, WORLDS, mechanism, simulate, true_effects
from lib.simulation.worlds import HiddenCause, Interactions, VaryingRho

POSTS, COPIES = 250, 120
OTHERS = [name for name in WORLDS if name != PLAIN]


@pytest.fixture(scope="module")
def made():
    return simulate(POSTS, seed=3)


@pytest.fixture(scope="module")
def drawn(made):
    """Each world on the same posts, each of them many times over."""
    t, rows = made.truth, np.repeat(np.arange(POSTS), COPIES)
    content = t.topic[rows], t.theme[rows], t.kind[rows], t.levers.iloc[rows].reset_index(drop=True)
    return {name: world.draw(*content, np.random.default_rng(1)) for name, world in WORLDS.items()}, content


def rates(drawn, name):
    of = drawn[0][name]
    return of.counts / of.views[:, None]


def test_the_plain_world_is_what_it_always_was():
    posts = simulate(60, seed=3).posts
    found = hashlib.sha256(posts["view"].to_numpy().tobytes() + counts(posts).tobytes()).hexdigest()
    assert found.startswith("915432f150b65f6a2d9fb56c2b56aef3")


@pytest.mark.parametrize("world", OTHERS)
def test_a_world_changes_counts_but_no_text_and_no_photo(made, world):
    other = simulate(POSTS, 3, world)
    pd.testing.assert_frame_equal(other.posts[["text", "photo"]], made.posts[["text", "photo"]])
    assert not np.array_equal(counts(other.posts), counts(made.posts)) and other.truth.world == world
    assert (counts(other.posts) <= other.posts["view"].to_numpy()[:, None]).all()


def test_an_unknown_world_is_refused():
    with pytest.raises(ValueError, match="no world 'flat'; there are plain"):
        simulate(3, world="flat")


@pytest.mark.parametrize("world", WORLDS)
def test_the_true_mean_is_the_expected_rate(drawn, world):
    ratio = rates(drawn, world).mean(0) / drawn[0][world].mean.mean(0)
    np.testing.assert_allclose(ratio, 1, atol=0.04)


@pytest.mark.parametrize("world", ["varying-rho", "heavy-tails", "mixture", "ranking"])
def test_only_some_worlds_change_the_means(drawn, world):
    np.testing.assert_array_equal(drawn[0][world].mean, drawn[0][PLAIN].mean)


def test_rho_varies_with_topic_and_hashtags_alone(drawn):
    topic, _, _, levers = drawn[1]
    times = np.exp(logit(drawn[0]["varying-rho"].rho) - logit(mechanism.RHO))
    fickle, tagged = np.isin(topic, VaryingRho.FICKLE), levers["hashtags"] == 1
    for where, expected in ((fickle & tagged, 6), (fickle & ~tagged, 3), (~fickle & tagged, 2 / 3)):
        np.testing.assert_allclose(times[where], expected)
    spread = [(rates(drawn, world) - drawn[0][world].mean)[fickle].std(0) for world in ("varying-rho", PLAIN)]
    assert (spread[0] > 1.3 * spread[1]).all()


def test_heavy_tails_leave_the_middle_and_hold_more_far_out():
    mean, rng = np.full((50_000, 7), 0.02), np.random.default_rng(0)
    plain, heavy = (WORLDS[world].rates(mean, mechanism.RHO, rng)[:, 0] for world in (PLAIN, "heavy-tails"))
    middle = [np.ptp(np.quantile(of, [0.25, 0.75])) for of in (plain, heavy)]
    assert middle[1] == pytest.approx(middle[0], rel=0.1)
    assert (heavy > np.quantile(plain, 0.999)).mean() > 0.005


def test_a_tenth_of_the_mixture_are_hits():
    mean = np.full((20_000, 7), 0.02)
    found = WORLDS["mixture"].rates(mean, np.full(7, 1e-6), np.random.default_rng(0))
    hit = found > 0.04
    assert (hit.all(1) | ~hit.any(1)).all() and hit.mean() == pytest.approx(0.1, abs=0.01)
    assert logit(found[hit]).mean() == pytest.approx(logit(0.02) + np.log(4), abs=0.01)
    assert found.mean() == pytest.approx(0.02, rel=0.02)


def test_a_feed_that_ranks_shows_more_of_what_is_liked(drawn):
    def goes_with_views(world):
        of = drawn[0][world]
        return np.corrcoef(np.log(of.views), rates(drawn, world)[:, 0] / of.mean[:, 0])[0, 1]

    assert abs(goes_with_views(PLAIN)) < 0.02 < 0.25 < goes_with_views("ranking")
    views = [drawn[0][world].views for world in (PLAIN, "ranking")]
    assert np.median(views[1]) == pytest.approx(np.median(views[0]), rel=0.03)


def test_a_hidden_cause_goes_with_two_levers_and_adds_to_all_rates(drawn):
    of, levers = drawn[0]["hidden-cause"], drawn[1][3]
    added = logit(of.mean) - logit(drawn[0][PLAIN].mean)
    np.testing.assert_allclose(added, HiddenCause.EFFECT * np.tile(of.hidden[:, None], 7), atol=1e-6)
    X = np.column_stack([np.ones(len(levers)), levers[["hashtags", "question", "link"]]])
    np.testing.assert_allclose(np.linalg.lstsq(X, of.hidden, rcond=None)[0], [0, 0.8, 0.8, 0], atol=0.05)
    assert all((drawn[0][name].hidden == 0).all() for name in WORLDS if name != "hidden-cause")


@pytest.mark.parametrize("pair", Interactions.PRODUCTS, ids=" × ".join)
def test_levers_interact_in_the_world_of_interactions_only(made, pair):
    def crossed(world):
        """The second difference of the log-odds."""
        found = []
        for values in ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)):
            levers = made.truth.levers.assign(**dict(zip(pair, values, strict=True)))
            t = made.truth
            found.append(logit(WORLDS[world].mean(t.topic, t.theme, t.kind, levers, np.zeros(POSTS))))
        return found[0] - found[1] - found[2] + found[3]

    expected = [Interactions.PRODUCTS[pair].get(activity, 0.0) for activity in ACTIVITIES]
    np.testing.assert_allclose(crossed("interactions"), np.tile(expected, (POSTS, 1)), atol=1e-5)
    np.testing.assert_allclose(crossed(PLAIN), 0, atol=1e-5)


def test_a_lever_works_less_where_the_content_draws_and_length_has_an_optimum(made):
    t = made.truth

    def score(**levers):
        changed = t.levers.assign(**levers)
        return logit(WORLDS["non-additive"].mean(t.topic, t.theme, t.kind, changed, np.zeros(POSTS)))

    content = logit(mechanism.mean_rates(t.topic, t.theme, t.kind, t.levers * 0.0)) - mechanism.INTERCEPT
    hide = ACTIVITIES.index("hide")
    effect = (score(call=1.0) - score(call=0.0))[:, hide]
    np.testing.assert_allclose(effect, 0.25 * (1 - 0.6 * np.tanh(content[:, hide])), atol=1e-6)
    comment = ACTIVITIES.index("comment")
    at = [score(words=float(words))[:, comment] for words in (3, 5, 7)]
    assert (at[1] > at[0]).all() and (at[1] > at[2]).all()


@pytest.mark.parametrize("world", WORLDS)
def test_true_effects_are_those_of_posts_whose_lever_is_changed(world):
    """By brute force: the same posts, hidden values included, with a lever set to each of its values, drawn often."""
    made = simulate(POSTS, 4, world)
    t, of = made.truth, WORLDS[world]
    asked = [c for c in contrasts(property_values(readable_features(made.posts))) if c.lever in ("question", "link")]
    known = true_effects(asked, t).set_index(["lever", "activity"])["truth"]
    rng = np.random.default_rng(0)
    for contrast in asked:
        rows = np.repeat(np.flatnonzero(contrast.posts), 400)
        found = []
        for value in (0.0, 1.0):
            levers = t.levers.iloc[rows].assign(**{contrast.lever: value})
            mean = of.mean(t.topic[rows], t.theme[rows], t.kind[rows], levers, t.hidden[rows])
            rho = t.rho if t.rho.ndim == 1 else t.rho[rows]
            found.append(rng.binomial(10_000, of.rates(mean, rho, rng)).mean(0))
        np.testing.assert_allclose(found[1] / found[0] - 1, known[contrast.lever], atol=0.06)


def test_true_effects_differ_where_they_should():
    def effect(world, lever, activity):
        made = simulate(POSTS, 4, world)
        asked = contrasts(property_values(readable_features(made.posts)))
        return true_effects(asked, made.truth).set_index(["lever", "activity"])["truth"][lever, activity]

    assert effect("hidden-cause", "hashtag", "like") == effect("heavy-tails", "hashtag", "like") == 0
    assert effect("interactions", "hashtag", "open") < -0.01 == effect(PLAIN, "hashtag", "open") - 0.01
