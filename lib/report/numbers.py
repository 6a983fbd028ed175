"""Numbers as text, for the inline expressions of the chapters and for tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from babel.numbers import format_decimal

from lib.models import MODELS, OWN_FULL, TRUTH, Interval
from lib.posts import ACTIVITY, Language

WORTH = 0.005  # nats per post and activity: a smaller difference between two forecasts isn't worth having
STANDINGS = ("ahead of", "behind", "not clearly different from", "level with")


class Text(str):
    """A string that a notebook shows as Markdown, not as a quoted repr."""

    def _repr_markdown_(self) -> str:
        return str(self)


def label_of(name: str) -> str:
    """The label of an activity or a model, by its id; any other name is its own label."""
    from lib.study.conversions import TRAINED  # a study is not needed for the numbers of a draft

    known = ACTIVITY.get(name) or MODELS.get(name) or TRAINED.get(name) or OWN_FULL.get(name)
    return known.label if known else {TRUTH: "the truth"}.get(name, name)


def decimal(value: float, decimals: int, language: Language = "en") -> str:
    """A number with a given number of decimals, in the style of a language: "1,234.5" or "1 234,5"."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    rounded = float(f"{value:.{decimals}f}")  # as in tables; babel would round 0.05 to 0.0
    return format_decimal(rounded, format=pattern, locale=language).replace("-", "−")


def significant(value: float, digits: int, language: Language = "en") -> str:
    """A number with a given number of significant digits, never in scientific notation."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "not defined"
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])  # of the rounded number: 9.99 is 10, not 10.0
    return decimal(value, max(digits - 1 - exponent, 0), language)


def pct(share: float, digits: int = 2) -> Text:
    """A share as a percentage: 0.01934 is "1.9 %"; a share under 1e-6 is "under 0.0001 %"."""
    if 0 < abs(share) < 1e-6:
        return Text("under 0.0001 %")
    return Text(f"{significant(100 * share, digits)} %")


def number(value: float, digits: int = 2) -> Text:
    """A number with a given number of significant digits: 0.01534 is "0.015"."""
    return Text(significant(value, digits))


def signed(value: float, digits: int = 2, language: Language = "en") -> Text:
    """A number with its sign: 1.534 is "+1.5"."""
    return Text(f"{'+' if value > 0 else ''}{significant(value, digits, language)}")


def factor(nats: float, digits: int = 3) -> Text:
    """A difference in log score as a ratio of probabilities of the observed counts: 0.7 is "2.01"."""
    return Text(significant(math.exp(nats), digits))


def count(value: int, noun: str = "", plural: str | None = None) -> Text:
    """A whole number with its noun: "1,129 posts", "1 post", "no posts"."""
    value = int(value)
    word = noun if value == 1 else (plural or f"{noun}s") if noun else ""
    return Text(f"{'no' if value == 0 and noun else decimal(value, 0)} {word}".strip())


def interval(of: Interval, digits: int = 2) -> Text:
    """An estimate with its interval: "0.12 (95 % interval 0.10 to 0.14)"."""
    ends = f"{significant(of.low, digits)} to {significant(of.high, digits)}"
    return Text(f"{significant(of.value, digits)} ({100 * of.level:.0f} % interval {ends})")


def listed(names: Iterable[str]) -> Text:
    """Names in a sentence, by their labels: "like, open and expand"."""
    labels = [label_of(name) for name in names]
    return Text(" and ".join([", ".join(labels[:-1]), labels[-1]]) if len(labels) > 1 else "".join(labels) or "none")


def span(ends: Sequence[str], language: Language = "en") -> Text:
    """Two numbers in a sentence, from the one to the other; one number if they look alike: "2.3 to 3.9", "2.3"."""
    first, last = ends
    return Text(first if first == last else {"en": "{} to {}", "ru": "от {} до {}"}[language].format(first, last))


def verdict(of: Interval, better: str, worse: str, unclear: str, same: str | None = None) -> Text:
    """The word for a difference: ``better`` if its interval is above zero, ``worse`` if below, else ``unclear``.

    ``same``, for a difference in nats, goes first: the word for an interval within ``WORTH`` of zero.
    """
    if same is not None and -WORTH <= of.low and of.high <= WORTH:
        return Text(same)
    return Text(better if of.low > 0 else worse if of.high < 0 else unclear)


def standing(of: Interval) -> Text:
    """How the first of two forecasts compares with the second, by the interval of their difference in nats."""
    return verdict(of, *STANDINGS)
