"""Regressions from a formula and a table, by formulaic: names are kept, and new rows go through the same design."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lib.betabinomial.regression import fit_regression

if TYPE_CHECKING:
    import pandas as pd
    from formulaic import ModelSpec

    from lib.betabinomial.fit import RegressionFit

FROM_DATA = ("weights", "clusters", "offset", "analytic_weights")


@dataclass(frozen=True)
class Designs:
    """The rules that turn a table into the columns of a fit: levels, knots and scales are those of the fitted rows.

    Attributes
    ----------
    x : formulaic.ModelSpec of the mean
    z : formulaic.ModelSpec of log(alpha + beta), or None
    """

    x: ModelSpec
    z: ModelSpec | None

    def columns(self, data: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """X and Z of the rows of a table.

        Raises
        ------
        ValueError
            If a column is missing, holds a missing value, or holds a level that the fitted rows do not have.
        """
        return _columns(self.x, data), None if self.z is None else _columns(self.z, data)


def fit_formula(
    formula: str, data: pd.DataFrame, k: str, n: str, Z: str | None = None, **options: Any
) -> RegressionFit:
    """`fit_regression` with the columns of a formula.

    Parameters
    ----------
    formula : right side in formulaic's grammar, such as ``"~ group + x"``; an intercept is included unless ``- 1`` says
        otherwise. The names are kept.
    data : a table with one row per observation
    k, n : names of the columns of successes and trials
    Z : formula of log(alpha + beta), such as ``"~ group"``. Default: one dispersion for all rows.
    options : further arguments of `fit_regression`; weights, clusters, offset and analytic_weights may be names of
        columns

    Returns
    -------
    RegressionFit, whose ``predict`` and ``get_prediction`` take tables like ``data``

    Raises
    ------
    ValueError
        As `fit_regression`, or if a formula cannot be used, a column is missing or a value is missing.
    """
    for name in (k, n):
        _check_column(data, name)
    for key in FROM_DATA:
        if isinstance(options.get(key), str):
            _check_column(data, options[key])
            options[key] = data[options[key]]
    x = _columns(_parsed(formula), data)
    z = None if Z is None else _columns(_parsed(Z), data)
    fit = fit_regression(x, data[k], data[n], Z=z, **options)
    design = Designs(x.model_spec, None if z is None else z.model_spec)
    return replace(fit, design=design, z_names=None if z is None else tuple(map(str, z.columns)))


def _check_column(data: pd.DataFrame, name: str) -> None:
    if name not in data.columns:
        raise ValueError(f"data has no column {name!r}; it has {', '.join(map(str, data.columns))}.")


def _parsed(formula: str):
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        parsed = Formula(formula)
    except FormulaicError as error:
        raise ValueError(f"{formula!r} is not a formula: {error}") from None
    if hasattr(parsed, "lhs"):
        raise ValueError(f"{formula!r} has a left side: give only the right side, and the counts by k and n.")
    return parsed


def _columns(rules, data: pd.DataFrame) -> pd.DataFrame:
    """The columns of a formula, or of a model specification, for the rows of a table."""
    from formulaic.errors import DataMismatchWarning, FormulaicError

    with warnings.catch_warnings():
        warnings.simplefilter("error", DataMismatchWarning)
        try:
            return rules.get_model_matrix(data, na_action="raise")
        except (FormulaicError, DataMismatchWarning) as error:
            raise ValueError(f"The formula does not fit the data: {error}") from None
