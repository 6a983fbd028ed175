"""What can be counted in a text."""

import pytest

from lib.features.text import FOLD_CHARACTERS, FOLD_LINES, TEXT_FEATURES, text_features
from lib.posts import clean_text


@pytest.mark.parametrize("piece", ["<a ", "[id1|", "&#", "<img alt=", '<img alt="', "<!--", "&amp;", "\ud83d", "a.b."])
def test_hostile_repetition_stays_linear(piece):
    # A pattern that backtracks would take minutes on these.
    text_features([piece * 20_000])


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
