"""The advice held against randomised tests.

One arm of each of some tests makes a feed such as an author's: each text is seen with one rate, and nobody chose at
random who wrote what. The effects of such a feed are compared with those within the other tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy
from tqdm import tqdm

from lib.advice.bias import NO_BIAS, Bias, estimate_bias
from lib.advice.changes import Z_95
from lib.advice.double_ml import cross_check
from lib.advice.effects import ALL, FALSE_DISCOVERY_RATE
from lib.advice.estimates import estimate
from lib.advice.experiments import Tests
from lib.advice.regressions import Sample
from lib.advice.within_tests import within_test_effects
from lib.embedding import TextEncoder, embed
from lib.features import contrasts, find_controls, property_values, readable_features

OF_FEED = 2 / 3  # share of the tests that give an arm to the feed
METHODS = {"adjusted": "ours", "unadjusted": "posts compared as they are", "double": "double machine learning"}


def compare_with_tests(
    tests: Tests, activity: str, encoder: TextEncoder, draws: int, dated: bool, vectors: Path | None = None
) -> pd.DataFrame:
    """The effects of feeds drawn from the tests, beside the effects within the tests that gave no arm to the feed.

    Parameters
    ----------
    activity
        A count of the tests. The regressions treat it as ``open``.
    draws
        Number of feeds. Each has one arm, at random, of a share ``OF_FEED`` of the tests.
    dated
        Whether the effects of the feeds are adjusted for the date.
    vectors
        Folder that keeps the vectors of the texts.

    Returns
    -------
    DataFrame
        One row per draw, lever and method (a key of ``METHODS``) that has both effects: ``draw``, ``lever``,
        ``method``; ``log`` and ``error``, the log ratio of the feed and its standard error; ``df``, degrees of freedom;
        ``truth`` and ``truth_error``, those of the experiment.
    """
    arms = tests.arms
    made = embed(arms["text"].tolist(), encoder, cache=vectors)
    readable = readable_features(pd.DataFrame({"text": arms["text"], "photo": None}))
    properties, names = property_values(readable).set_axis(arms.index), arms["test"].unique()
    rows = []
    for draw in tqdm(range(draws), "Feeds of one arm a test", unit="feed", delay=2, disable=None):
        chosen = np.random.default_rng(draw).permutation(names)[: round(OF_FEED * len(names))]
        inside = arms["test"].isin(chosen)
        own = arms.index.get_indexer(arms[inside].groupby("test").sample(1, random_state=draw).index)
        sample = _sample(arms.iloc[own], activity, {k: v.iloc[own] for k, v in readable.items()}, made[own], dated)
        asked = [contrast for contrast in contrasts(sample.properties) if contrast.posts.any()]
        truth = within_test_effects(replace(tests, arms=arms[~inside]), properties, asked)
        truth = truth[(truth["activity"] == activity) & truth["effect"].notna()].set_index("lever")
        for method, found in _by_method(sample):
            found = found.join(_logs(truth).rename(columns={"log": "truth", "error": "truth_error"}), how="inner")
            rows.append(found.reset_index().assign(draw=draw, method=method))
    columns = ["draw", "lever", "method", "log", "error", "df", "truth", "truth_error"]
    return pd.concat(rows, ignore_index=True)[columns]


def lever_biases(compared: pd.DataFrame) -> pd.DataFrame:
    """The mean difference between feed and experiment, by lever: ``bias``, and its standard ``error``.

    The draws share tests, so that their differences have a common part. Its variance is what the variance of a
    difference exceeds the variance between draws by.

    Parameters
    ----------
    compared
        Rows of one method from :func:`compare_with_tests`. Levers of less than half of the draws are left out.
    """
    apart = (compared["log"] - compared["truth"]).groupby(compared["lever"])
    variance = (compared["error"] ** 2 + compared["truth_error"] ** 2).groupby(compared["lever"]).mean()
    table = pd.DataFrame({"bias": apart.mean(), "draws": apart.size(), "between": apart.var().fillna(0.0)})
    common = np.maximum(variance - table["between"], 0.1 * variance)
    table["error"] = np.sqrt(common + table["between"] / table["draws"])
    return table[2 * table["draws"] >= compared["draw"].nunique()].drop(columns="between")


def verdicts(compared: pd.DataFrame, widened: bool) -> pd.DataFrame:
    """Whether each interval holds the effect in the experiment, and whether each claim is confirmed by it.

    Parameters
    ----------
    compared
        Rows of one method from :func:`compare_with_tests`.
    widened
        Whether intervals allow for the bias. The bias is estimated without the lever that is judged.

    Returns
    -------
    ``compared`` with ``covered`` (both errors allowed for); ``width``, half the width of the interval of the feed's
    effect as a log ratio; ``same_sign``; ``claimed`` (beyond chance, with false discoveries controlled in each draw);
    ``confirmed`` (the experiment shows an effect of the same sign, with p below 5 %).
    """
    parts = []
    biases = lever_biases(compared)
    for lever, rows in compared.groupby("lever"):
        others = biases.drop(lever, errors="ignore")
        bias = estimate_bias(others["bias"], others["error"]) if widened else NO_BIAS
        parts.append(_judged(rows, bias))
    table = pd.concat(parts)
    q = table.groupby("draw")["p"].transform(lambda p: scipy.stats.false_discovery_control(p.to_numpy()))
    seen = np.abs(table["truth"]) > Z_95 * table["truth_error"]
    same = np.sign(table["log"]) == np.sign(table["truth"])
    return table.assign(same_sign=same, claimed=q <= FALSE_DISCOVERY_RATE, confirmed=same & seen).sort_index()


def comparison_figures(compared: pd.DataFrame) -> dict[str, Any]:
    """Figures of all methods and levers, for JSON; none, with 0 ``draws``, if nothing could be compared."""
    if compared.empty:
        return {"draws": 0, "deviation": None, "levers": [], "methods": {}}
    judged = {
        method: {"narrow": verdicts(rows, False), "widened": verdicts(rows, True)}
        for method, rows in compared.groupby("method", sort=False)
    }
    narrow, wide = judged["adjusted"].values()
    biases, levers = lever_biases(narrow), []
    for lever, rows in narrow.groupby("lever", sort=False):
        if lever in biases.index:
            apart = rows["log"] - rows["truth"]
            levers.append(
                {"lever": lever, "draws": len(rows), "bias": biases.loc[lever, "bias"]}
                | {"error": biases.loc[lever, "error"], "root_mean_square": np.sqrt((apart**2).mean())}
                | {"log": rows["log"].mean(), "log_error": rows["error"].mean(), "truth": rows["truth"].mean()}
                | {"truth_error": rows["truth_error"].mean(), "same_sign": rows["same_sign"].mean()}
                | {"covered": rows["covered"].mean(), "widened": wide.loc[rows.index, "covered"].mean()}
            )
    return {
        "draws": narrow["draw"].nunique(),
        "deviation": estimate_bias(biases["bias"], biases["error"]).deviation,
        "levers": levers,
        "methods": {method: {kind: _figures(of) for kind, of in kinds.items()} for method, kinds in judged.items()},
    }


def _sample(
    arms: pd.DataFrame, activity: str, readable: dict[str, pd.DataFrame], vectors: np.ndarray, dated: bool
) -> Sample:
    readable = {kind: table.reset_index(drop=True) for kind, table in readable.items()}
    blocks = {"text_vector": vectors, "photo_vector": np.full((len(arms), 1), np.nan)}
    controls = find_controls(blocks, arms["text"].tolist(), readable, arms[["time"]] if dated else None)
    counts, views = arms[[activity]].to_numpy(), arms["view"].to_numpy()
    return Sample(property_values(readable), controls, counts, views, np.arange(len(arms)), ["open"])


def _by_method(sample: Sample) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each method's effects: lever to ``log``, ``error``, ``df``."""
    found = estimate(sample, NO_BIAS)
    effects = found.effects[(found.effects["scope"] == ALL) & found.effects["effect"].notna()].set_index("lever")
    df = effects[["before", "after"]].min(axis=1) - 1
    yield "adjusted", pd.DataFrame({"log": np.log1p(effects["effect"]), "error": effects["error"], "df": df})
    double = cross_check(sample, found.overlap, found.influence)
    for method, table in (("unadjusted", found.unadjusted), ("double", double)):
        yield method, _logs(table.set_index("lever")).join(df.rename("df"), how="inner")


def _logs(table: pd.DataFrame) -> pd.DataFrame:
    """``log`` ratios and their ``error``, from effects with 95 % intervals."""
    low, log, high = (np.log1p(table[name].clip(lower=-0.99)) for name in ("low", "effect", "high"))
    return pd.DataFrame({"log": log, "error": (high - low) / (2 * Z_95)})


def _judged(rows: pd.DataFrame, bias: Bias) -> pd.DataFrame:
    error, df = rows["error"].to_numpy(), rows["df"].to_numpy()
    both = np.hypot(error, rows["truth_error"])
    apart = (rows["log"] - rows["truth"]).to_numpy()
    outside = np.full(len(rows), 0.05)
    return rows.assign(
        p=bias.p(rows["log"].to_numpy(), error, df),
        covered=bias.p(apart, both, df) > outside,
        width=bias.half_width(error, df, outside),
    )


def _figures(table: pd.DataFrame) -> dict[str, float]:
    by_lever = table.groupby("lever")["covered"].mean()
    claims = table[table["claimed"]]
    return {
        "coverage": float(table["covered"].mean()),
        "coverage_error": float(by_lever.sem()),  # over levers, since the draws share tests
        "width": float(table["width"].mean()),
        "root_mean_square": float(np.sqrt(((table["log"] - table["truth"]) ** 2).mean())),
        "same_sign": float(table["same_sign"].mean()),
        "effects": len(table),
        "claims": len(claims),
        "unconfirmed": float(1 - claims["confirmed"].mean()) if len(claims) else None,
    }
