"""Three count models without features: which of them could have generated the counts of one activity?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lib.betabinomial.distribution import logpmf, rvs
from lib.betabinomial.rate import fit_rate, fit_zero_inflated

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CountModel:
    """A fitted count model: a certain zero with probability ``zero``, else a beta-binomial count.

    Attributes
    ----------
    name : "binomial", "beta-binomial" or "zero-inflated"
    zero : float, share of certain zeros
    mean, rho : float, parameters of the beta-binomial
    loglik : float, nats, summed over the fitted rows
    """

    name: str
    zero: float
    mean: float
    rho: float
    loglik: float

    def draw(self, n: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Random counts (rows,) int64 for n (rows,) views."""
        k = rvs(n, self.mean, self.rho, rng)
        return np.where(rng.random(len(n)) < self.zero, 0, k)

    def pmf(self, k: int, n: np.ndarray) -> np.ndarray:
        """Probability (rows,) float64 of the count k for n (rows,) views."""
        inner = np.where(n >= k, np.exp(logpmf(np.minimum(k, n), n, self.mean, self.rho)), 0.0)
        return (1 - self.zero) * inner + (self.zero if k == 0 else 0.0)


def fit_count_models(k: np.ndarray, n: np.ndarray) -> list[CountModel]:
    """Fit a binomial, a beta-binomial and a zero-inflated beta-binomial to (rows,) counts and views."""
    pooled = k.sum() / n.sum()
    plain, inflated = fit_rate(k, n), fit_zero_inflated(k, n)
    return [
        CountModel("binomial", 0.0, pooled, 0.0, float(logpmf(k, n, pooled, 0.0).sum())),
        CountModel("beta-binomial", 0.0, plain.mean, plain.rho, plain.loglik),
        CountModel("zero-inflated", inflated.zero, inflated.mean, inflated.rho, inflated.loglik),
    ]


def replicate(
    model: CountModel, k: np.ndarray, n: np.ndarray, draws: int = 200, level: float = 0.9, seed: int = 0
) -> pd.DataFrame:
    """Compare the data with data sets drawn from a model: a posterior predictive check with parameters plugged in.

    Returns
    -------
    One row for each ``statistic``: the share of "zeros", and the quantiles "50 %", "90 %" and "99 %" of the counts.
    Columns: ``observed``, and ``low`` to ``high``, the central range with the share ``level`` of the drawn data sets.

    References
    ----------
    Gelman, Meng & Stern (1996), Posterior predictive assessment of model fitness, Statistica Sinica 6:733.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)

    def statistics(counts: np.ndarray) -> np.ndarray:
        return np.array([(counts == 0).mean(), *np.quantile(counts, [0.5, 0.9, 0.99])])

    replicated = np.array([statistics(model.draw(n, rng)) for _ in range(draws)])
    low, high = np.quantile(replicated, [(1 - level) / 2, (1 + level) / 2], axis=0)
    names = ["zeros", "50 %", "90 %", "99 %"]
    return pd.DataFrame({"statistic": names, "observed": statistics(k), "low": low, "high": high})


def rootogram(model: CountModel, k: np.ndarray, n: np.ndarray, largest: int = 30) -> pd.DataFrame:
    """Frequencies of the small counts, observed and expected under a model.

    Columns: ``count`` (0 to ``largest``), ``observed`` and ``expected`` number of rows.

    References
    ----------
    Kleiber & Zeileis (2016), Visualizing count data regressions using rootograms, doi:10.1080/00031305.2016.1173590.
    """
    import pandas as pd

    counts = np.arange(largest + 1)
    observed = np.bincount(k[k <= largest], minlength=largest + 1)
    return pd.DataFrame({"count": counts, "observed": observed, "expected": [model.pmf(c, n).sum() for c in counts]})


def shrink(k: np.ndarray, n: np.ndarray, model: CountModel) -> np.ndarray:
    """Posterior mean (k + alpha) / (n + alpha + beta) of each post's rate, (rows,) float64.

    The posterior mean lies between the observed rate k / n and the model's mean; with few views it is close to the
    model's mean. The model must have no zero inflation.
    """
    with np.errstate(divide="ignore"):
        s = np.divide(1 - model.rho, model.rho)
    return np.full(len(n), model.mean) if np.isinf(s) else (k + model.mean * s) / (n + s)


def signal_share(n: np.ndarray, rho: float) -> np.ndarray:
    """Share (rows,) of an observed rate's variance that is not sampling noise: n rho / (1 + (n - 1) rho)."""
    return n * rho / (1 + (n - 1) * rho)
