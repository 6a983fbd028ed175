import dataclasses
import json

import numpy as np
import pytest
from advice_world import make_sample

from lib.advice import to_json
from lib.advice.averages import make_scorer
from lib.advice.effects import lever_effects, overlap
from lib.advice.regressions import Term, effect_regressions
from lib.advice.worth import influences
from lib.features import contrasts

INTERACTION = Term("interaction", "question", 1)


def made(sample, named=None):
    fits = effect_regressions(sample, named=named)
    influence = {c.lever: influences(sample, fits, c) for c in contrasts(sample.properties)}
    return fits, make_scorer(sample, fits, lever_effects(sample, fits, overlap(sample)), influence)


def test_a_feed_without_long_texts_has_no_such_lever():
    sample = make_sample(300)
    properties = sample.properties.assign(folded=sample.properties["folded"] * 0)
    _, scorer = made(dataclasses.replace(sample, properties=properties))
    assert "long" not in [lever.name for lever in scorer.levers]
    assert all(np.isfinite(values).all() for lever in scorer.levers for values in lever.from_to.values())
    assert "NaN" not in json.dumps(to_json(scorer))


def test_the_average_post_has_the_slopes_of_the_regression():
    sample = make_sample(800)
    fits, scorer = made(sample, {"comment": [INTERACTION]})
    at = [prop.name for prop in scorer.properties].index("question")
    assert [topic.words for topic in scorer.topics] == [[], ["кот"], ["пёс"]]
    assert [topic.posts for topic in scorer.topics] == [800, *np.bincount(sample.controls.topic)]
    comment = fits[1]
    slopes = {term: coef for term, coef in zip(comment.terms, comment.coef, strict=True) if term.prop == "question"}
    alone, dogs_more = slopes[Term("lever", "question")], slopes[INTERACTION]
    cats_more = slopes.get(INTERACTION._replace(topic=0), 0.0)
    both, cats, dogs = scorer.activities["comment"].topics
    assert [cats.slopes[at], dogs.slopes[at]] == pytest.approx([alone + cats_more, alone + dogs_more], rel=1e-4)
    assert cats.slopes[at] < both.slopes[at] < dogs.slopes[at] and dogs_more > 0.4 > abs(cats_more)


def test_the_level_is_that_of_the_feeds_mean_rate():
    """Where all properties are 0, the average post has the mean rate of the feed's posts without them."""
    sample = make_sample(800)
    (like, _), scorer = made(sample)
    whole = ~sample.controls.missing.any(1)[like.rows]
    X, topic = like.X.copy(), sample.controls.topic[like.rows]
    for at, term in enumerate(like.terms):
        if term.kind == "interaction":
            X[:, at] -= like.X[:, like.terms.index(Term("lever", term.prop))] * (topic == term.topic)
        elif term.kind == "lever":
            X[:, at] = 0
    odds = np.exp(X[whole] @ like.coef)
    level = scorer.activities["like"].topics[0].level
    assert np.exp(level) == pytest.approx(odds.mean(), rel=1e-4)
    assert np.all(np.diff(scorer.activities["like"].quantiles) >= 0)
