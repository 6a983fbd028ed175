import dataclasses
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lib import betabinomial
from lib.models import feature_ranges, forecast_drafts, load_model
from lib.study import save_model, scores


@pytest.fixture(scope="module")
def model(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_model(small, folder)
    return load_model(folder)


def test_drafts_get_the_forecast_of_the_study_at_their_views(small, model):
    """The feed's own posts, without their counts, get the study's forecast, with intervals that hold 90 %."""
    rows = small.split.test[:20]
    posts = small.posts.iloc[rows]
    drafts = posts[["view", "text", "photo"]].assign(view=posts["view"].astype("Int64")).reset_index(drop=True)
    drafts.insert(0, "row", np.arange(2, 22))
    drafts.loc[0, "view"] = pd.NA
    table = forecast_drafts(drafts, model)
    forecast = small.forecast(scores.best(small))[rows]
    assert table["row"].tolist() == np.repeat(np.arange(2, 22), len(small.activities)).tolist()
    assert table["activity"].tolist() == small.activities * 20
    assert table["rate"].to_numpy() == pytest.approx(forecast.mean.ravel(), rel=1e-6)
    assert table["expected"].to_numpy() == pytest.approx(table["rate"] * table["view"])
    assert (table["view"][: len(small.activities)] == round(np.median(small.views))).all()
    mean, rho = forecast.mean.ravel(), forecast.rho.ravel()
    for end, tail in (("low", 0.05), ("high", 0.95)):
        assert (betabinomial.cdf(table[end], table["view"], mean, rho) >= tail).all()
        positive = table[end] > 0
        assert (betabinomial.cdf(table[end] - 1, table["view"], mean, rho)[positive] < tail).all()
    assert table["percentile"].between(0, 100).all()


def png(*size, colour="white"):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "photo", "names"),
    [
        ("", png(40_000, 1, colour="red"), ["aspect", "sharpness"]),
        ("", png(1, 40_000), ["aspect", "contrast"]),
        ("", png(256, 256), ["brightness", "contrast"]),
        ("слово " * 100_000, None, ["characters", "words", "first_line"]),
        ("\U0001f600" * 10_000, None, ["characters", "emoji"]),
        ("!" * 100_000, png(1, 1, colour="black"), ["exclamation", "brightness"]),
    ],
    ids=["strip", "tall strip", "white photo", "huge text", "emoji", "signs and a dot"],
)
def test_a_draft_unlike_the_feed_is_forecast_inside_the_feed_and_named(small, model, text, photo, names):
    draft = pd.DataFrame({"row": [2], "view": pd.array([pd.NA], "Int64"), "text": [text]})
    draft["photo"] = pd.Series([photo], dtype=object)
    table = forecast_drafts(draft, model)
    assert set(names) <= set(table["unlike"].iloc[0].split(", "))
    seen = small.forecast(scores.best(small)).mean[small.split.test]
    # The columns are inside the feed's range, but no post of the feed has all of its extremes at once.
    assert (table["rate"] <= 2 * seen.max(0)).all() and (table["rate"] >= seen.min(0) / 2).all()


def test_no_post_of_the_feed_is_unlike_the_feed(small, model):
    assert not any(model.unlike(small.readable))
    sizes = {"width": 1e5, "height": 1e5}  # a photo of a phone, of the usual shape
    assert not any(model.unlike({**small.readable, "photo": small.readable["photo"].assign(**sizes)}))


@pytest.mark.parametrize(("has", "name"), [(0.0, "no text"), (1.0, "a text")])
def test_a_text_is_named_where_the_feed_has_none_or_always_one(small, model, has, name):
    text = small.readable["text"].iloc[:5].assign(has_text=1 - has)
    ranges = feature_ranges({"text": text, "photo": small.readable["photo"].iloc[:5]})
    other = dataclasses.replace(model, about={**model.about, "ranges": ranges})
    found = other.unlike({"text": text.assign(has_text=has), "photo": small.readable["photo"].iloc[:5]})
    assert found == [[name]] * 5


def test_readable_features_that_are_given_change_nothing(small, model):
    rows = small.split.test[:5]
    drafts = small.posts.iloc[rows].reset_index(drop=True).assign(row=range(5))
    readable = {kind: table.iloc[rows].reset_index(drop=True) for kind, table in small.readable.items()}
    given, computed = forecast_drafts(drafts, model, readable), forecast_drafts(drafts, model)
    pd.testing.assert_frame_equal(given, computed)
