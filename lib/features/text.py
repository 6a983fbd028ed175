"""Readable features of a text: what a person can say about a text without knowing what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable

import emoji
import numpy as np
import pandas as pd
from razdel import sentenize
from tqdm import tqdm

from lib.posts import decode_text

# A feed shows the beginning of a long text and hides the rest behind "Show more". VK doesn't publish the rule, and its
# applications differ: these two limits are an assumption, not a fact about VK.
FOLD_CHARACTERS = 280
FOLD_LINES = 8
# Sentences, emoji and calls are looked for in the beginning of a text only: they take seconds on a megabyte.
SEARCHED = 20_000

TEXT_FEATURES = {
    "has_text": "1 if anything is left of the text after cleaning, else 0",
    "characters": "length of the cleaned text, in characters (spaces and line breaks count)",
    "words": "number of words: runs of letters and digits, inner hyphens and apostrophes included",
    "sentences": f"number of sentences in the first {SEARCHED:,} characters (razdel's segmentation of each line)",
    "question": "1 if there is a question mark outside links, else 0",
    "exclamation": "number of exclamation marks outside links",
    "call_to_action": f"1 if its first {SEARCHED:,} characters ask the reader for an action (CALLS_TO_ACTION), else 0",
    "emoji": f"number of emoji in the first {SEARCHED:,} characters (a joined sequence counts once)",
    "hashtags": "number of hashtags: # followed by a letter, also #tag@community",
    "links": "number of web addresses, with or without a scheme",
    "mentions": "number of people and communities named: [id1|Name], [club1|Name], @name, *name",
    "capitals": "upper-case letters as a share of all letters that have a case; 0 without any",
    "digits": "digits as a share of all characters; 0 for an empty text",
    "line_breaks": "number of line breaks in the cleaned text",
    "first_line": "length of the first line, in characters",
    "folded": f"1 if a feed would fold it: over {FOLD_CHARACTERS} characters or {FOLD_LINES} lines, else 0",
}

# Imperatives that ask the reader for an action. The Russian endings -те and -тесь are optional.
# This is a heuristic: it knows phrases, not intentions ("смотри, какой кот" counts too).
CALLS_TO_ACTION = (
    # Russian, by the action: subscribe, react, share, comment, go and see, buy, take part
    r"подпи(?:шись|шитесь|сывайся|сывайтесь)",
    r"вступай(?:те)?",
    r"присоединя(?:йся|йтесь)",
    r"добавляй(?:те|ся|тесь)?",
    r"добавь(?:те|ся|тесь)?",
    r"(?:по)?став(?:ь|ьте|ляй|ляйте) (?:лайк\w*|класс\w*|сердечк\w*|оценк\w*|плюс\w*|\+|реакци\w*|палец|пальц\w*)",
    r"(?:лайкай|лайкни|репости|репостни|тапни|тапай|кликай|кликни|жми|нажми|нажимай|листай|пролистай)(?:те)?",
    r"(?:по)?дел(?:ись|итесь)",
    r"расскаж(?:и|ите) (?:друзьям|нам|о себе|в комментари\w*|об этом|всем)",
    r"отправ(?:ь|ьте|ляй|ляйте)",
    r"перешл(?:и|ите)",
    r"сохран(?:и|ите|яй|яйте)",
    r"(?:напи|пи)ш(?:и|ите)",
    r"(?:про)?комментируй(?:те)?",
    r"остав(?:ь|ьте|ляй|ляйте) (?:\w+ )?(?:коммент\w*|отзыв\w*|заявк\w*|мнени\w*|сво\w+)",
    r"отвечай(?:те)?",
    r"отве(?:ть|тьте)",
    r"отме(?:ть|тьте|чай|чайте)",
    r"(?:про)?голосуй(?:те)?",
    r"(?:перейд|зайд|приход|заход|переход|звон|позвон)(?:и|ите)",
    r"(?:загляни|заглядывай)(?:те)?",
    r"не (?:пропусти|упусти|забудь)(?:те)?",
    r"(?:чита|почита|прочита|узнава|узна|скача|скачива|выбира|забира|заказыва|покупа|успева|участву)й(?:те)?",
    r"(?:посмотри|смотри|купи|закажи|успей|спеши|забери|получи|попробуй|выбери|найди|угадай|прими участие)(?:те)?",
    r"примите участие",
    r"(?:за)?регистрируй(?:ся|тесь)",
    r"запи(?:шись|шитесь|сывайся|сывайтесь)",
    # English
    r"subscribe",
    r"follow (?:us|me|our|the|@?\w+ for)",
    r"(?:like|share|comment|repost|retweet) (?:and|&|if|this|below|to win)",
    r"(?:share|retweet) (?:it|your|with)",
    r"(?:click|tap|swipe|press|scroll|hit) (?:here|the|on|this|up|left|right|below|to|link|play|subscribe)",
    r"(?:sign|swipe) up",
    r"(?:register|order|buy|apply|donate|download|vote|join|watch|listen|save|enter)"
    r" (?:now|today|here|us|at|for|this|your|on|via|to win|the|in)",
    r"(?:call|shop|order) (?:us|now)",
    r"book (?:your|a|an)",
    r"check (?:it |this |us )?out",
    r"(?:read|learn|find out|see) more",
    r"(?:tag|invite|tell) (?:a|your|us|me) ?(?:friends?)?",
    r"(?:let us know|tell us|dm us|message us|write to us|visit (?:us|our)|leave a comment)",
    r"(?:don['’]t miss|stay tuned|link in (?:the )?bio|please (?:rt|share|retweet|like|vote|join|help))",
)

_DOMAINS = "ru|com|org|net|me|cc|io|su|info|рф|by|ua|kz|tv|gl|ly|be|gg|app"
LINK = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"«»]+"
    rf"|(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,4}}(?:{_DOMAINS})(?![\w-]|\.\w)(?:/[^\s<>\"«»]*)?",
    re.IGNORECASE,
)
HASHTAG = re.compile(r"(?<![\w&/])#(?=\w*[^\W\d_])\w+")
NAME = re.compile(r"(?<![\w@#./-])[@*][A-Za-z][\w.]{2,}")
GAP = re.compile(" {2,}")
WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
# "Вы получите" is a promise, "не смотри" is not a call, "ways to subscribe" is a description.
CALL = re.compile(r"(?<!\w)(?<!вы )(?<!не )(?<!to )(?:" + "|".join(CALLS_TO_ACTION) + r")(?!\w)")
_MAYBE_EMOJI = re.compile("[#*0-9]\ufe0f?\u20e3|[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]")
_LETTERS = re.compile(r"[A-Za-zА-Яа-яЁё]+")  # removed first, because the emoji package looks at every character


def text_features(texts: Iterable[str | None]) -> pd.DataFrame:
    """What a person can say about a text without knowing what it is about.

    Parameters
    ----------
    texts : iterable of str
        Raw texts; None, NaN and "" stand for no text.

    Returns
    -------
    DataFrame of float64, one row per text. ``TEXT_FEATURES`` lists the columns with their definitions and units. A post
    without text has zeros in every column, ``has_text`` included.
    """
    texts = list(texts)
    rows = np.zeros((len(texts), len(TEXT_FEATURES)))
    bar = tqdm(texts, "Measuring texts", unit="text", delay=2, disable=None)
    for row, raw in zip(rows, bar, strict=True):
        if isinstance(raw, str) and raw:
            row[:] = _measure(raw)
    return pd.DataFrame(rows, columns=list(TEXT_FEATURES))


def _measure(raw: str) -> list[float]:
    """One row of `text_features`."""
    text, mentions = decode_text(raw)
    if not text:
        return [0.0] * len(TEXT_FEATURES)
    lines = text.split("\n")
    prose, links = LINK.subn(" ", text)
    head = text[:SEARCHED]
    upper, lower = sum(map(str.isupper, text)), sum(map(str.islower, text))
    return [
        1.0,
        len(text),
        len(WORD.findall(prose)),
        sum(1 for line in head.split("\n") for _ in sentenize(line)),
        float("?" in prose or "？" in prose),
        prose.count("!") + prose.count("！"),
        float(CALL.search(GAP.sub(" ", prose[:SEARCHED]).lower().replace("ё", "е")) is not None),
        emoji.emoji_count(_LETTERS.sub(" ", head)) if _MAYBE_EMOJI.search(head) else 0,
        len(HASHTAG.findall(prose)),
        links,
        mentions + len(NAME.findall(prose)),
        upper / max(1, upper + lower),
        sum(map(str.isdecimal, text)) / len(text),
        len(lines) - 1,
        len(lines[0]),
        float(len(text) > FOLD_CHARACTERS or len(lines) > FOLD_LINES),
    ]
