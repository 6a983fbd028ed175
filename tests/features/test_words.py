import numpy as np
import pytest

from lib.features import Words
from lib.study import open_study

TALK = ["матч ворота мяч тренер", "соль перец масло мука", "кот лапа хвост усы"]


def made(n, seed=0):
    """Texts of one of three topics each, and which."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, 3, n)
    return [" ".join(rng.permutation(TALK[t].split())[:3]) for t in topic], topic


def test_texts_of_a_topic_are_near_each_other():
    (learnt, _), (texts, topic) = made(300), made(60, 1)
    found = Words().fit(learnt).transform(texts)
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    near = unit @ unit.T
    same = topic[:, None] == topic
    assert found.dtype == np.float32 and near[same].min() > near[~same].max()


def test_is_what_scikit_learn_makes_of_the_same_words():
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts, _ = made(200)
    words = Words().fit(texts)
    terms = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=Words.LEAST_TEXTS)
    expected = TruncatedSVD(len(words.axes_), random_state=0).fit_transform(terms.fit_transform(texts))
    assert words.transform(texts) == pytest.approx(expected, abs=1e-5)


def test_absent_texts_have_no_numbers_and_unknown_words_are_zeros():
    texts, _ = made(100)
    words = Words().fit([*texts, "", "<br>"])
    found = words.transform(["", "совсем другие слова", " <br> ", texts[0]])
    assert np.isnan(found[[0, 2]]).all() and not found[1].any() and found[3].any()


@pytest.mark.parametrize("texts", [[], ["", ""], ["одно", "два"], ["слово"] * 10])
def test_too_few_words_give_one_column_of_nothing(texts):
    words = Words.from_arrays(Words().fit(texts).arrays())
    assert words.transform(["слово", ""]).shape == (2, 1) and np.isnan(words.transform(["слово", ""])).all()


def test_its_arrays_give_it_back():
    texts, _ = made(100)
    words = Words().fit(texts)
    again = Words.from_arrays(words.arrays())
    np.testing.assert_array_equal(again.transform(texts), words.transform(texts))


def test_terms_stay_within_their_number(monkeypatch):
    monkeypatch.setattr(Words, "MOST_TERMS", 5)
    assert len(Words().fit(made(100)[0]).terms_) == 5


def test_a_study_learns_them_from_its_training_posts_alone(small, tmp_path):
    train, test = small.split.train, small.split.test
    first = small.words.transform(small.posts["text"])
    posts = small.posts.copy()
    posts.iloc[test, posts.columns.get_loc("text")] = "совсем другие слова " * 5
    other = open_study(posts, encoders=small.encoders, folder=tmp_path)
    np.testing.assert_array_equal(other.split.train, train)
    again = other.words.transform(posts["text"])
    np.testing.assert_array_equal(first[train], again[train])
    assert np.isnan(first).any(1).tolist() == (small.readable["text"]["has_text"] == 0).tolist()
    assert np.nanmax(np.abs(again[test])) < np.nanmax(np.abs(first[test]))
