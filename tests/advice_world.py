"""Posts with known effects, for the tests of the advice."""

import numpy as np
import pandas as pd
from scipy.special import expit

from lib import betabinomial
from lib.advice.regressions import Posts
from lib.features.levers import lever_columns
from lib.features.photo import PHOTO_FEATURES
from lib.features.text import TEXT_FEATURES
from lib.features.topics import Subject


def world(n=2000, seed=0, photos=True, told=True, rates=(-5.0, -3.0)):
    """Posts of two topics.

    A question doubles the first rate, and in topic 1 the second too. Emoji come with a subject that lowers the first
    rate by itself; without ``told`` that subject is not among the columns held equal. Nothing has a link.
    """
    rng = np.random.default_rng(seed)
    about, topic = rng.normal(size=n), rng.integers(0, 2, n)
    text = pd.DataFrame(rng.random((n, len(TEXT_FEATURES))), columns=list(TEXT_FEATURES))
    text["has_text"] = (rng.random(n) < 0.9).astype(float)
    for name, share in {
        "question": 0.3,
        "call_to_action": 0.3,
        "hashtags": 0.3,
        "exclamation": 0.3,
        "links": 0,
    }.items():
        text[name] = (rng.random(n) < share).astype(float)
    text["mentions"] = text["links"]
    text["emoji"] = np.where(about + rng.normal(size=n) > 0, 3, 0)
    text["words"] = rng.integers(1, 200, n)
    text["folded"] = (text["words"] + rng.normal(0, 30, n) > 100).astype(float)
    photo = pd.DataFrame(rng.random((n, len(PHOTO_FEATURES))), columns=list(PHOTO_FEATURES))
    photo["has_photo"] = 1.0
    photo["aspect"] = np.exp(0.5 * rng.normal(size=n))
    if not photos:
        photo.loc[:] = np.nan
        photo["has_photo"] = 0.0
    asks = text["question"] * text["has_text"]
    slopes = np.log(2) * np.column_stack([asks, asks * (topic == 1)])
    mean = expit(np.array(rates) + np.column_stack([-0.8 * about, np.zeros(n)]) + slopes)
    views = rng.integers(1000, 30_000, n)
    counts = betabinomial.rvs(views[:, None], mean, np.array([0.01, 0.02]), rng)
    missing = np.column_stack([text["has_text"] == 0])
    held = np.column_stack([about * told, topic])
    subject = Subject(topic, (("cat",), ("dog",)), held, missing, held, held, topic[:, None] * 1.0)
    columns = lever_columns({"text": text, "photo": photo})
    return Posts(columns, subject, counts, views, np.arange(n), ["like", "comment"])
