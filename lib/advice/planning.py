"""From advice to experiment: how many posts show an effect, which posts get the change, and what came out.

An experiment has two sides: posts with a change and posts without it. Chance decides the side of each post. Two views
of one post are correlated, so that the n views of a post tell as much as n / (1 + (n - 1) rho) views of different
posts. The numbers of posts follow from the views, the rate and the rho of the feed's posts.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
from scipy.special import ndtri

from lib.advice.changes import relative_change
from lib.advice.effects import ALL, MIN_POSTS_A_SIDE
from lib.advice.experiments import read_tests
from lib.advice.scorer import ANY_TOPIC, Scorer, ScorerEffect
from lib.advice.within_tests import fit_within
from lib.betabinomial import rvs
from lib.posts import PostsError, printable, quoted, read_table

LEVEL, POWER = 0.95, 0.8
WEEKS = (4, 8, 12)
SIMULATIONS = 200

# A shorter experiment is not planned: some posts are lost, and an interval takes MIN_POSTS_A_SIDE. A longer one is
# refused.
LEAST_POSTS_A_SIDE, MOST_POSTS_A_SIDE = 40, 3000

WITH, WITHOUT = "with", "without"

# The variance of a log ratio grows faster than the square of a decrease that is larger than this, on the log scale.
_LARGEST_DECREASE = 2.2


@dataclass(frozen=True)
class Population:
    """The posts that an experiment is planned for.

    Attributes
    ----------
    views : (q,) int, numbers of views, each as probable as any other
    rate : float, actions per view without the change
    rho : float, correlation of two views of one post
    """

    views: np.ndarray
    rate: float
    rho: float

    @property
    def independent_views(self) -> float:
        """How many views of different posts tell as much as one post does, on average."""
        return float((self.views / (1 + (self.views - 1) * self.rho)).mean())


@dataclass(frozen=True)
class Comparison:
    """Posts with a change compared with posts without it.

    Attributes
    ----------
    rates : (2,) float, actions per view without and with the change; posts are weighted by what they tell
    posts : (2,) int, numbers of posts without and with the change
    effect, low, high : float, relative change of the rate with its interval; NaN if a side has no action
    p : float, of no effect, two-sided
    """

    rates: tuple[float, float]
    posts: tuple[int, int]
    effect: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Plan:
    """An experiment on one lever and one goal.

    Attributes
    ----------
    goal, lever
        An activity and a lever, by id.
    topic
        Position in the scorer's ``topics``.
    population
        The posts of the topic.
    estimate
        The feed's estimate of the effect; None if there is none.
    effect
        The relative change of the rate that the experiment is to find.
    posts
        Posts on either side that find it.
    cautious
        The end of the estimate's interval that is nearer to no effect, and the posts on either side that find it; None
        if the effect is not the estimate, or the interval holds no effect.
    power
        Share of simulated outcomes in which ``posts`` find the effect.
    smallest
        Weeks to the posts on either side and the smallest effect, of the same direction, that they find; NaN if none.
    posts_per_week, seed, schedule
        As for :func:`make_schedule`, and the schedule.
    """

    goal: str
    lever: str
    topic: int
    population: Population
    estimate: ScorerEffect | None
    effect: float
    posts: int
    cautious: tuple[float, int] | None
    power: float
    smallest: dict[int, tuple[int, float]]
    posts_per_week: int
    seed: int
    schedule: pd.DataFrame


def make_plan(
    scorer: Scorer,
    goal: str,
    lever: str,
    topic: str | None = None,
    effect: float | None = None,
    posts_per_week: int = 7,
    seed: int = 0,
) -> Plan:
    """Plan an experiment for posts like those of a feed.

    Parameters
    ----------
    topic
        Name of a topic; None for posts of all topics.
    effect
        The relative change to find; None for the feed's estimate.
    posts_per_week
        Posts of both sides together.

    Raises
    ------
    PostsError
        If the feed knows too little of the goal, the lever or the topic, or it would take over ``MOST_POSTS_A_SIDE``.
    """
    at = find_topic(scorer, topic)
    estimate, population = expected_effect(scorer, goal, lever, at), find_population(scorer, goal, at)
    asked = effect is not None
    if not asked:
        if estimate is None:
            raise PostsError(
                f"The feed has no estimate of what {lever} does to {goal}. Say with --effect which change of the rate "
                "is worth finding, such as --effect 20%."
            )
        effect = estimate.effect
    if not 0 < population.rate * (1 + effect) < 1:
        raise PostsError(f"No rate can change by {100 * effect:+.3g} %: it would be 0 or 1. Give a smaller --effect.")
    smallest = {}
    for weeks in WEEKS:
        posts = weeks * posts_per_week // 2
        smallest[weeks] = (posts, smallest_effect(population, posts, effect > 0))
    posts = posts_needed(population, effect)
    if posts > MOST_POSTS_A_SIDE:
        found = smallest[WEEKS[-1]][1]
        within = "" if math.isnan(found) else f" The posts of {WEEKS[-1]} weeks find {100 * found:+.0f} %."
        raise PostsError(
            f"To find {100 * effect:+.2g} % takes {posts:,} posts on either side.{within} Say with --effect which "
            "larger change is worth finding, such as --effect 20%."
        )
    near = None if asked else estimate.low if effect > 0 else estimate.high
    cautious = near is not None and near * effect > 0
    return Plan(
        goal=goal,
        lever=lever,
        topic=at,
        population=population,
        estimate=estimate,
        effect=effect,
        posts=posts,
        cautious=(near, posts_needed(population, near)) if cautious else None,
        power=simulated_power(population, effect, posts, seed),
        smallest=smallest,
        posts_per_week=posts_per_week,
        seed=seed,
        schedule=make_schedule(posts, posts_per_week, seed),
    )


def posts_needed(population: Population, effect: float, power: float = POWER) -> int:
    """Posts on either side that find an effect with some power: at least ``LEAST_POSTS_A_SIDE``.

    With m independent views a post, the log ratio of two rates a and b of N posts each has the variance
    ((1 - a) / a + (1 - b) / b) / (N m). The views of a post are divided by the design effect 1 + (n - 1) rho.

    Parameters
    ----------
    effect
        Relative change of the rate, over -1 and not 0.

    References
    ----------
    Donner, Birkett & Buck (1981), Randomization by cluster: sample size requirements and analysis, American Journal of
    Epidemiology 114, doi:10.1093/oxfordjournals.aje.a113261: the design effect.
    """
    return max(math.ceil(_exact(population, math.log1p(effect), power)), LEAST_POSTS_A_SIDE)


def smallest_effect(population: Population, posts: int, more: bool = True, power: float = POWER) -> float:
    """The smallest increase (decrease, if not ``more``) that some posts on either side find; NaN if there is none."""
    end = -math.log(population.rate) - 1e-9 if more else -_LARGEST_DECREASE

    def excess(log_ratio: float) -> float:
        return _exact(population, log_ratio, power) - posts

    if posts < MIN_POSTS_A_SIDE or excess(end) > 0:
        return math.nan
    return math.expm1(scipy.optimize.brentq(excess, math.copysign(1e-6, end), end))


def _exact(population: Population, log_ratio: float, power: float) -> float:
    """The posts of :func:`posts_needed` before they are rounded."""
    rates = np.minimum(population.rate * np.exp([0.0, log_ratio]), 1.0)
    variance = ((1 - rates) / rates).sum() / population.independent_views
    return float((ndtri((1 + LEVEL) / 2) + ndtri(power)) ** 2 * variance / log_ratio**2)


def simulated_power(
    population: Population, effect: float, posts: int, seed: int = 0, simulations: int = SIMULATIONS
) -> float:
    """Share of simulated outcomes of some posts on either side in which :func:`compare_sides` finds an effect.

    The counts are beta-binomial, with the same rho on both sides.
    """
    rng = np.random.default_rng(seed)
    changed = np.arange(2 * posts) < posts
    found = 0
    for _ in range(simulations):
        n = rng.choice(population.views, 2 * posts)
        k = rvs(n, population.rate * np.where(changed, 1 + effect, 1.0), population.rho, rng)
        found += compare_sides(k, n, changed).p < 1 - LEVEL
    return found / simulations


def make_schedule(posts: int, posts_per_week: int, seed: int = 0) -> pd.DataFrame:
    """Which posts get the change: one of every two neighbours, by chance.

    Parameters
    ----------
    posts
        On either side.

    Returns
    -------
    ``post`` and ``week``, int from 1; ``side``, "with" or "without".
    """
    pairs = np.random.default_rng(seed).permuted(np.tile([WITH, WITHOUT], (posts, 1)), axis=1)
    number = np.arange(2 * posts)
    return pd.DataFrame({"post": number + 1, "week": number // posts_per_week + 1, "side": pairs.ravel()})


def compare_sides(k: np.ndarray, n: np.ndarray, changed: np.ndarray) -> Comparison:
    """The effect of a change on the rate, from posts with the change and posts without it.

    The posts are the arms and the clusters of one test (:func:`lib.advice.within_tests.fit_within`). This needs only
    the means of the counts to be right: neither the beta-binomial, nor one rho on both sides, nor a rate that is free
    of the views. The mean that maximises a beta-binomial likelihood depends on all of these. The fit leaves out the
    error of the test's intercept, which the factor N / (N - 2) of the variance allows for. The interval uses Student's
    t with the posts of the smaller side minus one degrees of freedom.

    Parameters
    ----------
    k, n : (N,) int, counts and views
    changed : (N,) bool, the side
    """
    one = np.zeros(len(k), dtype=int)
    fit = fit_within(changed[:, None].astype(float), k, n, one, np.arange(len(k)))
    posts = (int((~changed).sum()), int(changed.sum()))
    weight = 1 / (1 + (n - 1) * (fit.rho if fit.converged else 0.0))
    rates = tuple(float((weight * k)[side].sum() / (weight * n)[side].sum()) for side in (~changed, changed))
    if not fit.converged or min(rates) <= 0:
        return Comparison(rates, posts, math.nan, math.nan, math.nan, math.nan)
    error = math.sqrt(fit.cov[0, 0] * len(k) / (len(k) - 2))
    change = relative_change(fit.coef[0], error, min(posts) - 1, LEVEL)
    return Comparison(rates, posts, **{name: float(value) for name, value in change.items()})


def read_outcome(path: str | os.PathLike[str], goal: str, lever: str) -> tuple[Comparison, pd.DataFrame]:
    """Read a schedule with its results, and compare its sides.

    Parameters
    ----------
    path
        CSV or Parquet file with the columns ``test`` (:func:`schedule_name`), ``side``, ``text``, ``view`` and the
        goal's.

    Returns
    -------
    comparison : Comparison
    set_aside : DataFrame
        ``row``, ``test`` and ``reason`` of the posts without a usable result.

    Raises
    ------
    PostsError
        If the file is not such a table, is of another experiment, or has too few results for an interval.
    """
    path = Path(path)
    tests = read_tests(path, counts=(goal,), keep_mismatches=True)  # posts differ in views, unlike arms of one post
    for test in tests.arms["test"].unique():
        if test != schedule_name(goal, lever):
            raise PostsError(
                f"{path} is of the experiment {quoted(test)}, not “{schedule_name(goal, lever)}”. Give the goal "
                "and the lever of the schedule."
            )
    table = read_table(path, ("side",))
    at = table.header.index("side")
    given = {row: str(fields[at]).strip().casefold() for row, fields in table.rows if len(fields) > at}
    sides = tests.arms["row"].map(given)
    for row, side in zip(tests.arms["row"], sides, strict=True):
        if side not in (WITH, WITHOUT):
            raise PostsError(f"{path}, row {row}: side is {quoted(side)}. Write {WITH} or {WITHOUT}.")
    changed = (sides == WITH).to_numpy()
    few = min(changed.sum(), (~changed).sum())
    if few < MIN_POSTS_A_SIDE:
        raise PostsError(
            f"{path} has results of {few:,} posts on one side, and an interval takes {MIN_POSTS_A_SIDE}. Go on with "
            "the schedule."
        )
    found = compare_sides(tests.arms[goal].to_numpy(), tests.arms["view"].to_numpy(), changed)
    if math.isnan(found.effect):
        raise PostsError(f"{path}: a side without any {goal} has no interval. Go on with the schedule.")
    return found, tests.set_aside


def schedule_name(goal: str, lever: str) -> str:
    """What a schedule has in its column ``test``."""
    return f"{goal}-{lever}"


def find_topic(scorer: Scorer, name: str | None) -> int:
    """Position in ``topics`` of a topic, by its name.

    Raises
    ------
    PostsError
        If there is no such topic.
    """
    names = {topic.name.casefold(): at for at, topic in enumerate(scorer.topics) if at != ANY_TOPIC}
    if name is None:
        return ANY_TOPIC
    found = names.get(name.strip().casefold())
    if found is None:
        known = ", ".join(printable(topic.name) for topic in scorer.topics[1:])
        raise PostsError(f"The feed has no topic {quoted(name)}; its topics are {known or 'not known'}.")
    return found


def expected_effect(scorer: Scorer, goal: str, lever: str, topic: int) -> ScorerEffect | None:
    """The feed's estimate for an experiment on posts of a topic; for posts of all topics, that of their average.

    Raises
    ------
    PostsError
        If the feed has no advice on the goal or no contrast of the lever.
    """
    scorer.check_goal(goal)
    levers = [each.name for each in scorer.levers]
    if lever not in levers:
        raise PostsError(f"The feed has no contrast of {lever!r}; it has of {', '.join(levers) or 'nothing'}.")
    row = scorer.effect(goal, lever, topic)
    if topic == ANY_TOPIC:
        rows = [row for row in scorer.effects if (row.activity, row.lever, row.scope) == (goal, lever, ALL)]
        row = rows[0] if rows else None
    return row if row and row.effect else None


def find_population(scorer: Scorer, goal: str, topic: int) -> Population:
    """The posts of a topic on which the goal is possible.

    Raises
    ------
    PostsError
        If their counts have no rate and no rho.
    """
    model = scorer.activities[goal].topics[topic]
    if model.rate is None or model.rho is None:
        way = "Leave out --topic." if topic != ANY_TOPIC else "Take another goal."
        raise PostsError(f"The counts of {goal} in these posts give no rate to plan with. {way}")
    return Population(np.array(scorer.topics[topic].views), model.rate, model.rho)
