"""The advice on one draft in English and in Russian: the words of the terminal and the page beside ``wording``."""

from __future__ import annotations

import math

from lib.advice import Scorer, Tip, Worth
from lib.posts import Language, Phrase
from lib.report.numbers import decimal, signed
from lib.report.wording import PROPERTY_NAMES, scope_words

SIMULATED = Phrase("Simulated posts", "Посты симулированы")
WARNING = Phrase("nothing here is a finding about VKontakte", "это не выводы о ВКонтакте")

NO_TIP = Phrase(
    "No tip: no change is known to help beyond what the draft does already.",
    "Советов нет: какая правка ещё помогла бы, неизвестно.",
)
LIKELY = Phrase(
    "“Likely” is a 95 % interval that allows for the choice of the effects that are listed, and for a bias as large as"
    " such comparisons of posts had beside randomised tests.",
    "«Вероятно»: 95 %-й интервал. В нём учтены отбор показанных эффектов и смещение, какое было у таких сравнений"
    " постов рядом с настоящими экспериментами.",
)
LIKELY_NARROW = Phrase(
    "“Likely” is a 95 % interval that allows for the number of posts and for the choice of the effects that are listed,"
    " but for no bias: as if authors had drawn lots.",
    "«Вероятно»: 95 %-й интервал. В нём учтены число постов и отбор показанных эффектов, но не смещение: как если бы"
    " авторы бросали жребий.",
)
# What it takes to explain an effect away: a cause stronger than the topic, or a weaker one.
STRONG = Phrase(
    "a hidden cause would have to be {} times as strong as the topic to explain it away",
    "эффект исчез бы лишь при скрытой причине в {} раза сильнее темы",
)
WEAK = Phrase(
    "a hidden cause {} times as strong as the topic would explain it away",
    "эффект исчез бы при скрытой причине в {} силы темы",
)

# Why an activity can't happen.
IMPOSSIBLE = {
    "no photo": Phrase("no photo, so nothing to open", "без фото нечего открывать"),
    "no text": Phrase("no text", "без текста"),
    "text not folded": Phrase(
        "the text is shown whole, so nothing to unfold", "текст виден целиком, раскрывать нечего"
    ),
    "banner": Phrase("the photo is a banner", "фото вытянуто в баннер"),
}

# What a draft can have that no post of the feed has, as :meth:`lib.models.SavedModel.unlike` names it.
FEATURES_RU = {
    "a text": "есть текст",
    "no text": "нет текста",
    "a photo": "есть фото",
    "no photo": "нет фото",
    "characters": "длина текста",
    "words": "число слов",
    "sentences": "число предложений",
    "question": "вопрос",
    "exclamation": "восклицательные знаки",
    "call_to_action": "призыв к действию",
    "emoji": "эмодзи",
    "hashtags": "хештеги",
    "links": "ссылки",
    "mentions": "упоминания",
    "capitals": "прописные буквы",
    "digits": "цифры",
    "line_breaks": "переносы строк",
    "first_line": "длина первой строки",
    "folded": "свёрнутый текст",
    "aspect": "форма фото",
    "brightness": "яркость фото",
    "contrast": "контраст фото",
    "colourfulness": "красочность фото",
    "sharpness": "резкость фото",
    "flat_area": "однотонная часть фото",
    "text_likeness": "надписи на фото",
    "hue_x": "главный цвет фото",
    "hue_y": "главный цвет фото",
    "hue_share": "доля главного цвета на фото",
    "main_colours": "число главных цветов фото",
}


def learnt_from(source: str, simulated: bool, language: Language) -> str:
    """The feed behind the advice, with the warning if it is simulated."""
    if language == "en":
        return f"Learnt from {source}{f': {WARNING.en}' if simulated else ''}."
    return f"Данные: симулированная лента, {WARNING.ru}." if simulated else f"Данные: {source}."


def forecast_source(model: str, language: Language) -> str:
    """Which forecast the expected rates come from, and that the page has another one."""
    return {
        "en": f"Expected by the saved model “{model}”; the draft scorer on the page has a regression of its own.",
        "ru": f"Ожидания: по сохранённой модели «{model}»; у калькулятора на странице своя регрессия.",
    }[language]


def place(scope: str, lever: str, goal: str, scorer: Scorer, language: Language) -> str:
    """The posts that an effect of a lever on a goal holds for."""
    names = {str(at): topic.name for at, topic in enumerate(scorer.topics)}
    named = [row.scope for row in scorer.effects if (row.lever, row.activity) == (lever, goal)]
    return scope_words(scope, names, [each for each in named if each in names], language)


def strength(tip: Tip, language: Language) -> str:
    """What it would take to explain the effect of a tip away; "" where a feed of one topic can't say."""
    if tip.times is None or math.isnan(tip.times):
        return ""
    return (WEAK if tip.times < 1 else STRONG)[language].format(decimal(tip.times, 1, language))


def worth_words(worth: Worth, language: Language) -> str:
    """What a tip is worth: "worth +3.2 per 1,000 views (95 % interval +1.1 to +5.3)"."""
    change, low, high = (signed(1000 * v, 2, language) for v in worth[:3])
    return {
        "en": f"worth {change} per 1,000 views (95 % interval {low} to {high})",
        "ru": f"ценность: {change} на 1000 просмотров (95 %-й интервал: от {low} до {high})",
    }[language]


def never_words(prop: str, value: float, language: Language) -> str:
    """Why an activity can't happen on posts with this value of a yes-or-no property."""
    if (prop, value) == ("folded", 0):
        return IMPOSSIBLE["text not folded"][language]
    answer = {"en": ("no", "yes"), "ru": ("нет", "да")}[language][int(value)]
    name = PROPERTY_NAMES[prop][language]
    return {
        "en": f"it never happened in the feed with “{name}”: {answer}",
        "ru": f"в ленте этого не было, если «{name}»: {answer}",
    }[language]


def unlike_names(names: list[str], language: Language) -> str:
    """The names of what is unlike the feed, in a list."""
    shown = names if language == "en" else [FEATURES_RU.get(name, name) for name in names]
    return ", ".join(dict.fromkeys(shown))
