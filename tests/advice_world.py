"""Posts with known effects, and a saved model to stand beside them, for the tests of the advice."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from lib import betabinomial
from lib.advice import Sample
from lib.features import Controls, TopicRule, property_values
from lib.features.photo import PHOTO_FEATURES
from lib.features.style import STYLE_FEATURES
from lib.features.text import TEXT_FEATURES
from lib.models import Forecast, PageForecast
from lib.models.page import PageColumn

SHARES = {"question": 0.3, "call_to_action": 0.3, "hashtags": 0.3, "exclamation": 0.3, "links": 0}


def make_sample(n=2000, seed=0, photos=True, adjusted=True):
    """Posts of two topics.

    A question doubles the rate of likes, and in topic 1 the rate of comments too. A confounder makes emoji frequent
    and likes rare; it is among the controls only if ``adjusted``. Nothing has a link.
    """
    rng = np.random.default_rng(seed)
    confounder, topic = rng.normal(size=n), rng.integers(0, 2, n)
    text = pd.DataFrame(rng.random((n, len(TEXT_FEATURES))), columns=list(TEXT_FEATURES))
    text["has_text"] = (rng.random(n) < 0.9).astype(float)
    for name, share in SHARES.items():
        text[name] = (rng.random(n) < share).astype(float)
    text["mentions"] = text["links"]
    text["emoji"] = np.where(confounder + rng.normal(size=n) > 0, 3, 0)
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
    mean = expit(np.array([-5.0, -3.0]) + np.column_stack([-0.8 * confounder, np.zeros(n)]) + slopes)
    views = rng.integers(1000, 30_000, n)
    counts = betabinomial.rvs(views[:, None], mean, np.array([0.01, 0.02]), rng)
    missing = np.column_stack([text["has_text"] == 0])
    known = np.column_stack([confounder * adjusted, topic])
    rule = TopicRule({"кот": [100, -100], "пес": [-100, 100]}, [0, 0], 20)
    words, names = (("кот",), ("пёс",)), ("кошки", "собаки")
    controls = Controls(topic, words, known, missing, known, known, topic[:, None] * 1.0, names, rule)
    style = pd.DataFrame(
        (np.random.default_rng([seed, 1]).random((n, len(STYLE_FEATURES))) < 0.3).astype(float),
        columns=list(STYLE_FEATURES),
    )
    properties = property_values({"text": text, "style": style, "photo": photo})
    return Sample(properties, controls, counts, views, np.arange(n), ["like", "comment"])


class ConstantModel:
    """In place of a :class:`lib.models.SavedModel`: the same forecast for every draft.

    ``given`` lists the readable features that it is called with.
    """

    views, label = 5000, "constant"

    def __init__(self):
        self.activities, self.given = ["like", "comment"], []

    def impossible(self, drafts, readable):
        return np.full((len(drafts), 2), "", dtype=object)

    def predict(self, posts, readable=None):
        self.given.append(readable)
        return Forecast(np.tile([0.02, 0.0004], (len(posts), 1)), np.array([0.02, 0.001]))

    def percentile(self, mean):
        return np.full(mean.shape, 50.0)

    def unlike(self, readable):
        return [[] for _ in readable["text"].index]


def make_page():
    """A page's forecast: 0.02 likes and 0.001 comments; fewer of both with more words; a cat has more likes."""
    return PageForecast(
        activities=["like", "comment"],
        base=[float(logit(0.02)), float(logit(0.001))],
        columns={"text": [PageColumn("words", 0.0, 1.0, 0.0, 5.0, [-0.1, -0.2])], "photo": []},
        absent={"text": [0.0, 0.0], "photo": [0.0, 0.0]},
        word=r"[\p{L}\p{N}]{2,}",
        unit=0.5,
        terms={"кот": [4, 2, 0]},
        dispersion=[(3.9, 0.0), (6.9, 0.0)],
        never={"no text": ["comment"]},
        strip=3.0,
    )
