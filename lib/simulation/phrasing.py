"""Texts of the simulated feed, written with the phrase book ``phrases.toml``, whose head explains the notation."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from babel import Locale

LENGTHS = ("none", "emoji", "short", "middle", "long")
MOST_WORDS = 2600

_CASES = "ngdaip"
_GENDERS = "mfnp"
_PLURALS = ("one", "few", "many")
_plural_of = Locale("ru").plural_form
_SLOT = re.compile(r"\{([^{}]*)\}")
_EMOJI = re.compile("[\u203c-\u3299\U0001f000-\U0001faff]")
_NEW_ID = 9_000_000_000  # far above every identifier in use, so that no mention is of a real account


@cache
def book() -> dict:
    """The content of the phrase book: the tables ``common`` and ``topic``."""
    with open(Path(__file__).with_name("phrases.toml"), "rb") as file:
        return tomllib.load(file)


class Dice:
    """Random draws for texts and photos, made from uniform numbers alone.

    Parameters
    ----------
    seed : int or sequence of int
        Seed of ``numpy.random.default_rng``.
    """

    def __init__(self, seed: int | Sequence[int]):
        self._rng = np.random.default_rng(seed)
        self._pool: list[float] = []

    def unit(self) -> float:
        if not self._pool:
            self._pool = self._rng.random(128).tolist()
        return self._pool.pop()

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self.unit())

    def pick(self, items: Sequence):
        return items[int(len(items) * self.unit())]

    def hit(self, chance: float) -> bool:
        return self.unit() < chance

    def shuffled(self, items: Sequence) -> list:
        return [items[i] for _, i in sorted((self.unit(), i) for i in range(len(items)))]


class Writer:
    """Writes phrases of one text: from the lists of its topic and theme, with the same nouns throughout.

    Parameters
    ----------
    topic, theme : str
        Keys of the phrase book.
    dice : Dice
    """

    def __init__(self, topic: str, theme: str, dice: Dice):
        self.dice = dice
        whole = book()
        self.lists = (whole["topic"][topic]["themes"][theme], whole["topic"][topic], whole["common"])
        self.habits: dict[str, float] = whole["topic"][topic]["habits"]
        self._kept: dict[str, tuple[str, ...]] = {}

    def entry(self, name: str) -> list[str]:
        for table in self.lists:
            if name in table:
                return table[name]
        raise KeyError(f"the phrase book has no list {name!r}")

    def say(self, name: str) -> str:
        """A phrase of a list, expanded."""
        return self.expand(self.dice.pick(self.entry(name)))

    def sentence(self, name: str) -> str:
        return capitalised(self.say(name))

    def expand(self, phrase: str) -> str:
        said: set[str] = set()
        return "".join(part if isinstance(part, str) else self._fill(*part, said) for part in _parts(phrase))

    def _fill(self, kind: str, name: str, more, said: set[str]) -> str:
        if kind == "list":
            words = self.say(name)
            for _ in range(4):  # avoid the same phrase twice in a sentence
                if words not in said:
                    break
                words = self.say(name)
            said.add(words)
            return words
        if kind == "number":
            low, high, forms = more
            number = self.dice.whole(low, high)
            return f"{number} {forms[_PLURALS.index(_plural_of(number))]}" if forms else str(number)
        noun = self._noun(name)
        return noun[more] if kind == "case" else more[min(_GENDERS.index(noun[6]), len(more) - 1)]

    def _noun(self, name: str) -> tuple[str, ...]:
        if name not in self._kept:
            nouns = self.entry(name.rstrip("0123456789"))
            taken = set(self._kept.values())
            free = [noun for noun in map(_forms, nouns) if noun not in taken]
            self._kept[name] = self.dice.pick(free or [_forms(nouns[0])])
        return self._kept[name]


def write(topic: str, theme: str, length: str, dice: Dice) -> str:
    """A text as its author would type it.

    Parameters
    ----------
    topic, theme : str
        Keys of the phrase book.
    length : str
        One of ``LENGTHS``.
    dice : Dice

    Returns
    -------
    str with line breaks; "" for the length "none".
    """
    writer = Writer(topic, theme, dice)
    if length == "none":
        return ""
    if length == "emoji":
        return "".join(dice.pick(writer.entry("emoji")) for _ in range(dice.whole(1, 4)))
    chance = {habit: share * _HABIT_SCALE[length] for habit, share in writer.habits.items()}
    if length == "short":
        text = writer.sentence("short")
        text += dice.pick(["", "", ".", "...", "!"]) if text[-1].isalnum() else ""
    else:
        text = _body(writer, _words_wanted(length, dice), length == "long" and dice.hit(chance["list"]))
    return _dressed(writer, text, chance, length)


def export_form(text: str, dice: Dice) -> str:
    """A text in the format of the raw export: one line, markup for breaks, entities for signs and emoji.

    Parameters
    ----------
    text : str
        The text as typed.
    dice : Dice
        Draws the habits of the author's device: how it writes quotation marks, dashes and emoji.
    """
    if dice.hit(0.45):
        text = text.replace(" — ", " - ")
    if dice.hit(0.4):
        text = text.replace("«", '"').replace("»", '"')
    text = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    if dice.hit(0.85):
        text = text.replace("!", "&#33;")
    if dice.hit(0.65):
        text = _EMOJI.sub(lambda match: f"&#{ord(match[0])};", text)
    return text.replace("\n", "<br>")


def caption(topic: str, theme: str, dice: Dice) -> tuple[str, str]:
    """Two short lines for a meme."""
    top, bottom = Writer(topic, theme, dice).say("caption").split("|")
    return top, bottom


def capitalised(sentence: str) -> str:
    for i, character in enumerate(sentence):
        if character.isalnum():
            return sentence[:i] + character.upper() + sentence[i + 1 :]
    return sentence


# A short text shows fewer habits than a long one.
_HABIT_SCALE = {"short": 0.5, "middle": 1.0, "long": 1.1}


def _words_wanted(length: str, dice: Dice) -> int:
    if length == "middle":
        return dice.whole(9, 30)
    # Log-logistic tail: half the folded texts are within a hundred words, one in ten thousand has thousands.
    u = dice.between(0.0, 0.9998)
    return min(round(40 + 62 * math.exp(0.47 * math.log(u / (1 - u) + 1e-3))), MOST_WORDS)


def _body(writer: Writer, wanted: int, with_list: bool) -> str:
    dice = writer.dice
    said = [writer.sentence("opener")] if dice.hit(0.8) else []
    words = sum(len(sentence.split()) for sentence in said)
    if with_list:
        items = dice.shuffled(writer.entry("item"))[: dice.whole(3, 8)]
        mark = dice.pick(["— ", "• ", "- ", "✅ ", "* ", ""])
        lines = [capitalised(writer.say("itemhead"))] + [mark + writer.expand(item) for item in items]
        said.append("\n" + "\n".join(lines) + "\n")
        words += len(said[-1].split())
    deck: list[str] = []
    while words < wanted or not said:
        deck = deck or dice.shuffled(writer.entry("sentences"))
        said.append(capitalised(writer.expand(deck.pop())))
        words += len(said[-1].split())
    breaks = dice.pick([0.0, 0.1, 0.25, 0.5])
    gap = dice.pick(["\n", "\n\n"])
    text = said[0]
    for sentence in said[1:]:
        joint = "" if text.endswith("\n") or sentence.startswith("\n") else " "
        text += (gap if joint and dice.hit(breaks) else joint) + sentence
    return text.strip("\n")


def _dressed(writer: Writer, text: str, chance: dict[str, float], length: str) -> str:
    """The text with its author's additions: capitals, a mention, a question, a call, emoji, a link, hashtags."""
    dice = writer.dice
    if dice.hit(chance["capitals"]):
        if length != "short" and dice.hit(0.6):
            text = writer.say("caps") + dice.pick(["! ", "!!! ", ". ", "\n"]) + text
        else:
            head, stop, tail = text.partition(".")
            text = head.upper() + stop + tail
    if length != "short" and dice.hit(chance["mention"]):
        kind, name = dice.pick([("id", "{hero.n}"), ("club", "{clubname}")])
        name = f"[{kind}{_NEW_ID + dice.whole(1, 10**9)}|{capitalised(writer.expand(name))}]"
        text += dice.pick([" Прислали: ", " Фото: ", "\nАвтор: "]) + name
    if dice.hit(chance["question"]):
        text += dice.pick([" ", "\n", "\n\n"]) + writer.sentence("question")
    if dice.hit(chance["call"]):
        text += dice.pick([" ", "\n", "\n\n"]) + writer.sentence("cta") + dice.pick(["!", ".", "!!", ""])
    if dice.hit(chance["emoji"]):
        text = _with_emoji(writer, text)
    if dice.hit(chance["link"]):
        address = f"https://{dice.pick(writer.entry('community')).replace('_', '-')}.example/{_slug(dice)}"
        text += dice.pick(["\n", " ", "\n\n"]) + dice.pick(["", capitalised(writer.say("linkword")) + ": "]) + address
    if dice.hit(chance["hashtags"]):
        at = "@" + dice.pick(writer.entry("community")) if dice.hit(0.4) else ""
        tags = dice.shuffled(writer.entry("tags"))[: dice.whole(1, 4)]
        text += dice.pick(["\n", " ", "\n\n"]) + " ".join(f"#{tag}{at}" for tag in tags)
    return text


def _with_emoji(writer: Writer, text: str) -> str:
    dice = writer.dice
    marks = [dice.pick(writer.entry("emoji")) for _ in range(dice.whole(1, 3))]
    lines = text.split("\n")
    for mark in marks:
        at = dice.whole(0, len(lines) - 1)
        if lines[at]:
            lines[at] = f"{mark} {lines[at]}" if dice.hit(0.5) else f"{lines[at]} {mark * dice.pick([1, 1, 1, 2, 3])}"
    return "\n".join(lines)


def _slug(dice: Dice) -> str:
    return "".join(dice.pick("abcdefghkmnpqrstuvwxyz23456789") for _ in range(6))


@cache
def _forms(noun: str) -> tuple[str, ...]:
    return tuple(noun.split(","))


@cache
def _parts(phrase: str) -> tuple:
    """A phrase as literal pieces and slots (kind, name, more)."""
    pieces = _SLOT.split(phrase)
    return tuple(_slot(piece) if i % 2 else piece for i, piece in enumerate(pieces) if piece)


def _slot(text: str) -> tuple:
    if number := re.fullmatch(r"(\d+)-(\d+)(?::(.+))?", text):
        return "number", "", (int(number[1]), int(number[2]), number[3].split("|") if number[3] else None)
    if "?" in text:
        name, _, forms = text.partition("?")
        return "agree", name, forms.split("/")
    name, dot, case = text.partition(".")
    return ("case", name, _CASES.index(case)) if dot else ("list", name, None)
