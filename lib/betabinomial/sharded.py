"""Beta-binomial regression on more rows than memory holds: sums over shards that are read again in each pass.

Newton's method needs the log-likelihood, its gradient and its Hessian, and each of them is a sum over rows. So a pass
reads every shard, adds up what the searches ask for, and forgets the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial, reduce
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lib.betabinomial.checks import new_rows
from lib.betabinomial.fit import expit
from lib.betabinomial.regression import explained, fit_regressions, where_known
from lib.betabinomial.shard_sums import (
    Basis,
    Moments,
    Read,
    Rows,
    Wanted,
    added,
    basis_of,
    checked_rows,
    joined,
    shard_moments,
    shard_sums,
)

if TYPE_CHECKING:
    import pandas as pd

    from lib.betabinomial.newton import Optimum

Array = np.ndarray
Run = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]

PLAIN = 5.0  # log(alpha + beta) where a search starts without a fit of the first shard


@dataclass(frozen=True)
class ShardedFit:
    """A beta-binomial regression on shards: ``logit(mean) = X coef``, with one rho.

    Attributes
    ----------
    coef : (p,) float64, on the scale of the given X; 0 for aliased columns
    rho : float, intra-class correlation; NaN where the data do not identify it
    loglik : float, nats; binomial coefficients included, penalty excluded
    cov : (p + 1, p + 1) float64, covariance of (coef, log(alpha + beta)) from the observed information, which includes
        the penalty. NaN for parameters without a standard error.
    cov_robust : (p + 1, p + 1) float64, sandwich covariance of independent rows
    converged : bool, whether coef and rho are a maximum (which may lie at rho = 0 or 1)
    n_iter : int, Newton steps
    state : str, as in `RegressionFit`, but "not converged" where a fit in memory would follow a separated likelihood
    message : str, what the state means for this fit; empty for a regular fit
    aliased : (p,) bool, columns that are combinations of earlier columns; their coefficients are fixed at 0
    n_rows : int, rows with a trial
    names : column names of X, or None
    """

    coef: Array
    rho: float
    loglik: float
    cov: Array
    cov_robust: Array
    converged: bool
    n_iter: int
    state: str
    message: str
    aliased: Array
    n_rows: int
    names: tuple[str, ...] | None

    def predict(self, X: ArrayLike) -> Array:
        """Means (rows,) float64 for the rows of X, which has the columns of the fitted X.

        Raises
        ------
        ValueError
            If X is not a table of finite numbers with these columns.
        """
        return expit(new_rows("X", X, self.coef.size) @ self.coef)

    def summary(self, robust: bool = False) -> pd.DataFrame:
        """One line per coefficient: coef, std_err, z, p (two-sided), ci_low and ci_high (95 %)."""
        from lib.betabinomial.inference import table

        errors = np.sqrt(np.diag(self.cov_robust if robust else self.cov)[:-1])
        return table(self.coef, errors, self.names or [f"x{j}" for j in range(self.coef.size)], np.inf)


def fit_regression_shards(
    read: Read, shards: Sequence[Any], l2: Sequence[float] = (0.0,), run: Run = map
) -> list[list[ShardedFit]]:
    """Maximum-likelihood beta-binomial regressions of all responses with each penalty, in shared passes over shards.

    The searches begin where fits of the first shard end, so that about five passes are made. Memory holds one shard,
    or one for each process of ``run``. The fits equal those of `fit_regressions` on all rows, up to rounding.

    Parameters
    ----------
    read : called with one of ``shards``, again in each pass. It gives X (rows, p), K (rows, m) or (rows,) successes
        and n (rows,) trials. No column is added to X: include a column of ones. Rows without trials don't count.
    shards : what ``read`` takes, such as paths
    l2 : penalties, each as the number ``l2`` of `fit_regression`
    run : maps a function over the shards in their order: ``map``, or that of a pool of processes, to which ``read`` and
        the shards are sent

    Returns
    -------
    For each penalty the fits of the m responses.

    Raises
    ------
    ValueError
        If there is no shard, an array of a shard can't be used (the message names the shard), the shards have
        different columns, no row has a trial, or a penalty is not a finite number from 0.
    """
    shards, l2 = list(shards), list(l2)
    if not shards:
        raise ValueError("There are no shards: there is nothing to fit.")
    if not all(np.isfinite(of) and of >= 0.0 for of in l2):
        raise ValueError(f"l2 = {l2!r} must hold finite numbers, 0 or larger.")
    first = checked_rows(read, shards[0])
    shift = np.zeros(first.X.shape[1])
    if len(first.n):
        shift = np.where((first.X == first.X[0]).all(axis=0), 0.0, first.X.mean(axis=0))
    moments = reduce(joined, run(partial(shard_moments, read, shift), shards))
    if moments.constant is None and shift.any():  # nothing can absorb the shift
        moments = reduce(joined, run(partial(shard_moments, read, np.zeros(shift.size)), shards))
    if not moments.rows:
        raise ValueError("No row has a trial: there is nothing to fit.")
    tasks, starts = [], []
    for penalty in l2:
        basis = basis_of(moments, penalty > 0.0)
        tasks += [_task(moments, basis, j, penalty) for j in range(moments.successes.size)]
        starts += _starts(first, moments, basis, penalty)
    searches = [partial(_search, task, moments, start) for task, start in zip(tasks, starts, strict=True)]

    def answers(asked: dict[int, tuple[str, Array]]) -> list[tuple]:
        wanted = [
            Wanted(tasks[i].basis, tasks[i].response, tasks[i].state == "rho one", *of) for i, of in asked.items()
        ]
        return list(reduce(partial(added, wanted), run(partial(shard_sums, read, wanted), shards)))

    fits, m = _side_by_side(searches, answers), moments.successes.size
    return [fits[i : i + m] for i in range(0, len(fits), m)]


# --- searches -------------------------------------------------------------------------------------------------


class _Task(NamedTuple):
    """A search: its basis and response, the penalty (r, r) of its coefficients, and the state if it is known."""

    basis: Basis
    response: int
    penalty: Array
    state: str


def _task(moments: Moments, basis: Basis, response: int, l2: float) -> _Task:
    variance = np.diag(moments.products) / moments.rows - (moments.total / moments.rows) ** 2
    weight = l2 * np.where(moments.least == moments.most, 0.0, variance)
    state = ""
    if moments.constant is not None and moments.successes[response] in (0.0, moments.trials):
        state = "all full" if moments.successes[response] else "all zero"
    elif moments.longest < 2.0:
        state = "rho unidentified"
    elif not moments.mixed[response]:
        state = "rho one"
    return _Task(basis, response, basis.to_given.T @ (weight[:, None] * basis.to_given), state)


def _starts(first: Rows, moments: Moments, basis: Basis, l2: float) -> list[Array]:
    """Points (r + 1,) where the fits of the first shard end; one mean for all rows where a fit says nothing of them."""
    from lib.betabinomial.newton import STRIDE

    fits = fit_regressions(first.X, first.K, first.n, l2 * len(first.n) / moments.rows) if len(first.n) else []
    far = np.maximum(np.abs(moments.least - moments.shift), np.abs(moments.most - moments.shift))
    starts, c = [], moments.constant
    for j, k in enumerate(moments.successes):
        coef, theta = np.zeros(basis.shift.size), PLAIN
        if c is not None:
            coef[c] = np.log((k + 0.5) / (moments.trials - k + 0.5)) / moments.most[c]
        if fits and fits[j].converged:
            found = fits[j].coef.copy()
            if c is not None:
                found[c] += basis.shift @ found / moments.most[c]
            if (np.abs(found) * far <= STRIDE).all():
                coef, theta = found, fits[j].dispersion[0]
        theta = theta if np.isfinite(theta) else PLAIN
        starts.append(np.append(np.linalg.lstsq(basis.change, coef[basis.kept], rcond=None)[0], theta))
    return starts


def _search(task: _Task, moments: Moments, start: Array, ask: Callable[[str, Array], tuple]) -> ShardedFit:
    """The fit of a response; ``ask`` answers a question at a point from all rows: see `Wanted`."""
    from lib.betabinomial.newton import NOISE, ROUNDING, maximise

    r, rounding = start.size - 1, ROUNDING * moments.trials

    def evaluate(point: Array) -> tuple[float, Array, Array]:
        value, gradient, information = ask("likelihood", point)
        pull = task.penalty @ point[:r]
        information[:r, :r] += task.penalty
        gradient[:r] -= pull
        return value - 0.5 * point[:r] @ pull, gradient, information

    def binomial(point: Array, state: str) -> Optimum:
        found = maximise(evaluate, np.append(point[:r], np.inf), free=slice(r), rounding=rounding)
        return replace(found, state=state) if found.converged else found

    look_from = np.log(moments.longest)

    def at_boundary(point: Array, value: float, gradient: Array) -> Optimum | None:
        nonlocal look_from
        if gradient[r] <= 0.0 or point[r] < look_from:
            return None
        look_from = point[r] + 2.0
        edge = binomial(point, "binomial")
        inner = edge.converged and ask("slope", edge.point)[0] > 0.0
        return None if inner or edge.value < value - rounding - NOISE * abs(value) else edge

    if task.state in ("all zero", "all full"):
        return _without_contrast(task, moments)
    if task.state:
        found = binomial(start, task.state)
    else:
        found = maximise(evaluate, start, look=at_boundary, rounding=rounding)
    return _described(task, moments, found, *ask("end", found.point))


def _without_contrast(task: _Task, moments: Moments) -> ShardedFit:
    p = task.basis.shift.size
    coef, unknown = np.zeros(p), np.full((p + 1, p + 1), np.nan)
    up = (task.state == "all full") == (moments.most[moments.constant] > 0.0)
    coef[moments.constant] = np.inf if up else -np.inf
    return ShardedFit(
        coef=coef,
        rho=np.nan,
        loglik=0.0,
        cov=unknown,
        cov_robust=unknown.copy(),
        converged=False,
        n_iter=0,
        state=task.state,
        message=explained(task.state),
        aliased=~np.isin(np.arange(p), task.basis.kept),
        n_rows=moments.rows,
        names=moments.names,
    )


def _described(task: _Task, moments: Moments, found: Optimum, loglik: float, scores: Array, reach: Array) -> ShardedFit:
    """The fit at the end of a search; ``scores`` is the sum of the rows' squared scores, ``reach`` the largest |x|."""
    from lib.betabinomial.edges import SUSPECT, inverse_root

    p, r = task.basis.to_given.shape
    inner = found.state in ("regular", "not converged")
    size = r + inner
    root = inverse_root(found.information[:size, :size])
    state, converged = found.state, found.converged
    sure = np.linalg.norm(root[:r], axis=1) * reach <= SUSPECT  # False for NaN
    if converged and not sure.all():
        state, converged = "not converged", False
    aliased = ~np.isin(np.arange(p), task.basis.kept)
    if state == "regular" and aliased.any():
        state = "collinear"
    change = np.zeros((p + 1, size))
    change[:p, :r] = task.basis.to_given
    change[p, r:] = 1.0
    half = change @ root
    known = np.append(~aliased, inner)
    theta = found.point[r]
    message = explained(state, aliased)
    if state == "not converged":
        message += (
            " Fit some shards with fit_regression, which names the columns along which a likelihood has no maximum."
        )
    return ShardedFit(
        coef=task.basis.to_given @ found.point[:r],
        rho={"rho unidentified": np.nan, "rho one": 1.0}.get(state, float(expit(-theta))),
        loglik=loglik,
        cov=where_known(half @ half.T, known),
        cov_robust=where_known(half @ root.T @ scores[:size, :size] @ root @ half.T, known),
        converged=converged,
        n_iter=found.iterations,
        state=state,
        message=message,
        aliased=aliased,
        n_rows=moments.rows,
        names=moments.names,
    )


def _side_by_side(
    searches: list[Callable[[Callable[[str, Array], tuple]], ShardedFit]],
    answers: Callable[[dict[int, tuple[str, Array]]], list[tuple]],
) -> list[ShardedFit]:
    """Run searches in threads. Each waits for the answer to its question until all have asked: one pass answers all."""
    asked: SimpleQueue = SimpleQueue()
    replies = [SimpleQueue() for _ in searches]

    def ask(i: int, what: str, point: Array) -> tuple:
        asked.put((i, (what, point)))
        reply = replies[i].get()
        if isinstance(reply, BaseException):
            raise reply
        return reply

    def search(i: int) -> ShardedFit:
        try:
            return searches[i](partial(ask, i))
        finally:
            asked.put((i, None))

    with ThreadPoolExecutor(max(1, len(searches))) as pool:
        fits = [pool.submit(search, i) for i in range(len(searches))]
        alive, waiting = set(range(len(searches))), {}
        while alive:
            i, question = asked.get()
            if question is None:
                alive.discard(i)
            else:
                waiting[i] = question
            if waiting and waiting.keys() == alive:
                try:
                    found = answers(waiting)
                except BaseException as error:
                    found = [error] * len(waiting)
                for i, reply in zip(waiting, found, strict=True):
                    replies[i].put(reply)
                waiting = {}
    return [fit.result() for fit in fits]
