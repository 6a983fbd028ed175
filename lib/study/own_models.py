"""Networks of our own beside the regressions on frozen vectors: what they gain and what they cost."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.embedding import Lite0Maps
from lib.models import (
    BASELINE,
    OWN,
    TUNED,
    VECTORS,
    Interval,
    Trained,
    fit_own,
    log_score,
    paired_interval,
)
from lib.storage import digest
from lib.study import ablations, scores
from lib.study.asked import in_full

if TYPE_CHECKING:
    from lib.study.study import Study

TEXT, PHOTO, SMALL, FUSED = OWN  # ids of the networks
TUNED_TEXT, TUNED_PHOTO = TUNED
LEAST = 400  # posts: fewer teach a network nothing
TOGETHER = ((TUNED_TEXT,), (TUNED_PHOTO,), (PHOTO, FUSED), (TEXT,), (SMALL,))  # trained in one step
BESIDE = {TEXT: "text_vector", PHOTO: "photo_vector", SMALL: "photo_vector", FUSED: VECTORS}
BESIDE |= {TUNED_TEXT: "text_vector", TUNED_PHOTO: "photo_vector"}
RANDOM = "efficientnet-lite0-random"


def full() -> bool:
    """Whether the variable ``TRAIN`` is "full": it trains all blocks of the photo network, and models of the hub."""
    return in_full("TRAIN", "trains all blocks of the photo network and the encoders that are models of the hub")


def listed(study: Study) -> list[str]:
    """Ids of the networks that the posts of a study can train; none if there are fewer than ``LEAST``."""
    if len(study.posts) < LEAST:
        return []
    tuned = [name for name in TUNED if full() and study.encoders[_needs(name)[0]].tunable]
    return [
        name for name in (*OWN, *tuned) if BESIDE[name] in study.forecasts and set(_needs(name)) <= set(study.forecasts)
    ]


def steps(study: Study) -> list[str]:
    """One network of each step of training, the longest step first."""
    return [names[0] for names in TOGETHER if names[0] in listed(study)]


def _needs(name: str) -> list[str]:
    return ["text", "photo"] if name == FUSED else [BESIDE[name].partition("_")[0]]


def trained(study: Study, name: str) -> Trained:
    """A network of our own: its forecast of all posts, and its cost."""
    group = next(group for group in TOGETHER if name in group)
    names = tuple(other for other in group if other == name or other in listed(study))

    folder = study.folder / "training" / digest(study.data_key, names) if full() else None

    def compute() -> dict[str, Trained]:
        texts, photos = (study.posts[kind].tolist() for kind in ("text", "photo"))
        data = study.counts, study.views, study.split.train, study.folds
        return fit_own(names, texts, photos, *data, full=full(), checkpoints=folder, encoders=study.encoders)

    encoder = study.encoders[_needs(name)[0]] if name in TUNED else Lite0Maps()
    key = encoder.fingerprint("float32")
    found = study.keep(f"{names[0]}-trained", fit_own, compute, study.data_key, names, full(), key)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)  # the checkpoints have done their work
    return found[name]


def log_scores(study: Study, name: str) -> np.ndarray:
    """Log score of each test post, mean over the activities, in nats: (m,)."""
    test = study.split.test
    return log_score(study.counts[test], study.views[test], trained(study, name).forecast[test]).mean(axis=1)


def gain(study: Study, name: str, over: str = BASELINE) -> Interval:
    """Log score of a network of our own minus that of a forecast of the study, in nats per post and activity."""
    return paired_interval(log_scores(study, name), scores.log_scores(study, over).mean(axis=1).to_numpy())


def difference(study: Study, name: str, other: str) -> Interval:
    """Log score of one network of our own minus another's, in nats per post and activity."""
    return paired_interval(log_scores(study, name), log_scores(study, other))


def table(study: Study, *names: str) -> pd.DataFrame:
    """The networks of our own, each after the regression on frozen vectors that it is held against.

    Columns: ``name``; ``weights``, how many were trained; ``seconds`` of training, and the ``device``; ``value``,
    ``low``, ``high``, the gain over no features on the test posts with its 95 % interval; ``more``, ``more_low``,
    ``more_high``, the difference from the regression. Nats per post and activity. A network that can't be trained is
    left out.
    """
    rows = []
    for name in (name for name in names if name in listed(study)):
        beside = BESIDE[name]
        if beside not in [row["name"] for row in rows]:
            rows.append({"name": beside} | scores.gain(study, beside).columns())
        of, more = trained(study, name), gain(study, name, beside)
        row = {"name": name, "weights": of.weights, "seconds": of.seconds, "device": of.device}
        row |= gain(study, name).columns() | {"more": more.value, "more_low": more.low, "more_high": more.high}
        rows.append(row)
    return pd.DataFrame(rows)


def behind_without_training(study: Study) -> Interval | None:
    """Log score of the frozen photo vector minus that of the same network with random weights.

    None unless :func:`lib.embedding.rivals` has these weights here.
    """
    trials = ablations.by_encoder(study, "photo")
    own = trials[study.encoders["photo"].name]
    return ablations.difference(own, trials[RANDOM]) if RANDOM in trials else None
