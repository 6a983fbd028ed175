import dataclasses
import math

import pytest

from lib.advice import Tip
from lib.features import LEVERS, PROPERTIES
from lib.posts import ACTIVITY, LANGUAGES
from lib.report import wording

NBSP = "\u00a0"

ASK = Tip("question", "comment", "3", False, 0.0012, 0.5, 0.35, 0.65, (("hide", 0.25),), 0.1, 2.0)
PRICE = (("comment", 1 / 1.5 - 1),)
DO_NOT_ASK = Tip("question", "hide", "all", True, 0.001, -0.2, 1 / 1.4 - 1, 1 / 1.1 - 1, PRICE, 0.1, 2.0)
WRITE_MORE = Tip("long", "expand", "all", False, 0.0045, 9.0, 7.0, 11.5, (), 0.1, 2.0)
FROM_TO = {"question": {"question": (0, 1)}, "long": {"words": (math.log2(21), math.log2(101)), "folded": (0, 1)}}


@pytest.mark.parametrize(
    ("tip", "language", "action", "effect", "price"),
    [
        (
            ASK,
            "en",
            "Ask the reader a question",
            "comments from 12.0 to 18.0 per 10,000 views (+50 %, likely +35 % to +65 %)",
            "Its price: hides +25 %",
        ),
        (
            ASK,
            "ru",
            "Задайте читателю вопрос",
            "комментариев на 10 000 просмотров 18,0 вместо 12,0 (+50 %, вероятно от +35 % до +65 %)",
            "Цена: скрытий больше на 25 %",
        ),
        (
            DO_NOT_ASK,
            "ru",
            "Не задавайте вопросов",
            "скрытий на 10 000 просмотров 8,00 вместо 10,0 (−20 %, вероятно от −29 % до −9,1 %)",
            "Цена: комментариев меньше на 33 %",
        ),
        (
            WRITE_MORE,
            "en",
            "Write a text long enough to be folded: 100 words, not 20",
            "unfolded texts from 45.0 to 450 per 10,000 views (× 10.0, likely × 8.0 to × 12.5)",
            "",
        ),
        (
            WRITE_MORE,
            "ru",
            "Пишите текст, который лента свернёт: слов 100, а не 20",
            "раскрытий текста на 10 000 просмотров 450 вместо 45,0 (× 10,0, вероятно от × 8,0 до × 12,5)",
            "",
        ),
    ],
)
def test_a_tip_in_words(tip, language, action, effect, price):
    words = (
        wording.tip_action(tip, FROM_TO[tip.lever], language),
        wording.tip_effect(tip, language),
        wording.tip_price(tip, language),
    )
    assert [text.replace(NBSP, " ") for text in words] == [action, effect, price]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Its price: hides +25 %. It also gives: likes +10 %"),
        ("ru", "Цена: скрытий больше на 25 %. Кроме того: лайков больше на 10 %"),
    ],
)
def test_what_else_a_tip_changes_is_for_worse_or_for_better(language, words):
    tip = dataclasses.replace(ASK, others=(("like", 0.1), ("hide", 0.25)))
    assert wording.tip_price(tip, language).replace(NBSP, " ") == words


@pytest.mark.parametrize(
    ("effect", "words"),
    [(0.12, "+12 %"), (-0.034, "−3.4 %"), (0.094, "+9.4 %"), (3.99, "+399 %"), (4.0, "× 5.0"), (8.2, "× 9.2")],
)
def test_a_relative_change_with_its_sign(effect, words):
    assert wording.percent(effect).replace(NBSP, " ") == words


@pytest.mark.parametrize(
    ("effect", "low", "high", "language", "words"),
    [
        (0.1, -0.05, 0.3, "en", "likely −5.0 % to +30 %"),
        (0.1, -0.05, 0.3, "ru", "вероятно от −5,0 % до +30 %"),
        (9.0, 7.0, 11.5, "en", "likely × 8.0 to × 12.5"),
        (9.0, 7.0, 1234.5, "ru", "вероятно от × 8,0 до × 1 236"),
    ],
)
def test_an_interval_is_in_the_unit_of_its_change(effect, low, high, language, words):
    assert wording.likely(effect, low, high, language).replace(NBSP, " ") == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lever_property_and_goal_has_its_words(language):
    assert set(wording.WORDING) == set(LEVERS) and set(wording.PROPERTY_NAMES) == set(PROPERTIES)
    for lever in LEVERS:
        prop = {"length": "words", "long": "words"}.get(lever, lever)
        for words in (*wording.ways(lever, {prop: (0.2, 0.6)}, language), wording.lever_name(lever, language)):
            assert words and "{" not in words
            assert (language == "ru") == any("а" <= c.casefold() <= "я" for c in words)
    assert {wording.goal_name(goal, language).split()[0] for goal in ACTIVITY} == (
        {"more", "fewer"} if language == "en" else {"больше", "меньше"}
    )


@pytest.mark.parametrize(
    ("prop", "value", "english", "russian"),
    [
        ("words", math.log2(1235), "1,234", f"1{NBSP}234"),
        ("capitals", 0.3, "30 %", "30 %"),
        ("brightness", 0.678, "0.68", "0,68"),
        ("colour", 41.6, "42", "42"),
        ("words", math.nan, "?", "?"),
    ],
)
def test_the_value_of_a_property_as_a_reader_knows_it(prop, value, english, russian):
    assert (wording.shown(prop, value, "en"), wording.shown(prop, value, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("scope", "named", "english", "russian"),
    [
        ("all", [], "everywhere", "в любой теме"),
        ("3", ["3"], "in posts about “футбол”", "в теме «футбол»"),
        ("elsewhere", ["3"], "outside “футбол”", "вне темы «футбол»"),
        ("elsewhere", ["3", "5", "7"], "outside “футбол”, “игры” and “кино”", "вне тем «футбол», «игры» и «кино»"),
    ],
)
def test_where_an_effect_holds(scope, named, english, russian):
    names = {"3": "футбол", "5": "игры", "7": "кино"}
    assert [wording.scope_words(scope, names, named, language) for language in ("en", "ru")] == [english, russian]
