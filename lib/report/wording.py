"""Levers, contrasts and tips in plain words, in English and in Russian."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.advice import ALL, ELSEWHERE, Tip
from lib.features import Contrast, FromTo
from lib.posts import ACTIVITY, Language, Phrase
from lib.report.numbers import decimal

# A relative change of this size or more is given as a factor: not "+1,051 %" but "× 11.5".
TIMES = 4.0
BETWEEN = Phrase("likely {} to {}", "вероятно от {} до {}")
PRICE, BONUS = Phrase("Its price", "Цена"), Phrase("It also gives", "Кроме того")

# Names of the properties in the draft scorer.
PROPERTY_NAMES = {
    "question": Phrase("asks a question", "есть вопрос"),
    "call": Phrase("calls to action", "есть призыв к действию"),
    "exclamation": Phrase("exclaims!", "есть восклицательный знак"),
    "emoji": Phrase("emoji, number", "эмодзи, штук"),
    "hashtag": Phrase("has a hashtag", "есть хештег"),
    "link": Phrase("has a link", "есть ссылка"),
    "mention": Phrase("mentions somebody", "есть упоминание"),
    "capitals": Phrase("capitals, % of letters", "прописные, % букв"),
    "words": Phrase("words, number", "слов"),
    "folded": Phrase("long enough to be folded", "свёрнут в ленте"),
    "number": Phrase("has a number", "есть число"),
    "quotation": Phrase("has a quotation", "есть кавычки"),
    "you": Phrase("says “you”", "есть «ты» или «вы»"),
    "we": Phrase("says “I” or “we”", "есть «я» или «мы»"),
    "this": Phrase("says “this” or “here”", "есть «это» или «здесь»"),
    "name": Phrase("has a name", "есть имя или название"),
    "colon": Phrase("has a colon", "есть двоеточие"),
    "extreme": Phrase("says “all”, “never” or “best”", "есть «все», «никогда», «самый»"),
    "negative": Phrase("has negative words", "есть слова о плохом"),
    "brightness": Phrase("brightness, %", "яркость, %"),
    "colour": Phrase("colourfulness", "красочность"),
    "shape": Phrase("shape, width : height", "форма, ширина : высота"),
}


@dataclass(frozen=True)
class Wording:
    """A lever in words. ``{low}`` and ``{high}`` stand for the values before and after a graded contrast.

    Attributes
    ----------
    name
        Name of the lever.
    change
        The contrast: from what to what.
    do, undo
        What to ask an author for, to follow the contrast or to reverse it (imperatives).
    """

    name: Phrase
    change: Phrase
    do: Phrase
    undo: Phrase


WORDING = {
    "question": Wording(
        Phrase("question", "вопрос"),
        Phrase("no question → a question", "без вопроса → с вопросом"),
        Phrase("Ask the reader a question", "Задайте читателю вопрос"),
        Phrase("Don't ask a question", "Не задавайте вопросов"),
    ),
    "call": Wording(
        Phrase("call to action", "призыв к действию"),
        Phrase("no call to action → one", "без призыва → с призывом"),
        Phrase(
            "Call on the reader to subscribe, write or share", "Призовите читателя подписаться, написать или поделиться"
        ),
        Phrase("Leave out the call to action", "Уберите призыв к действию"),
    ),
    "exclamation": Wording(
        Phrase("exclamation mark", "восклицательный знак"),
        Phrase("no exclamation mark → one or more", "без восклицательных знаков → с ними"),
        Phrase("Use an exclamation mark", "Поставьте восклицательный знак"),
        Phrase("Do without exclamation marks", "Обойдитесь без восклицательных знаков"),
    ),
    "hashtag": Wording(
        Phrase("hashtag", "хештег"),
        Phrase("no hashtag → one or more", "без хештегов → с хештегами"),
        Phrase("Add a hashtag", "Добавьте хештег"),
        Phrase("Leave out the hashtags", "Уберите хештеги"),
    ),
    "link": Wording(
        Phrase("link", "ссылка"),
        Phrase("no link → one or more", "без ссылки → со ссылкой"),
        Phrase("Add a link", "Добавьте ссылку"),
        Phrase("Leave out the link", "Уберите ссылку"),
    ),
    "mention": Wording(
        Phrase("mention", "упоминание"),
        Phrase("no mention → one or more", "без упоминаний → с упоминанием"),
        Phrase("Mention a person or a community", "Упомяните человека или сообщество"),
        Phrase("Mention nobody", "Никого не упоминайте"),
    ),
    "number": Wording(
        Phrase("number", "число"),
        Phrase("no number → a number in digits", "без чисел → с числом цифрами"),
        Phrase("Give a number in digits", "Назовите число цифрами"),
        Phrase("Do without numbers", "Обойдитесь без чисел"),
    ),
    "quotation": Wording(
        Phrase("quotation marks", "кавычки"),
        Phrase("no quotation marks → some", "без кавычек → с кавычками"),
        Phrase("Quote somebody", "Приведите чьи-то слова в кавычках"),
        Phrase("Do without quotation marks", "Обойдитесь без кавычек"),
    ),
    "you": Wording(
        Phrase("“you”", "«ты», «вы»"),
        Phrase("no “you” → “you” or “your”", "без обращения → «ты», «вы» или «ваш»"),
        Phrase("Address the reader as “you”", "Обратитесь к читателю на «ты» или «вы»"),
        Phrase("Don't address the reader as “you”", "Не обращайтесь к читателю на «ты» или «вы»"),
    ),
    "we": Wording(
        Phrase("“I”, “we”", "«я», «мы»"),
        Phrase("no “I” or “we” → one of them", "без первого лица → «я», «мы» или «наш»"),
        Phrase("Write in the first person: “I”, “we”", "Пишите от первого лица: «я», «мы»"),
        Phrase("Don't write in the first person", "Не пишите от первого лица"),
    ),
    "this": Wording(
        Phrase("“this”, “here”", "«это», «здесь»"),
        Phrase("no “this” or “here” → one of them", "без «это» и «здесь» → с одним из них"),
        Phrase("Point at something: “this”, “here”", "Укажите на предмет: «это», «здесь»"),
        Phrase("Do without “this” and “here”", "Обойдитесь без «это» и «здесь»"),
    ),
    "name": Wording(
        Phrase("name", "имя или название"),
        Phrase("no name → a person, place or brand", "без имён и названий → с ними"),
        Phrase("Name a person, a place or a brand", "Назовите человека, место или марку"),
        Phrase("Do without names", "Обойдитесь без имён и названий"),
    ),
    "colon": Wording(
        Phrase("colon", "двоеточие"),
        Phrase("no colon → one or more", "без двоеточия → с двоеточием"),
        Phrase("Use a colon", "Поставьте двоеточие"),
        Phrase("Do without colons", "Обойдитесь без двоеточий"),
    ),
    "extreme": Wording(
        Phrase("“all”, “never”, “best”", "«все», «никогда», «самый»"),
        Phrase("no “all”, “never” or “best” → one of them", "без слов «все», «никогда», «самый» → с одним из них"),
        Phrase("Say it without exception: “all”, “never”, “best”", "Скажите без оговорок: «все», «никогда», «самый»"),
        Phrase("Do without “all”, “never” and “best”", "Обойдитесь без слов «все», «никогда», «самый»"),
    ),
    "negative": Wording(
        Phrase("negative words", "слова о плохом"),
        Phrase("no negative word → one or more", "без слов о плохом → с ними"),
        Phrase("Say what is bad: use a word of harm or fear", "Скажите о плохом: о беде, потере или страхе"),
        Phrase("Do without words of harm and fear", "Обойдитесь без слов о беде, потере и страхе"),
    ),
    "emoji": Wording(
        Phrase("emoji", "эмодзи"),
        Phrase("no emoji → {high}", "без эмодзи → {high} эмодзи"),
        Phrase("Add {high} emoji", "Добавьте эмодзи, {high} штуки"),
        Phrase("Do without emoji", "Обойдитесь без эмодзи"),
    ),
    "capitals": Wording(
        Phrase("capitals", "прописные буквы"),
        Phrase("{low} of the letters capitals → {high}", "прописных букв {low} → {high}"),
        Phrase("Write {high} of the letters as capitals", "Пишите прописными {high} букв"),
        Phrase("Don't write in capitals", "Не пишите прописными буквами"),
    ),
    "length": Wording(
        Phrase("length of a short text", "длина короткого текста"),
        Phrase("{low} → {high} words, all shown", "слов: {low} → {high}, видны все"),
        Phrase(
            "Make a short text longer: {high} words, not {low}",
            "Пишите короткий текст подлиннее: слов {high}, а не {low}",
        ),
        Phrase(
            "Make a short text shorter: {low} words, not {high}",
            "Пишите короткий текст покороче: слов {low}, а не {high}",
        ),
    ),
    "long": Wording(
        Phrase("long text", "длинный текст"),
        Phrase("{low} words, all shown → {high}, folded", "слов {low}, видны все → {high}, текст свёрнут"),
        Phrase(
            "Write a text long enough to be folded: {high} words, not {low}",
            "Пишите текст, который лента свернёт: слов {high}, а не {low}",
        ),
        Phrase(
            "Keep the text short enough to be shown whole: {low} words, not {high}",
            "Пишите текст, который виден целиком: слов {low}, а не {high}",
        ),
    ),
    "brightness": Wording(
        Phrase("brightness", "яркость фото"),
        Phrase("brightness {low} → {high}", "яркость {low} → {high}"),
        Phrase("Take a photo {ratio} times as bright", "Возьмите фото светлее в {ratio} раза"),
        Phrase("Take a darker photo, as if dimmed {ratio} times", "Возьмите фото темнее в {ratio} раза"),
    ),
    "colour": Wording(
        Phrase("colour", "красочность фото"),
        Phrase("colourfulness {low} → {high}", "красочность {low} → {high}"),
        Phrase(
            "Take a more colourful photo: {high}, not {low} on the scale",
            "Возьмите фото красочнее: {high}, а не {low} по шкале",
        ),
        Phrase(
            "Take a calmer photo: colourfulness {low}, not {high}",
            "Возьмите фото спокойнее: красочность {low}, а не {high}",
        ),
    ),
    "shape": Wording(
        Phrase("shape", "форма фото"),
        Phrase("photo upright 3:4 → landscape 4:3", "фото вертикальное 3:4 → горизонтальное 4:3"),
        Phrase(
            "Take a landscape photo (4:3), not an upright one (3:4)",
            "Возьмите фото горизонтальное (4:3), а не вертикальное (3:4)",
        ),
        Phrase(
            "Take an upright photo (3:4), not a landscape one (4:3)",
            "Возьмите фото вертикальное (3:4), а не горизонтальное (4:3)",
        ),
    ),
}

# Every name of a lever in either language, in lower case, and the lever's id.
LEVER_NAMES = {
    name.casefold(): lever for lever, wording in WORDING.items() for name in (lever, wording.name.en, wording.name.ru)
}


def goal_name(goal: str, language: Language) -> str:
    """A goal as a heading: "more likes", "меньше скрытий"."""
    activity = ACTIVITY[goal]
    if language == "en":
        return f"{'more' if activity.wanted > 0 else 'fewer'} {activity.plural.en}"
    return f"{'больше' if activity.wanted > 0 else 'меньше'} {activity.genitive}"


def lever_name(lever: str, language: Language = "en") -> str:
    """The name of a lever in a table."""
    return WORDING[lever].name[language]


def contrast_words(contrast: Contrast, language: Language = "en") -> str:
    """A contrast in words: "no question → a question"."""
    return _filled(WORDING[contrast.lever].change, contrast.from_to, language)


def tip_action(tip: Tip, from_to: FromTo, language: Language) -> str:
    """What a tip asks an author to do."""
    return ways(tip.lever, from_to, language)[tip.undo]


def ways(lever: str, from_to: FromTo, language: Language) -> tuple[str, str]:
    """What to ask an author for, to follow a contrast and to reverse it."""
    wording = WORDING[lever]
    return _filled(wording.do, from_to, language), _filled(wording.undo, from_to, language)


def tip_effect(tip: Tip, language: Language) -> str:
    """The effect of a tip on its goal: "comments from 12 to 18 per 10,000 views (+51 %, likely +37 % to +68 %)"."""
    before, after = (per_10000(rate, language) for rate in (tip.base, tip.base * (1 + tip.effect)))
    size = f"{percent(tip.effect, language)}, {likely(tip.effect, tip.low, tip.high, language)}"
    if language == "en":
        return f"{ACTIVITY[tip.goal].plural.en} from {before} to {after} per 10,000 views ({size})"
    return f"{ACTIVITY[tip.goal].genitive} на 10\u00a0000 просмотров {after} вместо {before} ({size})"


def scope_words(scope: str, names: Mapping[str, str], named: Sequence[str], language: Language) -> str:
    """The posts that an effect is for: "everywhere", "in posts about football", "outside football and games".

    Parameters
    ----------
    scope
        As in :func:`lib.advice.effects.lever_effects`.
    names
        Scope of each topic to its name.
    named
        Scopes of the topics that are named for this effect, for the words of "elsewhere".
    """
    quoted = [f"“{names[each]}”" if language == "en" else f"«{names[each]}»" for each in named]
    if scope == ALL:
        return {"en": "everywhere", "ru": "в любой теме"}[language]
    if scope == ELSEWHERE:
        word = " and " if language == "en" else " и "
        start = "outside " if language == "en" else "вне тем " if len(quoted) > 1 else "вне темы "
        return start + word.join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
    return f"in posts about “{names[scope]}”" if language == "en" else f"в теме «{names[scope]}»"


def per_10000(rate: float, language: Language = "en") -> str:
    """A rate per 10,000 views, in two or three digits."""
    value = 1e4 * rate
    return decimal(value, 0 if value >= 99.5 else 1 if value >= 9.95 else 2, language)


def likely(effect: float, low: float, high: float, language: Language) -> str:
    """Between which values a relative change likely lies, in the unit of the change."""
    shown_as = _times if effect >= TIMES else _percent
    return BETWEEN[language].format(shown_as(low, language), shown_as(high, language))


def tip_price(tip: Tip, language: Language) -> str:
    """The side effects of a tip, for worse and for better; "" if there are none."""
    price = [other for other in tip.others if other[1] * ACTIVITY[other[0]].wanted < 0]
    bonus = [other for other in tip.others if other not in price]
    parts = [
        f"{label[language]}: {', '.join(changed(activity, effect, language) for activity, effect in others)}"
        for label, others in ((PRICE, price), (BONUS, bonus))
        if others
    ]
    return ". ".join(parts)


def changed(activity: str, effect: float, language: Language) -> str:
    """An activity with a relative change: "comments +12 %"; "комментариев больше на 12 %"."""
    if language == "en":
        return f"{ACTIVITY[activity].plural.en} {percent(effect)}"
    direction = "больше" if effect > 0 else "меньше"
    if effect >= TIMES:
        return f"{ACTIVITY[activity].genitive} {direction} в\u00a0{decimal(1 + effect, 1, language)}\u00a0раза"
    return f"{ACTIVITY[activity].genitive} {direction} на\u00a0{_size(effect, language)}\u00a0%"


def percent(effect: float, language: Language = "en") -> str:
    """A relative change with its sign: "+12 %", "−3.4 %"; a change of ``TIMES`` or more as a factor, "× 9.2"."""
    return (_times if effect >= TIMES else _percent)(effect, language)


def shown(prop: str, value: float, language: Language = "en") -> str:
    """The value of a property in the unit that a reader knows, such as a number of words."""
    if math.isnan(value):
        return "?"
    if prop in ("words", "emoji"):
        return decimal(2**value - 1, 0, language)
    if prop == "capitals":
        return f"{decimal(100 * value, 0, language)} %"
    return decimal(value, 0 if prop == "colour" else 2, language)


def _times(effect: float, language: Language) -> str:
    return f"×\u00a0{decimal(1 + effect, 0 if 1 + effect >= 99.5 else 1, language)}"


def _percent(effect: float, language: Language) -> str:
    return f"{'+' if effect > 0 else '−'}{_size(effect, language)}\u00a0%"


def _size(effect: float, language: Language) -> str:
    size = abs(100 * effect)
    return decimal(size, 0 if size >= 9.5 else 1, language)


def _filled(text: Phrase, from_to: Mapping[str, Sequence[float]], language: Language) -> str:
    prop, (low, high) = next(iter(from_to.items()))
    ratio = decimal(high / low, 1, language) if low else "?"
    return text[language].format(low=shown(prop, low, language), high=shown(prop, high, language), ratio=ratio)
