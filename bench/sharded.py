"""Regression on shards beside the same fit in memory: coefficients, time, and memory beyond the imports.

    python bench/sharded.py                               200,000 rows, 50 columns, 20 shards
    python bench/sharded.py --rows 2000000 --shards 100   a minute and 4 GB

Each fit runs in a process of its own. A shard is drawn from its seed whenever it is read, as a file would be read.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from lib.betabinomial import fit_regression, fit_regression_shards, rvs

RHO = 0.01


def read(rows: int, columns: int, shard: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (rows, columns), successes and trials of a shard."""
    rng = np.random.default_rng([shard, 3])
    X = rng.normal(size=(rows, columns))
    X[:, 0] = 1.0
    n = rng.integers(100, 5000, rows)
    effects = np.linspace(-0.1, 0.1, columns)
    effects[0] = -4.0
    return X, rvs(n, 1 / (1 + np.exp(-X @ effects)), RHO, rng), n


def peak() -> float:
    """The largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fitted(kind: str, rows: int, columns: int, shards: int) -> tuple[np.ndarray, float, float]:
    """Coefficients, seconds, and MB beyond what a fit of 100 rows takes: that has compiled and imported everything."""
    fit_regression(*read(100, columns, 0))
    fit_regression_shards(partial(read, 100, columns), [0])
    before, start = peak(), time.perf_counter()
    of = partial(read, rows // shards, columns)
    if kind == "shards":
        coef = fit_regression_shards(of, range(shards))[0][0].coef
    else:
        parts = [of(shard) for shard in range(shards)]
        columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
        del parts
        coef = fit_regression(*columns).coef
    return coef, time.perf_counter() - start, peak() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--shards", type=int, default=20)
    options = parser.parse_args()
    found = {}
    for kind in ("shards", "memory"):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found[kind] = pool.submit(fitted, kind, options.rows, options.columns, options.shards).result()
        print(f"{kind:<8} {found[kind][1]:>7.1f} s {found[kind][2]:>8,.0f} MB", flush=True)
    gap = np.abs(found["shards"][0] - found["memory"][0]).max()
    share = found["shards"][2] / found["memory"][2]
    print(f"largest difference of a coefficient {gap:.1e}; memory {share:.3f} of the fit's")


if __name__ == "__main__":
    main()
