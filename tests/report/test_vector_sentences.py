import json

from lib.report import vector_sentences
from lib.report.numbers import label_of, number, verdict
from lib.study import ablations


def test_the_encoder_is_named_with_its_source(small):
    for kind, encoder in small.encoders.items():
        said = vector_sentences.encoder(small, kind)
        assert all(part in said for part in (encoder.name, encoder.source, encoder.licence, f"{encoder.dim:,}"))


def test_sentences_follow_the_intervals(small):
    trials = ablations.by_encoder(small, "text")
    own = ablations.difference(trials["navec-sif"], trials["navec-mean"])
    word = verdict(own, "better", "worse", "not clearly different", "no different")
    assert f"is {word}" in vector_sentences.pooling(small)
    assert f"{len(small.split.train):,} training posts" in vector_sentences.more_posts(small, "text")
    assert "from 10 to 30 components" in vector_sentences.components(small, "text").lower()


def test_the_encoder_in_use_is_compared_with_every_other(small):
    for kind in ("text", "photo"):
        said = vector_sentences.encoders_compared(small, kind)
        trials = ablations.by_encoder(small, kind)
        assert f"choose *{max(trials, key=lambda name: trials[name].cross_fitted)}*" in said
        own = trials[small.encoders[kind].name]
        for name, trial in trials.items():
            assert f"*{name}*" in said
            assert trial is own or f"*{name}* ({number(ablations.difference(own, trial).value)};" in said


def test_the_takeaways_of_a_chapter_are_a_list(small):
    for kind in ("text", "photo"):
        lines = vector_sentences.takeaways(small, kind).split("\n")
        assert len(lines) == 3 and all(line.startswith("- ") for line in lines) and f"the {kind} alone" in lines[0]


def test_the_parts_that_matter_are_named(small):
    assert "4 photos" in vector_sentences.most_covered(small)
    said = vector_sentences.most_left_out(small)
    assert said.count("“") == 2 and "than without" in said


def test_a_feed_without_photos_and_texts_has_nothing_to_say(plain):
    for kind in ("text", "photo"):
        assert f"No post of this feed has a {label_of(kind)}" in vector_sentences.presence(plain, kind)
        assert "nothing to compare" in vector_sentences.encoders_compared(plain, kind)
        assert "no components" in vector_sentences.components(plain, kind)
        assert vector_sentences.more_posts(plain, kind) == f"More posts without {kind}s would not help."
        assert vector_sentences.takeaways(plain, kind).startswith(f"- This feed has no {kind}s")
    assert "no different" in vector_sentences.pooling(plain)
    assert "No test post" in vector_sentences.most_covered(plain)
    assert "No test post" in vector_sentences.most_left_out(plain)


def test_the_newest_measurement_on_a_gpu_is_quoted(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_sentences, "checkout", lambda: tmp_path)
    assert "No measurement on a GPU" in vector_sentences.on_a_gpu()
    (tmp_path / "bench/results").mkdir(parents=True)
    for card, date, value in (("T4", "2026-01-02", 0.9), ("L4", "2026-03-04", 0.96)):
        rows = [["ViT, bare, photos a second", 1503, None], ["ViT, loop over bare", value, 0.95], ["other", 0.5, 0.7]]
        result = {"card": card, "date": date, "rows": rows}
        (tmp_path / f"bench/results/gpu-{card}.json").write_text(json.dumps(result))
    assert vector_sentences.on_a_gpu() == (
        "What networks alone did on one L4 (2026-03-04, random weights), and which share of it the embedding loop"
        " reached: ViT 1,500 photos a second and 0.96. The loop meets 1 of 2 bars of the bench of GPUs."
    )
