import numpy as np
import pandas as pd
import pytest

from lib.features.text import text_features
from lib.features.topics import find_subject

TALK = {
    "football": "матч ворота мяч тренер судья гол удар поле защита пенальти болельщики финал",
    "kitchen": "соль перец масло мука тесто сковорода духовка рецепт яйца сахар молоко ложка",
}


def made(n=700, seed=0, texts=True):
    """Posts of two topics: 40 of a hundred without text, vectors that tell the topic, no photos."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    said = [" ".join(rng.choice(TALK[list(TALK)[t]].split(), 12)) for t in truth]
    silent = rng.random(n) < (0.4 if texts else 1.0)
    said = ["" if s else f"{text} https://x.example/{i}" for i, (s, text) in enumerate(zip(silent, said, strict=True))]
    vector = rng.normal(size=(n, 20)) + 4 * truth[:, None] * (np.arange(20) < 3)
    vectors = {"text vector": np.where(silent[:, None], np.nan, vector), "photo vector": vector}
    photo = pd.DataFrame(rng.random((n, 5)), columns=["contrast", "sharpness", "flat_area", "text_likeness", "aspect"])
    photo["has_photo"] = 1.0
    return find_subject(vectors, said, {"text": text_features(said), "photo": photo}), truth, silent


def test_topics_are_found_in_the_words_and_for_silent_posts_in_the_vectors():
    subject, truth, silent = made()
    tables = [pd.crosstab(subject.topic[some], truth[some]).to_numpy() for some in (silent, ~silent)]
    assert all(table.max(1).sum() / table.sum() > 0.95 for table in tables)
    for words in subject.words:
        assert set(words) <= set(TALK["football"].split()) or set(words) <= set(TALK["kitchen"].split())
    for columns in (subject.columns, subject.wide, subject.brief, subject.coarse):
        assert len(columns) == len(truth) and np.isfinite(columns).all()
    assert subject.missing.shape[1] >= 1 and (subject.missing[:, 0] == silent).all()


@pytest.mark.parametrize("n", [30, 700])
def test_without_texts_there_is_one_topic(n):
    subject, _, _ = made(n, texts=False)
    assert len(subject.words) == 1 and not subject.topic.any()
    assert np.isfinite(subject.columns).all()
