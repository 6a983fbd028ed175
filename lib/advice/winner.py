"""Which of two drafts gets the higher rate."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_expit, logit

# Two drafts are too close to call if neither has this probability of the higher rate.
CALLED = 0.6

Call = Literal["first", "second", "too close to call"]

# What the page needs to know of this: the threshold, and the number and the reach of the steps of the sum.
WINNER = {"called": CALLED, "steps": 4001, "reach": 12.0}
_STEPS = np.linspace(-WINNER["reach"], WINNER["reach"], WINNER["steps"])


def call(probability: float) -> Call:
    """Which of two drafts has the higher rate, given the probability that the first has; see ``CALLED``."""
    if probability >= CALLED:
        return "first"
    return "second" if probability <= 1 - CALLED else "too close to call"


def win_probability(means: ArrayLike, rhos: ArrayLike) -> float:
    """Probability that the first of two posts has the higher rate, given their forecasts for one activity.

    The rate of a post is not known: it has the beta distribution with the forecast's mean and intra-class correlation.
    The two rates are independent. Two posts with equal means have the probability 1/2.

    Parameters
    ----------
    means
        (2,) from 0 to below 1.
    rhos
        (2,) in [0, 1).

    Notes
    -----
    Both distributions become probabilities of the same 4,001 log-odds, which lie close together near the means and far
    apart in the tails. The error is below 1e-5. The page does the same sum in ``assets/draft-forecast.js``.
    """
    (first, second), rhos = means, np.asarray(rhos)
    if first == second or rhos.min() == 0 or min(means) == 0:
        return (1 + np.sign(first - second)) / 2
    means = np.array(means)
    alpha, beta = means * (1 - rhos) / rhos, (1 - means) * (1 - rhos) / rhos
    spread = 1 / np.sqrt(1 + np.max(alpha * beta / (alpha + beta)))
    z = logit(means).mean() + spread * np.sinh(_STEPS)
    density = alpha[:, None] * log_expit(z) + beta[:, None] * log_expit(-z) + np.log(np.cosh(_STEPS))
    shares = np.exp(density - density.max(1, keepdims=True))
    ours, theirs = shares / shares.sum(1, keepdims=True)
    return float(ours @ (np.cumsum(theirs) - theirs / 2))
