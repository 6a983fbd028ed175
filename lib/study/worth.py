"""What a forecast is worth to who runs a feed: in views of evidence, in the order of posts, in posts held back, at
which cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import files
from itertools import chain
from typing import TYPE_CHECKING

import joblib
import numpy as np
import pandas as pd

from lib.betabinomial import logpmf
from lib.embedding import Encoder, speed
from lib.features import make_blocks, present
from lib.models import BASELINE, DEFAULT_VALUE, PAGE, TRUTH, Forecast, Interval, forecast_posts, lift
from lib.posts import ACTIVITIES, counts
from lib.study import scores
from lib.study.save import needed, used_blocks

if TYPE_CHECKING:
    from lib.study.study import Study

ALL = "all activities"
SHARES = (0.01, 0.05, 0.1)  # of the posts that are held back
TOP = 0.1  # the share of the posts that comes first
PRICE = 0.05  # dollars for a core hour: an assumption, about the list price of a rented virtual core

_PATHS = 20  # random orders of the views of each post
_DRAWS = 500  # of the bootstrap
_SAMPLE = 64  # posts on which times are measured
_ROUNDING = 1e-9  # nats: a smaller difference is none


def evidence(
    counts: np.ndarray, views: np.ndarray, forecast: Forecast, prior: Forecast, seed: int = 0
) -> dict[int, np.ndarray]:
    """How much better a post's remaining views are predicted from its first m views than from the forecast.

    The views of a post come in random order. Of the first m of them j end in the action. Then the remaining n - m are
    predicted by the prior, a beta distribution with the mean and rho of no features, updated to alpha + j and
    beta + m - j; the forecast predicts the same views without having seen any. The difference of the two log scores is
    averaged over ``_PATHS`` random orders.

    Parameters
    ----------
    counts, views
        (n, a) and (n,).
    forecast, prior
        Of the n posts.

    Returns
    -------
    By m, from 0 up to the median of the views: (n, a) differences in nats, NaN for posts with no more than m views.

    References
    ----------
    Skellam (1948): the update of a beta distribution by counts.
    Morita, Thall & Müller (2008), Determining the effective sample size of a parametric prior,
    doi:10.1111/j.1541-0420.2007.00888.x: a forecast is worth the number of observations that tell as much.
    """
    rng = np.random.default_rng(seed)
    n, rho = np.asarray(views)[:, None], np.broadcast_to(prior.rho, prior.mean.shape)
    theirs = np.broadcast_to(forecast.rho, forecast.mean.shape)
    found = {}
    for m in np.unique(np.r_[0, np.geomspace(1, max(np.median(views), 1), 30).round()]).astype(int).tolist():
        at = np.flatnonzero(n[:, 0] > m)
        left, total = n[at] - m, np.zeros((len(at), counts.shape[1]))
        for _ in range(_PATHS if m else 1):
            seen = rng.hypergeometric(counts[at], n[at] - counts[at], m)
            updated = (prior.mean[at] * (1 - rho[at]) + rho[at] * seen) / (1 - rho[at] + rho[at] * m)
            rest = counts[at] - seen
            total += logpmf(rest, left, updated, rho[at] / (1 + rho[at] * m))
            total -= logpmf(rest, left, forecast.mean[at], theirs[at])
        found[m] = np.full(counts.shape, np.nan)
        found[m][at] = total / (_PATHS if m else 1)
    return found


def views_worth(differences: dict[int, np.ndarray], level: float = 0.95, draws: int = _DRAWS) -> Interval:
    """The number m of views at which the mean difference of :func:`evidence`, (n,) by m, rises to zero.

    Between two m it is interpolated. It is 0 if the forecast is no better than the prior, and infinite if the forecast
    is better than any m views. The percentile interval is a bootstrap over posts.
    """
    seen, table = np.array(list(differences)), np.column_stack(list(differences.values()))
    there, rng = np.isfinite(table), np.random.default_rng(0)
    weight = np.vstack([np.ones(len(table)), rng.multinomial(len(table), np.full(len(table), 1 / len(table)), draws)])
    with np.errstate(invalid="ignore"):
        curves = weight @ np.where(there, table, 0.0) / (weight @ there)
    found = np.array([_crossing(seen, curve) for curve in curves])
    low, high = np.quantile(found[1:], [(1 - level) / 2, (1 + level) / 2], method="nearest")
    return Interval(float(found[0]), float(low), float(high), level)


def evidence_table(study: Study, name: str) -> pd.DataFrame:
    """How many views of a post tell as much as a forecast, on the test posts.

    Returns
    -------
    One row per activity and one of ``ALL``, for which each activity's own views are seen, followed on simulated posts
    by the truth's: ``name``; ``forecast``, an id; ``value``, ``low``, ``high``, the views, infinite if more than
    ``most``, the largest number that was tried.
    """

    def rows(model: str) -> list[dict]:
        held = study.held_out(model)
        found = evidence(held.counts, held.views, held.forecast, study.held_out(BASELINE).forecast)
        parts = {a: {m: of[:, i] for m, of in found.items()} for i, a in enumerate(study.activities)}
        parts[ALL] = {m: of.mean(axis=1) for m, of in found.items()}
        about = {"forecast": model, "most": max(found)}
        return [{"name": part} | about | views_worth(of).columns() for part, of in parts.items()]

    def compute() -> pd.DataFrame:
        return pd.DataFrame([row for model in [name, *[TRUTH] * study.simulated] for row in rows(model)])

    return study.keep(f"evidence-{name}", evidence_table, compute, study.forecast_key(name))


def order_table(study: Study) -> pd.DataFrame:
    """How well each forecast orders the test posts by their value per view, by ``DEFAULT_VALUE``.

    Returns
    -------
    In ascending order of ``value``, the normalised discounted cumulative gain of the whole order, with its 95 %
    interval ``low`` to ``high`` over posts: ``name``, an id; ``first``, the mean value per view of the first ``TOP`` of
    the posts over that of all. The gain of a post is its observed value per view; a post of negative value gains
    nothing. Equal forecasts are in every order, so that no features are a random order.

    References
    ----------
    Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, doi:10.1145/582415.582418.
    """
    names = scores.all_forecasts(study)

    def compute() -> pd.DataFrame:
        test, weight = study.split.test, np.array([DEFAULT_VALUE[a] for a in ACTIVITIES])
        value = counts(study.posts)[test] @ weight / study.views[test]
        draws = np.random.default_rng(0).integers(len(test), size=(_DRAWS, len(test)))
        rows = []
        for name in names:
            predicted = study.forecast(name).mean[test] @ weight[study.columns]
            drawn = [_ndcg(value[at], predicted[at]) for at in draws]
            low, high = np.quantile(drawn, [0.025, 0.975])
            first = lift(value[:, None], np.ones(len(test)), predicted[:, None], TOP)[0] if value.mean() > 0 else np.nan
            rows.append({"name": name, "value": _ndcg(value, predicted), "low": low, "high": high, "first": first})
        return pd.DataFrame(rows).sort_values("value", kind="stable", ignore_index=True)

    return study.keep("order", order_table, compute, *map(study.forecast_key, names))


def held_back(study: Study, name: str) -> pd.DataFrame:
    """What it removes and costs to hold back the test posts with the highest predicted rates of hides.

    Returns
    -------
    For each of ``SHARES`` a row of the forecast and, on simulated posts, one of the truth: ``share``; ``forecast``, an
    id; ``posts``, how many; ``hides`` with its 95 % interval ``low`` to ``high`` over posts, ``likes`` and ``views``,
    the shares of all hides, likes and views of the test posts that they have. No rows if hides aren't modelled, or the
    forecast has one rate for all posts.
    """
    columns = ["share", "forecast", "posts", "hides", "low", "high", "likes", "views"]
    if "hide" not in study.activities:
        return pd.DataFrame(columns=columns)
    test = study.split.test
    of = {"hides": "hide", "likes": "like", "views": "view"}
    totals = study.posts[list(of.values())].to_numpy(float)[test]
    rows = []
    for share in SHARES:
        for model in dict.fromkeys([name, *[TRUTH] * study.simulated]):
            rate = study.forecast(model).mean[test, study.column("hide")]
            posts = max(1, round(share * len(test)))
            gone = np.argsort(np.argsort(-rate, kind="stable"), kind="stable") < posts
            if np.ptp(rate) > 0:
                found = np.divide(totals[gone].sum(0), totals.sum(0), out=np.full(3, np.nan), where=totals.sum(0) > 0)
                low, high = _share_interval(totals[:, 0], gone)
                row = {"share": share, "forecast": model, "posts": posts, "low": low, "high": high}
                rows.append(row | dict(zip(of, found, strict=True)))
    return pd.DataFrame(rows, columns=columns)


def costs(study: Study) -> pd.DataFrame:
    """What a forecast of one post costs, as measured on this machine once.

    Returns
    -------
    One row per model: ``name``; ``milliseconds`` of a processor core for reading a post and forecasting it;
    ``megabytes`` of the numbers of the model, of its members and of the encoders' packages; ``dollars`` for a thousand
    posts at ``PRICE``. An encoder whose speed isn't known (:func:`lib.embedding.speed`), or that runs on a GPU, makes
    the time and the dollars NaN; one from a model hub makes the megabytes NaN. The page's forecast is left out, because
    the reader's browser computes it. What no post has costs nothing.
    """
    names = [name for name in study.forecasts if name != PAGE]

    def compute() -> pd.DataFrame:
        used = {name: [b for b in used_blocks(study, name) if present(study.blocks[b]).any()] for name in names}
        parts = {block: _block_cost(study, block) for block in dict.fromkeys(chain.from_iterable(used.values()))}
        own = {name: _own_cost(study, name) for name in names}
        rows = []
        for name in names:
            each = [own[model] for model in needed(study, name)] + [parts[block] for block in used[name]]
            rows.append({"name": name} | dict(zip(("milliseconds", "megabytes"), np.sum(each, axis=0), strict=True)))
        table = pd.DataFrame(rows)
        return table.assign(dollars=table["milliseconds"] / 3600 * PRICE)  # ms a post are seconds a thousand posts

    return study.keep("costs", costs, compute, *map(study.forecast_key, names))


def _crossing(seen: np.ndarray, curve: np.ndarray) -> float:
    """The first m at which a curve reaches zero, infinite if none."""
    above = np.flatnonzero(curve >= -_ROUNDING)
    if not len(above):
        return np.inf
    i = above[0]
    if i == 0:
        return 0.0
    return float(seen[i - 1] + (seen[i] - seen[i - 1]) * -curve[i - 1] / (curve[i] - curve[i - 1]))


def _ndcg(value: np.ndarray, predicted: np.ndarray) -> float:
    from sklearn.metrics import ndcg_score

    return float(ndcg_score([np.maximum(value, 0)], [predicted])) if len(value) > 1 else np.nan


def _share_interval(total: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    drawn = np.random.default_rng(0).integers(len(total), size=(_DRAWS, len(total)))
    with np.errstate(invalid="ignore"):
        return tuple(np.nanquantile((total * chosen)[drawn].sum(1) / total[drawn].sum(1), [0.025, 0.975]))


def _block_cost(study: Study, block: str) -> tuple[float, float]:
    """Milliseconds of a core that a block of a post takes to make, and the megabytes of what makes it."""
    kind, _, what = block.partition("_")
    if what == "vector":
        encoder = study.encoders[kind]
        rate = speed(encoder, study.vectors) if encoder.device("auto") == "cpu" else None
        return 1000 * joblib.cpu_count() / rate if rate else np.nan, _package_size(encoder)
    sample = study.posts.iloc[study.split.test[:_SAMPLE]]
    size = sum(values.nbytes for values in study.words.arrays().values()) / 1e6 if block == "text_words" else 0.0
    spent = _core_seconds(lambda: make_blocks(sample, (block,), study.encoders, study.words, groups=study.groups))
    return 1000 * spent / len(sample), size


def _own_cost(study: Study, name: str) -> tuple[float, float]:
    """Milliseconds of a core that a model takes for a post whose blocks are made, and the megabytes of its numbers."""
    fitted, spec = study.fitted(name), study.spec(name)
    sample = study.split.test[:_SAMPLE]
    blocks = {block: study.blocks[block][sample] for block in spec.blocks}
    others = [study.forecast(other)[sample] for other in spec.others]
    of = spec, fitted.model, fitted.structure, blocks, len(sample), others
    spent = _core_seconds(lambda: forecast_posts(*of))
    return 1000 * spent / len(sample), sum(values.nbytes for values in fitted.model.arrays().values()) / 1e6


def _core_seconds(work: Callable[[], object]) -> float:
    """Processor seconds that work takes, the second time: the first loads what it needs."""
    work()
    start = time.process_time()
    work()
    return time.process_time() - start


def _package_size(encoder: Encoder) -> float:
    """Megabytes of the package that an encoder's weights come with."""
    if not encoder.source.startswith("package "):
        return 0.0 if encoder.source == "no weights" else np.nan
    found = files(encoder.source.removeprefix("package ")) or []
    return sum(path.stat().st_size for path in (f.locate() for f in found) if path.is_file()) / 1e6
