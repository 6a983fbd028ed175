"""The notation of the phrase book, and the texts written with it."""

import html
import re
from collections import Counter

import numpy as np
import pytest

from lib.features import text_features
from lib.posts import clean_text
from lib.simulation.feed import _choice
from lib.simulation.phrasing import LENGTHS, Dice, Writer, book, caption, export_form, write

THEMES = [(topic, theme) for topic, chapter in book()["topic"].items() for theme in chapter["themes"]]


@pytest.fixture(scope="module")
def texts():
    """Raw texts of 4,000 posts, and their features."""
    topics = list(book()["topic"])
    shares = [book()["topic"][topic]["share"] for topic in topics]
    raw = []
    for i in range(4000):
        dice = Dice([11, i])
        topic = topics[_choice(dice.unit(), shares)]
        length = LENGTHS[_choice(dice.unit(), book()["topic"][topic]["lengths"])]
        raw.append(export_form(write(topic, dice.pick(list(book()["topic"][topic]["themes"])), length, dice), dice))
    return raw, text_features(raw)


def test_shares_of_the_book_add_up():
    chapters = book()["topic"].values()
    assert sum(chapter["share"] for chapter in chapters) == pytest.approx(1)
    assert [sum(chapter["lengths"]) for chapter in chapters] == pytest.approx([1] * len(chapters))


@pytest.mark.parametrize(("topic", "theme"), THEMES)
def test_every_phrase_can_be_expanded(topic, theme):
    chapter = book()["topic"][topic]
    lists = {**book()["common"], **chapter, **chapter["themes"][theme]}
    for name, phrases in lists.items():
        if isinstance(phrases, list) and name != "lengths":
            for phrase in phrases:
                if phrase.count(",") >= 6 and phrase[-2:] in (",m", ",f", ",n", ",p"):
                    assert len(phrase.split(",")) == 7, f"{name}: a noun has six cases and a gender: {phrase}"
                else:
                    said = Writer(topic, theme, Dice(0)).expand(phrase)
                    assert said and not re.search(r"[{}]|\?/|//(?!\w)", said), f"{name}: {phrase}"
    assert len(caption(topic, theme, Dice(1))) == 2


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("{21-21:год|года|лет}", "21 год"),
        ("{3-3:год|года|лет}", "3 года"),
        ("{12-12:год|года|лет}", "12 лет"),
        ("{111-111:год|года|лет}", "111 лет"),
        ("{40-40}", "40"),
        ("{cat.g} и {cat.i}", "кошки и кошкой"),
        ("{cat?пришёл/пришла/пришло/пришли}", "пришла"),
        ("{colour} и {colour}", {"белый и чёрный", "чёрный и белый"}),
    ],
)
def test_notation(phrase, said):
    words = {"cat": ["кошка,кошки,кошке,кошку,кошкой,кошке,f"], "colour": ["белый", "чёрный"]}
    writer = Writer("pets", "cat", Dice(3))
    writer.lists = (words,)
    assert writer.expand(phrase) in (said if isinstance(said, set) else {said})


def test_unknown_list_is_named():
    with pytest.raises(KeyError, match="no list 'nothing'"):
        Writer("pets", "cat", Dice(0)).expand("{nothing}")


def test_export_form_can_be_undone():
    text = 'Сказал: "да" & ушёл!\n\n<3 😻'
    for seed in range(20):
        raw = export_form(text, Dice(seed))
        assert "\n" not in raw and '"' not in raw
        assert html.unescape(raw.replace("<br>", "\n")) == text


def test_texts_are_as_varied_as_a_feed(texts):
    texts, features = texts
    cleaned = [clean_text(raw) for raw in texts]
    long = [text for text, count in zip(cleaned, features["words"], strict=True) if count >= 10]
    assert len(set(long)) >= 0.95 * len(long)
    runs = Counter()
    for text in cleaned:
        said = re.findall(r"\w+", text.lower())
        runs.update({tuple(said[i : i + 12]) for i in range(len(said) - 11)})
    run, most = runs.most_common(1)[0]
    assert most <= 0.01 * len(texts), " ".join(run)


def test_texts_are_as_long_as_a_feeds(texts):
    texts, features = texts
    assert np.mean([raw == "" for raw in texts]) == pytest.approx(4205 / 23527, abs=0.02)
    assert 0.42 < features["folded"].mean() < 0.54
    assert 1000 < features["words"].max() < 2663


@pytest.mark.parametrize(
    "quirk", ["<br>", "&#33;", "&quot;", r"&#128\d{3};", r"#\w+@\w+", r"\[id\d+\|\w+\]", "https://", "—"]
)
def test_texts_have_the_quirks_of_the_export(texts, quirk):
    assert sum(bool(re.search(quirk, raw)) for raw in texts[0]) > 20
