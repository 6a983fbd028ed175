"""What randomised tests of texts say: the effects of levers, which of two texts wins, and whether the advice is right.

    python bench/experiments.py tests.csv                                     print the figures
    python bench/experiments.py tests.csv --out lib/advice/experiments.json   store them, for the book and the advice

Reads a table of tests (``lib.advice.read_tests`` says which columns), for example one of the Upworthy Research Archive
(doi:10.1038/s41597-021-00934-7). For each activity it estimates the levers' effects from all usable tests, and predicts
the pairs of each fifth of the tests from the other tests. The peer of the predictions is a ridge regression of the log
rate on the TF-IDF of words and pairs of words, with the same folds. Standard errors allow for tests.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

sys.path.insert(0, str(Path(__file__).parent.parent))

from lib.advice import CALLED, Tests, cross_fitted_pairs, read_tests, within_test_effects
from lib.advice.against import compare_with_tests, comparison_figures
from lib.advice.pairs import FOLDS
from lib.embedding import text_encoder
from lib.storage import vectors_folder, write_whole

APART = 1.96  # standard errors
BINS = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 1.0]


def share(values: pd.Series, tests: pd.Series) -> dict[str, float]:
    """Mean of some pairs, and its standard error if pairs of one test may depend on one another."""
    sums = (values - values.mean()).groupby(tests).sum()
    return {
        "mean": float(values.mean()),
        "std_err": float(np.sqrt((sums**2).sum()) / len(values)),
        "pairs": len(values),
    }


def peer(tests: Tests, activity: str) -> pd.Series:
    """Log rate of each arm, predicted by TF-IDF and ridge from the other folds."""
    arms = tests.arms
    y = np.log((arms[activity] + 0.5) / (arms["view"] + 1))
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), Ridge(1.0))
    found = cross_val_predict(model, arms["text"], y, cv=GroupKFold(FOLDS), groups=arms["test"])
    return pd.Series(found, index=arms.index)


def pair_figures(tests: Tests, activity: str, encoder: str) -> dict[str, Any]:
    """How well pairs are predicted, beside the peer."""
    pairs = cross_fitted_pairs(tests, activity, text_encoder(encoder), vectors_folder())
    theirs = peer(tests, activity)
    named = {
        "ours": ((pairs["wins"] > 0.5) == pairs["won"]).astype(float),
        "peer": ((theirs[pairs["first"]].to_numpy() > theirs[pairs["second"]].to_numpy()) == pairs["won"]).astype(
            float
        ),
    }
    named["difference"] = named["ours"] - named["peer"]
    sure = np.maximum(pairs["wins"], 1 - pairs["wins"])
    bins = pd.cut(sure, BINS, include_lowest=True)
    called = np.maximum(pairs["probability"], 1 - pairs["probability"]) >= CALLED
    parts = {"all": pairs["apart"] >= 0, "apart": pairs["apart"] > APART, "called": called}
    return {
        "better_named": {
            part: {who: share(right[of], pairs["test"][of]) for who, right in named.items()}
            for part, of in parts.items()
        },
        "called": share(called.astype(float), pairs["test"]),
        "nats_a_pair": share(pairs["score"] - pairs["level"], pairs["test"]),
        "calibration": [
            {"stated": float(sure[bins == b].mean()), **share(named["ours"][bins == b], pairs["test"][bins == b])}
            for b in bins.cat.categories
            if (bins == b).any()
        ],
    }


def against_figures(tests: Tests, activity: str, encoder: str, draws: int) -> dict[str, Any]:
    """The advice held against the tests, with effects that are adjusted for the date and that aren't."""
    modes = {"undated": False} | ({"dated": True} if tests.arms["time"].notna().any() else {})
    return {
        name: comparison_figures(
            compare_with_tests(tests, activity, text_encoder(encoder), draws, dated, vectors_folder())
        )
        for name, dated in modes.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="table of randomised tests")
    parser.add_argument("--encoder", default="auto", help="text encoder; see lib.embedding")
    parser.add_argument("--draws", type=int, default=60, help="feeds of one arm a test")
    parser.add_argument("--out", type=Path, help="JSON file to write the figures to")
    options = parser.parse_args()
    tests = read_tests(options.file)
    effects = within_test_effects(tests)
    of = tests.assignment.groupby("flagged")["mismatch"]
    figures = {
        "command": f"python bench/experiments.py {options.file.name}",
        "sha256": hashlib.sha256(options.file.read_bytes()).hexdigest(),
        "date": datetime.date.today().isoformat(),
        "arms": len(tests.arms),
        "tests": tests.arms["test"].nunique(),
        "set_aside": tests.set_aside["reason"].value_counts().to_dict(),
        "mismatches": {
            "flagged" if flagged else "not flagged": {"tests": len(all_), "mismatch": int(all_.sum())}
            for flagged, all_ in of
        },
        "effects": json.loads(effects.to_json(orient="records")),
        "pairs": {activity: pair_figures(tests, activity, options.encoder) for activity in tests.activities},
        "against": against_figures(tests, tests.activities[0], options.encoder, options.draws),
    }
    written = json.dumps(figures, indent=1, default=float) + "\n"
    if options.out:
        write_whole(options.out, written.encode())
    print(written)


if __name__ == "__main__":
    main()
