from types import SimpleNamespace

import pandas as pd
import pytest

from lib.posts import ACTIVITIES, as_html
from lib.report import feed_sentences, sentences
from lib.report.numbers import count, label_of, listed
from lib.study import count_models


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
    ("removed", "says"),
    [([], "No other post repeats"), ([1], "1 other post that repeats"), ([1, 2], "2 other posts that repeat a")],
)
def test_the_posts_that_repeat_others_are_counted_in_words(removed, says):
    split = SimpleNamespace(train=[0], test=[3], removed=removed)
    assert says in feed_sentences.split(SimpleNamespace(split=split))
