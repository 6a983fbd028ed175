import logging

import numpy as np
import pytest
from test_encoders import save_text_model

from lib.embedding import hub
from lib.embedding.catalogue import photo_encoder, rivals, text_encoder
from lib.report import sentences
from lib.storage import cache
from lib.study import ablations, scores, study
from lib.study.ablations import READABLE, SHARES, TFIDF
from lib.study.study import open_study

ROWS = 290  # another size than in other tests: what is kept in memory is told apart by it


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The study of a small simulated feed with the fast encoders, with a cache of its own."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("cache")
    for module in (cache, study, ablations):
        patch.setattr(module, "CACHE", folder)
    for variable in ("POSTS", "FEED_ROWS", "TEXT_RIVALS", "PHOTO_RIVALS"):
        patch.delenv(variable, raising=False)
    opened = open_study(rows=ROWS)
    opened.__dict__.update(text_encoder=text_encoder("navec-sif"), photo_encoder=photo_encoder("thumbnail"))
    patch.setattr(ablations, "rivals", lambda kind: iter([text_encoder("navec-mean")] if kind == "text" else []))
    yield opened
    patch.undo()


@pytest.fixture
def without(small, tmp_path):
    """The same posts as a table without photos and texts."""
    path = tmp_path / "posts.csv"
    small.posts.assign(photo="", text="").to_csv(path, index=False)
    opened = open_study(path)
    opened.__dict__.update(text_encoder=small.text_encoder, photo_encoder=small.photo_encoder)
    return opened


def test_encoders_stand_in_the_order_of_the_validation_posts(small):
    table = ablations.encoder_table(small, "text")
    trials = ablations.by_encoder(small, "text")
    assert set(table["name"]) == {READABLE, TFIDF, "navec-sif", "navec-mean"}
    assert [trials[name].validation for name in table["name"]] == sorted(t.validation for t in trials.values())[::-1]
    own = table.set_index("name").loc["navec-sif"]
    assert own["value"] == pytest.approx(scores.gain(small, "text vector").value)
    assert own["low"] < own["value"] < own["high"] and own["dim"] == 300 and own["licence"] == "MIT"
    assert own["source"] == "natasha" and table.set_index("name").loc[TFIDF, ["dim", "speed"]].isna().all()


def test_counts_of_test_posts_do_not_touch_a_trial(small):
    features = small.features("text vector")
    seen = ablations._trial(small, features)
    other = study.Study(None, ROWS)
    other.__dict__.update({name: getattr(small, name) for name in ("posts", "split", "blocks")})
    other.__dict__["counts"] = small.counts.copy()
    other.counts[small.split.test] = 0
    blind = ablations._trial(other, features)
    assert blind.validation == seen.validation and not np.allclose(blind.test, seen.test)


def test_components_and_posts_are_counted_as_they_are(small):
    counts = list(ablations.by_components(small, "text"))
    assert counts == [10, 30]  # more than one for five training posts would not be used
    sizes = ablations.by_posts(small, "text")
    n = len(small.split.train)
    assert list(sizes) == [round(share * n) for share in SHARES]
    whole = ablations._trial(small, small.features("text"))
    np.testing.assert_array_equal(sizes[n].test, whole.test)
    curve = ablations.learning_curve(small, "text")
    assert list(curve["count"]) == list(sizes) and (curve["low"] <= curve["high"]).all()


def test_a_feed_without_photos_and_texts_has_nothing_to_compare(without):
    for kind in ("text", "photo"):
        assert ablations.encoder_table(without, kind)["value"].abs().max() == pytest.approx(0, abs=1e-6)
        assert ablations.component_table(without, kind).empty
        assert "Too few" in sentences.components(without, kind)
        assert "nothing to compare" in sentences.encoders_compared(without, kind)
        assert "no evidence" in sentences.more_posts(without, kind)
    assert "no different" in sentences.pooling(without)


def test_sentences_follow_the_intervals(small):
    trials = ablations.by_encoder(small, "text")
    own = ablations.difference(trials["navec-sif"], trials["navec-mean"])
    word = "better" if own.low > 0 else "worse" if own.high < 0 else "no different"
    assert f"is {word}" in sentences.pooling(small)
    assert f"{len(small.split.train):,} training posts" in sentences.more_posts(small, "text")
    assert "from 10 to 30 components" in sentences.components(small, "text").lower()


def test_rivals_are_those_that_can_be_reached(tmp_path, monkeypatch, caplog):
    save_text_model(tmp_path / "tiny-bert")

    def unreachable(card):
        if card.id.startswith("someone/"):
            raise hub.HubError("the model hub is out of reach")
        return located(card)

    located = hub.locate
    monkeypatch.setattr(hub, "locate", unreachable)
    monkeypatch.setattr("lib.embedding.device.pick", lambda wanted: "cpu")
    monkeypatch.setenv("TEXT_RIVALS", f"someone/model, {tmp_path / 'tiny-bert'},")
    monkeypatch.delenv("PHOTO_RIVALS", raising=False)
    with caplog.at_level(logging.WARNING):
        names = [encoder.name for encoder in rivals("text")]
    assert names == ["use-multilingual-3", "navec-sif", "navec-mean", "tiny-bert"]
    assert "someone/model is left out" in caplog.text
    assert [encoder.name for encoder in rivals("photo")] == ["efficientnet-lite0", "thumbnail"]
