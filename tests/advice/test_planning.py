"""Experiments of known effects: how many posts show them, how posts are assigned, and what is read of the outcome."""

import math

import numpy as np
import pandas as pd
import pytest
from advice_world import make_sample
from scipy.stats import norm

from lib import betabinomial
from lib.advice import estimate, read_outcome, schedule_name
from lib.advice.planning import (
    LEAST_POSTS_A_SIDE,
    MIN_POSTS_A_SIDE,
    WITH,
    Population,
    compare_sides,
    expected_effect,
    find_population,
    find_topic,
    make_plan,
    make_schedule,
    posts_needed,
    simulated_power,
    smallest_effect,
)
from lib.posts import PostsError

VIEWS = np.exp(np.random.default_rng(0).normal(9, 1.1, 50)).astype(int)
LIKES, COMMENTS = Population(VIEWS, 0.024, 0.036), Population(VIEWS, 0.00065, 0.0016)


@pytest.fixture(scope="module")
def scorer():
    return estimate(make_sample(1200)).scorer


@pytest.mark.parametrize("effect", [0.3, -0.3])
@pytest.mark.parametrize(
    ("rate", "views"), [(0.02, 3000), (0.0005, 800)], ids=["many actions a post", "few actions a post"]
)
def test_without_correlation_the_numbers_are_those_of_two_proportions(rate, views, effect):
    """The classical number of views, by the delta method; equal posts of one view each share it out."""
    after = rate * (1 + effect)
    z = norm.ppf(0.975) + norm.ppf(0.8)
    needed = z**2 * (1 / rate - 1 + 1 / after - 1) / math.log1p(effect) ** 2
    found = posts_needed(Population(np.array([views]), rate, 0.0), effect)
    assert found == max(math.ceil(needed / views), LEAST_POSTS_A_SIDE)
    # The design effect of equal posts is 1 + (n - 1) rho.
    found = posts_needed(Population(np.array([views]), rate, 0.01), effect)
    assert found == math.ceil(needed * (1 + (views - 1) * 0.01) / views)


@pytest.mark.parametrize("population", [LIKES, COMMENTS], ids=["likes", "comments"])
@pytest.mark.parametrize("effect", [0.35, -0.3])
def test_the_analysis_has_the_power_that_the_formula_says(population, effect):
    posts = posts_needed(population, effect)
    power = simulated_power(population, effect, posts, simulations=400)
    assert abs(power - 0.8) < 3 * math.sqrt(0.8 * 0.2 / 400)
    half = _power(population, effect, posts // 2)
    assert abs(simulated_power(population, effect, posts // 2, simulations=400) - half) < 3 * math.sqrt(0.25 / 400)
    assert simulated_power(population, 0.0, posts, simulations=400) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def _power(population, effect, posts):
    """The power of some posts on either side, by the normal approximation."""
    rates = population.rate * np.array([1, 1 + effect])
    error = math.sqrt(((1 - rates) / rates).sum() / posts / population.independent_views)
    return norm.sf(norm.ppf(0.975) - abs(math.log1p(effect)) / error)


@pytest.mark.parametrize("more", [True, False])
def test_the_smallest_effect_is_the_one_that_takes_the_posts(more):
    for posts in (60, 400, 5000):
        effect = smallest_effect(LIKES, posts, more)
        assert (effect > 0) == more and posts_needed(LIKES, effect) in (posts, posts + 1)
    assert math.isnan(smallest_effect(LIKES, MIN_POSTS_A_SIDE - 1, more))


def test_no_decrease_is_found_by_posts_that_tell_too_little():
    rare = Population(np.array([100]), 1e-5, 0.0)
    assert math.isnan(smallest_effect(rare, 100, more=False)) and smallest_effect(rare, 100) > 100


# Views and rates that go together, a rho that grows with the change, and counts that are no beta-binomial.
def together(n, rng):
    return 0.02 * (n / 8000.0) ** 0.3, 0.02


def plain(n, rng):
    return np.full(len(n), 0.0024), 0.0044


def mixed(n, rng):
    return 0.015 * np.where(rng.random(len(n)) < 0.3, 2.5, 0.4), 0.01


@pytest.mark.parametrize("world", [plain, together, mixed])
def test_intervals_hold_the_true_effect(world):
    rng, posts, effect, held, runs = np.random.default_rng(0), 60, 0.4, 0, 1000
    changed = np.arange(2 * posts) % 2 == 0
    for _ in range(runs):
        n = np.exp(rng.normal(9, 1.0, 2 * posts)).astype(int) + 50
        rate, rho = world(n, rng)
        k = betabinomial.rvs(n, rate * np.where(changed, 1 + effect, 1.0), rho * np.where(changed, 1.4, 1.0), rng)
        found = compare_sides(k, n, changed)
        held += found.low <= effect <= found.high
    assert 0.93 <= held / runs <= 0.97


def test_the_effect_is_that_of_the_rates_of_the_sides():
    rng = np.random.default_rng(1)
    n, changed = rng.choice(VIEWS, 90), np.arange(90) < 50
    k = betabinomial.rvs(n, 0.01 * np.where(changed, 2.0, 1.0), 0.01, rng)
    found = compare_sides(k, n, changed)
    assert found.posts == (40, 50) and found.low < found.effect < found.high and found.p < 0.05
    assert found.rates[1] / found.rates[0] - 1 == pytest.approx(found.effect, rel=1e-6)
    turned = compare_sides(k, n, ~changed)
    assert 1 + turned.effect == pytest.approx(1 / (1 + found.effect)) and turned.p == pytest.approx(found.p)
    assert math.isnan(compare_sides(k * changed, n, changed).effect)


def test_the_error_is_that_of_leaving_out_each_post():
    rng = np.random.default_rng(2)
    n, changed = np.full(80, 4000), np.arange(80) < 40
    k = betabinomial.rvs(n, 0.01 * np.where(changed, 1.5, 1.0), 0.005, rng)
    without = [np.delete(np.arange(80), i) for i in range(80)]
    logs = [np.log(k[of][changed[of]].mean() / k[of][~changed[of]].mean()) for of in without]
    error = math.sqrt(79 / 80 * ((np.array(logs) - np.mean(logs)) ** 2).sum())
    found = compare_sides(k, n, changed)
    half = np.log((1 + found.high) / (1 + found.low)) / 2
    assert half == pytest.approx(error * 2.0227, rel=0.01)  # Student's t with 39 degrees of freedom


@pytest.mark.parametrize(("posts", "per_week", "weeks"), [(40, 7, 12), (40, 20, 4), (3, 1, 6)])
def test_a_schedule_balances_the_sides(posts, per_week, weeks):
    found = make_schedule(posts, per_week, seed=3)
    assert found["post"].tolist() == list(range(1, 2 * posts + 1)) and found["week"].iloc[-1] == weeks
    assert found.groupby((found["post"] - 1) // 2)["side"].nunique().eq(2).all()
    assert found["week"].value_counts().max() == min(per_week, 2 * posts)
    pd.testing.assert_frame_equal(found, make_schedule(posts, per_week, seed=3))


def test_chance_decides_which_posts_get_the_change():
    first = np.array([make_schedule(40, 7, seed)["side"].to_numpy() == WITH for seed in range(200)])
    assert np.abs(first.mean(0) - 0.5).max() < 4 * 0.5 / math.sqrt(200)
    pairs = first[:, ::2]
    assert np.abs(np.corrcoef(pairs.T) - np.eye(40)).max() < 4.5 / math.sqrt(200)


def test_a_plan_follows_from_the_advice(scorer):
    row = next(r for r in scorer.effects if (r.lever, r.activity, r.scope) == ("question", "like", "all"))
    plan = make_plan(scorer, "like", "question", posts_per_week=20, seed=1)
    assert (plan.estimate, plan.effect) == (row, row.effect)
    assert plan.posts == posts_needed(plan.population, row.effect)
    assert plan.cautious == (row.low, posts_needed(plan.population, row.low))
    assert list(plan.smallest) == [4, 8, 12] and plan.smallest[8] == (80, smallest_effect(plan.population, 80))
    assert len(plan.schedule) == 2 * plan.posts and 0.5 < plan.power <= 1
    asked = make_plan(scorer, "like", "question", effect=-0.25)
    assert asked.effect == -0.25 and asked.cautious is None and asked.smallest[12][1] < 0


def test_each_topic_has_its_own_posts_and_effect(scorer):
    dogs = find_topic(scorer, " Собаки ")
    assert scorer.topics[dogs].name == "собаки" and find_topic(scorer, None) == 0
    everywhere, there = (find_population(scorer, "comment", topic) for topic in (0, dogs))
    assert there.rate > 1.05 * everywhere.rate and list(there.views) == scorer.topics[dogs].views
    # Without a topic the estimate is that of all posts, with a topic that of the topic.
    cats = find_topic(scorer, "кошки")
    scopes = [expected_effect(scorer, "comment", "question", topic).scope for topic in (0, cats)]
    assert scopes == ["all", str(cats)]


def test_the_saved_rate_is_that_of_the_posts():
    sample = make_sample(1200)
    found = find_population(estimate(sample).scorer, "like", 0)
    fit = betabinomial.fit_rate(sample.counts[:, 0], sample.views)
    assert (found.rate, found.rho) == (pytest.approx(fit.mean, rel=1e-5), pytest.approx(fit.rho, rel=1e-5))
    assert np.median(found.views) == pytest.approx(np.median(sample.views), rel=0.02)


@pytest.mark.parametrize(
    ("says", "given"),
    [
        ("no advice on 'hide'", {"goal": "hide"}),
        ("no contrast of 'smell'", {"lever": "smell"}),
        ("its topics are кошки, собаки", {"topic": "рыбы"}),
        ("no estimate .* --effect 20%", {"lever": "mention"}),
        ("takes .* posts on either side. .* --effect", {"effect": 0.001}),
        ("would be 0 or 1", {"effect": 1000.0}),
    ],
)
def test_what_cannot_be_planned_is_refused_with_the_way_out(scorer, says, given):
    with pytest.raises(PostsError, match=says) as refusal:
        make_plan(scorer, **{"goal": "like", "lever": "question"} | given)
    assert "\n" not in str(refusal.value)


def results(path, rows, **changes):
    """A filled schedule of some rows, with a doubled rate of likes; ``changes`` replace columns."""
    rng = np.random.default_rng(0)
    table = make_schedule(rows // 2, 7).assign(test=schedule_name("like", "question"), text="https://vk.com/wall1")
    table["view"] = rng.integers(2000, 30_000, rows)
    change = np.where(table["side"] == WITH, 2.0, 1.0)
    table["like"] = betabinomial.rvs(table["view"].to_numpy(), 0.01 * change, 0.005, rng)
    table = table.astype(object)
    for column, (at, value) in changes.items():
        table.loc[at, column] = value
    table.to_csv(path, index=False)
    return table


def test_the_outcome_is_read_from_the_filled_schedule(tmp_path):
    lost = [0, 3, 7]
    table = results(tmp_path / "plan.csv", 100, view=(lost, ""))
    found, set_aside = read_outcome(tmp_path / "plan.csv", "like", "question")
    kept = table.drop(lost)
    changed = (kept["side"] == WITH).to_numpy()
    direct = compare_sides(kept["like"].to_numpy(int), kept["view"].to_numpy(int), changed)
    assert found == direct and found.low > 0 and sum(found.posts) == 97
    assert set_aside["row"].tolist() == [2, 5, 9] and set(set_aside["reason"]) == {"view is empty"}


@pytest.mark.parametrize(
    ("says", "rows", "changes"),
    [
        ("results of 25 posts on one side, and an interval takes 30", 50, {}),
        ("is of the experiment “like-call”, not “like-question”", 80, {"test": (slice(None), "like-call")}),
        ("row 6: side is “both”. Write with or without", 80, {"side": (4, "both")}),
        ("a side without any like", 80, {"like": (slice(None), 0)}),
        ("none of its 80 arms can be used: view is empty", 80, {"view": (slice(None), "")}),
    ],
)
def test_an_outcome_that_says_nothing_is_refused(tmp_path, says, rows, changes):
    results(tmp_path / "plan.csv", rows, **changes)
    with pytest.raises(PostsError, match=says) as refusal:
        read_outcome(tmp_path / "plan.csv", "like", "question")
    assert "\n" not in str(refusal.value) and "plan.csv" in str(refusal.value)


def test_an_outcome_without_the_schedules_columns_is_refused(tmp_path):
    table = results(tmp_path / "plan.csv", 80)
    for column in ("side", "like", "view", "test"):
        table.drop(columns=column).to_csv(tmp_path / "less.csv", index=False)
        with pytest.raises(PostsError, match=column):
            read_outcome(tmp_path / "less.csv", "like", "question")
