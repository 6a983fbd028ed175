"""How good the chosen forecast is beside its candidates, on simulated feeds and on real ones.

    python bench/forecasts.py                                simulated feeds of 300 to 4,000 posts, three seeds each
    python bench/forecasts.py --sizes 500 --seeds 7 8        other feeds
    python bench/forecasts.py --sizes --posts a.csv b.csv    real feeds alone, over 20 random splits each
    python bench/forecasts.py --sizes 4000 --seeds 0 --splits 10 --out lib/study/repeated_splits.json
                                                             the default feed of a report over 10 random splits, and
                                                             the figures of chapter 5

A simulated feed is fitted as a report fits it: to the posts of the feed that aren't test posts. Its forecasts are
scored on 4,000 fresh posts of the same world, without those that repeat a post of the feed. A real feed, and with
--splits a simulated one, is split at random again and again, with duplicates together, and scores are means over the
splits.

The *chosen* forecast is the one that the study calls best. The *oracle* is the candidate with the best expected score.
Regret is the oracle's score minus that of the chosen forecast. It is below zero if the chosen forecast is better than
every candidate. Gains are over no features. All are in nats per post and activity. Standard errors are over fresh
posts, or over splits: these share posts, so their variance is corrected as by Nadeau & Bengio (2003), Inference for the
generalization error, doi:10.1023/A:1024068626366.

Results are kept where those of a report are kept, and the same command continues after a stop.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))
from lib.embedding import photo_encoder, text_encoder
from lib.models import BASELINE, BLEND, BOTH, MEAN, NETWORK, TREES, Forecast, log_score
from lib.posts import ACTIVITIES, Split, read_posts, split_posts
from lib.simulation import Truth, simulate
from lib.storage import cache_folder, digest, write_whole
from lib.study import PostsTable, Study, scores

HEADLINES = ("photo", "text", TREES, MEAN)  # the chosen forecast is compared with them in chapter 5
CANDIDATES = (BASELINE, "photo", "text", BOTH, TREES, NETWORK, MEAN, BLEND)
FRESH = 4000
SIZES = (300, 500, 1000, 2000, 4000)
SPLITS = 20  # of a real feed
MEAN_REGRET, HIGH_REGRET = 0.01, 0.03  # nats; the second at the 90th percentile of the feeds
COVERED, AT = (0.87, 0.93), 500  # of 90 % intervals, on average over the simulated feeds of this size


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial(Study):
    """A study with another split than that of a report."""

    parts: Split

    @property
    def split(self) -> Split:
        return self.parts

    @cached_property
    def data_key(self) -> str:
        return digest(self.key, self.parts.train.tobytes(), self.parts.test.tobytes())


@dataclass(frozen=True)
class Feed:
    """What was found on a feed.

    Attributes
    ----------
    name
        The feed in words.
    posts
        Number of posts of a simulated feed, 0 for a real feed.
    chosen
        The forecast chosen on each split.
    gains
        One row per split: the gain of each candidate, of "chosen", and on simulated posts of "truth".
    regret, error
        Regret, and its standard error.
    coverage
        Rows "50" and "90": share of counts inside the intervals of the chosen forecast, by activity.
    """

    name: str
    posts: int
    chosen: list[str]
    gains: pd.DataFrame
    regret: float
    error: float
    coverage: pd.DataFrame

    @property
    def oracle(self) -> str:
        return oracle(self.gains)


def oracle(gains: pd.DataFrame) -> str:
    """The candidate with the largest mean gain over the splits."""
    return str(gains.reindex(columns=CANDIDATES).mean().idxmax())


def simulated_feed(posts: int, seed: int) -> Feed:
    """A simulated feed, scored on fresh posts of the same world."""
    world = simulate(posts + FRESH, seed)
    first, of_all = split_posts(world.posts.iloc[:posts]), split_posts(world.posts)
    fresh = np.arange(posts, posts + FRESH)
    fresh = fresh[~np.isin(of_all.groups[fresh], of_all.groups[:posts])]
    study = open_trial(world.posts, Split(first.train, fresh, first.removed, first.reason, of_all.groups))
    chosen, found, coverage = judged(study, world.truth)
    gains = found.sub(found[BASELINE], axis=0)
    lost = found[oracle(gains)] - found["chosen"]
    name = f"simulated, {posts:,} posts, seed {seed}"
    error = lost.std() / np.sqrt(len(fresh))
    return Feed(name, posts, [chosen], gains.mean().to_frame().T, lost.mean(), error, coverage)


def split_feed(name: str, posts: pd.DataFrame, truth: Truth | None, splits: int, bar: tqdm) -> Feed:
    """A feed, scored on the test posts of random splits."""
    gains, chosen, coverage, sizes = [], [], [], []
    for seed in range(splits):
        bar.set_postfix_str(f"{name}, split {seed + 1}")
        study = open_trial(posts, split_posts(posts, seed))
        best, found, covered = judged(study, truth)
        gains.append(found.sub(found[BASELINE], axis=0).mean())
        chosen.append(best)
        coverage.append(covered)
        sizes.append(len(study.split.test) / len(study.split.train))
        bar.update()
    gains, coverage = pd.DataFrame(gains), pd.concat(coverage)
    lost = gains[oracle(gains)] - gains["chosen"]
    error = np.sqrt((1 / splits + np.mean(sizes)) * lost.var())
    name, size = f"{name}, {len(posts):,} posts, {splits} splits", len(posts) if truth else 0
    return Feed(name, size, chosen, gains, lost.mean(), error, coverage.groupby(level=0).mean())


def open_trial(posts: pd.DataFrame, split: Split) -> Trial:
    encoders = {"text": text_encoder(), "photo": photo_encoder()}
    return Trial(PostsTable(posts), encoders, cache_folder(), parts=split)


def judged(study: Study, truth: Truth | None) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """The chosen forecast; log scores of the test posts by candidate, "chosen" and "truth"; coverage of "chosen"."""
    chosen = scores.best(study)
    listed = [name for name in CANDIDATES if name in study.forecasts]
    found = pd.DataFrame({name: scores.log_scores(study, name).mean(axis=1) for name in listed})
    found["chosen"] = scores.log_scores(study, chosen).mean(axis=1)
    if truth:
        test = study.split.test
        known = Forecast(truth.mean[test][:, study.columns], truth.rho[study.columns])
        found["truth"] = log_score(study.counts[test], study.views[test], known).mean(axis=1)
    return chosen, found, scores.coverage(study, chosen).set_index("name").T


def feeds(sizes: Sequence[int], seeds: Sequence[int], paths: Sequence[Path], splits: int | None) -> Iterator[Feed]:
    """The feeds, each as soon as it is done."""
    total = len(sizes) * len(seeds) * (splits or 1) + len(paths) * (splits or SPLITS)
    with tqdm(total=total, desc="Feeds and splits", disable=None) as bar:
        for size in sizes:
            for seed in seeds:
                if splits:
                    world = simulate(size, seed)
                    found = split_feed(f"simulated, seed {seed}", world.posts, world.truth, splits, bar)
                else:
                    bar.set_postfix_str(f"{size:,} posts, seed {seed}")
                    found = simulated_feed(size, seed)
                    bar.update()
                bar.clear()
                yield found
        for path in paths:
            found = split_feed(path.name, read_posts(path), None, splits or SPLITS, bar)
            bar.clear()
            yield found


def figures(feed: Feed) -> dict[str, Any]:
    """What chapter 5 says of the splits of a simulated feed: means and standard deviations, and signs."""
    ours = feed.gains["chosen"]
    found = {BASELINE: ours} | {name: ours - feed.gains[name] for name in HEADLINES}
    found["gap_closed"] = ours / feed.gains["truth"]
    rows = {n: {"mean": of.mean(), "sd": of.std(), "positive": int((of > 0).sum())} for n, of in found.items()}
    return {"splits": len(ours), "chosen": pd.Series(feed.chosen).value_counts().to_dict(), "differences": rows}


def line(feed: Feed) -> str:
    """What was found on a feed, in one line."""
    of = feed.gains.mean()
    counted = pd.Series(feed.chosen).value_counts()
    chosen = ", ".join(f"{name} {number}x" if len(feed.chosen) > 1 else name for name, number in counted.items())
    others = [f"{name} {of[name]:.3f}" for name in (*CANDIDATES[1:], "truth") if name in of]
    ends = feed.coverage.loc["90"].min(), feed.coverage.loc["90"].max()
    return (
        f"{feed.name}: chosen {of['chosen']:.3f} ({chosen}), oracle {of[feed.oracle]:.3f} ({feed.oracle}), "
        f"regret {feed.regret:.4f} ± {feed.error:.4f}; {', '.join(others)}; 90 % intervals hold "
        f"{feed.coverage.loc['90'].mean():.1%} ({ends[0]:.1%} to {ends[1]:.1%})"
    )


def summary(found: Sequence[Feed]) -> Iterator[str]:
    """Regret and coverage over all feeds, beside the bars."""
    regret = np.array([feed.regret for feed in found])
    high = np.quantile(regret, 0.9)
    yield f"Regret over {len(found)} feeds, in nats per post and activity:"
    yield f"  mean {regret.mean():.4f} (bar {MEAN_REGRET}: {verdict(regret.mean() <= MEAN_REGRET)})"
    yield f"  90th percentile {high:.4f} (bar {HIGH_REGRET}: {verdict(high <= HIGH_REGRET)})"
    groups = {size: [feed for feed in found if feed.posts == size] for size in sorted({feed.posts for feed in found})}
    yield "Counts inside the intervals of the chosen forecast, in percent, on average:"
    yield f"{'':<30}" + "".join(f"{activity[:10]:>12}" for activity in ACTIVITIES)
    for size, group in groups.items():
        covered = pd.concat([feed.coverage for feed in group]).groupby(level=0).mean().reindex(columns=ACTIVITIES)
        name = f"simulated feeds of {size:,}" if size else "real feeds"
        for level in ("50", "90"):
            shown = "".join(f"{'-' if np.isnan(v) else f'{100 * v:.1f}':>12}" for v in covered.loc[level])
            yield f"{f'{name}, {level} %':<30}{shown}"
        if size == AT:
            inside = covered.loc["90"].dropna().between(*COVERED).all()
            asked = " to ".join(f"{100 * end:.0f}" for end in COVERED)
            yield f"  90 % intervals at {AT} posts (bar {asked} for each activity: {verdict(inside)})"


def verdict(held: bool) -> str:
    return "held" if held else "missed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="posts of the simulated feeds")
    parser.add_argument("--seeds", type=int, nargs="+", default=(1, 2, 3), help="seeds of the simulated feeds")
    parser.add_argument("--posts", type=Path, nargs="+", default=(), help="files of real posts")
    parser.add_argument("--splits", type=int, help=f"random splits of each feed (default: {SPLITS}, of files alone)")
    parser.add_argument("--out", type=Path, help="JSON file for the figures of the splits of one simulated feed")
    asked = parser.parse_args()
    if asked.out and not (asked.splits and len(asked.sizes) == len(asked.seeds) == 1 and not asked.posts):
        parser.error("--out needs --splits, one size and one seed")
    found = []
    for feed in feeds(asked.sizes, asked.seeds, asked.posts, asked.splits):
        found.append(feed)
        print(line(feed), flush=True)
    print(*summary(found), sep="\n")
    if asked.out:
        size, seed = *asked.sizes, *asked.seeds
        command = f"python bench/forecasts.py --sizes {size} --seeds {seed} --splits {asked.splits}"
        about = {"command": command, "date": datetime.date.today().isoformat(), "posts": size, "seed": seed}
        write_whole(asked.out, json.dumps(about | figures(found[0]), indent=1).encode() + b"\n")


if __name__ == "__main__":
    main()
