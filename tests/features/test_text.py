"""What can be counted in a text."""

import time

import numpy as np
import pytest

from lib.features.text import FOLD_CHARACTERS, FOLD_LINES, SEARCHED, TEXT_FEATURES, text_features
from lib.posts import clean_text

PIECES = """!? " .ru <!-- < & &amp; [id1| [ | @a # * a. - ' http:// www. 1 Ж 漢 a . 1. ( » … &# <br> <a> a.ru/ т.е. a-
[[[]]] \u200d \u0301 \u0327\u0301 😀 🇷🇺 😀🏽 👨\u200d👩\u200d👧 1️⃣ © \ud83d \ufb2a \U0001d15e a@b""".split()
PIECES += ["\n", " ", "\t", "\x85", "\xa0", "ok. ", ":) ", "a b ", '"a" ', '<img alt="']
RANDOM = "".join(map(chr, np.random.default_rng(0).integers(0, 256, 10_000)))


@pytest.mark.parametrize("piece", [*PIECES, RANDOM], ids=ascii)
def test_a_megabyte_of_anything_takes_seconds(piece):
    text = piece * (1_000_000 // len(piece.encode("utf-8", "surrogatepass")))
    started = time.perf_counter()
    row = text_features([text]).iloc[0]
    assert time.perf_counter() - started < 10  # two on a quiet machine; minutes if anything were quadratic
    assert row["characters"] == len(clean_text(text))


def test_slow_counts_stop_after_the_beginning_of_a_text():
    filler = "а" * (SEARCHED - 10)
    rows = text_features([f"{filler} 😀. Пиши!", f"{filler} {filler} 😀. Пиши!"])
    assert rows["emoji"].tolist() == [1, 0] and rows["call_to_action"].tolist() == [1, 0]
    assert rows["exclamation"].tolist() == [1, 1] and rows["words"].tolist() == [2, 3]


POST = """Привет, мир! Как дела? Т. е. вообще?<br>Подпишись: vk.com/club1 и https://a.ru/b?c!<br>
#мем #a@b 😀👨‍👩‍👧 [id1|Ян] @durov 50%"""
SEEN = clean_text(POST)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            POST,
            {
                "has_text": 1,
                "characters": len(SEEN),
                "words": 15,
                "question": 1,
                "exclamation": 1,  # the one in the address is part of it
                "call_to_action": 1,
                "emoji": 2,
                "hashtags": 2,
                "links": 2,
                "mentions": 2,
                "digits": 3 / len(SEEN),
                "line_breaks": 2,
                "first_line": len("Привет, мир! Как дела? Т. е. вообще?"),
                "folded": 0,
            },
        ),
        ("Раз. Два! Три?", {"sentences": 3, "words": 3}),
        ("Цена 3.5 руб., т.е. мало", {"sentences": 1}),
        ("без точек\nдве строки", {"sentences": 2}),
        ("ОГО it", {"capitals": 3 / 5}),
        ("123 !!", {"capitals": 0, "exclamation": 2, "words": 1}),
        ("что-то don't", {"words": 2}),
        ("mail@ya.ru и C# и &#35; и №5, a/b #1", {"mentions": 0, "hashtags": 0, "links": 0}),
        ("ya.ru, (www.b.com). vk.cc/x? конец.Начало", {"links": 3, "question": 0}),
        ("1️⃣ ©️ ℹ️ 🇷🇺", {"emoji": 4}),
        ("x" * FOLD_CHARACTERS, {"folded": 0, "characters": FOLD_CHARACTERS}),
        ("x" * (FOLD_CHARACTERS + 1), {"folded": 1}),
        ("<br>".join("a" * FOLD_LINES), {"folded": 0}),
        ("<br>".join("a" * (FOLD_LINES + 1)), {"folded": 1}),
        ("&nbsp;<br>", dict.fromkeys(TEXT_FEATURES, 0)),
        ("", dict.fromkeys(TEXT_FEATURES, 0)),
        (None, dict.fromkeys(TEXT_FEATURES, 0)),
        (float("nan"), dict.fromkeys(TEXT_FEATURES, 0)),
    ],
)
def test_features_counted_by_hand(raw, expected):
    table = text_features([raw])
    assert list(table) == list(TEXT_FEATURES)
    row = table.iloc[0]
    for name, value in expected.items():
        assert row[name] == pytest.approx(value), name


CALLS = """Подписывайтесь на нас|ставьте лайк|Ставь ❤ и сохраняй|пишите в комментариях|поделись с друзьями
Переходите по ссылке|Голосуйте!|оставь комментарий|Жми сюда|успей купить|вступайте в группу|Читайте далее
Не пропустите|Заходи|Расскажите друзьям|ЗАПИСЫВАЙТЕСЬ|Отмечай друга|Subscribe to our channel|Click the link
Sign up today|Tag a friend|Learn more|Please RT|Join us|Don't miss it|follow us|Like and share|Check out our blog"""
STATEMENTS = """Подписчики довольны|Он поставил лайк на паузу|Письмо другу|Поделили поровну|Покупатель всегда прав
Читатель уснул|Голос народа|Что вы получите|Не смотри так|Подземный переход|Звон стекла|Жизнь хороша|A new post
I like tea|The order of things|He joined them|Checkout|Two ways to subscribe|Our community call today"""


@pytest.mark.parametrize(("texts", "found"), [(CALLS, 1), (STATEMENTS, 0)])
def test_calls_to_action(texts, found):
    texts = texts.replace("\n", "|").split("|")
    result = text_features(texts)["call_to_action"]
    assert [t for t, r in zip(texts, result, strict=True) if r != found] == []
