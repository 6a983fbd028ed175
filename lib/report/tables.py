"""Tables for the reader."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import pandas as pd

from lib.report.numbers import label_of, significant
from lib.report.raw import Html
from lib.report.wording import percent

# Headings of what is measured in time: their cells have the class "times".
TIMES = ("a second", "milliseconds", "dollars", "seconds", "processor seconds")

LONG = 30  # characters of the markup of a cell from which on its text gets some width


def table(frame: pd.DataFrame, headings: Mapping[str, str], formats: Mapping[str, str] | None = None) -> Html:
    """A table of the columns that are named in ``headings``, under these headings.

    Parameters
    ----------
    frame
        Texts in it are escaped, and ids of activities and models are replaced by their labels.
    headings
        Column to heading; columns that the frame lacks are left out.
    formats
        Column to a Python format specification (",.0f"), or to "%" or "%.1" (a share in percent, with 0 or 1
        decimals), "+%" (the same with a sign), "~2" (2 significant digits; "< 0.0001" for smaller numbers), "change" (a
        relative change; see :func:`lib.report.wording.percent`).
    """
    if frame.empty:
        return Html("<p>Nothing to list.</p>")
    formats = formats or {}
    headings = {column: heading for column, heading in headings.items() if column in frame}
    cells = pd.DataFrame(index=frame.index)
    for column in headings:
        how = formats.get(column)
        cells[column] = [_name(value) if how is None else _cell(value, how) for value in frame[column]]
    cells = cells.rename(columns=headings)
    numeric = [headings[column] for column in headings if column in formats]
    markup = cells.to_html(index=False, border=0, classes="table table-sm", justify="left", na_rep="")
    return Html(f'<div class="sd-table">\n{_align(markup, list(cells), numeric)}\n</div>')


def _name(value: object) -> object:
    return label_of(value) if isinstance(value, str) else value


def _cell(value: object, how: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if how == "change":
        return percent(value)
    if "%" in how:
        sign, _, decimals = how.partition("%")
        return f"{100 * value:{sign}.{decimals[1:] or 0}f} %".replace("-", "−")
    if how.startswith("~"):
        if 0 < abs(value) < 1e-4:
            return "< 0.0001"
        return significant(value, int(how[1:]))
    return format(value, how).replace("-", "−")


def _align(markup: str, columns: list[str], numeric: list[str]) -> str:
    """Right-align the numeric columns, which pandas can't, and mark the cells of texts that need room."""
    rows = []
    for line in markup.splitlines():
        if "<tr" in line:
            at = 0
        elif line.strip().startswith(("<td>", "<th>")):
            if columns[at] in numeric:
                line = line.replace("<td>", '<td style="text-align: right">', 1)
                line = line.replace("<th>", '<th style="text-align: right">', 1)
            elif len(line.strip()) > LONG:
                line = line.replace("<td>", '<td class="long">', 1)
            if columns[at] in TIMES:  # the only numbers of the book that differ from run to run
                line = re.sub(r"<(t[hd])", r'<\1 class="times"', line, count=1)
            at += 1
        rows.append(line)
    return "\n".join(rows)
