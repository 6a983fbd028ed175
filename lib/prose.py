"""Numbers as text for the inline expressions of the chapters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import pandas as pd
from IPython.display import HTML

from lib.scoring import Interval

LABELS = {
    "like": "like",
    "comment": "comment",
    "hide": "hide",
    "expand": "expand",
    "open_photo": "open photo",
    "open": "open",
    "share_to_message": "share to message",
}


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


def table(frame: pd.DataFrame, headings: Mapping[str, str], formats: Mapping[str, str] | None = None) -> HTML:
    """A table for the reader: those columns named in ``headings`` that the frame has, under those headings.

    Parameters
    ----------
    formats
        Column to a Python format specification (",.0f"), or to "%", "%.1" (a share as percent, to so many decimals),
        "+%" (the same with its sign), "~2" (so many significant digits, unless it is under 0.0001).
    """
    cells = pd.DataFrame(index=frame.index)
    headings = {column: heading for column, heading in headings.items() if column in frame}
    for column in headings:
        how = (formats or {}).get(column)
        cells[column] = [LABELS.get(v, v) if how is None else _cell(v, how) for v in frame[column]]
    cells = cells.rename(columns=headings)
    numeric = [headings[c] for c in headings if (formats or {}).get(c)]
    html = cells.to_html(index=False, border=0, classes="table table-sm", justify="left", na_rep="")
    return HTML(_align(html, list(cells), numeric))


def _cell(value: object, how: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if "%" in how:
        sign, _, decimals = how.partition("%")
        return f"{100 * value:{sign}.{decimals[1:] or 0}f} %".replace("-", "−")
    if how.startswith("~"):
        if 0 < abs(value) < 1e-4:
            return "< 0.0001"
        return _significant(value, int(how[1:]))
    return format(value, how).replace("-", "−")


def _align(html: str, columns: list[str], numeric: list[str]) -> str:
    """Right-align the numeric columns: pandas itself can only align all headings alike."""
    rows = []
    for line in html.splitlines():
        if "<tr" in line:
            at = 0
        elif line.strip().startswith(("<td>", "<th>")):
            if columns[at] in numeric:
                line = line.replace("<td>", '<td style="text-align: right">', 1)
                line = line.replace("<th>", '<th style="text-align: right">', 1)
            at += 1
        rows.append(line)
    return "\n".join(rows)
