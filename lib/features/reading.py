"""The rules by which a text is read, for a page that reads a draft by itself (``assets/draft-text.js``)."""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import cache
from html import unescape
from html.entities import html5
from typing import Any

import emoji

from lib.features.conditions import STRIP
from lib.features.levers import PROPERTIES
from lib.features.photo import CHROMA, MEASURED_SIDE
from lib.features.style import BEGINS, ENOUGH, FIRST_PERSON, LONG, PATTERNS
from lib.features.text import CALL, FOLD_CHARACTERS, FOLD_LINES, GAP, HASHTAG, LINK, NAME, SEARCHED, WORD
from lib.posts import CLEANING

# Python's classes of characters, inside a class of JavaScript. Its white space differs from JavaScript's.
_CLASSES = {
    "w": r"\p{L}\p{N}_",
    "d": r"\p{Nd}",
    "s": r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
_CHARACTER = r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\.|[^\\]"
_TOKEN = re.compile(rf"\[(?:\\.|[^\]\\])+\]|\(\?(?:<?[=!]|:)|\{{\d*,?\d*\}}|{_CHARACTER}", re.DOTALL)
_ITEM = re.compile(rf"\\([wdsWS])|({_CHARACTER})-({_CHARACTER})|({_CHARACTER})", re.DOTALL)
_SYNTAX = frozenset("^*+?()|")


def page_rules() -> dict[str, Any]:
    """What ``assets/draft-text.js`` and ``assets/draft-photo.js`` need of the library's constants, for JSON.

    ``patterns`` and ``style`` hold regular expressions in the syntax of JavaScript's ``u`` flag.
    """
    text = {"link": LINK, "hashtag": HASHTAG, "name": NAME, "gap": GAP, "word": WORD, "call": CALL}
    text |= {"first_person": FIRST_PERSON}
    data = emoji.EMOJI_DATA
    return {
        "patterns": {name: javascript(pattern) for name, pattern in (CLEANING | text).items()},
        "style": {name: javascript(pattern) for name, pattern in PATTERNS.items()},
        "entities": html5,
        "controls": "".join(unescape(f"&#{code};") for code in range(0x80, 0xA0)),
        "emoji": " ".join(data),
        "emoji_parts": [each for each in data if data[each]["status"] == emoji.STATUS["component"]],
        "begins": "".join(sorted(BEGINS)),
        "title": [LONG, ENOUGH],
        "searched": SEARCHED,
        "fold": [FOLD_CHARACTERS, FOLD_LINES],
        "properties": {name: asdict(prop) for name, prop in PROPERTIES.items()},
        "strip": STRIP,
        "measured_side": MEASURED_SIDE,
        "chroma": CHROMA,
    }


def javascript(pattern: re.Pattern[str]) -> str:
    """The source of a regular expression in the syntax of JavaScript's ``u`` flag, with the same matches.

    Classes of characters are written out, and so are the other cases of a letter if case is ignored, because the two
    languages differ in both.

    Raises
    ------
    ValueError
        If the pattern has a range of letters and ignores case, or an escape that is not translated.
    """
    ignore = bool(pattern.flags & re.IGNORECASE)
    return "".join(_translated(token, ignore) for token in _TOKEN.findall(pattern.pattern))


def _translated(token: str, ignore: bool) -> str:
    word = f"[{_CLASSES['w']}]"
    known = {".": r"[^\n]", "$": r"(?=\n?$)", r"\b": f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"}
    if token in known:
        return known[token]
    if token in _SYNTAX or (len(token) > 1 and token[0] in "({"):
        return token
    if token[0] == "[":
        return _class(token[1:-1], ignore)
    if token[0] == "\\" and token[1] in _CLASSES:
        return f"[{_CLASSES[token[1]]}]"
    cases = _cases(_plain(token)) if ignore else _plain(token)
    return f"[{''.join(map(_code, cases))}]" if len(cases) > 1 else _code(cases)


def _class(inside: str, ignore: bool) -> str:
    negated, rest = inside[0] == "^", inside.removeprefix("^")
    items, every = "", ""
    for name, low, high, single in _ITEM.findall(rest):
        if name in ("W", "S"):
            every = f"[{_CLASSES[name.lower()]}]"
        elif name:
            items += _CLASSES[name]
        elif low:
            if ignore and (_plain(low) + _plain(high)).isalpha():
                raise ValueError(f"a range of letters in a pattern that ignores case: {low}-{high}")
            items += f"{_code(_plain(low))}-{_code(_plain(high))}"
        else:
            items += "".join(map(_code, _cases(_plain(single)) if ignore else _plain(single)))
    if every and not negated:
        raise ValueError(f"\\W or \\S in a class that isn't negated: [{inside}]")
    return f"(?:(?![{items}]){every})" if every else f"[{'^' if negated else ''}{items}]"


def _plain(token: str) -> str:
    """The character that a token stands for."""
    if len(token) > 2:
        return chr(int(token[2:], 16))
    if token[0] == "\\" and token[1].isalnum() and token[1] not in "ntr":
        raise ValueError(f"not translated: {token}")
    return {"\\n": "\n", "\\t": "\t", "\\r": "\r"}.get(token, token[-1])


def _code(character: str) -> str:
    """A character that means itself, inside a class and outside."""
    return character if character.isalnum() and character < "\uffff" else f"\\u{{{ord(character):x}}}"


@cache
def _cases(character: str) -> str:
    """The characters that match a character if case is ignored."""
    return "".join(re.findall(re.escape(character), _cased(), re.IGNORECASE)) or character


@cache
def _cased() -> str:
    every = map(chr, range(0x110000))
    return "".join(c for c in every if c.lower() != c or c.upper() != c)
