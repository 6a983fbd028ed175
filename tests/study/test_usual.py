from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lib.betabinomial import rvs
from lib.study import usual

TRUTH = (-4.0, 0.5)


def simulated(rho, seed=0, posts=1500):
    """A constant and a group, counts of posts whose views differ, and a split; all posts are groups of their own."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"constant": 1.0, "group": (np.arange(posts) % 2).astype(float)})
    n = np.exp(rng.normal(7.0, 1.0, posts)).astype(int) + 1
    k = rvs(n, 1.0 / (1.0 + np.exp(-X.to_numpy() @ TRUTH)), rho, rng)
    split = SimpleNamespace(train=np.arange(1000), test=np.arange(1000, posts), groups=np.arange(posts))
    return X, k, n, split


def test_the_binomial_is_too_sure_of_itself_where_posts_differ_and_right_where_they_do_not():
    differ, alike = (usual.compare(*simulated(rho)) for rho in (0.02, 0.0))
    for found, low, high in ((differ, 3.0, 20.0), (alike, 0.9, 1.1)):
        widths = found.widths()
        assert list(widths.index) == ["group"] and list(widths) == list(usual.TOOLS)
        assert low < widths.loc["group", "binomial, robust"] / widths.loc["group", "binomial"] < high
    assert differ.widths().loc["group", "beta-binomial"] < differ.widths().loc["group", "binomial, robust"]
    gain = {
        name: (of.scores["beta-binomial"] - of.scores["binomial"]).mean()
        for name, of in (("differ", differ), ("alike", alike))
    }
    assert gain["differ"] > 1.0 and abs(gain["alike"]) < 0.01


def test_all_three_tell_the_group_apart_and_share_the_binomial_coefficient():
    of = usual.compare(*simulated(0.02)).coefficients.set_index("tool")
    assert of.loc["binomial", "value"] == of.loc["binomial, robust", "value"]
    for tool in ("binomial, robust", "beta-binomial"):
        assert of.loc[tool, "low"] < TRUTH[1] < of.loc[tool, "high"]


def test_the_binomial_of_a_group_is_its_pooled_rate_with_the_textbook_standard_error():
    X, k, n, split = simulated(0.02)
    found = usual.compare(X, k, n, split).coefficients.set_index("tool").loc["binomial"]
    trained = split.train
    group = X["group"].to_numpy()[trained] == 1.0
    yes, all_ = (np.array([v[trained][~group].sum(), v[trained][group].sum()]) for v in (k, n))
    logit = np.log(yes / (all_ - yes))
    error = np.sqrt((1 / yes + 1 / (all_ - yes)).sum())
    assert found["value"] == pytest.approx(logit[1] - logit[0])
    assert (found["high"] - found["low"]) / 2 == pytest.approx(stats.norm.ppf(0.975) * error, rel=1e-4)


def test_the_scores_are_log_probabilities_of_the_test_posts():
    X, k, n, split = simulated(0.0)
    trained, test = split.train, split.test
    rate = [k[trained][X["group"][trained] == g].sum() / n[trained][X["group"][trained] == g].sum() for g in (0, 1)]
    right = stats.binom.logpmf(k[test], n[test], np.array(rate)[X["group"].astype(int)[test]])
    np.testing.assert_allclose(usual.compare(X, k, n, split).scores["binomial"], right, rtol=1e-6)


def test_many_views_weigh_a_post_less_in_the_beta_binomial(small):
    plain, ours = usual.comparison(small).weights
    n = np.sort(small.views[small.split.train])
    assert plain == pytest.approx(n[-round(0.1 * len(n)) :].sum() / n.sum())
    assert 0.1 <= ours < plain < 1.0


@pytest.mark.parametrize("of", ["small", "sparse", "plain"])
def test_any_feed_can_be_compared(of, request):
    study = request.getfixturevalue(of)
    found = usual.comparison(study)
    assert usual.activity(study) == study.posts_with_one[study.activities].idxmax()
    assert len(found.scores) == len(study.split.test) and np.isfinite(found.scores).all(axis=None)
    assert np.isfinite(found.coefficients[["value", "low", "high"]]).all(axis=None)
    names = found.coefficients["name"].unique().tolist()
    assert names == ["constant"] if of != "small" else len(names) > 3 and "constant" not in names


def test_features_that_hardly_vary_or_follow_from_others_are_left_out():
    posts, train = 100, np.arange(80)
    text = pd.DataFrame(
        {
            "characters": np.arange(posts),
            "question": np.arange(posts) % 2,
            "exclamation": np.arange(posts) % 2,
            "hashtags": np.arange(posts) < 19,
            "links": np.arange(posts) >= 20,
            "emoji": 0,
        }
    )
    photo = pd.DataFrame({"has_photo": np.ones(posts)})
    table = usual.few_features({"text": text, "photo": photo}, train)
    assert list(table) == ["constant", "text twice as long", "question", "link"]
    assert (table.dtypes == "float64").all() and len(table) == posts
