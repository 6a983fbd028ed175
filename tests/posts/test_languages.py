import pytest

from lib.posts.languages import LANGUAGES, Phrase, language_of


def test_a_phrase_is_found_by_language():
    phrase = Phrase("likes", "лайки")
    assert [phrase[language] for language in LANGUAGES] == [phrase.en, phrase.ru] == ["likes", "лайки"]
    with pytest.raises(KeyError):
        phrase["de"]


RUSSIAN = [("Кот спит", True), ("The cat sleeps", False), ("", False), ("123 😀", False), ("Смотрите vk.com", True)]


@pytest.mark.parametrize(("text", "russian"), [*RUSSIAN, ("ab вг", False)])
def test_a_text_is_russian_if_most_of_its_letters_are_cyrillic(text, russian):
    assert language_of(text) == ("ru" if russian else "en")
