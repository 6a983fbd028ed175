"""What the choices behind the vectors are worth: encoder, components, training posts, and words on the photos.

Every trial fits a :class:`lib.models.Linear` by cross-fitting on the training posts and scores it on the test posts, as
the study does with its own models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.embedding import Encoder, embed, rivals, speed
from lib.features import ROWS_PER_COMPONENT, Words, present, read_words, reader
from lib.models import (
    BASELINE,
    BOTH,
    MODELS,
    Forecast,
    Interval,
    ModelSpec,
    fit_model,
    forecast_posts,
    log_score,
    make_folds,
    paired_interval,
)
from lib.study.asked import in_full

if TYPE_CHECKING:
    from lib.study.study import Study

COMPONENTS = (10, 30, 100, 300)
SHARES = (1 / 8, 1 / 4, 1 / 2)
DRAWS = 2  # random subsets of the training posts for each share

READABLE, TFIDF = "readable features", "TF-IDF"
LETTERING = "photo_words"
_WORD = re.compile(r"\w{3,}")
LEAST_LETTERED = 10  # test posts of a kind of photo that has a row


@dataclass(frozen=True)
class Trial:
    """The log scores of one choice, in nats per post and activity; higher is better.

    Attributes
    ----------
    cross_fitted
        Mean over the training posts, each scored by a model that did not see it.
    test
        (m,) score of each test post.
    """

    cross_fitted: float
    test: np.ndarray


def by_encoder(study: Study, kind: str) -> dict[str, Trial]:
    """A trial of the vectors of each encoder, of the readable features, and for texts also of TF-IDF, by name."""
    found = {
        READABLE: _scored(study, study.forecast(f"{kind}_features")),
        study.encoders[kind].name: _scored(study, study.forecast(f"{kind}_vector")),
    }
    for encoder in rivals(kind):
        if encoder.name not in found:
            found[encoder.name] = study.keep(
                f"ablation-{kind}-encoder",
                by_encoder,
                lambda e=encoder: _of_rival(study, kind, e),
                study.data_key,
                encoder.fingerprint(),
            )
    if kind == "text":
        found[TFIDF] = _scored(study, study.forecast("text_words"))
    return found


def encoder_table(study: Study, kind: str) -> pd.DataFrame:
    """The trials of :func:`by_encoder` side by side, the best by cross-fitted score first.

    Columns: ``name``; for encoders ``dim``, ``licence``, ``source`` of the weights, and ``speed`` in items per second
    where :func:`lib.embedding.speed` knows it; ``value``, ``low``, ``high``, the gain over no features on the test
    posts, in nats per post and activity, with its 95 % interval.
    """
    encoders = {encoder.name: encoder for encoder in (study.encoders[kind], *rivals(kind))}
    base = _scored(study, study.forecast(BASELINE)).test
    rows = []
    for name, trial in sorted(by_encoder(study, kind).items(), key=lambda pair: -pair[1].cross_fitted):
        row = {"name": name} | paired_interval(trial.test, base).columns()
        if name in encoders:
            encoder = encoders[name]
            row |= {"dim": encoder.dim, "licence": encoder.licence}
            row |= {"source": encoder.source.removeprefix("package "), "speed": speed(encoder, study.vectors)}
        rows.append(row)
    return pd.DataFrame(rows)


def by_components(study: Study, kind: str) -> dict[int, Trial]:
    """A trial of the study's own vectors for each number of components that their width and the posts allow."""
    name = f"{kind}_vector"
    values = study.blocks[name]
    posts = int(present(values[study.split.train]).sum())
    most = min(values.shape[1], posts // ROWS_PER_COMPONENT)
    numbers = [number for number in COMPONENTS if number <= most]
    trials = study.keep(
        f"ablation-{kind}-components",
        by_components,
        lambda: {number: _trial(study, values, number) for number in numbers if number != MODELS[name].components},
        study.blocks_key(name),
    )
    known = {MODELS[name].components: _scored(study, study.forecast(name))} if numbers else {}
    return {number: (trials | known)[number] for number in numbers}


def component_table(study: Study, kind: str) -> pd.DataFrame:
    """Gain over no features by number of components: columns ``count``, ``value``, ``low``, ``high``, in nats."""
    return _table(study, by_components(study, kind))


def by_posts(study: Study, name: str) -> dict[int, Trial]:
    """A trial of a model's blocks for each number of training posts: mean scores over ``DRAWS`` random subsets.

    The last number is that of all training posts.
    """
    train = study.split.train

    def compute() -> dict[int, Trial]:
        found = {}
        orders = [np.random.default_rng(draw).permutation(train) for draw in range(DRAWS)]
        for share in SHARES:
            size = round(share * len(train))
            draws = [_fitted(study, MODELS[name], study.blocks, np.sort(order[:size])) for order in orders]
            found[size] = Trial(np.mean([t.cross_fitted for t in draws]), np.mean([t.test for t in draws], axis=0))
        return found

    parts = study.keep(f"ablation-{name}-posts", by_posts, compute, study.model_key(name))
    return parts | {len(train): _scored(study, study.forecast(name))}


def learning_curve(study: Study, name: str) -> pd.DataFrame:
    """Gain over no features by number of training posts: columns ``count``, ``value``, ``low``, ``high``, in nats."""
    return _table(study, by_posts(study, name))


def with_lettering(study: Study, name: str) -> Trial:
    """The trial of a model of a simulated study that also sees the words on the photos, without an error.

    The words are a block like that of the texts' words, learnt from the training posts.
    """

    def compute() -> Trial:
        return _beside_words(study, name, study.truth.lettering)

    return study.keep(f"ablation-{name}-lettering", with_lettering, compute, study.model_key(name))


def reads_photos(study: Study) -> bool:
    """Whether the words on the photos are read: the variable ``OCR`` is "full", and Tesseract is here."""
    asked = in_full("OCR", "reads the words on photos by Tesseract, where that is installed with its Russian data")
    return asked and bool(reader()) and "photo" in study.forecasts


def words_read(study: Study) -> np.ndarray:
    """The words on each photo as Tesseract reads them: (n,) str."""
    photos = study.posts["photo"]
    return study.keep("words-read", read_words, lambda: np.array(read_words(photos)), study.key, reader())


def with_words_read(study: Study) -> dict[str, Trial]:
    """As :func:`with_lettering`, with the words that were read, by id of the model that sees them as well."""

    def compute() -> dict[str, Trial]:
        said = words_read(study)
        return {name: _beside_words(study, name, said) for name in names}

    names = [name for name in ("photo", BOTH) if name in study.forecasts]
    keys = [study.model_key(name) for name in names]
    return study.keep("ablation-words-read", with_words_read, compute, reader(), *keys)


def words_read_table(study: Study) -> pd.DataFrame:
    """Gain of :func:`with_words_read` over all test posts: ``name``, ``value``, ``low``, ``high``, in nats."""
    trials = with_words_read(study)
    gains = {name: difference(trial, _scored(study, study.forecast(name))) for name, trial in trials.items()}
    return pd.DataFrame([{"name": name} | gain.columns() for name, gain in gains.items()])


def share_read(study: Study) -> tuple[float, float]:
    """The share of the words on the photos of a simulated feed that were read, and of those read that are right.

    A word has three letters or more, and counts as often as it stands on a photo.
    """
    known, read = (
        [Counter(_WORD.findall(text.lower())) for text in of] for of in (study.truth.lettering, words_read(study))
    )
    both, on_photos, found = (
        sum(map(Counter.total, of)) for of in ([k & r for k, r in zip(known, read, strict=True)], known, read)
    )
    return both / max(on_photos, 1), both / max(found, 1)


def lettering_table(study: Study) -> pd.DataFrame:
    """Gain of :func:`with_lettering` on the simulated test posts with words on the photo, by kind of photo.

    Returns
    -------
    Columns ``kind``, "all" first; ``posts``, how many; ``name`` of the model that sees the words as well, the photo's
    and that of photo and text; ``value``, ``low``, ``high``, in nats per post and activity. No rows on a real feed.
    """
    rows, models = [], [name for name in ("photo", BOTH) if name in study.forecasts]
    if study.simulated:
        test = study.split.test
        said, kind = study.truth.levers["lettering"].to_numpy()[test] > 0, study.truth.kind[test]
        for name in models:
            trials = with_lettering(study, name).test, _scored(study, study.forecast(name)).test
            for group in ("all", *np.unique(kind[said])):
                at = said & ((kind == group) | (group == "all"))
                if at.sum() >= LEAST_LETTERED:
                    gain = paired_interval(*(of[at] for of in trials)).columns()
                    rows.append({"kind": group, "posts": int(at.sum()), "name": name} | gain)
    return pd.DataFrame(rows, columns=["kind", "posts", "name", "value", "low", "high"])


def difference(ours: Trial, theirs: Trial) -> Interval:
    """How much better one trial is on the test posts, in nats per post and activity."""
    return paired_interval(ours.test, theirs.test)


def _of_rival(study: Study, kind: str, encoder: Encoder) -> Trial:
    """The trial of another encoder's vectors; the encoder gives its memory back to the next one."""
    vectors = embed(study.posts[kind], encoder, cache=study.vectors)
    encoder.release()
    return _trial(study, vectors)


def _beside_words(study: Study, name: str, said: np.ndarray) -> Trial:
    """The trial of a model that sees a block of words as well: (n,) texts, learnt from those of the training posts."""
    train, spec = study.split.train, MODELS[name]
    blocks = study.blocks | {LETTERING: Words().fit(said[train]).transform(said)}
    return _fitted(study, replace(spec, blocks=(*spec.blocks, LETTERING)), blocks, train)


def _trial(study: Study, vectors: np.ndarray, components: int = 100) -> Trial:
    """The trial of a penalised regression on these vectors of the posts."""
    spec = ModelSpec("trial", "", ("vector",), components=components)
    return _fitted(study, spec, {"vector": vectors}, study.split.train)


def _fitted(study: Study, spec: ModelSpec, blocks: Mapping[str, np.ndarray], train: np.ndarray) -> Trial:
    test = study.split.test
    k, n, folds = study.counts[train], study.views[train], make_folds(study.split.groups[train])
    fitted = fit_model(spec, {block: blocks[block][train] for block in spec.blocks}, k, n, folds)
    seen = {block: blocks[block][test] for block in spec.blocks}
    forecast = forecast_posts(spec, fitted.model, fitted.structure, seen, len(test))
    scores = log_score(study.counts[test], study.views[test], forecast).mean(1)
    return Trial(float(log_score(k, n, fitted.cross_fitted).mean()), scores)


def _scored(study: Study, forecast: Forecast) -> Trial:
    train, test = (
        log_score(study.counts[at], study.views[at], forecast[at]).mean(1)
        for at in (study.split.train, study.split.test)
    )
    return Trial(float(train.mean()), test)


def _table(study: Study, trials: dict[int, Trial]) -> pd.DataFrame:
    base = _scored(study, study.forecast(BASELINE)).test
    gains = {count: paired_interval(trial.test, base) for count, trial in trials.items()}
    rows = [{"count": count} | gain.columns() for count, gain in gains.items()]
    return pd.DataFrame(rows, columns=["count", "value", "low", "high"])
