"""Coverage of the advice's intervals on many simulated feeds whose true effects are known.

    python bench/advice.py --feeds 200 --posts 4000 --out lib/advice/advice_coverage.json
    python bench/advice.py --feeds 100 --posts 300 --out lib/advice/advice_coverage.json     added to the file, in short

One pool of 23,527 simulated posts is made and embedded once, because drawing and embedding every feed again would take
days. Each feed is 4,000 posts drawn from the pool without replacement, with views and counts drawn afresh from the
mechanism. So feeds share posts, but no counts. All other steps are done again for each feed: controls, overlap,
regressions, discoveries. The true effect of a contrast follows from the mechanism, for the posts that the lever is for.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent.parent))

from lib.advice import ALL, ELSEWHERE, FALSE_DISCOVERY_RATE, Sample, estimate, without_bias
from lib.features import contrasts, find_controls, property_values
from lib.posts import ACTIVITIES, facts
from lib.report.effects import with_truth
from lib.simulation import Truth, mechanism
from lib.storage import write_whole
from lib.study import open_study

# True log ratios whose difference is smaller than this count as equal in a topic and elsewhere.
SAME = 0.02

# What is told of the intervals that allow for a bias. The other figures are of the narrow intervals.
WIDENED = ("coverage", "false_discovery_rate", "discoveries_per_feed", "power", "listed", "least")
# What is told of feeds with fewer posts.
IN_SHORT = ("command", "date", "feeds", "posts", "coverage", "false_discovery_rate", "discoveries_per_feed", "listed")


def make_pool(rows: int) -> dict[str, Any]:
    """The posts that feeds are drawn from: what the estimates and the true effects need."""
    study = open_study(rows=rows)
    return {
        "vectors": {block: study.blocks[block] for block in ("text_vector", "photo_vector")},
        "texts": study.posts["text"].to_numpy(object),
        "readable": study.readable,
        "groups": study.split.groups,
        "truth": study.truth,
    }


def one_feed(pool: dict[str, Any], posts: int, seed: int) -> pd.DataFrame:
    """Estimates and true effects on one feed, in every scope."""
    warnings.filterwarnings("ignore")
    rng = np.random.default_rng([seed, 7])
    rows = rng.choice(len(pool["texts"]), posts, replace=False)
    t = pool["truth"]
    truth = Truth(t.mean[rows], t.rho, t.effects, t.topic[rows], t.theme[rows], t.kind[rows], t.levers.iloc[rows])
    views = mechanism.draw_views(truth.topic, rng)
    counts = mechanism.draw_counts(truth.mean, truth.rho, views, rng)
    readable = {kind: frame.iloc[rows].reset_index(drop=True) for kind, frame in pool["readable"].items()}
    controls = find_controls({b: v[rows] for b, v in pool["vectors"].items()}, pool["texts"][rows], readable)
    values = property_values(readable)
    found = estimate(Sample(values, controls, counts, views, pool["groups"][rows], list(ACTIVITIES)))
    asked = {contrast.lever: contrast for contrast in contrasts(values)}
    table = with_truth(found.effects, asked, truth, controls.topic)
    naive = found.unadjusted.rename(columns=lambda c: c if c in ("lever", "activity") else f"naive_{c}")
    return table.merge(naive, how="left").assign(feed=seed)


def summary(table: pd.DataFrame) -> dict:
    """The numbers that chapter 6 shows, of the intervals ``low`` to ``high``."""
    of = table.dropna(subset="effect").copy()
    of["inside"] = (of["low"] <= of["truth"]) & (of["truth"] <= of["high"])
    of["found"] = of["q"] <= FALSE_DISCOVERY_RATE
    of["null"] = of["truth"].abs() < 1e-9
    scoped, listed, of = of[of["scope"] != ALL], of[of["found"]], of[of["scope"] == ALL]
    of["z"] = (np.log1p(of["effect"]) - np.log1p(of["truth"])) / of["error"]
    feeds = table["feed"].unique()
    false = listed[listed["null"]].groupby("feed").size().reindex(feeds, fill_value=0)
    found = listed.groupby("feed").size().reindex(feeds, fill_value=0)
    cells = of.groupby(["lever", "activity"])
    each = cells.agg(
        feeds=("inside", "size"),
        inside=("inside", "mean"),
        z=("z", "mean"),
        found=("found", "mean"),
        truth=("truth", "mean"),
    )
    naive_sure = (of["naive_low"] > 0) | (of["naive_high"] < 0)
    wrong = naive_sure & (np.sign(of["naive_effect"]) != np.sign(of["truth"].where(~of["null"], 0.0)))
    each["misled"] = wrong.groupby([of["lever"], of["activity"]]).mean()
    as_naive = of["found"] & wrong & (np.sign(of["effect"]) == np.sign(of["naive_effect"]))
    each["misled_after"] = as_naive.groupby([of["lever"], of["activity"]]).mean()
    size = np.log1p(of["truth"]).abs()
    bins = pd.cut(size, [0, 0.075, 0.15, 0.25, 0.4, 0.8, 3], labels=False)
    power = [
        {
            "from": float(np.expm1(size[bins == b].min())),
            "to": float(np.expm1(size[bins == b].max())),
            "found": float(of["found"][bins == b].mean()),
            "questions": int((bins == b).sum()),
        }
        for b in sorted(bins[~of["null"]].dropna().unique())
    ]
    wrong_sign = ~listed["null"] & (np.sign(listed["effect"]) != np.sign(listed["truth"]))
    within = scoped[~scoped["scope"].isin([ALL, ELSEWHERE])]
    there = scoped[scoped["scope"] == ELSEWHERE][["feed", "lever", "activity", "truth"]]
    within = within.merge(there, on=["feed", "lever", "activity"], suffixes=("", "_elsewhere"))
    apart = (np.log1p(within["truth"]) - np.log1p(within["truth_elsewhere"])).abs()
    lever, activity = each["inside"].idxmin()
    return {
        "coverage": float(of["inside"].mean()),
        "least": {"lever": lever, "activity": activity, "inside": float(each["inside"].min())},
        "coverage_by_lever": of.groupby("lever", sort=False)["inside"].mean().round(4).to_dict(),
        "coverage_by_activity": of.groupby("activity", sort=False)["inside"].mean().round(4).to_dict(),
        "false_discovery_rate": float((false / found.clip(lower=1)).mean()),
        "discoveries_per_feed": float(found.mean()),
        "effects_per_feed": float((~of["null"]).groupby(of["feed"]).sum().mean()),
        "power": power,
        "confounded": [
            {
                "lever": lever,
                "activity": activity,
                **row[["truth", "misled", "misled_after", "found"]].round(4).to_dict(),
            }
            for (lever, activity), row in each[each["misled"] > 0.5].iterrows()
        ],
        "listed": {
            "coverage": float(listed["inside"].mean()),
            "error": float(listed.groupby("feed")["inside"].mean().std() / np.sqrt(len(feeds))),
            "wrong_sign": float(wrong_sign.mean()),
        },
        "topics": {
            "named_per_feed": len(within) / len(feeds),
            "false_discovery_rate": float((apart < SAME).mean()) if len(within) else 0.0,
            "coverage": float(within["inside"].mean()) if len(within) else 1.0,
        },
        "cells": [
            {"lever": lever, "activity": activity, **row.round(4).to_dict()}
            for (lever, activity), row in each.iterrows()
        ],
    }


def beside(path: Path, figures: dict[str, Any]) -> dict[str, Any]:
    """The figures with those of the file: in full those of the most posts, "smaller" the others in short."""
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    runs = {of["posts"]: of for of in (*stored.pop("smaller", []), *([stored] if stored else []), figures)}
    short = [{name: runs[posts][name] for name in (*IN_SHORT, "widened")} for posts in sorted(runs)[:-1]]
    return runs[max(runs)] | {"smaller": short}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--posts", type=int, default=4000)
    parser.add_argument("--pool", type=int, default=facts()["rows"], help="posts that feeds are drawn from")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file to write the numbers to")
    parser.add_argument("--rows", type=Path, help="file to write every estimate to, by joblib")
    options = parser.parse_args()
    pool = make_pool(options.pool)
    seeds = range(options.first_seed, options.first_seed + options.feeds)
    jobs = joblib.Parallel(n_jobs=joblib.cpu_count(), return_as="generator", max_nbytes="1M")(
        joblib.delayed(one_feed)(pool, options.posts, seed) for seed in seeds
    )
    done = list(tqdm(jobs, "Feeds", total=len(seeds), unit="feed"))
    table = pd.concat(done, ignore_index=True)
    if options.rows:
        joblib.dump(table, options.rows)
    figures = {
        "command": f"python bench/advice.py --feeds {options.feeds} --posts {options.posts} --pool {options.pool}"
        f" --first-seed {options.first_seed}",
        "date": datetime.date.today().isoformat(),
        "feeds": options.feeds,
        "posts": options.posts,
        "pool": options.pool,
        **summary(without_bias(table)),
        "widened": {name: value for name, value in summary(table).items() if name in WIDENED},
    }
    if options.out:
        write_whole(options.out, json.dumps(beside(options.out, figures), indent=1).encode() + b"\n")
    print(json.dumps({k: v for k, v in figures.items() if k != "cells"}, indent=1))
    cells = pd.DataFrame(figures["cells"])
    for value in ("inside", "z"):
        print(cells.pivot(index="lever", columns="activity", values=value).round(3).to_string())


if __name__ == "__main__":
    main()
