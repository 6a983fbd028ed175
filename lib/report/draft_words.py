"""The advice on one draft in English and in Russian: the words of the terminal and the page beside ``wording``."""

from __future__ import annotations

import math

from lib.advice import Scorer, Tip, Worth
from lib.posts import Language, Phrase
from lib.report.numbers import decimal, signed
from lib.report.wording import BETWEEN, BONUS, PRICE, PROPERTY_NAMES, scope_words

SIMULATED = Phrase("Simulated posts", "Посты смоделированы")
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

# The panel's own words. "{}" stands for numbers and names.
PANEL = {
    "heading": Phrase("Paste a draft, see what to change", "Вставьте черновик и узнайте, что изменить"),
    "draft": Phrase("Draft", "Черновик"),
    "text": Phrase("Text of the post", "Текст поста"),
    "placeholder": Phrase("Type or paste the text here", "Наберите или вставьте текст"),
    "start": Phrase(
        "Type a text, add a photo, or take an example: what to change appears here.",
        "Наберите текст, добавьте фото или возьмите пример: здесь появится, что изменить.",
    ),
    "examples": Phrase("Examples:", "Примеры:"),
    "choose": Phrase("Choose a photo", "Выбрать фото"),
    "otherPhoto": Phrase("Another photo", "Другое фото"),
    "remove": Phrase("Remove the photo", "Убрать фото"),
    "drop": Phrase("or drop or paste one here", "или перетащите или вставьте его сюда"),
    "hasPhoto": Phrase("a photo", "фото"),
    "yourPhoto": Phrase("Your photo", "Ваше фото"),
    "noPhoto": Phrase("The browser can't show this file as a photo.", "Браузер не может показать этот файл как фото."),
    "goal": Phrase("What you want", "Чего вы хотите"),
    "all": Phrase("the most value of all actions", "больше ценности всех действий"),
    "views": Phrase("Views you expect (empty: as usual)", "Сколько ждёте просмотров (пусто: как обычно)"),
    "empty": Phrase("A number is missing.", "Нужно число."),
    "noNumber": Phrase("This is not a number.", "Это не число."),
    "outside": Phrase("From {} to {}, please.", "Можно от {} до {}."),
    "read": Phrase("Read in the draft", "Прочитано в черновике"),
    "topic": Phrase("Topic", "Тема"),
    "anyTopic": Phrase("any topic", "любая тема"),
    "byLength": Phrase("follows from the length of the text", "следует из длины текста"),
    "unfix": Phrase("As read", "Как прочитано"),
    "strange": Phrase(
        "This topic isn't in the feed, or too few words show it: the advice is for posts of all topics.",
        "Такой темы в ленте нет, или её не видно по немногим словам: советы даны для постов всех тем.",
    ),
    "silent": Phrase(
        "Without a text the topic is unknown: the advice is for posts of all topics.",
        "Без текста тема неизвестна: советы даны для постов всех тем.",
    ),
    "everywhere": Phrase("in any topic", "в любой теме"),
    "inside": Phrase("in posts about “{}”", "в теме «{}»"),
    "outsideOne": Phrase("outside {}", "вне темы {}"),
    "outsideMany": Phrase("outside {}", "вне тем {}"),
    "and": Phrase("and", "и"),
    "or": Phrase("or", "или"),
    "per10000": Phrase("per 10,000 views", "на 10\u00a0000 просмотров"),
    "likely": BETWEEN,
    "price": PRICE,
    "bonus": BONUS,
    "worth": Phrase(
        "worth {} per 1,000 views (95 % interval {} to {})",
        "ценность: {} на 1000 просмотров (95 %-й интервал: от {} до {})",
    ),
    "about": Phrase("It is about:", "Речь о:"),
    "how": Phrase("How sure is it?", "Насколько это надёжно?"),
    "try": Phrase("Try it", "Примерить"),
    "tried": Phrase("Tried: undo", "Примерено: вернуть"),
    "afterTried": Phrase(
        "Before and after the changes that you try ({}), by the best estimates, those that are not clear included.",
        "До и после примеренных правок ({}): лучшие оценки, в том числе неясные.",
    ),
    "untry": Phrase("Undo all", "Вернуть всё"),
    "expected": Phrase("What the draft may expect", "Чего ждать от черновика"),
    "above": Phrase("more than {}\u00a0% of posts", "больше, чем у {}\u00a0% постов"),
    "lowest": Phrase("less than nearly all posts", "меньше, чем почти у всех постов"),
    "highest": Phrase("more than nearly all posts", "больше, чем почти у всех постов"),
    "range": Phrase(
        "Of {} views: 90 % of such posts get {} to {}, half get at most {}",
        "Из {} просмотров: у 90 % таких постов от {} до {}, у половины не больше {}",
    ),
    "meanOf": Phrase(
        "The mean of many such posts lies between {} and {} (95 % interval)",
        "Среднее многих таких постов лежит между {} и {} (95 %-й интервал)",
    ),
    "rest": Phrase("Other changes", "Другие правки"),
    "unsure": Phrase("not clear", "неясно"),
    "byChance": Phrase(
        "not clear: of so many comparisons some look as strong as this by chance",
        "неясно: среди стольких сравнений некоторые так сильны случайно",
    ),
    "noPosts": Phrase("no comparable posts", "нет сравнимых постов"),
    "conflicts": Phrase("Can't be had together", "Вместе не получить"),
    "past": Phrase("Past posts most like it", "Похожие посты и их отклик"),
    "noneLike": Phrase("No post of the feed is like it.", "В ленте нет похожих постов."),
    "did": Phrase("{} per 10,000 views ({} views)", "{} на 10\u00a0000 просмотров (просмотров {})"),
    "unknown": Phrase("What this forecast doesn't know", "Чего этот прогноз не знает"),
    "unknowns": Phrase(
        "The hour, the subscribers, and what else is in the feed. Of the photo it knows light, colour and shape, not"
        " what it shows. Of the text it knows words and signs, not what they mean.",
        "Час, подписчиков и что ещё есть в ленте. О фото он знает свет, цвет и форму, но не что на нём. О тексте он"
        " знает слова и знаки, но не смысл.",
    ),
    "two": Phrase("Compare with a second draft", "Сравнить со вторым черновиком"),
    "one": Phrase("Only one draft", "Только один черновик"),
    "second": Phrase(
        "Fill in both drafts to see which one wins.", "Заполните оба черновика, чтобы увидеть, какой лучше."
    ),
    "oneGoal": Phrase("Choose one action to compare the drafts.", "Чтобы сравнить черновики, выберите одно действие."),
    "wins": Phrase("Draft {} wins for this goal with probability {} %.", "Для этой цели лучше черновик {}: {} %."),
    "close": Phrase(
        "Too close to call: draft {} wins with {} %.", "Почти поровну: черновик {} лучше с вероятностью {} %."
    ),
    "quoted": Phrase("“{}”", "«{}»"),
    "weights": Phrase("What one action is worth to you", "Сколько для вас стоит одно действие"),
    "weightsHint": Phrase("Below zero: an action you don't want.", "Меньше нуля: нежелательное действие."),
    "bias": Phrase("allow for the bias of comparing posts", "учесть смещение, неизбежное при сравнении постов"),
    "copy": Phrase("Copy the advice", "Скопировать советы"),
    "link": Phrase("Copy a link", "Скопировать ссылку"),
    "copied": Phrase("Copied.", "Скопировано."),
    "copyThis": Phrase("Copy this", "Скопируйте это"),
    "reset": Phrase("Start anew", "Начать заново"),
    "noScript": Phrase(
        "The draft panel needs JavaScript. Without it, the strongest tips:",
        "Для разбора черновика нужен JavaScript. Без него вот самые сильные советы:",
    ),
    "private": Phrase(
        "All is computed on this page: nothing that you type or drop leaves it. A link holds the draft in itself.",
        "Всё считается на этой странице: то, что вы набрали или вставили, её не покидает. Ссылка хранит черновик в"
        " себе.",
    ),
}

# Drafts to start from: a name and a text in each language.
EXAMPLES = (
    (
        Phrase("a recipe", "рецепт"),
        Phrase(
            "Apple pie in half an hour 🍎\nFlour, eggs, sugar and four apples. Save the recipe! #baking",
            "Шарлотка за полчаса 🍎\nМука, яйца, сахар и четыре яблока. Сохраните рецепт! #выпечка",
        ),
    ),
    (
        Phrase("news", "новость"),
        Phrase(
            "The match ended 2:1. The best goal was scored in the last minute. Who was the player of the day for you?",
            "Матч закончился 2:1. Лучший гол забили на последней минуте. Кто для вас игрок дня?",
        ),
    ),
    (
        Phrase("an offer", "предложение"),
        Phrase(
            "ONLY TODAY! 30 % off everything. Details and orders: https://example.com/sale @shop",
            "ТОЛЬКО СЕГОДНЯ! Скидка 30 % на всё. Подробности и заказ: https://example.com/sale @shop",
        ),
    ),
)

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
    return f"Данные: смоделированная лента, {WARNING.ru}." if simulated else f"Данные: {source}."


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
    return PANEL["worth"][language].format(*(signed(1000 * value, 2, language) for value in worth[:3]))


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
