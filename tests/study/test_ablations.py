import numpy as np
import pytest

from lib.features import lettering
from lib.models import BASELINE
from lib.report import vector_sentences
from lib.study import ablations, scores
from lib.study.ablations import READABLE, SHARES, TFIDF


def test_encoders_stand_in_the_order_of_cross_fitted_scores(small):
    table = ablations.encoder_table(small, "text")
    trials = ablations.by_encoder(small, "text")
    own = small.encoders["text"]
    assert set(table["name"]) == {READABLE, TFIDF, own.name, "navec-sif", "navec-mean"}
    scored = [trials[name].cross_fitted for name in table["name"]]
    assert scored == sorted(scored, reverse=True)
    table = table.set_index("name")
    assert table.loc[own.name, "value"] == pytest.approx(scores.gain(small, "text_vector").value)
    assert table.loc[own.name, "low"] < table.loc[own.name, "value"] < table.loc[own.name, "high"]
    assert table.loc["navec-sif", ["dim", "licence", "source"]].tolist() == [300, "MIT", "natasha"]
    assert table.loc[TFIDF, ["dim", "speed"]].isna().all()


def test_counts_of_test_posts_do_not_touch_a_trial(small, scrambled):
    for number, seen in ablations.by_components(small, "text").items():
        blind = ablations.by_components(scrambled, "text")[number]
        assert blind.cross_fitted == seen.cross_fitted and not np.allclose(blind.test, seen.test)


def test_components_and_posts_are_as_many_as_there_can_be(small):
    numbers = list(ablations.by_components(small, "text"))
    assert numbers == [10, 30]  # a component needs five training posts
    sizes = ablations.by_posts(small, "text")
    n = len(small.split.train)
    assert list(sizes) == [*(round(share * n) for share in SHARES), n]
    np.testing.assert_array_equal(sizes[n].test, scores.log_scores(small, "text").mean(axis=1))
    curve = ablations.learning_curve(small, "text")
    assert list(curve["count"]) == list(sizes) and (curve["low"] <= curve["high"]).all()


def test_the_words_on_photos_are_known_on_a_simulated_feed_alone(small, scrambled):
    assert ablations.lettering_table(scrambled).empty
    table = ablations.lettering_table(small)
    lettered = small.truth.levers["lettering"].to_numpy()[small.split.test] > 0
    every = table[table["kind"] == "all"]
    assert list(every["name"]) == ["photo", "both"] and set(every["posts"]) == {lettered.sum()}
    ours, theirs = ablations.with_lettering(small, "photo").test, scores.log_scores(small, "photo").mean(axis=1)
    assert every["value"].iloc[0] == pytest.approx((ours - theirs)[lettered].mean())
    assert (table["posts"] >= ablations.LEAST_LETTERED).all() and (table["low"] <= table["high"]).all()


def test_words_are_read_if_a_report_is_asked_for_it(small, monkeypatch):
    assert not ablations.reads_photos(small)
    assert "OCR=full" in vector_sentences.words_read(small)
    monkeypatch.setenv("OCR", "full")
    monkeypatch.setattr(vector_sentences, "reader", lambda: "tesseract 9")
    monkeypatch.setattr(ablations, "reader", lambda: "tesseract 9")
    said = dict(zip(small.posts["photo"][::2], small.truth.lettering[::2], strict=True))
    monkeypatch.setattr(lettering, "_read", lambda photo: said.get(photo, ""))
    assert ablations.reads_photos(small) and len(ablations.words_read(small)) == 300
    share, right = ablations.share_read(small)
    assert 0.3 < share < 0.7 and right == 1
    trials, table = ablations.with_words_read(small), ablations.words_read_table(small).set_index("name")
    own = scores.log_scores(small, "both").mean(axis=1)
    assert list(table.index) == ["photo", "both"]
    assert table.loc["both", "value"] == pytest.approx((trials["both"].test - own).mean())
    assert "Tesseract 9 found words on" in vector_sentences.words_read(small)
    monkeypatch.setattr(ablations, "reader", lambda: "")
    assert not ablations.reads_photos(small)


def test_a_difference_is_that_of_the_log_scores_of_the_test_posts(small):
    trials = ablations.by_encoder(small, "photo")
    found = ablations.difference(trials[small.encoders["photo"].name], trials[READABLE])
    assert found == scores.gain(small, "photo_vector", over="photo_features")
    assert ablations.difference(trials[READABLE], trials[READABLE]).value == 0


def test_a_feed_without_photos_and_texts_has_nothing_to_compare(plain):
    for kind in ("text", "photo"):
        assert ablations.encoder_table(plain, kind)["value"].abs().max() == pytest.approx(0, abs=1e-3)
        assert ablations.component_table(plain, kind).empty
    assert ablations.learning_curve(plain, BASELINE)["value"].iloc[-1] == pytest.approx(0, abs=1e-6)
