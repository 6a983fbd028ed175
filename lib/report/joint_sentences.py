"""Sentences on all activities of a post at once."""

from __future__ import annotations

import numpy as np

from lib.report.numbers import Text, interval, listed, number, pct
from lib.study import Study, joint, scores


def dependence(study: Study) -> Text:
    """How much the counts of a post depend on one another under the best forecast, and what it is worth to know it."""
    best = scores.best(study)
    table = joint.correlations(study, best).set_index("name")
    if len(table) == 1:
        return Text("Only one activity is modelled here, so there is nothing to join.")
    pairs = table.where(np.triu(np.ones(table.shape, bool), 1)).stack().dropna()
    first, last = pairs.idxmax(), pairs.idxmin()
    gain = joint.gain_of_dependence(study, best)
    worth = (
        f"Forecasting them together gains {interval(gain)} nats per post over forecasting each by itself."
        if gain.low > 0
        else f"Forecasting them together is not clearly better than forecasting each by itself: {interval(gain)} nats."
    )
    least = f" and least between {listed(last)} ({number(pairs[last])})" if len(pairs) > 1 else ""
    return Text(
        f"Given the best forecast, the normal scores of a post's counts correlate {'most ' if least else ''}between"
        f" {listed(first)} ({number(pairs[first])}){least}.\n{worth}"
    )


def conversion(study: Study) -> Text:
    """What the dependence does to the intervals of the weighted conversion."""
    table = joint.conversion_intervals(study, scores.best(study)).set_index("name")
    widest = table["width"].idxmax()
    row = table.loc[widest]
    held, alone = pct(row["together"]), pct(row["independent"])
    return Text(
        f"With the copula, the 90 % intervals of the conversion by `{widest}` are {number(row['width'])} times as wide"
        f" as under independence. They hold {held} of the test posts{'' if held == alone else f', and not {alone}'}."
    )
