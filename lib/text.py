"""Post texts: cleaning, the features a person can read, and a safe way to show a text on a page."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

import emoji
import numpy as np
import pandas as pd
from razdel import sentenize
from tqdm import tqdm

# A feed shows the beginning of a long text and folds the rest away behind "Show more". VK doesn't publish
# its rule, and its applications differ: these two limits are an assumption of ours, not a fact about VK.
FOLD_CHARACTERS = 280
FOLD_LINES = 8

TEXT_FEATURES = {
    "has_text": "1 if anything is left of the text after cleaning, else 0",
    "characters": "length of the cleaned text, in characters (spaces and line breaks count)",
    "words": "number of words: runs of letters and digits, inner hyphens and apostrophes included",
    "sentences": "number of sentences (razdel's segmentation of each line)",
    "question": "1 if there is a question mark outside links, else 0",
    "exclamation": "number of exclamation marks outside links",
    "call_to_action": "1 if the text asks the reader to do something (see CALLS_TO_ACTION), else 0",
    "emoji": "number of emoji (a joined sequence counts once)",
    "hashtags": "number of hashtags: # followed by a letter, also #tag@community",
    "links": "number of web addresses, with or without a scheme",
    "mentions": "number of people and communities named: [id1|Name], [club1|Name], @name, *name",
    "capitals": "upper-case letters as a share of all letters that have a case; 0 without any",
    "digits": "digits as a share of all characters; 0 for an empty text",
    "line_breaks": "number of line breaks in the cleaned text",
    "first_line": "length of the first line, in characters",
    "folded": f"1 if a feed would fold it: over {FOLD_CHARACTERS} characters or {FOLD_LINES} lines, else 0",
}

# Imperatives that ask for an action of the reader. Endings: -те / -тесь are optional in Russian.
# A heuristic by design: it knows phrases, not intentions ("смотри, какой кот" counts too).
CALLS_TO_ACTION = (
    # Russian, by what is asked for: subscribe, react, share, comment, go and see, buy, take part
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

_ENTITY = re.compile(r"&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAK = re.compile(r"<br\s*/?>\n?|</(?:p|div|li)\s*>\n?", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b([^<>]*)>", re.IGNORECASE)
_ALT = re.compile(r"\balt=\"([^\"]*)\"", re.IGNORECASE)
# Named tags only: "a < b" and "<3" are text.
_TAG = re.compile(
    r"<!--[^<>]*-->|</?(?:a|abbr|b|big|blockquote|body|center|code|del|div|em|font|h[1-6]|head|hr|html|i|iframe|"
    r"img|ins|li|link|meta|object|ol|p|pre|s|script|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|"
    r"th|tr|tt|u|ul|video)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_NAMED_LINK = re.compile(
    r"\[(?:(?:id|club|public|event|app|page)-?\d[\w-]*|(?:https?://)?(?:m\.)?vk\.com/[^\s\[\]|]*)\|([^\[\]|]*)\]"
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# Controls (but tab, line feed), lone surrogates, and marks that only change how neighbours are drawn or
# ordered. The zero-width joiner stays: emoji families are made with it.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")

_DOMAINS = "ru|com|org|net|me|cc|io|su|info|рф|by|ua|kz|tv|gl|ly|be|gg|app"
_LINK = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"«»]+"
    rf"|(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,4}}(?:{_DOMAINS})(?![\w-]|\.\w)(?:/[^\s<>\"«»]*)?",
    re.IGNORECASE,
)
_HASHTAG = re.compile(r"(?<![\w&/])#(?=\w*[^\W\d_])\w+")
_NAME = re.compile(r"(?<![\w@#./-])[@*][A-Za-z][\w.]{2,}")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
# "Вы получите" is a promise, "не смотри" no call, "ways to subscribe" a description.
_CALL = re.compile(r"(?<!\w)(?<!вы )(?<!не )(?<!to )(?:" + "|".join(CALLS_TO_ACTION) + r")(?!\w)")
_MAYBE_EMOJI = re.compile("[#*0-9]\ufe0f?\u20e3|[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]")
_LETTERS = re.compile(r"[A-Za-zА-Яа-яЁё]+")  # the emoji package looks at every character
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ")


def clean_text(raw: str) -> str:
    """The text as a reader sees it.

    In this order: markup of the export is removed (``<br>`` and the ends of blocks become line breaks, an
    emoji image becomes its emoji), entities are decoded, doubly encoded ones too, ``[id1|Name]`` becomes
    ``Name``, halves of surrogate pairs are joined, lone ones go with control and invisible characters, the
    rest is put in Unicode normal form C, runs of spaces become one and of blank lines one. Comparison signs
    and brackets that a person typed (``a < b``, ``&lt;b&gt;``) stay.

    Parameters
    ----------
    raw : str
        A text as the table of posts has it. Clean a text once: what a second pass sees is no export.
    """
    return raw if _is_clean(raw) else _tidy(_decode(raw))


def text_features(texts: Iterable[str | None]) -> pd.DataFrame:
    """What a person can say about a text without knowing what it is about.

    Parameters
    ----------
    texts : iterable of str
        Raw texts; None, NaN and "" stand for no text.

    Returns
    -------
    DataFrame of float64, one row per text, the columns of ``TEXT_FEATURES`` (which gives the unit and the
    formula of each). A post without text has zeros, and ``has_text`` says so.
    """
    texts = list(texts)
    rows = np.zeros((len(texts), len(TEXT_FEATURES)))
    bar = tqdm(texts, "Measuring texts", unit="text", delay=2, disable=None)
    for row, raw in zip(rows, bar, strict=True):
        if isinstance(raw, str) and raw:
            row[:] = _measure(raw)
    return pd.DataFrame(rows, columns=list(TEXT_FEATURES))


def as_html(text: str, limit: int | None = None) -> str:
    """A text of unknown origin, safe to put inside HTML and inside Markdown.

    Every character that isn't a letter, digit or space becomes a numeric reference, so that neither a
    browser nor pandoc or another Markdown reader finds anything to interpret; line breaks become ``<br>``.
    The result has no line break in it and is safe in attribute values as well, but for its ``<br>``.

    Parameters
    ----------
    text : str
        Any string; pass it through `clean_text` first to show what a reader of the post saw.
    limit : int, optional
        Characters shown; a longer text is cut at a space where there is one near, and ends in "…".
    """
    text = _INVISIBLE.sub("", _LINE_END.sub("\n", _join_surrogates(text))).strip()
    if limit is not None and len(text) > limit:
        text = _shorten(text, limit)
    return "".join(map(_safe, _SPACES.sub(" ", text)))


def _is_clean(raw: str) -> bool:
    """Whether cleaning would leave a text as it is, for certain: a look that costs a tenth of cleaning it."""
    return (
        "&" not in raw
        and "<" not in raw
        and not ("[" in raw and "|" in raw)
        and _is_plain(raw)
        and "  " not in raw
        and not ("\n" in raw and (" \n" in raw or "\n " in raw or "\n\n\n" in raw))
        and raw == raw.strip()
        and unicodedata.is_normalized("NFC", raw)
    )


def _is_plain(text: str) -> bool:
    """Whether it has nothing that is invisible, no half of a pair, and no white space but spaces and line feeds."""
    return text.replace("\n", "").isprintable() and "\ufffc" not in text and "\ufffd" not in text


def _decode(raw: str) -> str:
    """Raw text with markup and entities resolved; mentions still in brackets."""
    text = _LINE_END.sub("\n", raw)
    if "<" in text:
        text = _TAG.sub("", _IMAGE.sub(_alt, _BREAK.sub("\n", text)))
    for _ in range(3):  # as deep as exports of exports go
        if "&" not in text:
            break
        text = _ENTITY.sub(_entity, text)
    # Nobody types <br> in a post: where it was encoded, the export did it.
    if "<" in text:
        text = _BREAK.sub("\n", text)
    return text if _is_plain(text) else _LINE_END.sub("\n", _join_surrogates(text))


def _tidy(decoded: str) -> str:
    """Decoded text with mentions by name and nothing invisible."""
    text = _NAMED_LINK.sub(r"\1", decoded) if "[" in decoded else decoded
    if not _is_plain(text):
        text = _INVISIBLE.sub("", text)
    text = unicodedata.normalize("NFC", text)
    if "  " in text or not _is_plain(text):
        text = _SPACES.sub(" ", text)
    return _BLANK_LINES.sub("\n\n", "\n".join([line.strip() for line in text.split("\n")])).strip()


def _entity(match: re.Match[str]) -> str:
    reference = match.group()
    # html.unescape turns halves of a pair into U+FFFD; exports write emoji as two of them.
    if reference[1] == "#":
        code = int(reference[3:-1], 16) if reference[2] in "xX" else int(reference[2:-1])
        if 0xD800 <= code <= 0xDFFF:
            return chr(code)
    return html.unescape(reference)


def _alt(image: re.Match[str]) -> str:
    alt = _ALT.search(image[1])
    return alt[1] if alt else ""


def _join_surrogates(text: str) -> str:
    return _PAIR.sub(lambda m: m.group().encode("utf-16", "surrogatepass").decode("utf-16"), text)


def _measure(raw: str) -> list[float]:
    """One row of `text_features`."""
    decoded = _decode(raw)
    text = _tidy(decoded)
    if not text:
        return [0.0] * len(TEXT_FEATURES)
    lines = text.split("\n")
    prose, links = _LINK.subn(" ", text)
    upper, lower = sum(map(str.isupper, text)), sum(map(str.islower, text))
    return [
        1.0,
        len(text),
        len(_WORD.findall(prose)),
        sum(1 for line in lines for _ in sentenize(line)),
        float("?" in prose or "？" in prose),
        prose.count("!") + prose.count("！"),
        float(_CALL.search(_SPACES.sub(" ", prose).casefold().replace("ё", "е")) is not None),
        emoji.emoji_count(_LETTERS.sub(" ", text)) if _MAYBE_EMOJI.search(text) else 0,
        len(_HASHTAG.findall(prose)),
        links,
        len(_NAMED_LINK.findall(decoded)) + len(_NAME.findall(prose)),
        upper / max(1, upper + lower),
        sum(map(str.isdecimal, text)) / len(text),
        len(lines) - 1,
        len(lines[0]),
        float(len(text) > FOLD_CHARACTERS or len(lines) > FOLD_LINES),
    ]


def _shorten(text: str, limit: int) -> str:
    head = text[: max(limit - 1, 0)]
    space = max(head.rfind(" "), head.rfind("\n"))
    if space > len(head) / 2:
        head = head[:space]
    return head.rstrip() + "…"


def _safe(character: str) -> str:
    if character in _PLAIN:
        return character
    if character == "\n":
        return "<br>"
    return character if character.isalpha() and ord(character) > 127 else f"&#{ord(character)};"
