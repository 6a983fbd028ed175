"""The split: the published test part, and no duplicate across the parts."""

import numpy as np
import pandas as pd
import pytest
from photo_files import blots, encode
from sklearn.model_selection import train_test_split

from lib.posts.activities import ACTIVITIES
from lib.posts.duplicates import find_duplicates
from lib.posts.read import COLUMNS
from lib.posts.split import (
    MIN_POSTS_WITH_ONE,
    Split,
    modellable,
    posts_with_one,
    refusal,
    set_aside,
    split_posts,
)
from lib.posts.table import PostsError


def feed(texts, photos):
    table = pd.DataFrame({column: np.full(len(texts), 1000) for column in COLUMNS[:8]})
    table["text"] = pd.Series(texts, dtype="str")
    table["photo"] = pd.Series(photos, dtype=object)
    return table


def test_the_test_part_is_the_published_one_and_nothing_is_lost():
    posts = feed([f"совсем другой текст номер {i}" for i in range(101)], [None] * 101)
    split = split_posts(posts)
    assert split.test.tolist() == train_test_split(range(101), test_size=0.2, random_state=42)[1]
    assert (len(split.test), len(split.train), len(split.removed)) == (21, 80, 0)
    everything = np.concatenate([split.train, split.test, split.removed])
    assert sorted(everything) == list(range(101))
    again = split_posts(posts)
    assert all(np.array_equal(getattr(split, k), getattr(again, k)) for k in ("train", "test"))
    assert split_posts(posts, seed=1).test.tolist() != split.test.tolist()


def test_duplicates_of_test_posts_are_removed_and_the_others_stay_together():
    n = 60
    test = train_test_split(range(n), test_size=0.2, random_state=42)[1]
    others = [i for i in range(n) if i not in test]
    texts = [f"совсем другой текст номер {i}" for i in range(n)]
    photos = [encode(blots(i), "JPEG") for i in range(n)]
    texts[others[0]] = texts[test[0]].replace(" ", "  ").upper() + "<br>"
    photos[others[1]] = encode(blots(test[1]).resize((72, 48)), "JPEG", quality=70)
    texts[others[2]], photos[others[2]] = texts[test[2]], photos[test[2]]
    texts[others[3]] = texts[test[3]] = "короткий"
    twins = others[4:30:2], others[5:30:2]
    for left, right in zip(*twins, strict=True):
        photos[right] = encode(blots(left), "JPEG", quality=50)
    split = split_posts(feed(texts, photos))
    assert split.removed.tolist() == sorted(others[:3])
    reasons = dict(zip(split.removed.tolist(), split.reason.tolist(), strict=True))
    assert [reasons[i] for i in others[:3]] == ["text", "photo", "text and photo"]
    for left, right in zip(*twins, strict=True):
        assert split.groups[left] == split.groups[right]


@pytest.mark.parametrize(
    ("posts", "said"),
    [
        (feed(["a"] * 9, [None] * 9), "9 posts can't be split: at least 10"),
        (feed(["один и тот же длинный текст"] * 30, [None] * 30), "24 duplicate a post of the test part"),
    ],
)
def test_a_table_that_cannot_be_split_says_so(posts, said):
    with pytest.raises(PostsError, match=said):
        split_posts(posts)


def test_groups_are_those_of_the_duplicates():
    texts = [f"один на два поста текст номер {i // 2}" for i in range(60)]
    photos = [encode(blots((i + 1) // 2), "JPEG") if i < 12 else None for i in range(60)]
    split = split_posts(feed(texts, photos))
    np.testing.assert_array_equal(split.groups, find_duplicates(texts, photos).groups())


@pytest.mark.parametrize(("missing", "enough"), [(0, True), (1, False)])
def test_an_activity_is_modelled_if_enough_training_posts_have_it(missing, enough):
    """Posts outside the training part don't count, nor does a second action on one post or on its copy."""
    n = 60
    groups = np.arange(n)
    groups[20:40] = np.arange(20)  # copies of the posts before
    split = Split(*(np.arange(*ends) for ends in ((0, 40), (40, 60), (0, 0))), np.array([]), groups)
    posts = feed([""] * n, [None] * n).assign(**dict.fromkeys(ACTIVITIES, 0))
    posts["share_to_message"] = 1
    posts.loc[split.train[: MIN_POSTS_WITH_ONE - missing], "hide"] = 9
    posts.loc[40:, ["hide", "open"]] = 1
    assert posts_with_one(posts, split)[["hide", "open", "share_to_message"]].tolist() == [20 - missing, 0, 20]
    assert modellable(posts, split) == (["hide", "share_to_message"] if enough else ["share_to_message"])


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (0, "no post has one"),
        (1000, "every post has one for every view"),
        (np.arange(60) % 2 * 1000, "every post has either none or one for every view"),
        (np.arange(60) // 59 * 9, "fewer than 20 training posts have one (copies don't count"),
        (np.where(np.arange(60) < 15, 9, 1000), "nor do posts that have one for every view)"),
    ],
    ids=["none", "all", "all or nothing", "few", "few but all"],
)
def test_an_activity_without_contrast_is_set_aside_for_a_reason(counts, reason):
    posts = feed([f"совсем другой текст номер {i}" for i in range(60)], [None] * 60).assign(
        **dict.fromkeys(ACTIVITIES, 7)
    )
    posts["hide"] = counts
    split = split_posts(posts)
    assert modellable(posts, split) == [activity for activity in ACTIVITIES if activity != "hide"]
    ((said, names),) = set_aside(posts, split).items()
    assert reason in said and names == ["hide"]


def test_a_feed_of_one_view_each_has_nothing_to_model():
    posts = feed([f"совсем другой текст номер {i}" for i in range(60)], [None] * 60)
    posts[["view", *ACTIVITIES]] = 1
    posts["like"], posts["hide"] = np.arange(60) % 2, 0
    split = split_posts(posts)
    assert modellable(posts, split) == []
    assert set_aside(posts, split)["no post has one"] == ["hide"]
    assert refusal(posts, lambda: split).startswith(
        "there is no activity to model, because every post has 1 view: like,"
    )


def dated(n=60):
    """Posts of three a day and of seven groups; four lack a group and three a date."""
    posts = feed([f"совсем другой текст номер {i}" for i in range(n)], [None] * n)
    posts["group"] = [f"g{i % 7}" if i > 3 else "" for i in range(n)]
    posts["time"] = pd.Series(pd.to_datetime(np.arange(n) // 3, unit="D").astype("datetime64[s]"))
    posts.loc[5:7, "time"] = pd.NaT
    return posts


def test_by_time_the_last_posts_are_the_test():
    posts = dated()
    split = split_posts(posts, by="time")
    assert posts["time"][split.train].max() < posts["time"][split.test].min() and len(split.test) == 12
    assert split.removed.tolist() == [5, 6, 7] and set(split.reason) == {"no time"}
    posts.loc[50, "text"] = posts.loc[20, "text"]
    assert split_posts(posts, by="time").removed.tolist() == [5, 6, 7, 20]


def test_by_group_whole_groups_are_the_test():
    posts = dated()
    split = split_posts(posts, by="group")
    assert not set(posts["group"][split.train]) & set(posts["group"][split.test])
    assert posts["group"][split.test].nunique() == 2 and split.removed.tolist() == [0, 1, 2, 3]
    assert sorted([*split.train, *split.test, *split.removed]) == list(range(60))
    np.testing.assert_array_equal(split.test, split_posts(posts, by="group").test)


@pytest.mark.parametrize(
    ("by", "value"), [("time", pd.NaT), ("time", pd.Timestamp("2024-01-01")), ("group", ""), ("group", "one")]
)
def test_posts_without_dates_or_groups_that_differ_cannot_be_split_by_them(by, value):
    with pytest.raises(PostsError, match=f"can't be split by {by}"):
        split_posts(dated().assign(**{by: value}), by=by)
