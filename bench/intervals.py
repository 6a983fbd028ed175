"""Coverage of the 95 % intervals of a beta-binomial regression over simulated data sets.

    python bench/intervals.py [--sets 1000] [--seed 0]

A data set has a constant, a covariate and a group, and one new row. A line of the table gives the share of data sets in
which an interval held the truth. With 1,000 data sets the simulation error of a share is 0.7 points, and the bars are
93 to 97 %. The interval of the next count, which is discrete, must hold at least 93 %. Profile intervals rest on many
rows: of 50 rows with four parameters one expects 93.9 %. The last line tests whether the randomised probability
integral transform of the next count is uniform (Kolmogorov and Smirnov).
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy import stats
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))
from lib import betabinomial
from lib.betabinomial.covariances import row_covariance
from lib.betabinomial.prediction import NextCount

Array = np.ndarray
CASES = {  # rows, median trials, coefficients, alpha + beta
    "100 rows of 20 trials": (100, 20, [-1.0, 0.4, -0.3], 6.0),
    "200 rows of 7,000 trials": (200, 7000, [-4.0, 0.3, -0.2], 43.0),
}


def simulate(rows: int, trials: int, coef: list[float], s: float, rng: np.random.Generator) -> tuple[Array, ...]:
    """X, k, n and the true means of rows."""
    X = np.column_stack([np.ones(rows), rng.normal(size=rows), rng.random(rows) < 0.4])
    n = np.floor(np.exp(rng.normal(np.log(trials), 0.7, rows))) + 1.0
    mean = 1.0 / (1.0 + np.exp(-(X @ coef)))
    return X, betabinomial.rvs(n, mean, 1.0 / (1.0 + s), rng), n, mean


def one_set(case: tuple, rng: np.random.Generator) -> tuple[dict[str, bool], float]:
    """Whether each interval of one data set held the truth, and the transform of its next count."""
    rows, trials, coef, s = case
    X, k, n, mean = simulate(rows + 1, trials, coef, s, rng)
    fit = betabinomial.fit_regression(X[:-1], k[:-1], n[:-1])
    new = X[-1:]
    table = fit.get_prediction(new, n=n[-1:]).iloc[0]
    held = {
        "mean": table["ci_low"] <= mean[-1] <= table["ci_high"],
        "next count": table["pi_low"] <= k[-1] <= table["pi_high"],
    }
    for (name, ends), truth in zip(fit.profile_intervals().iterrows(), [*coef, np.log(s)], strict=True):
        held[f"profile of {name}"] = ends["ci_low"] <= truth <= ends["ci_high"]
    spread = row_covariance(fit, new, np.ones((1, 1)), fit.cov)
    count = NextCount(n[-1:], new @ fit.coef, fit.log_precision(None, 1), *spread)
    below, upto = (count.cdf(np.array([j]))[0] for j in (k[-1] - 1, k[-1]))
    return held, below + rng.random() * (upto - below)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=1000, help="number of data sets of each case")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for name, case in CASES.items():
        rng = np.random.default_rng(asked.seed)
        held, transforms = defaultdict(int), []
        for _ in tqdm(range(asked.sets), desc=name, leave=False, disable=None):
            one, u = one_set(case, rng)
            for key, value in one.items():
                held[key] += value
            transforms.append(u)
        print(f"{name}, {asked.sets:,} data sets")
        for key, count in held.items():
            share = count / asked.sets
            good = share >= 0.93 and (share <= 0.97 or key == "next count")
            print(f"  {key:<30}{100 * share:7.1f} %{'' if good else '   outside the bars'}")
        print(f"  {'transform of the next count':<30}{stats.kstest(transforms, 'uniform').pvalue:7.2f} = p (uniform)")


if __name__ == "__main__":
    main()
