"""Which encoding a text has that isn't UTF-8, as far as that is certain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log
from pathlib import Path

from lib.posts.refusals import printable, row_list

_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_BOMS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_CYRILLIC = {"CP1251": "Windows-1251", "KOI8-R": "KOI8-R", "CP866": "CP866 (DOS)", "ISO-8859-5": "ISO 8859-5"}
# Letters of Russian per thousand letters of text, roughly: the encodings differ by far more than these values do.
# Letters of neighbouring languages are rare in it.
_COMMON = (109, 85, 80, 74, 67, 63, 55, 47, 45, 44, 35, 32, 30, 28, 26, 20, 19, 17, 17, 16, 16, 14, 12, 10)
_PER_THOUSAND = dict(zip("оеаинтсрвлкмдпуяыьгзбчйх", _COMMON, strict=True)) | {
    **{"ж": 9, "ш": 7, "ю": 6, "ц": 5, "щ": 4, "э": 3, "ф": 3, "ъ": 0.4, "ё": 0.4},
    **dict.fromkeys("іїєґў", 0.3),
}
_SIGNS = "«»—–…„“”’№©® \u00a0"
_STRANGE = log(1e-5)  # of a character that Russian text hardly has
_SWAPPED = log(1e-3)  # of a capital after a small letter
_CERTAIN = 10.0  # the likelihood of the best encoding is e^10 times that of the next
_PLAUSIBLE = -4.0  # mean log likelihood of a character; Russian has -3.0
_ENOUGH = 50_000  # characters that decide
_LATER = 97  # of the rows beyond them, every 97th is looked at
_CONVERT = "Save it as “CSV UTF-8”, or convert it with: iconv -f {} -t UTF-8 in.csv > out.csv"
_HALVES = re.compile("(?:\udced[\udca0-\udcbf][\udc80-\udcbf])+")  # halves of an emoji, as old MySQL and Java write
_BROKEN = re.compile("[\udc80-\udcff]+")


def wide_encoding(head: bytes, columns: Sequence[str]) -> str | None:
    """The name of an encoding with two or four bytes a character, if the first bytes of a table certainly have it."""
    for bom, name in _BOMS.items():
        if head.startswith(bom):
            return name
    for encoding in _WIDE:
        line = head[:4096].decode(encoding, "ignore").partition("\n")[0].lower()
        if sum(column in line for column in columns) >= 2:
            return encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
    return None


def explain(path: Path, rows: Iterable[tuple[int, list[str]]], convert: str = _CONVERT) -> str:
    """The error message for a table that isn't UTF-8: what was found, and what to do.

    Parameters
    ----------
    rows
        Number and fields of each row; a byte that is not UTF-8 stands as a surrogate (``errors="surrogateescape"``).
    convert
        How to convert the table, with ``{}`` for the encoding.
    """
    broken, foreign, places, bad, good, clean, sample = [], [], 0, 0, 0, 0, []
    for number, fields in rows:
        text = "\n".join(fields)
        if text.isascii():
            continue
        runs = _BROKEN.findall(text)
        here = sum(map(len, runs))
        valid = len(text) - len(text.encode("ascii", "ignore")) - here
        good += valid
        if not runs:
            clean += valid
            continue
        places, bad = places + len(runs), bad + here
        halves = sum(map(len, _HALVES.findall(text)))
        (foreign if here - halves > max(valid, 3) else broken).append(number)
        if bad <= _ENOUGH or not sample:
            sample.append((number, text))
        elif number % _LATER == 0:  # another file may follow, in another encoding
            sample.append((number, text[:300]))
    if not (broken or foreign):
        return f"{path} isn't UTF-8, and a quote in it is never closed. Export it again as UTF-8."
    if foreign and clean > bad / 10:
        verb = "are" if len(foreign) > 1 else "is"
        return (
            f"{path}: {row_list(foreign)} {verb} in another encoding than the rest, which is UTF-8: "
            "two files were joined. Convert each of them to UTF-8 before joining them; converting the whole would "
            "damage the rest."
        )
    if good < 2 * bad and (foreign or not good):
        return f"{path} isn't UTF-8{_not_utf8(sample, bad, convert)}"
    broken = sorted(broken + foreign)
    what = "a broken character" if len(broken) == 1 else "broken characters"
    count = f" ({places} broken places)" if places > 1 else ""
    return (
        f"{path}: {what} in {row_list(broken)}; the rest is UTF-8{count}. Correct or delete what is broken "
        "there, and don't convert the file: that would damage the rest."
    )


def _not_utf8(sample: list[tuple[int, str]], bad: int, convert: str) -> str:
    rows = [text.encode("utf-8", "surrogateescape") for _, text in sample]
    ranked = sorted(((*_likelihood(b"\n".join(rows), encoding), encoding) for encoding in _CYRILLIC), reverse=True)
    (best, mean, mixed, encoding), second = ranked[0], ranked[1][0]
    number, text = sample[0]
    middle = _BROKEN.search(text).start()
    before = max(text.rfind("\n", 0, middle) + 1, middle - 20)
    place = text[before : before + 60].partition("\n")[0].encode("utf-8", "surrogateescape")
    read = {name: printable(place.decode(name, "replace"), 40) for *_, name in ranked}
    certain = best - second >= _CERTAIN and mean >= _PLAUSIBLE and not mixed
    if certain and not any(_prefers_another(row, encoding) for row in rows):
        return (
            f", near row {number}: it looks like {_CYRILLIC[encoding]}, in which row {number} reads "
            f"“{read[encoding]}”. {convert.format(encoding)}"
        )
    readings = ", ".join(f"“{shown}” in {_CYRILLIC[name]}" for name, shown in list(read.items())[:2])
    return (
        f": row {number:,} is the first that isn't ({bad:,} byte{'s' if bad > 1 else ''} in all). Its encoding isn't "
        f"certain: it reads {readings}. Save it as “CSV UTF-8” with the program that wrote it, and compare that row."
    )


def _prefers_another(row: bytes, encoding: str) -> bool:
    limit = _likelihood(row, encoding)[0] + _CERTAIN
    return any(_likelihood(row, other)[0] > limit for other in _CYRILLIC if other != encoding)


def _likelihood(data: bytes, encoding: str) -> tuple[float, float, bool]:
    """Log likelihood of the text in Russian, its mean per character, and whether Latin letters stand amid the words."""
    text = data.decode(encoding, "replace")
    high = [c for c in text if not c.isascii()]
    total = sum(
        log(_PER_THOUSAND[c.lower()] / 1000) if c.lower() in _PER_THOUSAND else 0.0 if c in _SIGNS else _STRANGE
        for c in high
    )
    swapped = sum(a.islower() and b.isupper() for a, b in pairwise(text) if not b.isascii())
    latin = len(re.findall(r"[A-Za-z][^\W\d_A-Za-z]|[^\W\d_A-Za-z][A-Za-z]", text))
    letters = sum(c.isalpha() for c in high)
    total += swapped * _SWAPPED
    return total, total / max(len(high), 1), latin > 0.05 * letters or letters < 5
