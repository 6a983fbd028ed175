import dataclasses
import io

import numpy as np
import pandas as pd
import pytest
from advice_world import ConstantModel
from PIL import Image

from lib import betabinomial
from lib.features import readable_features
from lib.models import Forecast, feature_ranges, forecast_drafts, load_model
from lib.study import open_study, save_model, scores


@pytest.fixture(scope="module")
def model(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_model(small, folder)
    return load_model(folder)


def test_drafts_get_the_forecast_of_the_study_at_their_views(small, model):
    """The feed's own posts, without their counts, get the study's forecast, with intervals that hold 90 %.

    An interval is the central one, unless that leaves out the expected count.
    """
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
    found = table[table["impossible"] == ""]
    mean, rho = (values.ravel()[found.index] for values in (forecast.mean, forecast.rho))
    for end, tail in (("low", 0.05), ("median", 0.5), ("high", 0.95)):
        central = betabinomial.ppf(tail, found["view"], mean, rho)
        outside = {"low": central > found["expected"], "high": central < found["expected"]}.get(end, central < 0)
        assert (found[end] == central)[~outside].all()
        assert (found[end] - found["expected"]).abs()[outside].lt(1).all()
    assert table["percentile"].between(0, 100).all()


@pytest.mark.parametrize("mean", [0.00116, 0.99884])
def test_an_interval_holds_the_mean_and_the_median_however_skewed(mean):
    model = ConstantModel()
    model.predict = lambda drafts, readable: Forecast(np.array([[mean, 0.02]]), np.array([0.9, 0.9]))
    draft = pd.DataFrame({"row": [2], "view": pd.array([5000], "Int64"), "text": ["text"], "photo": [None]})
    table = forecast_drafts(draft, model)
    assert table["expected"].tolist() == pytest.approx([5000 * mean, 100])
    for name in ("expected", "median"):
        assert (table["low"] <= table[name]).all() and (table[name] <= table["high"]).all()
    views, rates = table["view"], table["rate"]
    below = betabinomial.cdf(table["low"] - 1, views, rates, 0.9)
    assert (betabinomial.cdf(table["high"], views, rates, 0.9) - below >= 0.9).all()


@pytest.fixture(scope="module")
def structured(small):
    """A feed in which 60 posts have a banner and 60 no photo; nobody opens a photo of either."""
    posts, rng = small.posts.copy(), np.random.default_rng(0)
    for i in range(60):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (20, 80, 3), dtype=np.uint8)).save(file, "PNG")
        posts.at[posts.index[i], "photo"] = file.getvalue()
    posts.loc[posts.index[60:120], "photo"] = None
    posts.loc[posts.index[:120], "open_photo"] = 0
    return open_study(posts)


def test_what_never_happened_in_the_feed_is_zero(structured, tmp_path):
    name = "photo_features"
    opened = structured.column("open_photo")
    expected = structured.forecast(name).mean[:, opened] * structured.views
    photos = structured.readable["photo"]
    never = (photos["has_photo"] == 0) | (photos["aspect"] > 3)
    assert never[:120].all() and ((expected < 0.5) == never).all()  # cross-fitted ones too
    assert (structured.forecast("text_features").mean[:, opened] > 1e-4).all()
    save_model(structured, tmp_path, name)
    drafts = structured.posts.iloc[[0, 60, never.argmin()]].assign(row=[2, 3, 4], view=pd.array([pd.NA] * 3, "Int64"))
    drafts.attrs = {"photo_problems": pd.DataFrame({"row": [], "reason": []})}
    table = forecast_drafts(drafts, load_model(tmp_path)).set_index("activity")
    found = table.loc["open_photo"]
    assert found["impossible"].tolist() == ["banner", "no photo", ""]
    assert (found[["rate", "expected", "median", "low", "high", "percentile"]].iloc[:2] == 0).all(axis=None)
    assert found["expected"].iloc[2] > 0 and (table.drop("open_photo")["impossible"] == "").all()


def test_without_a_photo_no_photo_is_opened_unless_it_cannot_be_read_or_the_feed_has_none(small, model):
    draft = pd.DataFrame({"row": [2], "view": pd.array([pd.NA], "Int64"), "text": ["Кот спит."], "photo": [None]})
    unreadable, plain = draft.copy(), dataclasses.replace(model, about={**model.about, "ranges": {}})
    unreadable.attrs["photo_problems"] = pd.DataFrame({"row": [2], "reason": ["not an image"]})
    for posts, by, reason in ((draft, model, "no photo"), (unreadable, model, ""), (draft, plain, "")):
        found = forecast_drafts(posts, by).set_index("activity").loc["open_photo"]
        assert found["impossible"] == reason and (found["expected"] == 0) == bool(reason)
    assert model.impossible(draft, readable_features(draft)).shape == (1, len(small.activities))


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
    inside = (table["rate"] <= 2 * seen.max(0)) & (table["rate"] >= seen.min(0) / 2)
    assert (inside | (table["impossible"] != "")).all()


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
