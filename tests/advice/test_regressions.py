import dataclasses

import numpy as np
import pytest
from advice_world import make_sample

from lib.advice.effects import lever_effects, overlap
from lib.advice.regressions import INTERCEPT, Term, cross_fitted, effect_regressions


def doubled(values):
    return np.concatenate([values, values])


def width(sample):
    """Standard error of the log of a question's effect on likes: an interval also depends on what else is found."""
    table = lever_effects(sample, effect_regressions(sample), overlap(sample)).set_index(["lever", "activity"])
    return table.loc[("question", "like"), "error"]


def test_repeated_posts_are_no_new_evidence():
    once = make_sample(1000)
    fields = [field.name for field in dataclasses.fields(once.controls) if field.type == "np.ndarray"]
    twice = dataclasses.replace(
        once,
        properties=once.properties.loc[doubled(np.arange(1000))].reset_index(drop=True),
        controls=dataclasses.replace(once.controls, **{name: doubled(getattr(once.controls, name)) for name in fields}),
        **{name: doubled(getattr(once, name)) for name in ("counts", "views", "groups")},
    )
    apart = dataclasses.replace(twice, groups=np.arange(2000))
    assert width(twice) == pytest.approx(width(once), rel=0.05)
    # A post that weighs half as much also bends the fit half as much: its error needs less of a correction.
    assert 0.92 < width(apart) / (width(once) / np.sqrt(2)) < 1


def test_the_terms_say_what_the_columns_are():
    sample = make_sample(600)
    interaction = Term("interaction", "question", 1)
    like, comment = effect_regressions(sample, named={"comment": [interaction]})
    for fit in (like, comment):
        assert fit.state == "estimated" and len(fit.terms) == fit.X.shape[1] == len(fit.coef) == len(fit.cov)
        assert fit.terms[0] == INTERCEPT and (fit.X[:, 0] == 1).all()
        question = fit.X[:, fit.terms.index(Term("lever", "question"))]
        values = sample.properties["question"].iloc[fit.rows]
        assert np.array_equal(question[values.notna()], values.dropna())
        assert not {"link", "mention"} & {term.prop for term in fit.terms}  # columns of zeros
    assert interaction in comment.terms and interaction in like.terms
    own, shrunk = (fit.coef[fit.terms.index(interaction)] for fit in (comment, effect_regressions(sample)[1]))
    assert abs(shrunk) < abs(own)
    inside = comment.X[:, comment.terms.index(interaction)]
    assert not inside[sample.controls.topic[comment.rows] == 0].any() and inside.any()


def test_posts_at_which_an_activity_never_happens_are_left_out():
    sample = make_sample(600)
    asks = (sample.properties["question"] == 1).to_numpy()
    no_text = sample.properties["question"].isna().to_numpy()
    counts = sample.counts.copy()
    counts[asks, 0] = 0
    counts[no_text, 1] = 0
    like, comment = effect_regressions(dataclasses.replace(sample, counts=counts))
    assert like.never == {"question": 1.0} and comment.never == {}
    assert np.array_equal(like.rows, np.flatnonzero(~asks)) and "question" not in {term.prop for term in like.terms}
    assert np.array_equal(comment.rows, np.flatnonzero(~no_text))


def test_cross_fitted_predictions_are_from_other_posts():
    """The controls predict the rate of likes and the emoji by the confounder, and nothing else."""
    sample = make_sample()
    found = cross_fitted(sample)
    assert found.rates.shape == sample.counts.shape and found.properties.shape == sample.properties.shape
    rates = np.log((sample.counts + 0.5) / (sample.views[:, None] + 1))
    properties = sample.properties.fillna(sample.properties.mean())
    at = list(properties)
    assert np.corrcoef(found.rates[:, 0], rates[:, 0])[0, 1] > 0.4
    assert np.corrcoef(found.properties[:, at.index("emoji")], properties["emoji"])[0, 1] > 0.4
    assert abs(np.corrcoef(found.properties[:, at.index("question")], properties["question"])[0, 1]) < 0.1


def test_what_a_single_post_lacks_spoils_no_error():
    """The column of one post has no known error; with it all fits of the feed would be refused."""
    sample = make_sample(600)
    alone = np.arange(600) == 7
    missing = np.column_stack([sample.controls.missing, alone])
    lacking = dataclasses.replace(sample, controls=dataclasses.replace(sample.controls, missing=missing))
    assert all(fit.state == "estimated" for fit in effect_regressions(lacking))
