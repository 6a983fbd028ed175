"""Time and accuracy of `lib.betabinomial.fit_regression` and of other software that fits the same model.

    python bench/betabinomial.py          every comparison that takes minutes at most
    python bench/betabinomial.py --all    every peer on every case

The simulated rates are those of likes (1.9 %, alpha + beta = 43) and of comments (0.05 %, 1,750), and the views are
those of posts. Our time is the median of five fits after one warm-up. A peer that takes longer than ten seconds is
run once. The columns of the table are:

- seconds, and their ratio to our seconds ("x ours");
- "short by": our log-likelihood minus the log-likelihood at the peer's estimate, both by our log-pmf, which is exact
  to 13 digits;
- "own error": the log-likelihood that the peer reports minus our log-likelihood at the peer's estimate;
- "coef diff": the largest absolute difference of a coefficient;
- the warnings.

The floor is the time of four passes of scipy's gammaln over the rows. No fit that uses log-gammas can be faster. The
floor and our fit are compared in processor time, which does not depend on the load of the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))
from lib import betabinomial

Array = np.ndarray
Estimate = tuple[Array, float, float]  # coefficients, log(alpha + beta), the peer's own log-likelihood
CASES = [  # rows, covariates, rate, alpha + beta
    (23_527, 10, 0.019, 43.0),
    (23_527, 10, 0.0005, 1750.0),
    (23_527, 50, 0.019, 43.0),
    (200_000, 10, 0.019, 43.0),
]


def simulate(rows: int, covariates: int, rate: float, s: float, seed: int = 0) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    n = np.maximum(1000, np.exp(rng.normal(np.log(7333), 1.1, rows))).astype(int)
    X = np.column_stack([np.ones(rows), rng.normal(size=(rows, covariates))])
    coef = np.append(np.log(rate / (1 - rate)), rng.normal(size=covariates) * 0.3 * np.sqrt(10 / covariates))
    return X, betabinomial.rvs(n, 1 / (1 + np.exp(-(X @ coef))), 1 / (1 + s), rng), n


# --- the peers -----------------------------------------------------------------------------------------------


def ours(X: Array, k: Array, n: Array) -> Estimate:
    fit = betabinomial.fit_regression(X, k, n)
    assert fit.state == "regular"
    return fit.coef, float(fit.dispersion[0]), fit.loglik


def corncob(X: Array, k: Array, n: Array) -> Estimate:
    import pandas as pd
    from corncob import Corncob

    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    model = Corncob(total=pd.Series(n), count=pd.Series(k), X=frame, X_star=frame[["x0"]])
    model.fit()
    return model.theta[:-1], float(-model.theta[-1]), float(model.LogLike)


def gamlss_port(X: Array, k: Array, n: Array) -> Estimate:
    import gamlss
    import pandas as pd

    names = [f"x{j}" for j in range(1, X.shape[1])]
    frame = pd.DataFrame(X[:, 1:], columns=names).assign(y=k, n=n)
    fit = gamlss.gamlss(f"cbind(y, n - y) ~ {' + '.join(names)}", family=gamlss.BB(), data=frame)
    sigma = np.ravel(gamlss.coef(fit, "sigma"))[0]
    loglik = gamlss.logLik(fit)
    return np.ravel(gamlss.coef(fit, "mu")), float(-sigma), float(getattr(loglik, "value", loglik))


def statsmodels_generic(X: Array, k: Array, n: Array) -> Estimate:
    from scipy.special import betaln, expit, gammaln
    from statsmodels.base.model import GenericLikelihoodModel

    class BetaBinomial(GenericLikelihoodModel):
        def loglike(self, params: Array) -> float:
            mean, s = expit(X @ params[:-1]), np.exp(params[-1])
            chosen = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
            return (chosen + betaln(k + mean * s, n - k + (1 - mean) * s) - betaln(mean * s, (1 - mean) * s)).sum()

    start = np.zeros(X.shape[1] + 1)
    start[0] = np.log(k.sum() / (n.sum() - k.sum()))
    fit = BetaBinomial(k, X, extra_params_names=["log_s"]).fit(start_params=start, method="bfgs", disp=False)
    return fit.params[:-1], float(fit.params[-1]), float(fit.llf)


def torch_lbfgs(X: Array, k: Array, n: Array) -> Estimate:
    import torch

    x, y, m = (torch.as_tensor(a, dtype=torch.float64) for a in (X, k, n))
    point = torch.zeros(X.shape[1] + 1, dtype=torch.float64)
    point[0] = np.log(k.sum() / (n.sum() - k.sum()))
    point.requires_grad_()
    chosen = (torch.lgamma(m + 1) - torch.lgamma(y + 1) - torch.lgamma(m - y + 1)).sum()

    def loss() -> torch.Tensor:
        mean, s = torch.sigmoid(x @ point[:-1]), point[-1].exp()
        a, b = mean * s, (1 - mean) * s
        terms = torch.lgamma(y + a) - torch.lgamma(a) + torch.lgamma(m - y + b) - torch.lgamma(b)
        return -(terms - torch.lgamma(m + s) + torch.lgamma(s)).sum() - chosen

    search = torch.optim.LBFGS([point], max_iter=500, line_search_fn="strong_wolfe", tolerance_change=1e-12)

    def step() -> torch.Tensor:
        search.zero_grad()
        value = loss()
        value.backward()
        return value

    search.step(step)
    found = point.detach().numpy()
    return found[:-1].copy(), float(found[-1]), -loss().item()


def from_r(package: str, k: Array, n: Array, **parts: Array) -> tuple[float, float, Array, list[str]]:
    """A fit by an R package: the seconds measured inside R, the log-likelihood, the coefficients and the messages.

    ``parts`` are the columns of the mean (x), of log(alpha + beta) (z) and of the certain zeros (v).
    """
    names = [f"{part}{j}" for part, columns in parts.items() for j in range(columns.shape[1])]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.csv"
        with data.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["k", "n", *names])
            writer.writerows(zip(k, n, *np.hstack(list(parts.values())).T, strict=True))
        script = Path(__file__).with_suffix(".R")
        done = subprocess.run(["Rscript", script, data, package], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[0])
    seconds, loglik, *coef = map(float, done.stdout.split())
    return seconds, loglik, np.array(coef), done.stderr.strip().splitlines()


PEERS = {
    "corncob": corncob,
    "gamlss": gamlss_port,
    "statsmodels": statsmodels_generic,
    "torch": torch_lbfgs,
}
SLOW = {
    "statsmodels": 300_000,
    "gamlss": 300_000,
    "corncob": 1_500_000,
    "VGAM": 10_000,
}  # number of cells of X above which --all is needed


def missing(peer: str, in_r: bool = False) -> str | None:
    if peer in PEERS and not in_r:
        return None if find_spec(peer) else "not installed"
    if shutil.which("Rscript") is None:
        return "Rscript is not on the PATH"
    code = f'quit(status = !requireNamespace("{peer}", quietly = TRUE))'
    return "not installed in R" if subprocess.run(["Rscript", "-e", code], capture_output=True).returncode else None


# --- the table -----------------------------------------------------------------------------------------------


def timed(
    fit: Callable, *data: Array, repeats: int = 5, clock: Callable[[], float] = time.perf_counter
) -> tuple[float, Estimate, list[str]]:
    seconds = []
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        for _ in range(repeats):
            started = clock()
            result = fit(*data)
            seconds.append(clock() - started)
            if seconds[-1] > 10.0:
                break
    return float(np.median(seconds)), result, sorted({f"{w.category.__name__}: {w.message}" for w in caught})


def loglik_at(estimate: Estimate, X: Array, k: Array, n: Array) -> float:
    coef, log_s, _ = estimate
    return float(betabinomial.logpmf(k, n, 1 / (1 + np.exp(-(X @ coef))), 1 / (1 + np.exp(log_s))).sum())


def line(name: str, seconds: float, base: float, estimate: Estimate, best: Estimate, data: tuple, notes: list) -> str:
    reached = loglik_at(estimate, *data)
    return (
        f"{name:<12} {seconds:9.4f} {seconds / base:8.1f} {best[2] - reached:11.2e} {estimate[2] - reached:10.1e} "
        f"{np.abs(estimate[0] - best[0]).max():10.1e}  {'; '.join(n.splitlines()[0][:60] for n in notes) or '-'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every peer on every case, which can take an hour")
    everything = parser.parse_args().all

    peers = [*PEERS, "glmmTMB", "VGAM"]
    absent = {peer: reason for peer in peers if (reason := missing(peer))}
    for peer, reason in absent.items():
        print(f"{peer}: skipped, {reason}")
    from scipy.special import gammaln

    for rows, covariates, rate, s in CASES:
        data = simulate(rows, covariates, rate, s)
        X, k, n = data
        ours(*data)
        seconds, best, notes = timed(ours, *data)
        x = k + 0.5
        floor = timed(lambda x: [gammaln(x + i) for i in range(4)], x, repeats=15, clock=time.process_time)[0]
        work = timed(ours, *data, clock=time.process_time)[0]
        print(f"\n{rows:,} rows, {covariates} covariates, rate {rate:.2%}, alpha + beta {s:,.0f}")
        print(
            f"processor time: floor {floor * 1e3:.2f} ms, ours {work * 1e3:.1f} ms, {work / floor:.1f} times the floor"
        )
        K = np.column_stack([k] * 7)
        seven = timed(betabinomial.fit_regressions, X, K, n, repeats=3)[0]
        print(f"seven responses at once: {seven / seconds:.1f} single fits")
        print(f"{'':<12} {'seconds':>9} {'x ours':>8} {'short by':>11} {'own error':>10} {'coef diff':>10}  warnings")
        print(line("ours", seconds, seconds, best, best, data, notes))
        for peer in tqdm([p for p in peers if p not in absent], leave=False, desc="peers"):
            if X.size > SLOW.get(peer, np.inf) and not everything:
                tqdm.write(f"{peer:<12} left out: takes minutes, see --all", file=sys.stdout)
                continue
            try:
                if peer in PEERS:
                    took, estimate, notes = timed(PEERS[peer], *data)
                else:
                    took, loglik, coef, notes = from_r(peer, k, n, x=X)
                    estimate = coef[:-1], float(coef[-1]), loglik
            except Exception as error:  # the failure of a peer is a result; the others still run
                tqdm.write(f"{peer:<12} failed: {type(error).__name__}: {error}", file=sys.stdout)
                continue
            tqdm.write(line(peer, took, seconds, estimate, best, data, notes), file=sys.stdout)
    compare_path()
    compare_parts()


def compare_path(rows: int = 3200, covariates: int = 200) -> None:
    """Ten penalties, one after another, as a cross-validation tries them."""
    X, k, n = simulate(rows, covariates, 0.019, 43.0)
    penalties = [penalty * np.append(0.0, np.ones(covariates)) for penalty in np.geomspace(3000, 0.3, 10)]

    def along() -> list[Array]:
        path = betabinomial.PenaltyPath(X, k[:, None], n)
        return [path.fit(l2)[0].coef for l2 in penalties]

    def alone() -> list[Array]:
        return [betabinomial.fit_regression(X, k, n, l2=l2).coef for l2 in penalties]

    seconds, theirs, _ = timed(alone)
    ours = timed(along)
    print(f"\n{rows:,} rows, {covariates} covariates, {len(penalties)} penalties")
    print(f"a path: {ours[0]:.2f} s; fits of their own: {seconds:.2f} s, {seconds / ours[0]:.1f} times as long")
    print(f"largest difference of a coefficient: {np.abs(np.subtract(ours[1], theirs)).max():.0e}")


# --- covariates of the dispersion and of the zeros ------------------------------------------------------------


def scipy_parts(k: Array, n: Array, x: Array, z: Array, v: Array | None = None) -> float:
    from scipy.optimize import minimize
    from scipy.special import betaln, expit, gammaln, log_expit

    chosen = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    p, q = x.shape[1], z.shape[1]

    def loss(point: Array) -> float:
        mean, s = expit(x @ point[:p]), np.exp(z @ point[p : p + q])
        logs = chosen + betaln(k + mean * s, n - k + (1 - mean) * s) - betaln(mean * s, (1 - mean) * s)
        if v is not None:
            zeta = v @ point[p + q :]
            logs += log_expit(-zeta)
            logs = np.where(k == 0, np.logaddexp(log_expit(zeta), logs), logs)
        return -logs.sum()

    start = np.zeros(p + q + (0 if v is None else v.shape[1]))
    start[0] = np.log(k.sum() / (n.sum() - k.sum()))
    return -minimize(loss, start, method="L-BFGS-B", options={"maxfun": 10**6}).fun


def compare_parts() -> None:
    """Five columns for log(alpha + beta), without and with five columns for the certain zeros."""
    X, k, n = simulate(23_527, 10, 0.0005, 1750.0)
    rng = np.random.default_rng(1)
    Z = V = X[:, :5]
    s, zero = np.exp(Z @ [7.0, 0.3, -0.2, 0.1, 0.0]), 1 / (1 + np.exp(-(V @ [-1.0, 0.5, -0.3, 0.0, 0.2])))
    k = betabinomial.rvs(n, np.clip((k + 0.5) / (n + 1), 1e-5, 1.0), 1 / (1 + s), rng)
    fits = {
        "dispersion": (k, {"x": X, "z": Z}, lambda k: betabinomial.fit_regression(X, k, n, Z=Z)),
        "dispersion and zeros": (
            np.where(rng.random(k.size) < zero, 0, k),
            {"x": X, "z": Z, "v": V},
            lambda k: betabinomial.fit_zero_inflated_regression(X, k, n, zero=V, Z=Z),
        ),
    }
    for title, (counts, parts, fit) in fits.items():
        fit(counts)
        base, best, _ = timed(fit, counts)
        assert best.state == "regular"
        print(f"\n{k.size:,} rows, 10 covariates, 5 columns each for the {title}")
        print(f"{'':<12} {'seconds':>9} {'x ours':>8} {'short by':>11}\n{'ours':<12} {base:9.4f} {1:8.1f} {0:11.2e}")
        for peer in ("scipy", "glmmTMB", "gamlss"):
            if peer != "scipy" and (reason := missing(peer, in_r=True)):
                print(f"{peer:<12} skipped, {reason}")
                continue
            if peer == "scipy":
                took, loglik, _ = timed(scipy_parts, counts, n, *parts.values())
            else:
                took, loglik, *_ = from_r(peer, counts, n, **parts)
            print(f"{peer:<12} {took:9.4f} {took / base:8.1f} {best.loglik - loglik:11.2e}")


if __name__ == "__main__":
    main()
