"""Numbers as text for the inline expressions of the chapters."""

from __future__ import annotations

import math
from collections.abc import Iterable

from lib.models import Interval
from lib.posts import LABELS


class Text(str):
    """A string that a notebook shows as Markdown, not as a quoted repr; inside an f-string it is any other string."""

    def _repr_markdown_(self) -> str:
        return str(self)


def _significant(value: float, digits: int) -> str:
    """A number to so many significant digits, never in scientific notation."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "not defined"
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])  # after rounding: 9.99 is 10, not 10.0
    decimals = max(digits - 1 - exponent, 0)
    return f"{value:,.{decimals}f}".replace("-", "−")


def pct(share: float, digits: int = 2) -> Text:
    """A share as a percentage: 0.01934 is "1.9 %"; what is smaller than can be pictured is "under 0.0001 %"."""
    if 0 < abs(share) < 1e-6:
        return Text("under 0.0001 %")
    return Text(f"{_significant(100 * share, digits)} %")


def number(value: float, digits: int = 2) -> Text:
    """A number to so many significant digits: 0.01534 is "0.015"."""
    return Text(_significant(value, digits))


def factor(nats: float, digits: int = 3) -> Text:
    """How many times as probable a difference in log score makes what happened: 0.7 is "2.01"."""
    return Text(_significant(math.exp(nats), digits))


def count(value: int, noun: str = "", plural: str | None = None) -> Text:
    """A whole number with its noun: "1,129 posts", "1 post", "no posts"."""
    value = int(value)
    word = noun if value == 1 else (plural or f"{noun}s") if noun else ""
    return Text(f"{'no' if value == 0 and noun else f'{value:,}'} {word}".strip())


def interval(of: Interval, digits: int = 2) -> Text:
    """An estimate with its interval: "0.12 (95 % interval 0.10 to 0.14)"."""
    ends = f"{_significant(of.low, digits)} to {_significant(of.high, digits)}"
    return Text(f"{_significant(of.value, digits)} ({100 * of.level:.0f} % interval {ends})")


def listed(words: Iterable[str]) -> Text:
    """Names in a sentence: "like, open and expand"; activities by their reader's names."""
    names = [LABELS.get(w, w) for w in words]
    return Text(" and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names) or "none")


def verdict(of: Interval, better: str, worse: str, unclear: str) -> Text:
    """The word an interval of a difference allows: ``better`` above zero, ``worse`` below, else ``unclear``."""
    return Text(better if of.low > 0 else worse if of.high < 0 else unclear)
