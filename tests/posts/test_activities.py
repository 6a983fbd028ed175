import re

import numpy as np
import pandas as pd
import pytest

from lib.posts.activities import ACTIVITIES, ACTIVITY, ACTIVITY_NAMES, counts, parse_weights
from lib.posts.languages import LANGUAGES


@pytest.mark.parametrize("id", ACTIVITIES)
def test_every_activity_has_words_in_both_languages(id):
    activity = ACTIVITY[id]
    assert activity.id == id and activity.label == id.replace("_", " ")
    assert activity.wanted == (-1 if id == "hide" else 1)
    words = {language: activity.plural[language] for language in LANGUAGES}
    assert re.fullmatch("[a-z ]+", words["en"])
    for russian in (words["ru"], activity.genitive):
        assert re.fullmatch("[а-яё ]+", russian)


def test_no_two_activities_have_the_same_words():
    for words in ("label", "plural", "genitive"):
        assert len({getattr(activity, words) for activity in ACTIVITY.values()}) == 7


def test_counts_are_whole_numbers_in_the_order_of_the_activities():
    table = pd.DataFrame({activity: [i, 10 * i] for i, activity in enumerate(ACTIVITIES)}, dtype=np.int32)
    found = counts(table[[*reversed(ACTIVITIES)]].assign(view=1, text=""))
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, [np.arange(7), 10 * np.arange(7)])


def test_an_activity_has_names_in_both_languages():
    assert [ACTIVITY_NAMES[name] for name in ("open photo", "likes", "комментарии", "скрытий")] == [
        "open_photo",
        "like",
        "comment",
        "hide",
    ]


def test_weights_are_those_that_are_named():
    assert parse_weights("like=1, hide=-20") == {"like": 1.0, "hide": -20.0}
    assert parse_weights("Лайки = 0.5") == {"like": 0.5}


@pytest.mark.parametrize("text", ["", "like", "like=", "fame=1", "like=1,likes=2", "hide=nan", "hide=inf", "like=1,"])
def test_weights_that_make_no_sense_are_refused(text):
    with pytest.raises(ValueError, match="is not an activity, once, with a number"):
        parse_weights(text)
