"""Texts of posts: clean a text, and show it safely on a page."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")
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
    r"\[(?:(?:id|club|public|event|app|page)-?\d[\w-]*|(?:https?://)?(?:www\.|m\.)?vk\.(?:com|ru)/[^\s\[\]|]*)\|([^\[\]|]*)\]"
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# Control characters except tab and line feed, lone surrogates, and marks that only change how their neighbours are
# drawn or ordered. The zero-width joiner stays: it joins the parts of a family emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
# A run of combining marks is neither letters nor space. Sorting a run into normal form takes time that is quadratic in
# its length; UAX #15 (Stream-Safe Text) has no longer runs than 30.
_MARKS = r"[^\w\s\x00-\u02ff]"
_MARK = re.compile(_MARKS)
_LONG_MARKS = re.compile(_MARKS + "{31}")
_FEW_MARKS = re.compile(rf"[\w\s\x00-\u02ff]*{_MARKS}{{0,30}}")
_BLANK_LINES = re.compile(r"\n{3,}")
# The patterns of `clean_text`, by name, for whoever repeats it elsewhere.
CLEANING = {
    "entity": _ENTITY,
    "break": _BREAK,
    "image": _IMAGE,
    "alt": _ALT,
    "tag": _TAG,
    "named_link": _NAMED_LINK,
    "invisible": _INVISIBLE,
    "line_end": _LINE_END,
    "spaces": _SPACES,
    "long_marks": _LONG_MARKS,
    "few_marks": _FEW_MARKS,
    "blank_lines": _BLANK_LINES,
}
# Bytes of UTF-8: of ASCII without the signs that markup starts with, and of U+0400 to U+047F.
_BASIC = bytes([*(set(range(0x20, 0x7F)) - set(b"&<[")), *range(0x80, 0xC0), 0xD0, 0xD1])
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ")


def clean_text(raw: str) -> str:
    """The text as a reader sees it.

    The steps, in this order:

    1. The markup of the export is removed: ``<br>`` and the ends of blocks become line breaks, and an emoji image
       becomes its emoji.
    2. Entities are decoded, also if they are encoded twice or three times. Halves of surrogate pairs are joined.
    3. ``[id1|Name]`` becomes ``Name``.
    4. Lone surrogates, control characters and invisible characters are removed.
    5. The text is put in Unicode normal form C. Marks beyond the 30th on one letter aren't sorted with the first 30.
    6. A run of spaces becomes one space, and a run of blank lines one blank line.

    Signs and brackets that a person typed (``a < b``, ``&lt;b&gt;``) stay.

    Parameters
    ----------
    raw : str
        A text from the table of posts. Clean a text only once: a second pass would decode what the first one left.
    """
    return decode_text(raw)[0]


def clean_bytes(raw: str) -> bytes:
    """:func:`clean_text` in UTF-8, sooner for a line of ASCII and Russian letters that needs no cleaning."""
    data = raw.encode("utf-8", "surrogatepass")
    if not data.translate(None, _BASIC) and "  " not in raw and raw == raw.strip():
        return data
    return clean_text(raw).encode()


@lru_cache(maxsize=64)  # features, words and the encoder of a draft decode the same text
def decode_text(raw: str) -> tuple[str, int]:
    """The cleaned text, as from :func:`clean_text`, and the number of ``[id1|Name]`` links in the raw text."""
    if _is_clean(raw):
        return raw, 0
    decoded = _decode(raw)
    return _tidy(decoded), len(_NAMED_LINK.findall(decoded))


def as_html(text: str, limit: int | None = None) -> str:
    """A text of unknown origin as HTML that is safe inside HTML and inside Markdown.

    Every character that isn't a letter, digit or space becomes a numeric reference, so neither a browser nor a
    Markdown reader such as pandoc finds anything to interpret. Line breaks become ``<br>``; the result itself has no
    line break. A result without ``<br>`` is safe in attribute values too.

    Parameters
    ----------
    text : str
        Any string. To show what a reader of the post saw, use `clean_text` first.
    limit : int, optional
        Characters shown. A longer text is cut, at a space if one is near, and ends in "…".
    """
    text = _INVISIBLE.sub("", _LINE_END.sub("\n", _join_surrogates(text))).strip()
    if limit is not None and len(text) > limit:
        text = _shorten(text, limit)
    return "".join(map(_safe, _SPACES.sub(" ", text)))


def _is_clean(raw: str) -> bool:
    """Whether cleaning would certainly not change a text. The check costs a sixth of cleaning."""
    return (
        "&" not in raw
        and "<" not in raw
        and not ("[" in raw and "|" in raw)
        and _is_plain(raw)
        and "  " not in raw
        and not ("\n" in raw and (" \n" in raw or "\n " in raw or "\n\n\n" in raw))
        and raw == raw.strip()
        and not (_MARK.search(raw[::31]) and _LONG_MARKS.search(raw))  # a run of 31 holds one of every 31st
        and unicodedata.is_normalized("NFC", raw)
    )


def _is_plain(text: str) -> bool:
    """Whether a text has no invisible characters, no surrogates, and no white space but spaces and line feeds."""
    return text.replace("\n", "").isprintable() and "\ufffc" not in text and "\ufffd" not in text


def _decode(raw: str) -> str:
    """A raw text with markup and entities resolved; links such as ``[id1|Name]`` remain."""
    text = _LINE_END.sub("\n", raw)
    if "<" in text:
        text = _TAG.sub("", _IMAGE.sub(_alt, _BREAK.sub("\n", text)))
    for _ in range(3):  # an export of an export encodes its entities again
        if "&" not in text:
            break
        text = _ENTITY.sub(_entity, text)
    # Nobody types <br> in a post: an encoded <br> comes from the export.
    if "<" in text:
        text = _BREAK.sub("\n", text)
    return text if _is_plain(text) else _LINE_END.sub("\n", _join_surrogates(text))


def _tidy(decoded: str) -> str:
    """A decoded text with names in place of links, and without invisible characters."""
    text = _NAMED_LINK.sub(r"\1", decoded) if "[" in decoded else decoded
    if not _is_plain(text):
        text = _INVISIBLE.sub("", text)
    text = _composed(text)
    if "  " in text or not _is_plain(text):
        text = _SPACES.sub(" ", text)
    return _BLANK_LINES.sub("\n\n", "\n".join([line.strip() for line in text.split("\n")])).strip()


def _composed(text: str) -> str:
    """A text in normal form C, in time that is linear in its length."""
    parts = _FEW_MARKS.findall(text) if _LONG_MARKS.search(text) else [text]
    return "".join(unicodedata.normalize("NFC", part) for part in parts)


def _entity(match: re.Match[str]) -> str:
    reference = match.group()
    # Exports write an emoji as two halves of a surrogate pair; html.unescape turns each half into U+FFFD.
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
