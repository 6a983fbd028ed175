"""Advice in plain words, English and Russian, made from the effects: on other posts other tips appear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lib.advice import Tip
from lib.features import Change, Ends
from lib.posts import DONE, GOALS, as_html

LANGUAGES = ("en", "ru")

# A change of so much or more is given as a factor: not "+1,051 %" but "× 11.5".
TIMES = 4.0

# What the draft scorer calls the columns: in English, in Russian.
COLUMN_NAMES = {
    "question": ("asks a question", "есть вопрос"),
    "call": ("calls to action", "есть призыв к действию"),
    "exclamation": ("exclaims!", "есть восклицательный знак"),
    "emoji": ("emoji, number", "эмодзи, штук"),
    "hashtag": ("has a hashtag", "есть хештег"),
    "link": ("has a link", "есть ссылка"),
    "mention": ("mentions somebody", "есть упоминание"),
    "capitals": ("capitals, % of letters", "прописные, % букв"),
    "words": ("words, number", "слов"),
    "folded": ("long enough to be folded", "свёрнут в ленте"),
    "brightness": ("brightness", "яркость"),
    "colour": ("colourfulness", "красочность"),
    "shape": ("shape, width : height", "форма, ширина : высота"),
}


@dataclass(frozen=True)
class Wording:
    """A lever in words: each in English and in Russian, with ``{low}`` and ``{high}`` for the ends of a graded change.

    ``name`` of the lever, ``change`` from before to after, what to ``do`` and how to ``undo`` it (imperatives).
    """

    name: tuple[str, str]
    change: tuple[str, str]
    do: tuple[str, str]
    undo: tuple[str, str]


WORDING = {
    "question": Wording(
        ("question", "вопрос"),
        ("no question → a question", "без вопроса → с вопросом"),
        ("Ask the reader a question", "Задайте читателю вопрос"),
        ("Don't ask a question", "Не задавайте вопросов"),
    ),
    "call": Wording(
        ("call to action", "призыв к действию"),
        ("no call to action → one", "без призыва → с призывом"),
        ("Call on the reader to subscribe, write or share", "Призовите читателя подписаться, написать или поделиться"),
        ("Leave out the call to action", "Уберите призыв к действию"),
    ),
    "exclamation": Wording(
        ("exclamation mark", "восклицательный знак"),
        ("no exclamation mark → one or more", "без восклицательных знаков → с ними"),
        ("Use an exclamation mark", "Поставьте восклицательный знак"),
        ("Do without exclamation marks", "Обойдитесь без восклицательных знаков"),
    ),
    "hashtag": Wording(
        ("hashtag", "хештег"),
        ("no hashtag → one or more", "без хештегов → с хештегами"),
        ("Add a hashtag", "Добавьте хештег"),
        ("Leave out the hashtags", "Уберите хештеги"),
    ),
    "link": Wording(
        ("link", "ссылка"),
        ("no link → one or more", "без ссылки → со ссылкой"),
        ("Add a link", "Добавьте ссылку"),
        ("Leave out the link", "Уберите ссылку"),
    ),
    "mention": Wording(
        ("mention", "упоминание"),
        ("no mention → one or more", "без упоминаний → с упоминанием"),
        ("Mention a person or a community", "Упомяните человека или сообщество"),
        ("Mention nobody", "Никого не упоминайте"),
    ),
    "emoji": Wording(
        ("emoji", "эмодзи"),
        ("no emoji → {high}", "без эмодзи → {high} эмодзи"),
        ("Add {high} emoji", "Добавьте эмодзи, {high} штуки"),
        ("Do without emoji", "Обойдитесь без эмодзи"),
    ),
    "capitals": Wording(
        ("capitals", "прописные буквы"),
        ("{low} of the letters capitals → {high}", "прописных букв {low} → {high}"),
        ("Write {high} of the letters as capitals", "Пишите прописными {high} букв"),
        ("Don't write in capitals", "Не пишите прописными буквами"),
    ),
    "length": Wording(
        ("length of a short text", "длина короткого текста"),
        ("{low} → {high} words, all shown", "слов: {low} → {high}, видны все"),
        (
            "Make a short text longer: {high} words, not {low}",
            "Пишите короткий текст подлиннее: слов {high}, а не {low}",
        ),
        (
            "Make a short text shorter: {low} words, not {high}",
            "Пишите короткий текст покороче: слов {low}, а не {high}",
        ),
    ),
    "long": Wording(
        ("long text", "длинный текст"),
        ("{low} words, all shown → {high}, folded", "слов {low}, видны все → {high}, текст свёрнут"),
        (
            "Write a text long enough to be folded: {high} words, not {low}",
            "Пишите текст, который лента свернёт: слов {high}, а не {low}",
        ),
        (
            "Keep the text short enough to be shown whole: {low} words, not {high}",
            "Пишите текст, который виден целиком: слов {low}, а не {high}",
        ),
    ),
    "brightness": Wording(
        ("brightness", "яркость фото"),
        ("brightness {low} → {high}", "яркость {low} → {high}"),
        ("Take a brighter photo: brightness {high}, not {low}", "Возьмите фото светлее: яркость {high}, а не {low}"),
        ("Take a darker photo: brightness {low}, not {high}", "Возьмите фото темнее: яркость {low}, а не {high}"),
    ),
    "colour": Wording(
        ("colour", "красочность фото"),
        ("colourfulness {low} → {high}", "красочность {low} → {high}"),
        (
            "Take a more colourful photo: {high}, not {low} on the scale",
            "Возьмите фото красочнее: {high}, а не {low} по шкале",
        ),
        (
            "Take a calmer photo: colourfulness {low}, not {high}",
            "Возьмите фото спокойнее: красочность {low}, а не {high}",
        ),
    ),
    "shape": Wording(
        ("shape", "форма фото"),
        ("photo upright 3:4 → landscape 4:3", "фото вертикальное 3:4 → горизонтальное 4:3"),
        (
            "Take a landscape photo (4:3), not an upright one (3:4)",
            "Возьмите фото горизонтальное (4:3), а не вертикальное (3:4)",
        ),
        (
            "Take an upright photo (3:4), not a landscape one (4:3)",
            "Возьмите фото вертикальное (3:4), а не горизонтальное (4:3)",
        ),
    ),
}

_STEPS = {
    "long": (
        ("long text → {high} words, folded", "длинный текст → слов {high}, свёрнут"),
        ("short text → {low} words, shown whole", "короткий текст → слов {low}, виден целиком"),
    ),
    "shape": (
        ("photo → landscape, 4:3", "фото → горизонтальное, 4:3"),
        ("photo → upright, 3:4", "фото → вертикальное, 3:4"),
    ),
}


def goal_name(goal: str, language: str) -> str:
    """A goal as a heading: "more likes", "меньше скрытий"."""
    more, fewer = (("more", "fewer"), ("больше", "меньше"))[LANGUAGES.index(language)]
    return f"{more if GOALS[goal] > 0 else fewer} {DONE[goal][-1 if language == 'ru' else 0]}"


def lever_name(lever: str, language: str = "en") -> str:
    """A lever as a table names it."""
    return WORDING[lever].name[LANGUAGES.index(language)]


def change_words(change: Change, language: str = "en") -> str:
    """A stated change in words: "no question → a question"."""
    return _filled(WORDING[change.lever].change, change.ends, language)


def tip_words(tip: Tip, ends: Ends, language: str) -> tuple[str, str, str]:
    """A tip in words: what to do; what it brings, with its interval; what else it moves, for worse and for better."""
    wording = WORDING[tip.lever]
    do = _filled(wording.undo if tip.undo else wording.do, ends, language)
    brings = f"{moved(tip.goal, tip.effect, language)} ({span(tip.effect, tip.low, tip.high, language)})"
    price = [other for other in tip.others if other[1] * GOALS[other[0]] < 0]
    bonus = [other for other in tip.others if other not in price]
    labels = (("It costs", "It also brings"), ("Цена", "Кроме того"))[LANGUAGES.index(language)]
    said = [
        f"{label}: {', '.join(moved(a, v, language) for a, v in others)}"
        for label, others in zip(labels, (price, bonus), strict=True)
        if others
    ]
    return do, brings, ". ".join(said)


def steps(lever: str, ends: Ends, language: str) -> tuple[str, str]:
    """To the far end of a change and to the near one, from wherever a draft is: "brightness → 0.68"."""
    wording, (column, values) = WORDING[lever], next(iter(ends.items()))
    if lever in ("long", "shape"):
        texts = _STEPS[lever]
    elif "{low}" in wording.change[0]:
        name = wording.name[LANGUAGES.index(language)]
        return tuple(f"{name} → {shown(column, value, language)}" for value in reversed(values))
    else:
        texts = (wording.do, wording.undo)
    return tuple(_filled(text, ends, language) for text in texts)


def topic_words(words: Sequence[str], most: int = 3) -> str:
    """A topic by its words, as HTML that is safe wherever it stands."""
    return ", ".join(as_html(word) for word in words[:most])


def moved(activity: str, effect: float, language: str) -> str:
    """An activity and its change: "comments +12 %"; "комментариев больше на 12 %"."""
    if language == "en":
        return f"{DONE[activity][0]} {percent(effect)}"
    direction = "больше" if effect > 0 else "меньше"
    if effect >= TIMES:
        return f"{DONE[activity][2]} {direction} в\u00a0{_times(effect, language)}\u00a0раза"
    return f"{DONE[activity][2]} {direction} на\u00a0{_size(effect, language)}\u00a0%"


def percent(effect: float) -> str:
    """A relative change with its sign: "+12 %", "−3.4 %"; from ``TIMES`` on as a factor, "× 9.2"."""
    if effect >= TIMES:
        return f"×\u00a0{_times(effect, 'en')}"
    return f"{'+' if effect > 0 else '−'}{_size(effect, 'en')}\u00a0%"


def span(effect: float, low: float, high: float, language: str) -> str:
    """The interval of a relative change, in the unit that the change itself is in."""
    start = ("95\u00a0% interval", "95\u00a0%-й интервал: от")[LANGUAGES.index(language)]
    between = ("to", "до")[LANGUAGES.index(language)]
    if effect >= TIMES:
        ends = [_times(v, language) for v in (low, high)]
        return (
            f"{start} × {ends[0]} {between} × {ends[1]}" if language == "en" else f"{start} {ends[0]} до {ends[1]} раза"
        )
    if language == "en" or low < 0 < high:
        ends = [f"{'+' if v > 0 else '−'}{_size(v, language)}" for v in (low, high)]
    else:
        ends = [_size(v, language) for v in sorted((low, high), key=abs)]
    unit = "\u00a0%"
    return f"{start} {ends[0]}{unit if language == 'en' else ''} {between} {ends[1]}{unit}"


def _size(effect: float, language: str) -> str:
    size = abs(100 * effect)
    text = f"{size:,.0f}" if size >= 9.5 else f"{size:.1f}"
    return text if language == "en" else text.replace(",", "\u00a0").replace(".", ",")


def _times(effect: float, language: str) -> str:
    text = f"{1 + effect:.1f}"
    return text if language == "en" else text.replace(".", ",")


def _filled(texts: tuple[str, str], ends: Ends, language: str) -> str:
    column, (low, high) = next(iter(ends.items()))
    return texts[LANGUAGES.index(language)].format(low=shown(column, low, language), high=shown(column, high, language))


def shown(column: str, value: float, language: str = "en") -> str:
    """The value of a lever's column as a reader knows it."""
    if math.isnan(value):
        return "?"
    if column in ("words", "emoji"):
        return f"{2**value - 1:.0f}"
    if column == "capitals":
        return f"{100 * value:.0f} %"
    text = f"{value:.0f}" if column == "colour" else f"{value:.2f}"
    return text if language == "en" else text.replace(".", ",")
