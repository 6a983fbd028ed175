"""What the choices behind the vectors are worth: the encoder, its pooling, the number of components, of posts.

Every trial is a :class:`lib.models.linear.Linear` on one block of features, tuned on the validation posts and judged on the
test posts, like the forecasts of :mod:`lib.study.study`.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib import embedding, features, models
from lib.embedding import Encoder, rivals
from lib.features import ROWS_PER_COMPONENT, Features
from lib.models import BASELINE, Interval, Rates, Validation
from lib.storage import CACHE, cached, code_digest, digest
from lib.study.study import Study

log = logging.getLogger(__name__)

COMPONENTS = (10, 30, 100, 300)
SHARES = (1 / 8, 1 / 4, 1 / 2, 1)
DRAWS = 3  # of the posts that make a share

READABLE, TFIDF = "readable features", "TF-IDF"


@dataclass(frozen=True)
class Trial:
    """What one choice comes to, in nats per post and activity; higher is better.

    ``validation`` is the mean log score of the validation posts; ``test`` (m,) has that of each test post.
    """

    validation: float
    test: np.ndarray


@functools.cache
def by_encoder(study: Study, kind: str) -> dict[str, Trial]:
    """A trial for the vectors of each encoder, for the readable features, and for texts also TF-IDF."""
    own = getattr(study, f"{kind}_encoder")
    found = {
        READABLE: _judged(study, study.forecast(f"{kind} features")),
        own.name: _judged(study, study.forecast(f"{kind} vector")),
    }
    for encoder in rivals(kind):
        if encoder.name not in found:
            key = digest(_key(study), encoder.fingerprint(encoder.dtype(encoder.device("auto"))))
            found[encoder.name] = cached(f"ablation-{kind}-encoder", key, lambda e=encoder: _embedded(study, e))
    if kind == "text":
        found[TFIDF] = _judged(study, study.forecast("text words"))
    return found


def encoder_table(study: Study, kind: str) -> pd.DataFrame:
    """The encoders beside each other, the best on the validation posts first.

    Columns: ``name``; ``dim``, ``licence`` and ``source`` where there are weights; ``speed``, items a second in the
    run that made the vectors, where it was noted; ``value``, ``low``, ``high``, the gain over no features on the
    test posts, in nats per post and activity, with its 95 % interval.
    """
    told = {encoder.name: encoder for encoder in (getattr(study, f"{kind}_encoder"), *rivals(kind))}
    base = _judged(study, study.forecast(BASELINE)).test
    rows = []
    for name, trial in sorted(by_encoder(study, kind).items(), key=lambda pair: -pair[1].validation):
        row = {"name": name} | models.paired_interval(trial.test, base).columns()
        if name in told:
            row |= {"dim": told[name].dim, "licence": told[name].licence}
            row["source"] = told[name].source.removeprefix("package ")
            row["speed"] = embedding.speed(told[name], vectors_folder())
        rows.append(row)
    return pd.DataFrame(rows)


def by_components(study: Study, kind: str) -> dict[int, Trial]:
    """A trial of the study's own vectors for each number of components that they and the posts allow."""
    values = study.blocks[f"{kind} vector"]
    there = int(features.present(values[study.split.train]).sum())
    most = min(values.shape[1], there // ROWS_PER_COMPONENT)
    asked = [count for count in COMPONENTS if count <= most]
    return cached(
        f"ablation-{kind}-components",
        _key(study),
        lambda: {count: _trial(study, {kind: values}, count) for count in asked},
    )


def component_table(study: Study, kind: str) -> pd.DataFrame:
    """Gain over no features by number of components: columns ``count``, ``value``, ``low``, ``high``, in nats."""
    return _table(study, by_components(study, kind))


def by_posts(study: Study, name: str) -> dict[int, Trial]:
    """A trial of a forecast's features for each number of training posts: mean scores over ``DRAWS`` of them.

    Validation and test posts stay the same.
    """
    train = study.split.train

    def compute() -> dict[int, Trial]:
        found = {}
        orders = [np.random.default_rng(draw).permutation(train) for draw in range(DRAWS)]
        for share in SHARES:
            size = round(share * len(train))
            draws = [
                _trial(study, study.features(name), train=np.sort(order[:size]))
                for order in orders[: DRAWS if share < 1 else 1]
            ]
            found[size] = Trial(np.mean([t.validation for t in draws]), np.mean([t.test for t in draws], axis=0))
        return found

    return cached(f"ablation-{name.replace(' ', '-')}-posts", digest(_key(study), name), compute)


def learning_curve(study: Study, name: str) -> pd.DataFrame:
    """Gain over no features by number of training posts: columns ``count``, ``value``, ``low``, ``high``, in nats."""
    return _table(study, by_posts(study, name))


def difference(ours: Trial, theirs: Trial) -> Interval:
    """How much better one trial is on the test posts, in nats per post and activity."""
    return models.paired_interval(ours.test, theirs.test)


def _embedded(study: Study, encoder: Encoder) -> Trial:
    return _trial(study, {"vector": embedding.embed(study.posts[encoder.kind], encoder, cache=vectors_folder())})


def _trial(study: Study, features: Features, components: int = 100, train: np.ndarray | None = None) -> Trial:
    train, held = study.split.train if train is None else train, study.split.validation

    def rows(at: np.ndarray) -> Features:
        return {block: values[at] for block, values in features.items()}

    tuning = Validation(rows(held), study.counts[held], study.views[held])
    model = models.Linear(components).fit(rows(train), study.counts[train], study.views[train], tuning)
    return _judged(study, model.predict(features))


def _judged(study: Study, rates: Rates) -> Trial:
    scores = {
        part: models.log_score(study.counts[at], study.views[at], rates[at]).mean(1)
        for part, at in (("validation", study.split.validation), ("test", study.split.test))
    }
    return Trial(float(scores["validation"].mean()), scores["test"])


def _table(study: Study, trials: dict[int, Trial]) -> pd.DataFrame:
    base = _judged(study, study.forecast(BASELINE)).test
    gains = {count: models.paired_interval(trial.test, base) for count, trial in trials.items()}
    rows = [{"count": count} | gain.columns() for count, gain in gains.items()]
    return pd.DataFrame(rows, columns=["count", "value", "low", "high"])


def _key(study: Study) -> str:
    return digest(study.blocks_key, code_digest("lib.study.ablations"))
