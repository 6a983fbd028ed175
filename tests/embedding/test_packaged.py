import sys

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from tiny_models import noise

from lib.embedding import Lite0Maps, embed, packaged, photo_encoder, text_encoder
from lib.embedding.packaged import Lite0Photo
from lib.features import present


@pytest.mark.parametrize("name", ["use-multilingual-3", "navec-sif"])
def test_texts_on_one_subject_are_nearer_than_others(name):
    texts = ["Кот спит на подоконнике", "Наша кошка любит играть", "Курс доллара снова вырос", "Банк повысил ставку"]
    vectors = embed(texts, text_encoder(name))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    assert cosines[0, 1] > max(cosines[0, 2], cosines[1, 3])
    assert cosines[2, 3] > max(cosines[0, 2], cosines[1, 3])


@pytest.mark.parametrize("name", ["use-multilingual-3", "navec-sif"])
def test_any_text_gets_a_vector(name):
    texts = ["слово " * 20_000, "x" * 50_000, "🤷🏽‍♀️", "а\ud83d", "!", "\u200bкот", "中文", "\x00а"]
    vectors = embed(texts, text_encoder(name))
    assert present(vectors).all() and (np.abs(vectors).max(1) > 0).all()


@pytest.mark.parametrize(("photo", "imagenet"), [("china.jpg", 442), ("flower.jpg", 985)])
def test_efficientnet_recognises_a_photo(photo, imagenet):
    """442 is the bell cote (the roofs of the Summer Palace), 985 the daisy: the network's own last layer."""
    encoder = photo_encoder("efficientnet-lite0")
    pixels = encoder.pixels(Image.fromarray(load_sample_image(photo)))
    features = encoder.on("cpu")([pixels])[0]
    state = torch.load(encoder.weights, weights_only=True)
    scores = state["_fc.weight"].numpy() @ features + state["_fc.bias"].numpy()
    assert scores.argmax() == imagenet


def test_the_vectors_of_lite0_are_those_of_the_first_release():
    """Computed before the network had larger sisters: a stored vector stays valid."""
    encoder = photo_encoder("efficientnet-lite0")
    photos = [encoder.pixels(Image.fromarray(load_sample_image(name))) for name in ("china.jpg", "flower.jpg")]
    found = encoder.on("cpu")(photos)[:, [0, 2, 640, 1279]]
    expected = [[0.0, 0.108551, 0.192519, 0.067755], [0.0, 0.00146, 0.0, 0.846707]]
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("encoder", [Lite0Photo(), Lite0Maps()])
def test_openvino_gives_the_vectors_of_torch(encoder, monkeypatch):
    """Each photo is computed alone, so that its vector depends on no other; nothing reports the use of OpenVINO."""
    photos = [np.random.default_rng(seed).integers(0, 256, (224, 224, 3), np.uint8) for seed in range(5)]
    found = encoder.load("cpu")(photos)
    assert sys.modules["openvino"] and sys.modules["openvino_telemetry"] is None
    monkeypatch.setattr(sys.modules["openvino"], "AsyncInferQueue", None)  # its callbacks can wait for ever
    np.testing.assert_array_equal(found[3], encoder.load("cpu")(photos[3:4])[0])
    monkeypatch.setattr(packaged, "on_openvino", None)  # not called where it isn't installed
    monkeypatch.setattr(packaged, "find_spec", lambda name: None)
    np.testing.assert_allclose(found, encoder.load("cpu")(photos), atol=1e-4)


@pytest.mark.parametrize(("name", "side"), [("efficientnet-lite1", 240), ("efficientnet-lite2", 260)])
def test_a_larger_efficientnet_recognises_a_palace(name, side):
    encoder = photo_encoder(name)
    if encoder.name != name:
        pytest.skip(f"the package of {name} isn't installed")
    pixels = encoder.pixels(Image.fromarray(load_sample_image("china.jpg")))
    state = torch.load(encoder.weights, weights_only=True)
    scores = state["_fc.weight"].numpy() @ encoder.on("cpu")([pixels])[0] + state["_fc.bias"].numpy()
    assert pixels.shape == (side, side, 3) and scores.argmax() == 698


@pytest.mark.parametrize(
    "data",
    [
        noise((1, 1)),
        noise((256, 37)),
        noise((37, 256), "L"),
        noise(mode="CMYK"),
        noise(mode="P", format="PNG"),
        noise(mode="RGBA", format="PNG"),
        noise(format="GIF", mode="P", save_all=True, append_images=[Image.new("P", (64, 48))] * 3),
    ],
    ids=["one pixel", "banner", "grey", "CMYK", "palette", "alpha", "animation"],
)
def test_any_photo_gets_a_vector(data):
    vectors = embed([data, noise(seed=5)], photo_encoder("efficientnet-lite0"))
    assert present(vectors).all()
    assert np.abs(vectors[0] - vectors[1]).max() > 0.1


@pytest.mark.parametrize(
    ("name", "tolerance"), [("use-multilingual-3", 2e-6), ("navec-sif", 0), ("efficientnet-lite0", 1e-4)]
)
def test_batches_change_vectors_by_rounding_only(name, tolerance):
    if name == "efficientnet-lite0":
        encoder, items = photo_encoder(name), [noise(seed=i) for i in range(8)]
    else:
        encoder, items = text_encoder(name), ["погода хорошая " * int(k) for k in np.arange(1, 40, 5)]
    one, many = embed(items, encoder, batch_size=1), embed(items, encoder, batch_size=8)
    assert np.abs(one - many).max() <= tolerance
    np.testing.assert_array_equal(many, embed(items[::-1], encoder, batch_size=8)[::-1])


def test_a_thumbnail_is_the_photo_in_small():
    photo = noise(format="PNG")
    vector = embed([photo], photo_encoder("thumbnail"))[0]
    red = Image.new("RGB", (40, 30), "red")
    assert photo_encoder("thumbnail").pixels(red).tolist() == np.full((16, 16, 3), (255, 0, 0)).tolist()
    assert vector.shape == (768,) and 0 <= vector.min() < vector.max() <= 1
