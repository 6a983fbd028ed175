import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from model_world import folds
from PIL import Image, ImageDraw
from tiny_models import save_photo_model, save_text_model

from lib.betabinomial import rvs
from lib.embedding.transformer import HubPhoto, HubText
from lib.models import OWN, TUNED, Rate, fit_own, log_score, paired_interval
from lib.models.networks import EncoderTower, PhotoTower, TextTower, Towers, small_body
from lib.models.own import _TOWERS, OWN_FULL, OwnModel, varied
from lib.models.pieces import BUCKETS, Pieces, parts
from lib.models.training import Recipe

TEXT, _, SMALL, _ = OWN
TUNED_TEXT, TUNED_PHOTO = TUNED


def test_parts_are_the_word_and_its_runs_of_characters():
    assert len(parts("котики")) == 1 + 6 + 5 + 4
    assert len(parts("я")) == 1 and parts("я") != parts("ты")
    assert set(parts("котик")) & set(parts("котики")) and all(0 <= part < BUCKETS for part in parts("котики"))


def test_words_come_in_batches_with_their_lengths():
    pieces = Pieces(["Кот спит!\nДа", "", "кот"])
    flat, starts, words, lengths = pieces.of(np.array([2, 1, 0]))
    assert words.tolist() == [1, 0, 4] and len(starts) == 5 and starts[0] == 0
    assert tuple(flat[: starts[1]]) == parts("кот") == tuple(flat[starts[1] : starts[2]])
    np.testing.assert_allclose(np.expm1(lengths), [[1, 3, 0], [0, 0, 0], [4, 12, 1]], rtol=1e-5)


def test_a_batch_of_texts_changes_no_forecast_of_one_text():
    network = Towers([TextTower()], 2).eval()
    torch.nn.init.normal_(network.last.weight)
    pieces = Pieces(["кот спит", "", "длинный текст о том, как кот спит на подоконнике"])
    alone, together = (
        [network(tuple(map(torch.from_numpy, pieces.of(np.array(rows))))) for rows in batches]
        for batches in ([[0], [1], [2]], [[0, 1, 2]])
    )
    torch.testing.assert_close(torch.cat(alone), together[0], rtol=1e-4, atol=1e-5)


def test_a_post_without_a_photo_has_features_of_its_own():
    tower = PhotoTower(small_body(), 128, False)
    found = tower(torch.rand(1, 3, 64, 64), torch.tensor([False, True, False]))
    assert found.shape == (3, 129) and found[:, -1].tolist() == [0, 1, 0]
    assert not found[[0, 2]].any() and found[1, :-1].any()
    assert not tower(torch.empty(0, 3, 64, 64), torch.tensor([False])).any()


def test_a_varied_photo_is_moved_a_little_and_never_mirrored():
    photo = torch.linspace(-1, 1, 64).expand(20, 3, 64, 64)
    found = varied(photo)
    assert found.shape == photo.shape and not torch.equal(found, photo)
    assert (found.diff(dim=-1) >= -1e-6).all() and (found - photo).abs().max() < 0.5


def drawn(colour):
    image = Image.new("RGB", (80, 60), "white")
    ImageDraw.Draw(image).ellipse((10, 10, 60, 50), fill=colour)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@pytest.fixture(params=["text", "photo"])
def encoder(request, tmp_path):
    """A random model of the hub's kind in a local folder."""
    if request.param == "text":
        save_text_model(tmp_path)
        return HubText(str(tmp_path))
    save_photo_model(tmp_path, "vit")
    return HubPhoto(str(tmp_path))


def test_the_tower_of_an_encoder_starts_from_its_vectors(encoder):
    items = ["кот", None, "спит дома"] if encoder.kind == "text" else [drawn("red"), None, drawn("blue")]
    known = [encoder.content(item) for item in items if item]
    tower, batch = EncoderTower(encoder).eval(), encoder.batch(encoder.prepare_all(known))
    found = tower(*batch, torch.tensor([True, False, True]))
    vectors = torch.from_numpy(encoder.on("cpu")(encoder.prepare_all(known)))
    expected = torch.nn.functional.layer_norm(vectors, vectors.shape[1:])
    torch.testing.assert_close(found[[0, 2], :-1], expected, rtol=1e-4, atol=1e-5)
    assert found[:, -1].tolist() == [1, 0, 1] and not found[1].any()
    assert not tower(torch.tensor([False])).any()


def test_all_weights_of_an_encoder_are_trained_the_last_layers_fastest(encoder):
    network = Towers([EncoderTower(encoder)], 2)
    layers, recipe = network.layers(), Recipe(1, rate=1.0, slower=0.5, tuned=0.1)
    assert len(layers) == 1 + 2 + 1  # the last one, those of the encoder, and what is around them
    listed = [id(p) for layer in layers for p in layer.parameters()]
    assert sorted(listed) == sorted(map(id, network.parameters())) and all(
        p.requires_grad for p in network.parameters()
    )
    top = {id(p) for p in layers[1].parameters()}
    assert all(".1." in name for name, p in network.named_parameters() if id(p) in top)
    assert [recipe.rate_at(depth) for depth in range(4)] == pytest.approx([1, 0.05, 0.025, 0.0125])


def test_an_encoder_that_is_trained_further_finds_what_moves_the_counts(encoder, monkeypatch):
    name = TUNED_TEXT if encoder.kind == "text" else TUNED_PHOTO
    fast = OwnModel("", OWN_FULL[name].towers, Recipe(12, 32, 1e-2, 0.9, 0.1))
    monkeypatch.setitem(OWN_FULL, name, fast)
    _found(name, full=True, encoders={encoder.kind: encoder})


@pytest.mark.parametrize("name", [TEXT, SMALL])
def test_a_network_of_our_own_finds_what_moves_the_counts(name):
    _found(name)


def test_networks_that_see_the_same_prepare_it_once(monkeypatch):
    made, small, n = [], _TOWERS["small"], 30
    monkeypatch.setitem(_TOWERS, "small", lambda *given: made.append(1) or small(*given))
    for name in ("one", "another"):
        monkeypatch.setitem(OWN, name, replace(OWN[SMALL], recipe=Recipe(1, 8, most_steps=1)))
    counts, views = np.arange(n)[:, None], np.full(n, 100)
    photos = [drawn(f"hsl({i}, 50%, 50%)") for i in range(n)]
    found = fit_own(["one", "another"], [""] * n, photos, counts, views, np.arange(n), folds(n))
    assert made == [1]
    np.testing.assert_array_equal(found["one"].forecast.mean, found["another"].forecast.mean)


def _found(name, **how):
    """One of two words, and one of two colours, doubles the odds; a tenth of the posts has neither text nor photo."""
    rng, n = np.random.default_rng(0), 400
    red, absent = rng.random(n) < 0.5, rng.random(n) < 0.1
    colours = drawn("red"), drawn("blue")
    texts = ["" if none else f"сегодня {'кот' if yes else 'пёс'} дома" for yes, none in zip(red, absent, strict=True)]
    photos = [None if none else colours[int(yes)] for yes, none in zip(red, absent, strict=True)]
    views = rng.integers(2000, 5000, n)
    counts = rvs(views[:, None], np.where(red & ~absent, 0.08, 0.02)[:, None], 0.005, rng)
    train, test = np.arange(300), np.arange(300, n)
    found = fit_own([name], texts, photos, counts, views, train, folds(300), **how)[name]
    plain = Rate().fit(counts[train], views[train]).predict(len(test))
    scores = [log_score(counts[test], views[test], of).mean(1) for of in (found.forecast[test], plain)]
    assert paired_interval(*scores).low > 0.1
    assert found.forecast.mean.shape == counts.shape and found.seconds > 0 and found.weights > 1000
