"""How readers of the simulated feed act: the true effects, the mean rates and the counts.

The numbers are invented. They were chosen so that 23,527 posts come close to the published figures of the original data
(see `lib.simulation.calibration`), and so that some true effects are easy to miss: an effect in two topics only, a
lever that is confounded with the topic, a lever without any effect, lettering on a photo that has an effect only beside
a folded text.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from lib.posts import ACTIVITIES

# Log-odds of an average post and the intra-class correlation, per activity.
INTERCEPT = np.array([-3.70, -8.10, -7.75, -7.81, -3.32, -5.23, -6.98])
RHO = np.array([0.0256, 0.00087, 0.00115, 0.058, 0.03, 0.0046, 0.0026])

# Log-odds relative to the average of the topics, in the order of ACTIVITIES.
TOPICS = pd.DataFrame(
    {
        "pets": [0.58, 0.41, -0.55, 0.36, 0.34, 0.49, 0.21],
        "news": [-0.24, 0.69, 0.33, 0.0, -0.21, 0.98, -0.1],
        "recipes": [0.33, -0.69, -0.22, 0.9, 0.21, 0.98, 0.83],
        "football": [-0.08, 0.97, -0.11, -0.36, -0.07, 0.25, -0.42],
        "games": [0.0, 0.55, 0.0, -0.36, -0.14, -0.49, -0.52],
        "horoscopes": [-0.24, -0.55, 0.55, 0.0, -0.34, -0.74, 0.52],
        "memes": [0.41, 0.14, 0.11, 0.36, 0.14, -0.49, 0.73],
        "fashion": [0.17, -0.41, 0.11, 0.18, 0.34, 0.49, -0.31],
        "incidents": [-0.17, 0.83, 0.11, 1.08, 0.34, 2.21, 0.42],
        "quotes": [0.0, -0.69, -0.22, -0.9, -0.62, -1.97, 0.31],
        "adverts": [-0.91, 0.28, 1.0, -1.26, -0.41, -1.23, -0.52],
        "nature": [0.33, -0.55, -0.55, -0.18, 0.21, -0.74, -0.21],
    },
    index=list(ACTIVITIES),
).T

# Log-odds that a theme adds. A theme or an activity that is not listed adds nothing.
THEMES: dict[str, dict[str, float]] = {
    "cat": {"like": 0.24, "share_to_message": 0.21},
    "bird": {"like": -0.17, "open_photo": 0.14},
    "city": {"comment": 0.41, "open": 0.49},
    "money": {"comment": 0.69, "hide": 0.33, "open": 0.74, "share_to_message": 0.21},
    "science": {"like": 0.41, "comment": -0.41},
    "pie": {"like": 0.24, "share_to_message": 0.31},
    "match": {"comment": 0.41, "open": 0.74},
    "fans": {"like": 0.24},
    "racing": {"open_photo": 0.14, "comment": -0.28},
    "moon": {"expand": 0.54, "share_to_message": 0.31},
    "work": {"share_to_message": 0.42},
    "study": {"comment": 0.41, "share_to_message": 0.42, "like": -0.17},
    "dress": {"like": 0.33, "open_photo": 0.14},
    "shoes": {"like": -0.24, "hide": 0.22, "open_photo": -0.14},
    "crash": {"comment": 0.55, "open_photo": 0.27, "expand": 0.36},
    "fire": {"open_photo": 0.21, "share_to_message": 0.31},
    "storm": {"like": 0.33},
    "love": {"like": 0.24, "share_to_message": 0.31},
    "giveaway": {"like": 0.5, "comment": 0.83, "share_to_message": 0.83},
    "flat": {"hide": 0.45, "open": 0.74, "like": -0.24},
    "mountains": {"like": 0.17},
}

# How much more a topic is viewed than the average topic, in standard deviations of the logarithm of views.
REACH = {"memes": 0.3, "news": 0.15, "recipes": 0.2, "adverts": -0.4, "games": -0.2, "fashion": -0.1, "incidents": 0.1}

# Log-odds relative to a plain photo. A banner cannot be opened: a click leads to the advertised page.
KINDS = pd.DataFrame(
    {
        "photo": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        "portrait": [0.17, 0.14, 0.0, 0.0, 0.21, 0.0, -0.1],
        "meme": [0.24, 0.14, 0.11, -0.18, -0.07, -0.74, 0.52],
        "quote": [0.17, -0.28, 0.0, 0.0, -0.34, -0.49, 0.21],
        "banner": [-0.17, -0.14, 0.22, 0.0, -12.0, 2.21, -0.21],
        "chart": [-0.24, 0.28, 0.11, 0.0, 0.55, 0.49, 0.21],
        "screenshot": [-0.08, 0.41, 0.11, 0.0, 0.41, 0.25, 0.0],
        "product": [-0.24, -0.14, 0.33, 0.0, 0.14, 0.49, -0.1],
        "collage": [0.08, 0.0, 0.0, 0.0, 0.48, 0.0, 0.1],
    },
    index=list(ACTIVITIES),
).T

# One unit of each lever, in words.
LEVERS = {
    "words": "twice as many words",
    "folded": "a text long enough to be folded, instead of a shorter one",
    "question": "a question in the text, instead of none",
    "call": "a call to action in the text, instead of none",
    "emoji": "twice as many emoji",
    "hashtags": "hashtags, instead of none",
    "link": "a link, instead of none",
    "capitals": "ten percentage points more capitals",
    "number": "a number in the text, instead of none",
    "brightness": "a tenth of the scale brighter",
    "colourfulness": "20 more on the scale of Hasler and Süsstrunk",
    "lettering": "words on the photo, instead of none",
    "shape": "twice the ratio of width to height",
}

# (lever, where it has an effect): activity -> log-odds per unit. An effect that is not listed is zero.
EFFECTS: dict[tuple[str, str], dict[str, float]] = {
    ("words", "everywhere"): {"like": -0.06, "open": 0.06, "share_to_message": 0.05, "expand": 0.54},
    ("folded", "everywhere"): {"expand": 0.81, "like": -0.15, "open_photo": -0.1},
    ("question", "everywhere"): {"share_to_message": -0.1},
    ("question", "football, games"): {"comment": 0.9},
    ("call", "everywhere"): {"comment": 0.3, "hide": 0.25, "share_to_message": 0.35},
    ("emoji", "everywhere"): {"like": 0.06},
    ("hashtags", "everywhere"): {},
    ("link", "everywhere"): {"open": 0.7, "open_photo": -0.35, "hide": 0.2},
    ("capitals", "everywhere"): {"hide": 0.12, "open": 0.05},
    ("number", "everywhere"): {"share_to_message": 0.2},
    ("brightness", "everywhere"): {"like": 0.05},
    ("brightness", "recipes"): {"open_photo": 0.3},
    ("colourfulness", "everywhere"): {"open_photo": 0.08, "like": 0.05},
    ("lettering", "everywhere"): {"open_photo": -0.2},
    ("lettering", "folded"): {"expand": 0.45},
    ("shape", "everywhere"): {"open_photo": -0.25},
}

# Latent correlation of the activities of one post, given the post's means.
_PAIRS = {
    ("like", "share_to_message"): 0.25,
    ("like", "comment"): 0.1,
    ("like", "open_photo"): 0.6,
    ("like", "open"): 0.72,
    ("like", "expand"): 0.72,
    ("like", "hide"): 0.15,
    ("comment", "open"): 0.25,
    ("comment", "open_photo"): -0.15,
    ("comment", "expand"): 0.05,
    ("hide", "open"): 0.2,
    ("hide", "expand"): 0.2,
    ("hide", "open_photo"): 0.05,
    ("expand", "open"): 0.75,
    ("expand", "open_photo"): 0.42,
    ("open_photo", "open"): 0.58,
    ("open_photo", "share_to_message"): -0.1,
    ("expand", "share_to_message"): 0.1,
    ("comment", "share_to_message"): -0.25,
}


def effects_table() -> pd.DataFrame:
    """The true effects: lever, change (one unit in words), where, activity, effect (log-odds per unit)."""
    rows = [
        (lever, LEVERS[lever], where, activity, effects.get(activity, 0.0))
        for (lever, where), effects in EFFECTS.items()
        for activity in ACTIVITIES
    ]
    return pd.DataFrame(rows, columns=["lever", "change", "where", "activity", "effect"])


def log_odds(topic: np.ndarray, theme: np.ndarray, kind: np.ndarray, levers: pd.DataFrame) -> np.ndarray:
    """The log-odds of the true means, (n, 7) float64: the sum of the effects of topic, theme, kind and levers.

    Parameters
    ----------
    topic, theme, kind : (n,) str
        As in :class:`lib.simulation.feed.Truth`.
    levers : DataFrame (n, levers)
        In the units of ``LEVERS``.
    """
    score = INTERCEPT + TOPICS.loc[topic].to_numpy() + KINDS.loc[kind].to_numpy()
    for name, effects in THEMES.items():
        for activity, effect in effects.items():
            score[theme == name, ACTIVITIES.index(activity)] += effect
    for (lever, where), effects in EFFECTS.items():
        amount = levers[lever].to_numpy() * _holds(where, topic, levers)
        for activity, effect in effects.items():
            score[:, ACTIVITIES.index(activity)] += effect * amount
    return score


def mean_rates(topic: np.ndarray, theme: np.ndarray, kind: np.ndarray, levers: pd.DataFrame) -> np.ndarray:
    """The true means, (n, 7) float64, of :func:`log_odds`."""
    return special.expit(log_odds(topic, theme, kind, levers))


def draw_views(topic: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Views, (n,) int64, by a post's topic and chance."""
    return views_at(topic, rng.standard_normal(len(topic)))


def views_at(topic: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Views, (n,) int64, of standard normal scores `z`: skewed even in logarithms, and never below a thousand."""
    z = z + np.array([REACH.get(name, 0.0) for name in topic]) - 0.06
    z = np.clip(z, -4, 4)  # at most seven million views, as in the original data
    views = np.exp(8.91 + 1.1 * z + 0.148 * z**2)
    return np.rint(np.where(views < 1000, 2000 - views, views)).astype(np.int64)


def draw_counts(mean: np.ndarray, rho: np.ndarray, views: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Counts of the activities, (n, 7) int64, each beta-binomial, correlated within a post.

    Given the rates of :func:`draw_rates`, the counts are independent binomials. So the marginal distribution of each
    activity is exactly beta-binomial.
    """
    return rng.binomial(views[:, None], draw_rates(mean, rho, rng))


def draw_rates(mean: np.ndarray, rho: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rates of the activities, (n, 7) float64, each from a beta distribution; a Gaussian copula joins those of a post.

    Parameters
    ----------
    mean : (n, 7) float64
        True mean rates.
    rho : (7,) or (n, 7) float64
        Intra-class correlations.
    rng : Generator
    """
    joint = np.eye(len(ACTIVITIES))
    for (a, b), value in _PAIRS.items():
        i, j = ACTIVITIES.index(a), ACTIVITIES.index(b)
        joint[i, j] = joint[j, i] = value
    latent = rng.standard_normal(mean.shape) @ np.linalg.cholesky(joint).T
    with np.errstate(under="ignore"):
        return special.betaincinv(mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho, special.ndtr(latent))


def _holds(where: str, topic: np.ndarray, levers: pd.DataFrame) -> np.ndarray:
    if where == "everywhere":
        return np.ones(len(topic))
    if where in levers:
        return levers[where].to_numpy()
    return np.isin(topic, where.split(", ")).astype(float)
