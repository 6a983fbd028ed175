import numpy as np

from lib.embedding import embed, text_encoder


def test_navec_weighs_a_word_by_its_rarity():
    encoder = text_encoder("navec-sif")
    navec = encoder.navec
    counts = np.array(navec.vocab.counts, float)
    weight = {w: 1e-3 / (1e-3 + counts[navec.vocab[w]] / counts.sum()) for w in ("и", "кот")}
    expected = (weight["и"] * navec["и"] + weight["кот"] * navec["кот"]) / 2
    got = embed(["И КОТ", "кот, и щщщщщ", "Zqxw!"], encoder)
    np.testing.assert_allclose(got[0], expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(got[1], expected, rtol=1e-5, atol=1e-7)
    unknown = navec["<unk>"] * encoder._weights[navec.vocab.unk_id]
    np.testing.assert_allclose(got[2], unknown, rtol=1e-5)


def test_navec_mean_weighs_all_words_alike():
    encoder = text_encoder("navec-mean")
    navec = encoder.navec
    np.testing.assert_allclose(embed(["и кот"], encoder)[0], (navec["и"] + navec["кот"]) / 2, rtol=1e-5, atol=1e-7)
