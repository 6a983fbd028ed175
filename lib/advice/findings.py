"""What a table of randomised tests says, in figures: effects of levers, which of two texts wins, the advice beside it.

The peer of the predicted pairs is a ridge regression of the log rate on the TF-IDF of words and pairs of words, with
the same folds. Standard errors of shares of pairs allow for tests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.advice.against import compare_with_tests, comparison_figures
from lib.advice.experiments import Tests
from lib.advice.pairs import FOLDS, cross_fitted_pairs
from lib.advice.winner import CALLED
from lib.advice.within_tests import within_test_effects
from lib.embedding import TextEncoder

DRAWS = 60  # feeds of one arm a test
APART = 1.96  # standard errors
_BINS = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 1.0]


def figures_of_tests(
    tests: Tests, encoder: TextEncoder, draws: int = DRAWS, vectors: Path | None = None
) -> dict[str, Any]:
    """All figures of a table of tests, for JSON.

    Parameters
    ----------
    encoder
        From :func:`lib.embedding.text_encoder`.
    draws
        Number of feeds that the advice is estimated on, each with one arm of some tests.
    vectors
        Folder that keeps the vectors of the texts.

    Returns
    -------
    ``arms`` and ``tests``, the usable ones; ``set_aside``, other arms by reason; ``mismatches``, tests by flag;
    ``effects``, rows of :func:`within_test_effects`; ``pairs``, by activity; ``against``, the advice on the first
    activity held against the tests, from :func:`comparison_figures`, with effects adjusted for the date ("dated", if
    the table has one) and not ("undated").

    Raises
    ------
    ValueError
        If too few tests compare texts.
    """
    arms, activity = tests.arms, tests.activities[0]
    modes = {"undated": False} | ({"dated": True} if arms["time"].notna().any() else {})
    by_flag = tests.assignment.groupby("flagged")["mismatch"]
    return {
        "arms": len(arms),
        "tests": arms["test"].nunique(),
        "set_aside": tests.set_aside["reason"].value_counts().to_dict(),
        "mismatches": {
            "flagged" if flagged else "not flagged": {"tests": len(of), "mismatch": int(of.sum())}
            for flagged, of in by_flag
        },
        "effects": json.loads(within_test_effects(tests).to_json(orient="records")),
        "pairs": {name: _pair_figures(tests, name, encoder, vectors) for name in tests.activities},
        "against": {
            mode: comparison_figures(compare_with_tests(tests, activity, encoder, draws, dated, vectors))
            for mode, dated in modes.items()
        },
    }


def _pair_figures(tests: Tests, activity: str, encoder: TextEncoder, vectors: Path | None) -> dict[str, Any]:
    """How well pairs are predicted, beside the peer."""
    pairs = cross_fitted_pairs(tests, activity, encoder, vectors)
    theirs, won = _peer(tests, activity), pairs["won"]
    named = {
        "ours": ((pairs["wins"] > 0.5) == won).astype(float),
        "peer": ((theirs[pairs["first"]].to_numpy() > theirs[pairs["second"]].to_numpy()) == won).astype(float),
    }
    named["difference"] = named["ours"] - named["peer"]
    sure = np.maximum(pairs["wins"], 1 - pairs["wins"])
    bins = pd.cut(sure, _BINS, include_lowest=True)
    called = np.maximum(pairs["probability"], 1 - pairs["probability"]) >= CALLED
    parts = {"all": pairs["apart"] >= 0, "apart": pairs["apart"] > APART, "called": called}
    return {
        "better_named": {
            part: {who: _share(right[of], pairs["test"][of]) for who, right in named.items()}
            for part, of in parts.items()
            if of.any()
        },
        "called": _share(called.astype(float), pairs["test"]),
        "nats_a_pair": _share(pairs["score"] - pairs["level"], pairs["test"]),
        "calibration": [
            {"stated": float(sure[bins == b].mean()), **_share(named["ours"][bins == b], pairs["test"][bins == b])}
            for b in bins.cat.categories
            if (bins == b).any()
        ],
    }


def _peer(tests: Tests, activity: str) -> pd.Series:
    """Log rate of each arm, predicted by TF-IDF and ridge from the other folds."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    arms = tests.arms
    y = np.log((arms[activity] + 0.5) / (arms["view"] + 1))
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), Ridge(1.0))
    found = cross_val_predict(model, arms["text"], y, cv=GroupKFold(FOLDS), groups=arms["test"])
    return pd.Series(found, index=arms.index)


def _share(values: pd.Series, tests: pd.Series) -> dict[str, float]:
    """Mean of some pairs, and its standard error if pairs of one test may depend on one another."""
    sums = (values - values.mean()).groupby(tests).sum()
    error = float(np.sqrt((sums**2).sum()) / len(values))
    return {"mean": float(values.mean()), "std_err": error, "pairs": len(values)}
