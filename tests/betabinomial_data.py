"""Simulated counts for the tests of the beta-binomial, and its log-likelihood with 50 digits."""

import mpmath
import numpy as np

from lib import betabinomial as bb

mpmath.mp.dps = 50


def simulated(rows=2000, s=43.0, seed=0, trials=7000, base=-4.0):
    rng = np.random.default_rng(seed)
    n = np.floor(np.exp(rng.normal(np.log(trials), 1.0, rows))) + 1.0
    X = np.column_stack([np.ones(rows), rng.normal(size=rows), rng.random(rows) < 0.3])
    mean = 1.0 / (1.0 + np.exp(-(X @ [base, 0.3, -0.2])))
    return X, bb.rvs(n, mean, 1.0 / (1.0 + s), rng), n


def exact_logpmf(k, n, mean, rho):
    mean, rho, log_gamma = mpmath.mpf(mean), mpmath.mpf(rho), mpmath.loggamma
    total = log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1)
    if rho == 0:
        return total + k * mpmath.log(mean) + (n - k) * mpmath.log(1 - mean)
    s = (1 - rho) / rho
    for x, m, sign in ((mean * s, k, 1), ((1 - mean) * s, n - k, 1), (s, n, -1)):
        total += sign * (log_gamma(x + m) - log_gamma(x))
    return total


def exact_terms(k, n, eta, theta):
    """Log-likelihood of a row and its derivatives by (eta, theta), from polygammas with 50 digits."""
    mu, s = 1 / (1 + mpmath.exp(-mpmath.mpf(float(eta)))), mpmath.exp(mpmath.mpf(float(theta)))
    a, b = mu * s, (1 - mu) * s
    first = [mpmath.psi(0, x + m) - mpmath.psi(0, x) for x, m in ((a, k), (b, n - k), (s, n))]
    second = [mpmath.psi(1, x + m) - mpmath.psi(1, x) for x, m in ((a, k), (b, n - k), (s, n))]
    w = mu * (1 - mu) * s
    d_eta = w * (first[0] - first[1])
    d_theta = a * first[0] + b * first[1] - s * first[2]
    d_ee = (1 - 2 * mu) * d_eta + w**2 * (second[0] + second[1])
    d_et = d_eta + w * (a * second[0] - b * second[1])
    d_tt = d_theta + a**2 * second[0] + b**2 * second[1] - s**2 * second[2]
    return exact_logpmf(k, n, mu, 1 / (1 + s)), d_eta, d_theta, d_ee, d_et, d_tt
