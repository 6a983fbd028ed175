"""The optimiser of the zero-inflated beta-binomial, for `lib.betabinomial.fit_zero_inflated`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lib.betabinomial import kernels, newton

Array = np.ndarray
NO_INFLATION = -20.0  # a share of certain zeros with a logit below this counts as 0


@dataclass(frozen=True)
class Inflated:
    """A maximum: ``point`` and ``std_err`` (3,) of (logit zero, logit mean, log(alpha + beta)); loglik in nats."""

    point: Array
    std_err: Array
    loglik: float
    converged: bool
    state: str


def maximise_inflated(k: Array, n: Array, mean: float, rho: float, loglik: float) -> Inflated | None:
    """The best fit with certain zeros, or None if no such fit is better than the fit without.

    The likelihood can have several maxima. The search starts from the fit without certain zeros and from the
    rows that are not zero.

    Parameters
    ----------
    k, n : (rows,) float64, successes and trials; every row has a trial
    mean, rho, loglik : the fit without certain zeros
    """
    zeros = k == 0.0
    if not zeros.any():
        return None
    x = np.ones((1, k.size))
    problem = newton.Problem(x, x, k, n, np.ones_like(k), np.zeros(1))

    def evaluate(point: Array) -> tuple[float, Array, Array]:
        return _evaluate(problem, zeros, point)

    best: newton.Optimum | None = None
    for start in _starts(problem, zeros, mean, rho):
        found = newton.maximise(evaluate, start, look=_end_at_edge)
        if found.point[2] > np.log(n.max()):  # so little dispersion that rho = 0 may be as likely
            edge = newton.maximise(evaluate, np.append(found.point[:2], np.inf), free=slice(2), look=_end_at_edge)
            if edge.converged and edge.value >= found.value - 1e-8:
                found = replace(edge, state="binomial")
        if found.converged and (best is None or found.value > best.value):
            best = found
    if best is None or best.value <= loglik + 1e-8:
        return None
    free = np.isfinite(best.point)
    std_err = np.full(3, np.nan)
    std_err[free] = np.sqrt(np.diag(np.linalg.inv(best.information[np.ix_(free, free)])))
    return Inflated(best.point, std_err, best.value, best.converged, best.state)


def _starts(problem: newton.Problem, zeros: Array, mean: float, rho: float) -> list[Array]:
    logit = np.log(mean / (1.0 - mean))
    log_s = np.log((1.0 - rho) / rho) if rho > 0.0 else np.log(problem.n.max())
    share = zeros.mean()
    starts = [np.array([np.log(share / 2.0 / (1.0 - share / 2.0)), logit, log_s])]
    kept = ~zeros
    some = newton.Problem(
        problem.x[:, kept], problem.z[:, kept], problem.k[kept], problem.n[kept], problem.weight[kept], np.zeros(1)
    )
    coef, log_s = newton.start(some)
    return [np.array([np.log(share / (1.0 - share)), coef[0], log_s]), *starts]


def _end_at_edge(point: Array, value: float, gradient: Array) -> newton.Optimum | None:
    """End a search that tends to zero = 0 (not a maximum of this model) or to rho = 0."""
    if point[0] < NO_INFLATION:
        return newton.Optimum(point, value, np.eye(3), 0, False, "no inflation")
    if 30.0 < point[2] < np.inf and gradient[2] > 0.0:
        return newton.Optimum(point, value, np.eye(3), 0, False, "no dispersion")
    return None


def _evaluate(problem: newton.Problem, zeros: Array, point: Array) -> tuple[float, Array, Array]:
    """Log-likelihood with the binomial coefficients, gradient and negative Hessian.

    Parameters are (logit zero, logit mean, log(alpha + beta)).
    """
    share = 1.0 / (1.0 + np.exp(-point[0]))
    _, (d_eta, d_theta, d_ee, d_et, d_tt) = problem.row_terms(point[1:], problem.weight)
    mean, rest = 1.0 / (1.0 + np.exp(-point[1])), 1.0 / (1.0 + np.exp(point[1]))
    with np.errstate(over="ignore"):
        s = np.exp(point[2])
    ones = np.ones_like(problem.k)
    logs = np.empty_like(problem.k)
    kernels.log_pmf_rows(problem.k, problem.n, mean * ones, rest * ones, s * ones, logs)
    chance = share + (1.0 - share) * np.exp(logs[zeros])
    value = float(np.log(chance).sum() + logs[~zeros].sum() + np.log1p(-share) * (~zeros).sum())
    sampled = np.ones_like(problem.k)  # probability that a row comes from the beta-binomial
    sampled[zeros] = (1.0 - share) * np.exp(logs[zeros]) / chance
    both = sampled * (1.0 - sampled)
    gradient = np.array([(1.0 - sampled).sum() - share * sampled.size, sampled @ d_eta, sampled @ d_theta])
    hessian = np.empty((3, 3))
    hessian[0, 0] = both.sum() - share * (1.0 - share) * sampled.size
    hessian[0, 1] = hessian[1, 0] = -both @ d_eta
    hessian[0, 2] = hessian[2, 0] = -both @ d_theta
    hessian[1, 1] = sampled @ d_ee + both @ d_eta**2
    hessian[1, 2] = hessian[2, 1] = sampled @ d_et + both @ (d_eta * d_theta)
    hessian[2, 2] = sampled @ d_tt + both @ d_theta**2
    return value, gradient, -hessian
