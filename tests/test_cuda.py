"""What only a GPU can show: vectors and memory of the real card, and networks trained on it. Skipped without one."""

import io
import warnings

import numpy as np
import pytest
import torch
from model_world import folds
from PIL import Image
from plain_network import RECIPE, posts
from sklearn.datasets import load_sample_image
from tiny_models import VOCABULARY, noise, save_photo_model, save_text_model

from lib.embedding import device, embed, photo_encoder, speed, text_encoder
from lib.embedding.packaged import Lite0Photo
from lib.embedding.transformer import HubPhoto, HubText
from lib.models import OWN, TUNED, OwnModel, Rate, fit_own, log_score, paired_interval
from lib.models.own import OWN_FULL
from lib.models.training import Recipe, cross_train, fit_network

pytestmark = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")]


def texts(n, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(list(VOCABULARY), length)) for length in rng.integers(1, 40, n)]


def least_cosine(one, other):
    return ((one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)).min()


@pytest.fixture(params=["text", "photo"])
def case(request, tmp_path):
    """An encoder and items of different lengths or shapes."""
    if request.param == "text":
        save_text_model(tmp_path / "model")
        return text_encoder(str(tmp_path / "model")), texts(200)
    flower = Image.fromarray(load_sample_image("flower.jpg"))
    crops = [flower.crop((i, i, 200 + 5 * i, 150 + 3 * i)) for i in range(40)]
    return photo_encoder("efficientnet-lite0"), [noise(seed=i) for i in range(8)] + [png(crop) for crop in crops]


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_auto_is_a_card_that_works_and_its_facts_are_recorded(case, tmp_path):
    encoder, items = case
    card = device.pick("auto")
    assert card.startswith("cuda:") and device.pick("cuda") == device.pick(torch.device("cuda")) == card
    embed(items, encoder, cache=tmp_path / "kept")
    facts = device.describe(card)
    assert facts["card"] == torch.cuda.get_device_name(0) and facts["memory"] > 2**30
    assert speed(encoder, tmp_path / "kept") is None  # too few for a speed


def test_vectors_are_those_of_the_cpu(case):
    encoder, items = case
    cpu, cuda, exact = (embed(items, encoder, device="cpu"), embed(items, encoder), embed(items, encoder, exact=True))
    assert encoder.dtype(device.pick("auto")) in ("bfloat16", "float16")
    assert least_cosine(cpu, cuda) > 0.99
    np.testing.assert_allclose(exact, cpu, rtol=1e-3, atol=1e-3 * np.abs(cpu).max())


def test_exact_vectors_of_a_card_and_of_a_cpu_are_kept_in_one_place(case, tmp_path):
    encoder, items = case
    some = items[: len(items) // 2]
    on_card = embed(some, encoder, exact=True, cache=tmp_path / "kept")
    both = embed(items, encoder, device="cpu", cache=tmp_path / "kept")
    np.testing.assert_array_equal(both[: len(some)], on_card)
    assert len([path for path in (tmp_path / "kept").iterdir() if path.is_dir()]) == 1


def test_a_stopped_run_goes_on_to_the_same_vectors(case, tmp_path):
    encoder, items = case
    first = embed(items[:30], encoder, cache=tmp_path / "kept")
    found = embed(items, encoder, cache=tmp_path / "kept")
    np.testing.assert_array_equal(found[:30], first)
    np.testing.assert_array_equal(embed(items, encoder, cache=tmp_path / "kept"), found)
    assert least_cosine(found, embed(items, encoder)) > 0.999


class Overflowing(Lite0Photo):
    """Half precision, and features that are far beyond its largest number for bright photos."""

    def dtype(self, device):
        return "float16"

    def network(self):
        network = super().network()
        network.head.clip = False
        network.head.weight *= 1e6
        return network


def test_a_batch_that_overflows_in_half_precision_is_repeated_in_float32(monkeypatch):
    monkeypatch.setattr(device, "number_format", lambda name: "float16")
    photos, encoder = [noise(seed=i) for i in range(20)], Overflowing()
    with pytest.warns(UserWarning, match="overflowed in float16 and were computed in float32"):
        found = embed(photos, encoder)
    assert least_cosine(found, embed(photos, encoder, device="cpu")) > 0.999


def test_a_batch_that_does_not_fit_is_halved():
    photos = [noise(seed=i) for i in range(64)]
    encoder = photo_encoder("efficientnet-lite0")
    expected = embed(photos, encoder, device="cuda", batch_size=8)
    device.free_memory()
    torch.cuda.reset_peak_memory_stats()
    room = torch.cuda.memory_reserved() + 128 * 2**20  # 64 photos want about three times that
    torch.cuda.set_per_process_memory_fraction(room / torch.cuda.get_device_properties(0).total_memory)
    try:
        got = embed(photos, encoder, device="cuda", batch_size=64)
        most = torch.cuda.max_memory_reserved()
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert most <= room + 2**21
    np.testing.assert_allclose(got, expected, atol=0.1)


def test_memory_of_a_released_encoder_is_given_back(case):
    encoder, items = case
    left = []
    for _ in range(2):  # what the card's libraries keep is there after the first time
        embed(items, encoder)
        encoder.release()
        left.append(torch.cuda.memory_allocated())
    assert left[1] <= left[0] + 2**20


def test_the_forward_pass_of_texts_does_not_wait_for_the_card(tmp_path):
    save_text_model(tmp_path)
    encoder = text_encoder(str(tmp_path))
    forward = encoder.on(device.pick("auto"))
    samples = encoder.prepare_all([text.encode() for text in texts(40)])
    forward(samples)
    torch.cuda.set_sync_debug_mode("error")
    try:
        read = forward.start(samples)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert np.isfinite(read()).all()


def test_a_network_trained_on_a_card_forecasts_as_one_of_the_cpu():
    build, inputs, counts, views, _ = posts(900, 1)
    train, test = np.arange(600), np.arange(600, 900)
    scores = {}
    for where in ("cpu", device.pick("auto")):
        found = cross_train(build, inputs, counts, views, train, folds(600), RECIPE, device=where)
        scores[where] = log_score(counts[test], views[test], found.forecast[test]).mean(1)
        assert found.device == where
    plain = log_score(counts[test], views[test], Rate().fit(counts[train], views[train]).predict(len(test))).mean(1)
    on_cpu, on_card = (paired_interval(score, plain).value for score in scores.values())
    assert on_card > 0 and on_card == pytest.approx(on_cpu, rel=0.2)


def test_training_that_was_killed_goes_on_to_the_same_network(tmp_path):
    build, inputs, counts, views, _ = posts(160, 3)
    epochs = []

    def killed(network):
        epochs.append(network)
        if len(epochs) > 2:
            raise KeyboardInterrupt

    def fitted(**how):
        network = fit_network(build, inputs, counts, views, RECIPE, 0, device=device.pick("auto"), **how)
        return network.last.weight.detach().cpu().numpy()

    with pytest.raises(KeyboardInterrupt):
        fitted(checkpoint=tmp_path / "fold.pt", each_epoch=killed)
    np.testing.assert_allclose(fitted(checkpoint=tmp_path / "fold.pt"), fitted(), rtol=1e-4, atol=1e-6)


def test_the_networks_of_the_book_train_in_full_on_a_card(tmp_path, monkeypatch):
    short = {name: OwnModel(model.label, model.towers, Recipe(1, 32)) for name, model in OWN_FULL.items()}
    monkeypatch.setattr("lib.models.own.OWN_FULL", short)
    rng = np.random.default_rng(0)
    views = rng.integers(1_000, 9_000, 96)
    counts = rng.binomial(views[:, None], 0.01, (96, 2))
    photos = [None if i % 7 == 0 else noise(seed=i) for i in range(96)]
    words = ["" if i % 5 == 0 else text for i, text in enumerate(texts(96))]
    save_text_model(tmp_path / "text")
    save_photo_model(tmp_path / "photo", "vit")
    encoders = {"text": HubText(str(tmp_path / "text")), "photo": HubPhoto(str(tmp_path / "photo"))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = words, photos, counts, views, np.arange(80), folds(80)
        found = fit_own([*OWN, *TUNED], *data, full=True, encoders=encoders)
    for name, trained in found.items():
        assert trained.device.startswith("cuda:"), name
        assert np.isfinite(trained.forecast.mean).all() and 0.002 < trained.forecast.mean.mean() < 0.05
