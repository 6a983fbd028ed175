"""The two languages of the texts for authors, and phrases in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")


def language_of(text: str) -> Language:
    """Russian if most letters of a text are Cyrillic, else English."""
    letters = [c for c in text if c.isalpha()]
    return "ru" if 2 * sum("\u0400" <= c <= "\u04ff" for c in letters) > len(letters) else "en"


@dataclass(frozen=True)
class Phrase:
    """The same words in English and in Russian; ``phrase["ru"]`` gives the Russian words."""

    en: str
    ru: str

    def __getitem__(self, language: Language) -> str:
        return {"en": self.en, "ru": self.ru}[language]
