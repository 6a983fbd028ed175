import numpy as np
import pytest
import torch

from lib import betabinomial
from lib.models.training import beta_binomial_loss


@pytest.mark.parametrize(
    ("k", "n", "mean", "rho"), [(0, 1000, 0.002, 0.01), (40, 900, 0.02, 0.1), (7_000_000, 7_000_000, 0.9, 0.3)]
)
def test_the_loss_is_the_likelihood(k, n, mean, rho):
    def value(mean):
        eta = torch.tensor([[np.log(mean / (1 - mean))]], dtype=torch.float64)
        theta = torch.tensor([np.log((1 - rho) / rho)])
        return -beta_binomial_loss(eta, theta, torch.tensor([[float(k)]]), torch.tensor([[float(n)]]).double()).item()

    exact = betabinomial.logpmf(k, n, mean, rho) - betabinomial.logpmf(k, n, mean / 2, rho)
    assert value(mean) - value(mean / 2) == pytest.approx(exact, abs=1e-6)
