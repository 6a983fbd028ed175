"""How many beginnings of held-out simulated texts get their true topic.

    python bench/topics.py --posts 600 4000

Topics are found in one feed, and each is mapped to the true topic of most of its texts. The first eight words of the
texts of another feed are then recognised by the rule, and by the same rule fitted to the true topics.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score

sys.path.insert(0, str(Path(__file__).parent.parent))

from lib.embedding import embed, text_encoder
from lib.features import Design, TopicRule
from lib.features.topic_rule import RUN, fit_rule, for_drafts, stems
from lib.features.topics import find_topics
from lib.posts import clean_text
from lib.simulation import simulate


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--posts", type=int, nargs="+", default=[600])
    options.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    chosen = options.parse_args()
    for seed in chosen.seeds:
        feed, other = simulate(max(chosen.posts), seed), simulate(1500, seed + 1000)
        plain = [clean_text(text) for text in feed.posts["text"]]
        vectors = embed([text or None for text in plain], text_encoder())
        for posts in chosen.posts:
            found = measure(plain[:posts], vectors[:posts], feed.truth.topic[:posts], other)
            print(json.dumps({"posts": posts, "seed": seed, **found}), flush=True)


def measure(plain: list[str], vectors: np.ndarray, truth: np.ndarray, other) -> dict[str, float]:
    """Agreement of the found topics with the true ones, and shares of held-out beginnings by outcome."""
    blocks = {"text_vector": vectors}
    columns = Design(max(1, len(plain) // 100)).fit(blocks).transform(blocks)[:, 1:]
    found = find_topics(plain, columns, columns)
    lists = [stems(text) for text in plain]
    rows = np.flatnonzero([len(stemmed) >= RUN for stemmed in lists])
    topic = found.shares[rows].argmax(1)
    true_topic = pd.crosstab(topic, truth[rows]).idxmax(axis=1).to_dict()
    names, number = np.unique(truth, return_inverse=True)
    texts = np.flatnonzero([bool(stemmed) for stemmed in lists])
    told = [lists[i] for i in texts], number[texts]
    known = for_drafts(fit_rule(*told), *told)
    held = [(stems(clean_text(t)), k) for t, k in zip(other.posts["text"], other.truth.topic, strict=True)]
    return {
        "topics": found.shares.shape[1],
        "ami": round(adjusted_mutual_info_score(topic, truth[rows]), 3),
        **{f"found_{key}": v for key, v in outcomes(found.rule, true_topic, held).items()},
        **{f"known_{key}": v for key, v in outcomes(known, dict(enumerate(names)), held).items()},
    }


def outcomes(rule: TopicRule, true_topic: dict[int, str], held: list[tuple[list[str], str]]) -> dict[str, float]:
    """Shares of the beginnings (of all texts, and of texts of eight words or more) by what the rule says."""
    out = {}
    for label, least in (("", 1), ("_long", RUN)):
        told = [(*rule.lead(stemmed[:RUN]), truth) for stemmed, truth in held if len(stemmed) >= least]
        known = np.array([lead >= rule.margin for _, lead, _ in told])
        right = np.array([true_topic.get(topic) == truth for topic, _, truth in told])
        shares = {"right": known & right, "wrong": known & ~right, "not_recognised": ~known}
        out |= {key + label: round(float(values.mean()), 3) for key, values in shares.items()}
    return out


if __name__ == "__main__":
    main()
