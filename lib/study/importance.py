"""What drives a forecast: importance of blocks and of readable features, and how predicted rates depend on a feature.

The chosen forecast is asked again about test posts of which a part is changed; no model is fitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.features import (
    CONTEXT_BLOCKS,
    PHOTO_BLOCKS,
    PROPERTIES,
    TEXT_BLOCKS,
    Contrast,
    Design,
    contrasts,
    make_blocks,
    present,
    property_values,
)
from lib.models import MODELS, TREES, Forecast, forecast_posts, log_score, paired_interval
from lib.study import scores
from lib.study.save import needed, used_blocks

if TYPE_CHECKING:
    from lib.study.study import Study

REPEATS = 5  # permutations of a part
MOST_POSTS, MOST_CURVE_POSTS, MOST_SHAP_POSTS = 1000, 300, 250  # test posts; a random subset if there are more
FEATURES = 12  # readable features that are permuted: those with the largest SHAP values
CURVES = 4  # readable features with a curve: those with the largest SHAP values for the responses of readers
ALIKE = 0.8  # rank correlation with a feature that has a curve, from which on another gets none
POINTS = 7  # of a curve

ALL = "all activities"
CONTEXT = "group and time"

_READABLE = {"photo": "photo_features", "text": "text_features"}
# The value of a readable feature that gives a property this value; see lib.features.levers.FORMULAS.
_BACK = {
    "same": lambda v: v,
    "some": lambda v: v,
    "doublings": lambda v: 2**v - 1,
    "shape": lambda v: 2**v,
}

Predict = Callable[[Mapping[str, np.ndarray]], Forecast]


def by_block(study: Study) -> pd.DataFrame:
    """Loss of log score of the chosen forecast if whole blocks are permuted among the test posts.

    All blocks of the photo, all of the text and all of the context go together, then each block alone.

    Returns
    -------
    Columns ``name`` of the blocks, ``activity`` (``ALL`` for the mean over them), ``value``, ``low``, ``high``: nats
    per post, with a 95 % interval over posts. No rows if the chosen forecast uses no block.
    """

    def compute() -> pd.DataFrame:
        at, parts = sample(study, MOST_POSTS), _parts(study)
        blocks, predict = _blocks(study, at), predictor(study, scores.best(study))
        whole = {name: dict.fromkeys(part, slice(None)) for name, part in parts.items()}
        return _losses(study, predict, blocks, whole, at)

    return study.keep("importance-blocks", by_block, compute, *_keys(study))


def by_feature(study: Study) -> pd.DataFrame:
    """Importance of the readable features: SHAP values of the trees, and loss of log score if a feature is permuted.

    A feature is permuted among the posts that have the photo or text. The ``FEATURES`` with the largest SHAP values
    are; these values need no counts.

    Returns
    -------
    One row per feature, that with the largest SHAP value first: ``block``, ``name``; ``shap``, the mean absolute SHAP
    value over test posts and activities, in log odds (NaN if the trees see the block's components); ``value``,
    ``low``, ``high`` as in :func:`by_block`, over all activities; ``responses``, as ``shap``, over the activities in
    ``RESPONSES``.

    References
    ----------
    Lundberg et al. (2020), From local explanations to global understanding, doi:10.1038/s42256-019-0138-9.
    """

    def compute() -> pd.DataFrame:
        table = shap_values(study)
        if table.empty:
            return table.reindex(columns=[*table, "value", "low", "high"])
        at = sample(study, MOST_POSTS)
        blocks, predict = _blocks(study, at), predictor(study, scores.best(study))
        table = table.head(FEATURES)
        parts = {(row.block, row.name): {row.block: _column(study, row.block, row.name)} for row in table.itertuples()}
        found = _losses(study, predict, blocks, parts, at)
        found = found[found["activity"] == ALL].drop(columns="activity")
        found[["block", "name"]] = found["name"].tolist()
        return table.merge(found, on=["block", "name"])

    return study.keep("importance-features", by_feature, compute, *_keys(study), study.model_key(TREES))


def curves(study: Study) -> pd.DataFrame:
    """Partial dependence of the chosen forecast on the readable features with the largest SHAP values for responses.

    A feature that is nearly the same as one before is passed over. Each test post that has the photo or text gets the
    same value of the feature; all else stays.

    Returns
    -------
    Columns ``block``, ``name``; ``at``, the value of the feature; ``activity``; ``ratio``, the mean predicted rate over
    that of the posts as they are.

    References
    ----------
    Friedman (2001), Greedy function approximation: a gradient boosting machine, doi:10.1214/aos/1013203451.
    """

    def compute() -> pd.DataFrame:
        predict, rows = predictor(study, scores.best(study)), []
        for feature in _distinct(study, by_feature(study)):
            at = sample(study, MOST_CURVE_POSTS, feature.block)
            blocks, column = _blocks(study, at), _column(study, feature.block, feature.name)
            usual = predict(blocks).mean.mean(axis=0)
            for value in grid(blocks[feature.block][:, column]):
                changed = blocks[feature.block].copy()
                changed[:, column] = value
                mean = predict({**blocks, feature.block: changed}).mean.mean(axis=0)
                row = {"block": feature.block, "name": feature.name, "at": np.sign(value) * np.expm1(abs(value))}
                ratios = zip(study.activities, mean / usual, strict=True)
                rows += [row | {"activity": activity, "ratio": ratio} for activity, ratio in ratios]
        return pd.DataFrame(rows, columns=["block", "name", "at", "activity", "ratio"])

    return study.keep("importance-curves", curves, compute, *_keys(study), study.model_key(TREES))


def by_lever(study: Study) -> pd.DataFrame:
    """How far the chosen forecast moves if the readable features of test posts follow the contrast of a lever.

    Levers that act on a property no forecast sees (the style of a text) are left out. Vectors and words stay.

    Returns
    -------
    Columns ``lever``, ``activity``, ``moved``: relative change of the mean predicted rate (0.12 is 12 % more).
    """

    def compute() -> pd.DataFrame:
        predict, rows = predictor(study, scores.best(study)), []
        used = set(_READABLE.values()) & set(used_blocks(study, scores.best(study)))
        for contrast in contrasts(property_values(study.readable)):
            blocks_of = {_READABLE[PROPERTIES[p].source] for p in contrast.from_to}
            seen = all(PROPERTIES[p].feature in study.readable[PROPERTIES[p].source] for p in contrast.from_to)
            finite = np.isfinite([*contrast.from_to.values()]).all()
            at = sample(study, MOST_CURVE_POSTS, of=np.flatnonzero(contrast.posts))
            if seen and finite and len(at) and blocks_of <= used:
                before, after = (
                    predict(_blocks(study, at) | moved_blocks(study, contrast, side, at)).mean.mean(axis=0)
                    for side in (0, 1)
                )
                changes = zip(study.activities, after / before - 1, strict=True)
                rows += [{"lever": contrast.lever, "activity": a, "moved": change} for a, change in changes]
        return pd.DataFrame(rows, columns=["lever", "activity", "moved"])

    return study.keep("importance-levers", by_lever, compute, *_keys(study))


def predictor(study: Study, name: str) -> Predict:
    """The forecast of a model of the study as a function of blocks of any posts; each model it needs is asked once."""
    models = {of: (study.spec(of), study.fitted(of)) for of in needed(study, name)}

    def predict(blocks: Mapping[str, np.ndarray]) -> Forecast:
        made: dict[str, Forecast] = {}
        posts = len(next(iter(blocks.values())))
        for of, (spec, fitted) in models.items():
            members = [made[other] for other in spec.others]
            made[of] = forecast_posts(spec, fitted.model, fitted.structure, blocks, posts, members)
        return made[name]

    return predict


def losses(
    predict: Predict,
    blocks: Mapping[str, np.ndarray],
    columns: Mapping[str, int | slice],
    counts: np.ndarray,
    views: np.ndarray,
    repeats: int = REPEATS,
) -> np.ndarray:
    """Loss of log score of each post if some columns are permuted together, the mean over permutations: (m, a) nats.

    Parameters
    ----------
    columns
        By block: one column, which is permuted among the posts that have the block, or all of them, ``slice(None)``,
        which take their absence along.

    References
    ----------
    Breiman (2001), Random forests, doi:10.1023/A:1010933404324.
    """
    rng, usual, total = np.random.default_rng(0), log_score(counts, views, predict(blocks)), 0.0
    for _ in range(repeats):
        order, changed = rng.permutation(len(views)), {}
        for block, column in columns.items():
            there = np.ones(len(views), bool) if isinstance(column, slice) else present(blocks[block])
            values = blocks[block].copy()
            values[there, column] = blocks[block][order[there[order]], column]
            changed[block] = values
        total = total + usual - log_score(counts, views, predict({**blocks, **changed}))
    return total / repeats


def grid(values: np.ndarray) -> np.ndarray:
    """Up to ``POINTS`` values of a feature, from its 5 % to its 95 % quantile; its ends if only two values differ."""
    found = np.unique(np.quantile(values, np.linspace(0.05, 0.95, POINTS), method="nearest"))
    return found if len(found) > 2 else np.unique([values.min(), values.max()])


def shap_values(study: Study) -> pd.DataFrame:
    """SHAP values of the trees: the columns ``block``, ``name``, ``shap`` and ``responses`` of :func:`by_feature`."""
    table = pd.DataFrame(columns=["block", "name", "shap", "responses"])
    if TREES not in study.forecasts:
        return table
    from catboost import Pool

    model, blocks = study.fitted(TREES).model, _blocks(study, sample(study, MOST_SHAP_POSTS))
    pool = Pool(model.design_.transform({block: blocks[block] for block in MODELS[TREES].blocks}))
    found = {
        activity: np.abs(trees.get_feature_importance(pool, type="ShapValues", thread_count=1)).mean(axis=0)
        for activity, trees in zip(study.activities, model.trees_, strict=True)
        if trees is not None
    }
    if not found:
        return table
    every = np.mean([*found.values()], axis=0)
    responses = np.mean([of for name, of in found.items() if name in scores.RESPONSES] or [every], axis=0)
    at, rows = _starts(model.design_), []
    for source, block in _READABLE.items():
        if block in at:
            rotated = model.design_.blocks_[block].axes.shape[1]
            for j, name in enumerate(_names(study, source), at[block]):
                values = (np.nan, np.nan) if rotated else (every[j], responses[j])
                rows.append({"block": block, "name": name, "shap": values[0], "responses": values[1]})
    return pd.DataFrame(rows, columns=list(table)).sort_values(
        "shap", ascending=False, kind="stable", ignore_index=True
    )


def _distinct(study: Study, features: pd.DataFrame) -> list:
    """The rows of the features with a curve."""
    chosen = []
    for row in features.sort_values("responses", ascending=False, kind="stable").itertuples():
        tables = [study.readable[of.block.removesuffix("_features")][of.name] for of in (row, *chosen)]
        alike = [abs(tables[0].corr(other, method="spearman")) > ALIKE for other in tables[1:]]
        if len(chosen) < CURVES and not any(alike):
            chosen.append(row)
    return chosen


def moved_blocks(study: Study, contrast: Contrast, side: int, at: np.ndarray) -> dict[str, np.ndarray]:
    """The blocks of readable features of the posts ``at``, before (0) or after (1) the contrast of a lever."""
    tables = {source: study.readable[source].iloc[at].reset_index(drop=True) for source in _READABLE}
    for prop, values in contrast.from_to.items():
        of = PROPERTIES[prop]
        value = _BACK[of.formula](values[side])
        if of.formula == "some" and value:
            positive = study.readable[of.source][of.feature]
            value = positive[positive > 0].median()
        tables[of.source][of.feature] = value
        if of.feature == "aspect":
            tables[of.source]["log_aspect"] = np.log(value)
    changed = {_READABLE[PROPERTIES[prop].source] for prop in contrast.from_to}
    return make_blocks(study.posts.iloc[at], changed, {}, readable=tables)


def sample(study: Study, most: int, block: str | None = None, of: np.ndarray | None = None) -> np.ndarray:
    """Positions of at most ``most`` test posts, in ascending order: those that have a block, or among positions."""
    test = study.split.test
    if block is not None:
        test = test[present(study.blocks[block][test])]
    if of is not None:
        test = np.intersect1d(test, of)
    return np.sort(np.random.default_rng(0).permutation(test)[:most])


def _losses(
    study: Study,
    predict: Predict,
    blocks: Mapping[str, np.ndarray],
    parts: Mapping[object, Mapping[str, int | slice]],
    at: np.ndarray,
) -> pd.DataFrame:
    rows = []
    for name, columns in parts.items():
        found = losses(predict, blocks, columns, study.counts[at], study.views[at])
        for activity, lost in [(ALL, found.mean(axis=1)), *zip(study.activities, found.T, strict=True)]:
            rows.append({"name": name, "activity": activity} | paired_interval(lost).columns())
    return pd.DataFrame(rows, columns=["name", "activity", "value", "low", "high"])


def _parts(study: Study) -> dict[str, tuple[str, ...]]:
    """The blocks that are permuted together, by name."""
    test = study.split.test
    used = [b for b in used_blocks(study, scores.best(study)) if present(study.blocks[b][test]).any()]
    wholes = {"photo": PHOTO_BLOCKS, "text": TEXT_BLOCKS, CONTEXT: CONTEXT_BLOCKS}
    found = {name: tuple(b for b in blocks if b in used) for name, blocks in wholes.items()}
    single = {b: (b,) for b in used if b not in CONTEXT_BLOCKS}
    return {name: part for name, part in (found | single).items() if part}


def _blocks(study: Study, at: np.ndarray) -> dict[str, np.ndarray]:
    return {block: values[at] for block, values in study.blocks.items()}


def _names(study: Study, source: str) -> list[str]:
    return [name for name in study.readable[source] if name != f"has_{source}"]


def _column(study: Study, block: str, name: str) -> int:
    return _names(study, block.removesuffix("_features")).index(name)


def _starts(design: Design) -> dict[str, int]:
    """The first column of each block of a design."""
    at, found = 1, {}
    for name, block in design.blocks_.items():
        found[name] = at
        at += block.width + block.has_absent
    return found


def _keys(study: Study) -> list[str]:
    return [study.model_key(scores.best(study)), study.blocks_key(*_READABLE.values())]
