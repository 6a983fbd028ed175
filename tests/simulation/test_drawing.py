"""Photos of the simulated feed."""

import io

import numpy as np
import pytest
from PIL import Image

from lib.features import photo_features
from lib.simulation.drawing.canvas import Canvas
from lib.simulation.drawing.pictures import KINDS, LETTERED, draw, draw_with_words, jpeg
from lib.simulation.phrasing import Dice, book

THEMES = [(topic, theme) for topic, chapter in book()["topic"].items() for theme in chapter["themes"]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_every_theme(kind):
    drawn = [draw(kind, topic, theme, Dice([5, i])) for i, (topic, theme) in enumerate(THEMES)]
    assert all(photo.mode == "RGB" and max(photo.size) == 256 for photo in drawn)
    assert all(np.asarray(photo).std() > 8 for photo in drawn), "a photo shows nothing"
    assert len({photo.tobytes() for photo in drawn}) == len(drawn)


def test_banners_are_flat_and_screenshots_tall():
    shapes = {kind: [draw(kind, "news", "city", Dice(i)).size for i in range(12)] for kind in ("banner", "screenshot")}
    assert min(height for _, height in shapes["banner"]) == 37
    assert all(width < height for width, height in shapes["screenshot"])


def test_the_same_seed_draws_the_same_photo():
    first, again, other = (draw("photo", "pets", "cat", Dice(seed)).tobytes() for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_are_those_on_the_photo(kind):
    photo, words = draw_with_words(kind, "memes", "work", Dice(2))
    assert photo.tobytes() == draw(kind, "memes", "work", Dice(2)).tobytes()
    assert bool(words) == (kind in LETTERED)


def test_jpeg_is_as_pillow_saves_it():
    photo = draw("photo", "nature", "lake", Dice(4))
    plain = io.BytesIO()
    photo.save(plain, "JPEG")
    saved = jpeg(photo)
    assert Image.open(io.BytesIO(saved)).quantization == Image.open(io.BytesIO(plain.getvalue())).quantization
    assert photo_features([saved])["brightness"][0] == pytest.approx(
        np.asarray(photo.convert("L")).mean() / 255, abs=0.01
    )


@pytest.mark.parametrize("words", ["Да", "Очень длинная строка слов " * 12, "Слово" * 30, ""])
def test_words_fit_their_box(words):
    canvas = Canvas(256, 128, Dice(0))
    rows, size = canvas.fit(words, "Sans-Bold", 1.5, 0.3, 3)
    assert 1 <= len(rows) <= 3
    for row in rows:
        canvas.text(0, 0.5, row, "Sans-Bold", size, (255, 255, 255), "lm")
    lit = np.asarray(canvas.finished()).any(axis=(0, 2)).nonzero()[0]
    assert lit.size == 0 or lit.max() <= 1.6 * 128
