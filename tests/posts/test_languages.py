import pytest

from lib.posts.languages import LANGUAGES, Phrase


def test_a_phrase_is_found_by_language():
    phrase = Phrase("likes", "лайки")
    assert [phrase[language] for language in LANGUAGES] == [phrase.en, phrase.ru] == ["likes", "лайки"]
    with pytest.raises(KeyError):
        phrase["de"]
