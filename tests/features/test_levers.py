import numpy as np
import pytest

from lib.features import LEVERS, PROPERTIES, contrasts, property_values, readable_features
from lib.simulation import simulate


@pytest.fixture(scope="module")
def made():
    return simulate(250, seed=4)


@pytest.fixture(scope="module")
def values(made):
    return property_values(readable_features(made.posts))


def test_properties_are_absent_where_the_text_or_photo_is(made, values):
    assert list(values) == list(PROPERTIES)
    assert (values["question"].isna() == (made.posts["text"] == "")).all()
    assert (values["shape"].isna() == made.posts["photo"].isna()).all()
    binary = values[[name for name, prop in PROPERTIES.items() if prop.binary]]
    assert binary.isin([0, 1, np.nan]).all().all()


def test_a_contrast_is_for_the_posts_that_it_fits(values):
    found = {contrast.lever: contrast for contrast in contrasts(values)}
    assert set(found) == set(LEVERS)
    for contrast in found.values():
        assert not (contrast.before & contrast.after).any()
        assert not ((contrast.before | contrast.after) & ~contrast.posts).any()
    assert (values["folded"][found["length"].posts] == 0).all()
    low, high = found["length"].from_to["words"]
    assert low < high <= found["long"].from_to["words"][1]
    assert found["long"].after.sum() == (values["folded"] == 1).sum()
