"""Three count models without any feature, beside the data: which of them could have made the counts?"""

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
    """A fitted count model: with probability ``zero`` a certain zero, else beta-binomial with ``mean`` and ``rho``.

    ``loglik`` in nats over all rows that it was fitted to.
    """

    name: str
    zero: float
    mean: float
    rho: float
    loglik: float

    def draw(self, n: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Counts (rows,) int64 for n views each."""
        k = rvs(n, self.mean, self.rho, rng)
        return np.where(rng.random(len(n)) < self.zero, 0, k)

    def pmf(self, k: int, n: np.ndarray) -> np.ndarray:
        """Probability (rows,) of a count of k for n views each."""
        inner = np.where(n >= k, np.exp(logpmf(np.minimum(k, n), n, self.mean, self.rho)), 0.0)
        return (1 - self.zero) * inner + (self.zero if k == 0 else 0.0)


def fit_count_models(k: np.ndarray, n: np.ndarray) -> list[CountModel]:
    """Binomial, beta-binomial and zero-inflated beta-binomial, by maximum likelihood to (rows,) counts and views."""
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
    """What a model's own draws look like beside the data: a posterior predictive check with the parameters plugged in.

    Returns
    -------
    A row a ``statistic``: the share of "zeros" and the quantiles of the counts ("50 %", "90 %", "99 %"): ``observed``,
    and ``low`` to ``high``, the range that ``level`` of the replicated data sets fall in.

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
    """Each post's rate as the model would have it, the posterior mean (k + alpha) / (n + alpha + beta), (rows,).

    The raw rate k/n pulled to the mean, the more the fewer the views. For a model without zero inflation.
    """
    with np.errstate(divide="ignore"):
        s = np.divide(1 - model.rho, model.rho)
    return np.full(len(n), model.mean) if np.isinf(s) else (k + model.mean * s) / (n + s)


def signal_share(n: np.ndarray, rho: float) -> np.ndarray:
    """Share (rows,) of a raw rate's variance between posts that is not sampling noise: n rho / (1 + (n - 1) rho)."""
    return n * rho / (1 + (n - 1) * rho)
