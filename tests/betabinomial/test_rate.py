import numpy as np
import pytest
from betabinomial_data import simulated

from lib import betabinomial as bb


def test_rate_is_the_regression_on_a_constant():
    _, k, n = simulated()
    rate, fit = bb.fit_rate(k, n), bb.fit_regression(np.ones((k.size, 1)), k, n)
    assert (rate.loglik, rate.rho) == (fit.loglik, fit.rho)
    assert rate.mean == pytest.approx(1 / (1 + np.exp(-fit.coef[0])))
    assert rate.se_mean == pytest.approx(np.sqrt(fit.cov[0, 0]) * rate.mean * (1 - rate.mean))
    assert rate.state == "regular" and rate.se_rho > 0
    assert bb.fit_rate([0, 0], [5, 9]).state == "all zero"
