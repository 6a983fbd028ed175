"""Forecasts, effects and the report's own checks on simulated feeds that each break one assumption.

    python bench/worlds.py --feeds 12 --posts 2000 --pool 8000 --out lib/report/worlds.json

Posts come from one pool, as in bench/advice.py. Each feed is a draw of posts, a fifth of them test posts. Views and
counts are drawn anew in every world of lib/simulation/worlds.py, so the worlds are compared on the same posts. The
forecast is the linear model of text and photo on fewer components than a report's, because it can be fitted to many
feeds; the report's best forecast is usually a blend. The checks are those of chapters 2 and 5 with their levels, the
effects those of chapter 6.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from advice import make_pool
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))

from lib.advice import ALL, FALSE_DISCOVERY_RATE, Sample, effect_sample, study_estimates
from lib.advice.sensitivity import robustness, topic_bias
from lib.embedding import photo_encoder, text_encoder
from lib.features import CONTEXT_BLOCKS, Controls, Words, contrasts, find_controls, make_blocks
from lib.models import BOTH, ModelSpec
from lib.posts import ACTIVITIES, Split
from lib.report.effects import with_truth
from lib.simulation import WORLDS, Truth
from lib.storage import write_whole
from lib.study import SimulatedFeed, Study, count_models, departures, diagnostics, scores, trade

COMPONENTS = 30  # of each vector: with 100, as in a report, a fit takes six times as long
CAUSED = ("hashtag", "question")  # the levers that the hidden cause goes with


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial(Study):
    """The study of posts of the pool in one world. ``content`` holds what all worlds share."""

    content: dict[str, Any]
    table: pd.DataFrame
    known: Truth

    @property
    def posts(self) -> pd.DataFrame:
        return self.table

    @property
    def truth(self) -> Truth:
        return self.known

    def spec(self, name: str) -> ModelSpec:
        return replace(super().spec(name), components=COMPONENTS)

    @property
    def split(self) -> Split:
        return self.content["split"]

    @property
    def readable(self) -> dict[str, pd.DataFrame]:
        return self.content["readable"]

    @property
    def controls(self) -> Controls:
        return self.content["controls"]

    @property
    def blocks(self) -> dict[str, np.ndarray]:
        return self.content["blocks"]


def one_feed(pool: dict[str, Any], posts: int, seed: int) -> list[dict[str, Any]]:
    """What was found on the same posts in each world."""
    warnings.filterwarnings("ignore")
    rng = np.random.default_rng([seed, 11])
    rows = rng.choice(len(pool["texts"]), posts, replace=False)
    vectors = {block: values[rows] for block, values in pool["vectors"].items()}
    readable = {kind: frame.iloc[rows].reset_index(drop=True) for kind, frame in pool["readable"].items()}
    split, texts = _split(pool["groups"][rows], posts // 5), pool["texts"][rows]
    made = pd.DataFrame({"text": texts}), ("text_features", "photo_features", "text_words", *CONTEXT_BLOCKS)
    content = {
        "split": split,
        "readable": readable,
        "controls": find_controls(vectors, texts, readable),
        "blocks": make_blocks(*made, {}, Words().fit(texts[split.train]), readable) | vectors,
    }
    encoders, t, found = {"text": text_encoder(), "photo": photo_encoder()}, pool["truth"], []
    for world in WORLDS:
        like = t.topic[rows], t.theme[rows], t.kind[rows], t.levers.iloc[rows].reset_index(drop=True)
        drawn = WORLDS[world].draw(*like, np.random.default_rng([seed, 12]))
        truth = Truth(drawn.mean, drawn.rho, t.effects, *like, world, drawn.hidden)
        table = pd.DataFrame({"view": drawn.views, "text": texts} | dict(zip(ACTIVITIES, drawn.counts.T, strict=True)))
        with tempfile.TemporaryDirectory() as folder:
            source = SimulatedFeed(posts, seed, world)
            study = Trial(source, encoders, Path(folder), content=content, table=table, known=truth)
            found.append({"world": world, "seed": seed} | forecasts(study) | effects(study))
    return found


def forecasts(study: Study) -> dict[str, Any]:
    """How good the forecast of the test posts is, and which checks of chapter 5 find a fault.

    ``count_model`` is the share of zeros and quantiles that the beta-binomial without features reproduces (chapter 2).
    """
    checks, drawn = diagnostics.checks(study, BOTH), count_models.replicates(study).query("model == 'beta-binomial'")
    covered = [departures.covered(study, BOTH, level) for level in departures.INTERVALS]
    judged = {name: departures.judge(getattr(checks, name)) for name in ("pit", "reliability", "views", "topics")}
    faults = {name: min(of.p_farthest, of.p_all, of.p_side) < departures.SURE for name, of in judged.items()}
    counts = departures.judge(checks.counts)
    faults |= {
        "counts": bool(counts.out or counts.activities),
        "calibration": trade.calibration(study, BOTH)[1] < 1 - departures.LEVEL,
        "coverage": any(not of.low <= of.worst <= of.high for of in covered),
    }
    return {
        "gain": scores.gain(study, BOTH).value,
        **{f"inside_{level}": of.mean for level, of in zip(departures.INTERVALS, covered, strict=True)},
        "count_model": float(drawn["observed"].between(drawn["low"], drawn["high"]).mean()),
        "faults": {name: bool(fault) for name, fault in faults.items()},
    }


def effects(study: Study) -> dict[str, Any]:
    """How often the intervals hold the true effect, and how many discoveries are false or of the wrong sign.

    A discovery is false if the true effect is zero.
    """
    sample = effect_sample(study)
    asked = {contrast.lever: contrast for contrast in contrasts(sample.properties)}
    of = with_truth(study_estimates(study).effects, asked, study.truth, study.controls.topic).dropna(subset="effect")
    of["inside"] = of["truth"].between(of["low"], of["high"])
    null, listed = of["truth"].abs() < 1e-9, of["q"] <= FALSE_DISCOVERY_RATE
    wrong = listed & ~null & (np.sign(of["effect"]) != np.sign(of["truth"]))
    found = {
        "inside": float(of.loc[of["scope"] == ALL, "inside"].mean()),
        "listed": int(listed.sum()),
        "listed_inside": int(of.loc[listed, "inside"].sum()),
        "false": int((listed & null).sum()),
        "wrong_sign": int(wrong.sum()),
    }
    if np.ptp(study.truth.hidden) > 0:
        found |= strength(sample, study.truth)
        found["inside_caused"] = float(of.loc[of["lever"].isin(CAUSED), "inside"].mean())
        weak = of["robustness"] < found["robustness"]
        found |= {"weak_false": int((listed & null & weak).sum()), "weak": int((listed & weak).sum())}
    return found


def strength(sample: Sample, truth: Truth) -> dict[str, float]:
    """How strong the hidden cause is, in the units of chapter 6: medians over ``CAUSED`` and the activities.

    ``robustness`` is the robustness value of an effect that the cause would just explain away, and ``times`` the
    cause's strength over the topic's. Both follow from the shares of variance of lever and log rate that the cause
    explains, given content and other levers.
    """
    rates = np.log((sample.counts + 0.5) / (sample.views[:, None] + 1))
    content = pd.get_dummies(pd.DataFrame({"topic": truth.topic, "theme": truth.theme, "kind": truth.kind}))
    values, found = sample.properties.fillna(sample.properties.mean()).fillna(0.0), []
    for contrast in (c for c in contrasts(sample.properties) if c.lever in CAUSED):
        others = np.column_stack([np.ones(len(values)), content, values.drop(columns=contrast.lever)]).astype(float)
        both = np.column_stack([truth.hidden, values[contrast.lever], rates])
        hidden, lever, *left = (both - others @ np.linalg.lstsq(others, both, rcond=None)[0])[contrast.posts].T
        of_lever = np.corrcoef(hidden, lever)[0, 1] ** 2
        for a, rate in enumerate(left):
            rest = rate - lever * (lever @ rate) / (lever @ lever)
            alone = hidden - lever * (lever @ hidden) / (lever @ lever)
            bias = np.sqrt(np.corrcoef(alone, rest)[0, 1] ** 2 * of_lever / (1 - of_lever))
            found.append((robustness(bias, 1), bias / topic_bias(sample, contrast, a)))
    value, times = np.median(found, axis=0)
    return {"robustness": float(value), "times": float(times)}


def summary(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By world: means over its feeds, and the number of feeds in which each check finds a fault."""
    table, worlds = pd.DataFrame(found), {}
    for world, of in table.groupby("world", sort=False):
        row = {name: float(of[name].mean()) for name in ("gain", "count_model", "inside")}
        row |= {f"inside_{level}": float(of[f"inside_{level}"].mean()) for level in departures.INTERVALS}
        row["inside_error"] = float(of["inside"].sem())
        row["listed_inside"] = float(of["listed_inside"].sum() / of["listed"].sum())
        row |= {name: float(of[name].mean()) for name in ("listed", "false", "wrong_sign")}
        row["false_discovery_rate"] = float((of["false"] / of["listed"].clip(lower=1)).mean())
        row["faults"] = pd.DataFrame(of["faults"].tolist()).sum().astype(int).to_dict()
        if "times" in of and of["times"].notna().all():
            row |= {
                name: float(of[name].mean()) for name in ("robustness", "times", "inside_caused", "weak", "weak_false")
            }
        worlds[str(world)] = row
    return worlds


def _split(groups: np.ndarray, test: int) -> Split:
    """The first posts are the test posts; posts that repeat one of them are removed."""
    rest = np.arange(test, len(groups))
    repeats = np.isin(groups[rest], groups[:test])
    return Split(rest[~repeats], np.arange(test), rest[repeats], np.full(repeats.sum(), "text and photo"), groups)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=12)
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--pool", type=int, default=8000, help="posts that feeds are drawn from")
    parser.add_argument("--out", type=Path, help="JSON file to write the numbers to")
    asked = parser.parse_args()
    pool = make_pool(asked.pool)
    jobs = joblib.Parallel(n_jobs=joblib.cpu_count(), return_as="generator", max_nbytes="1M")(
        joblib.delayed(one_feed)(pool, asked.posts, seed) for seed in range(1, asked.feeds + 1)
    )
    found = [row for rows in tqdm(jobs, "Feeds", total=asked.feeds, unit="feed") for row in rows]
    figures = {
        "command": f"python bench/worlds.py --feeds {asked.feeds} --posts {asked.posts} --pool {asked.pool}",
        "date": datetime.date.today().isoformat(),
        "feeds": asked.feeds,
        "posts": asked.posts,
        "worlds": summary(found),
    }
    if asked.out:
        write_whole(asked.out, json.dumps(figures, indent=1).encode() + b"\n")
    print(pd.DataFrame(figures["worlds"]).drop(index="faults").astype(float).round(3).to_string())
    print(pd.DataFrame({world: row["faults"] for world, row in figures["worlds"].items()}).to_string())


if __name__ == "__main__":
    main()
