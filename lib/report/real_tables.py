"""Tables of chapter 7, on real posts and randomised tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lib.advice import METHODS, Z_95, estimate_bias
from lib.report.real import real_files
from lib.report.wording import lever_name, percent

STATES = {"stored": "stored", "recomputed": "recomputed here", "yours": "yours"}


def archive() -> dict[str, Any]:
    """The tests that are stored with the project, as computed here if they were: see :func:`real_files`."""
    return real_files("tests")[0]


def against(found: dict[str, Any], dated: bool) -> dict[str, Any]:
    """The advice held against tests, with effects adjusted for the date if ``dated`` and the tests have one."""
    return found["against"].get("dated" if dated else "undated") or found["against"]["undated"]


def feeds() -> pd.DataFrame:
    """The real feeds: ``what``, ``language`` and ``state`` in words, and their figures."""
    return pd.DataFrame([found | _named(found) for found in real_files("posts")])


def tests() -> pd.DataFrame:
    """The tables of tests: as :func:`feeds`, with their ``tests`` and ``arms``.

    ``named`` is the share of pairs whose better text is named; ``narrow`` and ``widened`` are the coverage of the
    intervals without and with an allowance for a bias.
    """
    rows = []
    for found in real_files("tests"):
        ours = against(found, False)["methods"].get("adjusted")
        row = _named(found) | {"tests": found["tests"], "arms": found["arms"]}
        row["named"] = next(iter(found["pairs"].values()))["better_named"]["all"]["ours"]["mean"]
        rows.append(row | {kind: ours and ours[kind]["coverage"] for kind in ("narrow", "widened")})
    return pd.DataFrame(rows)


def _named(found: dict[str, Any]) -> dict[str, str]:
    language = found.get("language") or (f"{found['letters']} letters" if found.get("letters") else "")
    what = f"{found['source']}: {found['description']}" if "source" in found else found["file"]
    return {"what": what, "language": language, "state": f"{STATES[found['state']]}, {found['date']}"}


def levers(dated: bool) -> pd.DataFrame:
    """The effects of a feed beside those of the experiment, by lever.

    Parameters
    ----------
    dated
        Whether the effects of the feeds are adjusted for the date.

    Returns
    -------
    ``name``; ``truth``, ``truth_low`` and ``truth_high`` of the experiment; on average over the feeds, ``effect``,
    ``low`` and ``high`` of one feed with the allowance for a bias that the other levers give, and ``narrow_low`` and
    ``narrow_high`` without: relative changes with 95 % intervals. The same in words: ``experiment``, ``posts`` and,
    without the effect, ``narrow``. ``same_sign`` is the share of the feeds with the direction of the experiment.
    """
    table, half = pd.DataFrame(against(archive(), dated)["levers"]), []
    for row, error in table["log_error"].items():
        others = table.drop(index=row)
        bias = estimate_bias(others["bias"], others["error"])
        half.append(bias.half_width(np.array([error]), np.array([1e6]), np.array([0.05]))[0])
    widths = {"truth_": Z_95 * table["truth_error"], "narrow_": Z_95 * table["log_error"], "": np.array(half)}
    words = {"truth_": "experiment", "narrow_": "narrow", "": "posts"}
    for prefix, width in widths.items():
        of = table["truth" if prefix == "truth_" else "log"]
        ends = np.expm1([of, of - width, of + width])
        table[f"{prefix}low"], table[f"{prefix}high"] = ends[1:]
        shown = "{1} to {2}" if prefix == "narrow_" else "{0} ({1} to {2})"
        table[words[prefix]] = [shown.format(*map(percent, row)) for row in ends.T]
    table = table.assign(effect=np.expm1(table["log"]), truth=np.expm1(table["truth"]))
    return table.assign(name=table["lever"].map(lever_name)).sort_values("truth", ascending=False, ignore_index=True)


def methods() -> pd.DataFrame:
    """How each method fared beside the tests.

    Returns
    -------
    ``method`` in words; ``far``, root mean square of the log ratio of feed and experiment; ``same_sign``; for
    ``narrow`` and ``widened`` intervals ``coverage_…`` with its ``coverage_error_…``, half the ``width_…`` as a
    relative change, ``claims_…`` and the share ``unconfirmed_…``.
    """
    rows = []
    for mode, of in archive()["against"].items():
        for method, kinds in of["methods"].items():
            if method == "unadjusted" and mode == "dated":
                continue  # the same figures
            row = {"method": METHODS[method] + (", adjusted for the date" if mode == "dated" else "")}
            row |= {"far": kinds["narrow"]["root_mean_square"], "same_sign": kinds["narrow"]["same_sign"]}
            for kind, found in kinds.items():
                kept = ("coverage", "coverage_error", "claims", "unconfirmed")
                row |= {f"{name}_{kind}": found[name] for name in kept}
                row[f"width_{kind}"] = np.expm1(found["width"])
            rows.append(row)
    return pd.DataFrame(rows)


def pairs() -> pd.DataFrame:
    """How often the better text is named: ``kind`` of ``pairs``, ``ours``, ``peer``, ``difference`` with ``error``."""
    words = {"all": "all", "apart": "observed rates clearly apart", "called": "not too close to call"}
    rows = [
        {"kind": words[kind], "pairs": of["ours"]["pairs"], "error": of["difference"]["std_err"]}
        | {who: share["mean"] for who, share in of.items()}
        for kind, of in next(iter(archive()["pairs"].values()))["better_named"].items()
    ]
    return pd.DataFrame(rows)


def calibration() -> pd.DataFrame:
    """How often the text that is named wins, by the ``stated`` probability: ``mean``, ``std_err``, ``pairs``."""
    return pd.DataFrame(next(iter(archive()["pairs"].values()))["calibration"])
