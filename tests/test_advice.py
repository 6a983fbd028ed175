import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from lib import advice, betabinomial
from lib.photo import PHOTO_FEATURES
from lib.text import TEXT_FEATURES


def world(n=4000, seed=0):
    """Posts where a question doubles the first rate, and emoji come with a subject that lowers it by itself."""
    rng = np.random.default_rng(seed)
    subject = rng.normal(size=n)
    text = pd.DataFrame(rng.random((n, len(TEXT_FEATURES))), columns=list(TEXT_FEATURES))
    text["has_text"] = (rng.random(n) < 0.9).astype(float)
    text["question"] = (rng.random(n) < 0.3).astype(float)
    text["emoji"] = (subject + rng.normal(size=n) > 0).astype(float)
    text["words"] = rng.integers(1, 200, n)
    for rare in ("links", "mentions"):
        text[rare] = 0.0
    photo = pd.DataFrame(rng.random((n, len(PHOTO_FEATURES))), columns=list(PHOTO_FEATURES))
    photo["has_photo"] = 1.0
    photo["aspect"] = np.exp(rng.normal(size=n))
    asks = text["question"] * text["has_text"]
    mean = expit(np.column_stack([-5 - 0.8 * subject + np.log(2) * asks, np.full(n, -3.0)]))
    views = rng.integers(1000, 30_000, n)
    counts = betabinomial.rvs(views[:, None], mean, np.array([0.01, 0.02]), rng)
    return {"text": text, "photo": photo}, subject[:, None], counts, views


def table(n=4000, seed=0, controls=True):
    readable, subject, counts, views = world(n, seed)
    absent = 1 - readable["text"][["has_text"]].to_numpy()
    held = np.column_stack([absent, subject]) if controls else absent
    found = advice.effects(advice.lever_table(readable), held, counts, views, ["like", "comment"])
    return found.set_index(["lever", "activity"])


def test_a_true_effect_is_found_with_its_size_and_nothing_else():
    found = table()
    question = found.loc[("question", "like")]
    assert question["low"] < 1.0 < question["high"] and question["effect"] == pytest.approx(1.0, abs=0.15)
    assert question["change"] == "no question → a question"
    false = found.drop(("question", "like"))["q"].dropna()
    assert (false <= 0.05).sum() <= 1 < len(false)


def test_a_confounded_lever_loses_its_naive_sign_once_the_subject_is_held_equal():
    assert table(controls=False).loc[("emoji", "like"), "high"] < -0.2
    adjusted = table().loc[("emoji", "like")]
    assert adjusted["low"] < 0 < adjusted["high"]


def test_no_number_without_comparable_posts():
    found = table()
    for lever in ("link", "mention"):
        row = found.loc[(lever, "like")]
        assert row["state"] == "no comparable posts" and np.isnan(row["effect"]) and row["posts_high"] == 0


def test_intervals_cover():
    inside = [table(1000, seed).loc[("question", "like"), ["low", "high"]] for seed in range(1, 61)]
    covered = np.mean([low < 1.0 < high for low, high in inside])
    assert 0.87 <= covered <= 1.0


def test_feeds_without_photos_or_texts():
    readable, subject, counts, views = world(600)
    readable["photo"].loc[:] = np.nan
    readable["photo"]["has_photo"] = 0.0
    found = advice.effects(advice.lever_table(readable), subject, counts, views, ["like", "comment"])
    photo_levers = [v.name for v in advice.LEVERS if v.source == "photo"]
    assert (found[found["lever"].isin(photo_levers)]["state"] == "no comparable posts").all()
    assert found[found["lever"] == "question"]["effect"].notna().all()
