from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lib.posts import ACTIVITIES, as_html
from lib.report import feed_sentences, sentences
from lib.report.numbers import count, label_of, listed
from lib.study import conversions, count_models


def test_simulated_posts_carry_a_warning_and_real_ones_none(small, sparse):
    assert "nothing here is a finding" in sentences.banner(small)
    assert sentences.banner(sparse) is None
    assert sentences.source(small) == "a simulated feed (seed 0)" and sentences.source(sparse) == as_html("posts.csv")


def test_the_parts_are_counted(small):
    split, said = small.split, feed_sentences.split(small)
    assert all(f"{len(part):,}" in said for part in (split.train, split.test))
    assert count(len(split.removed), "other post") in said
    for found, part in ((sentences.training_posts, split.train), (sentences.test_posts, split.test)):
        assert found(small).startswith(f"{len(part):,} ")
    assert sentences.posts(small) == f"{len(small.posts):,} posts"


def test_each_activity_is_modelled_or_set_aside_for_a_reason(small, sparse):
    assert all(label_of(name) in feed_sentences.activities(small) for name in small.activities)
    assert f"All {len(ACTIVITIES)} happen often enough" in feed_sentences.activities(small)
    said = feed_sentences.activities(sparse)
    assert "because no post has one: hide." in said and "every view): comment." in said
    assert feed_sentences.number_of_activities(sparse) == "5 activities"


def test_what_a_post_lacks_is_counted(sparse, plain):
    assert "100 % no usable photo" in feed_sentences.absent(sparse)
    assert "100 % have no text" in feed_sentences.absent(plain)


@pytest.mark.parametrize("of", ["small", "sparse", "plain"])
def test_every_sentence_can_be_said_of_any_feed(of, request):
    study = request.getfixturevalue(of)
    signal = count_models.comparison(study).set_index("name")["signal"]
    assert f"clearest target is {label_of(signal.idxmax())}" in feed_sentences.signal(study)
    assert feed_sentences.rarest(study) == listed([count_models.rarest(study)])
    assert "zero-inflated" in feed_sentences.count_models_verdict(study)
    assert f"{len(study.posts):,}" in feed_sentences.lead(study)
    assert ("true rates" in feed_sentences.published(study)) == study.simulated
    for sentence in (
        feed_sentences.reading,
        feed_sentences.dispersion,
        feed_sentences.beyond_binomial,
        feed_sentences.median_views,
        feed_sentences.few_views,
        feed_sentences.steps_of_count_models,
        feed_sentences.worth_of_a_nat,
        feed_sentences.deciding_activities,
        feed_sentences.conversion_tail,
        feed_sentences.views,
        feed_sentences.follow,
        feed_sentences.spread,
        feed_sentences.dispersion_range,
        feed_sentences.ratio,
        feed_sentences.together,
        feed_sentences.worth_predicting,
    ):
        said = sentence(study)
        assert said and "nan" not in said and "not defined" not in said


@pytest.mark.parametrize(
    ("photo", "rejected", "problems", "says"),
    [
        (None, [], [], "Every row of the table can be used."),
        (b"x", [], [], "Every row of the table can be used.\nEvery photo of the posts that stay can be decoded."),
        (None, ["a"], [], "1 row of the table could not be used (a: 1)."),
        (None, [], ["b", "b"], "can be used.\nOf the posts that stay, 2 photos could not be decoded (b: 2)."),
    ],
)
def test_reading_says_nothing_of_what_is_not_there(photo, rejected, problems, says):
    posts = pd.DataFrame({"photo": [photo]})
    posts.attrs = {"rejected": pd.DataFrame({"reason": rejected}), "photo_problems": pd.DataFrame({"reason": problems})}
    assert feed_sentences.reading(SimpleNamespace(posts=posts)).endswith(says)


@pytest.mark.parametrize(
    ("largest", "says"),
    [(0.21, "no activity decides the sum: hide has the largest share of its variance, 21 %"), (0.6, "hide decides")],
)
def test_an_activity_decides_a_sum_only_by_its_share(largest, says, small, monkeypatch):
    """Of shares of 21, 19, 19, 14 and 14 % it was said that the first decides the sum."""
    shares = [(1 - largest) / 6] * len(ACTIVITIES)
    shares[ACTIVITIES.index("hide")] = largest
    parts = pd.DataFrame({"name": ACTIVITIES} | {f"{weights} variance": shares for weights in conversions.WEIGHTS})
    monkeypatch.setattr(conversions, "conversion_parts", lambda _: parts)
    said = feed_sentences.deciding_activities(small)
    assert said.count(says) == 2 and ("little of the others" in said) == (largest > 0.5)


@pytest.mark.parametrize(
    ("signal", "says", "says_not"),
    [
        (0.99, "on every activity: a ratio loses little", "for signal"),
        (0.4, "a squared error takes it", "loses little"),
    ],
)
def test_a_ratio_is_noisy_only_where_chance_is_much_of_it(signal, says, says_not, small, monkeypatch):
    """A squared error was said to take chance for signal where a table said that there is next to none."""
    table = count_models.comparison(small).assign(signal=signal, rho=0.01)
    monkeypatch.setattr(count_models, "comparison", lambda _: table)
    said = feed_sentences.ratio(small)
    assert says in said and says_not not in said and "half of the variance at 99 views" in said


@pytest.mark.parametrize(("weight", "says"), [(0.0, "none can stand in"), (1.0, "one of them could stand in")])
def test_two_activities_are_redundant_only_if_their_rates_go_together(weight, says, small):
    rng = np.random.default_rng(0)
    like = rng.random(200)
    rates = pd.DataFrame({"like": like, "open": weight * like + (1 - weight) * rng.random(200)})
    counts = np.rint(rates.to_numpy() * 100).astype(int)
    feed = SimpleNamespace(rates=rates, activities=["like", "open"], counts=counts, views=np.full(200, 100))
    assert says in feed_sentences.worth_predicting(feed)
    assert "readers" not in feed_sentences.together(feed) and "like and open go together" in feed_sentences.together(
        feed
    )


@pytest.mark.parametrize(
    ("removed", "says"),
    [([], "No other post repeats"), ([1], "1 other post that repeats"), ([1, 2], "2 other posts that repeat a")],
)
def test_the_posts_that_repeat_others_are_counted_in_words(removed, says):
    split = SimpleNamespace(train=[0], test=[3], removed=removed)
    assert says in feed_sentences.split(SimpleNamespace(split=split))
