import re

import numpy as np
import pandas as pd
import pytest

from lib.posts.activities import ACTIVITIES, ACTIVITY, counts
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
