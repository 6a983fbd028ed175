"""Post texts: cleaning, and a safe way to show a text on a page."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

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
    return decode_text(raw)[0]


@lru_cache(maxsize=64)  # a draft is read by several, and decoded once
def decode_text(raw: str) -> tuple[str, int]:
    """What :func:`clean_text` gives, and how many people and communities the text names in brackets."""
    if _is_clean(raw):
        return raw, 0
    decoded = _decode(raw)
    return _tidy(decoded), len(_NAMED_LINK.findall(decoded))


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
