"""The beta-binomial: distribution, rates, and regression for counts out of a known number of trials.

``k ~ BetaBinomial(n, mean, rho)``: a probability is drawn from a beta distribution with the given mean and
``alpha + beta = (1 - rho) / rho``, then n trials succeed with it. ``rho`` in [0, 1) is the correlation of two
trials of the same row; ``rho = 0`` is the binomial.

Read in this order:

- ``distribution``: ``logpmf``, ``cdf``, ``ppf``, ``rvs``, ``crps``; ``checks`` tests the arguments;
- ``regression``: ``fit_regression``, with its result in ``fit``; ``design`` scales the columns, ``newton`` maximises
  the likelihood, ``edges`` follows it to a limit, ``blas`` limits the threads of BLAS;
- ``results``: what a fit can be asked; ``covariances`` has its standard errors, ``inference`` tables, contrasts and
  ``lr_test``, ``profile`` intervals from the likelihood, ``prediction`` new rows, ``rows`` and ``residuals`` how each
  row agrees with it; ``formula`` has ``fit_formula``, a regression from a formula and a table;
- ``path``: ``PenaltyPath``, coefficients for one penalty after another;
- ``sharded``: ``fit_regression_shards``, a regression on more rows than memory holds; ``shard_sums`` reads them;
- ``inflated``: ``fit_zero_inflated_regression``, with covariates for certain zeros too; ``zero_inflation`` maximises
  its likelihood;
- ``rate``: ``fit_rate`` and ``fit_zero_inflated``, one rate for all rows;
- ``count_models``: which of three count models could have generated the counts of one activity.

``kernels`` is the second public package: the boosted trees of ``lib.models`` use its compiled loops too. The kernels
and pandas are imported where they are first needed, so that importing this room is fast.

Examples
--------
>>> import numpy as np
>>> views = np.array([1000, 4000, 2000, 9000, 3000, 6000])
>>> likes = np.array([12, 130, 9, 380, 35, 61])
>>> fit = fit_regression(np.column_stack([np.ones(6), [0, 1, 0, 1, 0, 0]]), likes, views)
>>> fit.state
'regular'
>>> fit.predict([[1, 0], [1, 1]]).round(3)
array([0.01 , 0.038])
>>> [float(v) for v in ppf([0.05, 0.95], 1000, fit.predict([[1, 0]]), fit.rho)]
[4.0, 16.0]
"""

from __future__ import annotations

from lib.betabinomial.count_models import CountModel, fit_count_models, replicate, rootogram, shrink, signal_share
from lib.betabinomial.distribution import cdf, crps, logpmf, ppf, rvs
from lib.betabinomial.fit import RegressionFit
from lib.betabinomial.formula import fit_formula
from lib.betabinomial.inference import HypothesisTest, lr_test
from lib.betabinomial.inflated import ZeroInflatedRegressionFit, fit_zero_inflated_regression
from lib.betabinomial.path import PathFit, PenaltyPath
from lib.betabinomial.rate import RateFit, ZeroInflatedFit, fit_rate, fit_zero_inflated
from lib.betabinomial.regression import fit_regression, fit_regressions
from lib.betabinomial.sharded import ShardedFit, fit_regression_shards

__all__ = [
    "CountModel",
    "HypothesisTest",
    "PathFit",
    "PenaltyPath",
    "RateFit",
    "RegressionFit",
    "ShardedFit",
    "ZeroInflatedFit",
    "ZeroInflatedRegressionFit",
    "cdf",
    "crps",
    "fit_count_models",
    "fit_formula",
    "fit_rate",
    "fit_regression",
    "fit_regression_shards",
    "fit_regressions",
    "fit_zero_inflated",
    "fit_zero_inflated_regression",
    "logpmf",
    "lr_test",
    "ppf",
    "replicate",
    "rootogram",
    "rvs",
    "shrink",
    "signal_share",
]
