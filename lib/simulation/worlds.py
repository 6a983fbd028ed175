"""The worlds of the simulated feed: what the plain world assumes, and worlds that each break one assumption.

In every world a post's true mean is the expected rate of each activity, given its content and its hidden value. In a
world other than the plain one, ``RHO`` and the table of effects are still the numbers that the counts are drawn with,
but not all of what decides them.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from lib.posts import ACTIVITIES
from lib.simulation import mechanism

PLAIN = "plain"


class Drawn(NamedTuple):
    """What a world makes of the content of n posts.

    ``hidden`` (n,) float64, standard deviations of a hidden cause; ``mean`` (n, 7) float64 in (0, 1); ``rho`` (7,) or
    (n, 7) float64 in (0, 1); ``views`` (n,) int64; ``counts`` (n, 7) int64.
    """

    hidden: np.ndarray
    mean: np.ndarray
    rho: np.ndarray
    views: np.ndarray
    counts: np.ndarray


class World:
    """The plain world: effects add up in log-odds, rates are beta with one rho per activity, views ignore the rate.

    The parameters of the methods are those of :func:`lib.simulation.mechanism.log_odds` and ``draw_rates``.
    """

    name = PLAIN

    def draw(
        self, topic: np.ndarray, theme: np.ndarray, kind: np.ndarray, levers: pd.DataFrame, rng: np.random.Generator
    ) -> Drawn:
        """Views and counts of n posts, and the true values behind them."""
        hidden, rho = self.hidden(levers, rng), self.rho(topic, levers)
        mean = self.mean(topic, theme, kind, levers, hidden)
        return Drawn(hidden, mean, rho, *self.counted(topic, mean, rho, rng))

    def hidden(self, levers: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        """The hidden value of each post, (n,)."""
        return np.zeros(len(levers))

    def mean(
        self, topic: np.ndarray, theme: np.ndarray, kind: np.ndarray, levers: pd.DataFrame, hidden: np.ndarray
    ) -> np.ndarray:
        """The true means, (n, 7)."""
        return mechanism.mean_rates(topic, theme, kind, levers)

    def rho(self, topic: np.ndarray, levers: pd.DataFrame) -> np.ndarray:
        """The intra-class correlations, (7,) or (n, 7)."""
        return mechanism.RHO.copy()

    def rates(self, mean: np.ndarray, rho: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The posts' own rates, (n, 7), whose expectation is the mean."""
        return mechanism.draw_rates(mean, rho, rng)

    def counted(
        self, topic: np.ndarray, mean: np.ndarray, rho: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Views (n,) and counts (n, 7)."""
        views = mechanism.draw_views(topic, rng)
        return views, rng.binomial(views[:, None], self.rates(mean, rho, rng))


class VaryingRho(World):
    """rho varies with content: the odds of rho are three times as high in ``FICKLE`` topics, a third in the others.

    They are also twice as high on posts with hashtags, which change no mean. A beta-binomial with one rho per activity
    is then too narrow for some posts and too wide for others.
    """

    name = "varying-rho"
    FICKLE = ("news", "football", "games", "memes", "incidents", "adverts")

    def rho(self, topic: np.ndarray, levers: pd.DataFrame) -> np.ndarray:
        times = np.where(np.isin(topic, self.FICKLE), 3.0, 1 / 3) * np.where(levers["hashtags"] > 0, 2.0, 1.0)
        return _at_odds(mechanism.RHO, times[:, None])


class HeavyTails(World):
    """Heavy tails: each post and activity has a rho of its own, whose odds are divided by a chi-square over its mean.

    The chi-square has 3 degrees of freedom; Student's t arises so from the normal distribution. The mean rate stays the
    same, and the middle half of the posts lies about as near to it. Far out are about ten times as many posts as the
    beta-binomial allows.
    """

    name = "heavy-tails"

    def rates(self, mean: np.ndarray, rho: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return super().rates(mean, _at_odds(rho, 3 / rng.chisquare(3, mean.shape)), rng)


class Mixture(World):
    """A mixture in place of the beta-binomial: every tenth post is a hit, with four times the odds of all activities.

    The others have lower rates, so that the mean stays the same. Among hits and among the others, rates are beta with
    a quarter of the odds of rho. Nothing in a post says whether it is a hit.
    """

    name = "mixture"
    SHARE, TIMES = 0.1, 4.0

    def rates(self, mean: np.ndarray, rho: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        high = _at_odds(mean, self.TIMES)
        low = (mean - self.SHARE * high) / (1 - self.SHARE)
        hit = rng.random((len(mean), 1)) < self.SHARE
        return super().rates(np.where(hit, high, low), _at_odds(rho, 0.25), rng)


class Ranking(World):
    """The feed ranks by engagement: views follow the early rate.

    The first 1,000 views count the actions (without hides). The rank of this count among the posts has the correlation
    ``PULL`` with the logarithm of views, on the normal scale. The rate per view stays the same, but posts that do well
    are seen more often.
    """

    name = "ranking"
    EARLY, PULL = 1000, 0.7

    def counted(
        self, topic: np.ndarray, mean: np.ndarray, rho: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        rates = self.rates(mean, rho, rng)
        early = rng.binomial(self.EARLY, rates)
        liked = early.sum(1) - early[:, ACTIVITIES.index("hide")] + rng.random(len(rates))  # chance parts equal counts
        rank = special.ndtri((liked.argsort().argsort() + 0.5) / len(rates))
        z = self.PULL * rank + np.sqrt(1 - self.PULL**2) * rng.standard_normal(len(rates))
        views = mechanism.views_at(topic, z)
        return views, early + rng.binomial(views[:, None] - self.EARLY, rates)


class HiddenCause(World):
    """A hidden cause: a standard normal value per post, say the author's following, that no text or photo shows.

    One standard deviation adds ``EFFECT`` to the log-odds of every activity. The value is ``LIFT`` standard deviations
    higher on posts with hashtags and on posts with a question, because such authors write so. The levers' own effects
    are those of the plain world: what an author gains by a lever leaves the hidden value as it is.
    """

    name = "hidden-cause"
    EFFECT, LIFT = 0.3, 0.8

    def hidden(self, levers: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal(len(levers)) + self.LIFT * (levers["hashtags"] + levers["question"]).to_numpy()

    def mean(
        self, topic: np.ndarray, theme: np.ndarray, kind: np.ndarray, levers: pd.DataFrame, hidden: np.ndarray
    ) -> np.ndarray:
        return special.expit(mechanism.log_odds(topic, theme, kind, levers) + self.EFFECT * hidden[:, None])


class Interactions(World):
    """Lever × lever interactions: the products of two levers in ``PRODUCTS`` add to the log-odds as well.

    A lever's true effect then depends on what else is in the post, and its average on how the feed's posts are made.
    """

    name = "interactions"
    PRODUCTS: ClassVar = {
        ("hashtags", "link"): {"open": -0.6, "share_to_message": -0.5},
        ("question", "call"): {"comment": 0.7, "hide": 0.4, "like": -0.3},
        ("call", "emoji"): {"like": 0.25, "hide": 0.2},
        ("folded", "question"): {"expand": 0.5, "comment": -0.5},
        ("brightness", "colourfulness"): {"open_photo": 0.06, "like": 0.06},
    }

    def mean(
        self, topic: np.ndarray, theme: np.ndarray, kind: np.ndarray, levers: pd.DataFrame, hidden: np.ndarray
    ) -> np.ndarray:
        score = mechanism.log_odds(topic, theme, kind, levers)
        for (one, other), effects in self.PRODUCTS.items():
            for activity, effect in effects.items():
                score[:, ACTIVITIES.index(activity)] += effect * (levers[one] * levers[other]).to_numpy()
        return special.expit(score)


class NonAdditive(World):
    """Means that don't add up: levers work less where the content draws by itself, and two levers have an optimum.

    A lever's log-odds are multiplied by a number from 0.4 (a topic, theme and photo that draw much more than usual) to
    1.6 (much less). ``OPTIMA`` take log-odds away by the square of the distance from the best value.
    """

    name = "non-additive"
    OPTIMA: ClassVar = {
        "words": (5.0, 0.03, ("like", "comment", "share_to_message")),
        "brightness": (0.0, 0.03, ("open_photo",)),
    }

    def mean(
        self, topic: np.ndarray, theme: np.ndarray, kind: np.ndarray, levers: pd.DataFrame, hidden: np.ndarray
    ) -> np.ndarray:
        content = mechanism.log_odds(topic, theme, kind, levers * 0.0)
        by_levers = mechanism.log_odds(topic, theme, kind, levers) - content
        score = content + by_levers * (1 - 0.6 * np.tanh(content - mechanism.INTERCEPT))
        for lever, (best, loss, activities) in self.OPTIMA.items():
            columns = [ACTIVITIES.index(activity) for activity in activities]
            score[:, columns] -= loss * (levers[[lever]].to_numpy() - best) ** 2
        return special.expit(score)


WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        World(),
        VaryingRho(),
        HeavyTails(),
        Mixture(),
        Ranking(),
        HiddenCause(),
        Interactions(),
        NonAdditive(),
    )
}


def _at_odds(share: np.ndarray, times: np.ndarray | float) -> np.ndarray:
    """Shares in (0, 1) whose odds are so many times as high."""
    return times * share / (1 - share + times * share)
