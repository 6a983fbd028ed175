"""Fits along a path of penalties against a fit of its own for each penalty."""

import numpy as np
import pandas as pd
import pytest

from lib.betabinomial import PathFit, PenaltyPath, edges, fit_regression, rvs
from lib.betabinomial.newton import Problem

PENALTIES = (1000.0, 100.0, 10.0, 1.0)


def data(columns: int, rows: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (rows, columns), K (rows, 3) of which the second has a rho of 0, and n (rows,)."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(rows), rng.normal(size=(rows, columns - 1)) * rng.uniform(0.1, 10, columns - 1)])
    eta = X[:, 1:9] / X[:, 1:9].std(0) @ rng.normal(0, 0.4, 8) - 3
    n = rng.integers(1, 3000, rows)
    rates = 1 / (1 + np.exp(-eta))
    K = [rvs(n, rates, 0.02, rng), rng.binomial(n, rates), rvs(n, rates / 30, 0.001, rng)]
    return X, np.column_stack(K).astype(float), n.astype(float)


def agree(fit: PathFit, alone, X: np.ndarray) -> None:
    np.testing.assert_allclose(X @ fit.coef, X @ alone.coef, atol=2e-5)
    assert fit.rho == pytest.approx(alone.rho, rel=1e-4)
    assert fit.converged == alone.converged


@pytest.mark.parametrize("columns", [12, 90])
@pytest.mark.parametrize("order", [PENALTIES, PENALTIES[::-1], (1e5, 1e-3, 1e5)])
def test_each_fit_is_the_fit_alone(columns, order):
    X, K, n = data(columns)
    path, relative = PenaltyPath(X, K, n), np.append(0, np.linspace(0.5, 20, columns - 1))
    for penalty in order:
        for fit, k in zip(path.fit(penalty * relative), K.T, strict=True):
            agree(fit, fit_regression(X, k, n, l2=penalty * relative), X)


def test_curvature_is_computed_seldom(monkeypatch):
    X, K, n = data(90)
    computed, curvature = [], Problem.curvature
    monkeypatch.setattr(Problem, "curvature", lambda *given: computed.append(1) or curvature(*given))
    path = PenaltyPath(X, K[:, [0]], n)
    for penalty in np.geomspace(1000, 1, 12):
        path.fit(penalty * np.append(0, np.ones(89)))
    along, searched = len(computed), 0
    for penalty in np.geomspace(1000, 1, 12):
        searched += fit_regression(X, K[:, 0], n, l2=penalty).n_iter
    assert along < searched / 3


def test_counts_without_contrast_fail_as_they_do_alone():
    X, K, n = data(12)
    K[:, 0], K[:, 1] = 0, n
    none, full, other = PenaltyPath(X, K, n).fit(np.append(0, np.ones(11)))
    assert not none.converged
    assert not full.converged
    assert none.coef[0] == -np.inf
    assert full.coef[0] == np.inf
    agree(other, fit_regression(X, K[:, 2], n, l2=1.0), X)


def test_rows_without_trials_and_columns_without_variance_carry_no_information():
    X, K, n = data(12)
    l2 = np.append(0, np.ones(11))
    expected = PenaltyPath(X, K, n).fit(l2)
    more = np.vstack([X, X[:5] + 1]), np.vstack([K, np.zeros((5, 3))]), np.append(n, np.zeros(5))
    for fit, alone in zip(PenaltyPath(*more).fit(l2), expected, strict=True):
        np.testing.assert_array_equal(fit.coef, alone.coef)
    flat = np.column_stack([X[:, :3], np.zeros(len(X)), np.full(len(X), 2.0), X[:, 3:]])
    for fit, alone in zip(PenaltyPath(flat, K, n).fit(np.insert(l2, 3, [0, 0])), expected, strict=True):
        np.testing.assert_allclose(np.delete(fit.coef, [3, 4]), alone.coef, rtol=1e-12)


def test_rho_at_an_edge_and_rho_that_nothing_tells_are_those_of_fits_alone():
    X, K, n = data(12)
    once = np.ones(len(n))
    whole = np.where(K[:, 0] > np.median(K[:, 0]), n, 0.0)
    for k, trials in ((np.minimum(K[:, 0], 1), once), (whole, n), (K[:, 1], n)):
        path = PenaltyPath(X, k[:, None], trials)
        for penalty in (30.0, 3.0):
            l2 = np.append(0, np.full(11, penalty))
            (fit,), alone = path.fit(l2), fit_regression(X, k, trials, l2=l2)
            np.testing.assert_allclose(X @ fit.coef, X @ alone.coef, atol=2e-5)
            np.testing.assert_allclose(fit.rho, alone.rho, rtol=1e-4)
            assert fit.converged == alone.converged


def test_a_start_that_fails_is_made_up_for_once(monkeypatch):
    """With a large rho and few successes the likelihood isn't concave where the search begins."""
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(800), rng.normal(size=(800, 80))])
    n = np.full(800, 300.0)
    k = rvs(n, 1 / (1 + np.exp(5.3 - 0.1 * X[:, 1:].sum(1) / 4)), 0.3, rng)
    searched, found = [], edges.end
    monkeypatch.setattr(edges, "end", lambda problem: searched.append(1) or found(problem))
    path = PenaltyPath(X, k[:, None], n)
    for penalty in np.geomspace(1000, 1, 8):
        path.fit(np.append(0, np.full(80, penalty)))
    assert len(searched) == 1


def test_tables_are_matched_and_what_cannot_be_used_is_refused():
    X, K, n = data(12)
    table, l2 = pd.DataFrame(X).add_prefix("x"), pd.Series(np.append(0, np.ones(11)), [f"x{j}" for j in range(12)])
    for fit, alone in zip(PenaltyPath(table, K, n).fit(l2), PenaltyPath(X, K, n).fit(l2.to_numpy()), strict=True):
        np.testing.assert_array_equal(fit.coef, alone.coef)
    for given, words in (
        ((table, pd.DataFrame(K[::-1], table.index[::-1]), n), "different indexes"),
        ((X, K[:, 0], n), "must be a table"),
        ((X, K, n[:5]), "n has shape"),
        ((X, K, np.column_stack([n, n + 1, n])), "columns of n differ"),
    ):
        with pytest.raises(ValueError, match=words):
            PenaltyPath(*given)
    refused = (l2[::-1], "index of l2"), (np.ones(5), r"l2 has shape \(5,\)"), (np.full(12, np.inf), "must be finite")
    for wrong, words in refused:
        with pytest.raises(ValueError, match=words):
            PenaltyPath(table, K, n).fit(wrong)
    with pytest.raises(ValueError, match="needs a penalty above 0"):
        PenaltyPath(X, K, n).fit(np.zeros(12))
    with pytest.raises(ValueError, match="No row has a trial"):
        PenaltyPath(X, K * 0, n * 0)
    with pytest.raises(ValueError, match="X"):
        PenaltyPath(X * np.nan, K, n)
    with pytest.raises(ValueError, match="k"):
        PenaltyPath(X, K + 0.5, n)
