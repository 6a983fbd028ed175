"""Which of two texts gets the higher rate, learnt from randomised tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, ndtr
from tqdm import tqdm

from lib.advice.experiments import Tests
from lib.advice.winner import Call, call
from lib.advice.within_tests import centred, correlation
from lib.betabinomial import logpmf
from lib.embedding import TextEncoder, embed
from lib.features import PROPERTIES, Words, property_values, readable_features

FOLDS = 5
# The noise of an arm is estimated apart if so many groups of arms share test, photo and text.
MIN_REPEATED = 20

_TEXT_PROPERTIES = [name for name, prop in PROPERTIES.items() if prop.source == "text"]
_STEPS = 60  # evaluations of the evidence


@dataclass(frozen=True)
class PairModel:
    """Predicts the log ratio of the rates of two texts that the same readers see.

    The log rate of a text is linear in three blocks: the p1 properties of levers, the vector and the components of the
    words. Each block's coefficients have a normal prior. The test, the photo and its readers have a free intercept.

    Attributes
    ----------
    words
        Fitted to the texts of the tests.
    encoder
        Made the vectors.
    vectors
        Folder that keeps the vectors, or None.
    scales
        By block: the mean and the scale (p_b,) that standardise it.
    coef, cov
        (p,) and (p, p), posterior mean and covariance.
    deviation
        Variance of a text's log rate about its prediction.
    rho
        Correlation of two views of one arm, from arms that share test, photo and text; 0 if there are too few.
    slope
        Factor that makes the cross-fitted predictions of log ratios unbiased.
    spread
        Variance of the log ratio of two texts of a test.
    """

    words: Words
    encoder: TextEncoder
    vectors: Path | None
    scales: dict[str, tuple[np.ndarray, np.ndarray]]
    coef: np.ndarray
    cov: np.ndarray
    deviation: float
    rho: float
    slope: float
    spread: float

    def log_ratio(self, first: Sequence[str], second: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Expected log of rate of the first / rate of the second text, and its variance: (m,) each, for m pairs."""
        texts = pd.Series([*first, *second], dtype=object)
        X = _standard(_blocks(texts, self.words, self.encoder, self.vectors), self.scales)
        apart = X[: len(first)] - X[len(first) :]
        variance = ((apart @ self.cov) * apart).sum(1) + 2 * self.deviation
        same = (texts[: len(first)].to_numpy() == texts[len(first) :].to_numpy()) & (apart == 0).all(1)
        return self.slope * (apart @ self.coef), np.where(same, 0.0, variance)

    def probability(self, first: Sequence[str], second: Sequence[str]) -> np.ndarray:
        """Probability (m,) that the first text of each pair has the higher rate; 1/2 for equal texts."""
        mean, variance = self.log_ratio(first, second)
        return ndtr(mean / np.sqrt(np.maximum(variance, 1e-12)))

    def call(self, first: str, second: str) -> Call:
        """Which of two texts has the higher rate, or that it is too close to call."""
        return call(float(self.probability([first], [second])[0]))


def fit_pair_model(tests: Tests, activity: str, encoder: TextEncoder, vectors: Path | None = None) -> PairModel:
    """Learn from all tests that compare texts, the photo being the same.

    The prior variances and the deviation maximise the evidence. The slope is estimated on predictions for tests that
    the coefficients were not fitted to.

    Parameters
    ----------
    activity
        One of ``tests.activities``.
    encoder
        From :func:`lib.embedding.text_encoder`.
    vectors
        Folder that keeps the vectors of the texts.

    Raises
    ------
    ValueError
        If fewer than ``2 * FOLDS`` tests compare texts.

    References
    ----------
    MacKay (1992), Bayesian interpolation, doi:10.1162/neco.1992.4.3.415: the evidence.
    """
    from sklearn.model_selection import GroupKFold

    rho = _repeated(tests.arms, activity)
    arms = _compared(tests.arms, activity)
    groups, strata = arms.groupby("test").ngroup().to_numpy(), arms.groupby(["test", "photo"]).ngroup().to_numpy()
    if len(np.unique(groups)) < 2 * FOLDS:
        raise ValueError(f"Only {len(np.unique(groups))} tests compare texts; {2 * FOLDS} are needed.")
    words = Words().fit(arms["text"])
    blocks = _blocks(arms["text"], words, encoder, vectors)
    scales = {name: _scale(block, each=name == "properties") for name, block in blocks.items()}
    X, y, noise = _standard(blocks, scales), _log_rate(arms, activity), _noise(arms, activity, rho)
    sizes = [len(mean) for mean, _ in scales.values()]

    def surprise(logs: np.ndarray) -> float:
        return -_posterior(X, y, noise + np.exp(logs[-1]), strata, np.repeat(np.exp(-logs[:-1]), sizes))[2]

    start = np.full(len(sizes) + 1, -4.0)
    logs = scipy.optimize.minimize(
        surprise, start, method="Nelder-Mead", options={"maxfev": _STEPS, "xatol": 0.1, "fatol": 0.1}
    ).x
    penalty, deviation = np.repeat(np.exp(-logs[:-1]), sizes), float(np.exp(logs[-1]))
    coef, cov, _ = _posterior(X, y, noise + deviation, strata, penalty)
    i, j = _pairs(arms, strata)
    predicted = np.zeros(len(i))
    for fit, rest in GroupKFold(FOLDS).split(X, groups=groups):
        there = np.unique(strata[fit], return_inverse=True)[1]
        own = _posterior(X[fit], y[fit], noise[fit] + deviation, there, penalty)[0]
        inside = np.isin(i, rest)
        predicted[inside] = (X[i[inside]] - X[j[inside]]) @ own
    observed, sampling = y[i] - y[j], noise[i] + noise[j]
    weight = 1 / (sampling + 2 * deviation)
    slope = (weight * predicted * observed).sum() / max((weight * predicted**2).sum(), 1e-12)
    spread = np.average(observed**2 - sampling, weights=weight)
    return PairModel(
        words=words,
        encoder=encoder,
        vectors=vectors,
        scales=scales,
        coef=coef,
        cov=cov,
        deviation=deviation,
        rho=rho,
        slope=float(np.clip(slope, 0, 1)),
        spread=float(max(spread, 1e-6)),
    )


def score_pairs(model: PairModel, tests: Tests, activity: str) -> pd.DataFrame:
    """Compare predictions with tests that the model was not fitted to.

    Returns
    -------
    DataFrame
        One row per pair of arms that share test and photo and differ in text and observed rate: ``test``; ``first`` and
        ``second``, the arms' labels; ``probability`` that the first text has the higher rate; ``wins``, the probability
        that its observed rate is higher, which depends on the views too; ``won``, whether it is; ``apart``, difference
        of the rates in binomial standard errors; ``score``, log-probability in nats of the first arm's count given the
        count of both, from the prediction; ``level``, the same if nothing is known of the texts.
    """
    arms = _compared(tests.arms, activity)
    i, j = _pairs(arms, arms.groupby(["test", "photo"]).ngroup().to_numpy())
    k, n = arms[activity].to_numpy(), arms["view"].to_numpy()
    i, j = (at[k[i] * n[j] != k[j] * n[i]] for at in (i, j))
    mean, variance = model.log_ratio(arms["text"].iloc[i].tolist(), arms["text"].iloc[j].tolist())
    noise = _noise(arms, activity, model.rho)
    sampling = noise[i] + noise[j]
    rate = k / n
    error = np.sqrt((rate * (1 - rate) / n)[i] + (rate * (1 - rate) / n)[j])
    beyond = sampling - 1 / (n * _pooled(arms, activity))[i] - 1 / (n * _pooled(arms, activity))[j]
    views = np.log(n[i] / n[j])
    return pd.DataFrame(
        {
            "test": arms["test"].to_numpy()[i],
            "first": arms.index[i],
            "second": arms.index[j],
            "probability": ndtr(mean / np.sqrt(variance)),
            "wins": ndtr(mean / np.sqrt(variance + sampling)),
            "won": rate[i] > rate[j],
            "apart": np.abs(rate[i] - rate[j]) / np.maximum(error, 1e-12),
            "score": _log_score(k[i], k[j], mean + views, variance + beyond),
            "level": _log_score(k[i], k[j], views, model.spread + beyond),
        }
    )


def cross_fitted_pairs(tests: Tests, activity: str, encoder: TextEncoder, vectors: Path | None = None) -> pd.DataFrame:
    """:func:`score_pairs` for all tests, each by a model that is fitted to the tests of the other folds."""
    from sklearn.model_selection import GroupKFold

    parts = []
    folds = list(GroupKFold(FOLDS).split(tests.arms, groups=tests.arms["test"]))
    for fit, rest in tqdm(folds, "Learning from tests", unit="fold", delay=2, disable=None):
        held = replace(tests, arms=tests.arms.iloc[rest])
        if len(_compared(held.arms, activity)):
            model = fit_pair_model(replace(tests, arms=tests.arms.iloc[fit]), activity, encoder, vectors)
            parts.append(score_pairs(model, held, activity))
    return pd.concat(parts, ignore_index=True)


def _compared(arms: pd.DataFrame, activity: str) -> pd.DataFrame:
    """The arms that share test and photo with an arm of another text, where the activity happened at all."""
    of = arms.groupby(["test", "photo"])
    return arms[(of["text"].transform("nunique") > 1) & (of[activity].transform("sum") > 0)]


def _blocks(texts: pd.Series, words: Words, encoder: TextEncoder, vectors: Path | None) -> dict[str, np.ndarray]:
    """The blocks of the texts, (n, p_b) float64; NaN for what an empty text lacks."""
    properties = property_values(readable_features(pd.DataFrame({"text": texts, "photo": None})))
    return {
        "properties": properties[_TEXT_PROPERTIES].to_numpy(float),
        "vector": np.asarray(embed(texts.tolist(), encoder, cache=vectors), float),
        "words": np.asarray(words.transform(texts), float),
    }


def _scale(block: np.ndarray, each: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scale (p_b,) with which a block has the total variance 1, shared equally by the columns if ``each``."""
    known = block[~np.isnan(block).any(1)]
    if not len(known):
        return np.zeros(block.shape[1]), np.full(block.shape[1], np.inf)
    spread = known.std(0)
    varies = spread > 1e-9
    scale = spread * np.sqrt(varies.sum()) if each else np.full(len(spread), np.sqrt((spread**2).sum()))
    return known.mean(0), np.where(varies, scale, np.inf)


def _standard(blocks: dict[str, np.ndarray], scales: dict[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Blocks as columns (n, p); what an empty text lacks is 0."""
    return np.hstack([np.nan_to_num((blocks[name] - mean) / scale) for name, (mean, scale) in scales.items()])


def _posterior(
    X: np.ndarray, y: np.ndarray, variance: np.ndarray, strata: np.ndarray, penalty: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean (p,) and covariance (p, p) of the coefficients, and the log evidence up to a constant.

    Each stratum has an intercept with a flat prior; a coefficient has a normal prior of variance ``1 / penalty``.
    """
    weight = 1 / variance
    X, y = centred(X, weight, strata), centred(y[:, None], weight, strata)[:, 0]
    root = cho_factor(X.T @ (X * weight[:, None]) + np.diag(penalty), lower=True)
    coef = cho_solve(root, X.T @ (weight * y))
    fit = (weight * y**2).sum() - coef @ (X.T @ (weight * y))
    evidence = np.log(weight).sum() - np.log(np.bincount(strata, weight)).sum() + np.log(penalty).sum() - fit
    return coef, cho_solve(root, np.eye(len(coef))), float(evidence / 2 - np.log(np.diag(root[0])).sum())


def _pooled(arms: pd.DataFrame, activity: str) -> np.ndarray:
    of = arms.groupby(["test", "photo"])
    return (of[activity].transform("sum") / of["view"].transform("sum")).to_numpy()


def _log_rate(arms: pd.DataFrame, activity: str) -> np.ndarray:
    return np.log((arms[activity].to_numpy() + 0.5) / (arms["view"].to_numpy() + 1))


def _noise(arms: pd.DataFrame, activity: str, rho: float) -> np.ndarray:
    """Sampling variance of each arm's log rate, at the rate of its test and photo."""
    n = arms["view"].to_numpy()
    return (1 + (n - 1) * rho) / (n * _pooled(arms, activity))


def _repeated(arms: pd.DataFrame, activity: str) -> float:
    """The rho of arms that share test, photo and text."""
    strata = arms.groupby(["test", "photo", "text"]).ngroup().to_numpy()
    k, n = arms[activity].to_numpy(float), arms["view"].to_numpy(float)
    there = (np.bincount(strata)[strata] > 1) & (np.bincount(strata, k)[strata] > 0)
    number = len(np.unique(strata[there]))
    if number < MIN_REPEATED:
        return 0.0
    rate = (np.bincount(strata, k) / np.bincount(strata, n))[strata][there]
    return correlation(k[there], n[there], n[there] * rate, 1 - rate, int(there.sum()) - number)


def _pairs(arms: pd.DataFrame, strata: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions (m,) of the two arms of every pair of different texts in one stratum."""
    texts = arms["text"].to_numpy(object)

    def each() -> Iterator[np.ndarray]:
        for inside in pd.Series(range(len(arms))).groupby(strata).indices.values():
            a, b = np.triu_indices(len(inside), 1)
            yield np.column_stack([inside[a], inside[b]])

    i, j = np.vstack(list(each())).T
    different = texts[i] != texts[j]
    return i[different], j[different]


def _log_score(first: np.ndarray, second: np.ndarray, log_odds: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Log-probability of the first count given both, by a beta-binomial whose log odds vary by ``variance``."""
    mean = expit(log_odds)
    share = variance * mean * (1 - mean)
    return logpmf(first, first + second, mean, share / (1 + share))
