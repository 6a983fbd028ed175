"""How good the forecasts of a study are on the test posts, and which forecast is best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import logit

from lib import models
from lib.features import CONTEXT_BLOCKS
from lib.models import (
    BASELINE,
    BLEND,
    BLEND_CONTEXT,
    BOTH,
    MEAN,
    MODELS,
    NETWORK,
    PAGE,
    TREES,
    TRUTH,
    VECTORS,
    Interval,
    paired_interval,
)

if TYPE_CHECKING:
    from lib.study.study import Study

RESPONSES = ("like", "comment", "hide", "share_to_message")  # to a post; the other activities show more of it


def all_forecasts(study: Study) -> list[str]:
    """Ids of the models, and on simulated posts the truth."""
    return [*study.forecasts, TRUTH] if study.simulated else study.forecasts


def log_scores(study: Study, name: str) -> pd.DataFrame:
    """Log scores of the test posts under one forecast, in nats: one row per post, one column per activity."""
    held = study.held_out(name)
    scores = models.log_score(held.counts, held.views, held.forecast)
    return pd.DataFrame(scores, index=study.split.test, columns=held.activities)


def gain(study: Study, name: str, over: str = BASELINE) -> Interval:
    """Log score of one forecast minus another's, in nats per post and activity, with a bootstrap interval."""
    ours, theirs = (log_scores(study, m).mean(axis=1).to_numpy() for m in (name, over))
    return paired_interval(ours, theirs)


def gains(study: Study, name: str, over: str = BASELINE) -> pd.DataFrame:
    """Gains activity by activity: columns ``name``, ``value``, ``low``, ``high`` in nats per post."""

    def compute() -> pd.DataFrame:
        ours, theirs = log_scores(study, name), log_scores(study, over)
        rows = []
        for activity in study.activities:
            found = paired_interval(ours[activity].to_numpy(), theirs[activity].to_numpy())
            rows.append({"name": activity} | found.columns())
        return pd.DataFrame(rows)

    return study.keep(f"gains-{name}-over-{over}", gains, compute, *map(study.forecast_key, (name, over)))


def by_gain(study: Study, name: str) -> list[str]:
    """The activities, in descending order of a forecast's cross-fitted gain over no features.

    The order does not use the test posts: an activity that is featured for its gain must not be the luckiest of all.
    """
    found = cross_fitted_gains(study, name)
    return sorted(found, key=lambda activity: -found[activity])


def featured(study: Study, name: str) -> list[str]:
    """The activities in the order in which a chapter shows some of them: the ``RESPONSES`` with a gain come first.

    Among them, and among the others, the cross-fitted gain decides. A forecast often gains most on one of the others,
    for a reason that is no news: only a long text can be unfolded.
    """
    found = cross_fitted_gains(study, name)
    return sorted(by_gain(study, name), key=lambda activity: not (activity in RESPONSES and found[activity] > 0))


def cross_fitted_gains(study: Study, name: str) -> dict[str, float]:
    """Gain of a forecast over no features on the training posts, cross-fitted, in nats per post, by activity."""
    train = study.split.train

    def compute() -> dict[str, float]:
        k, n = study.counts[train], study.views[train]
        ours, theirs = (models.log_score(k, n, study.forecast(m)[train]).mean(axis=0) for m in (name, BASELINE))
        return dict(zip(study.activities, (ours - theirs).tolist(), strict=True))

    return study.keep(f"cross-fitted-gains-{name}", cross_fitted_gains, compute, study.forecast_key(name))


def leaderboard(study: Study) -> pd.DataFrame:
    """Forecasts in ascending order of log score.

    Columns: ``name``; ``log_score`` in nats per post and activity; ``value``, ``low``, ``high``, the gain over no
    features with its 95 % interval; on simulated posts ``gap_closed``, ``gap_low`` and ``gap_high``, the gain as a
    share of the truth's with its 95 % interval.
    """
    names = all_forecasts(study)

    def compute() -> pd.DataFrame:
        mean = {name: log_scores(study, name).mean(axis=1).to_numpy() for name in names}
        rows = []
        for name in names:
            row = {"name": name, "log_score": mean[name].mean()}
            row |= paired_interval(mean[name], mean[BASELINE]).columns()
            if study.simulated:
                share = models.gap_closed(mean[name], mean[BASELINE], mean[TRUTH])
                row |= {"gap_closed": share.value, "gap_low": share.low, "gap_high": share.high}
            rows.append(row)
        return pd.DataFrame(rows).sort_values("log_score", kind="stable", ignore_index=True)

    return study.keep("leaderboard", leaderboard, compute, *map(study.forecast_key, names))


def knows_context(name: str) -> bool:
    """Whether a model, by its id, knows the group or the date of a post."""
    return name in MODELS and bool(set(MODELS[name].blocks) & set(CONTEXT_BLOCKS))


def repeated_splits(study: Study) -> dict[str, Any] | None:
    """Results of ``bench/forecasts.py`` over random splits of the feed; None if this feed has none.

    Items: ``command`` and ``date`` of the run; ``posts`` and ``seed`` of the feed; ``splits``, their number;
    ``chosen``, how often each model was; ``differences`` of the chosen model's gain from those of other models, in nats
    per post and activity, and ``gap_closed``: ``mean`` and ``sd`` over the splits, and how many are ``positive``.
    """
    file = Path(__file__).with_name("repeated_splits.json")
    if not (study.simulated and file.exists()):
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    source, feed = study.source, (found["posts"], found["seed"], "plain")
    return found if (source.rows, source.seed, source.world) == feed else None


def cross_fitted_scores(study: Study) -> pd.DataFrame:
    """Cross-fitted log score of each training post, in nats per activity, by forecast: (n, forecasts)."""
    train = study.split.train
    k, n = study.counts[train], study.views[train]

    def compute() -> pd.DataFrame:
        return pd.DataFrame({m: models.log_score(k, n, study.forecast(m)[train]).mean(1) for m in study.forecasts})

    return study.keep("cross-fitted", cross_fitted_scores, compute, *map(study.forecast_key, study.forecasts))


def cross_fitted(study: Study) -> pd.Series:
    """Mean cross-fitted log score of each forecast on the training posts, in nats per post and activity."""
    return cross_fitted_scores(study).mean()


def best(study: Study, context: bool = True) -> str:
    """Id of the model chosen by the cross-fitted log scores of the training posts; the page's is no candidate.

    It is the better of the blends, unless another's mean score is higher by more than the standard error of the
    difference. The blend is preferred because the weights of its cross-fitted forecasts are fitted to fewer posts than
    its own weights are, while each member's settings were chosen by the very scores that are compared.

    The choice does not use the test posts, so that the test score of the chosen model is not the largest of many by
    luck.

    Parameters
    ----------
    context
        Whether the model may know the group and the date of a post.
    """
    table = cross_fitted_scores(study).drop(columns=PAGE, errors="ignore")
    table = table[[name for name in table if context or not knows_context(name)]]
    leader = str(table.mean().idxmax())
    blends = table.columns.intersection([BLEND, BLEND_CONTEXT])
    if blends.empty:
        return leader
    blend = str(table[blends].mean().idxmax())
    ahead = table[leader] - table[blend]
    return leader if ahead.mean() > ahead.sem() else blend


def runner_up(study: Study) -> str | None:
    """Id of the model with the highest cross-fitted log score of the other candidates; None if there is none."""
    others = cross_fitted(study).drop([best(study), PAGE], errors="ignore")
    return str(others.idxmax()) if len(others) else None


def increments(study: Study) -> pd.DataFrame:
    """The gain of each step over the step before: columns ``name``, ``value``, ``low``, ``high``, nats per post.

    The steps go from photo or text alone to both, from a linear model to trees and a network, and on to their blend.
    A step between forecasts that the study doesn't list is left out.
    """
    alone = better_alone(study)
    steps = [
        (f"{alone}, over no features", alone, BASELINE),
        (f"text and photo, over {alone} alone", BOTH, alone),
        ("boosted trees, over linear", TREES, BOTH),
        ("neural network, over linear", NETWORK, BOTH),
        ("blend, over linear", BLEND, BOTH),
        ("blend, over boosted trees", BLEND, TREES),
        ("blend, over neural network", BLEND, NETWORK),
        ("blend, over mean of logits", BLEND, MEAN),
        ("blend with group and time, over blend", BLEND_CONTEXT, BLEND),
    ]
    rows = [
        {"name": name} | gain(study, ours, over).columns()
        for name, ours, over in steps
        if {ours, over} <= set(study.forecasts) and ours != over
    ]
    return pd.DataFrame(rows, columns=["name", "value", "low", "high"])


def fell_back(study: Study) -> dict[str, list[str]]:
    """The activities whose fit failed, by model; a model without any is left out."""
    found = {name: study.fitted(name).fell_back for name in study.forecasts}
    return {
        name: [activity for activity, failed in zip(study.activities, of, strict=True) if failed]
        for name, of in found.items()
        if of.any()
    }


def better_alone(study: Study) -> str:
    """Id of the better of the two models "photo" and "text", by cross-fitted log score; without both, ``BASELINE``."""
    found = cross_fitted(study).reindex(["photo", "text"]).dropna()
    return str(found.idxmax()) if len(found) else BASELINE


def on_vectors(study: Study) -> str | None:
    """Id of the regression on the vectors that the posts have; None without vectors."""
    return next((name for name in (VECTORS, "text_vector", "photo_vector") if name in study.forecasts), None)


def pit(study: Study, name: str) -> np.ndarray:
    """:func:`lib.models.pit` of the test posts under a forecast: (m, a)."""

    def compute() -> np.ndarray:
        held = study.held_out(name)
        return models.pit(held.counts, held.views, held.forecast, np.random.default_rng(0))

    return study.keep(f"pit-{name}", models.pit, compute, study.forecast_key(name))


def coverage(study: Study, name: str) -> pd.DataFrame:
    """Share of counts inside the 50 % and 90 % intervals of a forecast: columns ``name``, ``50``, ``90``."""
    values = pit(study, name)
    inside = {str(level): models.coverage(values, level / 100) for level in (50, 90)}
    return pd.DataFrame({"name": study.activities} | inside)


def rho_by_rate(study: Study, name: str) -> pd.DataFrame:
    """The activities on which the rho of a model depends on the mean: columns ``name``, ``low``, ``high``.

    ``low`` and ``high`` are rho at the first and at the ninth decile of the predicted rates of the test posts.
    """
    model, mean = study.fitted(name).model, study.held_out(name).forecast.mean
    dispersion = getattr(getattr(model, "blend_", model), "dispersion_", np.zeros((2, len(study.activities))))
    low, high = (models.rho_at(logit(np.quantile(mean, q, axis=0)), dispersion) for q in (0.1, 0.9))
    table = pd.DataFrame({"name": study.activities, "low": low, "high": high})
    return table[dispersion[1] != 0].reset_index(drop=True)
