"""The bias of effects that come from posts as they are: how large it is beside randomised tests.

A lever's effect on authors' own posts differs from its effect in an experiment by a bias, which no number of posts
removes. The biases, as log ratios of rates, are taken to come from one normal distribution around 0 for all levers and
activities. That is an assumption. Its standard deviation is estimated from levers that were tested both ways.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

FIGURES = Path(__file__).with_name("experiments.json")
_MOST, _STEPS = 0.5, 251  # the largest standard deviation that is considered, and the number of values up to it


@dataclass(frozen=True, eq=False)
class Bias:
    """The distribution of the standard deviation of the biases.

    Attributes
    ----------
    deviations, weights
        (g,) values of the standard deviation, log ratios, and their probabilities.
    """

    deviations: np.ndarray
    weights: np.ndarray

    @property
    def deviation(self) -> float:
        """Root of the mean variance."""
        return float(np.sqrt(self.weights @ self.deviations**2))

    def p(self, log_ratio: np.ndarray, error: np.ndarray, df: np.ndarray) -> np.ndarray:
        """Two-sided p, (m,), of log ratios (m,) with standard errors and degrees of freedom (m,)."""
        total = np.hypot(np.asarray(error, float)[:, None], self.deviations)
        return 2 * stdtr(np.asarray(df, float)[:, None], -np.abs(log_ratio)[:, None] / total) @ self.weights

    def half_width(self, error: np.ndarray, df: np.ndarray, outside: np.ndarray) -> np.ndarray:
        """Half width (m,) of the intervals of log ratios that leave the probability ``outside`` (m,)."""
        df = np.asarray(df, float)
        tail = -stdtrit(df, np.asarray(outside) / 2)
        low, high = tail * error, tail * np.hypot(error, self.deviations.max())
        for _ in range(40):
            middle = (low + high) / 2
            wider = self.p(middle, error, df) > outside
            low, high = np.where(wider, middle, low), np.where(wider, high, middle)
        return (low + high) / 2


NO_BIAS = Bias(np.zeros(1), np.ones(1))


def estimate_bias(differences: ArrayLike, errors: ArrayLike) -> Bias:
    """The distribution of the standard deviation, given what was found for some levers.

    Parameters
    ----------
    differences, errors
        (levers,) log ratio of a lever's effect on posts as they are to that in the experiment, and its standard error.

    References
    ----------
    Gelman (2006), Prior distributions for variance parameters in hierarchical models, doi:10.1214/06-BA117A: a uniform
    prior of the standard deviation.
    """
    deviations = np.linspace(0, _MOST, _STEPS)
    variance = deviations[:, None] ** 2 + np.square(np.asarray(errors))
    log_likelihood = -(np.log(variance) + np.square(np.asarray(differences)) / variance).sum(1) / 2
    weights = np.exp(log_likelihood - log_likelihood.max())
    return Bias(deviations, weights / weights.sum())


@cache
def experiment_figures() -> dict[str, Any]:
    """What ``bench/experiments.py`` found on randomised tests, and how the run was made."""
    return json.loads(FIGURES.read_text(encoding="utf-8"))


@cache
def known_bias(dated: bool) -> Bias:
    """The bias as estimated from randomised tests, of effects that are adjusted for the date (``dated``) or aren't."""
    levers = experiment_figures()["against"]["dated" if dated else "undated"]["levers"]
    return estimate_bias([row["bias"] for row in levers], [row["error"] for row in levers])
