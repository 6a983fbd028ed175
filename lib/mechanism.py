"""How readers of the simulated feed act: the true effects, the mean rates and the counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from lib.posts import ACTIVITIES

# Log-odds of an average post, and the intra-class correlation, per activity.
INTERCEPT = np.array([-4.2, -7.6, -7.6, -8.0, -3.7, -4.3, -6.6])
RHO = np.array([0.02, 0.0016, 0.0012, 0.02, 0.025, 0.022, 0.003])

# Log-odds against the average of topics, in the order of ACTIVITIES.
TOPICS = pd.DataFrame(
    {
        "pets": [0.7, 0.3, -0.5, -0.1, 0.3, -0.4, 0.2],
        "news": [-0.6, 0.5, 0.3, 0.1, -0.4, 0.7, -0.1],
        "recipes": [0.1, -0.5, -0.2, 0.5, -0.1, 0.1, 0.8],
        "football": [0.1, 0.7, -0.1, 0.1, 0.1, 0.4, -0.4],
        "games": [0.2, 0.4, 0.0, 0.0, 0.1, 0.1, -0.5],
        "horoscopes": [-0.3, -0.4, 0.5, 0.6, -0.5, -0.3, 0.5],
        "memes": [0.5, 0.1, 0.1, -0.2, 0.1, -0.7, 0.7],
        "fashion": [0.2, -0.3, 0.1, -0.1, 0.7, 0.0, -0.3],
        "incidents": [-0.7, 0.6, 0.1, 0.3, 0.6, 0.7, 0.4],
        "quotes": [0.5, -0.5, -0.2, -0.2, -0.8, -0.7, 0.3],
        "adverts": [-1.0, 0.2, 0.9, -0.1, -0.2, 0.2, -0.5],
        "nature": [0.6, -0.4, -0.5, -0.2, 0.4, -0.5, -0.2],
    },
    index=list(ACTIVITIES),
).T

# Added by the theme; what isn't named adds nothing.
THEMES: dict[str, dict[str, float]] = {
    "cat": {"like": 0.3, "share_to_message": 0.2},
    "bird": {"like": -0.2, "open_photo": 0.2},
    "city": {"comment": 0.3, "open": 0.2},
    "money": {"comment": 0.5, "hide": 0.3, "open": 0.3, "share_to_message": 0.2},
    "science": {"like": 0.5, "comment": -0.3},
    "pie": {"like": 0.3, "share_to_message": 0.3},
    "match": {"comment": 0.3, "open": 0.3},
    "fans": {"like": 0.3},
    "racing": {"open_photo": 0.2, "comment": -0.2},
    "moon": {"expand": 0.3, "share_to_message": 0.3},
    "work": {"share_to_message": 0.4},
    "study": {"comment": 0.3, "share_to_message": 0.4},
    "dress": {"like": 0.4, "open_photo": 0.2},
    "shoes": {"like": -0.3, "hide": 0.2},
    "crash": {"comment": 0.4, "open_photo": 0.4},
    "fire": {"open_photo": 0.3, "share_to_message": 0.3},
    "storm": {"like": 0.4},
    "love": {"like": 0.3, "share_to_message": 0.3},
    "giveaway": {"like": 0.6, "comment": 0.6, "share_to_message": 0.8},
    "flat": {"hide": 0.4, "open": 0.3},
    "mountains": {"like": 0.2},
}

# How much further than the average topic a topic is shown, in standard deviations of the logarithm of views.
REACH = {"memes": 0.3, "news": 0.15, "recipes": 0.2, "adverts": -0.4, "games": -0.2, "fashion": -0.1, "incidents": 0.1}

# Against a photo. Nobody can open the picture of a banner: it leads to the page it advertises.
KINDS = pd.DataFrame(
    {
        "photo": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        "portrait": [0.2, 0.1, 0.0, 0.0, 0.3, 0.0, -0.1],
        "meme": [0.3, 0.1, 0.1, -0.1, -0.1, -0.3, 0.5],
        "quote": [0.2, -0.2, 0.0, 0.0, -0.5, -0.2, 0.2],
        "banner": [-0.2, -0.1, 0.2, 0.0, -12.0, 0.9, -0.2],
        "chart": [-0.3, 0.2, 0.1, 0.0, 0.8, 0.2, 0.2],
        "screenshot": [-0.1, 0.3, 0.1, 0.0, 0.6, 0.1, 0.0],
        "product": [-0.3, -0.1, 0.3, 0.0, 0.2, 0.2, -0.1],
        "collage": [0.1, 0.0, 0.0, 0.0, 0.7, 0.0, 0.1],
    },
    index=list(ACTIVITIES),
).T

# What one unit of each lever is.
LEVERS = {
    "words": "twice as many words",
    "folded": "a text long enough to be folded, against a shorter one",
    "question": "a question in the text, against none",
    "call": "a call to action in the text, against none",
    "emoji": "twice as many emoji",
    "hashtags": "hashtags, against none",
    "link": "a link, against none",
    "capitals": "ten percentage points more capitals",
    "brightness": "a tenth of the scale brighter",
    "colourfulness": "20 more on the scale of Hasler and Süsstrunk",
    "lettering": "words on the picture, against none",
    "shape": "twice as wide for its height",
}

# (lever, where it works): activity -> log-odds per unit. Where nothing is said the effect is zero.
EFFECTS: dict[tuple[str, str], dict[str, float]] = {
    ("words", "everywhere"): {"like": -0.06, "open": 0.06, "share_to_message": 0.05},
    ("folded", "everywhere"): {"expand": 5.0, "like": -0.15, "open_photo": -0.1},
    ("question", "everywhere"): {"share_to_message": -0.1},
    ("question", "football, games"): {"comment": 0.9},
    ("call", "everywhere"): {"comment": 0.3, "hide": 0.25, "share_to_message": 0.35},
    ("emoji", "everywhere"): {"like": 0.06},
    ("hashtags", "everywhere"): {},
    ("link", "everywhere"): {"open": 0.7, "open_photo": -0.35, "hide": 0.2},
    ("capitals", "everywhere"): {"hide": 0.12, "open": 0.05},
    ("brightness", "everywhere"): {"like": 0.05},
    ("brightness", "recipes"): {"open_photo": 0.3},
    ("colourfulness", "everywhere"): {"open_photo": 0.12, "like": 0.05},
    ("lettering", "everywhere"): {"open_photo": -0.2},
    ("lettering", "folded"): {"expand": 0.45},
    ("shape", "everywhere"): {"open_photo": -0.3},
}

# Latent correlation of the activities of one post, given its means.
_PAIRS = {
    ("like", "share_to_message"): 0.4,
    ("like", "comment"): 0.25,
    ("like", "open_photo"): 0.15,
    ("like", "open"): 0.1,
    ("comment", "open"): 0.3,
    ("comment", "hide"): 0.2,
    ("hide", "open"): 0.3,
    ("expand", "open"): 0.35,
    ("expand", "hide"): 0.2,
    ("open_photo", "open"): 0.25,
    ("open_photo", "share_to_message"): 0.1,
}


def effects_table() -> pd.DataFrame:
    """The true effects: lever, change (one unit), where, activity, effect (log-odds per unit)."""
    rows = [
        (lever, LEVERS[lever], where, activity, effects.get(activity, 0.0))
        for (lever, where), effects in EFFECTS.items()
        for activity in ACTIVITIES
    ]
    return pd.DataFrame(rows, columns=["lever", "change", "where", "activity", "effect"])


def mean_rates(topic: np.ndarray, theme: np.ndarray, kind: np.ndarray, levers: pd.DataFrame) -> np.ndarray:
    """The true means, (n, 7)."""
    score = INTERCEPT + TOPICS.loc[topic].to_numpy() + KINDS.loc[kind].to_numpy()
    for name, effects in THEMES.items():
        for activity, effect in effects.items():
            score[theme == name, ACTIVITIES.index(activity)] += effect
    for (lever, where), effects in EFFECTS.items():
        amount = levers[lever].to_numpy() * _holds(where, topic, levers)
        for activity, effect in effects.items():
            score[:, ACTIVITIES.index(activity)] += effect * amount
    return special.expit(score)


def draw_views(topic: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Views, (n,) int64: skewed even on the logarithmic scale, and never under a thousand."""
    z = rng.standard_normal(len(topic)) + np.array([REACH.get(name, 0.0) for name in topic]) - 0.06
    views = np.exp(8.9 + 1.1 * z + 0.148 * z**2)
    return np.rint(np.where(views < 1000, 2000 - views, views)).astype(np.int64)


def draw_counts(mean: np.ndarray, rho: np.ndarray, views: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Beta-binomial counts of the activities, (n, 7) int64, joined by a Gaussian copula of their rates."""
    joint = np.eye(len(ACTIVITIES))
    for (a, b), value in _PAIRS.items():
        i, j = ACTIVITIES.index(a), ACTIVITIES.index(b)
        joint[i, j] = joint[j, i] = value
    latent = rng.standard_normal(mean.shape) @ np.linalg.cholesky(joint).T
    with np.errstate(under="ignore"):
        rate = special.betaincinv(mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho, special.ndtr(latent))
    return rng.binomial(views[:, None], rate)


def _holds(where: str, topic: np.ndarray, levers: pd.DataFrame) -> np.ndarray:
    if where == "everywhere":
        return np.ones(len(topic))
    if where in levers:
        return levers[where].to_numpy()
    return np.isin(topic, where.split(", ")).astype(float)
