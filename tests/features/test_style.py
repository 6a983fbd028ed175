import time

import pytest

from lib.features.style import SEARCHED, STYLE_FEATURES, style_features

PIECES = ["'", "'a ", '"a', "a'b'", "Ab ", "you", ": ", "это ", "\n", "1 ", "😀", "<br>", "A'a' "]

CASES = [
    ("number", "5 причин уйти", "пять причин, vk.com/club1"),
    ("number", "The 1 Thing", "The One Thing"),
    ("quotation", "Он сказал: «нет»", "Он сказал нет"),
    ("quotation", "He said 'it don't matter' twice", "It don't matter to the dogs' owners"),
    ("quotation", 'A "simple" trick', "A 12-inch trick, the dogs'"),
    ("you", "Что вы об этом думаете? Ваше мнение", "Высокие тыквы выросли"),
    ("you", "тебе понравится", "Творог и выбор"),
    ("you", "You're next. YOUR turn", "Youth and the bayou"),
    ("we", "Нашему городу 300 лет", "Машинист нашёл настоящее"),
    ("we", "мне понравилось", "мнение и ямы"),
    ("we", "I'm here with our dog", "Wear it, meow, island"),
    ("this", "Вот это да", "Этаж и этика"),
    ("this", "Смотри ЗДЕСЬ", "Здешний тутор"),
    ("this", "Here's a thing", "There was a thistle"),
    ("name", "Вчера Анна приехала в город", "Вчера. Анна: «Приехала»\nВ город"),
    ("name", "We went to Санкт-Петербург with Bob", "When I'm there, I am"),
    ("name", "We saw how Obama did it and left", "We Saw How The President Did It And Left"),
    ("name", "Рады видеть Иру", "Рады видеть Вас, ВСЕХ"),
    ("colon", "Итог: всё", "В 12:30 на https://a.ru :)"),
    ("colon", "Here it is:", "Here::it is"),
    ("extreme", "Самое время: лучшая шарлотка", "Самовар и каждодневный улучшенный вид"),
    ("extreme", "Всё будет", "Всегдашний весёлый толк"),
    ("extreme", "Nobody has EVER seen it", "The almost lonely overall forever"),
    ("negative", "Ужасная авария и слёзы", "Большой плавучий дом, хорошая победа"),
    ("negative", "It was the WORST, and he died", "A badge, a diet, a warm paint job, skills"),
]


@pytest.mark.parametrize(("feature", "has", "lacks"), CASES)
def test_what_a_text_has(feature, has, lacks):
    assert style_features([has, lacks])[feature].tolist() == [1.0, 0.0]


def test_texts_without_a_text_have_nothing():
    table = style_features(["", None, float("nan"), "<br>"])
    assert list(table) == list(STYLE_FEATURES) and not table.to_numpy().any()
    assert style_features([]).shape == (0, len(STYLE_FEATURES))


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_a_megabyte_of_anything_takes_seconds(piece):
    started = time.perf_counter()
    style_features([piece * (1_000_000 // len(piece.encode()))])
    assert time.perf_counter() - started < 10


def test_only_the_beginning_of_a_text_is_looked_at():
    filler = "а " * (SEARCHED // 2 - 2)
    assert style_features([filler + "5", filler + filler + "5"])["number"].tolist() == [1.0, 0.0]
