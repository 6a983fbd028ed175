"""Tables."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from IPython.display import HTML

from lib.posts import LABELS
from lib.report.numbers import _significant


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
