import io
import subprocess

import numpy as np
import pytest
from PIL import Image

from lib.features import lettering, read_words, reader
from lib.simulation import simulate

tesseract = pytest.mark.skipif(not reader(), reason="Tesseract with its Russian data is not installed")


@pytest.fixture
def no_tesseract(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    reader.cache_clear()
    yield
    reader.cache_clear()


def test_without_tesseract_there_is_no_reader(no_tesseract):
    assert reader() == ""


def test_without_russian_data_there_is_no_reader(monkeypatch):
    monkeypatch.setattr(
        lettering, "_said", lambda command: {"--version": "tesseract 5\n", "--list-langs": "eng\n"}[command[1]]
    )
    reader.cache_clear()
    assert reader() == ""
    reader.cache_clear()


@tesseract
def test_words_are_read_and_what_is_no_photo_has_none():
    plain = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(plain, "PNG")
    feed = simulate(60, 3)
    said = np.array([len(words) for words in feed.truth.lettering])
    best = int(np.argmax(said))
    found = read_words([None, b"no photo", plain.getvalue(), feed.posts["photo"][best]])
    assert found[:3] == ["", "", ""]
    words = set(feed.truth.lettering[best].lower().split())
    assert len(words & set(found[3].lower().split())) > len(words) / 3


def test_a_photo_that_takes_too_long_has_no_words(monkeypatch):
    def late(command, given=b""):
        raise subprocess.TimeoutExpired(command, 1)

    photo = io.BytesIO()
    Image.new("RGB", (20, 20)).save(photo, "PNG")
    monkeypatch.setattr(lettering, "_said", late)
    assert read_words([photo.getvalue()]) == [""]
