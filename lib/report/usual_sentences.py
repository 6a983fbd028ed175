"""Sentences and the table on what the usual tool, a binomial regression, says beside the beta-binomial (chapter 2)."""

from __future__ import annotations

import pandas as pd

from lib.report.numbers import Text, count, decimal, listed, number, pct
from lib.study import Study, usual

CLEAR = 1.2  # a ratio of widths above which one interval is called wider than another


def activity(study: Study) -> Text:
    """The activity whose counts are regressed."""
    return listed([usual.activity(study)])


def side_by_side(study: Study) -> pd.DataFrame:
    """The coefficients as text, one row per property.

    Columns: ``name``; ``binomial`` and ``beta-binomial``, coefficients; ``usual``, ``robust`` and ``ours``, the 95 %
    intervals of the binomial by the usual and by robust standard errors, and those of the beta-binomial.
    """
    of = usual.comparison(study).coefficients
    rows = {name: {"name": name} for name in of["name"]}
    columns = [("binomial", "usual"), ("binomial", "robust"), ("beta-binomial", "ours")]
    for row in of.itertuples():
        value, interval = columns[usual.TOOLS.index(row.tool)]
        rows[row.name] |= {value: decimal(row.value, 2), interval: f"{decimal(row.low, 2)} to {decimal(row.high, 2)}"}
    return pd.DataFrame(rows.values())


def too_narrow(study: Study) -> Text:
    """How much wider the robust intervals of the binomial's coefficients are than its usual ones."""
    widths = usual.comparison(study).widths()
    ratio = (widths["binomial, robust"] / widths["binomial"]).median()
    if ratio < CLEAR:
        return Text(f"the usual intervals are no narrower than they should be (robust ones: {number(ratio)} times)")
    return Text(f"the usual intervals are {number(ratio)} times too narrow")


def robust(study: Study) -> Text:
    """What robust standard errors change, what they leave as it is, and what that costs."""
    found = usual.comparison(study)
    widths = found.widths()
    plain, ours = found.weights
    wider = (widths["binomial, robust"] / widths["beta-binomial"]).median()
    return Text(
        "Robust standard errors, clustered by duplicates, correct the intervals and leave the coefficients as they are."
        f"\nThe coefficients weigh a post by its views: the most viewed tenth has {pct(plain)} of all weight, in the"
        f" beta-binomial {pct(ours)}.\nThe robust intervals are {number(wider)} times as wide as the beta-binomial's"
        " (median over the properties)."
    )


def scores(study: Study) -> Text:
    """Log score per test post of both regressions."""
    of = usual.comparison(study).scores
    plain, ours = of["binomial"].mean(), of["beta-binomial"].mean()
    return Text(
        f"On {count(len(of), 'test post')} the binomial scores {decimal(plain, 1)} nats per post and the beta-binomial"
        f" {decimal(ours, 1)}; no standard error changes that, because the binomial takes a post's rate as known."
    )
